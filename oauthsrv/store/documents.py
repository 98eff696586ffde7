"""Client metadata documents as last fetched, in Redis (kind g); only valid ones are kept."""

import time
from typing import Any

import orjson

from oauthsrv.oauth.credentials import digest
from oauthsrv.store.redis import Redis


def remember_document(redis: Redis, url: str, fields: dict[str, Any], seconds: int) -> None:
    redis.connection().set(key_of(redis, url), orjson.dumps([fields, time.time() + seconds]), ex=seconds)


def find_document(redis: Redis, url: str) -> tuple[dict[str, Any], int] | None:
    """The document, and how many seconds it may still be used."""
    found = redis.connection().get(key_of(redis, url))
    if found is None:
        return None
    fields, until = orjson.loads(found)
    return fields, max(1, int(until - time.time()))


def key_of(redis: Redis, url: str) -> bytes:
    return redis.key("g", digest(url).hex())
