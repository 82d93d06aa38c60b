"""What an address of a list asks for: every parameter checked for its meaning and range before anything is queried."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from backoffice.api.subjects import fields
from backoffice.core import paging
from backoffice.core.access import may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.paging import Place
from backoffice.core.resource import filterable
from backoffice.core.selection import criteria
from backoffice.core.selection.comparing import BadCriteria

USUAL, MOST = 50, 200
COUNTS = ("about", "exact", "none")
FIELDS, SIZE, COUNT = "fields", "page_size", "count"
OWN = ("sort", "desc", SIZE, COUNT, FIELDS, "after", "before", "last")


@dataclass(frozen=True)
class Asked:
    """A page of a list: which rows, in which order, which of their fields, and how their number is to be told."""

    criteria: criteria.Criteria
    order: paging.Order
    names: tuple[str, ...]
    place: Place = field(default_factory=Place)
    size: int = USUAL
    count: str = COUNTS[0]
    kept: tuple[tuple[str, str], ...] = ()

    def query(self, **place):
        """Return the parameters of an address for the same list at another place."""
        return urlencode([*self.criteria.pairs(), *self.kept, *place.items()])


def read(model, user, args):
    """Return what `args` ask of the list of `model`; raises BadCriteria with a sentence."""
    for name in args:
        _must_mean_something(model, user, name)
    rest = MultiDict([one for one in args.items(multi=True) if one[0] not in OWN])
    given = {name: _single(args, name) for name in OWN if name in args}
    # A minus before the column means downwards; the grid's own word for it will do, too.
    sort = given.get("sort", "")
    minus = sort.startswith("-") and len(sort) > 1
    return Asked(
        criteria=criteria.read(model, user, rest),
        order=paging.order(model, user, sort[minus:], desc=minus or _flag("desc", given)),
        names=names(model, user, given.get(FIELDS)),
        place=_place(given),
        size=_size(given.get(SIZE, str(USUAL))),
        count=_count(given.get(COUNT, COUNTS[0])),
        kept=tuple((name, given[name]) for name in ("sort", "desc", SIZE, COUNT, FIELDS) if given.get(name)),
    )


def names(model, user, said):
    """Return the fields that are named, all where none is; raises BadCriteria for one that cannot be told."""
    offered = fields(user, model)
    if not said:
        return offered
    chosen = tuple(dict.fromkeys(said.split(",")))
    for name in chosen:
        if name not in offered:
            raise BadCriteria(_("There is no column called “%(name)s”.", name=name[:40]))
    return chosen


def one(model, user, args):
    """Return the fields that the address of one row asks for; raises BadCriteria."""
    for name in args:
        if name != FIELDS:
            raise BadCriteria(_("There is no filter called “%(name)s”.", name=name[:40]))
    return names(model, user, _single(args, FIELDS))


def _must_mean_something(model, user, name):
    # A filter that is empty is no filter, but it must be one of those that this person may use.
    column = name.partition("__")[0]
    if name not in {*OWN, *criteria.OWN} and (column not in filterable(model) or not may_see(user, model, column)):
        raise BadCriteria(_("There is no filter called “%(name)s”.", name=name[:40]))


def _single(args, name):
    found = args.getlist(name)
    if len(found) > 1:
        raise BadCriteria(_("“%(name)s” stands in the address more than once.", name=name))
    return found[0] if found else ""


def _flag(name, given):
    if given.get(name, "") not in {"", "0", "1"}:
        raise BadCriteria(_("“%(name)s” must be 0 or 1.", name=name))
    return given.get(name) == "1"


def _size(text):
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST):
        raise BadCriteria(_("A page holds from 1 to %(most)d rows.", most=MOST))
    return int(text)


def _count(word):
    if word not in COUNTS:
        raise BadCriteria(_("“%(name)s” can be: %(words)s.", name=COUNT, words=", ".join(COUNTS)))
    return word


def _place(given):
    place = Place(after=given.get("after", ""), before=given.get("before", ""), last=_flag("last", given))
    if sum(map(bool, (place.after, place.before, place.last))) > 1:
        raise BadCriteria(_("The address names more than one place in the list."))
    return place
