"""Hearing of endings: the server's messages, and a heartbeat that notices each one that did not arrive.

The server raises a counter with each message and writes it into the message. A heartbeat reads the counter, then
sends a PING through the subscription: once its answer is there, every message up to that counter must have come,
as Redis keeps their order. So whatever ended before the heartbeat began is known when it is over.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from oauthsrv.guard.memory import FRESH, Memory

log = logging.getLogger(__name__)

HEARTBEAT = 0.25  # seconds from one to the next
PATIENCE = 0.75  # seconds for an answer of Redis: with the heartbeat's own, less than an answer counts
RECONNECT = 0.5  # seconds between two tries

assert HEARTBEAT + PATIENCE <= FRESH


def channel(issuer: str) -> str:
    """The name of the channel, and of the counter."""
    return f"oauthsrv:ended:{issuer}"


class Lost(Exception):
    """Messages may have been missed, and none can be heard before a new connection."""


class Subscription:
    """Heard by a thread of its own, until `stopped`; every heartbeat asks whether this Redis is a primary still."""

    def __init__(self, redis_url: str, issuer: str, memory: Memory, stopped: threading.Event) -> None:
        self._url = redis_url
        self._channel = channel(issuer)
        self._memory = memory
        self._stopped = stopped
        self._was_lost = False

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except (redis.RedisError, OSError, Lost) as error:
                if not self._was_lost:
                    log.warning("endings are not heard of, so no answer is kept: %s", error)
                self._was_lost = True
            except Exception:
                log.exception("endings are not heard of, so no answer is kept")
                self._was_lost = True
            finally:
                self._memory.drop_all(deaf=True)
            self._stopped.wait(RECONNECT)

    def _listen(self) -> None:
        with self._client() as asking, self._client() as listening, listening.pubsub() as subscribed:
            # Both connections may lead to different servers, as behind a proxy during a failover.
            run_id = self._run_id(subscribed)
            subscribed.subscribe(self._channel)
            self._await(subscribed, "subscribe", None)
            line = Line(self._memory, run_id, self._state(asking)[1])
            while not self._stopped.is_set():
                at = time.monotonic()
                run_id, counter = self._state(asking)
                subscribed.ping(str(at))
                for message in self._await(subscribed, "pong", str(at).encode()):
                    line.hear(message)
                line.check(run_id, counter)
                self._memory.heard(at)
                if self._was_lost:
                    log.info("endings are heard of again")
                    self._was_lost = False
                self._hear_until(subscribed, line, at + HEARTBEAT)

    def _client(self) -> redis.Redis:
        # Never connected again behind our back: a connection that was lost must be noticed.
        return redis.Redis.from_url(
            self._url,
            protocol=2,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
            single_connection_client=True,
            decode_responses=False,
        )

    def _run_id(self, subscribed: Any) -> str:
        """Of the server that the messages will come from; afterwards the connection takes no other command."""
        subscribed.execute_command("INFO", "server")
        found = re.search(rb"run_id:([0-9a-f]+)", subscribed.connection.read_response())
        if found is None:
            raise Lost("Redis does not say its run_id")
        return found[1].decode()

    def _state(self, asking: redis.Redis) -> tuple[str, int]:
        pipe = asking.pipeline(transaction=False)
        pipe.info("server")
        pipe.info("replication")
        pipe.get(self._channel)
        info, replication, counter = pipe.execute()
        if replication["role"] != "master":
            # What is revoked reaches a replica late, or never if its link is cut. A primary may become one at any time.
            raise Lost("redis_url leads to a replica: it must lead to the primary, the server's own Redis")
        if replication.get("min_slaves_good_slaves") == 0:
            # It takes no writes, as of a server that revokes: another one may be the primary by now.
            raise Lost("redis_url leads to a primary without the replicas that min-replicas-to-write asks for")
        if counter is None:
            raise Lost("there is no counter of endings: is this the Redis of the server, and does the server run?")
        return info["run_id"], int(counter)

    def _await(self, subscribed: Any, kind: str, data: bytes | None) -> list[bytes]:
        """The messages that came before what is waited for."""
        heard: list[bytes] = []
        deadline = time.monotonic() + PATIENCE
        while (remaining := deadline - time.monotonic()) > 0:
            message = subscribed.get_message(timeout=remaining)
            if message is None:
                continue
            if message["type"] == kind and (data is None or message["data"] == data):
                return heard
            if message["type"] != "message":
                raise Lost(f"an unexpected {message['type']}: the connection was made again")
            heard.append(message["data"])
        raise Lost("no heartbeat")

    def _hear_until(self, subscribed: Any, line: Line, until: float) -> None:
        while (remaining := until - time.monotonic()) > 0 and not self._stopped.is_set():
            message = subscribed.get_message(timeout=remaining)
            if message is None:
                continue
            if message["type"] != "message":
                raise Lost(f"an unexpected {message['type']}: the connection was made again")
            line.hear(message["data"])


class Line:
    """Which numbers were heard on one connection."""

    def __init__(self, memory: Memory, run_id: str, counter: int) -> None:
        self._memory = memory
        self._run_id = run_id
        self._heard = counter

    def hear(self, message: bytes) -> None:
        number, _, text = message.partition(b" ")
        try:
            number_now, ended = int(number), json.loads(text)
            if not isinstance(ended, Mapping):
                raise ValueError("no object")
            if number_now == self._heard + 1:
                self._memory.drop(**{name: ended.get(name, ()) for name in ("families", "clients", "tokens")})
            else:
                self._memory.drop_all(deaf=False)
            self._heard = number_now
        except (ValueError, TypeError):
            log.warning("a message about endings cannot be read")
            self._memory.drop_all(deaf=False)

    def check(self, run_id: str, counter: int) -> None:
        """After a heartbeat: `counter` was read before it, so it cannot be beyond what was heard."""
        if run_id != self._run_id:
            raise Lost("another Redis answers")
        if counter > self._heard:
            log.warning("a message about endings was lost: every answer is forgotten")
            self._memory.drop_all(deaf=False)
            self._heard = counter
