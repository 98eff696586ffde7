"""python -m oauthsrv.bench.load: sends requests on a few connections, the next on each as soon as the last is answered.

A process of its own, on the standard library alone, so that little of what it does is counted with the server. It reads
a Plan as JSON on stdin, and prints one line of JSON five times a second, and at last what it saw.
"""

import collections
import itertools
import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

SHOWN_EVERY = 0.2  # seconds
TIME_LIMIT = 30.0  # seconds without any answer
QUOTED = 300  # characters of the first bad answer

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.I)
REFRESH_TOKEN = re.compile(rb'"refresh_token" *: *"([^"]+)"')


class Plan(NamedTuple):
    """`head` and `body` of a request, where @T@ is a token: of a list again and again, once each, or the next one."""

    address: tuple[str, int]
    connections: int
    seconds: float
    most: int | None  # requests
    head: str
    body: str
    tokens: list[str]
    use: str  # again, once or rotate
    status: int
    holds: str  # a part of every good answer

    def request(self, token: str) -> bytes:
        head, body = self.head.replace("@T@", token), self.body.replace("@T@", token)
        length = f"Content-Length: {len(body)}\r\n" if self.body else ""
        return f"{head}{length}\r\n{body}".encode()


class Answers(NamedTuple):
    """Answers: good ones with the seconds they took; what the first bad one was."""

    good: int
    bad: int
    seconds: float
    p50: float
    p99: float
    first_bad: str


class Load:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._selector = selectors.DefaultSelector()
        self._tokens = collections.deque(plan.tokens)
        self._requests: Iterator[bytes] = self._next_requests()
        self._times: list[float] = []
        self._bad = 0
        self._first_bad = ""
        self._under_way = 0
        self._sent_at: dict[socket.socket, float] = {}
        self._received: dict[socket.socket, bytes] = {}

    def run(self) -> Answers:
        began = time.monotonic()
        for _ in range(self._plan.connections):
            connection = socket.create_connection(self._plan.address, timeout=TIME_LIMIT)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connection, selectors.EVENT_READ)
            self._send(connection)
        ends, shown = began + self._plan.seconds, began
        last = began
        while self._under_way:
            for key, _ in self._await_answers():
                self._receive(key.fileobj, ends)
            last = time.monotonic()
            if last > shown + SHOWN_EVERY:
                shown = last
                print(json.dumps({"seconds": last - began}), flush=True)
        return self._summary(last - began)

    def _await_answers(self) -> list[Any]:
        ready = self._selector.select(TIME_LIMIT)
        if not ready:
            raise TimeoutError(f"no answer for {TIME_LIMIT:.0f} seconds")
        return ready

    def _next_requests(self) -> Iterator[bytes]:
        plan = self._plan
        if plan.use == "again":
            made = itertools.cycle([plan.request(token) for token in plan.tokens])
            yield from itertools.islice(made, plan.most)
            return
        for _ in itertools.count() if plan.most is None else range(plan.most):
            if not self._tokens:
                return
            yield plan.request(self._tokens.popleft())

    def _send(self, connection: socket.socket) -> None:
        request = next(self._requests, None)
        if request is None:
            return
        self._under_way += 1
        self._received[connection] = b""
        self._sent_at[connection] = time.perf_counter()
        connection.sendall(request)

    def _receive(self, connection: socket.socket, ends: float) -> None:
        part = connection.recv(1 << 18)
        received = self._received[connection] + part
        self._received[connection] = received
        head, found, body = received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not part:
            self._selector.unregister(connection)
        elif not found or (length and len(body) < int(length[1])):
            return
        self._under_way -= 1
        self._judge(head, body, time.perf_counter() - self._sent_at[connection])
        if part and time.monotonic() < ends:
            self._send(connection)

    def _judge(self, head: bytes, body: bytes, seconds: float) -> None:
        is_good = head[9:12] == b"%d" % self._plan.status and self._plan.holds.encode() in body
        if is_good and self._plan.use == "rotate":
            successor = REFRESH_TOKEN.search(body)
            assert successor
            self._tokens.append(successor[1].decode())
        if is_good:
            self._times.append(seconds)
        else:
            self._bad += 1
            self._first_bad = self._first_bad or (head[:12] + b" " + body[:QUOTED]).decode(errors="replace")

    def _summary(self, seconds: float) -> Answers:
        times = sorted(self._times) or [0.0]
        middle, late = (times[min(len(times) - 1, int(len(times) * part))] for part in (0.5, 0.99))
        return Answers(len(self._times), self._bad, seconds, middle, late, self._first_bad)


if __name__ == "__main__":
    print(json.dumps(Load(Plan(**json.load(sys.stdin))).run()._asdict()), flush=True)
