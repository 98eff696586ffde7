"""Several server processes at once: what may happen once happens once, what has ended is ended for all."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple

import pytest
import requests

import devices
import make
import play
import rows
from browser import Browser
from held import eventually
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth.client_assertions import TYPE
from oauthsrv.oauth.credentials import parse_access_token
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.server import Server
from oauthsrv.store.limits import Attempt, key_of
from signing import signer_of

MANY = 100
SECONDS = 60


class Servers(NamedTuple):
    """Two with the default grace time, each with two workers, and one without grace."""

    first: Any
    second: Any
    graceless: Any

    @property
    def pair(self) -> tuple[Any, Any]:
        return self.first, self.second


@pytest.fixture(scope="module")
def servers(starting: Callable[..., Any]) -> Servers:
    servers = Servers(
        starting("--workers", "2"),
        starting("--workers", "2"),
        starting("--workers", "2", OAUTHSRV_REFRESH_GRACE="0"),
    )
    for process in servers:
        process.await_ready()
    return servers


def at_once(send: Callable[[int], requests.Response]) -> list[requests.Response]:
    """A hundred requests that start together; a 503 did nothing and is repeated, as by clients on a slow machine."""
    together = threading.Barrier(MANY)

    def wait_and_send(number: int) -> requests.Response:
        together.wait()
        until = time.monotonic() + SECONDS
        while (answer := send(number)).status_code == 503 and time.monotonic() < until:
            pass
        return answer

    with ThreadPoolExecutor(MANY) as threads:
        return list(threads.map(wait_and_send, range(MANY)))


def codes(answers: list[requests.Response]) -> Counter[tuple[int, str | None]]:
    return Counter((answer.status_code, answer.json().get("error")) for answer in answers)


def test_rule_10_of_a_hundred_parallel_requests_with_one_assertion_at_two_workers_one_is_accepted(
    server: Server, servers: Servers
) -> None:
    """At most one: the answer to it may have been a 503, after which it is used."""
    app = make.app(server)
    signer = signer_of(server, app)
    signer.issuer = servers.first.url
    form = {"client_assertion_type": TYPE, "client_assertion": signer.assertion(app.client_id), "token": "x"}
    answers = at_once(lambda _: requests.post(servers.first.url + "/oauth/revoke", form, timeout=SECONDS))
    found = codes(answers)
    assert found.keys() <= {(200, None), (401, "invalid_client"), (429, "too_many_requests")}
    assert found[200, None] <= 1
    # They proved nothing, at the address of all tests: the others start afresh.
    server.redis.connection().delete(key_of(server.redis, Attempt("proof_address", "127.0.0.1")))
    fresh = form | {"client_assertion": signer.assertion(app.client_id)}
    assert requests.post(servers.first.url + "/oauth/revoke", fresh, timeout=SECONDS).status_code == 200


def test_rule_2_of_a_hundred_parallel_exchanges_at_two_servers_one_succeeds(
    server: Server, servers: Servers, connection: play.Connection
) -> None:
    """And the others revoke what it returned, as any of them may be a thief."""
    code = play.code(connection.browser, connection.app)
    answers = at_once(lambda number: servers.pair[number % 2].exchange(connection.app, code))
    assert codes(answers) == {(200, None): 1, (400, "invalid_grant"): MANY - 1}
    [tokens] = [answer.json() for answer in answers if answer.status_code == 200]
    assert rows.family(server, tokens["refresh_token"]).end_reason == "code_replayed"
    for process in servers.pair:
        assert not process.is_active(connection.app, tokens["access_token"])
    assert len(rows.events(server, "family.code_replayed", connection.app.client_id)) == 1
    assert connection.is_active()


def test_rule_2_of_a_hundred_parallel_polls_of_a_device_at_two_servers_one_succeeds(
    server: Server, servers: Servers, connection: play.Connection
) -> None:
    device = devices.allowed(connection.browser, devices.app(server, type="confidential"))
    form = {"grant_type": DEVICE_CODE, "device_code": device.device_code}
    answers = at_once(lambda number: servers.pair[number % 2].post("/oauth/token", device.app, **form))
    assert codes(answers) == {(200, None): 1, (400, "invalid_grant"): MANY - 1}
    [tokens] = [answer.json() for answer in answers if answer.status_code == 200]
    for process in servers.pair:
        assert not process.is_active(device.app, tokens["access_token"])
    assert len(rows.events(server, "family.code_replayed", device.app.client_id)) == 1


def test_rule_5_a_hundred_parallel_refreshes_at_two_servers_all_get_the_same_pair(
    server: Server, servers: Servers, connection: play.Connection
) -> None:
    answers = at_once(lambda number: servers.pair[number % 2].refresh(connection.app, connection.refresh_token))
    assert codes(answers) == {(200, None): MANY}
    pairs = {(answer.json()["refresh_token"], answer.json()["access_token"]) for answer in answers}
    assert len(pairs) == 1
    assert rows.family(server, connection.refresh_token).generation == 2
    [(refresh_token, access_token)] = pairs
    assert servers.first.is_active(connection.app, access_token)
    assert servers.second.refresh(connection.app, refresh_token).status_code == 200


def test_rule_5_without_grace_at_most_one_of_a_hundred_parallel_refreshes_succeeds(
    server: Server, servers: Servers, connection: play.Connection
) -> None:
    answers = at_once(lambda _: servers.graceless.refresh(connection.app, connection.refresh_token))
    assert codes(answers) == {(200, None): 1, (400, "invalid_grant"): MANY - 1}
    assert rows.family(server, connection.refresh_token).end_reason == "reused"
    assert len(rows.events(server, "family.reused", connection.app.client_id)) == 1


def test_rule_6_a_suspension_is_seen_by_every_process_at_the_next_check(
    server: Server, servers: Servers, connection: play.Connection
) -> None:
    """There is no message that could be lost: each check reads the client's stamp."""
    api = make.api(server)
    every_worker = [process for process in servers for _ in range(6)]

    def checks() -> list[bool]:
        with ThreadPoolExecutor(len(every_worker)) as threads:
            return list(threads.map(lambda process: process.is_active(api, connection.access_token), every_worker))

    assert all(checks())
    for _ in range(3):
        assert review.suspend_client(server, connection.app.client_id, by=Actor())
        assert not any(checks())
        for process in servers.pair:
            answer = process.refresh(connection.app, connection.refresh_token)
            assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
        assert review.reactivate_client(server, connection.app.client_id, by=Actor())
        assert all(checks())
    assert servers.first.refresh(connection.app, connection.refresh_token).status_code == 200


