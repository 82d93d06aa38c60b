"""Each kind of column is typed as text, read back as it was, and refused in a sentence when it cannot be."""

from datetime import date, time
from decimal import Decimal
from enum import Enum as PythonEnum
from types import SimpleNamespace

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, Enum, Float, Integer, Numeric, SmallInteger, String, Text, Time
from werkzeug.datastructures import MultiDict
from wtforms.form import BaseForm

from backoffice.admin.forms import MAKERS
from backoffice.core.types import Language, Strings


class Size(PythonEnum):
    SMALL = 1
    LARGE = 2


def field(column, typed=None, stored=None):
    """Return the field for a column that holds `stored`, after `typed` was sent for it, judged."""
    make = next(make for kind, make in MAKERS if isinstance(column.type, kind))
    made = make(None, SimpleNamespace(one=stored), "one", {"label": "One", "column": column})
    form = BaseForm({"one": made})
    form.process(None if typed is None else MultiDict({"one": typed}), data={"one": stored})
    form.validate()
    return form["one"]


@pytest.fixture(autouse=True)
def request_context(app, monkeypatch):
    monkeypatch.setitem(app.config, "LANGUAGES", ("en", "de"))
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Integer(), " 12 ", 12),
        (Integer(), "-2147483647", -2147483647),
        (Numeric(8, 2), "1.25", Decimal("1.25")),
        (Float(), "2.5", 2.5),
        (Date(), "2026-01-31", date(2026, 1, 31)),
        (Time(), "14:30", time(14, 30)),
        (Enum("a", "b"), "b", "b"),
        (Enum(Size), "LARGE", Size.LARGE),
        (Strings(), "post.read\r\n\r\n post.update ", ["post.read", "post.update"]),
        (Text(), "one\r\ntwo", "one\ntwo"),
        (String(5), "abc", "abc"),
        (Boolean(), "y", True),
        (JSON(), '{"b": [1, 2.5, null], "a": {"é": true}}', {"a": {"é": True}, "b": [1, 2.5, None]}),
        (JSON(), '"a word"', "a word"),
        (JSON(), "1234567890123", 1234567890123),
        (Language(), "de", "de"),
    ],
)
def test_what_is_typed_is_read_and_written_back_the_same(kind, typed, value):
    column = Column("one", kind)
    made = field(column, typed)
    assert (made.errors, made.data) == ([], value)
    assert field(column, made.write(value) if kind.python_type is not bool else typed, value).data == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (Integer(), "2147483648"),
        (Integer(), "1.5"),
        (Integer(), "٣"),
        (Integer(), "9" * 5000),
        (SmallInteger(), "40000"),
        (Numeric(8, 2), "1000000"),
        (Numeric(8, 2), "1e400"),
        (Numeric(8, 2), "nan"),
        (Float(), "inf"),
        (Float(), "1" * 41),
        (Date(), "31.1.2026"),
        (Time(), "25:00"),
        (Enum("a", "b"), "c"),
        (String(5), "abcdef"),
        (JSON(), "{"),
        (JSON(), "{'a': 1}"),
        (JSON(), "NaN"),
        (JSON(), '{"a": 1, "a": 2}'),
        (JSON(), '"\\u0000"'),
        (JSON(), '"\\ud800"'),
        (JSON(), "[" * 100_000),
        (Language(), "nonsense"),
        (Language(), "de_DE_x"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(kind, typed):
    made = field(Column("one", kind), typed)
    assert len(made.errors) == 1
    assert made._value() == typed


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (Column("one", String(5)), None),
        (Column("one", Text, nullable=False, default=""), ""),
        (Column("one", Integer), None),
        (Column("one", Date), None),
    ],
)
def test_an_empty_field_is_nothing_or_the_empty_text(column, value):
    assert field(column, "  ").data == value


def test_a_required_field_says_so():
    made = field(Column("one", String(5), nullable=False), "")
    assert made.needed
    assert [str(error) for error in made.errors] == ["This field is required."]


def test_json_is_shown_as_it_is_stored_and_left_alone_when_nobody_changes_it():
    column, stored = Column("one", JSON()), {"b": 1, "a": [{"x": "<é>"}]}
    shown = field(column, None, stored)._value()
    assert shown.splitlines()[1].strip() == '"a": ['
    kept = field(column, shown.replace("\n", "\r\n"), stored)
    assert kept.data is stored
    assert not kept.changed


def test_json_says_in_which_line_it_breaks_off():
    assert field(Column("one", JSON()), '{\n"a": 1\n"b": 2}').errors == ["This is no JSON: it breaks off in line 3."]


def test_a_language_is_offered_by_its_own_name_and_one_that_is_stored_stays():
    made = field(Column("one", Language()), None, "pt_BR")
    assert [words for _value, words in made.options] == ["As the browser asks", "English", "Deutsch", "pt_BR"]
    assert field(Column("one", Language()), "pt_BR", "pt_BR").errors == []
    assert field(Column("one", Language()), "fr", "de").errors == ["Choose one of those offered."]
