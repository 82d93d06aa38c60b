"""Operations on a selection: what they do, what they count, and what the history says of it."""

import pytest
from sqlalchemy import insert, select, text

from backoffice.core import history, operation
from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.history import sets
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.selection import Selection, seal, unseal
from backoffice.core.selection.criteria import BadCriteria, Criteria, Filter, of
from backoffice.models.accounts import Role, User
from backoffice.models.comments import APPROVED, PENDING, SPAM, Comment
from backoffice.models.content import ARCHIVED, DRAFT, PUBLISHED, Post, Tag


@pytest.fixture
def stage(app):
    """Open the application on a post with five comments, and give the people of the four roles."""
    with app.test_request_context():
        roles = {role.name: role for role in db.session.scalars(select(Role))}
        people = {name: User(username=name, name=name.title(), roles=[role]) for name, role in roles.items()}
        db.session.add_all(people.values())
        post = Post(title="Tides", author=people["author"], body="<p>High at noon</p>")
        states = (PENDING, PENDING, PENDING, APPROVED, SPAM)
        db.session.add_all(
            [
                Comment(post=post, guest_name=f"Guest {at}", body="Well said", status=state)
                for at, state in enumerate(states)
            ]
        )
        db.session.commit()
        yield people


def changes(verb):
    return db.session.scalars(
        select(history.Change).where(history.Change.verb == verb).order_by(history.Change.id)
    ).all()


def test_a_moderator_approves_ticked_comments_and_each_is_recorded(stage):
    keys = tuple(db.session.scalars(select(Comment.id)))
    with history.acting(stage["moderator"], "panel") as one:
        outcome = operation.run(db.session, stage["moderator"], "approve", Selection(Comment, keys))
        db.session.commit()
    assert (outcome.changed, outcome.already, outcome.refused) == (4, 1, 0)
    assert set(db.session.scalars(select(Comment.status))) == {APPROVED}
    recorded = changes("approve")
    assert [change.before["status"] for change in recorded] == [PENDING, PENDING, PENDING, SPAM]
    assert {(change.after["status"], change.batch, change.door) for change in recorded} == {
        (APPROVED, one.batch, "panel")
    }
    assert {
        comment.version
        for comment in db.session.scalars(select(Comment).where(Comment.id.in_(c.row_id for c in recorded)))
    } == {2}


def test_a_rehearsal_counts_the_same_and_writes_nothing(stage):
    selection = Selection(Comment, criteria=Criteria(Comment, filters=(Filter("status", "is", PENDING),)))
    outcome = operation.rehearse(db.session, stage["moderator"], "approve", selection)
    assert (outcome.changed, outcome.already, outcome.refused) == (3, 0, 0)
    assert changes("approve") == []


def test_all_that_match_means_the_filter_and_no_more(stage):
    selection = Selection(Comment, criteria=of(Comment, stage["moderator"], [("view", "waiting")]))
    assert selection.count(db.session, stage["moderator"]) == 3
    outcome = operation.run(db.session, stage["moderator"], "spam", selection)
    assert outcome.changed == 3
    assert sorted(db.session.scalars(select(Comment.status))) == [APPROVED, SPAM, SPAM, SPAM, SPAM]


def test_an_operation_one_may_not_do_is_not_found(stage):
    with pytest.raises(NotFound):
        operation.run(db.session, stage["editor"], "approve", Selection(Comment, (1,)))
    assert PENDING in set(db.session.scalars(select(Comment.status)))


def test_rows_outside_ones_right_are_refused_and_stay(stage):
    other = Post(title="Gulls", author=stage["editor"], body="")
    db.session.add(other)
    db.session.commit()
    keys = tuple(db.session.scalars(select(Post.id)))
    outcome = operation.run(db.session, stage["author"], "submit", Selection(Post, keys))
    assert (outcome.changed, outcome.refused) == (1, 1)
    assert other.status == DRAFT


def test_publishing_sets_the_date_once_and_says_so_in_the_history(stage):
    post = db.session.scalars(select(Post)).one()
    operation.run(db.session, stage["editor"], "publish", Selection(Post, (post.id,)))
    db.session.commit()
    first = post.published_at
    assert post.status == PUBLISHED
    assert first is not None
    assert changes("publish")[0].after == {
        "status": PUBLISHED,
        "published_at": first.isoformat(timespec="microseconds"),
    }
    operation.run(db.session, stage["editor"], "archive", Selection(Post, (post.id,)))
    operation.run(db.session, stage["editor"], "publish", Selection(Post, (post.id,)))
    assert post.published_at == first
    assert changes("archive")[0].after == {"status": ARCHIVED}


