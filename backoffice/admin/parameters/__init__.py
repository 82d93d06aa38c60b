"""What an address of a grid asks for: every part checked for its type and range before anything is queried."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from backoffice.admin.parameters import columns, sizes
from backoffice.core.access import may_see, parse_key
from backoffice.core.catalogues import gettext as _
from backoffice.core.paging import Place
from backoffice.core.resource import PLACES, filterable, relations, resource
from backoffice.core.selection import criteria
from backoffice.core.selection.criteria import BadCriteria, Criteria

LONGEST_FIND = 100
# Pages with a number are found by counting up to them, so the deep ones have none.
LAST_PAGE = 99
OWN = ("page", "page_size", "sort", "desc", "cell", "saved", "saving", *sorted(PLACES))
CHOSEN = (columns.PARAMETER, columns.UP)
FIND = "__find"
# What leads to another page of the same rows.
PLACED = ("page", "page_size", "sort", "desc", "after", "before", "last", "at", columns.PARAMETER)


@dataclass(frozen=True)
class Asked:
    """What a grid is to show: which rows, in which order, which page of them, and how it is being worked with.

    `exact` asks for the number of all rows however many. `cell` is the key and the column of the one cell that is
    shown as a form. `columns` are those to show, none for the usual ones. `find` holds, by relation, the words with
    which a row to filter by is looked for. `usual_size` is how many rows a page
    holds whose address says nothing. `saved` is the kept view that was opened, and `saving` tells whether what
    is shown is about to be kept as one. `every` tells that all rows are meant, whatever one begins with.
    """

    criteria: Criteria
    place: Place = field(default_factory=Place)
    exact: bool = False
    page_size: int = sizes.USUAL
    usual_size: int = sizes.USUAL
    sort: str = ""
    desc: bool = False
    cell: tuple[int, str] | None = None
    find: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    saved: int | None = None
    saving: bool = False
    every: bool = False

    def pairs(self, *, without=(), **changes):
        """Return the parameters of an address that shows the same but for `changes`, as a list of pairs.

        Naming a page, if only by page="", leaves the present place.
        """
        own = {
            "sort": self.sort,
            "desc": "1" if self.desc else "",
            "columns": ",".join(self.columns),
            "page_size": self.page_size if self.page_size != self.usual_size else "",
            "saved": self.saved or "",
            "view": criteria.EVERY if self.every and not self.criteria.view else "",
        }
        own |= ({} if "page" in changes else self._place()) | changes
        rows = [(name, value) for name, value in self.criteria.pairs() if name not in without]
        return rows + [(name, str(value)) for name, value in own.items() if value not in ("", None)]

    def _place(self):
        place = self.place
        return {
            "page": place.skip // self.page_size or "",
            "after": place.after,
            "before": place.before,
            "last": "1" if place.last else "",
            "at": place.at,
            "count": "exact" if self.exact else "",
        }


def address(path, pairs):
    """Return `path` with these parameters."""
    return f"{path}?{urlencode(pairs)}" if pairs else path


def read(model, user, args):
    """Return what `args` ask of the grid of `model`; raises BadCriteria with a sentence for the person."""
    for name in args:
        _must_mean_something(model, user, name)
    given = MultiDict([(name, value) for name, value in args.items(multi=True) if value != ""])
    for name in OWN:
        if len(given.getlist(name)) > 1:
            raise BadCriteria(_("“%(name)s” stands in the address more than once.", name=name))
    find = _find(model, given)
    rest = MultiDict(
        [one for one in given.items(multi=True) if one[0] not in {*OWN, *CHOSEN} and not one[0].endswith(FIND)]
    )
    usual = sizes.usual(user, model)
    size = sizes.read(given.get(sizes.PARAMETER, str(usual)))
    return Asked(
        criteria=criteria.read(model, user, rest),
        place=_place(given, size),
        exact=_exact(given.get("count", "")),
        page_size=size,
        usual_size=usual,
        sort=given.get("sort", ""),
        desc=_flag("desc", given.get("desc", "0")),
        cell=_cell(model, user, given.get("cell")),
        find=find,
        columns=columns.read(model, user, given),
        saved=_saved(given.get("saved")),
        saving=_flag("saving", given.get("saving", "0")),
        every=given.get("view") == criteria.EVERY,
    )


def _must_mean_something(model, user, name):
    # An empty filter is no filter, but it must be one of this grid's, and of those that this person may use.
    column = name.partition("__")[0]
    known = column in filterable(model) and may_see(user, model, column)
    if not known and name not in {*OWN, *CHOSEN, *criteria.OWN}:
        raise BadCriteria(_("There is no filter called “%(name)s”.", name=name[:40]))


def _place(given, size):
    place = Place(
        after=given.get("after", ""),
        before=given.get("before", ""),
        last=_flag("last", given.get("last", "0")),
        at=given.get("at", ""),
        skip=_page(given.get("page", "0")) * size,
    )
    if sum(map(bool, (place.after, place.before, place.last, place.at, place.skip))) > 1:
        raise BadCriteria(_("The address names more than one place in the list."))
    return place


def _page(value):
    if not re.fullmatch(r"[0-9]{1,10}", value):
        raise BadCriteria(_("“%(name)s” must be a whole number from 0 on.", name="page"))
    if int(value) > LAST_PAGE:
        sentence = _(
            "Pages have numbers up to %(most)d; go further by the links “Next” and “Last”, or jump.", most=LAST_PAGE
        )
        raise BadCriteria(sentence)
    return int(value)


def _exact(value):
    if value not in {"", "exact"}:
        raise BadCriteria(_("“%(name)s” can only be “exact”.", name="count"))
    return bool(value)


def _flag(name, value):
    if value not in {"0", "1"}:
        raise BadCriteria(_("“%(name)s” must be 0 or 1.", name=name))
    return value == "1"


def _saved(value):
    key = None if value is None else parse_key(value)
    if value is not None and key is None:
        raise BadCriteria(_("“%(name)s” must be a whole number from 0 on.", name="saved"))
    return key


def _cell(model, user, value):
    if value is None:
        return None
    key, _colon, name = value.partition(":")
    if parse_key(key) is None or name not in resource(model).inline or not may_see(user, model, name):
        raise BadCriteria(_("There is no such cell."))
    return parse_key(key), name


def _find(model, given):
    found = {}
    for name in given:
        if not name.endswith(FIND):
            continue
        relation = name.removesuffix(FIND)
        if relation not in relations(model) or relation not in filterable(model):
            raise BadCriteria(_("There is no filter called “%(name)s”.", name=name))
        found[relation] = given[name][:LONGEST_FIND]
    return found
