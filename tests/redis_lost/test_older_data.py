"""Redis comes back with older data: nothing revoked returns, and nothing is believed before it was swept (rule 7)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import make
import play
import rows
import signing
from browser import Browser, wsgi
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.housekeeping import TASKS, sweep_ended
from oauthsrv.server import Server
from oauthsrv.store.database import Database
from play import is_active, is_signed_in, refused
from redis_lost.conftest import Valkey, at

# Older data


def test_rule_7_when_older_data_come_back_nothing_ended_lives_and_everything_refreshes(
    valkey: Valkey, server: Server, another_server: Server, browser: Browser, later: Callable[[], Browser]
) -> None:
    """Everything is ended by another process: the one that kept running still has the old records of its apps."""
    app, api = make.app(server), make.api(server)
    connections = {
        name: play.tokens(server, browser.another(), app)
        for name in (
            "kept", "rotated", "ended by its user", "given back", "reused", "single token given back",
            "user revoked", "user disabled", "signed out",
        )
    }  # fmt: skip
    suspended, ended, deleted = (play.tokens(server, browser.another()) for _ in range(3))
    for connection in (*connections.values(), suspended, ended, deleted):
        assert is_active(browser, api, connection.access_token)
    snapshot = valkey.snapshot()

    elsewhere = Browser(wsgi(another_server))
    first = play.refresh(elsewhere, app, connections["rotated"].refresh_token).json
    rotated = play.refresh(elsewhere, app, first["refresh_token"]).json
    connection = connections["ended by its user"]
    grant_id = rows.active_grant(server, connection.user.user_id, app.client_id)
    assert revocations.revoke_grant(another_server, grant_id, connection.user.user_id, "user", by=Actor())
    play.post(elsewhere, "/oauth/revoke", app, token=connections["given back"].refresh_token)
    play.post(elsewhere, "/oauth/revoke", app, token=connections["single token given back"].access_token)
    reused = connections["reused"].refresh_token
    play.refresh(elsewhere, app, reused)
    rows.let_pass(server, reused, 61)
    assert refused(play.refresh(elsewhere, app, reused))
    assert revocations.revoke_user(another_server, connections["user revoked"].user.user_id, by=Actor())
    assert revocations.disable_user(another_server, connections["user disabled"].user.user_id, by=Actor())
    sign_out(at(elsewhere, connections["signed out"].browser))  # the old cookie is kept
    assert review.suspend_client(another_server, suspended.app.client_id, by=Actor())
    assert revocations.revoke_client_tokens(another_server, ended.app.client_id, by=Actor())
    assert revocations.delete_client(another_server, deleted.app.client_id, by=Actor())

    valkey.come_back_as(snapshot)
    seen_by = later()
    dead = {
        **{name: connections[name] for name in connections if name not in ("kept", "rotated", "signed out")},
        "suspended": suspended, "client's tokens ended": ended, "deleted": deleted,
    }  # fmt: skip
    for name, connection in dead.items():
        assert not is_active(seen_by, api, connection.access_token), name
    for name in ("ended by its user", "given back", "reused", "user revoked", "user disabled"):
        assert refused(play.refresh(seen_by, app, connections[name].refresh_token)), name
    assert refused(play.refresh(seen_by, suspended.app, suspended.refresh_token), "unauthorized_client")
    assert refused(play.refresh(seen_by, ended.app, ended.refresh_token))
    assert refused(play.refresh(seen_by, deleted.app, deleted.refresh_token), "invalid_client")
    for name in ("user revoked", "user disabled", "signed out"):
        assert not is_signed_in(at(seen_by, connections[name].browser)), name

    assert is_signed_in(at(seen_by, connections["kept"].browser))
    for connection in (connections["kept"], connections["single token given back"], connections["signed out"]):
        answer = play.refresh(seen_by, app, connection.refresh_token)
        assert answer.status_int == 200
        assert is_active(seen_by, api, answer.json["access_token"])
    # The family knows more than Redis does: what it gave since goes on, and the repetition is none.
    answer = play.refresh(seen_by, app, first["refresh_token"])
    assert answer.json["refresh_token"] == rotated["refresh_token"]
    answer = play.refresh(seen_by, app, rotated["refresh_token"])
    assert answer.status_int == 200
    assert is_active(seen_by, api, answer.json["access_token"])
    review.reactivate_client(server, suspended.app.client_id, by=Actor())
    assert play.refresh(seen_by, suspended.app, suspended.refresh_token).status_int == 200


def sign_out(browser: Browser) -> None:
    page = browser.get("/account/profile")
    [form] = [form for form in page.forms.values() if form.action == "/logout"]
    assert form.submit().status_int == 303
    assert not is_signed_in(browser)


def test_rule_7_a_session_ended_from_another_browser_does_not_come_back_with_older_data(
    valkey: Valkey, server: Server, browser: Browser, later: Callable[[], Browser]
) -> None:
    user, left_behind = make.user(server), browser.another()
    for one in (browser, left_behind):
        play.sign_in(one, user)
    snapshot = valkey.snapshot()
    page = browser.get("/account/sessions")
    [form] = [form for form in page.forms.values() if (form.action or "").endswith("/end")]
    assert form.submit().status_int == 303
    assert not is_signed_in(left_behind)
    valkey.come_back_as(snapshot)
    seen_by = later()
    assert not is_signed_in(at(seen_by, left_behind))
    assert is_signed_in(at(seen_by, browser))


def test_rule_7_a_device_ended_alone_does_not_come_back_with_older_data(
    valkey: Valkey, server: Server, connection: play.Connection, later: Callable[[], Browser]
) -> None:
    other = play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app)).json
    snapshot = valkey.snapshot()
    page = connection.browser.get("/account/apps").click("Example App")
    family_id = rows.family(server, other["refresh_token"]).family_id
    [form] = [form for form in page.forms.values() if family_id in (form.action or "")]
    assert form.submit().status_int == 303
    valkey.come_back_as(snapshot)
    seen_by = later()
    assert not is_active(seen_by, connection.app, other["access_token"])
    assert refused(play.refresh(seen_by, connection.app, other["refresh_token"]))
    assert is_active(seen_by, connection.app, connection.access_token)


def test_rule_6_and_7_older_data_do_not_revive_a_kept_record_of_a_client_however_old_the_change(
    valkey: Valkey, server: Server, another_server: Server, connection: play.Connection
) -> None:
    """The stamp under which this process keeps it comes back, and the sweep looks back only so far."""
    api = make.api(server)
    assert is_active(connection.browser, api, connection.access_token)
    snapshot = valkey.snapshot()
    review.suspend_client(another_server, connection.app.client_id, by=Actor())
    rows.rows(
        server,
        "UPDATE client SET changed_at = now() - interval '1 day', suspended_at = now() - interval '1 day' "
        "WHERE client_id = %(client_id)s",
        client_id=connection.app.client_id,
    )
    valkey.come_back_as(snapshot)
    assert not is_active(connection.browser, api, connection.access_token)


def test_rule_2_and_7_a_used_code_that_comes_back_is_still_used(
    valkey: Valkey, server: Server, connection: play.Connection, later: Callable[[], Browser]
) -> None:
    code, unused = (play.code(connection.browser, connection.app) for _ in range(2))
    snapshot = valkey.snapshot()
    tokens = play.exchange(connection.browser, connection.app, code).json
    valkey.come_back_as(snapshot)
    seen_by = later()
    assert refused(play.exchange(seen_by, connection.app, code))
    assert rows.family(server, tokens["refresh_token"]).end_reason == "code_replayed"
    assert refused(play.refresh(seen_by, connection.app, tokens["refresh_token"]))
    assert play.exchange(seen_by, connection.app, unused).status_int == 200


def test_rule_2_and_7_a_code_whose_grant_ended_comes_back_for_nothing(
    valkey: Valkey, server: Server, connection: play.Connection
) -> None:
    code = play.code(connection.browser, connection.app)
    snapshot = valkey.snapshot()
    grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    revocations.revoke_grant(server, grant_id, connection.user.user_id, "user", by=Actor())
    valkey.come_back_as(snapshot)
    assert refused(play.exchange(connection.browser, connection.app, code))


def test_rule_5_and_7_a_repeated_refresh_after_older_data_came_back_gets_a_pair_that_works(
    valkey: Valkey, server: Server, connection: play.Connection, later: Callable[[], Browser]
) -> None:
    """The access token that was sealed with the successor is not in the older data."""
    snapshot = valkey.snapshot()
    first = play.refresh(connection.browser, connection.app, connection.refresh_token).json
    valkey.come_back_as(snapshot)
    seen_by = later()
    again = play.refresh(seen_by, connection.app, connection.refresh_token).json
    assert again["refresh_token"] == first["refresh_token"]
    assert is_active(seen_by, connection.app, again["access_token"])


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_rule_7_and_13_a_question_that_comes_back_gives_nobody_else_anything(
    valkey: Valkey, server: Server, browser: Browser, decision: str
) -> None:
    """Whoever signed out, or was never asked, cannot answer it; a second click shows the first answer."""
    user, app = make.user(server), make.app(server)
    play.sign_in(browser, user)
    page = play.ask(browser, app)
    form = play.form_with(page, "decision")
    snapshot = valkey.snapshot()
    first = form.submit("decision", value=decision)
    assert first.status_int == 303
    assert form.submit("decision", value=decision).location == first.location
    sign_out(browser)
    valkey.come_back_as(snapshot)
    assert "?code=" not in (form.submit("decision", value="allow").location or "")
    outsider = browser.another()
    play.sign_in(outsider, make.user(server))
    csrf = play.form_with(outsider.get("/account/profile"), "csrf")["csrf"].value
    ticket = form["csrf"].value.partition(".")[2]
    sent = outsider.post("/oauth/authorize", {"decision": "allow", "csrf": f"{csrf}.{ticket}"})
    assert sent.status_int == 409


@pytest.mark.parametrize("came_back", [False, True])
def test_rule_7_and_13_a_question_answered_before_the_app_was_ended_does_not_bring_the_app_back(
    valkey: Valkey, server: Server, browser: Browser, came_back: bool
) -> None:
    """Reloading the page of an old Allow gives no access after the user took it away."""
    user, app = make.user(server), make.app(server)
    play.sign_in(browser, user)
    form = play.form_with(play.ask(browser, app), "decision")
    snapshot = valkey.snapshot()
    assert form.submit("decision", value="allow").status_int == 303
    grant_id = rows.active_grant(server, user.user_id, app.client_id)
    revocations.revoke_grant(server, grant_id, user.user_id, "user", by=Actor())
    if came_back:
        valkey.come_back_as(snapshot)
    reloaded = form.submit("decision", value="allow")
    assert "?code=" not in (reloaded.location or "")
    assert all(row.ended_at for row in rows.grants(server, user.user_id, app.client_id))


def test_rule_7_an_assertion_that_was_used_is_not_accepted_again_by_a_redis_that_does_not_know_it(
    valkey: Valkey, server: Server, later: Callable[[], Browser]
) -> None:
    app = make.app(server)
    signer, browser = signing.signer_of(server, app), Browser(wsgi(server))
    signing.let_redis_remember_for_longer(server)  # other tests made it begin again
    snapshot, assertion = valkey.snapshot(), signer.assertion(app.client_id)
    assert signing.is_accepted(browser, assertion)
    valkey.come_back_as(snapshot)
    then = later()
    assert not signing.is_accepted(then, assertion)
    ahead = signer.assertion(app.client_id, iat=int(time.time()) + 9)  # it may have been used before, too
    assert not signing.is_accepted(then, ahead)
    signing.let_redis_remember_for_longer(server)
    assert signing.is_accepted(then, ahead)
    assert not signing.is_accepted(then, ahead)


# Not believed before it was swept


def test_rule_7_a_redis_that_came_back_is_not_believed_while_postgresql_is_away(
    valkey: Valkey, server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be known what was ended: never a yes."""
    snapshot = valkey.snapshot()
    play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token)
    valkey.come_back_as(snapshot)
    monkeypatch.setattr(server.sweep, "_database", Database("host=/nowhere dbname=nothing"))
    answer = play.post(connection.browser, "/oauth/introspect", connection.app, token=connection.access_token)
    assert answer.status_int == 503
    monkeypatch.undo()
    assert not connection.is_active()


def test_rule_7_every_connection_of_every_thread_notices_another_run_id(
    valkey: Valkey, server: Server, connection: play.Connection
) -> None:
    swept: list[str] = []
    distrust = server.redis._distrust
    server.redis._distrust = lambda client: (swept.append("swept"), distrust(client))[1]
    try:
        assert connection.is_active()
        assert swept == []
        valkey.restart()
        assert connection.is_active()
        assert connection.is_active()
        assert swept == ["swept"]
    finally:
        server.redis._distrust = distrust


def test_rule_7_the_sweep_is_done_every_ten_seconds() -> None:
    assert [task.every for task in TASKS if task.steps is sweep_ended] == [10]
