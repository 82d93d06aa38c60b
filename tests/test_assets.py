"""The files of a page are kept for ever under names that change with them; how pages look is the reader's choice."""

import re

import pytest

from backoffice.http import assets

FOREVER = "public, max-age=31536000, immutable"


def addresses(page):
    """Return the addresses of all style sheets and scripts of a page."""
    return re.findall(r'(?:href|src)="(/static/[^"#]+)"', page.text)


@pytest.mark.parametrize("path", ["/login", "/", "/no-such-page?q=%00"])
def test_every_file_of_a_page_is_kept_for_ever(client, path):
    found = addresses(client.get(path))
    assert found
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200
        kept = {part.strip() for part in answer.headers["Cache-Control"].split(",")}
        assert kept == {part.strip() for part in FOREVER.split(",")}, address
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_a_file_sends_no_cookie_to_whoever_is_signed_in(as_role):
    editor = as_role("editor")
    for address in addresses(editor.get("/admin/")):
        answer = editor.get(address)
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_an_address_changes_with_what_is_in_the_file(app, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    monkeypatch.setattr(assets, "AGAIN", 0)
    sheet = tmp_path / "sheet.css"
    seen = []
    for text in ("a{}", "b{color:red}"):
        sheet.write_text(text)
        with app.test_request_context():
            seen.append(app.url_for("static", filename="sheet.css"))
        assert app.test_client().get(seen[-1]).headers["Cache-Control"]
    assert seen[0] != seen[1]


@pytest.mark.parametrize("path", ["/static/admin/dress.css", "/static/v/000000000000/admin/dress.css"])
def test_an_address_without_its_present_stamp_is_asked_for_again(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/static/v/word/../../config.py", "/static/v/word/%2e%2e/config.py", "/static/v/x/"])
def test_no_other_file_is_reached_by_a_stamp(client, path):
    assert client.get(path).status_code in {308, 404}


def test_colours_are_as_the_system_has_them_until_somebody_chooses(client):
    page = client.get("/login").text
    assert "data-bs-theme" not in page
    assert '<meta name="color-scheme" content="light dark">' in page
    for theme in ("dark", "light"):
        answer = client.post("/appearance", data={"theme": theme, "url": "/login?next=/admin/"})
        assert (answer.status_code, answer.location) == (303, "/login?next=/admin/")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        for path in ("/login", "/no-such-page?q=%00"):
            page = client.get(path).text
            assert f'data-bs-theme="{theme}"' in page
            assert f'<meta name="color-scheme" content="{theme}">' in page
    client.post("/appearance", data={"theme": "system"})
    assert "data-bs-theme" not in client.get("/login").text


def test_rows_are_dense_for_whoever_wants_it(client):
    assert 'data-rows="comfortable"' in client.get("/login").text
    client.post("/appearance", data={"rows": "compact"})
    assert 'data-rows="compact"' in client.get("/login").text


@pytest.mark.parametrize("sent", [{"theme": "blink"}, {"rows": "<script>"}, {"theme": ""}])
def test_what_cannot_be_chosen_is_refused(client, sent):
    answer = client.post("/appearance", data=sent)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_a_forged_cookie_changes_nothing(client):
    client.set_cookie("theme", '"><script>')
    page = client.get("/login").text
    assert "data-bs-theme" not in page
    assert "<script>" not in page


def test_choosing_leads_nowhere_else(client):
    for target in ("//evil.example", "https://evil.example/", "\\evil"):
        assert client.post("/appearance", data={"theme": "dark", "url": target}).location == "/"


def test_choosing_takes_a_token(client):
    assert client.post("/appearance", data={"theme": "dark"}, csrf=False).status_code == 400
