"""What a row is: a key, two dates and a version; and the database that holds it."""

import re
import sqlite3
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean, Integer, MetaData, SmallInteger, String, Text, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.schema import Column
from sqlalchemy.sql import ClauseElement

from backoffice.core import addresses
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import lazy_gettext, lazy_pgettext
from backoffice.core.database import connections, ties
from backoffice.core.types import LARGEST, Invalid, Key, Slug, UtcDateTime

# True while a request only reads: SQLite then begins without taking the writers' lock.
reading: ContextVar[bool] = ContextVar("reading", default=False)

# KB. In the 2,000 it takes by itself, SQLite writes the pages of a large change again and again.
CACHE = "cache_size=-8000"
# How PostgreSQL plans on our connections. A plan for any value at all suits neither rare nor common ones; what is
# asked for often lies in memory, wherever on the disk; starting helpers and compiling take longer than a page may.
PLANNING = {
    "plan_cache_mode": "force_custom_plan",
    "random_page_cost": 1.1,
    "parallel_setup_cost": 20_000,
    "jit": "off",
}

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

# What a class is mapped to never changes; every row that is written asks for it several times.
_own_columns: dict[type, list[tuple[str, Column[Any]]]] = {}
_required: dict[type, list[str]] = {}
_addresses: dict[type, list[tuple[str, Column[Any]]]] = {}


class Base(DeclarativeBase):
    """The root of all mapped classes; constraints get names that tell table and column."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


class Model(db.Model):  # type: ignore[name-defined,misc]
    """One row of a resource; its columns check what is set on them, its rules run before it is written."""

    __abstract__ = True
    resource: ClassVar[Any] = None

    id: Mapped[int] = mapped_column(Key, primary_key=True, sort_order=-20, info={"label": lazy_gettext("Id")})
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=now, index=True, sort_order=20, info={"label": lazy_gettext("Created")}
    )
    updated_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=now, onupdate=now, sort_order=21, info={"label": lazy_pgettext("when", "Changed")}
    )
    version: Mapped[int] = mapped_column(Integer, default=1, sort_order=22, info={"label": lazy_gettext("Version")})

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy calls it with the class
        return {"version_id_col": cls.version}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__table__" in vars(cls):
            ties.broken(cls.__table__)
            # A row that is brought back finds its own key free: SQLite, too, never gives one twice.
            cls.__table__.dialect_kwargs["sqlite_autoincrement"] = True

    def rules(self) -> Iterator[Invalid]:
        """Yield what is wrong with the row as a whole; a model says its rules here.

        Called inside the flush that writes the row, so whatever door it came through. It may also put values
        in order (fill a date that follows from a status).
        """
        return iter(())

    def farewells(self) -> Iterator[Invalid]:
        """Yield what stands against deleting the row; a model says its rules here.

        Called inside the flush that deletes it. Rows that refer to it are no matter of this: see
        `core.operation.references`.
        """
        return iter(())

    def public_path(self) -> str:
        """Return the path at which visitors see the row, or "" while they do not; a model that they see says so."""
        return ""

    def problems(self) -> list[Invalid]:
        """Return all that is wrong with the row: the model's own rules, and required columns left empty."""
        self._name_addresses()
        found = list(self.rules())
        told = {problem.field for problem in found}
        if type(self) not in _required:
            _required[type(self)] = [name for name, column in self._columns() if required(column)]
        empty = [name for name in _required[type(self)] if name not in told and getattr(self, name) in (None, "")]
        return found + [Invalid(name, _("This field is required.")) for name in empty]

    @classmethod
    def _columns(cls) -> list[tuple[str, Column[Any]]]:
        known = _own_columns.get(cls)
        if known is None:
            mapped = [(one.key, one.columns[0]) for one in cls.__mapper__.column_attrs]
            known = _own_columns[cls] = [(key, one) for key, one in mapped if isinstance(one, Column)]
        return known

    @classmethod
    def addresses(cls) -> list[tuple[str, Column[Any]]]:
        """Return the slugs that are made of another column, which `info["from"]` names, where they are left empty."""
        if cls not in _addresses:
            own = cls._columns()
            _addresses[cls] = [(key, one) for key, one in own if isinstance(one.type, Slug) and "from" in one.info]
        return _addresses[cls]

    def _name_addresses(self) -> None:
        """Fill an empty slug from the column it names in `info["from"]`, with a number where it is taken."""
        for name, column in self.addresses():
            if not getattr(self, name):
                word = addresses.stem(column, getattr(self, column.info["from"]))
                setattr(self, name, addresses.free(db.session(), column, word))


