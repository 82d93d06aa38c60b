"""What hangs on a row: found, told, and moved, let go of or deleted as answered."""

import pytest
from sqlalchemy import func, select

from backoffice.core import writing
from backoffice.core.history import Change, acting
from backoffice.core.model import db, now
from backoffice.core.operation.references import fallout, references, resolve
from backoffice.core.writing import Refusal
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image
from backoffice.models.sessions import Session

PICTURE = f"{'0' * 64}.png"


@pytest.fixture
def inside(app):
    """Return the application, with work being done in it."""
    with app.app_context():
        yield app


def person(role):
    name = f"{role}{counted(User)}"
    held = db.session.scalars(select(Role).filter_by(name=role)).one()
    return keep(User(username=name, name=name, active=True, roles=[held]))


def keep(*rows):
    """Store rows and return them, or the only one."""
    db.session.add_all(rows)
    db.session.commit()
    return rows[0] if len(rows) == 1 else rows


def post(author, title="Low water", **fields):
    return Post(title=title, author=author, **fields)


def comment(under, **fields):
    return Comment(**{"post": under, "body": "Well said.", "guest_name": "Bo", **fields})


def told(row):
    return {one.key: (one.count, one.nullable) for one in references(db.session, row)}


def counted(model):
    return db.session.scalar(select(func.count()).select_from(model))


def changes(verb, model):
    """Return what the history tells of this verb on this model: row → (before, after)."""
    rows = db.session.scalars(select(Change).filter_by(verb=verb, model=model).order_by(Change.id))
    return {row.row_id: (row.before, row.after) for row in rows}


def go(user, row, **answers):
    """Answer what becomes of what hangs on the row, and delete it."""
    with acting(user, "panel"):
        resolve(db.session, user, row, {name.replace("_", "."): answer for name, answer in answers.items()})
        writing.delete(db.session, user, row)
        db.session.commit()


# What hangs on a row


def test_nothing_hangs_on_a_lonely_row(inside):
    assert references(db.session, keep(Tag(name="Fog"))) == []


def test_everything_that_names_a_person_hangs_on_them(inside):
    ann, other = person("author"), person("editor")
    one, two = keep(post(ann), post(ann, "High water"))
    keep(comment(one, author=ann), Image(title="Pier", file=PICTURE, uploader=ann), post(other, "Ebb"))
    assert told(ann) == {"post.author": (2, False), "comment.author": (1, True), "image.uploader": (1, True)}
    assert told(two) == {}


def test_the_roles_of_a_person_are_theirs_and_hang_on_nothing(inside):
    ann = person("author")
    assert told(ann) == {}
    assert told(ann.roles[0]) == {"user.roles": (1, True)}


def test_what_is_declared_to_go_with_a_row_does_not_hang_on_it(inside):
    anna = person("author")
    keep(Session(user=anna, token="0" * 64, last_seen=now()))
    assert references(db.session(), anna) == []
    db.session.delete(anna)
    db.session.commit()
    assert counted(Session) == 0


def test_links_and_trees_are_found(inside):
    fog, sea = keep(Tag(name="Fog"), Category(name="Sea"))
    keep(post(person("author"), tags=[fog], category=sea), Category(name="Coast", parent=sea))
    assert told(fog) == {"post.tags": (1, True)}
    assert told(sea) == {"category.parent": (1, True), "post.category": (1, True)}


def test_counting_takes_one_statement_however_many_rows(inside, queries):
    ann = person("author")
    keep(*(post(ann, f"Day {day}") for day in range(30)))
    db.session.refresh(ann)
    with queries() as sent:
        references(db.session, ann)
    assert len(sent) == 1


# Moving


def test_posts_move_to_another_author_and_the_history_says_so(inside):
    ann, ben, boss = person("author"), person("author"), person("administrator")
    one, two = keep(post(ann), post(ann, "High water"))
    version, ann_id = one.version, ann.id
    go(boss, ann, post_author=f"move:{ben.id}")
    assert {row.author_id for row in db.session.scalars(select(Post))} == {ben.id}
    assert one.version == version + 1
    moved = ({"author_id": ann_id}, {"author_id": ben.id})
    assert changes("update", "post") == {one.id: moved, two.id: moved}
    assert counted(User) == 2


