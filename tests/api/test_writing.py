"""Writing as JSON: the same rights, rules and record as by the panel, and nobody's change lost."""

import base64
import io

import pytest
from PIL import Image as Drawing
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image
from make import make

WRONG = [
    ({"title": ""}, "title"),
    ({"title": 5}, "title"),
    ({"title": "x" * 2000}, "title"),
    ({"title": "a\x00b"}, "title"),
    ({"title": None}, "title"),
    ({"kind": "nothing"}, "kind"),
    ({"status": "published"}, "status"),
    ({"category": 987}, "category"),
    ({"category": True}, "category"),
    ({"category": "1 or 1"}, "category"),
    ({"tags": 1}, "tags"),
    ({"tags": [[1]]}, "tags"),
    ({"author": 1}, "author"),
    ({"author_id": 1}, "author_id"),
    ({"id": 7}, "id"),
    ({"created_at": "2020-01-01"}, "created_at"),
    ({"nothing": 1}, "nothing"),
    ({"__class__": 1}, "__class__"),
    ({"publish_at": "tomorrow"}, "publish_at"),
    ({"publish_at": 10**30}, "publish_at"),
]
CLERK = {f"user.{verb}" for verb in ("read", "create", "update", "grant", "contact")} | {"role.read", "role.pick"}


@pytest.fixture
def kept(app):
    """Return a function that tells what the history has of a table through the door of programs."""

    def read(model):
        with app.app_context():
            told = select(Change).where(Change.model == model, Change.door == "api").order_by(Change.id)
            return [(one.actor_id, one.verb, one.row_id, one.batch) for one in db.session.scalars(told)]

    return read


@pytest.fixture
def post(app):
    """Return the key of a draft with two tags; there is a third one."""
    with app.app_context():
        tags = [make(Tag, name=name) for name in ("one", "two", "three")]
        made = make(Post, title="A harbour", body="<p>First.</p>", tags=tags[:2])
        db.session.commit()
        return made.id


def test_a_row_is_made_changed_and_deleted_and_the_history_tells_by_which_door(program, kept):
    writer = program("editor")
    made = writer.post("tags", {"name": "Quay"})
    assert (made.status_code, made.json["slug"], made.json["version"]) == (201, "quay", 1)
    address = made.headers["Location"]
    assert address == f"/api/v1/tags/{made.json['id']}"
    changed = writer.patch(address, {"name": "Pier"}, headers={"If-Match": made.headers["ETag"]})
    assert (changed.status_code, changed.json["name"], changed.headers["ETag"]) == (200, "Pier", '"2"')
    assert writer.delete(address).status_code == 428
    assert writer.delete(address, headers={"If-Match": '"1"'}).status_code == 409
    assert writer.delete(address, headers={"If-Match": '"2"'}).status_code == 204
    assert writer.get(address).status_code == 404
    told = kept("tag")
    who, key = writer.user.id, made.json["id"]
    assert [one[:3] for one in told] == [(who, verb, key) for verb in ("create", "update", "delete")]
    undone = writer.post("changes/actions/undo", {"batch": told[-1][3]})
    assert (undone.status_code, undone.json["done"]) == (200, 1)
    assert writer.get(address).json["name"] == "Pier"


def test_what_two_change_is_merged_where_it_does_not_overlap_and_else_shown(app, program, post):
    writer, other = program("editor"), program("editor")
    read = writer.get(f"posts/{post}").json
    tags = [one["id"] for one in read["tags"]]
    theirs = {"title": "A port", "tags": [*tags, 3], "version": read["version"]}
    assert other.patch(f"posts/{post}", theirs).status_code == 200
    mine = {"excerpt": "Short.", "tags": [tags[0]], "version": read["version"]}
    merged = writer.patch(f"posts/{post}", mine)
    assert (merged.status_code, merged.headers["X-Merged"]) == (200, "tags, title")
    assert (merged.json["title"], merged.json["excerpt"]) == ("A port", "Short.")
    assert [one["label"] for one in merged.json["tags"]] == ["one", "three"]
    clash = writer.patch(f"posts/{post}", {"title": "A bay", "version": read["version"]})
    assert (clash.status_code, clash.mimetype) == (409, "application/problem+json")
    assert clash.json["version"] == merged.json["version"]
    conflict = clash.json["conflicts"]["title"]
    assert (conflict["base"], conflict["theirs"], conflict["yours"]) == ("A harbour", "A port", "A bay")
    assert conflict["who"]["id"] == other.user.id
    assert writer.get(f"posts/{post}").json["title"] == "A port"
    same = writer.patch(f"posts/{post}", {"title": "A harbour", "version": read["version"]})
    assert (same.status_code, same.json["title"]) == (200, "A port")


