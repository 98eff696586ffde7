"""The admin pages: users, apps, APIs, the audit log; what they end is ended at once."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from datetime import timedelta
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.flows import administrators, endings, register
from oauthsrv.flows.endings import Actor, LastAdministrator
from oauthsrv.oauth.credentials import digest
from oauthsrv.routes import MAP
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.database import reading, sql, transaction

PATHS = [(method, path) for method, path, *_ in MAP if path.startswith("/admin")]


@pytest.fixture
def root(server: Server, browser: Browser) -> make.User:
    """An administrator who is signed in."""
    root = make.user(server, admin=True, name="Root Admin")
    play.sign_in(browser, root)
    return root


def user_row(server: Server, user: make.User) -> Any:
    with reading(server.database) as db:
        return sql.users.find(db, user_id=user.user_id)


def press(page: TestResponse, label: str) -> TestResponse:
    """Sends the form with the button of that label."""
    for form in page.forms.values():
        if any(button.get_text() == label for button in page.html.find_all("button")) and label in form.text:
            return form.submit()
    raise AssertionError(f"no button {label}")


def csrf_of(browser: Browser) -> str:
    return str(play.form_with(browser.get("/admin/apis/new"), "csrf")["csrf"].value)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_admin_pages_are_for_administrators(server: Server, browser: Browser, method: str, path: str) -> None:
    path = path.replace("<user_id>", "usr_" + "0" * 32).replace("<client_id>", "cli_" + "0" * 32)
    stranger = browser.request(path, method=method)
    assert stranger.status_int == (303 if method == "GET" else 403)
    play.sign_in(browser, make.user(server))
    csrf = play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value
    answer = browser.get(path) if method == "GET" else browser.post(path, {"csrf": csrf})
    assert answer.status_int == 403
    assert "For administrators only" in answer


@pytest.mark.parametrize("path", [path for method, path in PATHS if method == "POST"])
def test_rule_13_every_post_needs_its_csrf_token(browser: Browser, root: make.User, path: str) -> None:
    path = path.replace("<user_id>", "usr_" + "0" * 32).replace("<client_id>", "cli_" + "0" * 32)
    assert browser.post(path, {}).status_int == 403


def test_who_is_not_there_is_not_found(browser: Browser, root: make.User) -> None:
    csrf = csrf_of(browser)
    for method, path in PATHS:
        if "<" not in path:
            continue
        for user_id, client_id in (("usr_" + "0" * 32, "cli_" + "0" * 32), ("x", "x"), ("%00", "%20")):
            address = path.replace("<user_id>", user_id).replace("<client_id>", client_id)
            answer = browser.get(address) if method == "GET" else browser.post(address, {"csrf": csrf, "limit": "5"})
            assert answer.status_int == 404, (method, address)


def test_the_overview_counts_and_leads_on(server: Server, browser: Browser, root: make.User) -> None:
    make.app(server)
    page = browser.get("/admin").follow()
    assert page.request.path == "/admin/overview"
    assert "App registered" in page
    for label in ("Apps", "Users", "APIs", "Audit log"):
        assert page.click(f"^{label}$").status_int == 200


# Users


def test_users_are_found_by_mail_and_by_name(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    one = make.user(server, name=f"Find Me {mark}", email=f"one.{mark}@example.com")
    other = make.user(server, name="Somebody", email=f"other.{mark}@example.com")
    page = browser.get("/admin/users")
    search = play.form_with(page, "q")
    search["q"] = f"find me {mark}"
    page = search.submit()
    assert one.email in page
    assert other.email not in page
    page = browser.get("/admin/users", {"q": f".{mark.upper()}@EXAMPLE"})
    assert one.email in page
    assert other.email in page
    for words in ("%", "_", "' OR 1=1 --", "\\", "100%_"):
        assert one.email not in browser.get("/admin/users", {"q": words + mark}), words
    assert "No user fits" in browser.get("/admin/users", {"q": "nobody-" + mark})


def test_many_users_are_shown_page_by_page(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    with transaction(server.database) as db:  # one moment for all: the order is that of the ids
        for number in range(120):
            user_id = f"usr_{secrets.token_hex(16)}"
            sql.users.add(
                db, user_id=user_id, subject=user_id, email=f"p{number}@{mark}.example", name="P", password_hash=None,
                is_admin=False,
            )  # fmt: skip
    page = browser.get("/admin/users", {"q": f"@{mark}"})
    seen: list[str] = []
    while True:
        seen += [link.get_text() for link in page.html.select("td a")]
        if "Older" not in page:
            break
        page = page.click("Older")
    assert len(seen) == len(set(seen)) == 120


def test_a_user_is_disabled_and_enabled(server: Server, browser: Browser, root: make.User) -> None:
    story = play.tokens(server, browser.another())
    page = browser.get(f"/admin/users/{story.user.user_id}")
    assert "Example App" in page
    asked = page.click("Disable the account")
    assert "signed out everywhere" in asked
    assert story.is_active()
    page = press(asked, "Disable the account").follow()
    assert "The account is disabled" in page
    assert not story.is_active()
    assert story.browser.get("/account/apps").status_int == 303
    assert "has connected no app" in page
    page = press(page, "Enable the account").follow()
    assert "The account is enabled" in page
    assert not story.is_active()
    assert play.sign_in(story.browser.another(), story.user).status_int == 303


def test_rule_13_an_administrator_comes_back_only_by_a_password_given_lately(
    server: Server, browser: Browser, root: make.User
) -> None:
    disabled = make.user(server, admin=True)
    endings.disable_user(server, disabled.user_id, by=Actor())
    key = sessions.key(server.redis, browser.cookies["oauthsrv"])
    redis = server.redis.connection()
    session = sessions.read(redis.get(key))
    earlier = dataclasses.replace(session, confirmed_at=session.confirmed_at - timedelta(hours=1))
    redis.set(key, sessions.written(earlier), keepttl=True)
    asked = press(browser.get(f"/admin/users/{disabled.user_id}"), "Enable the account")
    assert "Enter your password" in asked
    assert user_row(server, disabled).disabled_at is not None
    confirm = play.form_with(asked, "confirm_password")
    confirm["confirm_password"] = root.password
    assert "The account is enabled" in confirm.submit().follow()


def test_all_access_of_a_user_is_ended_and_nobody_elses(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    theirs, others = play.tokens(server, browser.another(), app), play.tokens(server, browser.another(), app)
    asked = browser.get(f"/admin/users/{theirs.user.user_id}").click("End all access")
    page = press(asked, "End all access").follow()
    assert "was ended" in page
    assert not theirs.is_active()
    assert others.is_active()
    assert theirs.browser.get("/account/apps").status_int == 303
    assert play.sign_in(theirs.browser.another(), theirs.user).status_int == 303


def test_an_administrator_is_made_and_unmade(server: Server, browser: Browser, root: make.User) -> None:
    user = make.user(server)
    page = press(browser.get(f"/admin/users/{user.user_id}"), "Make an administrator").follow()
    assert "is an administrator now" in page
    assert user_row(server, user).is_admin
    page = press(page, "Take away administrator rights").follow()
    assert "no administrator any more" in page
    assert not user_row(server, user).is_admin
    assert "Made an administrator" in page


def test_a_disabled_account_becomes_no_administrator(server: Server, browser: Browser, root: make.User) -> None:
    user = make.user(server)
    endings.disable_user(server, user.user_id, by=Actor())
    answer = browser.post(f"/admin/users/{user.user_id}/make-admin", {"csrf": csrf_of(browser)})
    assert answer.status_int == 409
    assert not user_row(server, user).is_admin


@pytest.fixture
def only(server: Server, root: make.User) -> make.User:
    """The administrator who is signed in, while there is no other."""
    with reading(server.database) as db:
        others = [row.user_id for row in sql.admin.administrators(db) if row.user_id != root.user_id]
    for user_id in others:
        administrators.remove_admin(server, user_id, by=Actor())
    return root


def test_the_last_administrator_stays(server: Server, browser: Browser, only: make.User) -> None:
    page = browser.get(f"/admin/users/{only.user_id}")
    for answer in (
        press(page, "Take away administrator rights"),
        page.click("Disable the account"),
        browser.post(f"/admin/users/{only.user_id}/disable", {"csrf": csrf_of(browser)}),
    ):
        assert answer.status_int == 409
        assert "The last administrator" in answer
    assert user_row(server, only).is_admin
    assert user_row(server, only).disabled_at is None


def test_two_administrators_cannot_unmake_each_other(server: Server, only: make.User) -> None:
    for _ in range(5):
        other = make.user(server, admin=True)
        refused: list[str] = []
        start = threading.Barrier(2)

        def unmake(user_id: str, start: threading.Barrier = start, refused: list[str] = refused) -> None:
            start.wait()
            try:
                administrators.remove_admin(server, user_id, by=Actor())
            except LastAdministrator:
                refused.append(user_id)

        threads = [threading.Thread(target=unmake, args=[user.user_id]) for user in (only, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1
        administrators.make_admin(server, only.user_id, by=Actor())
        administrators.remove_admin(server, other.user_id, by=Actor())


# Apps


def test_apps_are_found_by_name_owner_id_and_status(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    owner = make.user(server, email=f"owner.{mark}@example.com")
    one = make.app(server, owner, name=f"One {mark}")
    two = make.app(server, owner, name=f"Two {mark}")
    endings.suspend_client(server, two.client_id, by=Actor())
    for words in (f"ONE {mark}", one.client_id):
        page = browser.get("/admin/apps", {"q": words})
        assert one.client_id in page
        assert two.client_id not in page
    page = browser.get("/admin/apps", {"q": f"owner.{mark}"})
    assert one.client_id in page
    assert two.client_id in page
    search = play.form_with(page, "status")
    search["status"] = "suspended"
    page = search.submit()
    assert two.client_id in page
    assert one.client_id not in page
    assert play.form_with(page, "status")["status"].value == "suspended"
    assert "No app fits" in browser.get("/admin/apps", {"q": "nothing-" + mark, "status": "nonsense"})


def test_an_app_is_suspended_and_reactivated(server: Server, browser: Browser, root: make.User) -> None:
    story = play.tokens(server, browser.another())
    page = press(browser.get(f"/admin/apps/{story.app.client_id}"), "Suspend the app").follow()
    assert "The app is suspended" in page
    refused = play.refresh(story.browser, story.app, story.refresh_token)
    assert refused.json["error"] == "unauthorized_client"
    page = press(page, "Reactivate the app").follow()
    assert "all of it works again" in page
    assert story.is_active()
    assert play.refresh(story.browser, story.app, story.refresh_token).status_int == 200


def test_all_tokens_of_an_app_are_ended_and_no_other_apps(server: Server, browser: Browser, root: make.User) -> None:
    user = make.user(server)
    one, other = play.tokens(server, browser.another(), user=user), play.tokens(server, browser.another(), user=user)
    asked = browser.get(f"/admin/apps/{one.app.client_id}").click("End all tokens")
    assert "1 connected now" in asked
    page = press(asked, "End all tokens").follow()
    assert "Every token of the app was ended" in page
    assert not one.is_active()
    assert other.is_active()


def test_a_limit_is_changed(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    page = browser.get(f"/admin/apps/{app.client_id}")
    form = play.form_with(page, "limit")
    assert form["limit"].value == "1000"
    form["limit"] = "lots"
    page = form.submit()
    assert page.status_int == 422
    assert play.form_with(page, "limit")["limit"].value == "lots"
    assert "whole number" in page.html.find(id="limit-error").get_text()
    form["limit"] = "25,000"
    page = form.submit().follow()
    assert play.form_with(page, "limit")["limit"].value == "25000"
    assert "from 1,000 to 25,000 calls per hour" in page


def test_an_app_is_approved_where_apps_are_reviewed(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, approved=False)
    assert "Approve the app" not in browser.get(f"/admin/apps/{app.client_id}")
    settings = server.settings
    server.settings = dataclasses.replace(settings, app_review=True)
    try:
        assert app.client_id in browser.get("/admin/apps", {"status": "waiting"})
        assert "approval" in browser.get("/admin/overview").html.find(class_="notice").get_text()
        page = press(browser.get(f"/admin/apps/{app.client_id}"), "Approve the app").follow()
        assert "The app is approved" in page
        client = server.clients.find_client(app.client_id)
        assert client is not None
        assert client.approved
    finally:
        server.settings = settings


def test_a_change_that_is_only_recorded_says_so(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8."""
    app = make.app(server)
    page = browser.get(f"/admin/apps/{app.client_id}")
    monkeypatch.setattr(endings, "client_changed", lambda *_: False)
    assert "Recorded, but not yet in force" in press(page, "Suspend the app").follow()


