"""An export of any size, and what importing it costs: run with the number of megabytes, it says both."""

import json
import sys
import tempfile
import time
from pathlib import Path

from backoffice import create_app
from backoffice.core.model import db
from importers.exports import author, category, comment, export, item, tag

SENTENCE = "The harbour lay still and grey, and the boats of the year before were not back. "
PARAGRAPH = f"{SENTENCE * 5}<em>Nobody</em> knew why. "
PLUGINS = "a:3:{s:5:'width';i:1200;s:6:'height';i:800;} " * 40


def write(path, megabytes):
    """Write an export of this size: posts with their comments, attachments, and what plugins keep."""
    head, tail = export("(entries)").split("(entries)")
    with path.open("w") as stream:
        stream.write(head)
        stream.writelines(author(f"author{number}") for number in range(40))
        stream.writelines(
            category(f"c{number}", f"Category {number}", f"c{number // 4}" if number > 3 else "")
            for number in range(1, 100)
        )
        stream.writelines(tag(f"t{number}", f"Tag {number}") for number in range(500))
        number = 0
        while stream.tell() < megabytes * 1_000_000:
            number += 1
            stream.write(one(number))
        stream.write(tail)
    return number


def one(number):
    """Return a post of some 20 KB with its comments, and an attachment."""
    terms = [
        ("category", f"c{number % 99 + 1}", "C"),
        *(("post_tag", f"t{number * step % 500}", "T") for step in (1, 7)),
    ]
    remarks = [
        comment(number * 10 + at, SENTENCE * 40, parent=number * 10 + at - 1 if at % 3 else "") for at in range(4)
    ]
    body = "\n\n".join([f"Post number {number}. {PARAGRAPH}"] * 4)
    told = {"key": number * 2, "slug": f"post-{number}", "creator": f"author{number % 50}", "body": body}
    meta = {"_plugin_layout": PLUGINS, "_thumbnail_id": number * 2 + 1}
    picture = {"key": number * 2 + 1, "kind": "attachment", "upload": f"https://old.example/files/{number}.jpg"}
    return item(f"Post number {number}", *remarks, terms=terms, meta=meta, **told) + item("A picture", **picture)


def cost(megabytes):
    """Import an export of this size and return the seconds it took and the megabytes it needed at most."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "export.xml"
        posts = write(path, megabytes)
        app = create_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{place}/large.sqlite", MEDIA_URL=f"{place}/media")
        with app.app_context():
            db.create_all()
        before, started = peak(), time.monotonic()
        told = app.test_cli_runner().invoke(args=["import", "wordpress", str(path)])
        taken = time.monotonic() - started
        return {
            "code": told.exit_code,
            "posts": posts,
            "seconds": taken,
            "before": before,
            "peak": peak(),
            "told": told.output[:900],
        }


def peak():
    """Return how many megabytes of memory this process has held at most."""
    # The system's own count for a process begins with what its parent had; this one does not.
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(cost(int(sys.argv[1]))) + "\n")
