"""The answers to forms that work once, kept for a moment: a second click gets the answer of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from oauthsrv import deadline

if TYPE_CHECKING:
    from oauthsrv.store.redis import Redis

SECONDS = 15
UNDER_WAY = b""
# For the first click; what is left of the request after it is for the answer.
WAIT, SPARE = 0.25, 0.3


def begin(redis: Redis, form_hash: bytes) -> bool:
    """Whether this form was not sent a moment ago."""
    is_first = redis.connection().set(_key(redis, form_hash), UNDER_WAY, ex=SECONDS, nx=True)
    if is_first:
        redis.connection().unlink(_key(redis, form_hash, ":ended"))
    return bool(is_first)


def note_done(redis: Redis, form_hash: bytes, address: str, done: str | None) -> None:
    _end(redis, form_hash, orjson.dumps([address, done]))


def note_not_done(redis: Redis, form_hash: bytes) -> None:
    _end(redis, form_hash, None)


def find_done(redis: Redis, form_hash: bytes) -> tuple[str, str | None] | None:
    """Where the first one led; None if it did nothing, or is not ended in time."""
    record = redis.connection().get(_key(redis, form_hash))
    if record == UNDER_WAY and (seconds := min(WAIT, deadline.left() - SPARE)) > 0:
        ended = _key(redis, form_hash, ":ended")
        redis.connection().blmove(ended, ended, seconds)  # type: ignore[arg-type]
        record = redis.connection().get(_key(redis, form_hash))
    return tuple(orjson.loads(record)) if record else None


def _end(redis: Redis, form_hash: bytes, record: bytes | None) -> None:
    key, ended = _key(redis, form_hash), _key(redis, form_hash, ":ended")
    pipe = redis.connection().pipeline(transaction=True)
    if record is None:
        pipe.unlink(key)
    else:
        pipe.set(key, record, ex=SECONDS)
    pipe.rpush(ended, b"1")  # wakes whoever waits
    pipe.expire(ended, SECONDS)
    pipe.execute()


def _key(redis: Redis, form_hash: bytes, part: str = "") -> bytes:
    return redis.key("o", form_hash.hex() + part)
