"""Every address is public because a list says so, or refuses strangers; none writes when it is only looked at."""

import re
from functools import cache
from urllib.parse import unquote

import pytest
from sqlalchemy import func, literal, select, union_all
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect

import matrix
from backoffice import create_app
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import resources
from world import people_of

PUBLIC = {
    "static",
    "admin.static",
    "appearance.choose",
    "describing.document",
    "describing.page",
    "health.healthz",
    "health.readyz",
    "language.choice",
    "security.login",
    "security.forgot_password",
    "security.reset_password",
    "site.home",
    "site.post",
    "site.category",
    "site.tag",
    "site.author",
    "site.search",
    "site.feed",
    "site.category_feed",
    "site.tag_feed",
    "site.author_feed",
    "site.sitemap",
    "site.home_map",
    "site.part_of_map",
    "site.robots",
    "site.media",
}
# Signing out asks for no one to be there: it ends what there is, which may be nothing.
HARMLESS = {"security.logout", "calls.token"}
# What the parts of an address may be filled with, so that it leads to something.
FILLING = {"filename": "admin/grid.css", "token": "abc.def.ghi", "name": "0" * 64 + ".png"}
FILLING |= {"kind": "posts", "number": "1"}
OUTLANDISH = ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "FROB")
READS = ("GET", "HEAD", "OPTIONS")
PASSERS_BY = (matrix.STRANGER, matrix.NEWCOMER)


