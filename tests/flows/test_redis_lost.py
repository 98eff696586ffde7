"""Redis may be emptied, restarted, or come back with older data, at any moment (rule 7).

It is a Valkey of these tests alone; PostgreSQL is the one of all tests.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from oauthsrv.app import wsgi
from oauthsrv.config import Settings
from oauthsrv.embedded import Databases, databases
from oauthsrv.flows import invalidation, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.housekeeping import TASKS, sweep_ended
from oauthsrv.passwords.hashing import Passwords
from oauthsrv.server import Server
from oauthsrv.store.database import Database
from play import is_active, is_signed_in, refused


class Valkey:
    """A server that can be stopped, started, and put back to an earlier state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = contextlib.ExitStack()
        self._snapshots = 0
        self.url = ""

    def start(self) -> None:
        self.url = self._running.enter_context(databases(self._folder, want_postgres=False)).redis_url

    def stop(self) -> None:
        self._running.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def snapshot(self) -> Path:
        """A copy of its data folder, as a backup of a running server makes it."""
        with redis.Redis.from_url(self.url, single_connection_client=True) as client:
            client.config_set("appendfsync", "always")
            client.set("snapshot", self._snapshots)  # WAITAOF speaks of what its own connection wrote, and all before
            written = client.execute_command("WAITAOF", 1, 0, 20_000)
            client.config_set("appendfsync", "everysec")
            assert written[0] == 1
        self._snapshots += 1
        copy = self._folder / f"snapshot-{self._snapshots}"
        copy_tree(self._folder / "valkey", copy)
        return copy

    def come_back_as(self, snapshot: Path) -> None:
        self.stop()
        shutil.rmtree(self._folder / "valkey")
        copy_tree(snapshot, self._folder / "valkey")
        self.start()


def copy_tree(source: Path, target: Path) -> None:
    """With the owners, as Valkey may run as another user than the tests."""
    shutil.copytree(source, target)
    for path in [source, *source.rglob("*")]:
        status = path.stat()
        os.chown(target / path.relative_to(source), status.st_uid, status.st_gid)


@pytest.fixture(scope="module")
def valkey(workspace: Path) -> Iterator[Valkey]:
    valkey = Valkey(workspace / "lost")
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture(scope="module")
def settings(found: Databases, settings: Settings, valkey: Valkey) -> Settings:
    return dataclasses.replace(settings, redis_url=valkey.url)


def opened(settings: Settings) -> Server:
    assert settings.database_url
    assert settings.redis_url
    server = Server.open(settings, database_url=settings.database_url, redis_url=settings.redis_url)
    server.passwords.close()
    server.passwords = Passwords(waiting_at_most=8, cost=4)
    return server


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    server = opened(settings)
    yield server
    server.close()


@pytest.fixture(params=["a process that ran meanwhile", "a process started afterwards"])
def later(request: pytest.FixtureRequest, server: Server, settings: Settings) -> Iterator[Callable[[], Browser]]:
    """Called when Redis is back: who then asks."""
    with contextlib.ExitStack() as stack:

        def later() -> Browser:
            if request.param == "a process that ran meanwhile":
                return Browser(wsgi(server))
            return Browser(wsgi(stack.enter_context(contextlib.closing(opened(settings)))))

        yield later


def ending_form(browser: Browser) -> Any:
    """The button on the page of connected apps, of which there is one."""
    page = browser.get("/account/apps")
    [form] = [form for form in page.forms.values() if (form.action or "").endswith("/end")]
    return form


def at(seen_by: Browser, person: Browser) -> Browser:
    """This person's cookies in another browser, at the process of `seen_by`."""
    copy = seen_by.another()
    for cookie in person.cookiejar:
        copy.cookiejar.set_cookie(cookie)
    return copy


# Emptied


