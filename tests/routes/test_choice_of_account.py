"""Whose account an app expects: login_hint and prompt=select_account (OpenID Connect Core §3.1.2.1)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from webtest import TestResponse

import make
import play
import seen
from browser import Browser
from oauthsrv.server import Server


@pytest.fixture
def signed_in(browser: Browser, user: make.User) -> Browser:
    play.sign_in(browser, user)
    return browser


@pytest.mark.parametrize("page", ["Sign in", "Create an account"])
def test_the_email_that_an_app_hints_at_is_filled_in(server: Server, browser: Browser, page: str) -> None:
    shown = play.ask(browser, make.app(server), login_hint="ada@example.com").follow()
    if page == "Create an account":
        shown = shown.click("Create one")
    assert shown.html.h1.get_text() == page
    assert seen.main_form(shown)["email"].value == "ada@example.com"


@pytest.mark.parametrize(
    "hint", ["ada", "x" * 300, "<b>@example.com", "a b@example.com", "usr_" + "0" * 32, "ö@x.example"]
)
def test_a_hint_that_is_no_email_is_not_filled_in_and_asks_nobody(
    server: Server, browser: Browser, user: make.User, hint: str
) -> None:
    app = make.app(server)
    page = play.ask(browser, app, login_hint=hint).follow()
    form = seen.main_form(page)
    assert form["email"].value == ""
    form["email"], form["password"] = user.email, user.password
    assert "wants to access your oauthsrv account" in form.submit().follow().html.h1.get_text()
    if not hint.startswith("usr_"):
        assert "wants to access your oauthsrv account" in play.ask(browser, app, login_hint=hint).html.h1.get_text()


@pytest.mark.parametrize("whose", ["email", "EMAIL", "subject"])
def test_a_hint_at_who_is_signed_in_asks_for_nothing(
    server: Server, signed_in: Browser, user: make.User, whose: str
) -> None:
    hint = {"email": user.email, "EMAIL": user.email.upper(), "subject": user.user_id}[whose]
    assert (
        "wants to access your oauthsrv account"
        in play.ask(signed_in, make.app(server), login_hint=hint).html.h1.get_text()
    )


@pytest.mark.parametrize("whose", ["email", "subject", "nobody's"])
def test_a_hint_at_another_user_leads_to_the_choice_of_an_account(
    server: Server, signed_in: Browser, user: make.User, whose: str
) -> None:
    other, app = make.user(server), make.app(server)
    play.code(signed_in, app)  # remembered for one, and no reason to answer for the other
    hint = {"email": other.email, "subject": other.user_id, "nobody's": "nobody@example.com"}[whose]
    page = play.ask(signed_in, app, login_hint=hint).follow()
    assert user.email in page.html.main.get_text()
    assert seen.main_form(page)["email"].value == ("" if whose == "subject" else hint)
    # Going on as they are: the answer is for them.
    assert "code" in play.answered(page.click(f"Continue as {user.email}"))
    # Or as the other one, who is not asked again.
    form = seen.main_form(page)
    form["email"], form["password"] = other.email, other.password
    question = form.submit().follow()
    assert other.email in question.html.main.get_text()
    assert "wants to access your oauthsrv account" in question.html.h1.get_text()


def test_prompt_none_with_a_hint_at_another_user_is_login_required(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    play.code(signed_in, app)
    assert "code" in play.answered(play.ask(signed_in, app, prompt="none"))
    answer = play.answered(play.ask(signed_in, app, prompt="none", login_hint="other@example.com"))
    assert answer["error"] == "login_required"
    assert "login_hint" in answer["error_description"]


def test_prompt_select_account_offers_the_one_that_is_signed_in(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = make.app(server)
    page = play.ask(signed_in, app, prompt="select_account consent").follow()
    assert seen.main_form(page)["email"].value == ""
    assert "wants to access your oauthsrv account" in page.click(f"Continue as {user.email}").html.h1.get_text()


def test_not_you_leads_to_the_choice_and_back_to_the_question(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    other = make.user(server)
    for state in ("short", "long" * 600):
        app, person = make.app(server), signed_in.another(seen.new_address())
        play.sign_in(person, user)
        page = play.ask(person, app, state=state, login_hint=user.email)
        form = seen.main_form(page.click("Not you").follow())
        form["email"], form["password"] = other.email, other.password
        question = form.submit().follow()
        assert other.email in question.html.main.get_text()
        assert play.answered(play.allow(question))["state"] == state


def test_prompt_login_asks_a_newcomer_for_the_password_once(server: Server, browser: Browser, user: make.User) -> None:
    for changes in ({"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}, {"prompt": "login consent"}):
        newcomer = browser.another(seen.new_address())
        form = seen.main_form(play.ask(newcomer, make.app(server), **changes).follow())
        form["email"], form["password"] = user.email, user.password
        assert "wants to access your oauthsrv account" in form.submit().follow().html.h1.get_text(), changes


@pytest.mark.parametrize("name", ["prompt", "login_hint", "max_age", "scope", "response_mode", "code_challenge"])
@pytest.mark.parametrize("values", [("none", "none"), ("none", "login"), ("login", "login"), ("0", "0")])
@pytest.mark.parametrize("sent_by", ["GET", "POST"])
def test_rule_11_repeated_parameters_are_all_refused_alike(
    server: Server, browser: Browser, user: make.User, name: str, values: tuple[str, str], sent_by: str
) -> None:
    """By a redirect, as its address is known; and only after the sign-in, also where one of two prompts is none."""
    pairs = [pair for pair in play.request_of(make.app(server)).items() if pair[0] != name]
    query = urlencode([*pairs, *((name, value) for value in values)])

    def ask() -> TestResponse:
        if sent_by == "GET":
            return browser.get("/oauth/authorize?" + query)
        return browser.post("/oauth/authorize", query).follow()

    first = ask()
    assert first.headers["Location"].startswith("/login?r="), "nobody is sent to a client before signing in"
    form = seen.main_form(first.follow())
    form["email"], form["password"] = user.email, user.password
    for answer in (form.submit().follow(), ask()):
        returned = play.answered(answer)
        assert (returned["error"], "code" in returned) == ("invalid_request", False)
        assert name in returned["error_description"]
