"""The question before something is done: what was posted waits, and the button does it (rule 13)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import catalog
from oauthsrv.flows.audit import Actor
from oauthsrv.server import Server
from portal import an_hour_passes, csrf_of, member, owned

MARKUP = "<b onclick='x'>\"Bold\" & co</b>"


def of_user(server: Server, browser: Browser) -> TestResponse:
    return browser.get(f"/admin/users/{make.user(server, name=MARKUP).user_id}")


def of_app(server: Server, browser: Browser) -> TestResponse:
    return browser.get(f"/admin/apps/{make.app(server, name=MARKUP).client_id}")


def of_scope(server: Server, browser: Browser) -> TestResponse:
    scope = f"sure:{make.user(server).user_id[:12]}"
    catalog.add(server, scope, catalog.ScopeFields("Read it", 40, False), by=Actor())
    return browser.get("/admin/scopes/edit", {"scope": scope})


def of_developer(server: Server, browser: Browser) -> TestResponse:
    return browser.get(f"/developer/apps/{make.app(server, name=MARKUP).client_id}/users")


def of_team(server: Server, browser: Browser) -> TestResponse:
    owner = make.user(server)
    client_id = owned(server, owner, name=MARKUP)
    member(server, owner, client_id, name="Mia Member")
    return browser.get(f"/developer/apps/{client_id}/team")


# The page, the button on it, and the audit action of what is done in the end.
QUESTIONS: tuple[tuple[Callable[..., TestResponse], str, str], ...] = (
    (of_user, "Disable the user", "user.disabled"),
    (of_user, "Revoke all access", "user.revoked"),
    (of_app, "Verify the app", "client.verified"),
    (of_app, "Revoke all tokens", "client.tokens_ended"),
    (of_developer, "Revoke all tokens", "client.tokens_ended"),
    (of_team, "Remove Mia Member", "client.member_removed"),
    (of_scope, "Deprecate the scope", "scope.retired"),
)
every_question = pytest.mark.parametrize(
    ("opened", "button", "action"), QUESTIONS, ids=[f"{opened.__name__}: {button}" for opened, button, _ in QUESTIONS]
)


def events(server: Server, action: str, since: int) -> int:
    return len(
        rows.rows(server, "SELECT 1 FROM audit_event WHERE action = %(a)s AND event_id > %(s)s", a=action, s=since)
    )


def last_event(server: Server) -> int:
    [found] = rows.rows(server, "SELECT coalesce(max(event_id), 0) AS last FROM audit_event")
    return int(found.last)


def fields(form: Any) -> Iterator[tuple[str, str]]:
    return ((name, form[name].value) for name in form.fields if name)


def typed(form: Any) -> dict[str, str]:
    return {name: value for name, value in fields(form) if name != "csrf"}


@every_question
def test_nothing_is_done_before_the_answer_and_cancel_leads_back(
    server: Server, browser: Browser, root: make.User, opened: Callable[..., TestResponse], button: str, action: str
) -> None:
    page = opened(server, browser)
    before = last_event(server)
    asked = play.press(page, button)
    assert asked.status_int == 200
    assert asked.html.h1.get_text().endswith("?")
    assert asked.html.find("main").find("b") is None  # a name is a text
    assert asked.click("Cancel").request.path_qs == page.request.path_qs
    assert last_event(server) == before
    play.form_with(asked, "sure").submit()
    assert events(server, action, before) == 1


@every_question
def test_rule_13_a_double_click_shows_the_result_of_what_is_done(
    server: Server, browser: Browser, root: make.User, opened: Callable[..., TestResponse], button: str, action: str
) -> None:
    form, before = play.form_with(play.press(opened(server, browser), button), "sure"), last_event(server)
    with ThreadPoolExecutor(2) as threads:
        results = [one.result() for one in [threads.submit(form.submit) for _ in range(2)]]
    # To revoke all there is twice does no harm; what would do harm carries what it was shown with.
    assert events(server, action, before) == 1 or action in ("user.revoked", "client.tokens_ended")
    assert {(result.status_int, result.location) for result in results} == {(303, results[0].location)}


def test_what_was_posted_waits_in_the_question(server: Server, browser: Browser, root: make.User) -> None:
    page = of_app(server, browser)
    sent = next(form for form in page.forms.values() if form.action.endswith("/verify"))
    asked = play.form_with(sent.submit(), "sure")
    assert asked.action == sent.action
    assert typed(asked) == {**typed(sent), "sure": "yes", "back": page.request.path}
    assert asked["seen"].value


def test_rule_13_the_password_is_asked_for_after_the_question(
    server: Server, browser: Browser, root: make.User
) -> None:
    page = of_app(server, browser)
    an_hour_passes(server, browser)
    asked = play.press(page, "Verify the app")
    assert "Enter your password" not in asked
    confirm = play.press(asked, "Verify the app")
    assert "Enter your password" in confirm
    form = play.form_with(confirm, "confirm_password")
    assert typed(play.form_with(asked, "sure")).items() <= typed(form).items()
    form["confirm_password"] = root.password
    assert "The app is verified" in form.submit().follow()


def test_cancel_leads_to_the_page_that_the_form_was_on(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, root)
    path = f"/developer/apps/{app.client_id}/danger"
    sent = next(form for form in browser.get(path).forms.values() if form.action.endswith("/end-tokens"))
    asked = sent.submit(headers={"Referer": f"{server.settings.issuer}{path}"})
    assert asked.html.find("a", string="Cancel")["href"] == path
    assert play.form_with(asked, "sure")["back"].value == path


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "https://evil.example/", "/a b"])
def test_rule_13_cancel_leads_to_no_other_site(server: Server, browser: Browser, root: make.User, path: str) -> None:
    user = make.user(server)
    address, csrf = f"/admin/users/{user.user_id}/disable", csrf_of(browser)
    asked = browser.post(address, {"csrf": csrf, "back": path})
    assert asked.html.find("a", string="Cancel")["href"] == f"/admin/users/{user.user_id}"
    headers = {"Referer": server.settings.issuer + path}
    asked = browser.post(address, {"csrf": csrf_of(browser)}, headers=headers)
    assert asked.html.find("a", string="Cancel")["href"] == f"/admin/users/{user.user_id}"


@pytest.mark.parametrize("token", ["", "x" * 43])
def test_rule_13_another_site_cannot_answer_the_question(
    server: Server, browser: Browser, root: make.User, token: str
) -> None:
    user = make.user(server)
    path, before = f"/admin/users/{user.user_id}/disable", last_event(server)
    answer = browser.post(path, {"csrf": token, "sure": "yes"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_int == 403
    assert answer.html.find("input", {"name": "sure"}) is None
    assert browser.get(path, {"sure": "yes"}).status_int == 405
    browser.post(f"{path}?sure=yes", {"csrf": csrf_of(browser)})
    assert last_event(server) == before


@pytest.mark.parametrize("answer", ["no", "", "YES", "yes "])
def test_only_the_button_of_the_question_is_an_answer(
    server: Server, browser: Browser, root: make.User, answer: str
) -> None:
    path, before = f"/admin/users/{make.user(server).user_id}/disable", last_event(server)
    asked = browser.post(path, {"csrf": csrf_of(browser), "sure": answer})
    assert [field["value"] for field in asked.html.find_all("input", {"name": "sure"})] == ["yes"]
    assert last_event(server) == before


def test_what_is_kept_is_text_and_no_secret(server: Server, browser: Browser, root: make.User) -> None:
    path = f"/admin/users/{make.user(server).user_id}/disable"
    foreign = {'"><b>': '"><script>x</script>', "confirm_password": "seven quiet otters"}
    asked = browser.post(path, {"csrf": csrf_of(browser), **foreign})
    form = play.form_with(asked, "sure")
    assert form.action == path
    assert form['"><b>'].value == '"><script>x</script>'
    assert "seven quiet otters" not in asked


def test_the_question_is_not_asked_of_who_may_not(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server))
    answer = browser.post(f"/admin/users/{make.user(server).user_id}/disable", {"csrf": csrf_of(browser)})
    assert answer.status_int == 403
    assert "For administrators only" in answer
