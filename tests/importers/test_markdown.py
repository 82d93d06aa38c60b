"""A folder of Markdown files comes in as their heads and names say, and what cannot be read is named."""

import pytest
from PIL import Image as Drawing
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.content import Post


@pytest.fixture
def bring(runner, tmp_path):
    """Return a function that imports files, by name, and returns what the terminal shows."""

    def run(files, *options, code=0):
        folder = tmp_path / "site"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        told = runner.invoke(args=["import", "markdown", str(folder), *options])
        assert told.exit_code == code, told.output
        return told

    return run


def only(app):
    """Return the one post there is."""
    return db.session.scalars(select(Post)).one()


def test_a_post_is_what_its_head_says(app, bring):
    head = "title: 'A *boat*'\ndate: 2020-02-03T04:05:06+01:00\nauthors: [Ann Lee, Bob]\ntags: [sea, wind]\n"
    head += "category: News\ndescription: In short.\npermalink: /old/boat/\nslug: the-boat\n"
    told = bring({"boat.md": f"---\n{head}---\n# Big\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n~~gone~~ <b>raw</b>\n"})
    assert "written by several: the first is its author: 1" in told.stdout
    with app.app_context():
        row = only(app)
        assert (row.title, row.slug, row.status) == ("A *boat*", "the-boat", "published")
        assert (row.author.name, row.category.name) == ("Ann Lee", "News")
        assert sorted(tag.name for tag in row.tags) == ["sea", "wind"]
        assert (row.excerpt, row.old_address) == ("In short.", "/old/boat/")
        assert row.published_at.isoformat() == "2020-02-03T03:05:06+00:00"
        for part in ("<h1>Big</h1>", "<table>", "<s>gone</s>", "<b>raw</b>"):
            assert part in row.body


@pytest.mark.parametrize(
    ("name", "head", "slug", "day", "status", "kind"),
    [
        ("_posts/2021-9-1-late-summer.md", "title: x", "late-summer", "2021-09-01", "published", "post"),
        ("about/index.md", "title: x\nlayout: page\ndate: 2021-01-01", "about", "2021-01-01", "published", "page"),
        ("_drafts/thought.md", "title: x\ndate: 2021-01-01", "thought", "2021-01-01", "draft", "post"),
        ("a.md", "title: x\ndraft: true\ndate: 2021-01-01", "a", "2021-01-01", "draft", "post"),
        ("a.html", "title: x\npublished: false\ndate: 2021-01-01", "a", "2021-01-01", "draft", "post"),
    ],
)
def test_what_the_head_leaves_out_the_name_of_the_file_tells(app, bring, name, head, slug, day, status, kind):
    bring({name: f"---\n{head}\n---\nWords."})
    with app.app_context():
        row = only(app)
        assert (row.slug, row.created_at.date().isoformat(), row.status, row.kind) == (slug, day, status, kind)


def test_a_head_of_hugo_is_read_too(app, bring):
    bring({"a.md": '+++\ntitle = "Tide"\ndate = 2021-05-06T07:08:09Z\ntags = ["sea"]\n+++\nWords.'})
    with app.app_context():
        assert (only(app).title, [tag.name for tag in only(app).tags]) == ("Tide", ["sea"])


def test_tags_in_one_line_stand_apart_by_spaces_or_commas(app, bring):
    bring({"a.md": "---\ntitle: x\ntags: sea wind\n---\n", "b.md": "---\ntitle: y\ntags: high tide, wind\n---\n"})
    with app.app_context():
        found = {row.title: sorted(tag.name for tag in row.tags) for row in db.session.scalars(select(Post))}
    assert found == {"x": ["sea", "wind"], "y": ["high tide", "wind"]}


