"""Operations on rows that a program names or filters: what they would do, doing them, and taking them back."""

from uuid import uuid4

from flask import jsonify, request

from backoffice.api import meant, once, values
from backoffice.api.subjects import address, is_many
from backoffice.core import operation, undo
from backoffice.core.access import Person, can, person, rule
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import Change
from backoffice.core.history.actors import actor
from backoffice.core.jobs import Job, later
from backoffice.core.model import db
from backoffice.core.operation import altering, chunks, reports
from backoffice.core.scopes import within
from backoffice.core.web import bodies
from backoffice.core.web.problems import Problem

FIELDS = ("ids", "filter", "expected", "dry_run")
EDITS = ("set", "add", "remove")
MOST_TOLD = 1000  # rows of which it is said what became of each


def answer(user, model, name):
    """Do an operation, or say what it would do."""
    told = bodies.read(request)
    if model is Change and name == undo.UNDO:
        return _undo(user, told)
    bodies.only(told, (*FIELDS, *EDITS) if name == operation.UPDATE else FIELDS)
    edits = _edits(user, model, told) if name == operation.UPDATE else None
    selection = meant.read(user, model, name, told)
    if _flag(told):
        return _rehearsed(user, name, selection, edits)
    return _sent(*once.do(user, lambda: _run(user, name, selection, edits)))


def _flag(told):
    dry = told.get("dry_run", request.args.get("dry_run") == "true")
    if not isinstance(dry, bool):
        raise Problem(422, errors={"dry_run": [_("Type true or false.")]})
    return dry


def _edits(user, model, told):
    """Return what becomes of columns and relations, as the core has it."""
    parts = {word: told.get(word, {}) for word in EDITS}
    for word, part in parts.items():
        if not isinstance(part, dict):
            raise Problem(422, errors={word: [_("Send an object of fields and values.")]})
    if refused := [name for name in parts["set"] if is_many(model, name)]:
        raise Problem(422, errors={name: [_("Say what to add and what to remove.")] for name in refused})
    put = values.read(user, model, parts["set"])
    found = {name: altering.Edit(getattr(one, "id", one)) for name, one in put.items()}
    for name in {*parts["add"], *parts["remove"]}:
        found[name] = altering.Edit(add=_keys(parts["add"], name), remove=_keys(parts["remove"], name))
    return found


def _keys(part, name):
    keys = part.get(name, [])
    if not isinstance(keys, list) or not all(type(key) is int for key in keys):
        raise Problem(422, errors={name[:80]: [_("Send a list of keys.")]})
    return tuple(keys)


def _rehearsed(user, name, selection, edits):
    session = db.session()
    preview = operation.preview(session, user, name, selection, edits)
    session.rollback()
    groups = [
        {"became": one.kind, "why": one.why, "count": one.count, "first": [_row(*row) for row in one.rows]}
        for one in preview.groups
    ]
    return jsonify(**_outcome(preview.outcome), sure=preview.sure, groups=groups, dry_run=True)


def _run(user, name, selection, edits):
    session = db.session()
    slow = operation.one_by_one(session, user, name, selection.model, edits)
    many = selection.keys is None and chunks.is_large(selection.count(session, user), one_by_one=slow)
    if many and can(user, "read", Job):
        return _later(user, name, selection, edits), 202
    outcome = operation.run(session, user, name, selection, edits)
    return {**_outcome(outcome), "batch": actor().batch, "model": selection.model.__tablename__}, 200


def _later(user, name, selection, edits):
    """Return the job that does it, unless the token allows less than the account that the job would act for."""
    whole = Person(user.id, frozenset(user.rights), user.active)
    for verb in ("read", name):
        if rule(whole, verb, selection.model).scope != rule(user, verb, selection.model).scope:
            raise Problem(403, _("These are too many rows for a token with fewer rights than yours; filter for fewer."))
    session, word = db.session(), uuid4().hex
    if edits is not None:
        asked = chunks.ask_to_change(session, user, edits, selection, word)
    else:
        asked = chunks.ask(session, user, name, selection, word)
    return {"job": address(Job, asked.id)}


def _sent(told, status, again):
    """Return the answer: what became of each row is read anew, since it may have been asked before."""
    user = actor().user
    if "model" in told:
        told = {**told, "rows": _rows(user, told)}
        told.pop("model")
    made = jsonify(told)
    made.status_code = status
    if "job" in told:
        made.headers["Location"] = told["job"]
    if "batch" in told:
        made.headers["X-Batch"] = told["batch"]
    if again:
        made.headers[once.REPLAYED] = "true"
    return made


def _rows(user, told):
    session, model = db.session(), meant.named(told["model"])
    report = reports.find(session, user, told["batch"], model)
    return [
        {**_row(one.row_id, one.label), "became": one.kind, "why": one.why}
        for one, _number in zip(reports.lines(session, user, report), range(MOST_TOLD), strict=False)
    ]


def _row(key, label):
    return {"id": key, "label": str(label)}


def _outcome(outcome):
    reasons = [{"why": str(why), "count": count} for why, count in outcome.reasons]
    return {"changed": outcome.changed, "already": outcome.already, "refused": outcome.refused, "reasons": reasons}


def _undo(user, told):
    bodies.only(told, ("batch", "dry_run"))
    batch, session = told.get("batch"), db.session()
    if not isinstance(batch, str) or not 0 < len(batch) <= 36 or "\0" in batch:
        raise Problem(422, errors={"batch": [_("This field is required.")]})
    large = undo.size(session, user, batch) > undo.AT_ONCE
    if _flag(told):
        result = undo.rehearse(session, user, batch)
        session.rollback()
        return jsonify(**_result(result), dry_run=True)
    return _sent(*once.do(user, lambda: _back_later(user, batch) if large else _back(user, batch)))


def _back(user, batch):
    return {**_result(undo.undo(db.session(), user, batch)), "batch": actor().batch}, 200


def _back_later(user, batch):
    if not within(user.rights, person(user).rights):
        raise Problem(403, _("These are too many rows for a token with fewer rights than yours; filter for fewer."))
    return {"job": address(Job, later(db.session(), undo.UNDO, user, batch=batch).id)}, 202


def _result(result):
    kept = [{**_row(one.row_id, one.label), "model": one.model, "why": str(one.why)} for one in result.kept]
    return {"done": result.done, "stayed": result.stayed, "kept": kept}