def test_a_write_says_which_version_it_is_of(program, post):
    writer = program("editor")
    for sent, status in (({}, 428), ({"version": "1"}, 422), ({"version": True}, 422), ({"version": 0}, 422)):
        assert writer.patch(f"posts/{post}", {"title": "X", **sent}).status_code == status, sent
    for tag in ("*", "1", 'W/"1"', '"x"', '"2"'):
        answer = writer.patch(f"posts/{post}", {"title": "X", "version": 1}, headers={"If-Match": tag})
        assert answer.status_code == 400, tag


def test_what_a_row_cannot_hold_is_said_under_the_name_of_its_field(app, program):
    writer = program("author")
    for sent, field in WRONG:
        answer = writer.post("posts", {"title": "Fine", **sent})
        assert (answer.status_code, list(answer.json.get("errors", ()))) == (422, [field]), answer.json
    with app.app_context():
        assert db.session.scalars(select(Post)).all() == []


def test_one_request_is_told_all_that_stands_against_it(app, program):
    boss = program("administrator")
    role = boss.post("roles", {"name": "clerk", "rights": sorted(CLERK)}).json["id"]
    mighty = boss.get("roles?name=administrator").json["data"][0]["id"]
    clerk = program("clerk")
    sent = {"name": 5, "email": "nobody", "username": clerk.user.username, "roles": [role, mighty], "nothing": 1}
    made = clerk.post("users", sent)
    assert (made.status_code, sorted(made.json["errors"])) == (422, ["email", "name", "nothing", "roles", "username"])
    address = f"users/{boss.user.id}"
    sent |= {"version": boss.get(address).json["version"], "active": "no"}
    changed = clerk.patch(address, sent)
    assert changed.status_code == 422
    assert sorted(changed.json["errors"]) == ["active", "email", "name", "nothing", "roles", "username"]
    assert boss.get(address).json["version"] == sent["version"]


def test_a_body_that_is_too_long_is_a_problem_like_any_other(program):
    answer = program("editor").post("tags", {"name": "x"}, environ_overrides={"CONTENT_LENGTH": str(33 * 2**20)})
    assert (answer.status_code, answer.mimetype, answer.json["status"]) == (413, "application/problem+json", 413)


def test_a_text_is_as_clean_as_by_any_other_door_and_a_unique_value_stays_so(program):
    writer = program("editor")
    made = writer.post("posts", {"title": "T", "body": "<p onclick='x()'>Hi<script>alert(1)</script></p>"})
    assert "script" not in made.json["body"]
    assert "onclick" not in made.json["body"]
    assert writer.post("tags", {"name": "Quay"}).status_code == 201
    again = writer.post("tags", {"name": "Quay"})
    assert (again.status_code, list(again.json["errors"])) == (422, ["name"])


def test_a_request_that_is_sent_twice_is_done_once(app, program):
    writer, other = program("editor"), program("editor")
    first, second = (writer.post("tags", {"name": "Quay"}, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    different = writer.post("tags", {"name": "Pier"}, headers={"Idempotency-Key": "k1"})
    assert different.status_code == 422
    assert other.post("tags", {"name": "Pier"}, headers={"Idempotency-Key": "k1"}).status_code == 201
    wrong, right = (writer.post("tags", {"name": name}, headers={"Idempotency-Key": "k2"}) for name in ("", "Mole"))
    assert (wrong.status_code, right.status_code) == (422, 201)
    with app.app_context():
        assert sorted(db.session.scalars(select(Tag.name))) == ["Mole", "Pier", "Quay"]
    assert writer.post("tags", {"name": "X"}, headers={"Idempotency-Key": "k" * 201}).status_code == 400


@pytest.fixture
def sea(app):
    """Store a category with two posts, of which one has a comment, and another category."""
    with app.app_context():
        category = make(Category, name="Sea", slug="sea")
        posts = [make(Post, title=title, category=category) for title in ("Tide", "Foam")]
        make(Comment, post=posts[0])
        make(Category, name="Land", slug="land")
        db.session.commit()


def standing(app):
    """Return what there is: categories, and for each post its category."""
    with app.app_context():
        return sorted(db.session.scalars(select(Category.id))), list(
            db.session.scalars(select(Post.category_id).order_by(Post.id))
        )


FIRST = {"If-Match": '"1"'}


def test_what_hangs_on_a_row_is_told_before_it_is_deleted(app, program, sea):
    answer = program("editor").delete("categories/1", headers=FIRST)
    assert answer.status_code == 409
    assert answer.json["references"] == [
        {"key": "post.category", "label": "Posts", "count": 2, "ways": ["move", "clear", "delete"]}
    ]
    assert standing(app) == ([1, 2], [1, 1])


@pytest.mark.parametrize(("said", "left"), [("move:2", [2, 2]), ("clear", [None, None])])
def test_a_row_goes_with_what_is_said_of_the_rest_in_one_batch(app, program, sea, said, left):
    asked = program("editor")
    answer = asked.delete(f"categories/1?post.category={said}", headers=FIRST)
    assert answer.status_code == 204
    assert standing(app) == ([2], left)
    with app.app_context():
        told = select(Change.verb, Change.model, Change.door).where(Change.batch == answer.headers["X-Batch"])
        written = sorted(tuple(one) for one in db.session.execute(told))
        assert written == [("delete", "category", "api"), *[("update", "post", "api")] * 2]
    boss = program("administrator")
    assert boss.post("changes/actions/undo", {"batch": answer.headers["X-Batch"]}).json["done"] == 3
    assert standing(app) == ([1, 2], [1, 1])


def test_what_is_to_go_along_goes_only_for_whom_it_may(app, program, sea):
    refused = program("editor").delete("categories/1?post.category=delete", headers=FIRST)
    assert (refused.status_code, [*refused.json["errors"]]) == (422, ["post.category"])
    assert standing(app) == ([1, 2], [1, 1])
    assert program("administrator").delete("categories/1?post.category=delete", headers=FIRST).status_code == 204
    assert standing(app) == ([2], [])
    with app.app_context():
        assert db.session.scalars(select(Comment.id)).all() == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("post.category=", 409),
        ("post.category=burn", 422),
        ("post.category=move", 422),
        ("post.category=move:1", 422),
        ("post.category=move:99", 422),
        ("post.category=move:x", 422),
        ("post.tags=clear", 400),
        ("page=2", 400),
        ("post.category=clear&post.category=delete", 400),
    ],
)
def test_what_cannot_be_meant_deletes_nothing(app, program, sea, query, status):
    assert program("administrator").delete(f"categories/1?{query}", headers=FIRST).status_code == status
    assert standing(app) == ([1, 2], [1, 1])


