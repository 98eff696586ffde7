"""Which limits a request at the token and revocation endpoints counts against (rule 15)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser, wsgi
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import Limits, set_limits
from oauthsrv.oauth.credentials import digest, new_access_token, new_client_id, new_refresh_token, parse_access_token
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS, Attempt, Limit, key_of
from seen import new_address

PUBLIC_URI = "https://spa.example/callback"


def statuses(answers: list[TestResponse]) -> list[int]:
    return [answer.status_int for answer in answers]


def policy(answer: TestResponse) -> str:
    return str(answer.headers["RateLimit-Policy"].split(";")[0].strip('"'))


def set_token_limit(server: Server, app: make.App, requests: int) -> None:
    set_limits(server, app.client_id, Limits(1000, None, requests), by=Actor())


def charged(server: Server, limit: str, key: str) -> int:
    return int(server.redis.connection().get(key_of(server.redis, Attempt(limit, key))) or 0)


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server, type="public", redirect_uris=(PUBLIC_URI,))


@pytest.fixture
def bystander(server: Server) -> Browser:
    return Browser(wsgi(server), new_address())


def two_users(server: Server, app: make.App) -> tuple[play.Connection, play.Connection]:
    one, two = (play.tokens(server, Browser(wsgi(server), new_address()), app) for _ in range(2))
    return one, two


# The token endpoint


def test_rule_15_a_bystander_cannot_close_the_token_endpoint_of_a_public_app(
    server: Server, app: make.App, bystander: Browser
) -> None:
    """More garbage than the app may send: it is charged to the address it came from, and to nobody else."""
    set_token_limit(server, app, 100)
    ada, bob = two_users(server, app)
    before = charged(server, "token", app.client_id)
    garbage = [play.refresh(bystander, app, new_refresh_token().text) for _ in range(150)]
    assert statuses(garbage) == [400] * 100 + [429] * 50
    assert (policy(garbage[-1]), charged(server, "token", app.client_id)) == ("proof_address", before)
    assert (
        statuses([play.exchange(bystander, app, "oac_" + secrets.token_urlsafe(32)) for _ in range(20)]) == [429] * 20
    )
    assert play.refresh(ada.browser, app, ada.refresh_token).status_int == 200
    from_there = play.refresh(bystander, app, bob.refresh_token)
    assert from_there.status_int == 200, "a good token is never refused for its address"
    code = play.code(bob.browser, app)
    assert play.exchange(bystander, app, code).status_int == 200, "nor is a good code"


def test_rule_15_one_user_with_a_token_of_their_own_cannot_close_it_either(server: Server, app: make.App) -> None:
    set_token_limit(server, app, 99)
    ada, bob = two_users(server, app)
    token, answers = ada.refresh_token, []
    for _ in range(120):
        answers.append(play.refresh(ada.browser, app, token))
        token = answers[-1].json.get("refresh_token", token)
    assert statuses(answers) == [200] * 30 + [429] * 90
    assert policy(answers[-1]) == "token_connection"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert charged(server, "token", app.client_id) == 32, "two exchanges, thirty refreshes"
    assert play.refresh(bob.browser, app, bob.refresh_token).status_int == 200


def test_rule_15_many_connections_of_one_user_get_a_quarter(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_token_limit(server, app, 100)
    ada, bob = two_users(server, app)
    answers = [play.exchange(ada.browser, app, play.code(ada.browser, app)) for _ in range(30)]
    assert statuses(answers) == [200] * 24 + [429] * 6
    assert policy(answers[-1]) == "token_share"
    assert play.refresh(bob.browser, app, bob.refresh_token).status_int == 200


def test_rule_5_who_reuses_a_token_is_noticed_however_often_the_thief_asked(
    server: Server, app: make.App, bystander: Browser
) -> None:
    connection = play.tokens(server, bystander, app)
    token = connection.refresh_token
    for _ in range(31):
        token = play.refresh(bystander, app, token).json.get("refresh_token", token)
    rows.let_pass(server, connection.refresh_token, server.settings.refresh_grace + 1)
    answer = play.refresh(bystander, app, connection.refresh_token)
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_grant")
    assert not rows.lives(server, connection.refresh_token)


def test_rule_15_who_has_a_code_and_no_verifier_cannot_keep_its_app_from_using_it(
    server: Server, app: make.App, bystander: Browser
) -> None:
    ada, _ = two_users(server, app)
    code = play.code(ada.browser, app)
    wrong = [play.exchange(bystander, app, code, code_verifier="x" * 43) for _ in range(40)]
    assert statuses(wrong) == [400] * 40
    assert play.exchange(ada.browser, app, code).status_int == 200


def test_rule_15_who_proved_itself_by_its_secret_is_charged_for_all_and_has_no_other_limit(
    server: Server, bystander: Browser
) -> None:
    connection = play.tokens(server, bystander)
    before, token = charged(server, "token", connection.app.client_id), connection.refresh_token
    for _ in range(40):
        answer = play.refresh(bystander, connection.app, token)
        assert (answer.status_int, policy(answer)) == (200, "token")
        token = answer.json["refresh_token"]
    assert charged(server, "token", connection.app.client_id) == before + 40


def test_rule_15_who_proved_itself_by_its_secret_is_charged_for_garbage_itself(
    server: Server, bystander: Browser
) -> None:
    connection = play.tokens(server, bystander)
    set_token_limit(server, connection.app, 5)
    garbage = [play.refresh(bystander, connection.app, "ort_x") for _ in range(6)]
    assert statuses(garbage) == [400] * 4 + [429] * 2, "the exchange was the first"
    assert policy(garbage[-1]) == "token"
    assert play.refresh(bystander, connection.app, connection.refresh_token).status_int == 429


def test_rule_15_a_token_answer_says_what_is_nearest_to_its_end(server: Server, app: make.App) -> None:
    connection, _ = two_users(server, app)
    answer = play.refresh(connection.browser, app, connection.refresh_token)
    assert answer.headers["RateLimit-Policy"] == '"token_connection";q=30;w=60'
    assert answer.headers["RateLimit"].startswith('"token_connection";r=29;')
    set_token_limit(server, app, 10)
    answer = play.refresh(connection.browser, app, answer.json["refresh_token"])
    assert answer.headers["RateLimit-Policy"] == '"token";q=10;w=60'


# Unknown clients


def test_rule_15_an_invented_client_costs_postgresql_nothing(
    server: Server, bystander: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.refresh(bystander, make.App(new_client_id(), None, ""), "ort_x")  # the list of ids is there from now on
    before = server.redis.connection().dbsize()

    def refused() -> None:
        raise AssertionError("PostgreSQL was asked")

    monkeypatch.setattr(server.database, "take", refused)
    answers = [play.refresh(bystander, make.App(new_client_id(), None, ""), "ort_x") for _ in range(120)]
    assert statuses(answers) == [401] * 99 + [429] * 21
    play.post(bystander, "/oauth/introspect", make.App(new_client_id(), "sec_x", ""), token="x")
    bystander.get(f"/oauth/authorize?client_id={new_client_id()}")
    assert server.redis.connection().dbsize() <= before + 1


def test_a_new_client_works_at_once_everywhere_and_a_deleted_one_costs_nothing_more(
    server: Server, elsewhere: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.refresh(elsewhere, make.App(new_client_id(), None, ""), "ort_x")
    app, api = make.app(server), make.api(server)
    assert play.refresh(elsewhere, app, "ort_x").json["error"] == "invalid_grant"
    assert play.introspect(elsewhere, api, "x") == {"active": False}
    revocations.delete_client(server, app.client_id, by=Actor())
    assert play.refresh(elsewhere, app, "ort_x").json["error"] == "invalid_client"
    stamp = server.clients.stamp_key(app.client_id)
    assert not server.redis.connection().exists(stamp)


# The revocation endpoint


def ended(server: Server, token: str) -> bool:
    found = rows.rows(server, "SELECT kind FROM ended_key WHERE key_hash = %(hash)s", hash=digest(token))
    return bool(found)


def invented(connection: play.Connection) -> str:
    """A token that never existed, with the public references of one that does."""
    reference = parse_access_token(connection.access_token)
    assert reference is not None
    return new_access_token(reference.client_id, reference.family_id)


def test_rule_15_a_token_that_never_existed_leaves_no_audit_row_and_few_keys(
    server: Server, connection: play.Connection
) -> None:
    before = len(rows.events(server, "token.revoked", connection.app.client_id))
    tokens = [invented(connection) for _ in range(70)]
    answers = [play.post(connection.browser, "/oauth/revoke", connection.app, token=token) for token in tokens]
    assert statuses(answers) == [200] * 60 + [429] * 10
    assert [ended(server, token) for token in tokens] == [True] * 60 + [False] * 10
    again = [play.post(connection.browser, "/oauth/revoke", connection.app, token=token) for token in tokens[:10]]
    assert statuses(again) == [200] * 10, "what is kept is not kept again"
    assert len(rows.events(server, "token.revoked", connection.app.client_id)) == before
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int == 200
    )
    assert not connection.is_active()


def test_rule_15_repeating_a_revocation_writes_nothing_new(server: Server, connection: play.Connection) -> None:
    for _ in range(3):
        assert (
            play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int
            == 200
        )
    assert len(rows.events(server, "token.revoked", connection.app.client_id)) == 1


def test_rule_15_of_a_family_that_ended_no_key_is_kept(server: Server, connection: play.Connection) -> None:
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token).status_int == 200
    )
    token = invented(connection)
    assert play.post(connection.browser, "/oauth/revoke", connection.app, token=token).status_int == 200
    assert not ended(server, token)


def test_rule_15_garbage_at_the_revocation_endpoint_is_charged_to_its_address(
    server: Server, app: make.App, bystander: Browser
) -> None:
    ada, bob = two_users(server, app)
    garbage = [play.post(bystander, "/oauth/revoke", app, token="nonsense") for _ in range(110)]
    assert statuses(garbage) == [200] * 100 + [429] * 10
    assert play.post(bystander, "/oauth/revoke", app, token=ada.refresh_token).status_int == 200
    assert play.post(bystander, "/oauth/revoke", app, token=bob.access_token).status_int == 200
    assert charged(server, "revoke", app.client_id) == 2


def test_rule_15_an_answer_that_is_charged_to_the_address_says_what_the_app_has_left(
    server: Server, app: make.App, bystander: Browser
) -> None:
    connection = play.tokens(server, bystander, app)
    for left in (6000, 5999):
        answer = play.post(bystander, "/oauth/revoke", app, token="nonsense")
        assert (answer.status_int, answer.headers["RateLimit"].split(";")[:2]) == (200, ['"revoke"', f"r={left}"])
        play.post(bystander, "/oauth/revoke", app, token=connection.refresh_token)


def test_rule_15_a_confidential_app_is_charged_for_what_it_revokes(server: Server, connection: play.Connection) -> None:
    set_token_limit(server, connection.app, 3)
    answers = [play.post(connection.browser, "/oauth/revoke", connection.app, token="nonsense") for _ in range(4)]
    assert statuses(answers) == [200, 200, 200, 429]
    assert policy(answers[-1]) == "revoke"
    assert LIMITS["revoke"].most == LIMITS["token"].most


# What a person sends


@pytest.mark.parametrize(
    ("limit", "send"),
    [
        ("code_app", play.ask),
        ("code_user", play.ask),
        ("rename_user", lambda browser, app: play.form_with(browser.get("/account/profile"), "name").submit()),
        ("form_user", lambda browser, app: play.press(browser.get("/account/sessions"), "Sign out everywhere else")),
    ],
)
def test_rule_15_what_a_signed_in_person_does_is_limited(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch, limit: str, send: Callable[..., TestResponse]
) -> None:
    connection, other = two_users(server, app)
    for name in ("code_app", "code_user", "rename_user", "form_user"):
        server.redis.connection().delete(
            *server.redis.connection().keys(f"{server.installation.id}:l:{name}:*") or [b"x"]
        )
    monkeypatch.setitem(LIMITS, limit, Limit(2, 600, "tests"))
    answers = [send(connection.browser, app) for _ in range(3)]
    assert statuses(answers)[:2] != [429, 429]
    assert answers[2].status_int == 429
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 600
    assert send(other.browser, app).status_int != 429


def test_rule_15_an_app_that_sends_its_user_round_keeps_them_out_of_no_other(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "code_app", Limit(3, 600, "tests"))
    connection, _ = two_users(server, app)
    assert 429 in [play.ask(connection.browser, app).status_int for _ in range(4)]
    assert play.code(connection.browser, make.app(server)).startswith("oac_")


def test_rule_15_forms_of_who_is_not_signed_in_are_limited_by_address(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "form_address", Limit(2, 600, "tests"))
    address = new_address()
    nobody = make.User("", "nobody@example.com", "a wrong password")
    answers = [play.sign_in(Browser(wsgi(server), address), nobody) for _ in range(3)]
    assert statuses(answers) == [422, 422, 429]
    assert play.sign_in(Browser(wsgi(server), new_address()), nobody).status_int == 422