def test_a_post_without_a_date_is_not_scheduled_and_the_reason_is_said(stage):
    post = db.session.scalars(select(Post)).one()
    outcome = operation.run(db.session, stage["editor"], "schedule", Selection(Post, (post.id,)))
    assert (outcome.changed, outcome.refused) == (0, 1)
    assert "date" in outcome.reasons[0][0]
    assert post.status == DRAFT


def test_nobody_deactivates_themselves_or_the_last_administrator(stage):
    keys = tuple(db.session.scalars(select(User.id)))
    admin = stage["administrator"]
    with history.acting(admin, "panel"):
        outcome = operation.run(db.session, admin, "deactivate", Selection(User, keys))
    assert (outcome.changed, outcome.refused) == (3, 1)
    assert admin.active
    outcome = operation.run(db.session, OPERATOR, "deactivate", Selection(User, (admin.id,)))
    assert (outcome.changed, outcome.refused) == (0, 1)
    assert "last administrator" in outcome.reasons[0][0]


def test_who_may_deactivate_may_not_deactivate_the_mightier(stage):
    clerk = Role(name="clerk", rights=["user.read", "user.deactivate", "user.activate"])
    user = User(username="clerk", name="Clerk", roles=[clerk])
    db.session.add(user)
    db.session.commit()
    outcome = operation.run(db.session, user, "deactivate", Selection(User, (stage["administrator"].id,)))
    assert (outcome.changed, outcome.refused) == (0, 1)
    assert stage["administrator"].active


def test_a_ticked_row_that_is_gone_is_counted_as_refused(stage):
    outcome = operation.run(db.session, stage["moderator"], "approve", Selection(Comment, (1, 987654)))
    assert (outcome.changed, outcome.refused) == (1, 1)


def test_a_sealed_selection_is_ones_own_and_cannot_be_forged(stage):
    selection = Selection(
        Comment, criteria=of(Comment, stage["moderator"], [("search", "said"), ("status", "pending")])
    )
    token = seal(selection, 3, stage["moderator"])
    seen = unseal(Comment, token, stage["moderator"])
    assert (seen.selection.criteria.pairs(), seen.selection.model, seen.count) == (
        selection.criteria.pairs(),
        Comment,
        3,
    )
    anywhere = seal(
        Selection(Comment, criteria=of(Comment, stage["moderator"], [("search", "said")])), 3, stage["moderator"]
    )
    for model, word, user in (
        (Post, anywhere, stage["moderator"]),
        (Comment, token, stage["editor"]),
        (Post, token, stage["moderator"]),
        (Comment, token[:-2] + "xx", stage["moderator"]),
        (Comment, "", stage["moderator"]),
        (Comment, "a.b.c", stage["moderator"]),
    ):
        with pytest.raises(BadCriteria):
            unseal(model, word, user)


def test_an_operation_takes_the_same_statements_for_any_number_of_rows(stage, queries):
    moderator, sent = stage["moderator"], []
    assert moderator.rights
    for keys in ((1,), (1, 2, 3, 4, 5)):
        with queries() as sql:
            operation.run(db.session, moderator, "hold", Selection(Comment, keys))
            operation.run(db.session, moderator, "approve", Selection(Comment, keys))
        sent.append(len(sql))
    # The second finds rows that are so already, and keeps which.
    assert sent == [5 + 6, 5 + 6]


def test_tags_stand_among_the_resources(app):
    assert resources()["tag"] is Tag


def test_ticked_rows_take_the_same_statements_however_many_they_are(stage, queries):
    sent, moderator = [], stage["moderator"]
    for number in (1, 3):
        assert [role.rights for role in moderator.roles]
        keys = tuple(db.session.scalars(select(Comment.id).filter_by(status=PENDING).limit(number)))
        with history.acting(moderator, "panel"), queries() as told:
            assert operation.run(db.session, moderator, "approve", Selection(Comment, keys)).changed == number
        db.session.rollback()
        sent.append(list(told))
    assert sent[0] == sent[1]
    assert len(sent[0]) <= 6


@pytest.mark.postgres
def test_each_ticked_row_is_looked_up_few_times_however_many_are_ticked(stage):
    number, post = 300, db.session.scalar(select(Comment.post_id).limit(1))
    rows = [{"post_id": post, "guest_name": "Ann", "body": "Yes", "status": PENDING} for _ in range(number)]
    keys = tuple(
        db.session.scalars(
            insert(Comment.__table__).returning(Comment.__table__.c.id), rows, execution_options=sets.RECORDED
        )
    )
    db.session.commit()
    db.session.execute(text("ANALYZE comment"))
    db.session.commit()
    with history.acting(stage["moderator"], "panel"):
        assert operation.run(db.session, stage["moderator"], "approve", Selection(Comment, keys)).changed == number
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'comment'"
    assert db.session.scalar(text(read)) < 10 * number
