"""The way through a sign-in: `r` is short, sealed, of one browser and of one tab, and leads nowhere else (rule 13)."""

from __future__ import annotations

import secrets
import time
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from webtest import TestResponse

import make
import play
import seen
from browser import COOKIE, KNOWN_COOKIE, SUFFIX, Browser, wsgi
from oauthsrv.oauth import base64url
from oauthsrv.oauth.credentials import new_user_id
from oauthsrv.routes import browsers, pending
from oauthsrv.server import Server
from oauthsrv.store import limits

PRE_SESSION_COOKIE = browsers.PRE_SESSION_COOKIE + SUFFIX
# nginx gives the headers of an answer one page of memory, 4 KiB on most machines (proxy_buffer_size).
NGINX_BYTES = 4096


def header_bytes(answer: TestResponse) -> int:
    lines = [answer.status, *(f"{name}: {value}" for name, value in answer.headers.items())]
    return sum(len(line) + 2 for line in lines) + 100  # what the server itself adds


def r_of(answer: TestResponse) -> str:
    assert urlsplit(answer.headers["Location"]).path == "/login", answer
    return parse_qs(urlsplit(answer.headers["Location"]).query)["r"][0]


def sign_in_on(page: TestResponse, user: make.User) -> TestResponse:
    form = seen.main_form(page)
    form["email"], form["password"] = user.email, user.password
    return form.submit()


def followed(answer: TestResponse) -> TestResponse:
    """The page at the end, if it is one of ours; every header on the way fits nginx."""
    while True:
        assert header_bytes(answer) < NGINX_BYTES, answer.headers
        if answer.status_int != 303:
            return answer
        answer = answer.follow()


@pytest.mark.parametrize("length", [1, 700, 1_400, 3_000, 7_400])
@pytest.mark.parametrize("sent_by", ["GET", "POST"])
def test_rule_13_a_long_state_fits_the_default_buffers_of_nginx(
    server: Server, anywhere: Browser, user: make.User, length: int, sent_by: str
) -> None:
    app = make.app(server)
    others = {new_user_id(): secrets.token_hex(8) for _ in range(browsers.KNOWN_USERS - 1)}
    anywhere.set_cookie(KNOWN_COOKIE, browsers.write_marks(server.installation.browser_key, others))
    request = play.request_of(app, state="s" * length)
    sent = anywhere.get("/oauth/authorize?" + urlencode(request)) if sent_by == "GET" else None
    answer = sent or anywhere.post("/oauth/authorize", request)
    page = followed(answer)
    assert page.html.h1.get_text() == "Sign in"
    question = followed(sign_in_on(page, user))
    assert "wants to access your oauthsrv account" in question.html.h1.get_text()
    assert play.answered(play.allow(question))["state"] == "s" * length
    # Signed in already.
    answer = anywhere.post("/oauth/authorize", request)
    assert header_bytes(answer) < NGINX_BYTES
    assert play.answered(answer.follow())["state"] == "s" * length


def test_a_short_request_needs_no_redis_and_a_long_one_lies_there_sealed(server: Server, anywhere: Browser) -> None:
    def kept() -> list[Any]:
        return list(server.redis.connection().keys(server.redis.key("p", "*")))

    app = make.app(server)
    before = kept()
    assert r_of(play.ask(anywhere, app, state="a-short-state")).startswith("s")
    assert kept() == before
    assert r_of(play.ask(anywhere, app, state="a-long-state" * 200)).startswith("k")
    [key] = set(kept()) - set(before)
    assert 0 < int(server.redis.connection().ttl(key)) <= 3600
    assert b"a-long-state" not in server.redis.connection().get(key)