def test_rule_7_redis_emptied_in_mid_life_costs_a_sign_in_and_nothing_else(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    """Refresh tokens go on on every process, nobody consents again, access tokens are refreshed."""
    elsewhere = Browser(wsgi(another_server))
    token = connection.refresh_token
    for seen_by in (connection.browser, elsewhere) * 2:
        server.redis.connection().flushall()
        assert not is_active(seen_by, connection.app, connection.access_token)
        answer = play.refresh(seen_by, connection.app, token)
        assert answer.status_int == 200
        token = answer.json["refresh_token"]
        assert is_active(seen_by, connection.app, answer.json["access_token"])
    assert not is_signed_in(connection.browser)
    play.sign_in(connection.browser, connection.user)
    asked = play.ask(connection.browser, connection.app)
    assert asked.status_int == 303
    assert play.exchange(elsewhere, connection.app, play.answered(asked)["code"]).status_int == 200


def test_rule_7_redis_emptied_brings_nothing_back(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    ended = play.tokens(server, connection.browser.another(), connection.app)
    grant_id = rows.active_grant(server, ended.user.user_id, connection.app.client_id)
    revocations.revoke_grant(server, grant_id, ended.user.user_id, "user", by=Actor())
    review.suspend_client(server, connection.app.client_id, by=Actor())
    server.redis.connection().flushall()
    for seen_by in (connection.browser, Browser(wsgi(another_server))):
        assert refused(play.refresh(seen_by, connection.app, connection.refresh_token), "unauthorized_client")
    review.reactivate_client(server, connection.app.client_id, by=Actor())
    server.redis.connection().flushall()
    for seen_by in (connection.browser, Browser(wsgi(another_server))):
        assert not is_active(seen_by, connection.app, ended.access_token)
        assert refused(play.refresh(seen_by, connection.app, ended.refresh_token))
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


def test_rule_7_redis_emptied_before_every_request_of_a_whole_flow(server: Server, browser: Browser) -> None:
    """Each answer is one of the protocol's; what PostgreSQL keeps goes on."""
    user, app = make.user(server), make.app(server)
    play.sign_in(browser, user)
    tokens = play.exchange(browser, app, play.code(browser, app)).json
    flush = server.redis.connection().flushall
    for _ in range(5):
        flush()
        first = play.refresh(browser, app, tokens["refresh_token"])
        assert first.status_int == 200
        flush()
        tokens = play.refresh(browser, app, tokens["refresh_token"]).json
        assert tokens["refresh_token"] == first.json["refresh_token"]
    flush()
    assert play.post(browser, "/oauth/revoke", app, token=tokens["refresh_token"]).status_int == 200
    flush()
    assert refused(play.refresh(browser, app, tokens["refresh_token"]))


# Restarted


def test_rule_7_a_restart_with_its_data_is_not_even_noticed(
    valkey: Valkey, server: Server, connection: play.Connection
) -> None:
    code = play.code(connection.browser, connection.app)
    valkey.restart()
    assert connection.is_active()
    valkey.restart()
    assert is_signed_in(connection.browser)
    valkey.restart()
    assert play.exchange(connection.browser, connection.app, code).status_int == 200
    valkey.restart()
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
def test_rule_7_a_restart_within_a_request_is_survived_or_answered_with_503(
    valkey: Valkey, server: Server, connection: play.Connection, grant_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the code or the family and the writing of the access token; sent again, it works."""
    code = play.code(connection.browser, connection.app)
    remember = server.tokens.remember

    def restarted_meanwhile(*args: Any) -> None:
        valkey.restart()
        remember(*args)

    def send() -> TestResponse:
        if grant_type == "authorization_code":
            return play.exchange(connection.browser, connection.app, code)
        return play.refresh(connection.browser, connection.app, connection.refresh_token)

    monkeypatch.setattr(server.tokens, "remember", restarted_meanwhile)
    answer = send()
    assert answer.status_int in (200, 503), answer
    monkeypatch.undo()
    if answer.status_int == 503:
        assert answer.headers["Retry-After"]
        answer = send()
    assert is_active(connection.browser, connection.app, answer.json["access_token"])


def test_rule_7_and_8_without_redis_nothing_is_good_and_the_answer_says_come_back(
    valkey: Valkey, server: Server, connection: play.Connection
) -> None:
    """And an ending is recorded and not yet in force, until Redis is back: then at the first look."""
    form = ending_form(connection.browser)
    valkey.stop()
    try:
        for answer in (
            play.post(connection.browser, "/oauth/introspect", connection.app, token=connection.access_token),
            play.refresh(connection.browser, connection.app, connection.refresh_token),
            play.exchange(connection.browser, connection.app, "oac_" + "A" * 43),
        ):
            assert answer.status_int == 503
            assert answer.json["error"] == "temporarily_unavailable"
            assert answer.headers["Retry-After"]
        for page in (connection.browser.get("/account/apps"), form.submit()):
            assert page.status_int == 503
            assert page.headers["Retry-After"]
        grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
        assert revocations.revoke_grant(server, grant_id, connection.user.user_id, "user", by=Actor()) is False
    finally:
        valkey.start()
    assert not connection.is_active()
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))


def test_rule_7_and_8_redis_lost_between_commit_and_deletion_is_reported_as_recorded_and_not_yet_in_force(
    valkey: Valkey, server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = play.tokens(server, connection.browser.another(), connection.app)
    in_force = invalidation.in_force

    def lost_before(*args: Any, **kwargs: Any) -> bool:
        valkey.stop()
        return in_force(*args, **kwargs)

    for act in (
        lambda: play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token),
        lambda: play.post(other.browser, "/oauth/revoke", other.app, token=other.access_token),
    ):
        monkeypatch.setattr(invalidation, "in_force", lost_before)
        answer = act()
        monkeypatch.undo()
        valkey.start()
        assert answer.status_int == 503
        assert "not yet in force" in answer.json["error_description"]
        assert answer.headers["Retry-After"]
    form = ending_form(other.browser)
    monkeypatch.setattr(invalidation, "in_force", lost_before)
    answer = form.submit()
    monkeypatch.undo()
    valkey.start()
    assert answer.status_int == 303
    assert "not yet in force" in answer.follow().text
    assert not connection.is_active()
    assert not other.is_active()
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    assert refused(play.refresh(other.browser, other.app, other.refresh_token))


# Older data


def test_rule_7_when_older_data_come_back_nothing_ended_lives_and_everything_refreshes(
    valkey: Valkey, server: Server, another_server: Server, browser: Browser, later: Callable[[], Browser]
) -> None:
    """Everything is ended by another process: the one that ran meanwhile still keeps the old records of its apps."""
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
    sign_out(at(elsewhere, connections["signed out"].browser))  # the old cookie is kept by somebody
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
    """Whoever signed out, or never was the one who was asked, cannot answer it; nor is an answer given twice alike."""
    user, app = make.user(server), make.app(server)
    play.sign_in(browser, user)
    page = play.ask(browser, app)
    form = play.form_with(page, "decision")
    snapshot = valkey.snapshot()
    first = form.submit("decision", value=decision)
    assert first.status_int == 303
    assert form.submit("decision", value=decision).status_int == 409
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
