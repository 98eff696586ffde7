"""Metadata is answered without any database: when they leave, and by a process that starts while they are away."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import requests

import make
from held import eventually
from oauthsrv.embedded import Databases
from oauthsrv.server import Server
from processes import wire

PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


def test_rule_8_metadata_needs_no_database_from_the_start_of_a_process(
    found: Databases, server: Server, starting: Callable[..., Any]
) -> None:
    paths = (*PATHS, f"/.well-known/oauth-protected-resource/{make.api(server).client_id}")
    with wire.postgresql(found) as (database, database_url), wire.redis(found) as (redis, redis_url):
        process = starting(DATABASE_URL=database_url, REDIS_URL=redis_url)
        process.await_ready()

        def published() -> list[Any]:
            answers = [requests.get(process.url + path, timeout=30) for path in paths]
            assert [answer.status_code for answer in answers] == [200] * len(paths)
            return [answer.json() for answer in answers]

        before, workers = published(), process.workers()
        database.refuse()
        redis.refuse()
        assert published() == before
        os.kill(workers[0], signal.SIGKILL)
        eventually(lambda: process.workers() and process.workers() != workers)
        eventually(lambda: is_up(process))
        assert published() == before
        assert requests.get(process.url + "/readyz", timeout=30).status_code == 503


def is_up(process: Any) -> bool:
    try:
        return requests.get(process.url + "/healthz", timeout=30).status_code == 200
    except requests.ConnectionError:
        return False
