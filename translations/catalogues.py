"""Writes the catalogues anew from the texts in code and templates, and tells what is missing in a language."""

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "translations"
SOURCES = {"backoffice": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
# Languages in which every text is translated, and has to stay so; others may be offered while they grow.
COMPLETE = ()
# A date of its own would change every file each time.
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)


def extracted():
    """Return the template: every text that is shown, in alphabetical order."""
    found = _catalog()
    for folder, methods in SOURCES.items():
        for _file, _line, message, comments, context in extract_from_dir(
            ROOT / folder,
            method_map=methods,
            keywords=KEYWORDS,
            comment_tags=("For translators:",),
            strip_comment_tags=True,
        ):
            found.add(message, None, auto_comments=comments, context=context)
    return found


def languages():
    """Return the languages that have a catalogue."""
    return sorted(path.parent.parent.name for path in HERE.glob("*/LC_MESSAGES/messages.po"))


def read(language):
    """Return the catalogue of a language."""
    with (HERE / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def problems(catalogue, template):
    """Yield a sentence for each text that is missing, doubtful, stale, or names other placeholders than it should."""
    wanted, given = _ids(template), _ids(catalogue)
    yield from (f"not in the catalogue: {text!r}" for text in sorted(wanted - given))
    yield from (f"not used any more: {text!r}" for text in sorted(given - wanted))
    for message in catalogue:
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        if not all(texts):
            yield f"not translated: {message.id!r}"
        elif message.fuzzy:
            yield f"not sure: {message.id!r}"
        else:
            yield from (f"{error}: {message.id!r}" for error in message.check(catalogue))


def updated(language, template):
    """Return the catalogue of a language with all texts of the template, and no others."""
    catalogue = read(language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    _undated(catalogue)
    return catalogue


def written(catalogue):
    """Return a catalogue as its file should be."""
    file = BytesIO()
    write_po(file, catalogue, width=110, sort_output=True, no_location=True, ignore_obsolete=True)
    return file.getvalue()


def _catalog():
    made = Catalog(project="Backoffice", header_comment="# The texts of Backoffice.")
    _undated(made)
    return made


def _undated(catalogue):
    catalogue.creation_date = catalogue.revision_date = ALWAYS


def _ids(catalogue):
    return {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id}


def main(new):
    """Write every catalogue anew; begin those of the languages called `new`."""
    template = extracted()
    for language in new:
        path = HERE / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            begun = Catalog(locale=language, project="Backoffice", header_comment="# The texts of Backoffice.")
            path.write_bytes(written(begun))
    for language in languages():
        catalogue = updated(language, template)
        (HERE / language / "LC_MESSAGES" / "messages.po").write_bytes(written(catalogue))
        print(f"{language}: {len(list(problems(catalogue, template)))} open")


if __name__ == "__main__":
    main(sys.argv[1:])