def test_a_token_moves_no_rows_that_it_may_not_change(app, program, sea):
    narrow = program("editor", ["category.read", "category.delete", "post.read", "category.pick"])
    told = narrow.delete("categories/1", headers=FIRST)
    assert told.json["references"][0]["ways"] == []
    for said in ("clear", "move:2", "delete"):
        assert narrow.delete(f"categories/1?post.category={said}", headers=FIRST).status_code == 422
    assert standing(app) == ([1, 2], [1, 1])


def test_a_picture_is_sent_as_its_bytes_and_drawn_anew(app, program):
    stream = io.BytesIO()
    Drawing.new("RGB", (2, 2), (1, 2, 3)).save(stream, "PNG")
    bytes_ = base64.b64encode(stream.getvalue()).decode()
    writer = program("editor")
    with app.app_context():
        column = next(name for name in ("file", "picture", "image", "name") if name in Image.__table__.c)
    made = writer.post("images", {"title": "Dot", "alt": "A dot", column: f"data:image/png;base64,{bytes_}"})
    assert made.status_code == 201, made.json
    assert made.json[column].endswith(".png")
    for wrong in (
        "0" * 64 + ".png",
        "data:image/png;base64,!!",
        "data:image/png;base64,QUJD",
        "https://evil.example/x",
    ):
        assert writer.post("images", {"title": "Dot", "alt": "A dot", column: wrong}).status_code == 422


def test_a_token_cannot_raise_the_rights_of_anybody_beyond_its_own(app, program):
    scopes = ["user.read", "user.update", "user.grant", "role.read", "role.update", "tag.read"]
    writer = program("administrator", scopes)
    me = writer.get(f"users/{writer.user.id}").json
    role = next(one for one in writer.get("roles").json["data"] if one["name"] == "author")
    for path, sent in (
        (f"users/{writer.user.id}", {"roles": [], "version": me["version"]}),
        (f"roles/{role['id']}", {"rights": ["*"], "version": role["version"]}),
    ):
        answer = writer.patch(path, sent)
        assert answer.status_code == 422, answer.json
    assert writer.patch(f"users/{writer.user.id}", {"password": "x", "version": me["version"]}).status_code == 422


def test_the_body_is_one_object_of_json_or_refused(program):
    writer = program("editor")
    for data, status in (
        (b"", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"null", 400),
        (b'{"name": "a", "name": "b"}', 400),
        (b'{"name": NaN}', 400),
        (b'{"name": %s}' % (b"[" * 5000 + b"]" * 5000), 400),
        (b'{"name": %s1%s}' % (b"[" * 40, b"]" * 40), 400),
        (b'{"name": %s}' % (b"9" * 5000), 400),
        (b'{"name": "\xff"}', 400),
        (b'{"name": "\\ud800"}', 201),
    ):
        answer = writer.send("POST", "tags", data=data, content_type="application/json")
        assert answer.status_code == status, data[:40]
    form = writer.send("POST", "tags", data={"name": "x"})
    assert (form.status_code, form.mimetype) == (415, "application/problem+json")
    assert writer.send("PUT", "tags/1").status_code == 405
