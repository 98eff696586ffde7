"""Requests that wait for a sign-in and are too long for an address; sealed, so Redis holds nothing readable of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oauthsrv.oauth.credentials import digest

if TYPE_CHECKING:
    from oauthsrv.store.redis import Redis


def remember_pending(redis: Redis, ticket: str, sealed: bytes, seconds: int) -> None:
    redis.connection().set(_key(redis, ticket), sealed, ex=seconds)


def find_pending(redis: Redis, ticket: str) -> bytes | None:
    return redis.connection().get(_key(redis, ticket))  # type: ignore[return-value]


def _key(redis: Redis, ticket: str) -> bytes:
    return redis.key("p", digest(ticket).hex())
