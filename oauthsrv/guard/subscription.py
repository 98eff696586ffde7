"""Hearing of revocations: the server's messages, and a heartbeat that detects any that did not arrive.

The server increments a counter with each message and writes it into the message. A heartbeat reads the counter, then
sends a PING through the subscription: once that is answered, every message up to the counter must have arrived, as
Redis preserves their order. So whatever was revoked before the heartbeat started is known when it ends.
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
PATIENCE = 0.75  # seconds for a response of Redis; together with HEARTBEAT no more than FRESH
RECONNECT = 0.5  # seconds between two attempts

assert HEARTBEAT + PATIENCE <= FRESH


def channel(issuer: str) -> str:
    """The name of the channel and of the counter."""
    return f"oauthsrv:ended:{issuer}"


class Lost(Exception):
    """Messages may have been missed, and none will arrive before a new connection."""


class Subscription:
    """Runs in its own thread until `stopped`. Each heartbeat checks that this Redis is still a primary."""

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
                    log.warning("revocations cannot be received, so nothing is kept in memory: %s", error)
                self._was_lost = True
            except Exception:
                log.exception("revocations cannot be received, so nothing is kept in memory")
                self._was_lost = True
            finally:
                self._memory.drop_all(disconnected=True)
            self._stopped.wait(RECONNECT)

    def _listen(self) -> None:
        with self._client() as commands, self._client() as listening, listening.pubsub() as subscribed:
            # The two connections may lead to different servers, for example behind a proxy during a failover.
            run_id = self._run_id(subscribed)
            subscribed.subscribe(self._channel)
            self._await(subscribed, "subscribe", None)
            messages = MessageOrder(self._memory, run_id, self._state(commands)[1])
            while not self._stopped.is_set():
                at = time.monotonic()
                run_id, counter = self._state(commands)
                subscribed.ping(str(at))
                for message in self._await(subscribed, "pong", str(at).encode()):
                    messages.receive(message)
                messages.check(run_id, counter)
                self._memory.mark_fresh(at)
                if self._was_lost:
                    log.info("revocations are received again")
                    self._was_lost = False
                self._receive_until(subscribed, messages, at + HEARTBEAT)

    def _client(self) -> redis.Redis:
        # No automatic reconnect: a lost connection must be noticed.
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
        """The id of the server that will send the messages. Once subscribed, a connection can't ask for it."""
        subscribed.execute_command("INFO", "server")
        found = re.search(rb"run_id:([0-9a-f]+)", subscribed.connection.read_response())
        if found is None:
            raise Lost("Redis does not say its run_id")
        return found[1].decode()

    def _state(self, commands: redis.Redis) -> tuple[str, int]:
        pipe = commands.pipeline(transaction=False)
        pipe.info("server")
        pipe.info("replication")
        pipe.get(self._channel)
        info, replication, counter = pipe.execute()
        if replication["role"] != "master":
            # A replica hears of a revocation late, or never if its link is cut. A primary may become one at any time.
            raise Lost("redis_url leads to a replica: it must lead to the primary, the server's own Redis")
        if replication.get("min_slaves_good_slaves") == 0:
            # It accepts no writes, so no revocations either: another server may be the primary by now.
            raise Lost("redis_url leads to a primary without the replicas that min-replicas-to-write asks for")
        if counter is None:
            raise Lost("there is no counter of revocations: is this the Redis of the server, and does the server run?")
        return info["run_id"], int(counter)

    def _await(self, subscribed: Any, kind: str, data: bytes | None) -> list[bytes]:
        """The messages that arrive before the expected one."""
        messages: list[bytes] = []
        deadline = time.monotonic() + PATIENCE
        while (remaining := deadline - time.monotonic()) > 0:
            message = subscribed.get_message(timeout=remaining)
            if message is None:
                continue
            if message["type"] == kind and (data is None or message["data"] == data):
                return messages
            if message["type"] != "message":
                raise Lost(f"an unexpected {message['type']}: the connection was replaced")
            messages.append(message["data"])
        raise Lost("no heartbeat")

    def _receive_until(self, subscribed: Any, messages: MessageOrder, until: float) -> None:
        while (remaining := until - time.monotonic()) > 0 and not self._stopped.is_set():
            message = subscribed.get_message(timeout=remaining)
            if message is None:
                continue
            if message["type"] != "message":
                raise Lost(f"an unexpected {message['type']}: the connection was replaced")
            messages.receive(message["data"])


class MessageOrder:
    """Detects by their numbers that a connection missed messages."""

    def __init__(self, memory: Memory, run_id: str, counter: int) -> None:
        self._memory = memory
        self._run_id = run_id
        self._last = counter

    def receive(self, message: bytes) -> None:
        first, _, text = message.partition(b" ")
        try:
            number, ended = int(first), json.loads(text)
            if not isinstance(ended, Mapping):
                raise ValueError("not an object")
            if number == self._last + 1:
                self._memory.drop(**{name: ended.get(name, ()) for name in ("families", "clients", "tokens")})
            else:
                self._memory.drop_all(disconnected=False)
            self._last = number
        except (ValueError, TypeError):
            log.warning("a message about revocations cannot be read")
            self._memory.drop_all(disconnected=False)

    def check(self, run_id: str, counter: int) -> None:
        """Check after a heartbeat: `counter` was read before it, so a message up to it that did not arrive is lost."""
        if run_id != self._run_id:
            raise Lost("another Redis answers")
        if counter > self._last:
            log.warning("a message about revocations was lost, so all checked tokens are dropped")
            self._memory.drop_all(disconnected=False)
            self._last = counter