# APIs


def filled(page: TestResponse, resource: str, name: str = "Orders API") -> Any:
    form = play.form_with(page, "resource")
    form["name"], form["resource"] = name, resource
    form.set("scopes", True, index=2)
    return form


def test_an_api_is_registered_and_its_secret_shown_once(server: Server, browser: Browser, root: make.User) -> None:
    resource = f"https://{secrets.token_hex(4)}.example"
    form = filled(browser.get("/admin/apis/new"), resource + "/")
    created = form.submit()
    assert created.headers["Referrer-Policy"] == "no-referrer"
    client_id = created.html.find(id="client-id").get_text()
    secret = created.html.find(id="client-secret").get_text()
    api = server.clients.find(client_id)
    assert api is not None
    assert api.secret_hashes == (digest(secret),)
    page = created.click("I have copied the secret")
    assert secret not in page
    assert resource in page
    assert "read:data" in page
    again = form.submit().follow()
    assert "sent before" in again
    assert again.request.path == f"/admin/apis/{client_id}"
    assert "API registered" in page.click("Events of this API")


def test_an_address_that_is_taken_is_refused_and_nothing_typed_lost(browser: Browser, root: make.User) -> None:
    resource = f"https://{secrets.token_hex(4)}.example"
    filled(browser.get("/admin/apis/new"), resource).submit()
    page = filled(browser.get("/admin/apis/new"), resource, "Another").submit()
    assert page.status_int == 422
    form = play.form_with(page, "resource")
    assert (form["name"].value, form["resource"].value) == ("Another", resource)
    assert form.get("scopes", index=2).checked
    assert "has this address already" in page.html.find(id="resource-error").get_text()


