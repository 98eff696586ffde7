"""Statements that are planned once for each connection."""

import contextlib
from typing import Any

import pytest

import play
from oauthsrv.server import Server
from oauthsrv.store.connection import PREPARED, Connection
from oauthsrv.store.database import Database, reading, sql
from oauthsrv.store.prepared import prepared


def names(db: Any) -> set[str]:
    with db.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {row.name for row in cursor.fetchall()}


def test_each_parameter_has_one_number_in_the_order_in_which_they_come() -> None:
    made = prepared("SELECT %(b)s::text, %(a)s::text, %(b)s::text;\n")
    assert made.prepare == f"PREPARE {made.name} AS SELECT $1::text, $2::text, $1::text"
    assert made.execute == f"EXECUTE {made.name} (%(b)s, %(a)s)"
    assert made.name != prepared("SELECT %(b)s::text").name


def test_a_refresh_and_an_exchange_are_planned_once_for_each_connection(
    server: Server, connection: play.Connection
) -> None:
    """The connection was made by an exchange; all of this is one thread's, which has one session."""
    token = connection.refresh_token
    for _ in range(2):
        token = play.refresh(connection.browser, connection.app, token).json["refresh_token"]
    with reading(server.database) as db:
        assert {each.name for each in PREPARED.values()} <= names(db)


@pytest.mark.parametrize("is_pooled", [True, False])
def test_nothing_is_prepared_where_the_servers_process_is_not_the_one_that_was_named(
    server: Server, is_pooled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_pooled:
        monkeypatch.setattr(Connection, "get_backend_pid", lambda self: 0)
    with contextlib.closing(Database(server.settings.database_url or "")) as database, reading(database) as db:
        values = dict.fromkeys(("handle_hash", "presented_hash", "current_hash", "sealed"), b"x")
        for _ in range(2):
            assert None is sql.families.rotate(
                db,
                **values,
                client_id="",
                generation=1,
                with_credential=True,
                scopes=["a"],
                resources=[],
                available_seconds=None,
                refresh_ttl=1,
                max_age=1,
                deadline=0.0,
            )
        assert bool(names(db)) is not is_pooled