def required(column: Column[Any]) -> bool:
    """Tell whether a value must be given: not nullable, and nothing fills it in."""
    filled = column.default is not None or column.server_default is not None or column.primary_key
    return not column.nullable and not filled and not column.foreign_keys


def arrive(column: Column[Any], value: Any) -> Any:
    """Return `value` as `column` stores it; raises ValueError with a sentence for the user."""
    if value is None or isinstance(value, ClauseElement):
        return value
    kind = column.type
    if isinstance(value, str):
        value = _arrive_text(kind, value)
        _check_kind(column.info.get("kind"), value)
    elif isinstance(value, int) and not isinstance(kind, Boolean) and abs(value) > largest(kind):
        raise ValueError(_("This number is too large."))
    return kind.arrive(value) if hasattr(kind, "arrive") else value


def largest(kind: Any) -> int:
    """Return the largest number that a column of this type holds."""
    if isinstance(kind, SmallInteger):
        return 2**15 - 1
    return 2**31 - 1 if type(kind) is Integer else LARGEST


def _arrive_text(kind: Any, value: str) -> str:
    if "\x00" in value:
        raise ValueError(_("This text holds a character that cannot be stored."))
    # Unpaired surrogates are no text: no database and no file takes them.
    value = value.encode("utf-8", "replace").decode("utf-8")
    inner = getattr(kind, "impl", kind)
    if isinstance(inner, String) and not isinstance(inner, Text):
        value = value.strip()
        if inner.length and len(value) > inner.length:
            raise ValueError(_("At most %(most)d characters; this has %(has)d.", most=inner.length, has=len(value)))
    return value


def _check_kind(kind: str | None, value: str) -> None:
    if kind == "email" and value and not EMAIL.fullmatch(value):
        raise ValueError(_("This is no e-mail address."))
    if kind == "handle" and "/" in value:
        raise ValueError(_("A slash cannot stand in it: it ends a part of an address."))


@event.listens_for(Model, "attribute_instrument", propagate=True)
def _listen(_class: type, key: str, attribute: QueryableAttribute[Any]) -> None:
    columns = getattr(attribute.property, "columns", None)
    if not columns or not isinstance(columns[0], Column):
        return
    column = columns[0]

    def check(_target: Model, value: Any, _old: Any, _initiator: Any) -> Any:
        try:
            return arrive(column, value)
        except Invalid:
            raise
        except (ValueError, TypeError) as error:
            raise Invalid(key, str(error)) from error

    event.listen(attribute, "set", check, retval=True)


@event.listens_for(Engine, "connect")
def _firm_ground(connection: Any, _record: Any) -> None:
    """Make SQLite keep foreign keys, wait for its turn, and leave transactions to us."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", "busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL", CACHE):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "connect")
def _plan_for_pages(connection: Any, _record: Any) -> None:
    """Make PostgreSQL plan for pages, which are small and many, and each statement for the values at hand."""
    if type(connection).__module__.startswith("psycopg"):
        for name, value in PLANNING.items():
            connection.execute(f"SET {name} = {value}")
        connection.commit()
        connections.be_brief(connection)


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Writers take SQLite's lock at once: a reader that turns writer half-way could only fail."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if reading.get() else "BEGIN IMMEDIATE")


def init_app(app: Flask) -> None:
    """Attach the database to the application."""
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            connections.watch(engine)
