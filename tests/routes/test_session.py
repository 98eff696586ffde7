"""Signing in and out (rule 13)."""

from __future__ import annotations

import dataclasses
import secrets

import pytest

import make
import play
from browser import COOKIE, DONE_COOKIE, KNOWN_COOKIE, Browser, wsgi
from held import done
from oauthsrv.flows import revocations, sign_in
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, sessions
from play import is_signed_in
from rows import audited, latest_events
from seen import main_form, new_address, new_email

WRONG = "not the right one"


# Signing in


def test_who_signs_in_comes_back_to_where_they_were_going(anywhere: Browser, user: make.User) -> None:
    page = anywhere.get("/account/password?x=1&y=%2F")
    assert page.status_int == 303
    assert page.headers["Location"].startswith("/login?r=s")
    form = main_form(page.follow())
    form["email"], form["password"] = user.email.upper(), user.password
    answer = form.submit()
    assert answer.status_int == 303
    assert answer.headers["Location"] == "/account/password?x=1&y=%2F"


def test_rule_13_every_failure_has_one_message(server: Server, user: make.User) -> None:
    gone = make.user(server)
    revocations.disable_user(server, gone.user_id, by=Actor())
    texts = set()
    for email, password in (
        (user.email, WRONG),
        (user.email, "x" * 5000),
        (new_email(), WRONG),
        (gone.email, gone.password),
        ("no mail at all", WRONG),
    ):
        browser = Browser(wsgi(server), new_address())
        answer = play.sign_in(browser, make.User("", email, password))
        assert answer.status_int == 422
        assert main_form(answer)["email"].value == email
        texts.add(answer.html.find(class_="notice bad").get_text())
        assert not is_signed_in(browser)
    assert len(texts) == 1


def test_an_empty_field_is_named(anywhere: Browser) -> None:
    answer = main_form(anywhere.get("/login")).submit()
    assert answer.status_int == 422
    assert len(answer.html.find_all(class_="error")) == 2


