"""Rule 13: a double click does a thing once, and shows the result."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from webtest import Upload

import devices
import make
import play
import rows
from browser import COOKIE, Browser
from held import holding, in_parallel
from oauthsrv import deadline
from oauthsrv.flows import administrators, catalog, password_reset
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.sealing import unseal
from oauthsrv.routes.repeats import PURPOSE
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, repeats
from portal import a_moment_passes, csrf_of, filled, invite


def page_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def edit(browser: Browser, page: str, field: str, typed: str) -> Any:
    form = play.form_with(browser.get(page), field)
    form[field] = typed
    return form


def of_app(server: Server, browser: Browser, root: make.User) -> Any:
    return edit(browser, f"/developer/apps/{make.app(server, root).client_id}/edit", "description", "It exports.")


def of_limits(server: Server, browser: Browser, root: make.User) -> Any:
    return edit(browser, f"/admin/apps/{make.app(server).client_id}/limit", "limit", "900")


def of_scope(server: Server, browser: Browser, root: make.User) -> Any:
    catalog.add(server, "repeat:it", catalog.ScopeFields("Read it", 40, False), by=Actor())
    return edit(browser, "/admin/scopes/edit?scope=repeat:it", "description", "Read it all")


def of_new_scope(server: Server, browser: Browser, root: make.User) -> Any:
    form = edit(browser, "/admin/scopes/new", "scope", "repeat:new")
    form["description"] = "Read what is new"
    return form


def of_profile(server: Server, browser: Browser, root: make.User) -> Any:
    return edit(browser, "/account/profile", "name", "Root the Second")


def of_invitation(server: Server, browser: Browser, root: make.User) -> Any:
    owner = make.user(server)
    link = invite(server, owner, make.app(server, owner).client_id, root)
    return play.form_with(browser.get(f"/developer/join?link={link}"), "link")


def of_reset(server: Server, browser: Browser, root: make.User) -> Any:
    link = password_reset.make_link(server, make.user(server).user_id, by=Actor())
    return edit(browser.another(), page_of(link), "new_password", "seven quiet otters")


def of_new_administrator(server: Server, browser: Browser, root: make.User) -> Any:
    user, theirs = make.user(server), browser.another()
    play.sign_in(theirs, user)
    return play.form_with(theirs.get(page_of(administrators.invite(server, user.user_id, by=Actor()))), "link")


def of_approval(server: Server, browser: Browser, root: make.User) -> Any:
    app = make.app(server, approved=False)
    page = browser.get(f"/admin/apps/{app.client_id}")
    return next(form for form in page.forms.values() if form.action.endswith("/approve"))


def of_verification(server: Server, browser: Browser, root: make.User) -> Any:
    page = browser.get(f"/admin/apps/{make.app(server).client_id}")
    return play.form_with(play.press(page, "Verify the app"), "sure")


def of_new_secret(server: Server, browser: Browser, root: make.User) -> Any:
    return button(browser, f"/developer/apps/{make.app(server, root).client_id}/secrets", "Add a second secret")


def of_new_api_secret(server: Server, browser: Browser, root: make.User) -> Any:
    return button(browser, f"/admin/apis/{make.api(server).client_id}", "Add a second secret")


def of_new_app(server: Server, browser: Browser, root: make.User) -> Any:
    """With a logo, so it comes as multipart/form-data."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(picture, "PNG")
    return filled(browser.get("/developer/apps/new"), logo=Upload("logo.png", picture.getvalue(), "image/png"))


def of_reset_link(server: Server, browser: Browser, root: make.User) -> Any:
    return button(browser, f"/admin/users/{make.user(server).user_id}", "Create a password reset link")


def of_team(server: Server, browser: Browser, root: make.User) -> Any:
    mate = make.user(server)
    return edit(browser, f"/developer/apps/{make.app(server, root).client_id}/team", "email", mate.email)


def of_password(server: Server, browser: Browser, root: make.User) -> Any:
    form = edit(browser, "/account/password", "new_password", "seven quiet otters")
    form["password"] = root.password
    return form


def of_sign_in(server: Server, browser: Browser, root: make.User) -> Any:
    form = edit(browser.another(), "/login", "email", root.email)
    form["password"] = root.password
    return form


def of_sign_up(server: Server, browser: Browser, root: make.User) -> Any:
    form = edit(browser.another(), "/signup", "email", f"{secrets.token_hex(6)}@example.com")
    form["name"], form["password"] = "Sue Signup", "seven quiet otters"
    return form


def of_sign_out(server: Server, browser: Browser, root: make.User) -> Any:
    return next(form for form in browser.get("/account/profile").forms.values() if form.action == "/logout")


def of_device(server: Server, browser: Browser, root: make.User) -> Any:
    shown = devices.device(browser.another(), devices.app(server))
    return Pressed(play.form_with(devices.enter(browser, shown.user_code), "shown"), "allow")


def of_consent(server: Server, browser: Browser, root: make.User) -> Any:
    return Pressed(play.form_with(play.ask(browser, make.app(server)), "decision"), "allow")