def test_links_move_to_another_tag_without_doubling(inside):
    fog, mist, boss = *keep(Tag(name="Fog"), Tag(name="Mist")), person("administrator")
    one, two = keep(post(boss, tags=[fog]), post(boss, "Both", tags=[fog, mist]))
    fog_id, version = fog.id, one.version
    go(boss, fog, post_tags=f"move:{mist.id}")
    assert [tag.name for tag in one.tags] == ["Mist"]
    assert [tag.name for tag in two.tags] == ["Mist"]
    assert one.version == version + 1
    assert changes("update", "post") == {
        one.id: ({"tags": [fog_id]}, {"tags": [mist.id]}),
        two.id: ({"tags": [fog_id, mist.id]}, {"tags": [mist.id]}),
    }


def test_subjects_cannot_move_below_themselves(inside):
    boss = person("administrator")
    sea = keep(Category(name="Sea"))
    coast = keep(Category(name="Coast", parent=sea))
    keep(Category(name="Cliffs", parent=coast))
    with pytest.raises(Refusal, match="below itself"):
        go(boss, sea, category_parent=f"move:{coast.id}")
    db.session.rollback()
    assert coast.parent_id == sea.id


@pytest.mark.parametrize("target", ["", "0", "abc", "999999", "1,2", "self"])
def test_only_another_row_that_may_be_picked_can_take_over(inside, target):
    boss, ann = person("administrator"), person("author")
    keep(post(ann))
    with pytest.raises(Refusal) as refusal:
        resolve(db.session, boss, ann, {"post.author": f"move:{ann.id if target == 'self' else target}"})
    assert list(refusal.value.problems) == ["post.author"]
    assert db.session.scalars(select(Post)).one().author_id == ann.id


def test_nobody_is_given_a_role_beyond_the_rights_of_who_deletes_theirs(inside):
    gate = keep(Role(name="gatekeeper", rights=["user.*", "role.*", "post.read"]))
    helper = keep(Role(name="helper", rights=["post.read"]))
    ann = person("gatekeeper")
    keep(User(username="ben", name="Ben", active=True, roles=[helper]))
    mighty = db.session.scalars(select(Role).filter_by(name="administrator")).one()
    with pytest.raises(Refusal):
        go(ann, helper, user_roles=f"move:{mighty.id}")
    db.session.rollback()
    assert [role.name for role in db.session.scalars(select(User).filter_by(username="ben")).one().roles] == ["helper"]
    assert gate.id


# Letting go


def test_posts_lose_their_subject_only_when_told_to(inside):
    boss, sea = person("administrator"), keep(Category(name="Sea"))
    row = keep(post(boss, category=sea))
    with pytest.raises(Refusal, match="Say what becomes"):
        go(boss, sea)
    db.session.rollback()
    sea_id = sea.id
    go(boss, sea, post_category="clear")
    assert row.category_id is None
    assert changes("update", "post") == {row.id: ({"category_id": sea_id}, {"category_id": None})}
    assert counted(Category) == 0


def test_links_are_taken_off_and_the_history_says_so(inside):
    fog, boss = keep(Tag(name="Fog")), person("administrator")
    row, fog_id = keep(post(boss, tags=[fog])), fog.id
    go(boss, fog, post_tags="clear")
    assert row.tags == []
    assert changes("update", "post") == {row.id: ({"tags": [fog_id]}, {"tags": []})}


def test_what_cannot_be_without_is_not_cleared(inside):
    boss, ann = person("administrator"), person("author")
    keep(post(ann))
    with pytest.raises(Refusal, match="cannot be done"):
        go(boss, ann, post_author="clear")


def test_a_rule_of_the_rows_can_stand_against_it(inside):
    boss, ann = person("administrator"), person("author")
    row = keep(comment(keep(post(boss)), guest_name=None, author=ann))
    with pytest.raises(Refusal, match="who wrote it"):
        go(boss, ann, comment_author="clear")
    db.session.rollback()
    assert row.author_id == ann.id


# Deleting what hangs on it


def test_a_post_goes_with_its_comments_and_their_answers(inside):
    boss = person("administrator")
    row = keep(post(boss))
    first = keep(comment(row))
    keep(comment(row, parent=first))
    go(boss, row, comment_post="delete")
    assert (counted(Post), counted(Comment)) == (0, 0)
    assert len(changes("delete", "comment")) == 2
    assert len({one.batch for one in db.session.scalars(select(Change).filter_by(verb="delete"))}) == 1


