"""The words of each language: read from the catalogues as people write them, once for each process."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, cast

from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import g
from flask_babel import Babel, Domain, get_locale, get_translations
from flask_babel.speaklater import LazyString

FILE = Path("LC_MESSAGES") / "messages.po"
NOUNS_ARE_CAPITAL = frozenset({"de", "lb"})
ListStyle = Literal["standard", "or"]
# Where the language that was chosen in this browser is kept.
COOKIE = "language"
# What stands between the parts of an enumeration, where it is not a comma and a space.
COMMAS = {"ar": "، ", "ja": "、", "zh": "、"}
FROM_RIGHT = frozenset({"ar", "fa", "he", "ps", "ur", "yi"})
# What a sentence that runs the other way would turn about or tear apart: letters with the signs beside them, and in one
# that runs from right to left days as 2026-01-31.
RUNS_FROM_LEFT = re.compile(r"[A-Za-zÀ-ӿऀ-῿Ⰰ-힣]|\d-\d")
RUNS_FROM_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


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


def spoken() -> NullTranslations:
    """Return the words of the present language, our own where there is no application to ask for one.

    Flask-Babel finds them anew for each text, by way of the application and its domain: a page has hundreds of texts.
    """
    try:
        found: NullTranslations | None = g._flask_babel.babel_translations  # noqa: SLF001 - kept there as above
    except (AttributeError, RuntimeError):
        found = None
    return found or cast("NullTranslations", get_translations())


def gettext(text: str, /, **values: Any) -> str:
    """Return `text` in the present language, with `values` put in."""
    told = spoken().gettext(text)
    return told % isolated(values) if values else told


def ngettext(one: str, many: str, num: int, /, **values: Any) -> str:
    """Return the form for `num`, which is put in with the `values`, in the present language."""
    return spoken().ngettext(one, many, num) % {"num": num, **isolated(values)}


def pgettext(context: str, text: str, /, **values: Any) -> str:
    """Return `text` as it is said in this context, with `values` put in, in the present language."""
    told = str(spoken().pgettext(context, text))
    return told % isolated(values) if values else told


def isolated(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is to be put into a text so that each of the values keeps its own direction.

    The two signs around those that run the other way are not seen.
    """
    turned = RUNS_FROM_LEFT if language().partition("_")[0] in FROM_RIGHT else RUNS_FROM_RIGHT
    return {name: _isolated(value, turned) for name, value in values.items()}


def _isolated(value: Any, turned: re.Pattern[str]) -> Any:
    if isinstance(value, int | float):
        return value
    words = value if isinstance(value, str) else str(value)
    return "\u2068" + words + "\u2069" if turned.search(words) else words


def lazy_gettext(text: str, /, **values: Any) -> LazyString:
    """Return a text that is said in the language of the moment in which it is shown."""
    return LazyString(gettext, text, **values)


def lazy_pgettext(context: str, text: str, /, **values: Any) -> LazyString:
    """Return a text of this context that is said in the language of the moment in which it is shown."""
    return LazyString(pgettext, context, text, **values)


def inside(word: Any) -> str:
    """Return a word of its own as it stands inside a sentence of this language."""
    return str(word) if _language() in NOUNS_ARE_CAPITAL else str(word).lower()


def joined(parts: Iterable[Any]) -> str:
    """Return the parts of an enumeration with the commas of this language between them."""
    return comma().join(map(str, parts))


def comma() -> str:
    """Return what stands between the parts of an enumeration in this language."""
    return COMMAS.get(_language(), ", ")


def language() -> str:
    """Return the name of the present language, "None" where nobody asks; a page is put together by it piece by piece.

    Flask-Babel looks twice where the language of a request is kept, and a page asks dozens of times.
    """
    try:
        found = g._flask_babel.babel_locale  # noqa: SLF001 - kept there as above
    except (AttributeError, RuntimeError):
        found = None
    return str(found or get_locale())


def number(value: float) -> str:
    """Return a number as this language writes it."""
    return _number(value, str(get_locale() or "en"))


# A few numbers stand on every page of a list, and writing one takes longer than looking up a hundred.
@lru_cache(maxsize=2000, typed=True)
def _number(value: float, language: str) -> str:
    return str(format_decimal(value, locale=language))


def listed(parts: Iterable[Any], style: ListStyle = "standard") -> str:
    """Return the parts as a sentence names them: "a, b and c"; `style` "or" for "a, b or c"."""
    return format_list([str(part) for part in parts], style=style, locale=get_locale() or "en")


def _language() -> str:
    return getattr(get_locale(), "language", "en")