def test_rule_1_nothing_can_be_read_in_an_address(server: Server, anywhere: Browser) -> None:
    r = r_of(play.ask(anywhere, make.app(server), state="my-state"))
    assert b"my-state" not in (base64url.decode(r[1:], len(r[1:]) * 3 // 4) or b"my-state")


def test_rule_12_a_request_over_8_kib_gets_a_clear_page(server: Server, anywhere: Browser) -> None:
    app = make.app(server)
    for state in ("x" * 8_192, "%" * 3_000):
        for answer in (
            play.ask(anywhere, app, state=state),
            anywhere.post("/oauth/authorize", play.request_of(app, state=state)),
        ):
            assert answer.status_int == 414
            assert "too long" in answer.html.h1.get_text()
            assert header_bytes(answer) < NGINX_BYTES
    huge = anywhere.post("/oauth/authorize", {"client_id": app.client_id, "state": "x" * 100_000})
    assert huge.status_int in (400, 413, 414)
    assert "Location" not in huge.headers


def test_a_post_carries_nothing_on_that_means_nothing_here(server: Server, anywhere: Browser) -> None:
    request = play.request_of(make.app(server), state="x") | {"unknown": "y" * 10_000}
    answer = anywhere.post("/oauth/authorize", request)
    assert len(answer.headers["Location"]) < 1_000
    assert "unknown" not in answer.headers["Location"]


def test_rule_15_long_requests_are_limited_by_address(
    server: Server, anywhere: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "pending_address", limits.Limit(2, 600, "for this test"))
    app = make.app(server)
    answers = [play.ask(anywhere, app, state="x" * 2_000).status_int for _ in range(3)]
    assert answers == [303, 303, 429]
    assert play.ask(anywhere, app, state="x").status_int == 303
    assert play.ask(anywhere.another(seen.new_address()), app, state="x" * 2_000).status_int == 303


def test_rule_15_long_requests_of_many_networks_of_one_subscriber_are_limited(
    server: Server, anywhere: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "pending_network", limits.Limit(2, 600, "for this test"))
    app, prefix = make.app(server), f"2001:db8:{secrets.randbelow(1 << 16):x}"
    asking = [anywhere.another(f"{prefix}:{number}::1") for number in range(3)]
    assert [play.ask(one, app, state="x" * 2_000).status_int for one in asking] == [303, 303, 429]


def test_rule_15_a_limit_of_an_address_does_not_hold_up_who_is_signed_in(
    server: Server, anywhere: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "pending_address", limits.Limit(1, 600, "for this test"))
    monkeypatch.setitem(limits.LIMITS, "pending_user", limits.Limit(3, 600, "for this test"))
    app = make.app(server)
    play.ask(anywhere.another(anywhere.extra_environ["REMOTE_ADDR"]), app, state="x" * 2_000)
    play.sign_in(anywhere, user)
    assert [play.ask(anywhere, app, state="x" * 2_000, prompt="login").status_int for _ in range(4)] == [303] * 3 + [
        429
    ]


def test_rule_13_a_post_of_another_site_does_not_take_the_tabs_their_cookie(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    """Such a POST brings no cookies, as they are SameSite=Lax; a new one in its answer would replace theirs."""
    app = make.app(server, name="App in an open tab")
    tab = play.ask(anywhere, app)
    posting = anywhere.another()
    answer = posting.post("/oauth/authorize", play.request_of(app, state="x" * 2_000))
    assert PRE_SESSION_COOKIE not in posting.cookies
    assert "App in an open tab" in followed(sign_in_on(tab.follow(), user))
    assert "App in an open tab" in followed(anywhere.get(answer.headers["Location"]))
    # That address gets nobody through a sign-in.
    r = parse_qs(urlsplit(answer.headers["Location"]).query)["r"][0]
    assert anywhere.get(f"/login?r={r}").status_int == 400


# Tabs


@pytest.mark.parametrize("length", [10, 2_000])
def test_rule_13_each_tab_keeps_its_own_request(
    server: Server, anywhere: Browser, user: make.User, length: int
) -> None:
    apps = [make.app(server, name=f"App number {number}") for number in range(3)]
    tabs = [play.ask(anywhere, app, state=f"{number}" * length).follow() for number, app in enumerate(apps)]
    # Signing in in one tab, the form of another one sent late, and another one reloaded.
    assert "App number 1" in followed(sign_in_on(tabs[1], user))
    assert "App number 2" in followed(sign_in_on(tabs[2], user))
    assert "App number 0" in followed(anywhere.get(tabs[0].request.path_qs))


def test_rule_13_a_tab_that_was_open_goes_on_after_signing_out_and_in(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    app = make.app(server, name="App of the old tab")
    tab = play.ask(anywhere, app)
    play.sign_in(anywhere, user)
    anywhere.post("/logout", {"csrf": seen.form_to(anywhere.get("/account/profile"), "/logout")["csrf"].value})
    assert "App of the old tab" in followed(sign_in_on(tab.follow(), user))


def test_signing_up_keeps_the_request_too(server: Server, anywhere: Browser) -> None:
    page = play.ask(anywhere, make.app(server, name="App behind a sign-up"), state="x" * 3_000).follow()
    form = seen.main_form(page.click("Create one"))
    form["email"], form["name"] = "not an email", "New Person"
    form = seen.main_form(form.submit())
    form["email"], form["password"] = seen.new_email(), make.PASSWORD
    assert "App behind a sign-up" in followed(form.submit())


# Not this browser's, or no longer


@pytest.mark.parametrize("length", [10, 2_000])
def test_rule_13_the_request_of_another_browser_is_not_taken_on(
    server: Server, anywhere: Browser, user: make.User, length: int
) -> None:
    app = make.app(server, name="App of another browser")
    r = r_of(play.ask(anywhere, app, state="x" * length))
    other = anywhere.another(seen.new_address())
    for path in ("/login", "/signup"):
        page = other.get(f"{path}?r={r}")
        assert (page.status_int, page.html.h1.get_text()) == (400, "Start again")
        assert app.client_id not in seen.main_form(other.get("/login")).text
    # A link leads to the request itself, which anybody can open.
    assert "App of another browser" in followed(sign_in_on(followed(page.click("Continue")), user))
    # Posted, it does not stand in the way of signing in, and is not followed either.
    third = anywhere.another(seen.new_address())
    form = seen.main_form(third.get("/login"))
    form["email"], form["password"] = user.email, user.password
    form["r"].force_value(r)
    page = followed(form.submit())
    assert page.html.h1.get_text() == "Start again"
    assert "App of another browser" in followed(page.click("Continue"))


@pytest.mark.parametrize("length", [10, 2_000])
def test_rule_13_a_request_waits_for_an_hour(
    server: Server, anywhere: Browser, user: make.User, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = play.ask(anywhere, make.app(server, name="App that waited"), state="x" * length)
    page, r = answer.follow(), r_of(answer)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3500)
    assert anywhere.get(f"/login?r={r}").status_int == 200
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    late = anywhere.get(f"/login?r={r}")
    assert (late.status_int, late.html.h1.get_text()) == (400, "Start again")
    monkeypatch.setattr(time, "time", lambda: now)
    if length > pending.SHORT:
        server.redis.connection().delete(*server.redis.connection().keys(server.redis.key("p", "*")))
        answer = sign_in_on(page, user)
        assert answer.headers["Location"] == "/"
        assert "go back to the app" in followed(answer)


@pytest.mark.parametrize(
    "r", ["s", "k", "x", "/account", "//evil.example", "https://evil.example", "k" + "a" * 32, "s" + "a" * 300]
)
def test_rule_13_what_was_not_sealed_here_leads_nowhere(
    server: Server, anywhere: Browser, user: make.User, r: str
) -> None:
    for path in ("/login", "/signup", "/oauth/authorize"):
        page = anywhere.get(f"{path}?r={quote(r, safe='')}")
        assert (page.status_int, page.html.h1.get_text()) == (400, "Start again")
    form = seen.main_form(anywhere.get("/login"))
    form["email"], form["password"] = user.email, user.password
    form["r"].force_value(r)
    assert form.submit().headers["Location"] == "/"


def test_rule_13_no_bit_of_a_sealed_request_can_be_changed(server: Server, anywhere: Browser) -> None:
    r = r_of(play.ask(anywhere, make.app(server)))
    assert pending.open_address(server, r)
    for place in range(0, len(r), 7):
        changed = r[:place] + ("A" if r[place] != "A" else "B") + r[place + 1 :]
        assert pending.open_address(server, changed) is None
    assert pending.open_address(server, r + "A") is None
    assert pending.open_address(server, r[:-1]) is None


def test_a_request_of_a_page_is_no_authorization_request(server: Server, anywhere: Browser) -> None:
    r = r_of(anywhere.get("/account/profile"))
    assert anywhere.get(f"/oauth/authorize?r={r}").status_int == 400


def test_r_beside_other_parameters_is_one_that_means_nothing(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    """A client may send what it likes (RFC 6749 §3.1)."""
    play.sign_in(anywhere, user)
    query = urlencode(play.request_of(make.app(server)) | {"r": "x"})
    assert "wants to access your oauthsrv account" in anywhere.get("/oauth/authorize?" + query)


def test_another_machine_with_the_same_key_opens_it(
    server: Server, another_server: Server, anywhere: Browser, user: make.User
) -> None:
    answer = play.ask(anywhere, make.app(server, name="App at two machines"), state="x" * 2_000)
    there = Browser(wsgi(another_server), seen.new_address())
    for name, value in anywhere.cookies.items():
        there.set_cookie(name, value)
    page = there.get(answer.headers["Location"])
    assert "App at two machines" in followed(sign_in_on(page, user))


def test_rule_13_the_cookie_of_sign_ins_under_way_opens_no_session(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    sign_in_on(play.ask(anywhere, make.app(server)).follow(), user)
    thief = anywhere.another()
    thief.set_cookie(PRE_SESSION_COOKIE, anywhere.cookies[PRE_SESSION_COOKIE])
    thief.set_cookie(COOKIE, anywhere.cookies[PRE_SESSION_COOKIE])
    assert not play.is_signed_in(thief)


def test_rule_8_a_short_request_is_opened_without_any_database(
    server: Server, anywhere: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    r = r_of(play.ask(anywhere, make.app(server)))
    monkeypatch.setattr(server.redis, "connection", lambda: pytest.fail("it was asked"))
    monkeypatch.setattr(server.database, "take", lambda: pytest.fail("it was asked"))
    assert pending.open_address(server, r)
