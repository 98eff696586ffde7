"""When the password is asked for again: judged on what a form would change (rule 13)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import catalog, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration, review
from oauthsrv.flows.refusals import version
from oauthsrv.routes import MAP
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import an_hour_passes, member

WORDS = catalog.ScopeFields("Read orders", 30, True)


@pytest.fixture
def late(server: Server, browser: Browser, root: make.User) -> Browser:
    """An administrator who gave their password an hour ago."""
    an_hour_passes(server, browser)
    return browser


def asks(answer: TestResponse) -> bool:
    return answer.status_int == 200 and "Enter your password" in answer


def settings(browser: Browser, client_id: str) -> Any:
    return play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")


def app_of(server: Server, root: make.User) -> make.App:
    return make.app(server, root, redirect_uris=("https://a.example/cb", "https://b.example/cb"))


CHANGES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "nothing": (lambda form: None, False),
    "a description": (lambda form: form.__setitem__("description", "New words"), False),
    "a redirect URI less": (lambda form: form.__setitem__("redirect_uris", "https://a.example/cb"), False),
    "a scope less": (lambda form: form.set("scopes", False, index=0), False),
    "another redirect URI": (lambda form: form.__setitem__("redirect_uris", "https://a.example/cb2"), True),
    "a scope more": (lambda form: form.set("scopes", True, index=5), True),
    "a grant less": (lambda form: form.set("grant_types", False, index=1), False),
    "PKCE off": (lambda form: form.set("skips_pkce", True), True),
}


def test_rule_13_a_grant_more_asks(server: Server, late: Browser, root: make.User) -> None:
    form = settings(late, make.app(server, root, grant_types=("authorization_code",)).client_id)
    form.set("grant_types", True, index=1)
    assert asks(form.submit())


@pytest.mark.parametrize("change", CHANGES)
def test_rule_13_the_settings_of_an_app(server: Server, late: Browser, root: make.User, change: str) -> None:
    apply, gives_power = CHANGES[change]
    form = settings(late, app_of(server, root).client_id)
    apply(form)
    answer = form.submit()
    assert asks(answer) == gives_power
    if gives_power:
        again = play.form_with(answer, "confirm_password")
        again["confirm_password"] = root.password
        answer = again.submit()
    assert answer.status_int == 303


def test_cancel_on_the_password_page_leads_back_also_after_a_wrong_one(
    server: Server, late: Browser, root: make.User
) -> None:
    client_id = app_of(server, root).client_id
    form = settings(late, client_id)
    form["redirect_uris"] = "https://a.example/cb2"
    page = form.submit(headers={"Referer": f"{server.settings.issuer}/developer/apps/{client_id}/edit"})
    for _ in range(2):
        assert page.html.find("a", string="Cancel")["href"] == f"/developer/apps/{client_id}/edit"
        form = play.form_with(page, "confirm_password")
        form["confirm_password"] = "wrong"
        page = form.submit()


@pytest.mark.parametrize(
    ("limit", "share", "gives_power"),
    [("1000", "", False), ("999", "", False), ("999", "24", False), ("1001", "", True), ("500", "26", True)],
)
def test_rule_13_the_limits_of_an_app(
    server: Server, late: Browser, root: make.User, limit: str, share: str, gives_power: bool
) -> None:
    form = play.form_with(late.get(f"/admin/apps/{make.app(server).client_id}/limit"), "limit")
    form["limit"], form["share"] = limit, share
    assert asks(form.submit()) == gives_power


def test_rule_13_a_form_that_is_refused_asks_for_no_password(server: Server, late: Browser, root: make.User) -> None:
    form = play.form_with(late.get(f"/admin/apps/{make.app(server).client_id}/limit"), "limit")
    form["limit"] = "lots"
    page = form.submit()
    assert page.status_int == 422
    assert play.form_with(page, "limit")["limit"].value == "lots"


@pytest.mark.parametrize(
    ("field", "value", "gives_power"),
    [
        ("position", "31", False),
        ("description", "Read all", True),
        ("is_sensitive", False, True),
        ("for_self_registered", True, True),
    ],
)
def test_rule_13_the_words_of_a_scope(
    server: Server, late: Browser, root: make.User, field: str, value: Any, gives_power: bool
) -> None:
    scope = f"words:{secrets.token_hex(4)}"
    catalog.add(server, scope, WORDS, by=Actor())
    form = play.form_with(late.get(f"/admin/scopes/edit?scope={scope}"), "position")
    form[field] = value
    assert asks(form.submit()) == gives_power


@pytest.mark.parametrize(("index", "value", "gives_power"), [(0, False, False), (5, True, True)])
def test_rule_13_the_scopes_of_an_api(
    server: Server, late: Browser, root: make.User, index: int, value: bool, gives_power: bool
) -> None:
    form = play.form_with(late.get(f"/admin/apis/{make.api(server).client_id}/edit"), "scopes")
    form.set("scopes", value, index=index)
    assert asks(form.submit()) == gives_power


def post(browser: Browser, path: str, **fields: str) -> TestResponse:
    token = play.form_with(browser.get("/account/profile"), "csrf")["csrf"].value
    return browser.post(path, {"csrf": token, **fields})


def test_rule_13_what_stops_harm_never_asks(server: Server, late: Browser, root: make.User) -> None:
    user, admin, app = make.user(server), make.user(server, admin=True), make.app(server, root)
    mate = member(server, root, app.client_id)
    hint = registration.hint_of(app.client_secret or "")
    registration.add_secret(server, app.client_id, by=Actor())
    rows.rows(server, "UPDATE client SET verified_at = now() WHERE client_id = %(id)s", id=app.client_id)
    own = f"/developer/apps/{app.client_id}"
    sure = {"sure": "yes"}
    for path, fields in (
        (f"/admin/users/{user.user_id}/disable", sure),
        (f"/admin/users/{user.user_id}/revoke", sure),
        (f"/admin/users/{admin.user_id}/remove-admin", {}),
        (f"/admin/apps/{app.client_id}/unverify", {}),
        (f"/admin/apps/{app.client_id}/end-tokens", sure),
        (f"/admin/apps/{app.client_id}/suspend", {"reason": "leaked"}),
        (f"{own}/secrets/retire", {"secret": hint}),
        (f"{own}/end-tokens", sure),
        (f"{own}/team/{mate.user_id}/remove", sure),
        ("/account/sessions", {}),
    ):
        assert post(late, path, **fields).status_int == 303, path


def test_rule_13_what_gives_power_asks(server: Server, late: Browser, root: make.User) -> None:
    user, app, waiting = make.user(server), make.app(server, root, name="Power Tool"), make.app(server, approved=False)
    suspended, disabled = make.app(server), make.user(server)
    review.suspend_client(server, suspended.client_id, by=Actor())
    revocations.disable_user(server, disabled.user_id, by=Actor())
    words = {"description": "Read it", "position": "40", "is_sensitive": "yes"}
    own = f"/developer/apps/{app.client_id}"
    for path, fields in (
        (f"/admin/users/{disabled.user_id}/enable", {}),
        (f"/admin/users/{user.user_id}/make-admin", {}),
        (f"/admin/apps/{waiting.client_id}/approve", {"seen": seen(server, waiting)}),
        (f"/admin/apps/{app.client_id}/verify", {"seen": seen(server, app), "sure": "yes"}),
        (f"/admin/apps/{suspended.client_id}/reactivate", {}),
        ("/admin/scopes", {"scope": f"power:{secrets.token_hex(4)}", **words}),
        (f"{own}/secrets", {"seen": registration.hint_of(app.client_secret or "")}),
        (f"{own}/team", {"email": user.email}),
        (f"{own}/delete", {"name": "Power Tool"}),
    ):
        events = rows.rows(server, "SELECT count(*) FROM audit_event")
        assert asks(post(late, path, **fields)), path
        assert rows.rows(server, "SELECT count(*) FROM audit_event") == events, path


def seen(server: Server, app: make.App) -> str:
    with reading(server.database) as db:
        return version(sql.clients.overview(db, client_id=app.client_id))


def test_rule_13_what_is_refused_asks_for_no_password(server: Server, late: Browser, root: make.User) -> None:
    """Neither what was typed wrongly, nor what cannot be done as things are."""
    app, scope = make.app(server, root), f"there:{secrets.token_hex(4)}"
    catalog.add(server, scope, WORDS, by=Actor())
    form = settings(late, app.client_id)
    form["redirect_uris"] = "http://app.example/callback"
    refused = form.submit()
    assert refused.status_int == 422
    assert refused.html.find(id="redirect_uris-error")
    own, words = f"/developer/apps/{app.client_id}", {"description": "Read it", "position": "40"}
    for path, fields, status in (
        (f"{own}/delete", {"name": "Another"}, 422),
        (f"{own}/team", {"email": "nobody"}, 422),
        (f"{own}/secrets", {"seen": "none"}, 409),
        ("/admin/scopes", {"scope": scope, **words}, 422),
        (f"/admin/users/{root.user_id}/make-admin", {}, 409),
        ("/developer/join", {"link": "spent"}, 404),
    ):
        assert post(late, path, **fields).status_int == status, path


def test_rule_13_who_has_no_right_is_asked_for_no_password(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server))
    an_hour_passes(server, browser)
    app = make.app(server)
    for method, path, guards, _ in MAP:
        asking = {guard.__name__.partition("(")[0] for guard in guards} & {"confirmed", "confirmed_if"}
        if method == "POST" and asking and "<client_id>" in path:
            answer = post(browser, path.replace("<client_id>", app.client_id), sure="yes")
            assert answer.status_int == (403 if path.startswith("/admin") else 404), path
