"""How long requests took: counted in the process, for who was proved, and bounded."""

from __future__ import annotations

from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import housekeeping
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, server_times
from oauthsrv.store.database import Database
from oauthsrv.store.server_times import BOUNDS, ServerTimes, quantile

HOUR = 1_790_000_000


def written(server: Server, client_id: str) -> dict[str, int]:
    server.server_times.flush()
    found = rows.rows(server, "SELECT endpoint, counts FROM server_time WHERE client_id = %(id)s", id=client_id)
    return {row.endpoint: sum(row.counts) for row in found}


def counts(server: Server, client_id: str) -> Any:
    [row] = rows.rows(server, "SELECT counts FROM server_time WHERE client_id = %(id)s", id=client_id)
    return row.counts


def test_each_request_counts_at_the_first_bound_it_did_not_exceed(server: Server) -> None:
    app = make.app(server)
    for seconds in (0.0004, 0.001, 0.0011, 0.9, 60):
        server.server_times.note(app.client_id, "/oauth/token", seconds, at=HOUR)
        server.server_times.flush()
    expected = dict.fromkeys(BOUNDS, 0) | {1: 2, 2: 1, 1000: 1}
    assert counts(server, app.client_id) == [*expected.values(), 1]


def test_the_half_and_the_most_are_bounds_that_so_many_did_not_exceed() -> None:
    nothing = [0] * (len(BOUNDS) + 1)
    assert quantile([2, 1, 1, *nothing[3:]], 0.5) == 1
    assert quantile([2, 1, 1, *nothing[3:]], 0.95) == 3
    assert quantile([*nothing[:-1], 7], 0.5) is None


def test_rule_15_a_time_counts_only_for_an_authenticated_client(server: Server, browser: Browser) -> None:
    public, confidential = make.app(server, type="public"), make.app(server)
    for app in (public, confidential):
        tokens = play.tokens(server, browser.another(), app)
        play.refresh(browser, app, "ort_x")
        play.post(browser, "/oauth/revoke", app, token="x")
        browser.get("/oauth/verify", headers={"Authorization": f"Bearer {tokens.access_token}"})
        browser.get("/oauth/verify?scope=webhooks", headers={"Authorization": f"Bearer {tokens.access_token}"})
    assert written(server, public.client_id) == {"/oauth/token": 1, "/oauth/verify": 1}
    assert written(server, confidential.client_id) == {"/oauth/token": 1, "/oauth/revoke": 1, "/oauth/verify": 1}


def test_rule_8_what_cannot_be_written_is_kept_for_the_next_time(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make.app(server)
    server.server_times.note(app.client_id, "/oauth/token", 0.1)
    with monkeypatch.context() as away:
        away.setattr(server.server_times, "_database", Database("postgresql://127.0.0.1:1/none"))
        with pytest.raises(StoreUnavailable):
            server.server_times.flush()
    server.server_times.note(app.client_id, "/oauth/token", 0.1)
    assert written(server, app.client_id) == {"/oauth/token": 2}


def test_rule_16_memory_and_table_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_times, "KEPT_AT_MOST", 3)
    times = ServerTimes(Database("postgresql://nowhere"))
    for n in range(10):
        times.note(f"cli_{n}", "/oauth/token", 0.1)
    assert len(times._counts) == 3
    app = make.app(server)
    server.server_times.note(app.client_id, "/oauth/token", 0.1, at=HOUR - 40 * 86_400 * 365)
    server.server_times.note(app.client_id, "/oauth/token", 0.1)
    assert written(server, app.client_id) == {"/oauth/token": 1}
    for _ in housekeeping.purge(server):
        pass
    found = rows.rows(server, "SELECT hour FROM server_time WHERE client_id = %(id)s", id=app.client_id)
    assert len(found) == 1


def test_an_app_that_is_gone_keeps_nobody_elses_times_from_being_written(server: Server) -> None:
    app = make.app(server)
    for client_id in ("cli_" + "f" * 32, app.client_id):
        server.server_times.note(client_id, "/oauth/token", 0.1)
    assert written(server, app.client_id) == {"/oauth/token": 1}
