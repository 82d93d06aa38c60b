"""People with browsers of their own, and rows made as they are needed, for the probes of the matrix."""

from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace

from sqlalchemy import Boolean, func, select

import matrix
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import columns, relation_of, relations, resources, row_label
from backoffice.core.types import Choice, Html, UtcDateTime
from backoffice.models.accounts import Role, User
from make import make, value
from people import PASSWORD, add_user

NOWHERE = 987654321
_numbers = count(1000)


@dataclass
class World:
    """An application with one browser for each person of the matrix, and rows made as they are needed."""

    app: object
    people: dict

    def row(self, model, whose, person, action=None):
        """Store a row that belongs to whom it is said to, ready for `action`; return its key and the words on it."""
        if whose == matrix.MISSING:
            return NOWHERE, "nobody wrote this"
        if whose == matrix.MINE and model.resource.owner == "id":
            return self.people[person].id, self.people[person].label
        mark = f"kumquat{next(_numbers)}"
        with self.app.app_context():
            made = make(model, **_values(model, mark, action), **self.belonging(model, whose, person))
            db.session.commit()
            return made.id, mark

    def belonging(self, model, whose, person):
        """Return the value by which a row of `model` belongs to a person or to somebody else."""
        if not matrix.owned(model):
            return {}
        owner = db.session.get(User, self.people[person if whose == matrix.MINE else "bystander"].id)
        relation = relation_of(model, model.resource.owner)
        return {relation: owner} if relation else {model.resource.owner: owner.id}

    def rows(self, model, mark, wanted):
        """Store rows that a search for `mark` finds, one for each (whose, person, action); return whose by key."""
        with self.app.app_context():
            found = {}
            for at, (whose, person, action) in enumerate(wanted):
                values = _values(model, f"{mark} {at}", action) | self.belonging(model, whose, person)
                found[make(model, **values).id] = whose
            db.session.commit()
            return found

    def change(self, model, key, **values):
        """Set columns of a row."""
        with self.app.app_context():
            row = db.session.get(model, key)
            for name, one in values.items():
                setattr(row, name, one)
            db.session.commit()

    def state(self, model, key):
        """Return all that the database holds of a row, links included, or None."""
        with self.app.app_context():
            found = db.session.execute(select(model.__table__).filter_by(id=key)).mappings().first()
            return found and {**found, **_links(model, key)}

    def count(self, model):
        """Return how many rows there are."""
        with self.app.app_context():
            return db.session.scalar(select(func.count()).select_from(model))

    def latest(self):
        """Return the key of the newest entry of the history."""
        with self.app.app_context():
            return db.session.scalar(select(func.max(Change.id))) or 0

    def recorded(self, since):
        """Return what was recorded after the entry with this key: who did what with which row through which door."""
        with self.app.app_context():
            found = db.session.scalars(select(Change).where(Change.id > since).order_by(Change.id)).all()
            return [(one.actor_id, one.verb, one.model, one.row_id, one.door) for one in found]


def people_of(app):
    """Return a world whose people are signed in, each by their own browser."""
    with app.app_context():
        _roles()
        known = {role: add_user(role) for role in matrix.MEMBERS[:-1]}
        known[matrix.NEWCOMER] = add_user(matrix.AUTHOR, roles=[])
        known[matrix.DEACTIVATED] = add_user(matrix.ADMINISTRATOR)
        known["bystander"] = add_user(matrix.ADMINISTRATOR)
        for model in resources().values():
            make(model)
        db.session.commit()
    known[matrix.STRANGER] = SimpleNamespace(id=None, email=None)
    for person in known.values():
        person.browser = app.test_client()
        if person.email:
            answer = person.browser.post("/login", data={"email": person.email, "password": PASSWORD})
            assert answer.status_code == 302, answer.text
    with app.app_context():
        for person in known.values():
            person.label = person.id and row_label(db.session.get(User, person.id))
        db.session.get(User, known[matrix.DEACTIVATED].id).active = False
        db.session.commit()
    return World(app, known)


def _roles():
    for role in (matrix.CLERK, matrix.KEEPER, matrix.CONTRIBUTOR):
        words = {name: matrix.words(role, model) for name, model in matrix.subjects().items()}
        rights = [f"{name}.{word}" for name, held in words.items() for word in held]
        db.session.add(Role(name=role, rights=rights))
    db.session.flush()


def _values(model, mark, action):
    """Return values for a row that can be told from all others, with a date wherever one may stand."""
    said = model.resource
    moment = value(next(one for one in columns(model).values() if isinstance(one.type, UtcDateTime)))
    dates = {name: moment for name, one in columns(model).items() if isinstance(one.type, UtcDateTime)}
    values = {name: moment for name in dates if name not in {"created_at", "updated_at", "ended_at"}}
    values[said.label] = f"<p>{mark}</p>" if isinstance(columns(model)[said.label].type, Html) else mark
    return values | _before(model, action)


def _before(model, action):
    """Return what a row holds that `action` will change."""
    found = {}
    for name, target in (action.sets or {}).items() if action else ():
        kind = columns(model)[name].type
        if isinstance(kind, Choice):
            found[name] = next(one for one in action.when.get(name, kind.values) if one != target)
        elif isinstance(kind, Boolean):
            found[name] = not target
    return found


def _links(model, key):
    found = {}
    for name, relation in relations(model).items():
        if relation.secondary is not None:
            mine, theirs = (pair[1] for pair in relation.local_remote_pairs)
            found[name] = sorted(db.session.scalars(select(theirs).where(mine == key)))
    return found
