"""Statements that are planned once for each connection."""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    assert made.execute({"a": "one", "b": "o'clock"}) == f"EXECUTE {made.name} (%(b)s, 'one')"
    assert made.name != prepared("SELECT %(b)s::text").name


@pytest.mark.parametrize(
    "sent", ["'", "a'b", 'a"b', "a\\", "100%", "%s", "%(a)s", "é", "a\nb", "\t", "'; DROP TABLE client; --"]
)
def test_psycopg2_quotes_whatever_is_not_plain(sent: str) -> None:
    made = prepared("SELECT %(a)s::text, %(b)s::text[]")
    assert made.execute({"a": sent, "b": ["one", sent]}) == f"EXECUTE {made.name} (%(a)s, %(b)s)"


# PostgreSQL's text holds no NUL, and UTF-8 no surrogates. What has a meaning in a literal comes often.
TEXTS = st.text(st.one_of(st.sampled_from("'\"\\%{},()$ \n"), st.characters(exclude_characters="\0", codec="utf-8")))
VALUES = st.fixed_dictionaries(
    {
        "sent_text": st.none() | TEXTS,
        "sent_bytes": st.none() | st.binary(),
        "sent_number": st.none() | st.integers(-(2**63), 2**63 - 1),
        "sent_float": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "sent_flag": st.none() | st.booleans(),
        "sent_texts": st.none() | st.lists(st.sampled_from(["NULL", "null", ""]) | TEXTS),
    }
)
ECHO = (
    "SELECT %(sent_text)s::text AS sent_text, %(sent_texts)s::text[] AS sent_texts, "
    "%(sent_bytes)s::bytea AS sent_bytes, %(sent_number)s::int8 AS sent_number, "
    "%(sent_float)s::float8 AS sent_float, %(sent_flag)s::boolean AS sent_flag"
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=VALUES, strings=st.sampled_from(["on", "off"]))
def test_every_value_arrives_as_it_was_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], strings: str
) -> None:
    monkeypatch.setitem(PREPARED, ECHO, prepared(ECHO))
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute(f"SET standard_conforming_strings = {strings}")
        cursor.execute(ECHO, values)
        assert cursor.fetchone()._asdict() == values
        assert PREPARED[ECHO].name in names(db)


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
