"""oauthsrv demo: an example that fills every page, on databases of its own."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import make
from conftest import opened
from oauthsrv.__main__ import main
from oauthsrv.config import Settings
from oauthsrv.demo import people, refusals, story
from oauthsrv.embedded import databases
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.migrations import migrate
from rows import rows

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)

Demo = Callable[[], tuple[int, str, str]]


@pytest.fixture
def server(room: Path, settings: Settings) -> Iterator[Server]:
    """On databases that nobody else uses."""
    with databases(room / secrets.token_hex(4)) as found:
        migrate(found.database_url)
        server = opened(dataclasses.replace(settings, database_url=found.database_url, redis_url=found.redis_url))
        yield server
        server.close()


@pytest.fixture
def demo(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Demo:
    """Runs the command: its exit code, and what it said on stdout and on stderr."""
    assert server.settings.database_url and server.settings.redis_url
    monkeypatch.setenv("DATABASE_URL", server.settings.database_url)
    monkeypatch.setenv("OAUTHSRV_KEY", make.KEY)
    monkeypatch.setenv("REDIS_URL", server.settings.redis_url)

    def run() -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["demo", "--json"])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def count(server: Server, table: str, where: str = "true") -> int:
    [row] = rows(server, f"SELECT count(*) AS count FROM {table} WHERE {where}")
    return int(row.count)


def fits(server: Server, email: str, password: str) -> bool:
    with reading(server.database) as db:
        return server.passwords.verify(password, sql.users.find_by_email(db, email=email).password_hash)


def test_it_fills_the_databases_once_and_then_only_gives_a_new_password(server: Server, demo: Demo) -> None:
    code, out, err = demo()
    assert (code, err) == (0, "")
    first = json.loads(out)
    assert count(server, '"user"') == 40
    assert count(server, '"user"', "is_admin") == 1
    assert count(server, "client", "deleted_at IS NULL") == 12
    assert count(server, "usage") > 10_000
    assert {row.problem for row in rows(server, "SELECT DISTINCT problem FROM refusal")} == (
        PROBLEMS.keys() - refusals.OF_NO_APP
    )
    assert fits(server, first["administrator"], first["password"])
    assert fits(server, people.PEOPLE[-1].email, first["password"])

    events = count(server, "audit_event")
    code, out, _ = demo()
    assert code == 0
    second = json.loads(out)
    assert second["password"] != first["password"]
    assert fits(server, first["administrator"], second["password"])
    assert not fits(server, first["administrator"], first["password"])
    assert (count(server, '"user"'), count(server, "audit_event")) == (40, events)


def test_it_refuses_where_there_are_others(server: Server, demo: Demo) -> None:
    with transaction(server.database) as db:
        sql.users.add(
            db,
            user_id="usr_" + "0" * 32,
            subject="0" * 32,
            email="somebody@example.com",
            name="Somebody Example",
            password_hash=None,
            is_admin=False,
        )
    code, out, err = demo()
    assert (code, out) == (1, "")
    assert "not of the demo" in err
    assert err.count("\n") == 1
    assert count(server, '"user"') == 1


@pytest.fixture(scope="module")
def told() -> dict[str, list[dict[str, Any]]]:
    return story.told(NOW, "hash").tables


def test_what_ended_did_so_in_every_way_there_is(told: dict[str, list[dict[str, Any]]]) -> None:
    of_grants = {"user", "user_disabled", "user_revoked", "client_tokens_ended", "client_deleted"}
    of_families = {"reused", "code_replayed", "client_revoked", "expired", "too_many_families"}
    assert {row["end_reason"] for row in told["grants"]} == of_grants | {None}
    assert {row["end_reason"] for row in told["families"]} == of_grants | of_families | {None}


def test_everything_happens_in_its_order_and_nothing_in_the_future(told: dict[str, list[dict[str, Any]]]) -> None:
    for row in (*told["grants"], *told["families"]):
        times = [row["created_at"], row["last_used_at"] or row["created_at"], row["ended_at"] or NOW]
        assert times == sorted(times)
        assert times[-1] <= NOW
        assert row["ended_at"] or row.get("expires_at", NOW) >= NOW
    assert max(row["at"] for row in told["events"]) < NOW
    assert max(row["hour"] for row in told["usage"]) <= NOW
    assert max(row["last_at"] for row in told["refusals"]) < NOW


def test_the_story_is_the_same_each_time_but_its_ids_are_not(told: dict[str, list[dict[str, Any]]]) -> None:
    again = story.told(NOW, "hash").tables
    for table, column in (("usage", "calls"), ("events", "action"), ("grants", "created_at"), ("refusals", "last_at")):
        assert [row[column] for row in again[table]] == [row[column] for row in told[table]]
    ids = [{row["client_id"] for row in tables["clients"]} for tables in (told, again)]
    assert not ids[0] & ids[1]
