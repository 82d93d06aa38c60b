"""A batch goes back as a whole, but for the rows that changed since; and nobody undoes what they could not do."""

import pytest
from sqlalchemy import func, insert, select, text, update

from backoffice.core import history, operation, undo, writing
from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.history import Change, sets, trash
from backoffice.core.history.audit import audit
from backoffice.core.history.seals import seal_all
from backoffice.core.jobs import Job, later, worker
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make


@pytest.fixture(autouse=True)
def inside(app):
    """Run each test inside a request of its own."""
    with app.test_request_context():
        yield


@pytest.fixture
def person():
    """Return a function that stores a person with these rights."""

    def made(*rights):
        role = make(Role, rights=list(rights))
        user = make(User, roles=[role], active=True)
        db.session.commit()
        return user

    return made


def batch(work, user=None, door="panel"):
    """Do some work as one batch, and return its word."""
    with history.acting(user, door) as one:
        work()
        db.session.commit()
    return one.batch


def take_back(word, user=OPERATOR):
    """Take a batch back as one of its own; return what came of it, and the word of the new batch."""
    with history.acting(None if user is OPERATOR else user, "panel") as one:
        result = undo.undo(db.session, user, word)
        db.session.commit()
    db.session.expire_all()
    return result, one.batch


def snapshot(*models):
    """Return what the database holds of these models, but for what every write moves on."""
    found = {}
    for model in models:
        for row in db.session.execute(select(model.__table__).order_by(model.__table__.c.id)).mappings():
            found[model.__tablename__, row["id"]] = {
                key: value for key, value in row.items() if key not in {"updated_at", "version"}
            }
    for table in ("post_tag", "post_category", "user_role"):
        found[table] = sorted(map(tuple, db.session.execute(text(f"SELECT * FROM {table}"))))
    return found


def comments(count, **values):
    made = [make(Comment, status="pending", **values) for _ in range(count)]
    db.session.commit()
    return [row.id for row in made]


def approve(keys):
    return lambda: operation.run(db.session, OPERATOR, "approve", Selection(Comment, tuple(keys)))


def test_a_whole_batch_goes_back_but_for_what_changed_since():
    keys = comments(20)
    word = batch(approve(keys))
    with history.acting(make(User, name="Ada"), "panel"):
        for key in keys[:3]:
            db.session.get(Comment, key).guest_name = "Somebody else"
        db.session.commit()
    result, _back = take_back(word)
    assert (result.done, result.stayed) == (17, 3)
    assert [(one.row_id, one.who, one.why) for one in result.kept] == [
        (key, "Ada", "It was changed since.") for key in keys[:3]
    ]
    states = dict(db.session.execute(select(Comment.status, func.count()).group_by(Comment.status)).all())
    assert states == {"pending": 17, "approved": 3}
    assert {row.version for row in db.session.scalars(select(Comment).where(Comment.id.in_(keys[3:])))} == {3}


def test_an_undo_is_recorded_and_can_itself_be_undone():
    keys = comments(3)
    word = batch(approve(keys))
    before = snapshot(Comment)
    _result, back = take_back(word)
    told = db.session.scalars(select(Change).where(Change.batch == back, Change.model == "comment")).all()
    assert [(one.verb, one.before, one.after) for one in told] == [
        ("undo", {"status": "approved"}, {"status": "pending"})
    ] * 3
    assert undo.undone(db.session, word).batch == back
    again, _word = take_back(back)
    assert again.done == 3
    assert snapshot(Comment) == before
    # The two cancel each other out: the first batch can go back once more.
    assert take_back(word)[0].done == 3
    seal_all(db.session)
    assert audit(db.session).faults == []


def test_what_was_undone_once_is_not_undone_twice():
    word = batch(approve(comments(2)))
    take_back(word)
    before = snapshot(Comment)
    result, _word = take_back(word)
    assert (result.done, result.stayed) == (0, 2)
    assert snapshot(Comment) == before


def test_deleted_rows_come_back_with_their_keys_links_and_children():
    tags = [make(Tag), make(Tag)]
    post = make(Post, tags=list(tags), body="<p>Ünï “quoted” \\ {}</p>", excerpt=None, views=3)
    parent = make(Comment, post=post)
    make(Comment, post=post, parent=parent)
    db.session.commit()
    before = snapshot(Post, Comment, Tag)

    def remove():
        sets.delete_rows(db.session, Comment, select(Comment.id))
        sets.delete_rows(db.session, Post, select(Post.id))

    word = batch(remove)
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0
    result, back = take_back(word)
    assert (result.done, result.stayed) == (3, 0)
    assert snapshot(Post, Comment, Tag) == before
    assert db.session.scalar(select(Post.version)) > 1
    result, _word = take_back(back)
    assert result.done == 3
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0


