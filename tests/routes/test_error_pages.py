"""error_uri and X-Request-Id: an app's team finds its request by them, and everybody else only what the code means."""

from __future__ import annotations

import logging
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import COOKIE, Browser
from oauthsrv import request_ids
from oauthsrv.logs import OneLine
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.routes.developer.errors import CODES, DEFINED
from oauthsrv.routes.error_pages import unavailable
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, TooLate, sessions
from oauthsrv.store.refusals import REQUESTS_KEPT


@pytest.fixture
def app(server: Server, browser: Browser) -> make.App:
    owner = make.user(server)
    play.sign_in(browser, owner)
    return make.app(server, owner)


def failed(browser: Browser, app: make.App) -> TestResponse:
    return play.exchange(browser, app, "oac_x")


def page_of(browser: Browser, answer: TestResponse) -> TestResponse:
    return browser.get(answer.json["error_uri"].removeprefix("http://127.0.0.1:8000"))


def test_the_page_names_the_parameter_that_was_missing(server: Server, browser: Browser, app: make.App) -> None:
    answer = play.post(browser, "/oauth/token", app)
    server.refusals.flush()
    said = page_of(browser, answer).html.find("main").get_text()
    assert "Parameter: grant_type" in said
    assert "Sent: grant_type" not in said


def test_a_request_that_ran_out_of_time_blames_no_database() -> None:
    assert "too busy" in unavailable(TooLate()).text
    assert "database" in unavailable(StoreUnavailable()).text


def test_an_address_that_is_unknown_stays_unknown_to_a_browser_whose_session_cannot_be_read(
    server: Server, browser: Browser
) -> None:
    play.sign_in(browser, make.user(server))
    server.redis.connection().set(sessions.key(server.redis, browser.cookies[COOKIE]), b'{"of": "another version"}')
    page = browser.get("/nowhere")
    assert page.status_int == 404
    assert "Sign in" in page


def test_a_failed_request_names_its_page_and_its_team_finds_it_there(
    server: Server, browser: Browser, app: make.App
) -> None:
    answer = failed(browser, app)
    request_id = answer.headers["X-Request-Id"]
    assert answer.json["error_uri"] == f"{server.settings.issuer}/developer/errors/{request_id}?error=invalid_grant"
    server.refusals.flush()
    page = page_of(browser, answer)
    assert PROBLEMS["code_unknown"].fix in page
    facts = dict(
        zip(
            (dt.text for dt in page.html.find_all("dt")),
            (dd.text.split() for dd in page.html.find_all("dd")),
            strict=True,
        )
    )
    assert (facts["Response"], facts["Request ID"]) == (["400", "invalid_grant"], [request_id])
    assert "/oauth/token" in facts["Where"]
    assert "Requests your app made" in page.click("All activity of this app")


def without_seals(page: TestResponse) -> str:
    return re.sub(r"/login\?r=[^\"]+|req_[0-9a-f]{32}|value=\"[^\"]+\"", "", page.text)


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_rule_11_others_learn_nothing_from_it_not_even_whether_there_is_such_a_request(
    server: Server, browser: Browser, app: make.App, is_signed_in: bool
) -> None:
    answer = failed(browser, app)
    server.refusals.flush()
    other = browser.another()
    if is_signed_in:
        play.sign_in(other, make.user(server))
    there = page_of(other, answer)
    answer.json["error_uri"] = answer.json["error_uri"].replace(answer.headers["X-Request-Id"], "req_" + "0" * 32)
    assert without_seals(there) == without_seals(page_of(other, answer))
    assert "The error invalid_grant" in there
    assert app.client_id not in there


def test_a_signed_out_developer_can_sign_in_there_and_see_the_request(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    answer = failed(browser, app)
    server.refusals.flush()
    form = play.form_with(page_of(browser, answer).click("Sign in", index=-1), "password")
    form["email"], form["password"] = owner.email, owner.password
    assert PROBLEMS["code_unknown"].what in form.submit().follow()


def test_rule_11_the_address_of_an_error_page_says_only_what_is_known(browser: Browser) -> None:
    page = browser.get("/developer/errors/<x>?error=<b>pay</b>")
    assert "An error in a response" in page
    assert "pay" not in page.html.find("main").text
    for code in CODES:
        assert f"The error {code}" in browser.get(f"/developer/errors/req_{'0' * 32}?error={code}")
    assert DEFINED.keys() <= CODES.keys()


def test_an_error_in_a_redirect_names_its_page_too(server: Server, browser: Browser, app: make.App) -> None:
    answer = play.ask(browser, app, scope="fly:moon")
    (uri,) = parse_qs(urlsplit(answer.location).query)["error_uri"]
    assert answer.headers["X-Request-Id"] in uri
    server.refusals.flush()
    assert PROBLEMS["scope_unknown"].what in browser.get(uri.removeprefix(server.settings.issuer))


def test_an_api_gets_it_in_the_challenge_and_a_client_over_its_limit_in_the_body(
    server: Server, browser: Browser, app: make.App
) -> None:
    answer = browser.get("/oauth/verify", headers={"Authorization": "Bearer x"})
    assert f'error_uri="{answer.json["error_uri"]}"' in answer.headers["WWW-Authenticate"]
    rows.rows(server, "UPDATE client SET token_requests_per_minute = 1 WHERE client_id = %(id)s", id=app.client_id)
    server.clients.changed(app.client_id)
    failed(browser, app)
    answer = failed(browser, app)
    assert (answer.status_int, answer.json["error"]) == (429, "too_many_requests")
    server.refusals.flush()
    assert PROBLEMS["token_limit"].what in page_of(browser, answer)


def test_of_alike_requests_the_latest_ten_are_found(server: Server, browser: Browser, app: make.App) -> None:
    answers = []
    for n in range(REQUESTS_KEPT + 2):
        answers.append(browser.post("/oauth/token", {"client_id": app.client_id, "client_secret": "x"}))
        if n == 5:
            server.refusals.flush()
    server.refusals.flush()
    found = [PROBLEMS["secret_wrong"].what in page_of(browser, answer) for answer in answers]
    assert found == [False, False] + [True] * REQUESTS_KEPT


def test_rule_11_no_sender_chooses_the_id_of_a_request(browser: Browser) -> None:
    for path in ("/oauth/token", "/none", "/login", "/static/oauthsrv.css", "/healthz"):
        answer = browser.get(path, headers={"X-Request-Id": "req_" + "0" * 32})
        assert request_ids.is_request_id(answer.headers["X-Request-Id"])
        assert answer.headers["X-Request-Id"] != "req_" + "0" * 32


def test_what_a_request_logs_ends_with_its_id(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    lines: list[str] = []
    caplog.set_level(logging.INFO)
    caplog.handler.setFormatter(OneLine("%(message)s"))
    answer = browser.post("/oauth/token", {})
    lines += caplog.text.splitlines()
    assert lines[-1].endswith(f"[{answer.headers['X-Request-Id']}]")
    assert request_ids.current_request_id() == ""
