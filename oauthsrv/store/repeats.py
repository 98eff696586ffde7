"""The response to each browser's last form, kept for a moment; and the forms that are being processed."""

from collections.abc import Mapping

from oauthsrv import deadline
from oauthsrv.store.redis import Redis

SECONDS = 30
LONGEST = 64 << 10  # bytes of a response that is kept
TURN = 0.1  # seconds per wait: if Redis took longer to answer, it would seem to hang


def begin(redis: Redis, form_hash: bytes) -> bool:
    """Mark the form as being processed; False if another request is doing so.

    The mark outlives its request only if the process was killed, and by no more than a second.
    """
    pipe = redis.connection().pipeline(transaction=True)
    pipe.set(_key(redis, form_hash), b"", px=_milliseconds(), nx=True)
    pipe.unlink(_key(redis, form_hash, ":ended"))
    return bool(pipe.execute()[0])


def await_end(redis: Redis, form_hash: bytes) -> None:
    """Wait until the form isn't being processed, or for a moment."""
    ended = _key(redis, form_hash, ":ended")
    redis.connection().blmove(ended, ended, TURN)  # type: ignore[arg-type]


def end(redis: Redis, form_hash: bytes) -> None:
    ended = _key(redis, form_hash, ":ended")
    pipe = redis.connection().pipeline(transaction=True)
    pipe.unlink(_key(redis, form_hash))
    pipe.rpush(ended, b"")
    pipe.pexpire(ended, _milliseconds())
    pipe.execute()


def keep(redis: Redis, sealed: Mapping[bytes, bytes]) -> None:
    """Keep the response under its browser's hash, in place of the previous one."""
    pipe = redis.connection().pipeline(transaction=True)
    for browser_hash, answer in sealed.items():
        pipe.set(_key(redis, browser_hash), answer, ex=SECONDS)
    pipe.execute()


def find(redis: Redis, browser_hash: bytes) -> bytes:
    """The sealed response, or empty."""
    return bytes(redis.connection().get(_key(redis, browser_hash)) or b"")  # type: ignore[arg-type]


def _milliseconds() -> int:
    return int((deadline.REQUEST_SECONDS + 1) * 1000)


def _key(redis: Redis, of: bytes, part: str = "") -> bytes:
    return redis.key("o", of.hex() + part)
