"""Texts are in the language of each answer, and what is put into them is harmless."""

from types import SimpleNamespace

import pytest
from flask import g, render_template_string
from flask_babel import force_locale, refresh

from backoffice.core.catalogues import gettext, ngettext
from backoffice.extensions import babel


@pytest.fixture
def german(app, monkeypatch):
    """Let there be two German words."""
    told = {"Save": "Sichern", "Delete %(label)s": "%(label)s <b>löschen</b>", "100 %%": "Hundert %%"}
    words = SimpleNamespace(gettext=lambda word: told.get(word, word))
    with app.app_context():
        spoken = babel.domain_instance
        monkeypatch.setitem(spoken.cache, (tuple(spoken.translation_directories), "de"), words)


def test_the_language_can_change_and_change_back_within_one_answer(app, german):
    with app.test_request_context("/"):
        assert gettext("Save") == "Save"
        with force_locale("de"):
            assert gettext("Save") == "Sichern"
            with force_locale("en"):
                assert gettext("Save") == "Save"
            assert gettext("Save") == "Sichern"
        assert gettext("Save") == "Save"
        assert ngettext("%(num)s row", "%(num)s rows", 2) == "2 rows"


def test_a_language_chosen_within_an_answer_is_spoken_from_then_on(app, german):
    with app.test_request_context("/"):
        assert gettext("Save") == "Save"
        g._login_user = SimpleNamespace(locale="de")
        assert gettext("Save") == "Save"
        refresh()
        assert gettext("Save") == "Sichern"


def test_one_answer_does_not_speak_the_language_of_another(app, german):
    with app.test_request_context("/"), force_locale("de"):
        assert gettext("Save") == "Sichern"
    with app.test_request_context("/"):
        assert gettext("Save") == "Save"


def test_without_a_request_texts_are_as_they_were_written():
    assert gettext("Save") == "Save"


def test_what_is_put_into_a_text_of_a_page_is_harmless(app, german):
    page = "{% autoescape true %}{{ _('Delete %(label)s', label='<i>') }} {{ _('Save') }}{% endautoescape %}"
    with app.test_request_context("/"), force_locale("de"):
        assert render_template_string(page) == "&lt;i&gt; <b>löschen</b> Sichern"
        assert render_template_string("{{ _('100 %%') }}") == "Hundert %"


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Tides!", "\u2068Tides!\u2069"),
        ("C++ و Python", "\u2068C++ و Python\u2069"),
        ("东京", "\u2068东京\u2069"),
        ("2026-01-31", "\u20682026-01-31\u2069"),
        ("المد!", "المد!"),
        (1234, "1234"),
    ],
)
def test_what_is_put_into_a_sentence_keeps_its_own_direction(app, label, shown):
    page = "{% autoescape true %}{{ _('“%(label)s” was deleted.', label=label) }}{% endautoescape %}"
    with app.test_request_context("/"), force_locale("ar"):
        assert gettext("“%(label)s” was deleted.", label=label) == f"حُذف «{shown}»."
        assert render_template_string(page, label=label) == f"حُذف «{shown}»."
        hostile = render_template_string(page, label="<i>")
        assert "&lt;i&gt;" in hostile
        assert "<i>" not in hostile
    with app.test_request_context("/"):
        assert gettext("“%(label)s” was deleted.", label="Tides") == "“Tides” was deleted."
        assert gettext("“%(label)s” was deleted.", label="مد!") == "“\u2068مد!\u2069” was deleted."


def test_a_letter_is_no_page(app, german):
    letter = app.jinja_env.overlay(autoescape=False).from_string("{{ _('Delete %(label)s', label='A & B') }}")
    with app.test_request_context("/"), force_locale("de"):
        assert letter.render() == "A & B <b>löschen</b>"
