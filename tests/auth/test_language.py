"""Whoever reads a page chooses its language on it, and keeps it: in the account, or in the browser."""

import re

import pytest
from flask_babel import force_locale
from flask_security import core

from backoffice.auth.settings import SETTINGS
from backoffice.core import zones
from backoffice.core.model import db
from backoffice.models.accounts import User
from people import add_user

NAMES = ("English", "Deutsch", "Français", "Español", "Português", "中文", "日本語", "العربية")
# What Flask-Security says of things that nobody can do here.
ELSEWHERE = re.compile(
    r"US_|TWO_FACTOR|WEBAUTHN|USERNAME|CHANGE_EMAIL|CONFIRM|GENERIC_US|OAUTH|REFRESH|REAUTH|PHONE|LOGIN_E|PASSWORDLESS"
    r"|\w*RECOVERY_CODE|\w*_CODE\b|CODE_HAS|USE_CODE|INVALID_LOGIN_TOKEN|INVALID_CONFIRMATION|EMAIL_CONFIRMED|ALREADY_CON"
    r"|\w*ALREADY_ASSOCIATED|IDENTITY|FORGOT_PASSWORD|INVALID_CODE|INVALID_INPUT|PASSWORD_(INVALID_LENGTH|TOO|BREACHED)"
)


def test_the_page_for_signing_in_offers_every_language_by_its_own_name(client):
    page = client.get("/login").text
    assert [name for name in NAMES if f">{name}</button>" not in page] == []


def test_a_chosen_language_stays_in_the_browser(client):
    answer = client.post("/language", data={"language": "ja", "url": "/login?next=/admin/"})
    assert (answer.status_code, answer.location) == (303, "/login?next=/admin/")
    assert '<html lang="ja" dir="ltr"' in client.get("/login", headers={"Accept-Language": "fr"}).text
    assert '<html lang="ja"' in client.get("/").text


def test_a_chosen_language_is_kept_with_the_account_and_recorded(as_role, app):
    author = as_role("author")
    assert author.post("/language", data={"language": "ar", "url": "/admin/"}).status_code == 303
    with app.app_context():
        assert db.session.get(User, author.user.id).locale == "ar"
    author.delete_cookie("language")
    assert '<html lang="ar" dir="rtl"' in author.get("/admin/", headers={"Accept-Language": "de"}).text


def test_the_account_says_more_than_the_browser(as_role):
    editor = as_role("editor", locale="fr")
    editor.set_cookie("language", "de")
    assert '<html lang="fr"' in editor.get("/admin/").text


@pytest.mark.parametrize("wanted", ["", "xx", "de\x00", None])
def test_no_other_language_can_be_chosen(client, wanted):
    sent = {} if wanted is None else {"language": wanted}
    assert client.post("/language", data=sent).status_code == 400
    client.set_cookie("language", "xx")
    assert '<html lang="en"' in client.get("/login").text


def test_a_language_is_chosen_by_no_other_site_and_leads_to_none(client):
    assert client.post("/language", data={"language": "de"}, csrf=False).status_code == 400
    for target in ("https://elsewhere.example", "//elsewhere.example"):
        assert client.post("/language", data={"language": "de", "url": target}).location == "/"
        assert "elsewhere" not in client.get("/language", query_string={"url": target}).text


def test_a_page_of_its_own_offers_the_languages_to_those_who_read_the_site(client):
    assert 'href="/language"' in client.get("/?page=1").text
    page = client.get("/language", headers={"Referer": "http://localhost/?page=1"})
    assert 'name="url" value="/?page=1"' in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("before", ["https://elsewhere.example/x", "http://[broken", "//elsewhere.example/", "\x00"])
def test_what_led_there_from_elsewhere_is_not_led_back_to(client, before):
    answer = client.get("/language", headers={"Referer": before})
    assert answer.status_code == 200
    assert "elsewhere" not in answer.text


def test_what_depends_on_the_browsers_languages_says_so_to_caches(client):
    assert {"Cookie", "Accept-Language"} <= set(client.get("/").vary)


def test_whatever_flask_security_can_say_here_is_said_in_our_words():
    said = {name.removeprefix("SECURITY_MSG_") for name in SETTINGS if name.startswith("SECURITY_MSG_")}
    assert [name for name in core._default_messages if name not in said and not ELSEWHERE.match(name)] == []
    assert said <= {*core._default_messages}, "These are no longer said."


def test_a_mail_is_in_the_language_of_whoever_gets_it(app, client, mails):
    with app.app_context():
        reader, silent = add_user("editor", locale="fr"), add_user("editor")
    for known in (reader, silent):
        client.post("/reset", data={"email": known.email}, headers={"Accept-Language": "es"})
    told = [(mail["subject"], mail.get_content()) for mail in mails()]
    (french, _), (spanish, _) = told
    assert (french, spanish) == ("Définir un nouveau mot de passe", "Establecer una contraseña nueva")
    assert "Bonjour" in told[0][1]
    assert "Hola" in told[1][1]


def test_a_person_chooses_their_time_zone_and_reads_on_their_clock(as_role, app):
    editor = as_role("editor")
    assert 'value="Asia/Tokyo"' in editor.get("/language").text
    assert editor.post("/language", data={"timezone": "Asia/Tokyo", "url": "/admin/"}).location == "/admin/"
    with app.app_context():
        assert db.session.get(User, editor.user.id).timezone == "Asia/Tokyo"
    assert 'value="Asia/Tokyo" placeholder' in editor.get("/language").text
    assert "Tokyo, Japan (GMT+09:00)" in editor.get("/language").text
    assert "Asia/Tokyo" in editor.get("/admin/post/new/").text
    editor.post("/language", data={"timezone": ""})
    with app.app_context():
        assert db.session.get(User, editor.user.id).timezone is None


@pytest.mark.parametrize("wanted", ["Nowhere/At_All", "../etc/passwd", "x" * 3000])
def test_only_a_time_zone_that_is_offered_is_kept_and_only_for_somebody(as_role, client, wanted):
    answer = as_role("editor").post("/language", data={"timezone": wanted})
    assert answer.status_code == 422
    assert "There is no such time zone" in answer.text
    assert f'value="{wanted[:100]}"' in answer.text
    assert client.post("/language", data={"timezone": "Asia/Tokyo"}).status_code == 400
    assert "Asia/Tokyo" not in client.get("/language").text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Tokio", "Asia/Tokyo"),
        (" europe/berlin ", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Asia/Calcutta", "Asia/Calcutta"),
    ],
)
def test_a_time_zone_is_meant_by_its_city_in_the_readers_language(as_role, app, typed, kept):
    editor = as_role("editor", locale="de")
    assert editor.post("/language", data={"timezone": typed, "url": "/admin/"}).status_code == 303
    with app.app_context():
        assert db.session.get(User, editor.user.id).timezone == kept


def test_what_is_offered_as_a_time_zone_is_understood_in_every_language(app):
    for language in app.config["LANGUAGES"]:
        with app.test_request_context(), force_locale(language):
            offered = zones.offered()
            assert len(offered) > 400
            assert [(name, said) for name, said in offered[::40] if zones.meant(said) != name] == []