# Issuing against ending

DEVICES = 6  # that use codes and refresh tokens of one grant, at both servers, while it ends
ROUNDS = 3  # of each ending


class Gathered:
    """All that was ever answered to the devices of one grant."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.tokens: list[dict[str, Any]] = []
        self.enough = threading.Event()
        self.given_up = threading.Event()

    def add(self, tokens: dict[str, Any], after: int) -> None:
        with self._lock:
            self.tokens.append(tokens)
            if len(self.tokens) >= after:
                self.enough.set()

    def __enter__(self) -> Gathered:
        return self

    def __exit__(self, *_: object) -> None:
        self.given_up.set()  # or a failing test would never end

    def await_refusals(self, devices: list[Future[None]]) -> None:
        wait(devices, timeout=10)
        self.given_up.set()
        for device in devices:
            device.result()


def issue_until_refused(servers: Servers, app: make.App, code: str, gathered: Gathered, after: int) -> None:
    """One device: exchange, then refresh and refresh, at both servers in turn."""
    processes = itertools.cycle(servers.pair)
    answer = next(processes).exchange(app, code)
    while answer.status_code == 200:
        assert not gathered.given_up.is_set(), "it lives on"
        tokens = answer.json()
        gathered.add(tokens, after)
        answer = next(processes).refresh(app, tokens["refresh_token"])
    # An address that proved nothing a hundred times, as all tests together may, gets no other answer (rule 15).
    assert answer.json()["error"] in ("invalid_grant", "invalid_client", "too_many_requests"), answer.text


def by_the_user(server: Server, servers: Servers, user: make.User, app: make.App) -> None:
    grant_id = rows.active_grant(server, user.user_id, app.client_id)
    assert revocations.revoke_grant(server, grant_id, user.user_id, "user", by=Actor())


def by_revoking_the_user(server: Server, servers: Servers, user: make.User, app: make.App) -> None:
    assert revocations.revoke_user(server, user.user_id, by=Actor())


def by_ending_the_apps_tokens(server: Server, servers: Servers, user: make.User, app: make.App) -> None:
    assert revocations.revoke_client_tokens(server, app.client_id, by=Actor())


def by_deleting_the_app(server: Server, servers: Servers, user: make.User, app: make.App) -> None:
    assert revocations.delete_client(server, app.client_id, by=Actor())


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("end", [by_the_user, by_revoking_the_user, by_ending_the_apps_tokens, by_deleting_the_app])
def test_rule_6_issuing_against_ending_leaves_no_survivor(
    server: Server, servers: Servers, browser: Browser, end: Callable[..., None], round_: int
) -> None:
    """The ending comes in the midst of it, a little earlier or later each time, and so while families are made."""
    user, app, api = make.user(server), make.app(server), make.api(server)
    play.sign_in(browser, user)
    issued = [play.code(browser, app) for _ in range(DEVICES)]
    gathered, after = Gathered(), 3 + 9 * round_
    with ThreadPoolExecutor(DEVICES) as threads, gathered:
        devices = [threads.submit(issue_until_refused, servers, app, code, gathered, after) for code in issued]
        assert gathered.enough.wait(20)
        end(server, servers, user, app)
        known = list(gathered.tokens)
        for process in servers.pair:  # at once
            assert not any(process.is_active(api, tokens["access_token"]) for tokens in known[-3:])
        gathered.await_refusals(devices)
    assert len(gathered.tokens) >= after
    redis = server.redis.connection()
    for tokens in gathered.tokens:
        reference = parse_access_token(tokens["access_token"])
        assert reference is not None
        assert reference.family_id is not None
        assert server.tokens.check(tokens["access_token"]).token is None
        # All of an app are refused by the epoch at once, and written into the rows behind that.
        marker = server.tokens.marker_key(reference.family_id)
        eventually(lambda marker=marker: not redis.exists(marker))
    for tokens in gathered.tokens[-DEVICES:]:
        for process in servers.pair:
            assert not process.is_active(api, tokens["access_token"])
            assert process.refresh(app, tokens["refresh_token"]).status_code in (400, 401, 429)
    living = "SELECT family_id FROM family WHERE client_id = %(client_id)s AND ended_at IS NULL"
    eventually(lambda: rows.rows(server, living, client_id=app.client_id) == [])


def test_rule_6_refreshing_against_giving_back_leaves_no_survivor(
    server: Server, servers: Servers, connection: play.Connection
) -> None:
    """An app whose two halves do not know of each other: one logs out at one server, one refreshes at the other."""
    browser, app = connection.browser, connection.app
    for after in (1, 2, 4, 8):
        code = play.code(browser, app)
        gathered = Gathered()
        with ThreadPoolExecutor(1) as threads, gathered:
            device = threads.submit(issue_until_refused, servers, app, code, gathered, after)
            assert gathered.enough.wait(20)
            given_back = gathered.tokens[0]["refresh_token"]
            assert servers.second.post("/oauth/revoke", app, token=given_back).status_code == 200
            gathered.await_refusals([device])
        for tokens in gathered.tokens:
            assert not any(process.is_active(app, tokens["access_token"]) for process in servers.pair)
        assert rows.family(server, given_back).end_reason == "client_revoked"
    assert connection.is_active()
