"""Records of clients that processes keep: a change is seen by each at its next look (rule 6)."""

from __future__ import annotations

import dataclasses
import itertools
import secrets
from typing import Any

import pytest

import make
import play
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration
from oauthsrv.server import Server
from oauthsrv.store.database import transaction
from play import is_active, refused


def changed_name(server: Server, client_id: str, name: str) -> None:
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute("UPDATE client SET name = %s, changed_at = now() WHERE client_id = %s", (name, client_id))
    server.clients.changed(client_id)


def name_of(server: Server, client_id: str) -> str:
    client = server.clients.find_client(client_id)
    assert client is not None
    return client.name


def test_rule_6_a_changed_client_is_seen_by_every_process_at_the_next_look(
    server: Server, another_server: Server
) -> None:
    app = make.app(server, name="Before")
    processes = [server, another_server]
    assert {name_of(process, app.client_id) for process in processes} == {"Before"}
    for number, changing in enumerate(processes * 2):
        changed_name(changing, app.client_id, f"Name {number}")
        assert {name_of(process, app.client_id) for process in processes} == {f"Name {number}"}


def test_rule_6_a_record_is_kept_only_under_the_stamp_it_was_loaded_under(
    server: Server, another_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stamp first, PostgreSQL after: a change between the two leaves no process with the old record."""
    app = make.app(server)
    load, names = another_server.clients._load, itertools.count()

    def load_slowly(client_id: str) -> Any:
        record = load(client_id)
        changed_name(server, client_id, f"Name {next(names)}")  # while the old one is in the other process' hands
        return record

    monkeypatch.setattr(another_server.clients, "_load", load_slowly)
    another_server.clients.find_client(app.client_id)
    monkeypatch.undo()
    last = f"Name {next(names) - 1}"
    assert name_of(another_server, app.client_id) == last
    assert name_of(server, app.client_id) == last


def test_rule_6_a_record_loaded_while_a_change_is_not_yet_in_force_does_not_survive_it(
    server: Server, another_server: Server
) -> None:
    app = make.app(server, name="Before")
    assert name_of(another_server, app.client_id) == "Before"
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute("UPDATE client SET name = 'After' WHERE client_id = %s", (app.client_id,))
        another_server.clients.forget_all()
        assert name_of(another_server, app.client_id) == "Before"
    server.clients.changed(app.client_id)
    assert name_of(another_server, app.client_id) == "After"


def test_rule_6_a_lost_stamp_is_a_look_into_postgresql(server: Server, another_server: Server) -> None:
    app = make.app(server, name="Before")
    assert name_of(another_server, app.client_id) == "Before"
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute("UPDATE client SET name = 'After' WHERE client_id = %s", (app.client_id,))
    server.redis.connection().flushall()
    assert name_of(another_server, app.client_id) == "After"


def test_rule_6_processes_agree_on_one_stamp(server: Server, another_server: Server) -> None:
    """Or they would take turns in throwing each other's records away."""
    app = make.app(server)
    for process in (server, another_server):
        process.clients.find_client(app.client_id)
    stamp = server.redis.connection().get(server.clients.stamp_key(app.client_id))
    assert stamp is not None
    for process in (server, another_server):
        process.clients.find_client(app.client_id)
        assert process.clients._kept[app.client_id][0] == stamp


def test_rule_6_an_invented_client_leaves_nothing_in_redis(server: Server) -> None:
    invented = "cli_" + secrets.token_hex(16)
    assert server.clients.find(invented) is None
    assert not server.redis.connection().exists(server.clients.stamp_key(invented))


def test_rule_6_a_deleted_secret_and_a_removed_redirect_uri_stop_at_once(
    server: Server, browser: Browser, elsewhere: Browser
) -> None:
    connection = play.tokens(server, browser)
    assert is_active(elsewhere, connection.app, connection.access_token)
    added = registration.add_secret(server, connection.app.client_id, by=Actor())
    assert connection.app.client_secret
    registration.delete_secret(server, connection.app.client_id, connection.app.client_secret[-4:], by=Actor())
    answer = play.post(elsewhere, "/oauth/introspect", connection.app, token=connection.access_token)
    assert refused(answer, "invalid_client")
    renewed = dataclasses.replace(connection.app, client_secret=added.text)
    assert is_active(elsewhere, renewed, connection.access_token)
