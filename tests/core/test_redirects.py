"""No address from outside leads off this host, whatever it is spelt like."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.core.web.redirects import safe_target

LISTS = Path(__file__).resolve().parents[3] / "shared" / "inputs" / "4-injection-lists"
NAMES = ("Open-Redirect-payloads.txt", "open_redirect_wordlist.txt")


def leaves(value):
    """Say whether a browser, reading the address by the URL standard, would go to another host or scheme."""
    seen = re.sub(r"[\t\n\r]", "", value.strip("".join(map(chr, range(0x21))))).replace("\\", "/")
    return seen.startswith("//") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", seen) is not None


@pytest.mark.parametrize(
    "value",
    [
        "/",
        "/admin/post/",
        "/admin/post/?flt1_status=draft&search=a%5Cb&page=2",
        "/posts/caf%C3%A9#comments",
        "/search?q=%0A//x",
        "/admin/post/edit/?id=3&url=/admin/post/?search=x",
        "/a/@b;c=d",
    ],
)
def test_a_path_on_this_host_is_kept_as_it_is(value):
    assert safe_target(value) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "posts",
        "//example.org",
        "///example.org",
        "/\\example.org",
        "\\\\example.org",
        "/%5cexample.org",
        "/%5Cexample.org",
        "/%2f%2fexample.org",
        "/%2Fexample.org",
        "/a//b",
        "/.//example.org",
        "/%2e/%2fexample.org",
        "/\t/example.org",
        "/%09/example.org",
        "/\n/example.org",
        "/%0d%0aSet-Cookie:a=b",
        "/a\r\nSet-Cookie: a=b",
        "/\x00",
        "/%00",
        " /a",
        "/a b",
        "/é",
        "/\u2028/",
        "https://example.org",
        "https:example.org",
        "https:/example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "?next=/",
        "#top",
        "/" + "a" * 2048,
    ],
)
def test_anything_else_is_refused(value):
    assert safe_target(value) is None


@given(st.text(alphabet="/\\%25cfCF0aA:@.;?#\t\n\r \x00étp-", max_size=20).map(lambda text: "/" + text))
def test_what_is_kept_stays_by_the_url_standard(value):
    if safe_target(value) is not None:
        assert not leaves(value)
        assert value.isascii()
        assert value.isprintable()


@given(st.text(max_size=40))
def test_no_text_makes_it_fail(value):
    assert safe_target(value) in {None, value}


@pytest.mark.skipif(not LISTS.is_dir(), reason="the lists of redirect spellings are not on this machine")
@pytest.mark.parametrize("name", NAMES)
def test_no_known_spelling_leads_away(name):
    lines = [line for line in (LISTS / name).read_text(errors="replace").splitlines() if line.strip()]
    assert len(lines) > 10
    assert [line for line in lines if leaves(line) and safe_target(line) is not None] == []
    assert sum(map(leaves, lines)) > 5