def of_refusal(server: Server, browser: Browser, root: make.User) -> Any:
    return Pressed(of_consent(server, browser, root).form, "deny")


class Pressed:
    """A form with two buttons, one of which is pressed."""

    def __init__(self, form: Any, decision: str) -> None:
        self.form = form
        self.submit = partial(form.submit, "decision", value=decision)


def button(browser: Browser, path: str, label: str) -> Any:
    page = browser.get(path)
    labels = [form.find("button") for form in page.html.find_all("form")]
    return page.forms[[one is not None and one.get_text() == label for one in labels].index(True)]


def kept(server: Server) -> list[Any]:
    keys = server.redis.connection().keys(server.redis.key("o", "*"))
    return [key for key in keys if not key.endswith(b":ended")]


@pytest.fixture(autouse=True)
def no_answers(server: Server) -> None:
    """No test finds what another one has sent."""
    a_moment_passes(server)


FORMS = (
    *(of_app, of_limits, of_scope, of_new_scope, of_profile, of_invitation, of_reset, of_new_administrator),
    *(of_approval, of_verification, of_new_secret, of_new_api_secret, of_new_app, of_reset_link, of_team),
    *(of_password, of_sign_up, of_sign_out, of_device, of_consent, of_refusal),
)


@pytest.mark.parametrize("opened", FORMS)
def test_rule_13_a_second_click_shows_the_result_of_the_first(
    server: Server, browser: Browser, root: make.User, reviewed: None, opened: Callable[..., Any]
) -> None:
    """The same page with the same secret, the same redirect with the same code; and the same cookies."""
    form = opened(server, browser, root)
    first = form.submit()
    assert first.status_int in (200, 303)
    events = rows.rows(server, "SELECT count(*) FROM audit_event")
    second = form.submit()
    assert (second.status_int, second.location) == (first.status_int, first.location)
    assert second.body == first.body
    assert second.headers.getall("Set-Cookie") == first.headers.getall("Set-Cookie")
    assert rows.rows(server, "SELECT count(*) FROM audit_event") == events


@pytest.mark.parametrize("opened", [of_password, of_sign_in, of_sign_up])
def test_rule_13_a_second_click_whose_browser_did_not_take_the_new_cookie_shows_the_result_too(
    server: Server, browser: Browser, root: make.User, opened: Callable[..., Any]
) -> None:
    form = opened(server, browser, root)
    theirs = form.response.test_app
    before = theirs.cookies[COOKIE]
    first = form.submit()
    assert form.submit().location == first.location
    take_back(theirs, before)
    second = form.submit()
    assert (second.status_int, second.location) == (303, first.location)
    assert play.is_signed_in(theirs)


def take_back(browser: Browser, cookie: str) -> None:
    next(one for one in browser.cookiejar if one.name == COOKIE).value = cookie


def test_rule_13_a_second_click_while_the_first_is_under_way_waits_for_its_result(
    server: Server, browser: Browser, root: make.User
) -> None:
    form = of_app(server, browser, root)
    with holding(changes, form.submit) as (gate, first), in_parallel(form.submit) as second:
        gate.open()
        assert first.result().status_int == 303
        assert second.result().status_int == 303
        assert second.result().location == first.result().location


def test_rule_13_five_clicks_at_once_all_show_the_result(server: Server, browser: Browser, root: make.User) -> None:
    form = of_new_secret(server, browser, root)
    with ThreadPoolExecutor(5) as threads:
        answers = [one.result() for one in [threads.submit(form.submit) for _ in range(5)]]
    assert {(answer.status_int, answer.body) for answer in answers} == {(200, answers[0].body)}


