"""One work after the other on a site: how many a second, how long each took, and what it cost."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from oauthsrv import places
from oauthsrv.bench.load import Answers, Plan
from oauthsrv.bench.measured_app import MeasuredApp
from oauthsrv.bench.site import Site
from oauthsrv.bench.works import CHALLENGE, REDIRECT_URI, SCOPE, Work
from oauthsrv.commands import Refused
from oauthsrv.routes.browsers import COOKIE, cookie_name
from oauthsrv.server import Server

WARM_UP_SECONDS = 1.0
WARM_UP_MOST = 500  # requests
COUNTED = 20  # requests, of which round trips are counted
COUNTED_AGAIN = 3  # times: housekeeping comes between, so the fewest count
TOKENS = 1000  # access tokens, round robin
FASTEST = 3000  # exchanges a second of one worker: none is so fast that codes run out
MOST_CODES = 60_000
LOAD = places.PACKAGE / "bench/load.py"  # run as a file: nothing of the server is imported


class Cost(NamedTuple):
    """The results of one work; CPU times in microseconds per request, None if they cannot be measured."""

    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float | None
    postgresql_cpu_us: float | None
    valkey_cpu_us: float | None
    postgresql_trips: float | None
    redis_trips: float | None
    requests: int
    failed: int
    first_failure: str


class Trips(NamedTuple):
    postgresql: float
    redis: float


class Supply:
    """Tokens and codes for the works; what works only once is handed out only once."""

    def __init__(self, server: Server, works: list[Work], connections: int, seconds: float) -> None:
        self._app = MeasuredApp(server, SCOPE, REDIRECT_URI)
        self._made: dict[str, list[str]] = {"access": [], "refresh": [], "code": []}
        self.bytes: dict[str, int] = {}  # that Redis keeps of each; a token's with the marker of its family
        self.share = {
            "access": TOKENS,
            "refresh": connections,
            "code": int(min(FASTEST * seconds * server.settings.workers, MOST_CODES)),
        }
        kinds = {work.kind for work in works}
        self._counts = {
            "access": TOKENS,
            "refresh": 2 * connections + COUNTED_AGAIN,
            "code": self.share["code"] + WARM_UP_MOST + COUNTED * COUNTED_AGAIN,
        }
        self._counts = {kind: count for kind, count in self._counts.items() if kind in kinds}
        self.cookie = f"{cookie_name(server, COOKIE)}={self._app.session()}"

    def __len__(self) -> int:
        return sum(self._counts.values())

    def make(self) -> Iterator[None]:
        for kind, count in self._counts.items():
            before = self._memory()
            if kind == "code":
                made = self._app.codes(count, CHALLENGE)
            else:
                made = (tokens[f"{kind}_token"] for tokens in self._app.tokens(count))
            for text in made:
                self._made[kind].append(text)
                yield
            self.bytes[kind] = (self._memory() - before) // count

    def _memory(self) -> int:
        """Bytes that Redis has in use."""
        return int(self._app.server.redis.connection().info("memory")["used_memory"])

    def take(self, work: Work, count: int) -> list[str]:
        made = self._made.get(work.kind, [])
        if work.use == "again":
            return made
        taken, made[:] = made[:count], made[count:]
        return taken


class Bench:
    """`progress` is called with the seconds that passed, and what is being measured."""

    def __init__(self, site: Site, server: Server, supply: Supply, connections: int, seconds: float) -> None:
        self._site, self._server, self._supply = site, server, supply
        self._connections, self._seconds = connections, seconds

    def trips(self, work: Work) -> Trips:
        """The round trips of one request to PostgreSQL and to Redis. The server must log statements."""
        found = []
        for _ in range(COUNTED_AGAIN):
            tokens = self._supply.take(work, COUNTED if work.use == "once" else 1)
            before = self._sent()
            answered = drain(self._load(work, tokens, connections=1, most=COUNTED))
            found.append([(after - was) / max(1, answered) for was, after in zip(before, self._sent(), strict=True)])
        return Trips(*(min(each) for each in zip(*found, strict=True)))

    def _sent(self) -> tuple[int, int]:
        reads = self._server.redis.connection().info("stats")["total_reads_processed"]
        return self._site.statements(), reads

    def cost(self, work: Work, trips: Trips | None) -> Iterator[float | Cost]:
        """Yields how many seconds of its measurement have passed, and at last what it cost."""
        share = self._supply.share.get(work.kind, 0)
        warm = self._supply.take(work, min(share, WARM_UP_MOST))
        drain(self._load(work, warm, connections=self._connections, most=WARM_UP_MOST))
        tokens = self._supply.take(work, share)
        before = self._site.cpu()
        for answer in self._load(work, tokens, connections=self._connections, most=None):
            if isinstance(answer, float):
                yield answer
                continue
            after = self._site.cpu()
            count = max(1, answer.good + answer.bad)
            used = [
                None if was is None or now is None else round((now - was) / count * 1e6)
                for was, now in zip(before, after, strict=True)
            ]
            yield cost_of(answer, used, trips)

    def _load(self, work: Work, tokens: list[str], *, connections: int, most: int | None) -> Iterator[float | Answers]:
        """The seconds that have passed, again and again, and at last what was seen."""
        seconds = self._seconds if most is None else WARM_UP_SECONDS
        plan = work.plan(
            address=self._site.address,
            connections=connections,
            seconds=seconds,
            most=most,
            tokens=tokens,
            cookie=self._supply.cookie,
        )
        return run_load(plan)


def cost_of(seen: Answers, used: list[int | None], trips: Trips | None) -> Cost:
    return Cost(
        per_second=round(seen.good / max(seen.seconds, 1e-9), 1),
        p50_ms=round(seen.p50 * 1000, 2),
        p99_ms=round(seen.p99 * 1000, 2),
        server_cpu_us=used[0],
        postgresql_cpu_us=used[1],
        valkey_cpu_us=used[2],
        postgresql_trips=trips and round(trips.postgresql, 1),
        redis_trips=trips and round(trips.redis, 1),
        requests=seen.good + seen.bad,
        failed=seen.bad,
        first_failure=seen.first_bad,
    )


def run_load(plan: Plan) -> Iterator[float | Answers]:
    load = subprocess.Popen(
        [sys.executable, str(LOAD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with load, contextlib.ExitStack() as stack:
        stack.callback(load.kill)
        assert load.stdin
        assert load.stdout
        load.stdin.write(json.dumps(plan._asdict()))
        load.stdin.close()
        for line in load.stdout:
            found: dict[str, Any] = json.loads(line)
            yield Answers(**found) if "good" in found else float(found["seconds"])


def drain(seen: Iterator[float | Answers]) -> int:
    """Wait until the load ends, and return how many requests were answered: time may be up before all are sent.

    Raises Refused.
    """
    answered = 0
    for answer in seen:
        if isinstance(answer, Answers):
            answered += answer.good
            if answer.bad:
                raise Refused(f"a request was refused: {answer.first_bad}")
    return answered