# The audit log


def test_the_log_is_filtered_and_paged(server: Server, browser: Browser, root: make.User) -> None:
    owner, other = make.user(server), make.user(server)
    app = make.app(server, owner, name="Logged " + secrets.token_hex(4))
    for number in range(2, 122):
        register.set_limit(server, app.client_id, number, by=Actor(other.user_id, "198.51.100.7"))
    page = browser.get("/admin/log", {"app": app.client_id})
    assert page.text.count(">Limit changed\n") == 100
    page = page.click("Older")
    assert page.text.count(">Limit changed\n") == 20
    assert ">App registered\n" in page
    assert "Older" not in page
    assert browser.get("/admin/log", {"app": app.client_id, "action": "client.created"}).text.count("</time>") == 1
    for who in (other.email.upper(), other.user_id):
        page = browser.get("/admin/log", {"user": who, "action": "client.limit_changed"})
        assert "198.51.100.7" in page
        assert other.email in page
    assert "There is no user" in browser.get("/admin/log", {"user": "nobody@example.com"})
    assert "There is no app or API" in browser.get("/admin/log", {"app": "no such app"})
    assert browser.get("/admin/log", {"before": "9" * 18}).status_int == 200
    for nonsense in ("x", "-1", "9" * 40, "१"):
        assert browser.get("/admin/log", {"before": nonsense, "action": nonsense}).status_int == 200


