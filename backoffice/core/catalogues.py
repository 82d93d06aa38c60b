"""The words of each language: read from the catalogues as people write them, once for each process."""

from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import g
from flask_babel import Babel, Domain, get_locale

FILE = Path("LC_MESSAGES") / "messages.po"
NOUNS_ARE_CAPITAL = frozenset({"de", "lb"})


class Catalogues(Domain):  # type: ignore[misc]
    """The catalogues of the project by language; nothing has to be compiled before, so nothing compiled gets stale."""

    def get_translations(self) -> NullTranslations:
        """Return the words of the present language, kept where Flask-Babel forgets them when the language changes."""
        try:
            kept = g._flask_babel  # noqa: SLF001 - whoever asks for the language makes it
        except (AttributeError, RuntimeError):
            return self._of(str(get_locale() or ""))
        found = getattr(kept, "babel_translations", None)
        if found is None:
            found = kept.babel_translations = self._of(str(get_locale() or ""))
        return cast("NullTranslations", found)

    def _of(self, name: str) -> NullTranslations:
        folders = tuple(self.translation_directories)
        if (folders, name) not in self.cache:
            self.cache[folders, name] = words([Path(one) for one in folders], name)
        return cast("NullTranslations", self.cache[folders, name])


class Languages(Babel):  # type: ignore[misc]
    """Flask-Babel with one set of catalogues for all requests."""

    @cached_property
    def domain_instance(self) -> Domain:
        """The catalogues of this application."""
        return Catalogues(domain=self.domain)


def words(folders: list[Path], name: str) -> NullTranslations:
    """Return the words of the language called `name` (de, pt_BR), or of the one it is a kind of; else our own."""
    wanted = [folder / one / FILE for folder in folders for one in (name, name.partition("_")[0]) if one]
    path = next((path for path in wanted if path.is_file()), None)
    if path is None:
        return NullTranslations()
    with path.open("rb") as file:
        compiled = BytesIO()
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Translations(compiled)


def inside(word: Any) -> str:
    """Return a word of its own as it stands inside a sentence of this language."""
    language = getattr(get_locale(), "language", "en")
    return str(word) if language in NOUNS_ARE_CAPITAL else str(word).lower()
