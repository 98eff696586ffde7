"""A network that swallows what goes to a store: answers in time, nothing done behind anybody's back (rule 8)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
import requests

import make
import play
import rows
from held import eventually
from oauthsrv.embedded import Databases
from oauthsrv.oauth.credentials import parse_refresh_token
from oauthsrv.server import Server
from processes import wire as wires
from processes.conftest import SECONDS, Process, Start
from processes.wire import Wire

# The server has 1.8 s; the rest is what a slow machine takes to send a hundred requests at once.
IN_TIME = 4.0
OF_EACH_KIND = 15
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
FAULTS: list[Callable[[Wire], None]] = [Wire.drop, Wire.keep, Wire.refuse]


class Answer(NamedTuple):
    kind: str
    status: int
    seconds: float
    response: requests.Response


class Through(NamedTuple):
    wire: Wire
    process: Process


@pytest.fixture
def to_postgresql(found: Databases, starting: Start) -> Iterator[Through]:
    with wires.postgresql(found) as (wire, url):
        yield Through(wire, started(starting, DATABASE_URL=url))
        wire.passing()


@pytest.fixture
def to_redis(found: Databases, starting: Start) -> Iterator[Through]:
    with wires.redis(found) as (wire, url):
        yield Through(wire, started(starting, REDIS_URL=url))
        wire.passing()


def started(starting: Start, **environ: str) -> Process:
    process = starting(OAUTHSRV_THREADS="16", OAUTHSRV_REFRESH_GRACE="60", OAUTHSRV_KEY=make.KEY, **environ)
    process.await_ready()
    return process


def is_ready(process: Process) -> bool:
    return requests.get(f"{process.url}/readyz", timeout=SECONDS).status_code == 200


class Callers:
    """Of every kind of request that a server answers; each spends something of its own."""

    def __init__(self, process: Process, connection: play.Connection) -> None:
        self.process, self.connection = process, connection
        self.refresh_tokens = [self.new_token() for _ in range(OF_EACH_KIND)]
        self.revoked = [self.new_token() for _ in range(OF_EACH_KIND)]
        self.codes = [play.code(connection.browser, connection.app) for _ in range(OF_EACH_KIND)]
        self.person = self.signed_in()

    def new_token(self) -> str:
        connection = self.connection
        return str(
            play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app)).json[
                "refresh_token"
            ]
        )

    def signed_in(self) -> str:
        """The cookies of the user's browser."""
        session = requests.Session()
        found = CSRF.search(session.get(f"{self.process.url}/login", timeout=SECONDS).text)
        assert found
        form = {"email": self.connection.user.email, "password": self.connection.user.password, "csrf": found[1]}
        answer = session.post(f"{self.process.url}/login", form, allow_redirects=False, timeout=SECONDS)
        assert answer.status_code == 303, answer.text
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.process.url + path, headers=headers, allow_redirects=False, timeout=SECONDS)

    def refresh(self, number: int) -> requests.Response:
        return self.process.refresh(self.connection.app, self.refresh_tokens[number])

    def exchange(self, number: int) -> requests.Response:
        return self.process.exchange(self.connection.app, self.codes[number])

    def revoke(self, number: int) -> requests.Response:
        return self.process.post("/oauth/revoke", self.connection.app, token=self.revoked[number])

    def introspect(self, _: int) -> requests.Response:
        return self.process.post("/oauth/introspect", self.connection.app, token=self.connection.access_token)

    def verify(self, _: int) -> requests.Response:
        return self.get("/oauth/verify", Authorization=f"Bearer {self.connection.access_token}")

    def authorize(self, _: int) -> requests.Response:
        return self.get("/oauth/authorize?" + urlencode(play.request_of(self.connection.app)), Cookie=self.person)

    def login(self, _: int) -> requests.Response:
        return self.get("/login")

    def at_once(self) -> list[Answer]:
        kinds = [self.refresh, self.exchange, self.revoke, self.introspect, self.verify, self.authorize, self.login]
        with ThreadPoolExecutor(len(kinds) * OF_EACH_KIND) as threads:
            asked = [
                threads.submit(answer, kind.__name__, kind, number) for number in range(OF_EACH_KIND) for kind in kinds
            ]
            return [each.result() for each in asked]

    def find_everything_right(self) -> None:
        """One after another, as nothing is to be seen here but that each succeeds."""
        for number in range(OF_EACH_KIND):
            assert self.refresh(number).status_code == 200
            assert self.exchange(number).status_code == 200
            assert self.revoke(number).status_code == 200
        assert self.introspect(0).json()["active"] is True
        assert self.verify(0).status_code == 200
        assert self.authorize(0).status_code in (200, 303)
        assert self.login(0).status_code == 200