def test_one_deleted_row_comes_back_the_same_way():
    post = make(Post, tags=[make(Tag)])
    db.session.commit()
    before = snapshot(Post, Tag)
    word = batch(lambda: writing.delete(db.session, OPERATOR, post))
    assert take_back(word)[0].done == 1
    assert snapshot(Post, Tag) == before


def test_a_link_to_a_row_that_is_gone_does_not_come_back():
    kept, gone = make(Tag), make(Tag)
    post = make(Post, tags=[kept, gone])
    db.session.commit()
    word = batch(lambda: sets.delete_rows(db.session, Post, select(Post.id)))
    batch(lambda: sets.delete_rows(db.session, Tag, select(Tag.id).where(Tag.id == gone.id)))
    _result, back = take_back(word)
    assert [tag.id for tag in db.session.get(Post, post.id).tags] == [kept.id]
    told = db.session.scalars(select(Change).where(Change.batch == back, Change.model == "post")).one()
    assert told.after["tags"] == [kept.id]


def test_created_rows_go_unless_others_hang_on_them():
    def create():
        for at in range(4):
            db.session.add(Category(name=f"Category {at}"))

    word = batch(create)
    first, second = db.session.scalars(select(Category).order_by(Category.id)).all()[:2]
    make(Post, category=first)
    make(Category, parent=second)
    db.session.commit()
    result, _back = take_back(word)
    assert (result.done, result.stayed) == (2, 2)
    assert result.reasons == {"Other rows refer to it.": 2}
    assert set(db.session.scalars(select(Category.name))) >= {"Category 0", "Category 1"}


def test_a_tree_made_in_one_batch_goes_in_one():
    def create():
        top = Category(name="Top")
        db.session.add_all([top, Category(name="Below", parent=top)])

    word = batch(create)
    result, _back = take_back(word)
    assert (result.done, result.stayed) == (2, 0)
    assert take_back(_back)[0].done == 2
    assert dict(db.session.execute(select(Category.name, Category.parent_id)).all())["Top"] is None


def test_a_save_goes_back_with_its_relations():
    tags = [make(Tag), make(Tag), make(Tag)]
    post = make(Post, title="Before", tags=tags[:2], status="draft")
    db.session.commit()
    before = snapshot(Post)

    def save():
        post.title, post.tags, post.status = "After", tags[1:], "published"
        post.category = make(Category)

    word = batch(save)
    result, _back = take_back(word)
    assert result.reasons == {}
    category = db.session.scalars(select(Category)).all()
    assert category == []
    assert snapshot(Post) == before


def test_many_changes_of_one_row_in_a_batch_go_back_as_one():
    post = make(Post, title="First")
    db.session.commit()
    before = snapshot(Post, Tag)

    def work():
        post.title = "Second"
        db.session.flush()
        post.title, post.excerpt = "Third", "New"
        db.session.flush()
        made = make(Tag)
        db.session.flush()
        post.tags = [made]
        db.session.flush()
        passing = make(Tag)
        db.session.delete(passing)

    word = batch(work)
    result, _back = take_back(word)
    assert result.stayed == 0
    assert snapshot(Post, Tag) == before


def test_rights_are_asked_again(person):
    mine, theirs = person("comment.read", "comment.approve"), person("comment.read", "comment.update", "change.read")
    keys = comments(2)
    with history.acting(mine, "panel") as one:
        operation.run(db.session, mine, "approve", Selection(Comment, tuple(keys)))
        db.session.commit()
    result, _back = take_back(one.batch, theirs)
    assert (result.done, result.reasons) == (0, {"You may not do this with it.": 2})
    result, _back = take_back(one.batch, mine)
    assert (result.done, result.reasons) == (2, {})


def test_only_ones_own_rows_go_back(person):
    author = person("post.read", "post.update:own", "change.read")
    own, other = make(Post, author=author, title="Own"), make(Post, author=make(User), title="Other")
    db.session.commit()

    def save():
        own.title = other.title = "Both"

    result, _back = take_back(batch(save), author)
    assert (result.done, result.reasons) == (1, {"You may not do this with it.": 1})
    assert (own.title, other.title) == ("Own", "Both")


