"""The answers to forms, kept for a moment: a second click gets the answer of the first."""

from oauthsrv import deadline
from oauthsrv.store.redis import Redis

SECONDS = 15
UNDER_WAY = b""
# For the first click; what is left of the request after it is for the answer.
WAIT, SPARE = 0.5, 0.3


def begin(redis: Redis, form_hash: bytes) -> bool:
    """Whether this form was not sent a moment ago."""
    is_first = redis.connection().set(_key(redis, form_hash), UNDER_WAY, ex=SECONDS, nx=True)
    if is_first:
        redis.connection().unlink(_key(redis, form_hash, ":ended"))
    return bool(is_first)


def await_end(redis: Redis, form_hash: bytes) -> None:
    """Wait for the first one, if it is under way."""
    seconds = min(WAIT, deadline.left() - SPARE)
    if seconds > 0 and redis.connection().get(_key(redis, form_hash)) == UNDER_WAY:
        ended = _key(redis, form_hash, ":ended")
        redis.connection().blmove(ended, ended, seconds)  # type: ignore[arg-type]


def note_done(redis: Redis, form_hash: bytes, sealed: bytes) -> None:
    redis.connection().set(_key(redis, form_hash), sealed, ex=SECONDS)
    _wake(redis, form_hash)


def note_not_done(redis: Redis, form_hash: bytes) -> None:
    """The form can be sent again, unless another one of the same form did it."""
    if redis.connection().get(_key(redis, form_hash)) == UNDER_WAY:
        redis.connection().unlink(_key(redis, form_hash))
    _wake(redis, form_hash)


def find_done(redis: Redis, form_hash: bytes) -> bytes:
    """The sealed answer of the form that did something; nothing if none did."""
    return bytes(redis.connection().get(_key(redis, form_hash)) or b"")  # type: ignore[arg-type]


def _wake(redis: Redis, form_hash: bytes) -> None:
    """End the waits of `await_end`."""
    pipe = redis.connection().pipeline(transaction=True)
    pipe.rpush(_key(redis, form_hash, ":ended"), b"1")
    pipe.expire(_key(redis, form_hash, ":ended"), SECONDS)
    pipe.execute()


def _key(redis: Redis, form_hash: bytes, part: str = "") -> bytes:
    return redis.key("o", form_hash.hex() + part)