def test_a_deleted_app_keeps_its_name_in_the_log(server: Server, browser: Browser, root: make.User) -> None:
    name = "Gone " + secrets.token_hex(4)
    app = make.app(server, name=name)
    endings.delete_client(server, app.client_id, by=Actor(root.user_id))
    page = browser.get("/admin/log", {"app": name})
    assert "App deleted" in page
    assert name in page
    assert f'href="/admin/apps/{app.client_id}"' not in page


def test_rule_1_no_secret_is_in_the_log(server: Server, browser: Browser, root: make.User) -> None:
    story = play.tokens(server, browser.another())
    register.add_secret(server, story.app.client_id, by=Actor())
    page = browser.get("/admin/log", {"app": story.app.client_id})
    for secret in (story.access_token, story.refresh_token, story.app.client_secret or ""):
        assert secret[4:] not in page.text


@pytest.mark.parametrize("path", ["/admin/users", "/admin/apps", "/admin/apis", "/admin/log"])
@pytest.mark.parametrize("query", ["q=%00", "q=%ff", "q=a&q=b", "before=%00", "q=" + "a" * 20000, "before=cli_x"])
def test_rule_12_hostile_addresses_cost_nothing(browser: Browser, root: make.User, path: str, query: str) -> None:
    assert browser.get(f"{path}?{query}").status_int in (200, 400)
