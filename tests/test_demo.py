"""oauthsrv demo: an example that fills every page, on databases of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import make
from conftest import opened
from oauthsrv.__main__ import main
from oauthsrv.config import Settings
from oauthsrv.demo.apps import ROWS, fields_of
from oauthsrv.demo.history import history
from oauthsrv.demo.people import PEOPLE
from oauthsrv.demo.refusals import OF_NO_APP
from oauthsrv.demo.usage import usage
from oauthsrv.embedded import databases
from oauthsrv.flows.clients.fields import check_client
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.migrations import migrate
from rows import rows

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


@contextlib.contextmanager
def own_databases(folder: Path, settings: Settings) -> Iterator[Server]:
    """A server on databases that nobody else uses, which the command finds by its variables."""
    with databases(folder / secrets.token_hex(4)) as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", found.database_url)
        patch.setenv("OAUTHSRV_KEY", make.KEY)
        patch.setenv("REDIS_URL", found.redis_url)
        migrate(found.database_url)
        server = opened(dataclasses.replace(settings, database_url=found.database_url, redis_url=found.redis_url))
        with contextlib.closing(server):
            yield server


def demo() -> dict[str, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["demo", "--json"]) == 0
    return dict(json.loads(out.getvalue()))


@pytest.fixture(scope="module")
def filled(workspace: Path, settings: Settings) -> Iterator[Server]:
    with own_databases(workspace, settings) as server:
        demo()
        yield server


@pytest.fixture
def empty(workspace: Path, settings: Settings) -> Iterator[Server]:
    with own_databases(workspace, settings) as server:
        yield server


def count(server: Server, table: str, where: str = "true") -> int:
    [row] = rows(server, f"SELECT count(*) AS count FROM {table} WHERE {where}")
    return int(row.count)


def add_user(server: Server, email: str) -> None:
    """Without a password."""
    with transaction(server.database) as db:
        sql.users.add(
            db,
            user_id="usr_" + "0" * 32,
            subject="0" * 32,
            email=email,
            name="Sam Example",
            password_hash=None,
            is_admin=False,
        )


def fits(server: Server, email: str, password: str) -> bool:
    with reading(server.database) as db:
        return server.passwords.verify(password, sql.users.find_by_email(db, email=email).password_hash)


def test_it_fills_every_table(filled: Server) -> None:
    assert count(filled, '"user"') == 40
    assert count(filled, '"user"', "is_admin") == 1
    assert count(filled, "client", "deleted_at IS NULL") == 12
    assert count(filled, "client_proposal") == 1
    assert count(filled, "one_time_link") == 2
    assert count(filled, "api") == 3
    assert count(filled, "usage") > 10_000
    assert {row.problem for row in rows(filled, "SELECT DISTINCT problem FROM refusal")} == PROBLEMS.keys() - OF_NO_APP
    assert min(row.created_at for row in rows(filled, "SELECT created_at FROM client")) < datetime.now(UTC) - timedelta(
        170
    )


def test_a_further_run_only_gives_a_new_password(filled: Server) -> None:
    events = count(filled, "audit_event")
    first, second = demo(), demo()
    assert first["password"] != second["password"]
    for email in (first["administrator"], PEOPLE["ines"].email):
        assert fits(filled, email, second["password"])
        assert not fits(filled, email, first["password"])
    assert (count(filled, '"user"'), count(filled, "audit_event")) == (40, events)


@pytest.mark.parametrize(
    ("email", "reason"), [("sam@example.com", "not the demo's"), ("ada@demo.example", "was interrupted")]
)
def test_it_refuses_databases_with_other_users_or_half_an_example(
    empty: Server, capsys: pytest.CaptureFixture[str], email: str, reason: str
) -> None:
    add_user(empty, email)
    assert main(["demo", "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in err
    assert err.count("\n") == 1
    assert count(empty, '"user"') == 1


def test_what_ended_did_so_in_every_way_there_is(filled: Server) -> None:
    of_grants = {"user", "user_disabled", "user_revoked", "client_tokens_ended", "client_deleted"}
    of_families = {"reused", "code_replayed", "client_revoked", "expired", "too_many_families"}
    reasons = {row.end_reason for row in rows(filled, 'SELECT DISTINCT end_reason FROM "grant"')}
    assert reasons == of_grants | {None}
    reasons = {row.end_reason for row in rows(filled, "SELECT DISTINCT end_reason FROM family")}
    assert reasons == of_grants | of_families | {None}


def test_everything_happens_in_its_order_and_nothing_in_the_future(filled: Server) -> None:
    now = datetime.now(UTC)
    columns = "created_at, last_used_at, ended_at"
    lives = [*rows(filled, f'SELECT {columns} FROM "grant"'), *rows(filled, f"SELECT {columns} FROM family")]
    for row in lives:
        times = [row.created_at, row.last_used_at or row.created_at, row.ended_at or now]
        assert times == sorted(times)
        assert times[-1] <= now
    assert count(filled, "family", "ended_at IS NULL AND expires_at < now()") == 0
    events = [row.at for row in rows(filled, "SELECT at FROM audit_event ORDER BY event_id")]
    assert events == sorted(events)
    assert events[-1] <= now
    assert now - events[0] > timedelta(days=190)
    assert max(row.hour for row in rows(filled, "SELECT hour FROM usage")) <= now
    assert max(row.last_at for row in rows(filled, "SELECT last_at FROM refusal")) < now


def test_the_sweep_takes_no_connection_for_ended_that_is_not(filled: Server) -> None:
    assert count(filled, "family", "ended_at IS NULL AND ended_in IS NOT NULL") == 0


def test_every_example_is_the_same(filled: Server) -> None:
    assert history() == history()
    assert list(usage(NOW)) == list(usage(NOW))


@pytest.mark.parametrize("app", ROWS, ids=lambda app: app.name)
def test_every_app_could_have_been_registered_with_the_form(filled: Server, app: Any) -> None:
    fields = dataclasses.replace(fields_of(app), logo=None)
    scopes = [row.scope for row in rows(filled, "SELECT scope FROM scope ORDER BY position")]
    typed = {**dataclasses.asdict(fields), "logo": ""}
    assert check_client(typed, scopes, filled.settings.issuer) == fields
