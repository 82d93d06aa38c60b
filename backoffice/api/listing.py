"""A list as a program gets it: a page of rows, where the neighbours are, and how many rows there are."""

from contextlib import nullcontext

from flask import jsonify, request

from backoffice.api import asking, rows
from backoffice.api.subjects import address
from backoffice.core.access import person
from backoffice.core.catalogues import gettext as _
from backoffice.core.database import patience
from backoffice.core.model import db
from backoffice.core.paging import counting, sifting
from backoffice.core.web.problems import Problem


def answer(user, model):
    """Return the page that the parameters of the request ask for."""
    asked = asking.read(model, user, request.args)
    session, matching = db.session(), asked.criteria.pairs()
    try:
        # A whole list is read in the order of an index, whatever its length.
        with patience.reading(session, patience.SECONDS) if matching else nullcontext():
            sifted = sifting.sift(session, user, asked.criteria, asked.order)
            page = sifting.page(session, sifted, rows.shown(person(user), model, asked.names), asked.place, asked.size)
            told = {"data": rows.told(session, user, model, page.rows, asked.names)}
            told |= {"count": _number(session, sifted, (asked, page))}
    except patience.TooLong as error:
        raise Problem(503, _("Finding these rows takes too long; ask for fewer by more filters.")) from error
    places = {"next": {"after": page.next}, "previous": {"before": page.previous}}
    links = {word: f"{address(model)}?{asked.query(**at)}" for word, at in places.items() if any(at.values())}
    made = jsonify({**told, **dict.fromkeys(places), **links})
    if links:
        rel = {"next": "next", "previous": "prev"}
        made.headers["Link"] = ", ".join(f'<{url}>; rel="{rel[word]}"' for word, url in links.items())
    return made


def _number(session, sifted, seen):
    """Return how many rows there are, as exactly as was asked for and as can be told in time."""
    asked, page = seen
    if asked.count == "none":
        return None
    if not (page.next or page.previous):
        return {"value": len(page.rows), "exact": True}
    number = sifting.number(session, sifted)
    if asked.count == "exact" and not number.exact:
        exact = counting.exactly(session, sifted.rows)
        number = number if exact is None else counting.Number(exact)
    return {"value": number.value, "exact": number.exact}
