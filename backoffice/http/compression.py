"""Which answers are sent compressed: files and public pages, never a page that holds something secret."""

import gzip
from functools import lru_cache

from flask import request

SMALLEST = 1024  # below this there is nothing to gain
SHARED = 100_000  # bytes of a page, up to which it is compressed once for all who ask
KINDS = frozenset(
    {
        "application/atom+xml",
        "application/javascript",
        "application/xml",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/xml",
    }
)


def compress(response):
    """Compress the answer where that tells nobody anything, and the browser takes it.

    The length of a compressed page tells how well what an attacker made it show matches a secret beside it, such as
    the token of its forms. So only what is the same for everybody is compressed: files, and pages that may be kept.
    """
    if not _may_be(response):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0:
        return response
    _replace(response, _whole_file(response) if _is_file() else _page(response))
    return response


def _may_be(response):
    public = _is_file() or (
        response.headers.get("Cache-Control") != "no-store" and "Set-Cookie" not in response.headers
    )
    whole = response.status_code == 200 and "Content-Encoding" not in response.headers
    # What is streamed is of unknown length, and is read once only.
    large = (response.content_length or 0) >= SMALLEST
    return public and whole and large and request.method == "GET" and response.mimetype in KINDS


def _is_file():
    return request.endpoint == "static"


def _page(response):
    content = response.get_data()
    # What has a tag is the same for everybody, and likely to be asked for again as it is.
    shared = response.get_etag()[0] and len(content) <= SHARED
    return _packed_page(content) if shared else gzip.compress(content, 6, mtime=0)


@lru_cache(maxsize=128)
def _packed_page(content):
    return gzip.compress(content, 6, mtime=0)


def _whole_file(response):
    response.direct_passthrough = False
    return _packed(response.get_data())


@lru_cache(maxsize=64)
def _packed(content):
    return gzip.compress(content, 9, mtime=0)


def _replace(response, packed):
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    tag, _weak = response.get_etag()
    # The same file is another row of bytes now, so its tag may only say that it means the same.
    if tag:
        response.set_etag(tag, weak=True)
