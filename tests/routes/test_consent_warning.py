"""The warning before the consent page of an app that hardly anybody knows, and that asks for something sensitive."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from webtest import TestResponse

import devices
import make
import play
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth.credentials import new_grant_id
from oauthsrv.server import Server
from rows import rows

SCOPES = ("read:profile", "read:billing")


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server, scopes=SCOPES, name="Chart Maker")


def ask(browser: Browser, app: make.App, **changes: str | None) -> TestResponse:
    changes = {"scope": "read:profile read:billing"} | changes
    return browser.get("/oauth/authorize?" + urlencode(play.request_of(app, **changes)))


def is_warning(page: TestResponse) -> bool:
    return page.status_int == 200 and page.html.h1.get_text().startswith("Do you know")


def answer(page: TestResponse, decision: str = "continue") -> TestResponse:
    return play.form_with(page, "decision").submit("decision", value=decision)


def text_of(page: TestResponse) -> str:
    return " ".join(page.html.find("main").get_text().split())


def used_by(server: Server, app: make.App, people: int) -> None:
    for _ in range(people):
        rows(
            server,
            'INSERT INTO "grant" (grant_id, user_id, client_id, epoch, scopes) '
            "SELECT %(grant)s, %(user)s, client_id, epoch, '{read:profile}' FROM client "
            "WHERE client_id = %(client)s",
            grant=new_grant_id(0),
            user=make.user(server).user_id,
            client=app.client_id,
        )


def seen_days_ago(server: Server, app: make.App, days: int) -> None:
    sql = "UPDATE client SET created_at = now() - make_interval(days => %(days)s) WHERE client_id = %(client)s"
    rows(server, sql, days=days, client=app.client_id)


@pytest.fixture
def reviewed(server: Server) -> Iterator[None]:
    known = server.settings
    server.settings = dataclasses.replace(known, app_review=True)
    yield
    server.settings = known


def test_rule_14_a_new_app_that_asks_for_something_sensitive_is_warned_about_with_the_real_count(
    server: Server, signed_in: Browser, app: make.App
) -> None:
    used_by(server, app, 3)
    page = ask(signed_in, app)
    assert page.html.h1.get_text() == "Do you know Chart Maker?"
    text = text_of(page)
    assert "3 other people here use it. First seen here just now." in text
    assert "See your billing information" in text
    assert "See your profile" not in text
    assert "app.example" in text
    assert page.html.find("button", value="allow") is None
    page = answer(page).follow()
    assert "wants to access" in page.html.h1.get_text()
    assert "code" in play.answered(play.allow(page))


def test_cancel_on_the_warning_tells_the_client_and_gives_nothing(signed_in: Browser, app: make.App) -> None:
    assert play.answered(answer(ask(signed_in, app), "deny"))["error"] == "access_denied"
    assert is_warning(ask(signed_in, app))


@pytest.mark.parametrize(("people", "days", "warned"), [(4, 30, True), (5, 30, False), (5, 6, True), (5, 8, False)])
def test_rule_14_an_app_is_known_after_a_week_and_with_five_people(
    server: Server, signed_in: Browser, app: make.App, people: int, days: int, warned: bool
) -> None:
    used_by(server, app, people)
    seen_days_ago(server, app, days)
    assert is_warning(ask(signed_in, app)) is warned


def test_rule_14_what_is_not_sensitive_needs_no_warning(signed_in: Browser, app: make.App) -> None:
    assert not is_warning(ask(signed_in, app, scope="read:profile"))


def test_rule_14_its_team_and_those_who_allowed_it_before_need_no_warning(server: Server, browser: Browser) -> None:
    owner, user = make.user(server), make.user(server)
    app = make.app(server, owner, scopes=SCOPES)
    play.sign_in(browser, owner)
    assert not is_warning(ask(browser, app))
    other = browser.another()
    play.sign_in(other, user)
    play.allow(answer(ask(other, app)).follow())
    assert not is_warning(ask(other, app, prompt="consent"))


def test_rule_14_a_verified_app_needs_no_warning(server: Server, signed_in: Browser, app: make.App) -> None:
    review.verify(server, app.client_id, by=Actor())
    assert not is_warning(ask(signed_in, app))


def test_rule_14_where_apps_are_reviewed_an_approved_one_needs_no_warning(
    server: Server, signed_in: Browser, app: make.App, reviewed: None
) -> None:
    assert not is_warning(ask(signed_in, app))


# It can't be skipped


@pytest.mark.parametrize("more", [{"decision": "continue"}, {"warned": "yes"}, {"continue": "1"}, {"shown": "x"}])
def test_rule_14_no_address_skips_the_warning(signed_in: Browser, app: make.App, more: dict[str, str]) -> None:
    scope = "read:profile read:billing"
    query = play.request_of(app, scope=scope) | more
    assert is_warning(signed_in.get("/oauth/authorize?" + urlencode(query)))


def test_rule_14_the_warnings_form_allows_nothing(signed_in: Browser, app: make.App) -> None:
    csrf = play.form_with(ask(signed_in, app), "decision")["csrf"].value
    assert signed_in.post("/oauth/authorize", {"decision": "allow", "csrf": csrf}).status_int == 400
    assert is_warning(ask(signed_in, app))


def test_rule_14_the_warning_is_read_for_one_request_of_one_browser(
    server: Server, signed_in: Browser, user: make.User, app: make.App
) -> None:
    page = answer(ask(signed_in, app)).follow()
    assert not is_warning(ask(signed_in, app))  # the same request, loaded again
    assert is_warning(ask(signed_in, app, state="another"))
    other = signed_in.another()
    play.sign_in(other, user)
    assert is_warning(ask(other, app))
    play.allow(page)
    assert is_warning(ask(signed_in, app, prompt="consent", state="third")) is False  # allowed before
    make.change(server, app, name="Another Maker")
    assert not is_warning(ask(signed_in, app))  # its consent is remembered


def test_rule_14_the_warning_comes_again_when_the_app_was_changed(
    server: Server, signed_in: Browser, app: make.App
) -> None:
    page = answer(ask(signed_in, app)).follow()
    make.change(server, app, name="Another Maker")
    assert is_warning(play.allow(page).follow())


def test_rule_13_the_warnings_form_needs_the_token_of_the_session(signed_in: Browser, app: make.App) -> None:
    ticket = play.form_with(ask(signed_in, app), "decision")["csrf"].value.partition(".")[2]
    signed_in.post("/oauth/authorize", {"decision": "continue", "csrf": f"{'x' * 43}.{ticket}"})
    assert is_warning(ask(signed_in, app))


# Devices


def test_rule_14_a_device_of_such_an_app_is_warned_about_too(server: Server, signed_in: Browser) -> None:
    app = devices.app(server, scopes=SCOPES)
    device = devices.device(signed_in.another(), app, scope="read:profile read:billing")
    page = devices.enter(signed_in, device.user_code)
    assert is_warning(page)
    assert "Nobody else here uses it yet." in text_of(page)
    forged = signed_in.post(
        "/device", {"csrf": play.form_with(page, "shown")["csrf"].value, "user_code": device.user_code, "shown": "x"}
    )
    assert is_warning(forged)
    page = play.form_with(page, "shown").submit(None)
    assert "on a device wants to access" in page.html.h1.get_text()
    play.form_with(page, "shown").submit("decision", value="allow")
    assert "read:billing" in device.tokens()["scope"]


def test_rule_14_sensitive_scopes_that_a_device_can_do_without_come_unticked(
    server: Server, signed_in: Browser
) -> None:
    app = devices.app(server, scopes=SCOPES, optional_scopes=("read:billing",))
    device = devices.device(signed_in.another(), app, scope="read:profile read:billing")
    page = play.form_with(devices.enter(signed_in, device.user_code), "shown").submit(None)
    assert not play.form_with(page, "shown")["scope"].checked
