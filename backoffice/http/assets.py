"""The files that pages load: at addresses that change with what is in them, so that browsers keep them for ever."""

import hashlib
import json
import os
import time
from functools import lru_cache
from pathlib import Path

from flask import current_app, g, request
from flask.sessions import SecureCookieSessionInterface

YEAR = 365 * 24 * 3600
SHOWN = 12  # characters of the hash
AGAIN = 1.0  # seconds after which a file is looked at again
# By the path of each file that there is: its stamp, and until when it holds.
_stamps = {}


class PageSession(SecureCookieSessionInterface):
    """The session of pages: files are the same for everybody, so they neither send nor depend on a cookie."""

    def __init__(self):
        """Begin with no signer."""
        self._signers = {}

    def get_signing_serializer(self, app):
        """Return what signs and reads the cookie, kept by the secrets: making it takes longer than using it."""
        secrets = (app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if secrets not in self._signers:
            self._signers = {secrets: super().get_signing_serializer(app)}
        return self._signers[secrets]

    def save_session(self, app, session, response):
        """Send the session's cookie along with a page."""
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_app(app):
    """Give every address of a static file its stamp, and templates the names of the released packages."""
    app.session_interface = PageSession()
    app.add_url_rule(f"{app.static_url_path}/v/<stamp>/<path:filename>", endpoint="static")
    app.view_functions["static"] = send
    app.url_defaults(_stamp)
    app.add_template_global(asset)
    app.add_template_global(vendor)
    app.add_template_global(_sprite, "sprite")


def send(filename, stamp=None):
    """Send a static file; what is asked for by its present stamp may be kept for ever."""
    answer = current_app.send_static_file(filename)
    if stamp is not None and stamp == stamp_of(filename):
        answer.cache_control.public = True
        answer.cache_control.immutable = True
        answer.cache_control.max_age = YEAR
        answer.cache_control.no_cache = None
    return answer


def stamp_of(filename):
    """Return what stands for the content of a static file in its address, or None when there is no such file."""
    return _stamp_at(f"{current_app.static_folder}/{filename}")


def _stamp_at(path):
    moment = time.monotonic()
    known, until = _stamps.get(path, (None, 0))
    if moment < until:
        return known
    try:
        seen = os.stat(path)  # noqa: PTH116 - a page asks for many, and a Path takes longer than the disk
    except (OSError, ValueError):
        return None
    stamp = _hashed(path, seen.st_mtime_ns, seen.st_size)
    _stamps[path] = (stamp, moment + AGAIN)
    return stamp


def asset(filename):
    """Return the address of a static file; it needs no routing, which the page about a refused host has not."""
    if "assets" not in g:
        # A page names a dozen files, all in one place.
        g.assets = (current_app.static_folder, f"{request.script_root}{current_app.static_url_path}/")
    folder, address = g.assets
    stamp = _stamp_at(f"{folder}/{filename}")
    return f"{address}{f'v/{stamp}/' if stamp else ''}{filename}"


def vendor(path):
    """Return the address of a file of a released package, such as "tabler/tabler.min.css", whatever its version."""
    name, _slash, file = path.partition("/")
    folder = _folders(f"{current_app.static_folder}/vendor/manifest.json")[name]
    return asset(f"vendor/{folder}/{file}")


def _sprite():
    # A page may show hundreds of icons, all from the one file.
    if "sprite" not in g:
        g.sprite = vendor("icons/sprite.svg")
    return g.sprite


@lru_cache(maxsize=4)
def _folders(manifest):
    return {name: said["folder"] for name, said in json.loads(Path(manifest).read_text()).items()}


@lru_cache(maxsize=1024)
def _hashed(path, _changed, _size):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:SHOWN]


def _stamp(endpoint, values):
    # A route that is being matched is not an address being built.
    if endpoint == "static" and "stamp" not in values and "filename" in values:
        stamp = stamp_of(values["filename"])
        if stamp:
            values["stamp"] = stamp