def test_deleted_rows_come_back_for_those_who_may_delete_them(person):
    author, other = person("post.read:own", "post.delete:own", "change.read"), make(User)
    own, foreign = make(Post, author=author), make(Post, author=other)
    keys = (own.id, foreign.id)
    db.session.commit()
    word = batch(lambda: sets.delete_rows(db.session, Post, select(Post.id)))
    result, _back = take_back(word, author)
    assert (result.done, result.stayed) == (1, 1)
    assert list(db.session.scalars(select(Post.id))) == [keys[0]]


def test_a_batch_of_somebody_else_is_not_found_without_the_right_to_the_history(person):
    word = batch(approve(comments(1)))
    with pytest.raises(NotFound):
        undo.undo(db.session, person("comment.*"), word)
    with pytest.raises(NotFound):
        undo.undo(db.session, OPERATOR, "no such batch")


def test_hidden_fields_do_not_go_back_for_those_who_may_not_see_them(person):
    post = make(Post, author=make(User))
    db.session.commit()

    def save():
        post.author = make(User)

    word = batch(save)
    editor = person("post.read", "post.update", "post.delete", "user.*", "change.read")
    result, _back = take_back(word, editor)
    assert "You may not do this with it." in result.reasons


def test_final_removal_asks_for_a_right_of_its_own(person):
    tag = make(Tag, name="A secret word")
    db.session.commit()
    batch(lambda: writing.delete(db.session, OPERATOR, tag))
    change = db.session.scalars(select(Change).filter_by(model="tag", verb="delete")).one()
    with pytest.raises(NotFound):
        trash.remove(db.session, person("tag.*", "change.read"), change)
    assert change.label == "A secret word"
    assert trash.remove(db.session, person("tag.*", "change.redact"), change) == 2
    assert change.label == ""


def test_nobody_gets_rights_back_by_an_undo(person):
    clerk = person("user.read", "user.update", "user.grant", "role.pick", "change.read")
    mighty = make(Role, rights=["*"])
    make(User, roles=[mighty], active=True)
    clerk.roles = [*clerk.roles, mighty]
    db.session.commit()

    def take():
        clerk.roles = [role for role in clerk.roles if role is not mighty]

    word = batch(take)
    result, _back = take_back(word, clerk)
    assert result.done == 0
    assert "*" not in clerk.rights


def test_sessions_ended_by_a_deactivation_stay_ended():
    make(User, roles=[make(Role, rights=["*"])], active=True)
    someone = make(User, active=True)
    db.session.commit()
    word = batch(lambda: operation.run(db.session, OPERATOR, "deactivate", Selection(User, (someone.id,))))
    ended = someone.signed_out_at
    result, _back = take_back(word)
    assert result.done == 1
    assert someone.active
    assert someone.signed_out_at == ended is not None


def test_the_last_administrator_is_not_undone():
    role = make(Role, rights=["*"])
    first = make(User, roles=[role], active=False)
    db.session.commit()
    word = batch(lambda: operation.run(db.session, OPERATOR, "activate", Selection(User, (first.id,))))
    result, _back = take_back(word)
    assert result.done == 0
    assert first.active


def test_a_value_that_is_taken_now_keeps_its_row_alone():
    tags = [make(Tag, name=f"Tag {at}") for at in range(6)]
    db.session.commit()
    keys = [tag.id for tag in tags[:5]]
    word = batch(lambda: sets.delete_rows(db.session, Tag, select(Tag.id).where(Tag.id.in_(keys))))
    make(Tag, name="Tag 3")
    db.session.commit()
    result, _back = take_back(word)
    assert (result.done, result.stayed) == (4, 1)
    assert result.kept[0].label == "Tag 3"
    assert "There is already one with this name" in result.kept[0].why
    assert len(tags) == db.session.scalar(select(func.count()).select_from(Tag))


def test_a_row_that_was_altered_past_the_history_stays():
    keys = comments(2)
    word = batch(approve(keys))
    db.session.execute(
        update(Comment).where(Comment.id == keys[0]).values(status="spam"), execution_options={"recorded": True}
    )
    db.session.commit()
    result, _back = take_back(word)
    assert (result.done, result.reasons) == (1, {"It is not as the history knows it.": 1})


