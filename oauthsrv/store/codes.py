"""Authorization codes and open consent questions in Redis.

A code is only read here and lives out its time: PostgreSQL decides which use is the first
(rule 2). A consent question is taken by its answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson

from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.records import AuthorizationCode
from oauthsrv.store.redis import Redis

QUESTION_TTL = 3600  # seconds that a consent page can be answered


@dataclass(frozen=True, slots=True)
class Question:
    """What a consent page asked, and whom: the answer counts for exactly this."""

    browser_hash: str
    user_id: str
    query: str
    shown: str  # a digest of what the page told


def remember_code(redis: Redis, text: str, code: AuthorizationCode, lifetime: int) -> None:
    redis.connection().set(_code_key(redis, text), orjson.dumps(asdict(code)), ex=lifetime)


def find_code(redis: Redis, text: str) -> AuthorizationCode | None:
    record = redis.connection().get(_code_key(redis, text))
    if record is None:
        return None
    values = known(AuthorizationCode, orjson.loads(record))
    return AuthorizationCode(**values | {"scopes": tuple(values["scopes"]), "resources": tuple(values["resources"])})


def known(of: type, values: dict[str, Any]) -> dict[str, Any]:
    """Without what a later version wrote, which may run beside this one."""
    return {field.name: values[field.name] for field in fields(of) if field.name in values}


def remember_question(redis: Redis, ticket: str, question: Question) -> None:
    connection = redis.connection()
    record = asdict(question) | {"run_id": redis.run_id}
    connection.set(_question_key(redis, ticket), orjson.dumps(record), ex=QUESTION_TTL)


def note_answered(redis: Redis, ticket: str, question: Question) -> None:
    """So that a page sent again, as by a second click, can say how to go on; it decides nothing."""
    redis.connection().set(_answered_key(redis, ticket), orjson.dumps(asdict(question)), ex=QUESTION_TTL)


def find_answered(redis: Redis, ticket: str) -> Question | None:
    record = redis.connection().get(_answered_key(redis, ticket))
    return None if record is None else Question(**known(Question, orjson.loads(record)))


def take_question(redis: Redis, ticket: str) -> Question | None:
    """The question, once: of two answers at the same time one gets it.

    A question is of one run of Redis: in older data, one that was answered would be open again.
    """
    record = redis.connection().getdel(_question_key(redis, ticket))
    if record is None:
        return None
    values = orjson.loads(record)
    return Question(**known(Question, values)) if values["run_id"] == redis.run_id else None


def _code_key(redis: Redis, text: str) -> bytes:
    return redis.key("c", digest(text).hex())


def _question_key(redis: Redis, ticket: str) -> bytes:
    return redis.key("q", digest(ticket).hex())


def _answered_key(redis: Redis, ticket: str) -> bytes:
    return redis.key("d", digest(ticket).hex())