def test_rule_13_a_second_click_that_cannot_wait_longer_says_so_and_does_nothing(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after kill -9 of the process that worked on the first one, until its mark has expired."""
    form = of_new_secret(server, browser, root)
    a_moment_passes(server)
    with monkeypatch.context() as during:
        during.setattr(repeats, "end", lambda *args: None)
        during.setattr(repeats, "keep", lambda *args: None)
        assert form.submit().status_int == 200
    [mark] = kept(server)
    assert 0 < server.redis.connection().pttl(mark) <= (deadline.REQUEST_SECONDS + 1) * 1000
    with monkeypatch.context() as during:
        during.setattr(deadline, "REQUEST_SECONDS", 0.5)
        busy = form.submit()
    assert (busy.status_int, busy.headers["Retry-After"]) == (503, "5")
    assert "Still working on it" in busy
    a_moment_passes(server)
    assert form.submit().status_int == 409  # the record itself knows that it was changed


def test_rule_8_without_redis_no_form_does_anything(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> bool:
        raise StoreUnavailable("Redis")

    form = of_new_secret(server, browser, root)
    events = rows.rows(server, "SELECT count(*) FROM audit_event")
    with monkeypatch.context() as during:
        during.setattr(repeats, "begin", away)
        assert form.submit().status_int == 503
    assert rows.rows(server, "SELECT count(*) FROM audit_event") == events
    with monkeypatch.context() as during:  # it goes away after the form was done
        during.setattr(repeats, "keep", away)
        during.setattr(repeats, "end", away)
        assert form.submit().status_int == 200


def test_another_browser_another_form_and_a_later_one_get_no_answer_of_the_first(
    server: Server, browser: Browser, root: make.User
) -> None:
    link = page_of(password_reset.make_link(server, make.user(server).user_id, by=Actor()))
    mine = edit(browser.another(), link, "new_password", "seven quiet otters")
    other = edit(browser.another(), link, "new_password", "seven quiet otters")
    assert mine.submit().status_int == 303
    other["csrf"] = mine["csrf"].value
    assert other.submit().status_int == 403
    mine["new_password"] = "eight quiet otters"
    assert mine.submit().status_int == 404
    app = make.app(server, root)
    form = edit(browser, f"/developer/apps/{app.client_id}/edit", "description", "It exports.")
    assert form.submit().status_int == 303
    a_moment_passes(server)
    assert form.submit().status_int == 409


def test_what_was_just_undone_is_not_said_to_be_done(server: Server, browser: Browser, root: make.User) -> None:
    path = f"/admin/apps/{make.app(server).client_id}"
    suspending = edit(browser, f"{path}/suspend", "reason", "It leaks.")
    assert suspending.submit().status_int == 303
    assert button(browser, path, "Reactivate the app").submit().status_int == 303
    suspending.submit()
    assert "Reactivate the app" in browser.get(path)


def test_nobody_sees_an_answer_after_signing_out(server: Server, browser: Browser, root: make.User) -> None:
    secret = of_new_secret(server, browser, root)
    entering = of_sign_in(server, browser, root)
    theirs, before = entering.response.test_app, entering.response.test_app.cookies[COOKIE]
    entering.submit()
    session = theirs.cookies[COOKIE]
    shown = secret.submit().html.find(id="client-secret").get_text()
    for one in (browser, theirs):
        one.post("/logout", {"csrf": csrf_of(one)})
    assert shown not in secret.submit()
    take_back(theirs, before)
    again = entering.submit()  # another sign-in
    assert again.status_int == 303
    assert theirs.cookies[COOKIE] not in (before, session)


def test_nobody_sees_an_answer_after_the_password_was_changed_elsewhere(
    server: Server, browser: Browser, root: make.User
) -> None:
    form = of_consent(server, browser, root)
    elsewhere = browser.another()
    play.sign_in(elsewhere, root)
    assert form.submit().status_int == 303
    assert of_password(server, elsewhere, root).submit().status_int == 303
    assert form.submit().status_int == 403


@pytest.mark.parametrize("spent", [True, False])
def test_rule_2_a_code_that_was_used_or_revoked_is_not_sent_again(
    server: Server, browser: Browser, root: make.User, spent: bool
) -> None:
    """It would end the connection that it made."""
    app = make.app(server)
    form = Pressed(play.form_with(play.ask(browser, app), "decision"), "allow")
    code = play.answered(form.submit())["code"]
    assert play.answered(form.submit())["code"] == code
    if spent:
        assert play.exchange(browser, app, code).status_int == 200
    else:
        rows.rows(
            server,
            "UPDATE \"grant\" SET ended_at = now(), end_reason = 'user' WHERE client_id = %(id)s",
            id=app.client_id,
        )
    again = form.submit()
    assert again.status_int == 409
    assert code not in again


def test_a_form_that_did_nothing_is_no_first_click(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, root)
    form = edit(browser, f"/developer/apps/{app.client_id}/edit", "name", "")
    a_moment_passes(server)
    for _ in range(2):
        assert form.submit().status_int == 422
    form["name"] = "Named"
    make.change(server, app, name="By a colleague")
    for _ in range(2):
        assert form.submit().status_int == 409
    assert kept(server) == []


@pytest.mark.parametrize("opened", [of_new_secret, of_consent, of_sign_up])
def test_rule_1_what_is_kept_of_a_form_is_sealed_and_nothing_kept_opens_it(
    server: Server, browser: Browser, root: make.User, opened: Callable[..., Any]
) -> None:
    form = opened(server, browser, root)
    a_moment_passes(server)
    form.submit()
    for key in kept(server):
        value = server.redis.connection().get(key)
        for secret in (key.decode().rpartition(":")[2], browser.cookies[COOKIE], value.hex()):
            assert unseal(secret, browser.cookies[COOKIE], value, PURPOSE) is None


def test_rule_16_what_is_kept_of_forms_is_one_answer_for_each_browser_for_30_seconds(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_moment_passes(server)
    for _ in range(3):
        assert of_new_secret(server, browser, root).submit().status_int == 200
    [key] = kept(server)
    assert key.endswith(digest(browser.cookies[COOKIE]).hex().encode())
    assert 0 < server.redis.connection().ttl(key) <= repeats.SECONDS == 30
    monkeypatch.setattr(repeats, "LONGEST", 100)
    large = of_new_secret(server, browser, root)
    assert large.submit().status_int == 200
    assert large.submit().status_int == 409
