"""What is measured: the application and its peers, how each is started, and where each does what."""

from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLACE = ROOT / "instance" / "bench"
OURS, YARDSTICK = "Backoffice", "Flask-Admin tuned"


@dataclass(frozen=True)
class Tool:
    """A server, and the addresses of what is asked of it; `{…}` in them are facts of the data set.

    `peer` names the environment (and bench/requirements-<peer>.txt) that it runs in; ours needs none. `scripted` are
    the fields of its form that a script fills in, so that they are not on the page.
    """

    name: str
    peer: str
    command: tuple[str, ...]
    sign_in: str
    paths: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = HERE / "peers"
    scripted: tuple[str, ...] = ()


def ours():
    """Return the application: as `manage.py run` serves it, with two processes."""
    return Tool(
        OURS,
        "",
        (str(ROOT / ".venv/bin/python"), "manage.py", "run"),
        "/login",
        {
            "first": "/admin/post/",
            "dated": "/admin/post/?sort=created_at",
            "published": "/admin/post/?sort=published_at&desc=1",
            "deep": "/admin/post/?at={deep_at}",
            "last": "/admin/post/?last=1",
            "rare": "/admin/post/?search={rare}",
            "common": "/admin/post/?search={common}",
            "filtered": "/admin/post/?status=published&category={category}",
            "pending": "/admin/comment/?status=pending",
            "edit": "/admin/post/edit/?id={key}",
        },
        {"WEB_WORKERS": "2"},
        ROOT,
    )


def counted():
    """Return the application once more, in one process that counts its statements."""
    tool = ours()
    command = (str(ROOT / ".venv/bin/python"), str(HERE / "counted.py"), "{port}")
    return Tool(f"{tool.name}, counted", "", command, tool.sign_in, tool.paths, {}, ROOT)


def peers():
    """Return the others, each as it comes and, where its documentation tells how, tuned."""
    return [
        *(_flask_admin(name, tuned) for name, tuned in (("Flask-Admin", "0"), (YARDSTICK, "1"))),
        *(_django(name, tuned) for name, tuned in (("Django admin", "0"), ("Django admin tuned", "1"))),
        _sqladmin(),
        _starlette_admin(),
    ]


def _flask_admin(name, tuned):
    grid = "/admin/post/"
    paths = {
        "first": grid,
        "dated": f"{grid}?sort=6",
        "published": f"{grid}?sort=5&desc=1",
        "deep": f"{grid}?page={{deep_page}}",
        "last": f"{grid}?page={{last_page}}",
        "rare": f"{grid}?search={{rare}}",
        "common": f"{grid}?search={{common}}",
        "filtered": f"{grid}?flt0_status_equals=published&flt1_category_id_equals={{category}}",
        "pending": "/admin/comment/?flt0_status_equals=pending",
        "edit": f"{grid}edit/?id={{key}}",
    }
    return Tool(name, "flask-admin", _python("flask-admin", "flask_admin_app.py"), "/login", paths, _tuned(tuned))


def _django(name, tuned):
    grid = "/admin/magazine/post/"
    paths = {
        "first": grid,
        "dated": f"{grid}?o=7",
        "published": f"{grid}?o=-6",
        "deep": f"{grid}?p={{deep_number}}",
        "last": f"{grid}?p={{pages}}",
        "rare": f"{grid}?q={{rare}}",
        "common": f"{grid}?q={{common}}",
        "filtered": f"{grid}?status__exact=published&category__id__exact={{category}}",
        "pending": "/admin/magazine/comment/?status__exact=pending",
        "edit": f"{grid}{{key}}/change/",
    }
    return Tool(name, "django", _python("django", "django_app.py"), "/admin/login/", paths, _tuned(tuned))


def _sqladmin():
    grid = "/admin/post/list"
    paths = {
        "first": grid,
        "dated": f"{grid}?sortBy=created_at&sort=asc",
        "published": f"{grid}?sortBy=published_at&sort=desc",
        "deep": f"{grid}?page={{deep_number}}",
        "last": f"{grid}?page={{pages}}",
        "rare": f"{grid}?search={{rare}}",
        "common": f"{grid}?search={{common}}",
        "filtered": f"{grid}?status=published&category_id={{category}}",
        "pending": "/admin/comment/list?status=pending",
        "edit": "/admin/post/edit/{key}",
    }
    return Tool("SQLAdmin", "sqladmin", _uvicorn("sqladmin", "sqladmin_app:app"), "/admin/login", paths)


def _starlette_admin():
    grid = "/admin/post/list"
    paths = {
        "first": grid,
        "dated": f"{grid}?sort=created_at__asc",
        "published": f"{grid}?sort=published_at__desc",
        "deep": f"{grid}?page={{deep_number}}",
        "last": f"{grid}?page={{pages}}",
        "rare": f"{grid}?q={{rare}}",
        "common": f"{grid}?q={{common}}",
        "filtered": f"{grid}?filter=status__eq%3Dpublished%20AND%20category_id__eq%3D{{category}}",
        "pending": "/admin/comment/list?filter=status__eq%3Dpending",
        "edit": "/admin/post/edit?pk={key}",
    }
    command = _uvicorn("starlette-admin", "starlette_admin_app:app")
    scripted = ("author", "category", "tags")
    return Tool("starlette-admin", "starlette-admin", command, "/admin/login", paths, scripted=scripted)


def _python(peer, script):
    return (str(PLACE / peer / "bin" / "python"), "-W", "ignore", script, "{port}")


def _uvicorn(peer, app):
    python = str(PLACE / peer / "bin" / "python")
    return (python, "-m", "uvicorn", app, "--port", "{port}", "--workers", "2", "--log-level", "warning")


def _tuned(word):
    return {"BENCH_TUNED": word}
