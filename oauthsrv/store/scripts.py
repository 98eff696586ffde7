"""Lua scripts that Redis runs as one step: what they read cannot change before they write."""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING, Any

from redis.exceptions import NoScriptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis import Redis as RedisClient


class Script:
    """Sent by its SHA-1, and whole only to a Redis that does not have it yet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sha = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, redis: RedisClient, keys: Sequence[bytes], *arguments: bytes | str | int) -> Any:
        try:
            return redis.evalsha(self._sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return redis.eval(self._text, len(keys), *keys, *arguments)
