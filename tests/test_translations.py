"""A catalogue holds every text that is shown and no other; a language that is declared complete is whole."""

import re
import runpy
import shutil
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from flask_babel import force_locale

import config
from backoffice.core.catalogues import gettext, inside, lazy_gettext, ngettext

ROOT = Path(__file__).resolve().parent.parent
TOOLS = runpy.run_path(str(ROOT / "translations" / "catalogues.py"))
# A row of docs/words.md: the text, its context in brackets, and what it is called in each language.
WORD = re.compile(r"^\| (?!English|-)([^|(]+?)(?: \(([^|]+)\))? \| (.+) \|$", re.MULTILINE)
GERMAN = """
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Sign in"
msgstr "Anmelden"

msgid "Skip to the content"
msgstr "Zum Inhalt"

msgid "Try again in %(num)d minute."
msgid_plural "Try again in %(num)d minutes."
msgstr[0] "In %(num)d Minute noch einmal."
msgstr[1] "In %(num)d Minuten noch einmal."
"""


@pytest.fixture(scope="module")
def template():
    """Return every text of the code and the templates."""
    return TOOLS["extracted"]()


@pytest.fixture
def german(make_app, tmp_path):
    """Return an application that knows a little German, and Arabic without a catalogue."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(GERMAN)
    return make_app(LANGUAGES=("en", "de", "ar"), BABEL_TRANSLATION_DIRECTORIES=str(tmp_path))


def test_a_language_that_is_declared_complete_is_whole(template):
    for language in TOOLS["COMPLETE"]:
        open_ones = list(TOOLS["problems"](TOOLS["read"](language), template))
        assert open_ones == [], f"{language}: make translations brings its catalogue up to date."


def test_what_was_meant_for_one_language_stands_in_no_other():
    catalogues = {language: TOOLS["read"](language) for language in TOOLS["COMPLETE"]}
    assert list(TOOLS["borrowed"](catalogues)) == []
    for language in ("ar", "fr", "zh"):
        catalogues[language].get("Sign in").string = "Anmelden"
    (found,) = TOOLS["borrowed"](catalogues)
    assert found == "said alike: 'Sign in' in ar, de, fr, zh"


def test_every_language_that_is_offered_has_a_catalogue_that_can_be_read(template):
    assert {*config.Config.LANGUAGES} - {"en"} <= {*TOOLS["languages"]()}
    for language in TOOLS["languages"]():
        assert Locale.parse(language)
        known = ("not translated", "not in the catalogue", "not used any more")
        wrong = [one for one in TOOLS["problems"](TOOLS["read"](language), template) if not one.startswith(known)]
        assert wrong == [], language


def test_the_words_that_are_written_down_are_those_of_the_catalogues():
    catalogues = [TOOLS["read"](language) for language in ("de", "fr", "es", "pt", "zh", "ja", "ar")]
    told = WORD.findall((ROOT / "docs" / "words.md").read_text())
    assert len(told) > 50
    for text, context, words in told:
        said = [catalogue.get(text, context or None).string for catalogue in catalogues]
        assert words.split(" | ") == said, text


def test_the_texts_of_code_and_templates_are_found(template):
    for text in ("Sign in", "Save and continue", "Dashboard", "The address or the password is wrong."):
        assert text in template
    assert template.get("Try again in %(num)d minute.").pluralizable


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda text: text.replace('"Anmelden"', '""'), "not translated: 'Sign in'"),
        (lambda text: text.replace('msgid "Sign in"', '#, fuzzy\nmsgid "Sign in"'), "not sure: 'Sign in'"),
        (lambda text: text + '\nmsgid "Gone"\nmsgstr "Weg"\n', "not used any more: 'Gone'"),
        (lambda text: text.replace("%(num)d Minuten", "%(number)d Minuten"), "other placeholders: ('Try again"),
        (lambda text: text.replace('"Anmelden"', '"Zu 9 % an"'), "a percent sign that is none: 'Sign in'"),
        (lambda text: text.replace('"Anmelden"', '"Anmelden "'), "other space at its ends: 'Sign in'"),
        (lambda text: text.replace('"Anmelden"', '"<b>Anmelden</b>"'), "other markup: 'Sign in'"),
        (lambda text: text.replace('msgstr[1] "In %(num)d Minuten noch einmal."\n', ""), "not translated: ('Try again"),
        (lambda text: text, "not in the catalogue: 'Password'"),
    ],
)
def test_what_is_missing_or_wrong_is_found(change, word, template, tmp_path, monkeypatch):
    (tmp_path / "de" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "de" / "LC_MESSAGES" / "messages.po").write_text(change(GERMAN.replace("\n#", "#")))
    monkeypatch.setitem(TOOLS["read"].__globals__, "HERE", tmp_path)
    found = list(TOOLS["problems"](TOOLS["read"]("de"), template))
    assert any(word in one for one in found), found[:3]


@pytest.mark.parametrize(
    ("language", "right", "slips"),
    [
        (
            "de",
            "Wählen Sie „%(a)s“\u00a0…",
            {
                "„%(a)s”": "quotation",
                "“%(a)s”": "quotation",
                "Das …": "an ellipsis",
                "Dein Konto": "the familiar",
                "5 MB": "a unit",
            },
        ),
        (
            "fr",
            "Heure\u202f: 10:00, «\u202f%(a)s\u202f»\u202f; Content-Type: text",
            {
                "Ici : rien": "no narrow",
                "Ici: rien": "no narrow",
                "« a »": "no narrow",
                "“a”": "quotation",
                "l'un": "a straight",
                "Tu": "the familiar",
            },
        ),
        (
            "es",
            "¿Qué es «%(a)s»? Elija uno.",
            {
                "“a”": "quotation",
                "« a »": "quotation",
                "Qué es?": "a question",
                "Es así!": "a question",
                "Si puedes": "the familiar",
            },
        ),
        (
            "ar",
            "مثل \u20662026-01-31\u2069، Content-Type: text. عددها %(a)s",
            {
                "نعم, لا": "a mark",
                "أكثر من %(a)s حرفًا": "a noun",
                "مثل 2026-01-31": "what would",
                "يحدده --media": "what would",
                "sign in هنا": "words of",
            },
        ),
        (
            "ja",
            "移します\uff1a%(a)s",
            {"移します:": "a mark", "2 件を取り込みます": "not the usual", "その sign in": "words of"},
        ),
        (
            "zh",
            "保存……%(a)s",
            {"日期(UTC)": "a mark", "%(a)s,请": "a mark", "保存…": "half an", "请 sign in": "words of"},
        ),
        ("pt", "Salve o arquivo “%(a)s”.", {"«a»": "quotation", "O ficheiro": "a word of Portugal", "5 MB": "a unit"}),
    ],
)
def test_each_language_is_written_as_it_is_written_elsewhere(language, right, slips):
    def found(text):
        catalogue = Catalog(locale=language)
        catalogue.add("Sign in %(a)s", text, flags=["python-format"])
        known = ("not in", "other placeholders")
        return [one for one in TOOLS["problems"](catalogue, Catalog()) if not one.startswith((*known, "not used"))]

    assert found(right) == []
    for text, word in slips.items():
        assert any(one.startswith(word) for one in found(text)), text


def test_a_catalogue_is_brought_up_to_date_without_losing_what_is_translated(template, tmp_path, monkeypatch):
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(GERMAN + '\nmsgid "Gone"\nmsgstr "Weg"\n')
    monkeypatch.setitem(TOOLS["read"].__globals__, "HERE", tmp_path)
    catalogue = TOOLS["updated"]("de", template)
    assert catalogue.get("Sign in").string == "Anmelden"
    assert "Password" in catalogue
    text = TOOLS["written"](catalogue).decode()
    assert "Gone" not in text
    assert text == TOOLS["written"](catalogue).decode()


@pytest.mark.parametrize(
    ("accepted", "language", "direction", "word"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "ltr", "Anmelden"),
        ("fr,de;q=0.3", "de", "ltr", "Anmelden"),
        ("ar", "ar", "rtl", "Sign in"),
        ("fr", "en", "ltr", "Sign in"),
        ("", "en", "ltr", "Sign in"),
    ],
)
def test_a_page_is_in_the_language_of_the_browser_and_says_so(german, accepted, language, direction, word):
    page = german.test_client().get("/login", headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}" dir="{direction}"' in page
    assert f"<h1>{word}</h1>" in page
    assert ("tabler.rtl.min.css" in page) == (direction == "rtl")


def test_plurals_follow_the_language(german):
    with german.test_request_context(headers={"Accept-Language": "de"}):
        said = [ngettext("Try again in %(num)d minute.", "Try again in %(num)d minutes.", number) for number in (1, 2)]
        assert said == ["In 1 Minute noch einmal.", "In 2 Minuten noch einmal."]


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "لا تعليقات"), (1, "تعليق واحد"), (2, "تعليقان"), (5, "5 تعليقات"), (11, "11 تعليقًا"), (100, "100 تعليق")],
)
def test_arabic_counts_in_six_forms(app, number, said):
    with app.test_request_context(headers={"Accept-Language": "ar"}):
        assert ngettext("%(num)s comment", "%(num)s comments", number) == said


def test_one_text_is_said_in_the_language_of_each_moment(german):
    lazy = lazy_gettext("Sign in")
    with german.test_request_context(headers={"Accept-Language": "de"}):
        assert gettext("Sign in") == str(lazy) == "Anmelden"
        with force_locale("en"):
            assert gettext("Sign in") == str(lazy) == "Sign in"
        assert gettext("Sign in") == "Anmelden"


def test_a_catalogue_is_read_once_for_all_requests(german, tmp_path):
    browser = german.test_client()
    assert "Anmelden" in browser.get("/login", headers={"Accept-Language": "de"}).text
    shutil.rmtree(tmp_path / "de")
    assert "Anmelden" in browser.get("/login", headers={"Accept-Language": "de"}).text


def test_nouns_stay_capital_where_they_are(german):
    with german.test_request_context(headers={"Accept-Language": "de"}):
        assert inside("Beitrag") == "Beitrag"
    with german.test_request_context():
        assert inside("Post") == "post"


def test_the_panel_speaks_german_to_whoever_wants_it(as_role):
    editor = as_role("editor", locale="de")
    page = editor.get("/admin/post/", headers={"Accept-Language": "en"}).text
    assert '<html lang="de"' in page
    assert "Beitrag anlegen" in page
    assert ">Beiträge<" in page
    assert ">Posts<" not in page
    assert "Beitrag anlegen" in editor.get("/admin/post/new/").text


@pytest.mark.parametrize("language", TOOLS["COMPLETE"])
def test_every_language_is_spoken_wherever_one_reads(as_role, client, language):
    catalogue = TOOLS["read"](language)
    editor, tag = (
        as_role("editor", locale=language),
        f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"',
    )
    for place, text in (
        ("/admin/", "Dashboard"),
        ("/admin/post/", "Filters"),
        ("/admin/post/new/", "Save and continue"),
    ):
        page = editor.get(place).text
        assert tag in page
        assert f"{catalogue.get(text).string}" in page
        assert f">{text}<" not in page
    for place, text in (("/login", "Sign in"), ("/", "Language"), ("/nothing-there", "Page not found")):
        page = client.get(place, headers={"Accept-Language": f"{language};q=0.9, en;q=0.3"}).text
        assert tag in page
        assert f"{catalogue.get(text).string}" in page
