"""Which time zones are offered, what they are called in a language, and which one somebody means who types one."""

from datetime import UTC, datetime
from functools import cache, lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone, get_timezone_gmt, get_timezone_location
from flask_babel import get_locale

from backoffice.core.model import now

PLACES = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@cache
def zones() -> tuple[str, ...]:
    """Return the names of the time zones that are places."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(PLACES)))


def offered() -> tuple[tuple[str, str], ...]:
    """Return the time zones and what each is called: its city, its country, and how far its clocks are from UTC."""
    # Clocks are put forward and back on the hour.
    return _offered(str(get_locale()), now().replace(minute=0, second=0, microsecond=0))


def meant(text: str) -> str | None:
    """Return the time zone that a text names: by its name, or by its city in the reader's language; None if none."""
    words = _plain(text)
    exact = [name for name in zones() if _plain(name) == words]
    called = {name for name, said in offered() if words in {_plain(said), _plain(_city(said))}}
    # Two cities of one name are two places.
    return next(iter(exact), None) or (called.pop() if len(called) == 1 else None)


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").casefold().split())


def _city(said: str) -> str:
    return said.split(",", maxsplit=1)[0].split(" (", maxsplit=1)[0]


@lru_cache(maxsize=20)
def _offered(language: str, moment: datetime) -> tuple[tuple[str, str], ...]:
    locale = Locale.parse(language)
    countries, older = get_global("zone_territories"), get_global("zone_aliases")
    names = [name for name in zones() if name not in older]
    return tuple((name, _said(name, locale, countries.get(name), moment)) for name in names)


def _said(name: str, locale: Locale, country: str | None, moment: datetime) -> str:
    zone = get_timezone(name)
    offset = get_timezone_gmt(moment.astimezone(zone), "long", locale=locale)
    if name == UTC.tzname(None):
        return offset
    city = get_timezone_location(zone, locale=locale, return_city=True).rpartition("/")[2]
    places = [city, locale.territories.get(country)]
    return f"{', '.join(filter(None, dict.fromkeys(places)))} ({offset})"
