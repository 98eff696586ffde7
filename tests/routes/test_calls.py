"""Which limits a call at an API counts against, and what of a token an API may see (rule 10, rule 15)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import apis, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import Limits, set_limits
from oauthsrv.routes.introspect import MOST_USES
from oauthsrv.server import Server
from oauthsrv.store.limits import Attempt, key_of


def verify(browser: Browser, token: str, **asked: str) -> TestResponse:
    return browser.get("/oauth/verify", asked, headers={"Authorization": f"Bearer {token}"})


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_int, answer.json["error"]


def left(answer: TestResponse) -> int:
    parts: dict[str, str] = dict(part.split("=") for part in answer.headers["RateLimit"].split(";")[1:])
    return int(parts["r"])


def limit(server: Server, app: make.App, calls: int, share: int | None = None) -> None:
    set_limits(server, app.client_id, Limits(calls, share, 6000), by=Actor())


def test_rule_15_an_api_reports_no_more_calls_than_a_guard_can_have_answered(
    server: Server, connection: play.Connection
) -> None:
    limit(server, connection.app, 1_000_000)
    answer = play.post(
        connection.browser, "/oauth/introspect", make.api(server), token=connection.access_token, uses="999999"
    )
    assert left(answer) == 1_000_000 - MOST_USES
    own = play.post(
        connection.browser, "/oauth/introspect", connection.app, token=connection.access_token, uses="999999"
    )
    assert own.status_int == 200
    assert left(verify(connection.browser, connection.access_token)) == 1_000_000 - MOST_USES - 1


def test_rule_15_a_refused_call_costs_nobody_else_anything(server: Server, browser: Browser) -> None:
    app = make.app(server)
    ada, bob = (play.tokens(server, browser.another(), app) for _ in range(2))
    limit(server, app, 50, 10)
    answers = [verify(ada.browser, ada.access_token).status_int for _ in range(80)]
    assert answers == [200] * 5 + [429] * 75
    answer = verify(bob.browser, bob.access_token)
    assert (
        answer.status_int,
        server.redis.connection().get(key_of(server.redis, Attempt("calls", app.client_id))),
    ) == (
        200,
        b"6",
    )


def test_rule_15_by_default_one_user_gets_a_quarter_while_another_one_is_there(
    server: Server, browser: Browser
) -> None:
    app = make.app(server)
    ada, bob = (play.tokens(server, browser.another(), app) for _ in range(2))
    limit(server, app, 100, None)
    assert [verify(ada.browser, ada.access_token).status_int for _ in range(30)] == [200] * 30, "nobody else is there"
    answer = verify(bob.browser, bob.access_token)
    assert (answer.status_int, answer.headers["RateLimit-Policy"]) == (200, '"share";q=25;w=3600')
    refused = verify(ada.browser, ada.access_token)
    assert (refused.status_int, refused.headers["RateLimit-Policy"]) == (429, '"share";q=25;w=3600')
    assert [verify(bob.browser, bob.access_token).status_int for _ in range(30)] == [200] * 24 + [429] * 6
    again = play.exchange(ada.browser, app, play.code(ada.browser, app)).json["access_token"]
    assert verify(ada.browser, again).status_int == 429


def test_rule_15_who_allows_an_app_again_has_the_same_share(server: Server, browser: Browser) -> None:
    app = make.app(server)
    ada, bob = (play.tokens(server, browser.another(), app) for _ in range(2))
    limit(server, app, 100, None)
    verify(bob.browser, bob.access_token)
    assert [verify(ada.browser, ada.access_token).status_int for _ in range(26)] == [200] * 25 + [429]
    revocations.revoke_grant(
        server, rows.active_grant(server, ada.user.user_id, app.client_id), ada.user.user_id, "user", by=Actor()
    )
    again = play.exchange(ada.browser, app, play.code(ada.browser, app)).json["access_token"]
    assert verify(ada.browser, again).status_int == 429


@pytest.mark.parametrize(("calls", "share"), [(99, None), (100, 100)])
def test_below_a_hundred_calls_and_where_an_administrator_said_so_there_is_no_share(
    server: Server, browser: Browser, calls: int, share: int | None
) -> None:
    app = make.app(server)
    ada, bob = (play.tokens(server, browser.another(), app) for _ in range(2))
    limit(server, app, calls, share)
    verify(bob.browser, bob.access_token)
    assert [verify(ada.browser, ada.access_token).status_int for _ in range(30)] == [200] * 30


def test_rule_15_the_edge_holds_for_many_calls_at_once(server: Server, connection: play.Connection) -> None:
    limit(server, connection.app, 20)
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: verify(connection.browser.another(), connection.access_token).status_int, range(60))
        )
    assert sorted(answers) == [200] * 20 + [429] * 40


def test_rule_10_an_api_that_demands_its_audience_takes_no_token_that_names_none(
    server: Server, browser: Browser
) -> None:
    strict, other = make.api(server), make.api(server)
    connection = play.tokens(server, browser)
    named = play.exchange(
        browser, connection.app, play.code(browser, connection.app, resource=strict.redirect_uri)
    ).json
    assert verify(browser, connection.access_token, resource=strict.redirect_uri).status_int == 200
    assert play.introspect(browser, strict, connection.access_token)["active"] is True
    checked = apis.ApiFields("Strict API", strict.redirect_uri, list(make.SCOPES), demands_audience=True)
    apis.change(server, strict.client_id, checked, by=Actor())
    assert refusal(verify(browser, connection.access_token, resource=strict.redirect_uri)) == (401, "invalid_token")
    assert play.introspect(browser, strict, connection.access_token) == {"active": False}
    assert verify(browser, connection.access_token, resource=other.redirect_uri).status_int == 200
    assert verify(browser, named["access_token"], resource=strict.redirect_uri).status_int == 200
    assert play.introspect(browser, strict, named["access_token"])["active"] is True


def test_rule_10_an_api_sees_only_its_own_scopes_of_a_token(server: Server, connection: play.Connection) -> None:
    api = make.api(server, scopes=("read:data", "webhooks"))
    assert play.introspect(connection.browser, api, connection.access_token)["scope"] == "read:data"
    assert (
        play.introspect(connection.browser, connection.app, connection.access_token)["scope"]
        == "read:profile read:data"
    )
    answer = verify(connection.browser, connection.access_token, resource=api.redirect_uri)
    assert answer.headers["X-OAuth-Scope"] == "read:data"
    answer = verify(connection.browser, connection.access_token, resource=api.redirect_uri, scope="read:profile")
    assert refusal(answer) == (403, "insufficient_scope")
    assert verify(connection.browser, connection.access_token).headers["X-OAuth-Scope"] == "read:profile read:data"


def test_rule_10_an_api_without_scopes_sees_those_of_a_token_that_is_for_it_alone(
    server: Server, browser: Browser
) -> None:
    api, other = make.api(server, scopes=()), make.api(server)
    connection = play.tokens(server, browser)

    def token(*resources: str) -> str:
        asked = play.request_of(connection.app) | {"resource": ""}
        query = [(name, value) for name, value in asked.items() if value] + [("resource", one) for one in resources]
        page = browser.get("/oauth/authorize?" + urlencode(query))
        code = play.answered(play.allow(page) if page.status_int == 200 else page)["code"]
        return str(play.exchange(browser, connection.app, code).json["access_token"])

    alone = token(api.redirect_uri)
    assert play.introspect(browser, api, alone)["scope"] == "read:profile read:data"
    assert verify(browser, alone, resource=api.redirect_uri, scope="read:data").status_int == 200
    both = token(api.redirect_uri, other.redirect_uri)
    assert play.introspect(browser, api, both)["scope"] == ""
    assert play.introspect(browser, other, both)["scope"] == "read:profile read:data"
