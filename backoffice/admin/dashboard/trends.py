"""How many rows came on each of the last days: what the dashboard draws, and says in a table."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import format_date
from sqlalchemy import case, func, literal, select, union_all

from backoffice.admin.figures import place
from backoffice.admin.parameters import address
from backoffice.admin.words import plural
from backoffice.core.access import condition, may_see
from backoffice.core.model import db, now
from backoffice.core.resource import filterable, resource
from backoffice.core.selection import spans
from backoffice.core.selection.comparing import asker

DAYS = 30
MOST = 50_000  # rows of one kind that are looked at, the latest first


@dataclass(frozen=True)
class Day:
    """How many rows came on one day (on the own clock of whoever looks, as the filters have it), and where they are."""

    label: str
    number: int
    url: str


@dataclass(frozen=True)
class Trend:
    """What became of one kind of rows lately; `whole` unless there are more rows than were looked at."""

    name: str
    label: Any
    days: tuple[Day, ...]
    total: int
    whole: bool
    url: str


def trends(user, models):
    """Return how many rows of those of `models` that are drawn over time came on each day: one statement."""
    drawn = [model for model in models if (column := resource(model).trend) and may_see(user, model, column)]
    if not drawn:
        return []
    dates = _dates(user)
    starts = [spans.day(one, asker(user).zone).start for one in dates]
    asked = [_per_day(user, model, at, starts) for at, model in enumerate(drawn)]
    found = {(at, day): number for at, day, number in db.session.execute(union_all(*asked))}
    return [_trend(model, [found.get((at, day), 0) for day in range(DAYS)], dates) for at, model in enumerate(drawn)]


def _dates(user):
    """Return the days that are drawn, those of the person's own clock, as the filters of lists understand them."""
    today = now().astimezone(asker(user).zone).date()
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def _per_day(user, model, at, starts):
    column = getattr(model, resource(model).trend)
    lately = select(column.label("moment")).where(condition(user, "read", model), column >= starts[0])
    some = lately.order_by(column.desc()).limit(MOST).subquery()
    following = enumerate(starts[1:])
    day = case(*((some.c.moment < start, literal(place)) for place, start in following), else_=literal(DAYS - 1))
    days = select(day.label("day")).subquery()
    return select(literal(at), days.c.day, func.count()).group_by(days.c.day)


def _trend(model, numbers, dates):
    return Trend(
        name=model.__tablename__,
        label=plural(model),
        days=tuple(_day(model, date, number) for date, number in zip(dates, numbers, strict=True)),
        total=sum(numbers),
        whole=sum(numbers) < MOST,
        url=_filtered(model, f"{resource(model).trend}__from", dates[0]),
    )


def _day(model, date, number):
    return Day(format_date(date, "medium"), number, _filtered(model, resource(model).trend, date))


def _filtered(model, name, date):
    filtered = resource(model).trend in filterable(model)
    return address(place(model), [(name, date.isoformat())]) if filtered else place(model)
