"""kill -9 at any instant loses nothing that was answered (rule 9).

`mortal.py` is the server with processes that die at a chosen step; the worker that takes the dead one's place,
or the server that is started again, goes on.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

import play
import rows
from held import eventually
from oauthsrv.server import Server

MORTAL = Path(__file__).with_name("mortal.py")


@pytest.fixture(scope="module")
def server_process(starting: Callable[..., Any]) -> Any:
    process = starting(program=MORTAL)
    process.await_ready()
    return process


def dies(send: Callable[[], requests.Response]) -> bool:
    """Whether the connection broke instead of giving an answer, or in the midst of one."""
    try:
        send()
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        return True
    return False


def answered(send: Callable[[], requests.Response]) -> requests.Response:
    """The client does what clients do when a connection breaks: it sends the same again."""
    answers: list[requests.Response] = []
    eventually(lambda: not dies(lambda: answers.append(send()) or answers[-1]))
    return answers[-1]


def step(name: str, **more: str) -> dict[str, str]:
    return {"X-Die": name, **more}


BEFORE_FAMILY = ["before grant type", "before remember", "after remember", "before families.add"]
AFTER_FAMILY = ["after families.add", "after grant type"]


@pytest.mark.parametrize("name", BEFORE_FAMILY)
def test_rule_9_an_exchange_killed_before_its_family_is_there_can_be_repeated(
    server: Server, server_process: Any, connection: play.Connection, name: str
) -> None:
    code = play.code(connection.browser, connection.app)
    assert dies(lambda: server_process.exchange(connection.app, code, **step(name)))
    answer = answered(lambda: server_process.exchange(connection.app, code))
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert server_process.is_active(connection.app, tokens["access_token"])
    assert server_process.refresh(connection.app, tokens["refresh_token"]).status_code == 200
    families = "SELECT family_id FROM family WHERE client_id = %(client_id)s"
    assert len(rows.rows(server, families, client_id=connection.app.client_id)) == 2  # this one and the fixture's


@pytest.mark.parametrize("name", AFTER_FAMILY)
def test_rule_9_an_exchange_killed_after_its_family_was_added_is_a_second_use_and_the_next_authorization_asks_nothing(
    server: Server, server_process: Any, connection: play.Connection, name: str
) -> None:
    code = play.code(connection.browser, connection.app)
    assert dies(lambda: server_process.exchange(connection.app, code, **step(name)))
    answer = answered(lambda: server_process.exchange(connection.app, code))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert len(rows.events(server, "family.code_replayed", connection.app.client_id)) == 1
    asked = play.ask(connection.browser, connection.app)
    assert asked.status_int == 303  # no question
    answer = server_process.exchange(connection.app, play.answered(asked)["code"])
    assert answer.status_code == 200
    assert server_process.is_active(connection.app, answer.json()["access_token"])
    assert connection.is_active()


BEFORE_COMMIT = ["before grant type", "before families.rotate"]
AFTER_COMMIT = ["after families.rotate", "before remember", "after remember", "after grant type"]


@pytest.mark.parametrize("name", [*BEFORE_COMMIT, *AFTER_COMMIT])
def test_rule_9_a_refresh_killed_at_any_step_can_be_repeated(
    server: Server, server_process: Any, connection: play.Connection, name: str
) -> None:
    """The successor is there once: the row goes on by one generation, and the repetition gets what was made."""
    token = connection.refresh_token
    assert dies(lambda: server_process.refresh(connection.app, token, step(name)))
    made = rows.family(server, token).generation == 2
    assert made is (name in AFTER_COMMIT)
    answer = answered(lambda: server_process.refresh(connection.app, token))
    assert answer.status_code == 200, answer.text
    pair = answer.json()
    assert server_process.is_active(connection.app, pair["access_token"])
    assert rows.family(server, token).generation == 2
    again = server_process.refresh(connection.app, token).json()
    assert (again["refresh_token"], again["access_token"]) == (pair["refresh_token"], pair["access_token"])
    assert server_process.refresh(connection.app, pair["refresh_token"]).status_code == 200
    assert connection.is_active()  # what was answered before goes on


@pytest.mark.parametrize("name", ["after remember", "after families.repeat", "after commit", "after grant type"])
def test_rule_9_a_repeated_refresh_killed_at_any_step_can_be_repeated_too(
    server_process: Any, connection: play.Connection, name: str
) -> None:
    """One that seals another access token, as other scopes are asked for."""
    token = connection.refresh_token
    first = server_process.refresh(connection.app, token).json()
    assert dies(lambda: server_process.refresh(connection.app, token, step(name), scope="read:data"))
    answer = answered(lambda: server_process.refresh(connection.app, token, scope="read:data"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["refresh_token"] == first["refresh_token"]
    for access_token in (first["access_token"], answer.json()["access_token"]):
        assert server_process.is_active(connection.app, access_token)
    assert server_process.refresh(connection.app, first["refresh_token"]).status_code == 200


def test_rule_9_a_second_use_killed_before_its_commit_is_still_a_second_use(
    server: Server, server_process: Any, connection: play.Connection
) -> None:
    code = play.code(connection.browser, connection.app)
    tokens = server_process.exchange(connection.app, code).json()
    assert dies(lambda: server_process.exchange(connection.app, code, **step("before commit")))
    assert rows.lives(server, tokens["refresh_token"])
    answer = answered(lambda: server_process.exchange(connection.app, code))
    assert answer.json()["error"] == "invalid_grant"
    assert not server_process.is_active(connection.app, tokens["access_token"])


def test_rule_9_and_6_a_second_use_killed_between_its_commit_and_its_answer_is_in_force_after_the_next_start(
    server: Server, server_process: Any, connection: play.Connection
) -> None:
    """It was answered to nobody; the sweep of the process that takes its place ends it for all."""
    code = play.code(connection.browser, connection.app)
    tokens = server_process.exchange(connection.app, code).json()
    assert dies(lambda: server_process.exchange(connection.app, code, **step("before invalidate")))
    assert not rows.lives(server, tokens["refresh_token"])
    answer = answered(lambda: server_process.post("/oauth/introspect", connection.app, token=tokens["access_token"]))
    assert answer.json() == {"active": False}


@pytest.mark.parametrize("name", ["before families.rotate", "after families.rotate", "after remember"])
def test_rule_9_a_server_killed_as_a_whole_goes_on_after_its_next_start(
    server: Server, server_process: Any, connection: play.Connection, name: str
) -> None:
    everything = step(name, **{"X-Die-With": "parent"})
    assert dies(lambda: server_process.refresh(connection.app, connection.refresh_token, everything))
    server_process.kill()  # which the request has done, but for the traces
    server_process.start_again()
    answer = server_process.refresh(connection.app, connection.refresh_token)
    assert answer.status_code == 200, answer.text
    assert server_process.is_active(connection.app, answer.json()["access_token"])
    assert server_process.is_active(connection.app, connection.access_token)
    assert rows.family(server, connection.refresh_token).generation == 2


def test_rule_9_nothing_that_was_answered_is_lost_while_workers_are_killed_again_and_again(
    server: Server, server_process: Any, connection: play.Connection
) -> None:
    """Four devices that refresh and repeat what was not answered, through six deaths: none has to start again."""
    deaths, devices = 6, 4
    done = threading.Event()
    answers: list[list[dict[str, Any]]] = [[] for _ in range(devices)]
    codes = [play.code(connection.browser, connection.app) for _ in range(devices)]
    first = [server_process.exchange(connection.app, code).json() for code in codes]

    def refresh_on(number: int) -> None:
        token = first[number]["refresh_token"]
        while not done.is_set():
            answer = answered(lambda: server_process.refresh(connection.app, token))  # noqa: B023  called at once
            assert answer.status_code == 200, answer.text
            token = answer.json()["refresh_token"]
            answers[number].append(answer.json())

    def has_gone_on(seen: list[int]) -> bool:
        return all(len(pairs) > before + 2 for pairs, before in zip(answers, seen, strict=True))

    with ThreadPoolExecutor(devices) as threads:
        running = [threads.submit(refresh_on, number) for number in range(devices)]
        try:
            for _ in range(deaths):
                seen = [len(pairs) for pairs in answers]
                eventually(lambda seen=seen: has_gone_on(seen) or any(device.done() for device in running))
                [worker] = server_process.workers()
                os.kill(worker, signal.SIGKILL)
                eventually(lambda: worker not in server_process.workers() and server_process.workers())  # noqa: B023
        finally:
            done.set()
        for device in running:
            device.result()
    for pairs in answers:
        assert len(pairs) >= 2 * deaths
        assert rows.family(server, pairs[-1]["refresh_token"]).generation == len(pairs) + 1
        for pair in (pairs[0], pairs[len(pairs) // 2], pairs[-1]):
            assert server_process.is_active(connection.app, pair["access_token"])
