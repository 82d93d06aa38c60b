"""Tables bring their pictures along: out into a folder, and back from it, to the byte; and from nowhere else."""

import io

import pytest
from PIL import Image as Drawing
from sqlalchemy import delete, select

from backoffice.core.files import open_picture, store_picture
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import db
from backoffice.models.content import Post
from backoffice.models.media import Image
from make import make


def drawn(colour, kind="JPEG"):
    """Return the bytes of a small picture."""
    buffer = io.BytesIO()
    Drawing.new("RGB", (40, 30), colour).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def load(runner):
    """Return a function that brings a table in by the command, and returns what it said."""

    def run(*words, code=0):
        told = runner.invoke(args=["load", *map(str, words)])
        assert told.exit_code == code, told.output
        return told.output

    return run


def held(app):
    with app.app_context():
        covers = db.session.execute(select(Post.slug, Image.file).join(Post.cover).order_by(Post.slug)).all()
        names = db.session.scalars(select(Image.file).order_by(Image.id)).all()
        return [tuple(row) for row in covers], {name: open_picture(name) for name in names}


def test_posts_go_out_with_their_pictures_and_come_back_the_same(app, runner, load, tmp_path):
    with app.app_context():
        for colour in ("navy", "teal", "olive"):
            # One title for all of them: only their pictures tell them apart.
            image = make(Image, title="Boat", file=store_picture(io.BytesIO(drawn(colour))))
            make(Post, slug=colour, title=colour, cover=image)
        db.session.commit()
    before = held(app)
    for model in ("user", "image", "post"):
        out = ("--output", tmp_path / f"{model}.csv", "--media", tmp_path / "pictures")
        assert runner.invoke(args=["export", model, *map(str, out)]).exit_code == 0
    with app.app_context():
        for model in (Post, Image):
            db.session.execute(delete(model), execution_options=RECORDED)
        # Other keys than before, as in any other database.
        make(Image, title="First", file=store_picture(io.BytesIO(drawn("red"))))
        db.session.commit()
        for name in before[1]:
            with pytest.raises(FileNotFoundError):
                open_picture(name)
    load("image", tmp_path / "image.csv", "--media", tmp_path / "pictures")
    load("post", tmp_path / "post.csv")
    covers, pictures = held(app)
    assert covers == before[0]
    assert before[1].items() <= pictures.items()


def test_a_table_names_pictures_as_their_files_are_called(app, load, tmp_path):
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "boat.png").write_bytes(drawn("navy", "PNG"))
    path = tmp_path / "images.csv"
    path.write_text("title,file\nBoat,shots/boat.png\n")
    assert "1 created" in load("image", path, "--media", tmp_path)
    ((name, data),) = held(app)[1].items()
    assert name.endswith(".png")
    assert Drawing.open(io.BytesIO(data)).getpixel((0, 0)) == (0, 0, 128)


@pytest.mark.parametrize(
    "word", ["none.png", "../secret.png", "/etc/passwd", "text.png", f"{'0' * 64}.png", "x" * 5_000]
)
def test_what_is_no_picture_of_the_folder_is_refused(app, load, tmp_path, word):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "secret.png").write_bytes(drawn("navy", "PNG"))
    (tmp_path / "pictures" / "text.png").write_text("no picture")
    path = tmp_path / "images.csv"
    path.write_text(f"title,file\nBoat,{word}\n")
    assert "Line 2, file:" in load("image", path, "--media", tmp_path / "pictures", code=2)
    assert held(app) == ([], {})


def test_pictures_that_are_not_here_are_told_of(app, load, tmp_path):
    path = tmp_path / "images.csv"
    path.write_text(f"title,file\nBoat,{'0' * 64}.png\n")
    assert "1 lines name pictures that are not stored here" in load("image", path)