def test_a_rehearsal_says_the_same_and_writes_nothing():
    keys = comments(6)
    word = batch(approve(keys))
    batch(approve(keys[:1]))
    batch(lambda: operation.run(db.session, OPERATOR, "spam", Selection(Comment, tuple(keys[:2]))))
    before, told = snapshot(Comment), db.session.scalar(select(func.count()).select_from(Change))
    for most in (undo.AT_ONCE, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(undo, "AT_ONCE", most)
            result = undo.rehearse(db.session, OPERATOR, word)
        assert (result.done, result.stayed, len(result.kept)) == (4, 2, 2)
    assert snapshot(Comment) == before
    assert db.session.scalar(select(func.count()).select_from(Change)) == told


def test_sign_ins_and_exports_are_no_rows_to_take_back():
    user = make(User)
    db.session.commit()

    def notes():
        history.note(db.session, "sign-in", user, method="password")
        history.note(db.session, "export", model="post", count=3)

    result, _back = take_back(batch(notes))
    assert (result.done, result.stayed) == (0, 0)
    assert db.session.get(User, user.id) is not None


def test_large_batches_go_back_in_parts(app, monkeypatch):
    monkeypatch.setattr(undo, "PART", 7)
    keys = comments(25)
    word = batch(approve(keys))
    batch(lambda: operation.run(db.session, OPERATOR, "spam", Selection(Comment, tuple(keys[:2]))))
    asked = later(db.session, "undo", None, batch=word)
    db.session.commit()
    number = asked.id
    db.session.rollback()
    assert worker.turn(app)
    db.session.rollback()
    done = db.session.get(Job, number)
    assert (done.state, done.result["done"], done.result["stayed"]) == ("partly", 23, 2)
    assert db.session.scalar(select(func.count()).where(Comment.status == "pending")) == 23
    assert undo.undone(db.session, word).after == {"of": word, "done": 23, "stayed": 2}


def test_what_was_made_changed_and_deleted_under_one_verb_goes_back_each_in_its_own_way():
    kept, gone = make(Tag, name="Kept"), make(Tag, name="Gone")
    db.session.commit()
    before = snapshot(Tag)
    with history.acting(None, "import", verb="load") as one:
        kept.name = "Changed"
        db.session.delete(gone)
        db.session.add(Tag(name="Made"))
        db.session.commit()
    assert set(db.session.scalars(select(Change.verb).filter_by(batch=one.batch))) == {"load"}
    result, undone = take_back(one.batch)
    assert (result.done, result.stayed) == (3, 0)
    assert snapshot(Tag) == before
    assert take_back(undone)[0].done == 3
    assert set(db.session.scalars(select(Tag.name))) == {"Changed", "Made"}


def test_a_large_batch_goes_back_in_few_statements(queries):
    word = batch(approve(comments(300)))
    with queries() as sent:
        result, _back = take_back(word)
    assert result.done == 300
    assert len(sent) < 30


def test_a_deleted_row_finds_its_key_free_however_many_came_after_it():
    tag = make(Tag)
    db.session.commit()
    key = tag.id
    word = batch(lambda: db.session.delete(tag))
    later = [make(Tag).id for _ in range(3)]
    db.session.commit()
    assert key not in later
    result, _word = take_back(word)
    assert (result.done, result.stayed) == (1, 0)
    assert db.session.get(Tag, key) is not None
    assert len(db.session.scalars(select(Tag)).all()) == 4


def test_many_deleted_rows_come_back_beside_those_that_came_after_them():
    keys = comments(5)
    word = batch(lambda: sets.delete_rows(db.session, Comment, select(Comment.id).where(Comment.id.in_(keys))))
    later = comments(5)
    assert not set(later) & set(keys)
    result, undone = take_back(word)
    assert (result.done, result.stayed) == (5, 0)
    assert list(db.session.scalars(select(Comment.id).order_by(Comment.id))) == keys + later
    assert take_back(undone)[0].done == 5


@pytest.mark.postgres
def test_right_after_a_large_operation_each_row_is_looked_up_by_itself(monkeypatch):
    number = 1500
    row = {"post_id": make(Post).id, "guest_name": "Ann", "body": "<p>Yes</p>", "status": "pending"}
    db.session.execute(insert(Comment.__table__), [row] * number, execution_options=sets.RECORDED)
    # What the database believes of its tables is as old as it can be: of the history, that there is none.
    db.session.execute(text("ANALYZE change"))
    db.session.execute(text("ANALYZE comment"))
    db.session.commit()
    keys = tuple(db.session.scalars(select(Comment.id)))
    word = batch(lambda: operation.run(db.session, OPERATOR, "approve", Selection(Comment, keys)))
    batch(lambda: setattr(db.session.get(Comment, keys[7]), "guest_name", "Bea"))
    monkeypatch.setattr(undo, "AT_ONCE", 0)
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'change'"
    foretold = undo.rehearse(db.session, OPERATOR, word)
    looked_at = db.session.scalar(text(read))
    assert (foretold.done, foretold.stayed) == (number - 1, 1)
    assert number < looked_at < 20 * number
    assert take_back(word)[0].done == number - 1
