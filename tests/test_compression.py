"""Files and public pages are sent compressed; a page that holds something secret never is."""

import gzip

import pytest

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
SHEET = "/static/admin/dress.css"


@pytest.mark.parametrize("path", [SHEET, "/static/site/site.css", "/"])
def test_what_is_the_same_for_everybody_is_compressed(client, path):
    plain, packed = client.get(path), client.get(path, headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) == int(packed.headers["Content-Length"]) < len(plain.data)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_file_is_the_same_bytes_each_time(client):
    assert client.get(SHEET, headers=GZIP).data == client.get(SHEET, headers=GZIP).data


@pytest.mark.parametrize("path", ["/admin/", "/admin/post/", "/change", "/"])
def test_no_page_for_somebody_is_compressed(as_role, path):
    answer = as_role("editor").get(path, headers=GZIP)
    assert answer.status_code == 200
    assert len(answer.data) > 1024
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/login", "/reset", "/nowhere?q=%00"])
def test_no_page_with_a_token_is_compressed(client, path):
    assert "Content-Encoding" not in client.get(path, headers=GZIP).headers


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br", ""])
def test_a_browser_that_cannot_read_it_is_sent_it_plain(client, accepted):
    answer = client.get(SHEET, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert b"--ink" in answer.data


def test_part_of_a_file_is_sent_as_it_is(client):
    answer = client.get(SHEET, headers={**GZIP, "Range": "bytes=0-4999"})
    assert answer.status_code == 206
    assert len(answer.data) == 5000
    assert "Content-Encoding" not in answer.headers


def test_what_a_browser_has_is_not_sent_again(client):
    first = client.get(SHEET, headers=GZIP)
    again = client.get(SHEET, headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_the_head_of_a_file_says_as_much_as_the_file(client):
    assert client.head(SHEET, headers=GZIP).status_code == 200
