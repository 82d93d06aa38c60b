"""Filters combined by "all of" and "any of", and values that depend on who asks and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from backoffice.core.model import db
from backoffice.core.selection import Selection, criteria, groups, seal, unseal
from backoffice.core.selection.criteria import BadCriteria
from backoffice.core.transfer import Wish, exports, parts_out
from backoffice.models.accounts import User
from backoffice.models.content import Post
from make import make

NOON = datetime(2026, 3, 11, 12, 30, tzinfo=UTC)  # a Wednesday


def asker(number=1, zone=None):
    return SimpleNamespace(id=number, active=True, rights={"*"}, timezone=zone)


@pytest.fixture
def posts(app):
    """Open the application on posts of two people, in several states and of several ages."""
    with app.test_request_context():
        ann, ben = make(User, name="Ann"), make(User, name="Ben")
        for title, status, author, days in (
            ("fresh draft", "draft", ann, 1),
            ("old draft", "draft", ben, 40),
            ("ben's new draft", "draft", ben, 2),
            ("old review", "review", ann, 40),
            ("last", "review", ann, 8),
        ):
            make(Post, title=title, status=status, author=author, created_at=NOON - timedelta(days=days))
        db.session.commit()
        yield SimpleNamespace(ann=asker(ann.id), ben=asker(ben.id))


def titles(user, *pairs, at=NOON):
    asked = criteria.read(Post, user, MultiDict(pairs))
    assert criteria.of(Post, user, asked.pairs()) == asked
    rows = select(Post.title).where(replace(asked, at=at).condition(user)).order_by(Post.id)
    return db.session.scalars(rows).all()


def test_groups_hold_one_another(posts):
    where = "all(status:draft,any(author:me,created_at:last-7-days))"
    assert titles(posts.ann, ("where", where)) == ["fresh draft", "ben's new draft"]
    assert titles(posts.ben, ("where", where)) == ["fresh draft", "old draft", "ben's new draft"]
    assert titles(posts.ann, ("where", "any(status:review,all(status:draft,author:me))")) == [
        "fresh draft",
        "old review",
        "last",
    ]
    assert titles(posts.ann, ("status", "draft"), ("where", "any(author:me,created_at__older:30)")) == [
        "fresh draft",
        "old draft",
    ]


@pytest.mark.parametrize(
    ("where", "address"),
    [
        ("status:draft", "status=draft"),
        ("all(status:draft,author:me)", "status=draft&author=me"),
        ("any(status:draft)", "status=draft"),
        ("any(status:draft,status:draft)", "status=draft"),
        ("all(status:draft,any(author:me,author:7))", "where=any(author:me,author:7)&status=draft"),
        ("any(author:me,any(author:7,author:8))", "where=any(author:me,author:7,author:8)"),
        ("all(any(author:1,author:2),any(author:3,author:4))",
         "where=all(any(author:1,author:2),any(author:3,author:4))"),
        ('any(status__in:"draft,review",author:1)', 'where=any(status__in:"draft,review",author:1)'),
    ],
)  # fmt: skip
def test_what_means_the_same_has_one_address(app, where, address):
    with app.test_request_context():
        asked = criteria.read(Post, asker(), MultiDict([("where", where)]))
        assert "&".join(map("=".join, asked.pairs())) == address


def test_one_part_is_taken_out_and_the_rest_stays(app):
    with app.test_request_context():
        where = "any(author:7,all(kind:page,author:me))"
        asked = criteria.read(Post, asker(), MultiDict([("status", "draft"), ("where", where)]))
        whole = asked.combined()

        def left(*path):
            return asked.narrowed(groups.without(whole, path)).pairs()

        assert left(0) == [("where", where)]
        assert left(1) == [("status", "draft")]
        assert left(1, 0) == [("status", "draft"), ("kind", "page"), ("author", "me")]
        assert left(1, 1) == [("status", "draft"), ("author", "7")]
        assert left(1, 1, 0) == [("where", "any(author:7,author:me)"), ("status", "draft")]


DEEP = "any(any(any(any(any(status:draft,author:1),author:2),author:3),author:4),author:5)"


@pytest.mark.parametrize(
    "where",
    [
        "any(", "any()", "status:draft)", "none(status:draft)", "any(password:x,status:draft)", "status", ":", ",",
        "any(status:nonsense,status:draft)", 'status:""', "any(status:draft,author:1" + ")" * 9, "all(" * 900,
        "x" * 2001, DEEP, "any(" + ",".join(f"author:{n}" for n in range(1, 30)) + ")", 'title:"', "any(view:draft)",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence(app, where):
    with app.test_request_context(), pytest.raises(BadCriteria, match=r"\.$"):
        criteria.read(Post, asker(), MultiDict([("where", where)]))


members = st.recursive(
    st.builds(
        groups.Filter, st.sampled_from(["status", "title", "x_1"]), st.sampled_from(["is", "in"]), st.text(min_size=1)
    ),
    lambda inner: st.builds(
        groups.Group, st.sampled_from(groups.WORDS), st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(one=members)
def test_what_is_written_is_read_back(one):
    text = groups.written(one)
    try:
        assert groups.parse(text) == one
    except BadCriteria:
        assert len(text) > groups.LONGEST or text.count("(") > groups.DEEPEST


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="al(n)y,:\"status_draft 1\\'%;é日", max_size=60))
def test_whatever_is_written_is_read_or_refused(app, text):
    with app.test_request_context():
        try:
            asked = criteria.read(Post, asker(), MultiDict([("where", text)]))
        except BadCriteria:
            return
        assert db.session.scalars(select(Post.id).where(asked.condition(asker()))).all() == []


def test_groups_say_nothing_of_hidden_columns(app):
    clerk = SimpleNamespace(id=1, active=True, rights={"user.read"})
    with app.test_request_context():
        said = []
        for name in ("roles", "wonky"):
            with pytest.raises(BadCriteria) as caught:
                criteria.read(User, clerk, MultiDict([("where", f"any(active:yes,all({name}:1,active:no))")]))
            said.append(str(caught.value).replace(name, ""))
        assert len(set(said)) == 1


def test_all_that_match_a_group_are_what_is_selected_and_exported(posts):
    where = "any(author:me,created_at__to:2026-02-01)"
    asked = criteria.read(Post, posts.ann, MultiDict([("status", "draft"), ("where", where)]))
    chosen = unseal(Post, seal(Selection(Post, criteria=asked), 2, posts.ann), posts.ann).selection
    assert replace(chosen.criteria, at=None) == asked
    assert chosen.count(db.session(), posts.ann) == len(titles(posts.ann, *asked.pairs())) == 2
    with pytest.raises(BadCriteria):
        unseal(Post, seal(Selection(Post, criteria=asked), 2, posts.ann), posts.ben)
    parts = b"".join(part.data for part in parts_out(db.session(), posts.ann, asked, Wish(("title",), "csv")))
    assert parts.count(b"draft") == 2


@pytest.mark.parametrize(
    ("word", "start", "end"),
    [
        ("today", "2026-03-11", "2026-03-12"), ("yesterday", "2026-03-10", "2026-03-11"),
        ("last-7-days", "2026-03-04", "2026-03-12"), ("last-30-days", "2026-02-09", "2026-03-12"),
        ("this-week", "2026-03-09", "2026-03-16"), ("this-month", "2026-03-01", "2026-04-01"),
        ("this-year", "2026-01-01", "2027-01-01"),
    ],
)  # fmt: skip
def test_days_in_words_begin_and_end_at_midnight(posts, word, start, end):
    second = timedelta(seconds=1)
    first, last = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (start, end))
    for title, moment in (("before", first - second), ("first", first), ("last", last - second), ("after", last)):
        make(Post, title=title, published_at=moment)
    assert titles(asker(), ("published_at", word)) == ["first", "last"]
    assert titles(asker(), ("published_at__from", word)) == ["first", "last", "after"]
    assert titles(asker(), ("published_at__to", word)) == ["before", "first", "last"]


def test_days_are_those_of_the_clock_of_whoever_asks(posts):
    # Half past midnight on the 12th in Auckland, the evening of the 10th in Honolulu, both at noon in London or near.
    late, early = datetime(2026, 3, 11, 11, 30, tzinfo=UTC), datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
    for title, moment in (("late", late), ("early", early)):
        make(Post, title=title, published_at=moment)
    for zone, word, expected in (
        (None, "today", ["late", "early"]),
        ("Pacific/Auckland", "today", ["late"]),
        ("Pacific/Auckland", "2026-03-11", ["early"]),
        ("Pacific/Honolulu", "yesterday", ["early"]),
        ("Nowhere/Atall", "today", ["late", "early"]),
    ):
        assert titles(asker(zone=zone), ("published_at", word)) == expected, (zone, word)


def test_what_is_older_than_some_days_is_not_of_the_last_days(posts):
    for days in (1, 2, 8, 40):
        rest = titles(asker(), ("created_at__older", str(days)))
        assert sorted(rest + titles(asker(), ("created_at", f"last-{days}-days"))) == sorted(titles(asker()))


def test_nobody_is_me_without_an_account(app):
    with app.test_request_context(), pytest.raises(BadCriteria):
        criteria.read(Post, SimpleNamespace(id=None, active=True, rights={"*"}), MultiDict([("author", "me")]))


def test_a_job_asked_for_today_means_the_day_it_was_asked_for(posts):
    asked = criteria.read(Post, posts.ann, MultiDict([("created_at", "today")]))
    job = exports.ask(db.session(), posts.ann, asked, ("title",), "csv")
    assert [tuple(pair) for pair in job.arguments["criteria"]] == [("created_at", "today")]
    later = criteria.of(Post, posts.ann, job.arguments["criteria"], job.arguments["at"])
    moment = datetime.fromisoformat(job.arguments["at"])
    make(Post, title="then", created_at=moment)
    make(Post, title="since", created_at=moment + timedelta(days=1))
    assert db.session.scalars(select(Post.title).where(later.condition(posts.ann))).all() == ["then"]


@pytest.mark.sqlite
def test_a_group_of_what_indexes_find_is_found_by_indexes(posts):
    for where in ("any(author:me,category:1)", "any(author:me,all(status:review,created_at:last-7-days))"):
        asked = criteria.read(Post, posts.ann, MultiDict([("where", where)]))
        query = select(Post.id).where(asked.condition(posts.ann))
        text = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
        plan = " ".join(row[-1] for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
        assert "MULTI-INDEX OR" in plan, plan
        assert "SCAN post" not in plan, plan