def test_the_audit_log_knows_who_signed_in_and_never_what_was_typed(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    play.sign_in(anywhere, user, WRONG)
    play.sign_in(anywhere, user)
    assert audited(server, "user.sign_in_failed", user.user_id) == 1
    assert audited(server, "user.signed_in", user.user_id) == 1
    typed = "my-password-in-the-wrong-field@example.com"
    play.sign_in(anywhere.another(new_address()), make.User("", typed, WRONG))
    assert latest_events(server)[0].action == "user.sign_in_failed"
    assert latest_events(server)[0].user_id is None
    assert typed not in str(latest_events(server))
    assert WRONG not in str(latest_events(server))


def test_rule_13_the_cookie_is_another_after_signing_in_and_after_signing_out(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    anywhere.get("/login")
    before = anywhere.cookies[COOKIE]
    play.sign_in(anywhere, user)
    within = anywhere.cookies[COOKIE]
    assert within != before
    page = anywhere.get("/account/profile")
    assert page.forms[0].action == "/logout"
    page.forms[0].submit()
    after = anywhere.cookies[COOKIE]
    assert after not in (before, within)
    assert not is_signed_in(anywhere)
    # Neither the cookie from before nor the one of the session opens anything.
    for stolen in (before, within):
        thief = anywhere.another()
        thief.set_cookie(COOKIE, stolen)
        assert not is_signed_in(thief)
    assert audited(server, "user.signed_out", user.user_id) == 1


def test_rule_13_a_cookie_that_an_attacker_chose_is_no_session_after_signing_in(
    anywhere: Browser, user: make.User
) -> None:
    chosen = secrets.token_urlsafe(32)
    anywhere.set_cookie(COOKIE, chosen)
    play.sign_in(anywhere, user)
    assert is_signed_in(anywhere)
    attacker = anywhere.another()
    attacker.set_cookie(COOKIE, chosen)
    assert not is_signed_in(attacker)


def test_rule_13_cookies_on_http(anywhere: Browser, user: make.User) -> None:
    for header in play.sign_in(anywhere, user).headers.getall("Set-Cookie"):
        assert header.startswith((f"{COOKIE}=", f"{KNOWN_COOKIE}=", f"{DONE_COOKIE}="))
        assert "; HttpOnly" in header
        assert "; SameSite=Lax" in header
        assert "; Path=/" in header
        assert "Secure" not in header
        assert "Domain" not in header


def test_rule_13_cookies_on_https(server: Server, user: make.User) -> None:
    kept = server.settings
    server.settings = dataclasses.replace(kept, issuer="https://login.example.com")
    try:
        browser = Browser(wsgi(server), new_address())
        browser.extra_environ["wsgi.url_scheme"] = "https"
        headers = play.sign_in(browser, user).headers.getall("Set-Cookie")
        assert len(headers) == 2
        for header in headers:
            assert header.startswith(("__Host-oauthsrv=", "__Host-oauthsrv-known="))
            assert "; Secure" in header
            assert "; HttpOnly" in header
            assert "; Path=/" in header
            assert "Domain" not in header
        assert is_signed_in(browser)
    finally:
        server.settings = kept


def test_a_page_without_a_form_sets_no_cookie(anywhere: Browser) -> None:
    assert "Set-Cookie" not in anywhere.get("/").headers
    assert "Set-Cookie" not in anywhere.get("/static/oauthsrv.css").headers
    assert "Set-Cookie" in anywhere.get("/login").headers
    assert "Set-Cookie" not in anywhere.get("/login").headers, "it keeps the one it has"


def test_who_is_signed_in_goes_on_from_the_sign_in_page(anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    assert anywhere.get("/login").headers["Location"] == "/"
    assert anywhere.get("/signup").headers["Location"] == "/"
    assert anywhere.get("/").headers["Location"] == "/account/apps"


def test_who_is_asked_to_sign_in_again_gets_a_new_session(server: Server, anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    before = anywhere.cookies[COOKIE]
    began = sessions.find(server.redis, before)
    app = make.app(server)
    form = main_form(play.ask(anywhere, app, prompt="login").follow())
    assert form["email"].value == user.email
    form["password"] = user.password
    assert "wants to access your oauthsrv account" in form.submit().follow()
    session = sessions.find(server.redis, anywhere.cookies[COOKIE])
    assert session is not None
    assert began is not None
    assert session.auth_time > began.auth_time
    assert sessions.find(server.redis, before) is None


def test_a_session_ends_when_its_user_is_disabled_and_does_not_come_back(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    play.sign_in(anywhere, user)
    assert is_signed_in(anywhere)
    revocations.disable_user(server, user.user_id, by=Actor())
    assert not is_signed_in(anywhere)
    revocations.enable_user(server, user.user_id, by=Actor())
    assert not is_signed_in(anywhere)
    play.sign_in(anywhere, user)
    assert is_signed_in(anywhere)


def test_rule_7_an_emptied_redis_means_signing_in_again_and_nothing_else(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    play.sign_in(anywhere, user)
    sessions.delete(server.redis, user.user_id, digest(anywhere.cookies[COOKIE]))
    assert not is_signed_in(anywhere)
    play.sign_in(anywhere, user)
    assert is_signed_in(anywhere)


def test_rule_7_who_signed_out_stays_so_when_redis_comes_back_with_older_data(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    play.sign_in(anywhere, user)
    secret = anywhere.cookies[COOKIE]
    key = sessions.key(server.redis, secret)
    record = server.redis.connection().get(key)
    assert record is not None
    anywhere.get("/account/profile").forms[0].submit()
    server.redis.connection().set(key, record, ex=1000)
    done(server.sweep.recent(server.redis.connection()))
    assert sessions.find(server.redis, secret) is None


def test_signing_out_twice_does_no_harm(anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    csrf = anywhere.get("/account/profile").forms[0]["csrf"].value
    page = anywhere.post("/logout", {"csrf": csrf})
    assert page.status_int == 303
    form = main_form(page.follow())
    assert anywhere.post("/logout", {"csrf": form["csrf"].value}).status_int == 303


def test_the_message_after_a_redirect_is_shown_once_and_cannot_be_made_up(anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    page = anywhere.get("/account/profile").forms[0].submit().follow()
    assert "You’re signed out." in page.html.find(class_="notice good")
    assert anywhere.get("/login").html.find(class_="notice good") is None
    anywhere.set_cookie(DONE_COOKIE, "send_your_password_to_evil")
    assert anywhere.get("/login").html.find(class_="notice good") is None


# CSRF


@pytest.mark.parametrize("path", ["/login", "/signup", "/logout", "/welcome"])
@pytest.mark.parametrize("token", ["", "x" * 43, "ä", "none"])
def test_rule_13_a_form_without_this_sessions_token_is_not_obeyed(anywhere: Browser, path: str, token: str) -> None:
    fields = {"email": "a@example.com", "password": make.PASSWORD, "name": "Ada"}
    answer = anywhere.post(path, fields if token == "none" else fields | {"csrf": token})
    assert answer.status_int == 403
    assert "a@example.com" not in answer, "another site must not get a page that needs one more click"


def test_rule_13_the_token_of_another_browser_is_refused(anywhere: Browser, user: make.User) -> None:
    csrf = main_form(anywhere.get("/login"))["csrf"].value
    other = anywhere.another()
    other.get("/login")
    answer = other.post("/login", {"csrf": csrf, "email": user.email, "password": user.password})
    assert answer.status_int == 403
    assert not is_signed_in(other)


def test_what_was_typed_before_a_sign_in_in_another_tab_is_kept(anywhere: Browser, user: make.User) -> None:
    play.sign_in(anywhere, user)
    tab = main_form(anywhere.get("/account/profile"))
    anywhere.get("/account/profile").forms[0].submit()
    play.sign_in(anywhere, user)
    tab["name"] = "Ada Typed"
    answer = tab.submit(headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_int == 403
    again = main_form(answer)
    assert again["name"].value == "Ada Typed"
    assert again.submit().follow().html.find(class_="notice good") is not None
    assert main_form(anywhere.get("/account/profile"))["name"].value == "Ada Typed"


def test_a_form_sent_after_the_session_ended_says_what_to_do(
    anywhere: Browser, user: make.User, server: Server
) -> None:
    play.sign_in(anywhere, user)
    form = main_form(anywhere.get("/account/profile"))
    sessions.delete(server.redis, user.user_id, digest(anywhere.cookies[COOKIE]))
    answer = form.submit()
    assert answer.status_int == 403
    assert "You’re signed out" in answer.html.h1


# Hostile input


@pytest.mark.parametrize("path", ["/login", "/signup", "/logout", "/welcome"])
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"email=%ff&csrf=x", "application/x-www-form-urlencoded", 400),
        (b"email=\xff", "application/x-www-form-urlencoded", 400),
        (b"email=%00", "application/x-www-form-urlencoded", 400),
        (b"email=a&email=b", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=b" % n for n in range(1000)), "application/x-www-form-urlencoded", 400),
        (b"email=" + b"a" * 200_000, "application/x-www-form-urlencoded", 413),
        (b'{"email": "a"}', "application/json", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"email=a", "", 415),
        (b"email=%zz", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"\x00\x01\x02", "application/x-www-form-urlencoded", 400),
    ],
)
def test_rule_12_no_form_gets_a_500(anywhere: Browser, path: str, body: bytes, content_type: str, status: int) -> None:
    answer = anywhere.post(path, body, headers={"Content-Type": content_type})
    assert answer.status_int == status
    assert answer.html.h1 is not None


@pytest.mark.parametrize(
    "query",
    [
        "r=%ff",
        "r=a&r=b",
        "r=%00",
        "r=",
        "r=s",
        "r=k" + "a" * 32,
        "r=s" + "a" * 100,
        "x=" + "a" * 70_000,
        "&" * 500,
        "x=%",
    ],
)
def test_rule_12_no_address_gets_a_500(anywhere: Browser, query: str) -> None:
    for path in ("/login", "/signup", "/welcome"):
        assert anywhere.get(f"{path}?{query}").status_int in (200, 400, 404)


@pytest.mark.parametrize("cookie", ["", "x", "ä", "x" * 10_000, '"', "a~b.c.d"])
def test_rule_12_no_cookie_gets_a_500(anywhere: Browser, cookie: str) -> None:
    for name in (COOKIE, KNOWN_COOKIE, DONE_COOKIE):
        header = f"{name}={cookie}".encode().decode("latin-1")
        assert anywhere.get("/login", headers={"Cookie": header}).status_int == 200


def test_an_address_that_is_too_long_to_come_back_to_gets_a_page(anywhere: Browser) -> None:
    assert anywhere.get("/account/apps?x=" + "a" * 20_000).status_int == 414


def test_an_unknown_address_gets_a_page(anywhere: Browser) -> None:
    assert anywhere.get("/nowhere").html.h1.get_text() == "Not found"
    assert anywhere.post("/account/apps", {}).status_int == 405


# The way to an app


def test_login_first_and_back_to_the_question(server: Server, anywhere: Browser, user: make.User) -> None:
    page = play.ask(anywhere, make.app(server)).follow()
    sign_up_link = page.html.find("a", string="Create one")["href"]
    assert sign_up_link.startswith("/signup?r=s")
    form = main_form(page)
    form["email"], form["password"] = user.email, WRONG
    form = main_form(form.submit())
    form["password"] = user.password
    assert "wants to access your oauthsrv account" in form.submit().follow().html.h1.get_text()


@pytest.mark.parametrize("foreign", ["a@b=c", "foo/bar=1", "foo(bar)=1", "=", ";;", '"', "oauthsrv", "\xff=\xff"])
def test_rule_12_cookies_of_other_programs_do_no_harm(browser: Browser, foreign: str) -> None:
    for path in ("/login", "/oauth/authorize", "/no/such/page"):
        assert browser.get(path, headers={"Cookie": foreign}).status_int < 500


def test_a_second_tab_goes_on_after_the_same_person_signed_in_and_for_nobody_else(
    server: Server, browser: Browser, user: make.User
) -> None:
    second = play.form_with(browser.get("/account/profile").follow(), "password")
    play.sign_in(browser, user)
    second["email"], second["password"] = user.email, "whatever"
    assert second.submit().headers["Location"] == "/account/profile"
    second["email"] = make.user(server).email
    assert second.submit().status_int == 403


def test_rule_8_a_form_whose_store_does_not_answer_keeps_what_was_typed(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = play.form_with(browser.get("/login"), "email")
    form["email"], form["password"] = "ada@example.com", make.PASSWORD

    def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailable("PostgreSQL: it does not answer")

    monkeypatch.setattr(sign_in, "sign_in", unavailable)
    page = form.submit()
    assert (page.status_int, page.headers["Retry-After"]) == (503, "5")
    assert "A database isn’t answering, so nothing was changed." in page
    again = play.form_with(page, "email")
    assert (again["email"].value, again["password"].value) == ("ada@example.com", "")
