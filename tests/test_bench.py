"""oauthsrv bench, and the commands by which a benchmark of OAuth servers calls us."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import make
from browser import Browser
from conftest import opened
from held import eventually
from oauthsrv import deadline
from oauthsrv.__main__ import main
from oauthsrv.bench import __main__ as peers
from oauthsrv.bench import measuring, processes
from oauthsrv.bench.fill import BATCH, fill
from oauthsrv.bench.load import Answers
from oauthsrv.bench.measured_app import API_ID, API_SECRET, CLIENT_ID, KEY, SECRET
from oauthsrv.bench.works import WORKS
from oauthsrv.config import Settings
from oauthsrv.embedded import Databases, databases
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from oauthsrv.store.migrations import migrate

ROOT = Path(__file__).resolve().parent.parent
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
VARIABLES = {
    "OAUTHSRV_KEY": make.KEY,
    "SCOPE": "read:data",
    "REDIRECT_URI": "https://bench.example/callback",
    "PKCE_CHALLENGE": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636, appendix B
    **dict.fromkeys(("N_CODES", "N_ACCESS", "N_REFRESH"), "2"),
}


# For other benchmarks


def test_its_tokens_and_codes_work(
    found: Databases, browser: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (VARIABLES | {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}).items():
        monkeypatch.setenv(name, value)
    peers.init()
    capsys.readouterr()
    peers.mint()
    printed = json.loads(capsys.readouterr().out)
    assert {kind: len(texts) for kind, texts in printed.items()} == {"access": 2, "refresh": 2, "codes": 2}

    for caller in ((CLIENT_ID, SECRET), (API_ID, API_SECRET)):
        browser.authorization = ("Basic", caller)
        for rest in printed["access"]:
            assert browser.post("/oauth/introspect", {"token": peers.ACCESS_TOKEN_HEAD + rest}).json["active"]
    browser.authorization = ("Basic", (CLIENT_ID, SECRET))
    for token in printed["refresh"]:
        assert browser.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token}).status_int == 200
    for code in printed["codes"]:
        sent = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        assert browser.post("/oauth/token", sent).status_int == 200


def test_its_rows_use_what_it_makes_and_no_path_of_a_machine() -> None:
    text = (ROOT / "oauthsrv/bench/row.json").read_text()
    for row in json.loads(text):
        assert {tuple(pair) for pair in row["auth"].values()} <= {(CLIENT_ID, SECRET), (API_ID, API_SECRET)}
        assert all(part.startswith(("{cwd}", "-m", "oauthsrv", "init", "mint", "serve")) for part in row["init"])
    assert '"/' not in text.replace('"/oauth/', "")


def test_no_file_of_an_earlier_run_decides_what_its_key_is() -> None:
    assert len(KEY) == 64
    assert not (ROOT / "oauthsrv/bench/var").exists()


# On this machine


def bench(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), "bench", *options],
        env=os.environ | {"TMPDIR": str(folder), "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def folder(workspace: Path) -> Path:
    """What the database's user may pass, with a short path."""
    made = workspace / "bench"
    made.mkdir(exist_ok=True)
    made.chmod(0o711)
    return made


def test_round_trips_are_those_of_the_requests_that_were_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine time is up before all are sent."""
    nothing: Any = None
    supply: Any = SimpleNamespace(take=lambda *_: [])
    bench = measuring.Bench(nothing, nothing, supply, 1, 1.0)
    sent = iter([(0, 0), (10, 20)] * measuring.COUNTED_AGAIN)
    monkeypatch.setattr(bench, "_sent", lambda: next(sent))
    monkeypatch.setattr(bench, "_load", lambda *_, **__: iter([0.5, Answers(10, 0, 1.0, 0.1, 0.1, "")]))
    assert bench.trips(WORKS[0]) == (1.0, 2.0)


def test_it_measures_each_work_and_leaves_nothing(folder: Path) -> None:
    """On databases of its own, whatever the environment says."""
    running = bench(folder, "--seconds", "0.3", "--connections", "2", "--json")
    out, errors = running.communicate(timeout=280)
    assert running.returncode == 0, errors
    result = json.loads(out)
    assert set(result["works"]) == {work.name for work in WORKS}
    for name, cost in result["works"].items():
        assert cost["requests"] > 0, name
        assert cost["failed"] == 0, cost["first_failure"]
        assert cost["redis_trips"] > 0.5  # housekeeping, and requests at both ends of so short a time, count too
        assert cost["p50_ms"] <= cost["p99_ms"]
    assert result["works"]["introspect"]["postgresql_trips"] < 0.5
    assert result["works"]["refresh"]["postgresql_trips"] > 0.5
    assert list(folder.iterdir()) == []


def test_ctrl_c_leaves_nothing_either(folder: Path) -> None:
    running = bench(folder)
    with running:
        eventually(lambda: any(folder.glob("*/server.log")))
        started = list(processes.tree(running.pid))
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=100)
    assert running.returncode in (0, 130)
    assert list(folder.iterdir()) == []
    eventually(lambda: not any(processes.fields(pid) for pid in started))


def test_an_unknown_work_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--works", "introspect,dance"]) == 1
    assert "'dance' is not one of introspect, introspect_api" in capsys.readouterr().err


# A full database


@pytest.fixture(scope="module")
def empty(workspace: Path, settings: Settings) -> Iterator[Server]:
    with databases(workspace / "fill") as found:
        migrate(found.database_url)
        with contextlib.closing(
            opened(dataclasses.replace(settings, database_url=found.database_url, redis_url=found.redis_url))
        ) as server:
            yield server


def schema(server: Server) -> list[Any]:
    with reading(server.database) as db:
        return list(sql.bench.definitions(db))


def families(server: Server) -> int:
    with reading(server.database) as db:
        return int(sql.bench.count_families(db))


def test_a_fill_that_is_interrupted_leaves_the_database_as_it_was(empty: Server) -> None:
    before, count = schema(empty), families(empty)
    filling = fill(empty, BATCH * 2)
    next(filling)
    filling.close()
    assert schema(empty) == before
    assert families(empty) == count


def test_a_database_is_filled_twice_and_keeps_its_indexes(empty: Server) -> None:
    before, count = schema(empty), families(empty)
    assert max(fill(empty, 1)) == 1
    assert families(empty) == count + BATCH
    list(fill(empty, BATCH))
    assert families(empty) == count + 2 * BATCH
    assert schema(empty) == before


def test_cleaning_up_waits_as_long_as_it_takes_even_for_a_vacuum_of_postgresqls_own(empty: Server) -> None:
    with deadline.within(60), reading(empty.database) as db:
        usual = limits(db)
        assert 0 not in usual
        sql.bench.no_limit(db)
        assert set(limits(db)) == {0}
        sql.bench.usual_limit(db)
        assert limits(db) == usual


def limits(db: Any) -> list[int]:
    """Milliseconds that a statement and a lock may take."""
    with db.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout')")
        return [int(row.setting) for row in cursor.fetchall()]


def test_a_database_with_users_is_not_filled(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make.user(server)
    before = families(server)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("REDIS_URL", settings.redis_url or "")
    monkeypatch.setenv("OAUTHSRV_KEY", make.KEY)
    assert main(["bench", "fill", "--families", "1"]) == 1
    assert "that bench did not add" in capsys.readouterr().err
    assert families(server) == before
