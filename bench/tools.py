"""What is measured: the application and its peers, how each is started, and where each does what."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from asking import confirmed, file_at, file_from, matching, ticked, ticked_in_address

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLACE = ROOT / "instance" / "bench"
COMMENTS = "/admin/comment/"
# Else a process that does not look up from a long answer is taken for dead, and ended.
PATIENT = ("--timeout-worker-healthcheck", "600")
OURS, YARDSTICK = "Backoffice", "Flask-Admin tuned"


@dataclass(frozen=True)
class Tool:
    """A server, and the addresses of what is asked of it; `{…}` in them are facts of the data set.

    `peer` names the environment (and bench/requirements-<peer>.txt) that it runs in; ours needs none. `scripted` are
    the fields of its form that a script fills in, so that they are not on the page. `works` are what it can do with
    whole tables, and how it is asked for that.
    """

    name: str
    peer: str
    command: tuple[str, ...]
    sign_in: str
    paths: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = HERE / "peers"
    scripted: tuple[str, ...] = ()
    works: dict[str, Callable] = field(default_factory=dict)


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
        works={
            "ticked": ticked(COMMENTS, f"{COMMENTS}action/", "rowid", ("action", "approve"), ("confirm", "1")),
            "matching": confirmed(f"{COMMENTS}?status=rejected", f"{COMMENTS}action/"),
            "export": file_at("/admin/post/export/csv/?later=0"),
        },
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
        _flask_appbuilder(),
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
    works = {
        "ticked": ticked(COMMENTS, f"{COMMENTS}action/", "rowid", ("action", "approve")),
        "export": file_at(f"{grid}export/csv/"),
    }
    command = _python("flask-admin", "flask_admin_app.py")
    return Tool(name, "flask-admin", command, "/login", paths, _tuned(tuned), works=works)


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
    comments = "/admin/magazine/comment/"
    approve = ("action", "approve")
    works = {
        "ticked": ticked(comments, comments, "_selected_action", approve),
        "matching": matching(
            comments,
            f"{comments}?status__exact=rejected",
            approve,
            ("select_across", "1"),
            ("_selected_action", "{first}"),
        ),
        "export": file_at(f"{grid}export/"),
    }
    command = _python("django", "django_app.py")
    return Tool(name, "django", command, "/admin/login/", paths, _tuned(tuned), works=works)


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
    works = {
        "ticked": ticked_in_address("/admin/comment/action/approve", "?pks=", ","),
        "export": file_at("/admin/post/export/csv"),
    }
    command = _uvicorn("sqladmin", "sqladmin_app:app")
    return Tool("SQLAdmin", "sqladmin", command, "/admin/login", paths, works=works)


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
    action, comments = "/admin/_api/{}/action?name={}", "/admin/comment/list"
    rejected = "&all=1&_list_query=%3Ffilter%3Dstatus__eq%253Drejected"
    works = {
        "ticked": ticked_in_address(action.format("comment", "approve"), "&pks=", "&pks=", comments),
        "matching": matching(comments, action.format("comment", "approve") + rejected),
        "export": file_from(
            comments, action.format("post", "export") + "&all=1&_list_query=", [("scope", "all"), ("format", "csv")]
        ),
    }
    return Tool(
        "starlette-admin", "starlette-admin", command, "/admin/login", paths, {}, HERE / "peers", scripted, works
    )


def _flask_appbuilder():
    grid, comments = "/posts/list/", "/comments/list/"
    paths = {
        "first": grid,
        "dated": f"{grid}?_oc_Posts=created_at&_od_Posts=asc",
        "published": f"{grid}?_oc_Posts=published_at&_od_Posts=desc",
        "deep": f"{grid}?page_Posts={{deep_page}}",
        "last": f"{grid}?page_Posts={{last_page}}",
        "rare": f"{grid}?_flt_2_title={{rare}}",
        "common": f"{grid}?_flt_2_title={{common}}",
        "filtered": f"{grid}?_flt_3_status=published&_flt_0_category={{category}}",
        "pending": f"{comments}?_flt_3_status=pending",
        "edit": "/posts/edit/{key}",
    }
    works = {"ticked": ticked(comments, "/comments/action_post", "rowid", ("action", "approve"))}
    command = _python("flask-appbuilder", "flask_appbuilder_app.py")
    return Tool("Flask-AppBuilder", "flask-appbuilder", command, "/login/", paths, works=works)


def _python(peer, script):
    return (str(PLACE / peer / "bin" / "python"), "-W", "ignore", script, "{port}")


def _uvicorn(peer, app):
    python = str(PLACE / peer / "bin" / "python")
    return (python, "-m", "uvicorn", app, "--port", "{port}", "--workers", "2", "--log-level", "warning", *PATIENT)


def _tuned(word):
    return {"BENCH_TUNED": word}