def rules():
    """Return every rule of the application, as it is served."""
    served = create_app(SQLALCHEMY_DATABASE_URI="sqlite://").url_map
    assert isinstance(served, Map)
    return sorted(served.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


RULES = rules()
GUARDED = [rule for rule in RULES if rule.endpoint not in PUBLIC | HARMLESS]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
every_guarded_rule = pytest.mark.parametrize("rule", GUARDED, ids=lambda rule: rule.rule)


@pytest.fixture(scope="module")
def world(_served):
    made, empty = _served
    empty()
    return people_of(made)


def path_of(rule, key=1):
    """Return an address of this rule, with a row where one is asked for."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: FILLING.get(found[1], "word-1"), rule.rule)
    return f"{path}?id={key}" if rule.endpoint.endswith(("edit_view", "details_view", "delete_view")) else path


def known(app):
    """Return what knows the rules of an application, and nothing else of it."""
    return app.url_map.bind("localhost")


def methods(rule):
    """Return the methods that a rule says it takes."""
    return sorted(rule.methods - {"OPTIONS"})


def is_for_programs(rule):
    """Tell whether an address is one at which a token, and never a cookie, says who asks."""
    return rule.rule.startswith("/api/")


def counted(app):
    """Return how many rows each table holds and the sum of their versions; exports on record are left out."""
    with app.app_context():
        return {name: numbers for name, *numbers in db.session.execute(counting())}


@cache
def counting():
    """Return the one statement that counts in all tables: it is sent before and after each test here."""
    asked = []
    for name, table in db.metadata.tables.items():
        versions = func.sum(table.c.version) if "version" in table.c else func.count()
        query = select(literal(name), func.count(), versions).select_from(table)
        asked.append(query.where(table.c.verb != "export") if name == Change.__tablename__ else query)
    return union_all(*asked)


def form(rule, key):
    """Return what a form sent to this address might hold."""
    label = {"title": "Changed", "name": "Changed", "body": "Changed"}
    about = {"id": key, "rowid": key, "list_form_pk": key, "action": "delete", "confirm": "1"}
    return {**about, **label} if "/admin/" in rule.rule else {"email": "a@example.com", "password": "changed password"}


def test_the_list_of_public_addresses_names_only_what_exists():
    assert {rule.endpoint for rule in RULES} >= PUBLIC | HARMLESS
    assert not [name for name in PUBLIC if name.partition(".")[0] in resources()]


@every_guarded_rule
def test_a_stranger_is_sent_to_sign_in_or_refused_by_every_method(world, rule):
    before = counted(world.app)
    for person in (matrix.STRANGER, matrix.DEACTIVATED):
        browser = world.people[person].browser
        for method in methods(rule):
            answer = browser.open(path_of(rule), method=method, data=form(rule, 1) if method == "POST" else None)
            sent = answer.status_code == 302 and re.match(r"/login($|\?next=(/|%2F)(?!/|%2F))", answer.location)
            assert sent or answer.status_code in {401, 403, 404}, (method, answer.status_code, answer.location)
            json = browser.open(path_of(rule), method=method, headers={"Accept": "application/json"})
            assert json.status_code in {302, 401, 403, 404}
    assert counted(world.app) == before


@every_guarded_rule
def test_a_person_without_rights_comes_no_further_than_a_stranger(world, rule):
    browser = world.people[matrix.NEWCOMER].browser
    before = counted(world.app)
    for method in methods(rule):
        answer = browser.open(path_of(rule), method=method, data=form(rule, 1) if method == "POST" else None)
        own = rule.endpoint in {"admin.index", "security.change_password", "issuing.page"}
        # A cookie means nothing to programs: whoever brings no token is nobody there.
        expected = {200, 422} if own else {401} if is_for_programs(rule) else {404}
        assert answer.status_code in expected, (method, answer.status_code)
    after = counted(world.app)
    # A password that is not theirs is a guess, which is on record as at signing in, and sealed.
    guesses = 1 if rule.endpoint == "security.change_password" else 0
    assert after["change"][0] == before["change"][0] + guesses
    on_record = {"change", "seal"} if guesses else set()
    assert {name: after[name] for name in after if name not in on_record} == {
        name: before[name] for name in before if name not in on_record
    }


@every_rule
def test_looking_writes_nothing(world, rule):
    browser = world.people[matrix.ADMINISTRATOR].browser
    before = counted(world.app)
    asked = "id=1&rowid=1&list_form_pk=1&action=delete&confirm=1&status=published&title=Changed&_method=POST"
    for method in READS:
        browser.open(path_of(rule), method=method)
        browser.open(f"{path_of(rule).partition('?')[0]}?{asked}", method=method)
        browser.open(path_of(rule), method=method, data=form(rule, 1))
    assert counted(world.app) == before


@every_rule
def test_a_form_without_its_token_is_refused(world, rule):
    if rule.endpoint == "calls.token":
        return  # it asks for a password instead, and whoever tries one is on record
    for person in (matrix.ADMINISTRATOR, matrix.STRANGER):
        browser = world.people[person].browser
        before = counted(world.app)
        for method in set(methods(rule)) - set(READS):
            for given in ({}, {"X-CSRFToken": "forged"}, {"X-Requested-With": "XMLHttpRequest"}):
                answer = browser.open(path_of(rule), method=method, data=form(rule, 1), headers=given, csrf=False)
                assert answer.status_code in ({401, 415} if is_for_programs(rule) else {400}), (person, given)
            json = browser.open(path_of(rule), method=method, json=form(rule, 1), csrf=False)
            assert json.status_code in ({401, 422} if is_for_programs(rule) else {400, 415}), person
        assert counted(world.app) == before


@every_rule
def test_a_token_of_another_session_is_refused(world, rule):
    stolen = world.people[matrix.AUTHOR].browser.token()
    browser = world.people[matrix.ADMINISTRATOR].browser
    if "POST" in rule.methods and not is_for_programs(rule):
        sent = {**form(rule, 1), "csrf_token": stolen}
        assert browser.post(path_of(rule), data=sent, csrf=False).status_code == 400


@every_rule
def test_verbs_that_no_page_has_are_answered_sanely(world, rule):
    browser = world.people[matrix.ADMINISTRATOR].browser
    before = counted(world.app)
    # Nothing but the map knows rules, so it is asked about each verb; each verb is sent to a third of the rules.
    for method in set(OUTLANDISH) - rule.methods:
        with pytest.raises(MethodNotAllowed) as refused:
            known(world.app).match(path_of(rule).partition("?")[0], method)
        assert {*refused.value.valid_methods} == rule.methods
    for method in OUTLANDISH[RULES.index(rule) % 3 :: 3]:
        answer = browser.open(path_of(rule), method=method)
        refused = {400, 404, 405, *([401] if is_for_programs(rule) else [])}
        assert answer.status_code in refused, (method, answer.status_code)
        assert answer.status_code != 405 or set(answer.headers["Allow"].split(", ")) == rule.methods
    allowed = browser.open(path_of(rule), method="OPTIONS")
    assert allowed.status_code == 200
    assert set(allowed.headers["Allow"].split(", ")) == rule.methods
    if "GET" in rule.methods:
        seen, head = (browser.open(path_of(rule), method=method) for method in ("GET", "HEAD"))
        assert head.status_code == seen.status_code
        assert head.data == b""
    assert counted(world.app) == before


def leads(app, path):
    """Tell whether an address, as it arrives, is one of a rule or is sent on to one."""
    try:
        known(app).match(unquote(path), "GET")
    except NotFound:
        return False
    except (MethodNotAllowed, RequestRedirect):
        return True
    return True


@every_guarded_rule
def test_no_other_spelling_of_an_address_comes_in(world, rule):
    path = path_of(rule).partition("?")[0]
    spellings = {path.rstrip("/"), f"{path.rstrip('/')}/", f"{path}/", path.upper(), f"{path};x=1"}
    spellings |= {f"{path}%2e", f"{path}..;/", f"{path}index.html", path.replace("/admin/", "/admin/./")}
    for spelled in sorted(spellings - {path}):
        # What leads nowhere is the same nothing for everybody, however it is asked for.
        people, ways = (PASSERS_BY, ("GET", "POST")) if leads(world.app, spelled) else (PASSERS_BY[1:], ("GET",))
        for person in people:
            browser = world.people[person].browser
            for method in ways:
                answer = browser.open(
                    f"{spelled}?id=1", method=method, data=form(rule, 1) if method == "POST" else None
                )
                # Redirects to the usual spelling stay on this site, and that refuses.
                refused = {400, 404, 405, *([401] if is_for_programs(rule) else [])}
                assert answer.status_code in {301, 302, 308, *refused}, (spelled, method, answer.status_code)
                assert not (answer.location or "").startswith(("//", "http://evil"))
