"""The admin pages of scopes: adding, changing, retiring, and who holds them."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.flows import catalog
from oauthsrv.server import Server
from rows import rows

numbers = itertools.count(1)


@pytest.fixture
def scope(server: Server) -> Iterator[str]:
    """A name that is free, with all that an address could stumble over; gone after the test."""
    scope = f"test:{next(numbers)}/a?b&c=d+%41#{secrets.token_hex(4)}"
    yield scope
    rows(server, "DELETE FROM scope WHERE scope = %(scope)s", scope=scope)


def add(
    browser: Browser, scope: str, description: str = "Read your orders", position: str = "50", **more: str
) -> TestResponse:
    form = play.form_with(browser.get("/admin/scopes/new"), "scope")
    for name, value in {"scope": scope, "description": description, "position": position, **more}.items():
        form[name].force_value(value)
    form["is_sensitive"] = True
    return form.submit()


def row(page: TestResponse, scope: str) -> list[str]:
    line = page.html.find("code", string=scope).find_parent("tr")
    return [" ".join(cell.get_text().split()) for cell in line.find_all("td")]


def edit_link(page: TestResponse, scope: str) -> str:
    return str(page.html.find("code", string=scope).find_parent("tr").find("a")["href"])


def in_order(page: TestResponse, *wanted: str) -> bool:
    """Whether these stand one after the other; others may stand between them."""
    shown = [code.get_text() for code in page.html.select("tbody tr code")]
    return sorted(wanted, key=shown.index) == list(wanted)


def test_a_scope_is_added_changed_and_shown_in_its_place(browser: Browser, root: make.User, scope: str) -> None:
    page = add(browser, scope).follow()
    assert "The scope was added" in page
    assert row(page, scope)[1] == "Read your orders sensitive"
    assert in_order(page, "webhooks", scope)
    form = play.form_with(browser.get(edit_link(page, scope)), "description")
    assert (form["description"].value, form["position"].value, form["is_sensitive"].checked) == (
        "Read your orders", "50", True,
    )  # fmt: skip
    form["description"], form["position"], form["is_sensitive"] = "See your orders", "1", False
    page = form.submit().follow()
    assert "The scope was changed" in page
    assert row(page, scope)[1] == "See your orders"
    assert in_order(page, scope, "write:profile")
    log = browser.get("/admin/log", {"action": "scope.changed"})
    assert "description, position, sensitivity" in log
    assert scope in log.html.get_text()


def test_a_scope_is_opened_for_apps_that_register_themselves(browser: Browser, root: make.User, scope: str) -> None:
    page = add(browser, scope).follow()
    assert "self-registered apps" not in row(page, scope)[1]
    form = play.form_with(browser.get(edit_link(page, scope)), "description")
    form["for_self_registered"] = True
    assert "self-registered apps" in row(form.submit().follow(), scope)[1]
    form = play.form_with(browser.get(edit_link(page, scope)), "description")
    assert form["for_self_registered"].checked


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [
        ("scope", "", "Enter a name"),
        ("scope", "offline_access", "Every app may request offline_access"),
        ("scope", "read orders", "A space can’t be"),
        ("scope", 'a"b', 'The character " can’t be'),
        ("scope", "a\\b", "can’t be in a scope"),
        ("scope", "lire:é", "The character é can’t be"),
        ("scope", "a" * 101, "At most 100"),
        ("scope", "read:profile", "There is a scope read:profile already"),
        ("description", " ", "Say what it allows"),
        ("description", "x" * 201, "At most 200 characters; this has 201"),
        ("description", "flip \u202e", "U+202E"),
        ("consent_text", "x" * 201, "At most 200 characters; this has 201"),
        ("detail", "x" * 301, "At most 300 characters; this has 301"),
        ("detail", "flip \u202e", "U+202E"),
        ("icon", "skull", "Choose one of the icons"),
        ("position", "", "whole number"),
        ("position", "0", "whole number"),
        ("position", "-1", "whole number"),
        ("position", "10000", "whole number"),
        ("position", "१", "whole number"),
    ],
)
def test_what_is_wrong_with_a_new_scope_is_said_beside_its_field_and_everything_kept(
    browser: Browser, root: make.User, field: str, typed: str, expected: str
) -> None:
    fields = {"scope": "x:" + secrets.token_hex(4), "description": "Read it", "position": "9"} | {field: typed}
    page = add(browser, **fields)
    assert page.status_int == 422
    assert expected.lower() in page.html.find(id=f"{field}-error").get_text().lower()
    form = play.form_with(page, "scope")
    assert {name: form[name].value for name in fields} == fields | ({"icon": None} if field == "icon" else {})
    assert form["is_sensitive"].checked


def test_what_users_will_see_is_previewed_and_not_saved(browser: Browser, root: make.User, scope: str) -> None:
    add(browser, scope)
    form = play.form_with(browser.get("/admin/scopes/edit", {"scope": scope}), "description")
    form["consent_text"], form["detail"], form["icon"] = "See your orders", "What you bought.", "card"
    page = form.submit("preview", value="yes")
    shown = page.html.find(class_="scope-preview")
    assert shown.find(class_="words").get_text(" ", strip=True) == "See your orders sensitive What you bought."
    assert shown.find("use")["href"] == "#icon-card"
    assert play.form_with(page, "description")["consent_text"].value == "See your orders"
    again = browser.get("/admin/scopes/edit", {"scope": scope})
    assert play.form_with(again, "description")["consent_text"].value == ""
    page = play.form_with(page, "description").submit().follow()
    assert "To users: See your orders" in row(page, scope)[1]


def test_all_that_is_wrong_is_said_at_once(browser: Browser, root: make.User) -> None:
    page = add(browser, "", "", "")
    assert all(page.html.find(id=f"{field}-error") for field in ("scope", "description", "position"))


def test_a_change_that_is_wrong_is_refused_and_kept(browser: Browser, root: make.User, scope: str) -> None:
    add(browser, scope)
    form = play.form_with(browser.get("/admin/scopes/edit", {"scope": scope}), "description")
    form["description"], form["position"] = "", "x"
    page = form.submit()
    assert page.status_int == 422
    assert page.html.find(id="description-error")
    assert play.form_with(page, "description")["position"].value == "x"
    assert play.form_with(page, "description")["is_sensitive"].checked


def test_a_scope_is_deprecated_without_breaking_who_holds_it_and_brought_back(
    server: Server, browser: Browser, root: make.User, scope: str
) -> None:
    add(browser, scope)
    app = make.app(server, scopes=("read:profile", scope))
    user, person = make.user(server), browser.another()
    play.sign_in(person, user)
    first = play.exchange(person, app, play.code(person, app, scope=f"read:profile {scope}"))
    assert row(browser.get("/admin/scopes"), scope)[2:4] == ["1", "1"]
    asked = play.press(browser.get("/admin/scopes/edit", {"scope": scope}), "Deprecate the scope")
    assert "Apps that have it: 1. Users who allowed it: 1." in asked
    page = play.press(asked, "Deprecate the scope").follow()
    assert "The scope is deprecated" in page
    assert row(page, scope)[2:4] == ["1", "1"]
    # Who holds it goes on: a refresh, and the consent of another user.
    again = play.refresh(person, app, first.json["refresh_token"])
    assert again.json["scope"].split() == ["read:profile", scope]
    other = browser.another()
    play.sign_in(other, make.user(server))
    consent = play.ask(other, app, scope=scope)
    assert "Read your orders" in consent
    given = play.exchange(other, app, play.answered(play.allow(consent))["code"])
    assert given.json["scope"] == scope
    # It comes back.
    page = play.press(page, f"Restore {scope}").follow()
    assert "The scope is restored" in page
    assert row(page, scope)[4].startswith("Edit")
    log = browser.get("/admin/log", {"user": root.user_id})
    for words in ("Scope added", "Scope deprecated", "Scope restored"):
        assert words in log


def test_a_scope_nobody_holds_says_so(browser: Browser, root: make.User, scope: str) -> None:
    add(browser, scope)
    asked = play.press(browser.get("/admin/scopes/edit", {"scope": scope}), "Deprecate the scope")
    assert "Apps that have it: 0." in asked


def test_a_deprecated_scope_can_be_changed_and_brought_back_from_its_page(
    server: Server, browser: Browser, root: make.User, scope: str
) -> None:
    add(browser, scope)
    play.press_twice(browser.get("/admin/scopes/edit", {"scope": scope}), "Deprecate the scope")
    page = browser.get("/admin/scopes/edit", {"scope": scope})
    assert "no other app can get it" in page
    assert "The scope is restored" in play.press(page, "Restore").follow()
    assert not next(found for found in catalog.all_scopes(server) if found.scope == scope).deprecated


def test_a_scope_that_is_not_there_is_not_found(browser: Browser, root: make.User) -> None:
    csrf = play.form_with(browser.get("/admin/scopes/new"), "csrf")["csrf"].value
    assert browser.get("/admin/scopes/edit", {"scope": "no:such"}).status_int == 404
    assert browser.get("/admin/scopes/edit").status_int == 404
    for what in ("edit", "retire", "restore"):
        answer = browser.post(f"/admin/scopes/{what}", {"csrf": csrf, "scope": "no:such", "description": "x"})
        assert answer.status_int == 404
