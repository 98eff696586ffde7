"""Signing in while an address floods the sign-in page of a real process (rule 13)."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

import make
from held import eventually
from oauthsrv.server import Server
from processes.conftest import SECONDS, Process, Start

THREADS = 200
TRIES = 10  # a person tries again when a page says that it is busy, which a slow machine is for longer

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def process(starting: Start) -> Process:
    process = starting(OAUTHSRV_TRUSTED_PROXIES="127.0.0.1")
    process.await_ready()
    return process


class Person:
    """A browser at an address of its own, behind a proxy."""

    def __init__(self, process: Process, address: str) -> None:
        self.url = process.url + "/login"
        self.session = requests.Session()
        self.session.headers["X-Forwarded-For"] = address
        self.csrf = ""

    def send(self, email: str, password: str) -> int:
        if not self.csrf:
            found = CSRF.search(self.session.get(self.url, timeout=SECONDS).text)
            assert found
            self.csrf = found[1]
        form = {"email": email, "password": password, "csrf": self.csrf}
        return self.session.post(self.url, form, allow_redirects=False, timeout=SECONDS).status_code


@pytest.fixture(params=["one address", "forty networks of one holder", "forty networks"])
def flooded(process: Process, request: pytest.FixtureRequest) -> Iterator[Counter[int]]:
    address = {
        "one address": lambda number: "198.51.100.1",
        "forty networks of one holder": lambda number: f"2001:db8:1:{number % 40:x}::1",
        "forty networks": lambda number: f"2001:db8:{number % 40:x}:1::1",
    }[request.param]
    answers: Counter[int] = Counter()
    stop = threading.Event()

    def flood(number: int) -> None:
        person = Person(process, address(number))
        while not stop.is_set():
            try:
                answers[person.send(f"nobody{number}@example.com", "not the right one")] += 1
            except requests.RequestException:
                answers[0] += 1

    threads = [threading.Thread(target=flood, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    yield answers
    stop.set()
    for thread in threads:
        thread.join(SECONDS)


def test_rule_13_a_flood_keeps_nobody_else_from_signing_in(
    server: Server, process: Process, flooded: Counter[int]
) -> None:
    user = make.user(server)
    eventually(lambda: flooded.total() > 4 * THREADS, seconds=4 * SECONDS)
    for host in range(5):
        person = Person(process, f"203.0.113.{host}")
        assert any(person.send(user.email, user.password) == 303 for _ in range(TRIES)), flooded
