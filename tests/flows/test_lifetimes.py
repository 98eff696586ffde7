"""An administrator sets how long the tokens of an app live, within what the server allows."""

from __future__ import annotations

from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import Limits, are_raised, check_limits, limits_of, set_limits
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import an_hour_passes
from refreshing import rotated, with_settings


def set_lifetimes(server: Server, app: make.App, **seconds: int | None) -> None:
    with reading(server.database) as db:
        old = limits_of(sql.clients.overview(db, client_id=app.client_id))
    set_limits(server, app.client_id, old._replace(**seconds), by=Actor())


def remaining(server: Server, app: make.App) -> float:
    [family] = rows.rows(server, f"{rows.FAMILY} WHERE client_id = %(id)s", id=app.client_id)
    return float((family.expires_at - family.last_used_at).total_seconds())


def first_tokens(browser: Browser, app: make.App, user: make.User) -> dict[str, Any]:
    play.sign_in(browser, user)
    tokens: dict[str, Any] = play.exchange(browser, app, play.code(browser, app)).json
    return tokens


def test_the_tokens_of_an_app_live_as_long_as_was_set(server: Server, browser: Browser, user: make.User) -> None:
    app = make.app(server)
    set_lifetimes(server, app, access_ttl=300, refresh_ttl=7200)
    tokens = first_tokens(browser, app, user)
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"]) == (300, 7200)
    assert abs(remaining(server, app) - 7200) < 2
    set_lifetimes(server, app, access_ttl=600, refresh_ttl=3600)
    tokens = rotated(browser, app, tokens["refresh_token"])
    assert 590 <= tokens["expires_in"] <= 600
    assert tokens["refresh_token_expires_in"] == 3600
    assert abs(remaining(server, app) - 3600) < 2


def test_without_any_of_its_own_an_app_has_those_of_the_server(server: Server, connection: play.Connection) -> None:
    tokens = rotated(connection.browser, connection.app, connection.refresh_token)
    assert tokens["refresh_token_expires_in"] == server.settings.refresh_ttl
    again = rotated(connection.browser, connection.app, connection.refresh_token)
    assert server.settings.refresh_ttl - 60 <= again["refresh_token_expires_in"] <= server.settings.refresh_ttl


def test_a_connection_that_is_old_tells_when_it_ends(server: Server, connection: play.Connection) -> None:
    rows.grow_old(server, connection.refresh_token, server.settings.refresh_max_age - 100)
    tokens = rotated(connection.browser, connection.app, connection.refresh_token)
    assert 90 <= tokens["refresh_token_expires_in"] <= 100
    assert tokens["expires_in"] <= 100


def test_the_server_may_allow_less_than_was_set(server: Server, user: make.User) -> None:
    app = make.app(server)
    set_lifetimes(server, app, access_ttl=1800, refresh_ttl=7200)
    tokens = first_tokens(with_settings(server, access_ttl=600, refresh_ttl=3600), app, user)
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"]) == (600, 3600)


def test_an_access_token_does_not_outlive_its_connection(server: Server, browser: Browser, user: make.User) -> None:
    app = make.app(server)
    set_lifetimes(server, app, refresh_ttl=60)
    assert first_tokens(browser, app, user)["expires_in"] == 60


def test_tokens_without_a_user_have_it_too(server: Server, browser: Browser) -> None:
    app = make.machine(server, "read:data")
    set_lifetimes(server, app, access_ttl=120)
    assert play.own_token(browser, app).json["expires_in"] == 120


def test_an_administrator_sets_them_beside_the_limits(server: Server, browser: Browser, user: make.User) -> None:
    app, root = make.app(server), make.user(server, admin=True)
    play.sign_in(browser, root)
    path = f"/admin/apps/{app.client_id}/limit"
    form = play.form_with(browser.get(path), "access_ttl")
    form["access_ttl"], form["refresh_ttl"] = "900", "86,400"
    page = form.submit().follow()
    assert "access tokens work for 900 seconds, refresh tokens end 86,400 seconds after their last use" in page
    assert "access token lifetime (seconds): default → 900" in page
    assert "Set by an administrator: access tokens work for 900 seconds" in browser.get(
        f"/developer/apps/{app.client_id}"
    )
    an_hour_passes(server, browser)
    form = play.form_with(browser.get(path), "access_ttl")
    form["access_ttl"] = "60"
    assert form.submit().status_int == 303
    form = play.form_with(browser.get(path), "access_ttl")
    form["access_ttl"] = ""
    assert "Enter your password" in form.submit()


@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "1.5", "an hour", "9" * 30])
def test_a_lifetime_beyond_the_servers_is_refused(server: Server, seconds: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        check_limits(server, "1000", "", "6000", seconds)
    assert "from 1 to 3,600" in refused.value.problems["access_ttl"][0]


def test_rule_13_a_longer_life_gives_power() -> None:
    old = Limits(1000, None, 6000, 600, None)
    assert are_raised(old, old._replace(access_ttl=601))
    assert are_raised(old, old._replace(access_ttl=None))
    assert not are_raised(old, old._replace(access_ttl=599, refresh_ttl=60))
