"""Writes the catalogues anew from the texts in code and templates, and tells what is missing in a language."""

import re
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "translations"
SOURCES = {"backoffice": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    "_p": ((1, "c"), 2),
}
# Languages in which every text is translated, and has to stay so; others may be offered while they grow.
COMPLETE = ("ar", "de", "es", "fr", "ja", "pt", "zh")
# What a translation has to take over as it is, as often as it stands in the text.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}")
LETTERS = re.compile(r"[^\W\d_]{3}")
# Languages that are akin may share a word; more of them show that it was only copied.
MOST_ALIKE = 3
MARKUP = re.compile(r"</?\w[^>]*>|&\w+;")
# Names of headers keep their colon, whatever the language does with one.
HEADER = re.compile(r"\b(Content-Type|Authorization):")
# How a language is written, and how it speaks to people: the pattern of what it does not do, and what to call that.
UNIT = (r"(?<=[\d)d]) (?:MB|Mo|%%)", "a unit that can part from its number")
FOREIGN = (r"\b[a-z]{2,} [a-z]{2,}\b", "words of another language")
EAST, WIDE = "[぀-ヿ一-鿿々]", "[\uff08\uff09\uff0c\u3001\u3002\uff1a\uff1b\uff1f\uff01]"
NARROW = (
    rf"{EAST}[,;:!?()]|[,;:!?(]{EAST}|\){EAST}|(?:%\(\w+\)[ds])[,;!?]|{EAST} {WIDE}|{WIDE} {EAST}",
    "a mark of another script",
)
HABITS = {
    "ar": (
        (r"[\u0621-\u0652][,;?]|[,;?][\u0621-\u0652]", "a mark of another script"),
        # Nouns follow the number: where it may be any, and no form stands for each kind, the noun stands before it.
        (r"%\((?!num\)|who\))\w+\)[ds] \w+\u064b\u0627\b", "a noun after any number"),
        (r"(?<!\u2066)(?<!\S)--\w|(?<![\w\u2066])\d{4}-\d\d", "what would be turned about"),
        ("مرشح|الـ ", "not the usual word"),
        FOREIGN,
    ),
    "ja": (NARROW, ("取り込[みむめん]|お客様|フィルタ(?!ー)|ユーザ(?!ー)", "not the usual word"), FOREIGN),
    "zh": (NARROW, (r"(?<!…)…(?!…)", "half an ellipsis"), ("帐户|登陆", "not the usual word"), FOREIGN),
    "de": (
        (r"„[^“]*$|„[^“]*„|(?:^|“)[^„]*“|[”\"«»]", "quotation marks of another language"),
        (r" …", "an ellipsis that can part from its word"),
        (r"\b[Dd](?:u|ich|ir|ein(?:e[mnrs]?)?)\b", "the familiar address"),
        UNIT,
    ),
    "fr": (
        (r"[^\u202f][;!?»](?=\s|$)|[^\u202f]:(?=\s|$)|«(?!\u202f)", "no narrow space at a mark"),
        (r"[“”„\"]", "quotation marks of another language"),
        (r"\w'", "a straight apostrophe"),
        (r"\b(?:[Tt]u|[Tt]oi|[Tt]on|[Tt]a|[Tt]es)\b", "the familiar address"),
        UNIT,
    ),
    "es": (
        (r"[“”„\"]|« | »", "quotation marks of another language"),
        (r"^[^¿]*\?|^[^¡]*!", "a question that nothing opens"),
        (r"\b(?:[Tt][uú]s?|[Tt]i|puedes|tienes|quieres|eres)\b", "the familiar address"),
        UNIT,
    ),
    "pt": (
        (r"[«»„\"]", "quotation marks of another language"),
        (r"\b(?:[Tt]u|[Tt]eu|[Tt]ua|ficheiros?|utilizador\w*|ecrã|palavra-passe)\b", "a word of Portugal, not Brazil"),
        UNIT,
    ),
}
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
        if message.id:
            yield from (f"{wrong}: {message.id!r}" for wrong in _wrong(message, catalogue.num_plurals))
            yield from (f"{wrong}: {message.id!r}" for wrong in _unusual(message, str(catalogue.locale)))


def _unusual(message, language):
    """Yield in which way a translation is not written as its language is."""
    forms = message.string if message.pluralizable else (message.string,)
    text = HEADER.sub("", "\n".join(filter(None, forms)))
    yield from (wrong for pattern, wrong in HABITS.get(language, ()) if re.search(pattern, text, re.MULTILINE))


def _wrong(message, plurals):
    forms = message.string if message.pluralizable else (message.string,)
    if not all(forms) or (message.pluralizable and len(forms) != plurals):
        return ["not translated"]
    if message.fuzzy:
        return ["not sure"]
    texts = message.id if message.pluralizable else (message.id,)
    return [wrong for form in forms for wrong in _differences(texts, form, message.pluralizable)]


def _differences(texts, form, counted):
    """Yield in which way a translation is not built like the text: of several forms, one may leave out the number."""
    may = [Counter(PLACEHOLDER.findall(text)) for text in texts]
    has = Counter(PLACEHOLDER.findall(form))
    if counted:
        may += [one - Counter({"%(num)d": 1, "%(num)s": 1}) for one in may]
    if has not in may:
        yield "other placeholders"
    if "%" in PLACEHOLDER.sub("", form):
        yield "a percent sign that is none"
    if Counter(MARKUP.findall(form)) not in [Counter(MARKUP.findall(text)) for text in texts]:
        yield "other markup"
    if (form[0].isspace(), form[-1].isspace()) != (texts[0][0].isspace(), texts[0][-1].isspace()):
        yield "other space at its ends"


def borrowed(catalogues):
    """Yield each text that says the same words in many languages: what was meant for one went into others."""
    said = defaultdict(lambda: defaultdict(list))
    for language, catalogue in catalogues.items():
        for message in catalogue:
            form = message.string[0] if message.pluralizable else message.string
            known = message.id[0] if message.pluralizable else message.id
            if known and form != known and LETTERS.search(PLACEHOLDER.sub("", form)):
                said[known, message.context][form].append(language)
    for (text, _context), forms in said.items():
        shared = [where for where in forms.values() if len(where) > MOST_ALIKE]
        yield from (f"said alike: {text!r} in {', '.join(where)}" for where in shared)


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
    named = [(message.id if isinstance(message.id, str) else message.id[0], message) for message in catalogue]
    return {f"{text} ({message.context})" if message.context else text for text, message in named if text}


def main(new):
    """Write every catalogue anew; begin those of the languages called `new`."""
    template = extracted()
    for language in new:
        path = HERE / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            begun = Catalog(locale=language, project="Backoffice", header_comment="# The texts of Backoffice.")
            path.write_bytes(written(begun))
    found = defaultdict(list)
    for language in languages():
        catalogue = updated(language, template)
        (HERE / language / "LC_MESSAGES" / "messages.po").write_bytes(written(catalogue))
        for problem in problems(catalogue, template):
            found[problem].append(language)
    for problem, where in found.items():
        print(f"{', '.join(where)}: {problem}")
    print(f"{len(found)} open")


if __name__ == "__main__":
    main(sys.argv[1:])
