"""What a person sees of a large revocation: on the app's pages, and as a bar in the terminal."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.commands import progress
from oauthsrv.commands.apps import watch_revocation
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.server import Server

LEFT = "The rest is done later."


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Called within the test, as pytest replaces stderr after the fixtures are made."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


@pytest.fixture
def revoked(server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch) -> play.Connection:
    """An app with 35 connections, all revoked, of which none is carried out but what a test does."""
    monkeypatch.setattr(revocations, "BATCH", 10)
    monkeypatch.setattr(revocations, "AT_ONCE", 0.0)
    monkeypatch.setattr(progress, "SHOWN_EVERY", 0.0)
    rows.rows(
        server,
        """
        INSERT INTO family (family_id, grant_id, client_id, subject, scopes, resources, code_hash, handle_hash,
                            current_hash, expires_at)
        SELECT 'fam_' || md5(client_id || n), grant_id, client_id, subject, scopes, resources,
               sha256(('c' || client_id || n)::bytea), sha256(('h' || client_id || n)::bytea), current_hash, expires_at
        FROM family, generate_series(1, 34) AS n
        WHERE client_id = %(client_id)s
        RETURNING family_id
        """,
        client_id=connection.app.client_id,
    )
    assert revocations.revoke_client_tokens(server, connection.app.client_id, by=Actor())
    return connection


def under_way(server: Server, client_id: str) -> int:
    [row] = rows.rows(
        server,
        "SELECT revocation_id FROM revocation WHERE client_id = %(client_id)s AND finished_at IS NULL",
        client_id=client_id,
    )
    return int(row.revocation_id)


def signed_in(app: Any, user: make.User) -> Browser:
    browser = Browser(app)
    play.sign_in(browser, user)
    return browser


def test_the_pages_of_an_app_show_how_far_its_revocation_is(
    server: Server, revoked: play.Connection, browser: Browser
) -> None:
    client_id = revoked.app.client_id
    [owner] = rows.rows(
        server,
        'SELECT "user".user_id, email FROM client JOIN "user" ON user_id = owner_id WHERE client_id = %(client_id)s',
        client_id=client_id,
    )
    developer = signed_in(browser.app, make.User(owner.user_id, owner.email))
    admin = signed_in(browser.app, make.user(server, admin=True))
    pages = [
        (developer, f"/developer/apps/{client_id}"),
        (developer, f"/developer/apps/{client_id}/users"),
        (admin, f"/admin/apps/{client_id}"),
    ]
    revocation_id = under_way(server, client_id)
    while (progress := revocations.proceed(server, revocation_id, 0.0)).revoked < 20:
        pass
    for seen_by, page in pages:
        bar = seen_by.get(page).html.find("progress")
        assert (bar["value"], bar["max"]) == ("20", "35")
        assert bar.get_text() == "20 of 35"
    while not progress.is_done:
        progress = revocations.proceed(server, revocation_id, 0.0)
    for seen_by, page in pages:
        assert seen_by.get(page).html.find("progress") is None


def test_a_terminal_shows_a_bar_until_it_is_done(
    server: Server, revoked: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = at_terminal(monkeypatch)
    watch_revocation(server, revoked.app.client_id)
    shown = terminal.getvalue()
    assert "] 10 of 35 connections" in shown
    assert shown.endswith(f"[{'#' * progress.WIDTH}] 35 of 35 connections\n")
    left = "SELECT family_id FROM family WHERE client_id = %(client_id)s AND ended_at IS NULL"
    assert rows.rows(server, left, client_id=revoked.app.client_id) == []


def test_whoever_leaves_loses_nothing(
    server: Server, revoked: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = at_terminal(monkeypatch)
    revocation_id = under_way(server, revoked.app.client_id)

    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(progress.time, "sleep", leave)
        assert progress.watch(server, revocation_id, LEFT) is False
    assert terminal.getvalue().endswith(f"\n{LEFT}\n")
    assert not revoked.is_active()  # it is in force all the same
    assert progress.watch(server, revocation_id, LEFT) is True


def test_nothing_is_shown_where_nobody_watches(server: Server, revoked: play.Connection, capsys: Any) -> None:
    watch_revocation(server, revoked.app.client_id)
    assert capsys.readouterr().err == ""
    assert under_way(server, revoked.app.client_id)  # housekeeping does it


@pytest.mark.parametrize(("done", "of", "filled"), [(0, 3, 0), (1, 2, 20), (7, 7, 40), (9, 7, 40)])
def test_a_bar_is_never_longer_than_it_is(done: int, of: int, filled: int) -> None:
    bar = progress.bar(done, of)
    assert bar.count("#") == filled
    assert bar.startswith("[") and bar.index("]") == progress.WIDTH + 1