def answer(kind: str, ask: Callable[[int], requests.Response], number: int) -> Answer:
    began = time.monotonic()
    response = ask(number)
    return Answer(kind, response.status_code, time.monotonic() - began, response)


def check_answers(answers: list[Answer], may_succeed: set[str]) -> None:
    """503 with Retry-After, or what is right without that store; all in time."""
    for each in answers:
        text = f"{each.kind}: {each.status} after {each.seconds:.1f} s: {each.response.text[:300]}"
        assert each.status == 503 or (each.kind in may_succeed and each.status == 200), text
        assert each.status == 200 or each.response.headers["Retry-After"], text
        assert each.seconds < IN_TIME, text
        if each.kind == "introspect" and each.status == 200:
            assert each.response.json()["active"] is True


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_rule_8_with_the_way_to_postgresql_parted_everybody_is_answered_in_time(
    server: Server, to_postgresql: Through, connection: play.Connection, fault: Callable[[Wire], None]
) -> None:
    wire, process = to_postgresql
    callers = Callers(process, connection)
    assert callers.verify(0).status_code == callers.introspect(0).status_code == 200
    fault(wire)
    without = {"introspect", "verify", "login"}
    first = callers.at_once()
    check_answers(first, without)
    # Later requests no longer wait for it, so checks find a thread.
    eventually(lambda: callers.verify(0).status_code == 200)
    second = callers.at_once()
    check_answers(second, without)
    assert {each.status for each in second if each.kind == "verify"} == {200}
    assert not is_ready(process)
    assert {rows.family(server, token).generation for token in callers.refresh_tokens} == {1}
    wire.passing()
    eventually(lambda: is_ready(process))
    # What the network kept back has arrived by now, and was too late.
    assert {rows.family(server, token).generation for token in callers.refresh_tokens} == {1}
    assert all(rows.lives(server, token) for token in callers.revoked)
    callers.find_everything_right()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_rule_8_with_the_way_to_redis_parted_everybody_is_answered_in_time(
    server: Server, to_redis: Through, connection: play.Connection, fault: Callable[[Wire], None]
) -> None:
    wire, process = to_redis
    callers = Callers(process, connection)
    assert callers.verify(0).status_code == callers.introspect(0).status_code == 200
    fault(wire)
    for _ in range(2):
        check_answers(callers.at_once(), {"login"})
    assert not is_ready(process)
    assert {rows.family(server, token).generation for token in callers.refresh_tokens} == {1}
    wire.passing()
    eventually(lambda: is_ready(process))
    callers.find_everything_right()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("store", ["to_postgresql", "to_redis"])
def test_rule_9_under_way_when_the_network_parts_a_refresh_is_repeated_without_loss(
    server: Server,
    connection: play.Connection,
    fault: Callable[[Wire], None],
    store: str,
    request: pytest.FixtureRequest,
) -> None:
    wire, process = request.getfixturevalue(store)
    tokens = [
        play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app)).json[
            "refresh_token"
        ]
        for _ in range(8)
    ]
    refused: list[Any] = []
    stop_at: list[float] = []

    def rotate_on(token: str) -> str:
        """As a client does that keeps what it was answered, and repeats what it was not."""
        while True:
            answer = process.refresh(connection.app, token)
            if answer.status_code == 200:
                token = answer.json()["refresh_token"]
                if stop_at:
                    return token
            else:
                assert answer.status_code == 503, answer.text
                refused.append(answer)
                time.sleep(0.1)

    with ThreadPoolExecutor(len(tokens)) as threads:
        rotating = [threads.submit(rotate_on, token) for token in tokens]
        eventually(lambda: all(rows.family(server, token).generation > 2 for token in tokens), seconds=60)
        fault(wire)
        eventually(lambda: len(refused) >= 2 * len(tokens))
        wire.passing()
        eventually(lambda: is_ready(process))
        stop_at.append(time.monotonic())
        kept = [each.result() for each in rotating]
    for token in kept:
        parsed = parse_refresh_token(token)
        assert parsed
        assert rows.family(server, token).generation == parsed.generation
        assert rows.lives(server, token)
