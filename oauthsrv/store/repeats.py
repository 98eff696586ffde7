"""What each browser's last form was answered, kept for a moment; and which forms are being worked on."""

from collections.abc import Mapping

from oauthsrv import deadline
from oauthsrv.store.redis import Redis

SECONDS = 30
LONGEST = 64 << 10  # bytes of an answer that is kept


def begin(redis: Redis, form_hash: bytes) -> bool:
    """Whether nobody else is working on this form.

    The mark outlives its request only if its process was killed, and by no more than a second.
    """
    milliseconds = int((deadline.REQUEST_SECONDS + 1) * 1000)
    return bool(redis.connection().set(_key(redis, form_hash), b"", px=milliseconds, nx=True))


def end(redis: Redis, form_hash: bytes) -> None:
    redis.connection().unlink(_key(redis, form_hash))


def keep(redis: Redis, sealed: Mapping[bytes, bytes]) -> None:
    """The last answer, by the hash of its browser; it takes the place of the one before."""
    pipe = redis.connection().pipeline(transaction=True)
    for browser_hash, answer in sealed.items():
        pipe.set(_key(redis, browser_hash), answer, ex=SECONDS)
    pipe.execute()


def find(redis: Redis, browser_hash: bytes) -> bytes:
    """The sealed answer, or nothing."""
    return bytes(redis.connection().get(_key(redis, browser_hash)) or b"")  # type: ignore[arg-type]


def _key(redis: Redis, whose: bytes) -> bytes:
    return redis.key("o", whose.hex())