def test_it_is_told_beforehand_all_that_goes_along(inside):
    boss, ann = person("administrator"), person("author")
    one = keep(post(ann, tags=[Tag(name="Fog")]))
    first = keep(comment(one))
    keep(comment(one, parent=first), comment(keep(post(boss, "Kept"))))
    foretold = {(fate.model, fate.verb): fate.count for fate in fallout(db.session, boss, ann, "post.author")}
    assert foretold == {(Post, "delete"): 1, (Comment, "delete"): 2}
    go(boss, ann, post_author="delete")
    assert [row.title for row in db.session.scalars(select(Post))] == ["Kept"]
    assert counted(Comment) == 1
    assert counted(Tag) == 1


def test_a_tree_goes_with_all_its_branches_and_lets_go_of_what_can_do_without(inside):
    boss, sea = person("administrator"), keep(Category(name="Sea"))
    coast = keep(Category(name="Coast", parent=sea))
    cliffs = keep(Category(name="Cliffs", parent=coast))
    row = keep(post(boss, category=cliffs))
    foretold = [
        (fate.model, fate.name, fate.verb, fate.count) for fate in fallout(db.session, boss, sea, "category.parent")
    ]
    assert foretold == [(Post, "category", "clear", 1), (Category, "", "delete", 2)]
    go(boss, sea, category_parent="delete")
    assert counted(Category) == 0
    assert row.category_id is None


def test_a_comment_goes_with_the_whole_thread_below_it(inside):
    boss = person("administrator")
    row = keep(post(boss))
    first = above = keep(comment(row))
    for _depth in range(60):
        above = keep(comment(row, parent=above))
    go(boss, first, comment_parent="delete")
    assert counted(Comment) == 0


def test_rows_that_refer_to_one_another_in_a_circle_are_refused_and_not_an_error(inside):
    boss = person("administrator")
    row = keep(post(boss))
    first, second = keep(comment(row), comment(row))
    first.parent = second
    db.session.commit()
    second.parent = first
    db.session.commit()
    with pytest.raises(Refusal):
        go(boss, first, comment_parent="delete")
    db.session.rollback()
    assert counted(Comment) == 2


def test_linked_rows_are_not_deleted_with_a_tag(inside):
    fog, boss = keep(Tag(name="Fog")), person("administrator")
    keep(post(boss, tags=[fog]))
    assert fallout(db.session, boss, fog, "post.tags") == []
    with pytest.raises(Refusal, match="cannot be done"):
        go(boss, fog, post_tags="delete")


def test_deleting_takes_a_fixed_number_of_statements(inside, queries):
    boss = person("administrator")
    few, many = keep(post(boss, "Few"), post(boss, "Many"))
    keep(*(comment(few) for _one in range(2)), *(comment(many) for _one in range(40)))
    sent = []
    for row in (few, many):
        db.session.refresh(row)
        assert "*" in boss.rights
        with queries() as one:
            resolve(db.session, boss, row, {"comment.post": "delete"})
        sent.append(len(one))
    assert sent[0] == sent[1]
    assert counted(Comment) == 0


# Rights


def test_who_may_not_delete_comments_cannot_take_them_along(inside):
    editor = person("editor")
    row = keep(post(editor))
    keep(comment(row))
    fate = fallout(db.session, editor, row, "comment.post")[0]
    assert (fate.count, fate.refused) == (1, 1)
    with pytest.raises(Refusal, match="You may not delete 1 of what would go: Comments"):
        go(editor, row, comment_post="delete")
    db.session.rollback()
    assert counted(Comment) == 1


def test_who_may_change_only_their_own_rows_cannot_move_those_of_others(inside):
    keep(Role(name="gardener", rights=["category.*", "post.read", "post.update:own"]))
    ann, ben = person("gardener"), person("author")
    sea, land = keep(Category(name="Sea"), Category(name="Land"))
    keep(post(ann, category=sea), post(ben, "His", category=sea))
    with pytest.raises(Refusal, match="may not change 1 of these"):
        go(ann, sea, post_category=f"move:{land.id}")
    db.session.rollback()
    assert {row.category_id for row in db.session.scalars(select(Post))} == {sea.id}


def test_who_may_not_set_a_field_cannot_move_it(inside):
    keep(Role(name="warden", rights=["user.*", "post.read", "post.update", "post.delete"]))
    ann, ben, eve = person("warden"), person("author"), person("author")
    keep(post(ben))
    ben.roles = []
    db.session.commit()
    with pytest.raises(Refusal, match="may not change 1 of these"):
        go(ann, ben, post_author=f"move:{eve.id}")
