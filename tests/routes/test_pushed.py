"""POST /oauth/par, and the one use of what was pushed (RFC 9126; rule 15)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser, wsgi
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.oauth.credentials import digest
from oauthsrv.routes.sent_requests import REFERENCE, pushed_name
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS
from portal import a_moment_passes
from seen import new_address

CONSENT = "wants to access your oauthsrv account"


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server)


@pytest.fixture
def public(server: Server) -> make.App:
    return make.app(server, type="public", redirect_uris=("https://spa.example/callback",))


def opened(browser: Browser, app: make.App, **changes: str | None) -> TestResponse:
    """A pushed request as its user opens it: the page, or the answer to the client."""
    answer = play.push(browser, app, **changes)
    assert answer.status_int == 201, answer
    return browser.get(play.pushed_address(app, answer)).follow()


def is_refused(answer: TestResponse) -> bool:
    """The page that says what to do; nobody is redirected to a client."""
    return answer.status_int == 400 and answer.html.h1.get_text() == "Start again" and "Location" not in answer.headers


def refusals(server: Server, app: make.App) -> list[tuple[str, str, bool]]:
    server.refusals.flush()
    found = rows.rows(
        server,
        "SELECT endpoint, problem, is_authenticated FROM refusal WHERE client_id = %(id)s",
        id=app.client_id,
    )
    return sorted((row.endpoint, row.problem, row.is_authenticated) for row in found)


# Pushing


@pytest.mark.parametrize("type", ["confidential", "public"])
def test_a_pushed_request_gives_tokens(server: Server, signed_in: Browser, type: str) -> None:
    app = make.app(server, type=type, redirect_uris=("https://app.example/callback",))
    answer = play.push(signed_in, app)
    assert (answer.status_int, answer.content_type) == (201, "application/json")
    assert answer.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert len(answer.json["request_uri"]) > len("urn:ietf:params:oauth:request_uri:") + 40
    assert answer.json["expires_in"] == 60
    page = signed_in.get(play.pushed_address(app, answer)).follow()
    back = play.answered(play.allow(page))
    assert (back["state"], back["iss"]) == ("s t/ä+te&1", server.settings.issuer)
    tokens = play.exchange(signed_in, app, back["code"])
    assert tokens.json["scope"] == "read:profile read:data"


def test_the_secret_can_be_in_the_form_and_is_not_kept(server: Server, signed_in: Browser, app: make.App) -> None:
    form = play.request_of(app) | {"client_secret": app.client_secret or ""}
    answer = signed_in.post("/oauth/par", form)
    assert answer.status_int == 201
    name = pushed_name(app.client_id, answer.json["request_uri"].removeprefix(REFERENCE))
    key, client = server.redis.key("r", digest(name).hex()), server.redis.connection()
    assert (app.client_secret or "").encode() not in client.hget(key, "query")
    assert 0 < client.ttl(key) <= 60


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"redirect_uri": "https://app.example/other"}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"client_id": None}, "invalid_request"),
        ({"client_id": "cli_" + "0" * 32}, "invalid_request"),
        ({"scope": "no-such-scope"}, "invalid_scope"),
        ({"scope": 'bad"scope'}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"resource": "https://unknown.example"}, "invalid_target"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "eyJ.eyJ."}, "request_not_supported"),
        ({"request_uri": "https://app.example/r"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
    ],
)
def test_rule_11_what_is_wrong_is_answered_as_json_with_the_registered_error(
    browser: Browser, app: make.App, changes: dict[str, str | None], error: str
) -> None:
    answer = play.push(browser, app, **changes)
    assert (answer.status_int, answer.json["error"]) == (400, error)
    assert answer.json["error_description"]
    assert "request_uri" not in answer.json


def test_rule_11_a_repeated_parameter_is_refused(browser: Browser, app: make.App) -> None:
    form = [*play.request_of(app).items(), ("client_secret", app.client_secret), ("state", "again")]
    answer = browser.post("/oauth/par", form)
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


def test_who_proves_nothing_pushes_nothing(server: Server, browser: Browser, app: make.App, public: make.App) -> None:
    wrong = make.App(app.client_id, "sec_" + "0" * 64, app.redirect_uri)
    for sender in (wrong, make.App(app.client_id, None, app.redirect_uri)):
        answer = play.push(browser, sender)
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" in play.push(browser, wrong).headers
    both = play.request_of(app) | {"client_secret": app.client_secret or ""}
    basic = {"Authorization": "Basic " + "Y2xpXzA6eA=="}
    assert browser.post("/oauth/par", both, headers=basic).json["error"] == "invalid_request"
    api = make.api(server)
    assert play.push(browser, api).json["error"] == "unauthorized_client"
    with_secret = make.App(public.client_id, "sec_" + "0" * 64, public.redirect_uri)
    assert play.push(browser, with_secret).json["error"] == "invalid_client"


def test_a_suspended_app_pushes_nothing(server: Server, browser: Browser, app: make.App) -> None:
    rows.rows(server, "UPDATE client SET suspended_at = now() WHERE client_id = %(id)s", id=app.client_id)
    client_changed(server, app.client_id)
    assert play.push(browser, app).json["error"] == "unauthorized_client"


def test_another_method_a_long_request_and_another_type_are_refused(browser: Browser, app: make.App) -> None:
    answer = browser.get("/oauth/par")
    assert (answer.status_int, answer.headers["Allow"]) == (405, "POST")
    answer = play.push(browser, app, state="x" * 9_000)
    assert (answer.status_int, answer.json["error"]) == (413, "invalid_request")
    answer = browser.post("/oauth/par", "{}", content_type="application/json")
    assert (answer.status_int, answer.json["error"]) == (415, "invalid_request")


# Using it


def test_it_is_its_clients_alone_and_a_wrong_client_spends_nothing(
    server: Server, signed_in: Browser, app: make.App
) -> None:
    answer, other = play.push(signed_in, app), make.app(server)
    assert is_refused(signed_in.get(play.pushed_address(other, answer)))
    assert refusals(server, other) == [("/oauth/authorize", "invalid_request_uri", False)]
    request_uri = answer.json["request_uri"]
    nobody = signed_in.get("/oauth/authorize?" + urlencode({"request_uri": request_uri}))
    assert (nobody.status_int, "Location" in nobody.headers) == (400, False)
    unknown = signed_in.get(play.pushed_address(make.App("cli_" + "0" * 32, None, ""), answer))
    assert (unknown.status_int, "Location" in unknown.headers) == (400, False)
    assert CONSENT in signed_in.get(play.pushed_address(app, answer)).follow()


def test_outer_parameters_never_override(server: Server, signed_in: Browser, app: make.App) -> None:
    answer = play.push(signed_in, app, scope="read:profile", state="pushed")
    outer = {
        "scope": "read:profile write:profile read:data",
        "state": "outer",
        "redirect_uri": "https://evil.example/",
        "prompt": "none",
        "response_type": "token",
        "code_challenge": "x",
        "resource": "https://unknown.example",
    }
    page = signed_in.get(play.pushed_address(app, answer, **outer)).follow()
    back = play.allow(page)
    assert back.location.startswith(app.redirect_uri + "?")
    assert play.answered(back)["state"] == "pushed"
    assert play.exchange(signed_in, app, play.answered(back)["code"]).json["scope"] == "read:profile"


def test_reload_works_in_the_first_browser_and_nowhere_else(server: Server, signed_in: Browser, app: make.App) -> None:
    address = play.pushed_address(app, play.push(signed_in, app))
    moved = signed_in.get(address)
    assert CONSENT in moved.follow()
    for again in (address, moved.location):
        reloaded = signed_in.get(again)
        assert CONSENT in (reloaded.follow() if reloaded.status_int == 303 else reloaded)
    another = signed_in.another()
    play.sign_in(another, make.user(server))
    for again in (address, moved.location):
        assert is_refused(another.get(again))
        assert is_refused(signed_in.another().get(again))
    assert "code" in play.answered(play.allow(moved.follow()))


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_an_answered_request_is_used(server: Server, signed_in: Browser, app: make.App, decision: str) -> None:
    moved = signed_in.get(play.pushed_address(app, play.push(signed_in, app)))
    page = moved.follow()
    assert play.answered(play.form_with(page, "decision").submit("decision", value=decision))["state"]
    for used in (moved.request.path_qs, moved.location):
        assert is_refused(signed_in.get(used))
    a_moment_passes(server)
    twice = play.allow(page)
    assert (twice.status_int, "Start again" in twice) == (409, False)


def test_a_remembered_answer_uses_it_too(signed_in: Browser, app: make.App) -> None:
    play.code(signed_in, app)
    address = play.pushed_address(app, play.push(signed_in, app))
    assert "code" in play.answered(signed_in.get(address).follow())
    assert is_refused(signed_in.get(address))


def test_of_many_browsers_at_once_one_gets_it(server: Server, app: make.App) -> None:
    answer = play.push(Browser(wsgi(server)), app)

    def use(_: int) -> bool:
        return Browser(wsgi(server)).get(play.pushed_address(app, answer)).status_int == 303

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(16))) == 1


def test_a_mail_scanner_does_not_use_it(signed_in: Browser, app: make.App) -> None:
    address = play.pushed_address(app, play.push(signed_in, app))
    signed_in.another().head(address)
    assert CONSENT in signed_in.get(address).follow()


def test_it_can_be_sent_to_the_authorization_endpoint_by_post(signed_in: Browser, app: make.App) -> None:
    query = urlsplit(play.pushed_address(app, play.push(signed_in, app))).query
    sent = signed_in.post("/oauth/authorize", query)
    assert CONSENT in sent.follow().follow()


def test_a_visitor_signs_in_first_and_nothing_pushed_is_in_an_address(
    server: Server, browser: Browser, app: make.App
) -> None:
    user = make.user(server)
    moved = browser.get(play.pushed_address(app, play.push(browser, app, state="do-not-show")))
    to_login = moved.follow()
    form = play.form_with(to_login.follow(), "password")
    form["email"], form["password"] = user.email, user.password
    after = form.submit()
    page = after.follow()
    assert CONSENT in page
    for answer in (moved, to_login, after):
        assert "do-not-show" not in answer.location
    assert play.answered(play.allow(page))["state"] == "do-not-show"


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}])
def test_a_new_sign_in_is_asked_for_once(
    signed_in: Browser, user: make.User, app: make.App, asked: dict[str, str | None]
) -> None:
    address = play.pushed_address(app, play.push(signed_in, app, **asked))
    form = play.form_with(signed_in.get(address).follow().follow(), "password")
    # The address of the request asks again, whatever the browser has seen since.
    assert signed_in.get(address).follow().location.startswith("/login")
    form["email"], form["password"] = user.email, user.password
    assert CONSENT in form.submit().follow()


def test_prompt_none_is_answered_without_a_page(server: Server, browser: Browser, app: make.App) -> None:
    assert play.answered(opened(browser, app, prompt="none"))["error"] == "login_required"
    play.sign_in(browser, make.user(server))
    assert play.answered(opened(browser, app, prompt="none"))["error"] == "consent_required"


def test_the_user_can_change_to_another_account(server: Server, signed_in: Browser, app: make.App) -> None:
    page = opened(signed_in, app, state="do-not-show")
    link = page.html.find("a", string="Not you?")["href"]
    assert "do-not-show" not in link
    form = play.form_with(signed_in.get(link).follow(), "password")
    another = make.user(server)
    form["email"], form["password"] = another.email, another.password
    page = form.submit().follow()
    assert another.email in page
    assert play.answered(play.allow(page))["state"] == "do-not-show"


def test_a_long_request_works_and_nothing_of_it_is_lost(server: Server, signed_in: Browser, app: make.App) -> None:
    state = "x" * 4_000
    page = opened(signed_in, app, state=state)
    assert play.answered(play.allow(page))["state"] == state


def test_a_choice_of_nothing_shows_the_page_again(server: Server, signed_in: Browser) -> None:
    app = make.app(server, scopes=("read:profile", "read:data"), optional_scopes=("read:data",))
    form = play.form_with(opened(signed_in, app, scope="read:data"), "decision")
    form["scope"] = None
    page = form.submit("decision", value="allow").follow()
    assert page.html.find(class_="notice")
    assert "code" in play.answered(play.allow(page))


def test_what_was_pushed_is_checked_again(server: Server, signed_in: Browser, app: make.App) -> None:
    address = play.pushed_address(app, play.push(signed_in, app))
    make.change(server, app, redirect_uris=("https://app.example/other",))
    answer = signed_in.get(address).follow()
    assert (answer.status_int, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize("reference", ["", "x", "\u00e9", "x" * 5_000, "../" * 10, "a b\n"])
def test_a_reference_that_nobody_gave_out_gets_a_page(signed_in: Browser, app: make.App, reference: str) -> None:
    query = {"client_id": app.client_id, "request_uri": "urn:ietf:params:oauth:request_uri:" + reference}
    answer = signed_in.get("/oauth/authorize?" + urlencode(query))
    assert answer.status_int == 400
    assert "Location" not in answer.headers


def test_rule_7_a_request_that_redis_lost_is_started_again(server: Server, signed_in: Browser, app: make.App) -> None:
    address = play.pushed_address(app, play.push(signed_in, app))
    used = play.pushed_address(app, play.push(signed_in, app))
    moved = signed_in.get(used).location
    for key in server.redis.connection().scan_iter(match=server.redis.key("r", "*")):
        server.redis.connection().delete(key)
    for again in (address, used, moved):
        assert is_refused(signed_in.get(again))


def test_rule_7_a_redis_with_older_data_brings_no_request_back(
    server: Server, signed_in: Browser, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = play.pushed_address(app, play.push(signed_in, app))
    monkeypatch.setattr(type(server.redis), "run_id", "another")
    assert is_refused(signed_in.get(address))


# Who is charged


def test_rule_15_an_app_with_a_secret_is_charged_and_its_address_is_not(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "par_address", LIMITS["par_address"]._replace(most=1))
    anywhere = Browser(wsgi(server), new_address())
    answers = [play.push(anywhere, app) for _ in range(3)]
    assert [answer.status_int for answer in answers] == [201] * 3
    assert [answer.headers["RateLimit"].split(";")[:2] for answer in answers] == [
        ['"par"', f"r={left}"] for left in (5999, 5998, 5997)
    ]
    make.change(server, app)
    rows.rows(server, "UPDATE client SET token_requests_per_minute = 3 WHERE client_id = %(id)s", id=app.client_id)
    client_changed(server, app.client_id)
    answer = play.push(anywhere, app)
    assert (answer.status_int, answer.json["error"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0
    assert refusals(server, app) == [("/oauth/par", "par_limit", True)]
    assert play.push(anywhere, make.app(server)).status_int == 201


def test_rule_15_a_public_app_is_never_charged_but_the_sender(
    server: Server, public: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "par_address", LIMITS["par_address"]._replace(most=2))
    here, there = Browser(wsgi(server), new_address()), Browser(wsgi(server), new_address())
    assert [play.push(here, public).status_int for _ in range(3)] == [201, 201, 429]
    assert play.push(there, public).status_int == 201
    assert refusals(server, public) == [("/oauth/par", "par_limit", False)]


def test_rule_15_wrong_secrets_are_charged_to_the_address(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "proof_address", LIMITS["proof_address"]._replace(most=1))
    here = Browser(wsgi(server), new_address())
    wrong = make.App(app.client_id, "sec_" + "0" * 64, app.redirect_uri)
    assert [play.push(here, wrong).status_int for _ in range(2)] == [401, 429]
    assert play.push(here, app).status_int == 201


# What developers see


def test_refusals_are_in_the_apps_activity(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    play.push(browser, app, scope="fly:moon")
    play.push(browser, app, request_uri="urn:ietf:params:oauth:request_uri:x")
    assert refusals(server, app) == [
        ("/oauth/par", "request_uri_pushed", True),
        ("/oauth/par", "scope_unknown", True),
    ]
    page = browser.get(f"/developer/apps/{app.client_id}/activity")
    assert "Pushed authorization" in page
    assert "fly:moon" in page


def test_metadata_names_the_endpoint(server: Server, browser: Browser) -> None:
    published = browser.get("/.well-known/oauth-authorization-server").json
    assert published["pushed_authorization_request_endpoint"] == server.settings.issuer + "/oauth/par"
