"""A full disk of PostgreSQL: nothing that writes is answered with more than 503, and no restart is needed (rule 8)."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import make
import play
from held import eventually
from missing import skip_or_fail
from oauthsrv.embedded import Databases, databases
from oauthsrv.server import Server
from oauthsrv.store.migrations import migrate

MEGABYTES = 200


@pytest.fixture(scope="module")
def disk(workspace: Path) -> Iterator[Path]:
    """A small file system of its own; the databases' user may enter it."""
    path = workspace / "small"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        skip_or_fail("mounting a small file system needs the rights of root")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture(scope="module")
def cluster(disk: Path) -> Iterator[Databases]:
    with databases(disk / "var") as cluster:
        migrate(cluster.database_url)
        yield cluster


@pytest.fixture(scope="module")
def process(starting: Callable[..., Any], server: Server) -> Any:
    process = starting(OAUTHSRV_KEY=make.KEY)
    process.await_ready()
    return process


def fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    with contextlib.suppress(OSError), path.with_suffix(".rest").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))


def status(process: Any, path: str) -> int:
    return requests.get(process.url + path, timeout=30).status_code


def test_rule_8_a_full_disk_is_a_503_until_there_is_space(
    server: Server, process: Any, connection: play.Connection, disk: Path
) -> None:
    assert status(process, "/readyz") == 200
    codes = [play.code(connection.browser, connection.app) for _ in range(40)]
    fill(disk / "filler")
    try:
        eventually(lambda: status(process, "/readyz") == 503, seconds=60)
        answers = [process.exchange(connection.app, code) for code in codes]
        assert {answer.status_code for answer in answers} <= {200, 503}, [answer.text for answer in answers]
        assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 503)
    finally:
        for name in ("filler", "filler.rest"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(disk / name)
    eventually(lambda: status(process, "/readyz") == 200, seconds=60)
    refused = [code for code, answer in zip(codes, answers, strict=True) if answer.status_code == 503]
    repeated = [process.exchange(connection.app, code) for code in refused]
    assert {answer.status_code for answer in repeated} <= {200}, ([a.text for a in repeated], process.log())
    assert process.refresh(connection.app, connection.refresh_token).status_code == 200
