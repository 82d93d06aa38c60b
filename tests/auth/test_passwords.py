"""Which passwords are taken, and how one changes one's own."""

import re
from types import SimpleNamespace

import pytest

from backoffice.auth.passwords import is_well_known, problem, worst
from people import PASSWORD

STRONG = "seven kettles on a roof"


@pytest.fixture
def browser(as_role):
    """Return the browser of an editor."""
    return as_role("editor", name="Rosalind Quill", email="rosalind@example.com")


def change(browser, new=STRONG, again=None, old=PASSWORD):
    return browser.post("/change", data={"password": old, "new_password": new, "new_password_confirm": again or new})


def test_the_new_password_signs_in_and_the_old_one_does_not(app, browser, enter, is_in):
    assert change(browser).status_code == 302
    assert "Everywhere else you are signed out." in browser.get("/change").text
    for password, expected in ((PASSWORD, False), (STRONG, True)):
        other = app.test_client()
        enter(other, "rosalind@example.com", password)
        assert is_in(other) is expected


def test_whoever_changes_it_is_told_by_mail(app, browser, mails):
    change(browser)
    (mail,) = mails()
    assert (mail["To"], mail["Subject"]) == ("rosalind@example.com", "Your password has been changed")
    assert f"{app.config['SITE_URL']}/reset" in mail.get_content()
    assert STRONG not in mail.get_content()


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"old": "wrong"}, "The password is wrong."),
        ({"old": ""}, "This field is required."),
        ({"again": "another one altogether"}, "The passwords differ."),
        ({"new": PASSWORD}, "Choose another one than until now."),
        ({"new": "short"}, "At least 8 characters."),
        ({"new": "x1" * 600}, "At most 1024 characters."),
        ({"new": "Passw0rd123"}, "first that others would try"),
        ({"new": "Rosalind1990"}, "first that others would try"),
        ({"new": "quill-rosalind"}, "first that others would try"),
        ({"new": "backoffice!!"}, "first that others would try"),
    ],
)
def test_a_change_that_cannot_be_is_refused_beside_its_field(browser, is_in, stored, form, why):
    answer = change(browser, **form)
    assert answer.status_code == 200
    assert why in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert re.findall(r"<input[^>]* autofocus[^>]*>", answer.text) == re.findall(
        r"<input[^>]*is-wrong[^>]*>", answer.text
    )
    assert stored.changes("password-change") == []
    assert is_in(browser)


def test_all_that_is_wrong_with_a_change_is_told_at_once_beside_its_fields(browser, stored):
    page = change(browser, old="wrong", new="short", again="shorter").text
    assert re.findall(r'id="(\w+)-error">([^<]+)<', page) == [
        ("password", "The password is wrong."),
        ("new_password", "At least 8 characters."),
        ("new_password_confirm", "The passwords differ."),
    ]
    page = change(browser, new=PASSWORD, again="shorter").text
    assert "Choose another one than until now." in page
    assert "The passwords differ." in page
    assert stored.changes("password-change") == []


def test_an_empty_field_is_told_as_empty_and_as_nothing_else(browser):
    page = browser.post("/change", data={"password": PASSWORD, "new_password": STRONG}).text
    assert re.findall(r'id="(\w+)-error">([^<]+)<', page) == [("new_password_confirm", "This field is required.")]


def test_a_wrong_present_password_is_on_record_and_an_empty_one_is_no_guess(browser, stored):
    browser.post("/change", data={"password": "", "new_password": STRONG, "new_password_confirm": STRONG})
    assert stored.changes("sign-in-failed") == []
    change(browser, old="wrong", new="short", again="short")
    assert len(stored.changes("sign-in-failed")) == 1


@pytest.mark.parametrize(
    "good",
    [
        "  ends in spaces  ",
        "日本語のパスワード",
        "кошка на крыше",
        "süß & groß é!",
        "eight ok",
        "eleven quiet ponds " * 50,
        "x" * 128,
    ],
)
def test_any_letters_signs_and_lengths_make_a_password(browser, app, enter, is_in, good):
    assert change(browser, new=good).status_code == 302
    other = app.test_client()
    enter(other, "rosalind@example.com", good)
    assert is_in(other)


@pytest.mark.parametrize(
    "password",
    [
        "password1", "P@ssw0rd!", "P@$$w0rd123", "12345678", "987654321", "11111111", "qwertyuiop", "1qaz2wsx",
        "zaq12wsx", "abcd1234", "iloveyou1", "Summer2024!", "passwordpassword", "trustno1", "letmein!!", "superman",
        "adminadmin", "dragon.monkey", "147258369", "010203040506", "p455w0rd", "aaaaaaaaaaaaaaaa", "aB3$aB3$aB3$",
    ],
)  # fmt: skip
def test_what_others_would_try_first_is_well_known(password):
    assert is_well_known(password)


@pytest.mark.parametrize(
    "password", ["Vx8$wq2L", "rainy tuesday soup", "tomatenblatt", "jfk3jf83jf", "lauf-Wald-9-stein"]
)
def test_what_belongs_to_one_alone_is_not(password):
    assert not is_well_known(password)


def test_more_than_three_thousand_of_the_worst_are_refused(app):
    nobody = SimpleNamespace(email=None, username=None, name=None)
    tried = {word + end for word in worst() for end in ("", "1", "123", "!", "2024") if len(word + end) >= 8}
    assert len(tried) > 3000
    with app.app_context():
        assert [one for one in sorted(tried) if problem(one, nobody) is None] == []