def test_pictures_beside_a_file_come_along(app, bring, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / "site" / folder).mkdir(parents=True)
        Drawing.new("RGB", (3, 3), "red" if folder == "one" else "blue").save(tmp_path / "site" / folder / "pic.png")
    text = "---\ntitle: {0}\nimage: pic.png\n---\n![A picture](pic.png)\n"
    bring({"one/index.md": text.format("One"), "two/index.md": text.format("Two")})
    with app.app_context():
        rows = db.session.scalars(select(Post)).all()
        assert len({row.cover.file for row in rows}) == 2
        assert all(f"/media/{row.cover.file}" in row.body for row in rows)


def test_what_cannot_be_read_is_named_and_the_rest_comes_in(app, bring, tmp_path):
    (tmp_path / "outside.md").write_text("---\ntitle: Secret\n---\n")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "link.md").symlink_to(tmp_path / "outside.md")
    wrong = {
        "bare.md": "No head.",
        "broken.md": "---\ntitle: [\n---\n",
        "list.md": "---\n- a\n---\n",
        "bytes.md": b"---\ntitle: \xff\n---\n",
        "endless.md": "---\ntitle: x\n",
        "long.md": "---\na: " + "x" * 70_000 + "\n---\n",
        "date.md": "---\ndate: 2020-13-45 00:00:00\n---\n",
        ".git/hidden.md": "---\ntitle: Hidden\n---\n",
    }
    told = bring({**wrong, "fine.md": "---\ntitle: Fine\n---\n"})
    with app.app_context():
        assert only(app).title == "Fine"
    assert "files that stand outside the folder: 1" in told.stdout
    assert "files that cannot be read as text: 1" in told.stdout
    assert "files without a head that can be read: 6" in told.stdout


@pytest.mark.parametrize(
    "head",
    [
        "title: &a [*a]\ntags: *a\nauthors: *a",
        "title: !!python/object:os.system x",
        "title: 5\ndate: 5\ntags: 5\nauthor: 1.5\ncategory: true\nimage: {src: [1]}\nslug: []",
        "title: {a: b}\ndate: []\ntags: {a: b}\nauthors: [{name: [1]}, [2], null]\npermalink: 'http://[bad'",
        "title: x\npermalink: //evil.example/x\nimage: //evil.example/x.png",
        'title: "a\\0b\\ud800"\ntags: ["a\\0"]',
    ],
)
def test_odd_heads_break_nothing(app, bring, head):
    told = bring({"a.md": f"---\n{head}\n---\nWords.", "b.md": "---\ntitle: Fine\n---\n"})
    assert "Traceback" not in told.output
    with app.app_context():
        assert "Fine" in db.session.scalars(select(Post.title)).all()
        assert not [one for one in db.session.scalars(select(Post.old_address)) if one and "evil" in one]


def test_scripts_do_not_come_in(app, bring):
    bring({"a.md": "---\ntitle: x\n---\nFine <script>alert(1)</script> [a](javascript:alert(1))\n"})
    with app.app_context():
        assert only(app).body == "<p>Fine  [a](javascript:alert(1))</p>"


def test_a_folder_that_comes_again_changes_nothing(app, bring):
    bring({"a.md": "---\ntitle: First\n---\n"})
    told = bring({"a.md": "---\ntitle: Second\n---\n"})
    with app.app_context():
        assert only(app).title == "First"
    assert "posts                      0               1" in told.stdout


def test_a_folder_without_such_files_is_refused_in_a_line(app, bring, runner, tmp_path):
    assert "holds no Markdown file" in bring({"readme.txt": "x"}, code=2).stderr
    told = runner.invoke(args=["import", "markdown", str(tmp_path / "nowhere")])
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1)


def test_the_given_blogs_come_in(app, runner, inputs):
    odd = runner.invoke(args=["import", "markdown", str(inputs / "2-md-jekyll-odd")])
    assert odd.exit_code == 0, odd.output
    large = runner.invoke(args=["import", "markdown", str(inputs / "2-md-18f")])
    assert large.exit_code == 0, large.output
    assert "files without a head that can be read: 1" in large.stdout
    with app.app_context():
        slugs = set(db.session.scalars(select(Post.slug)))
    assert len(slugs) == 12 + 254
    assert {"custom-basename", "29-minutes", "basic-post"} <= slugs
