"""Self-registered apps that nobody uses are deleted, and all of a host can be (rule 16)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

import make
import play
from browser import Browser
from held import a_lock_is_awaited, done, eventually, holding, in_parallel
from oauthsrv.flows import consent, housekeeping
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import removal, review
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.server import Server
from registering import BACK, registered
from rows import events, rows

pytestmark = pytest.mark.usefixtures("registration")


def age(server: Server, client_id: str, **columns: str) -> None:
    """As if it had been registered or used so much earlier: hours or days by column."""
    changes = ", ".join(f"{name} = {value}" for name, value in columns.items())
    rows(server, f"UPDATE client SET {changes} WHERE client_id = %(client_id)s", client_id=client_id)


def registered_hours_ago(server: Server, client_id: str, hours: int) -> None:
    moment = f"now() - interval '{hours} hours'"
    age(server, client_id, created_at=moment, approved_at=moment)


def is_there(server: Server, client_id: str) -> bool:
    [row] = rows(server, "SELECT deleted_at FROM client WHERE client_id = %(client_id)s", client_id=client_id)
    return row.deleted_at is None


def reap(server: Server) -> None:
    done(removal.reap(server))


@pytest.fixture
def app(anywhere: Browser) -> make.App:
    found = registered(anywhere, token_endpoint_auth_method="none")
    return make.App(found["client_id"], None, BACK)


def used_on(server: Server, client_id: str) -> Any:
    done(housekeeping.flush_marks(server))
    [row] = rows(
        server,
        "SELECT used_on, (now() AT TIME ZONE 'UTC')::date AS today FROM client WHERE client_id = %(client_id)s",
        client_id=client_id,
    )
    return row.used_on


def test_rule_16_an_app_that_nobody_allowed_is_deleted_after_a_day(server: Server, app: make.App) -> None:
    registered_hours_ago(server, app.client_id, 23)
    reap(server)
    assert is_there(server, app.client_id)
    registered_hours_ago(server, app.client_id, 25)
    reap(server)
    assert not is_there(server, app.client_id)
    [event] = events(server, "client.reaped", app.client_id)
    assert (event.user_id, event.address) == (None, None)
    reap(server)
    assert len(events(server, "client.reaped", app.client_id)) == 1


def test_rule_16_an_app_that_was_allowed_stays_until_it_is_unused_for_90_days(
    server: Server, anywhere: Browser, app: make.App, user: make.User
) -> None:
    connection = play.tokens(server, anywhere, app, user)
    registered_hours_ago(server, app.client_id, 24 * 89)
    assert used_on(server, app.client_id) is not None
    reap(server)
    assert is_there(server, app.client_id)
    age(server, app.client_id, used_on="current_date - 91")
    reap(server)
    assert is_there(server, app.client_id)  # its connection was used: the mark may have been lost
    rows(
        server,
        "UPDATE family SET last_used_at = now() - interval '91 days' WHERE client_id = %(client_id)s",
        client_id=app.client_id,
    )
    reap(server)
    assert not is_there(server, app.client_id)
    answer = play.refresh(anywhere, app, connection.refresh_token)
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert "connect again" in play.ask(anywhere, app)


@pytest.mark.parametrize("mark", ["NULL", "current_date - 91"])
@pytest.mark.parametrize("end", ["", ", ended_at = now(), end_reason = 'user', sealed = NULL"], ids=["active", "ended"])
def test_rule_16_an_app_whose_mark_of_use_was_lost_stays_while_its_last_connection_was_used_lately(
    server: Server, anywhere: Browser, app: make.App, user: make.User, mark: str, end: str
) -> None:
    play.tokens(server, anywhere, app, user)
    registered_hours_ago(server, app.client_id, 24 * 91)
    assert used_on(server, app.client_id) is not None
    age(server, app.client_id, used_on=mark)
    for days, stays in ((89, True), (91, False)):
        rows(
            server,
            f"UPDATE family SET last_used_at = now() - interval '{days} days'{end} WHERE client_id = %(client_id)s",
            client_id=app.client_id,
        )
        reap(server)
        assert is_there(server, app.client_id) is stays


def test_rule_16_an_app_that_was_allowed_and_never_exchanged_its_code_stays_90_days(
    server: Server, anywhere: Browser, app: make.App, user: make.User
) -> None:
    play.sign_in(anywhere, user)
    assert play.code(anywhere, app)
    registered_hours_ago(server, app.client_id, 24 * 89)
    reap(server)
    assert is_there(server, app.client_id)
    registered_hours_ago(server, app.client_id, 24 * 91)
    reap(server)
    assert not is_there(server, app.client_id)


def test_rule_6_a_user_who_allows_an_app_while_it_is_being_deleted_keeps_it(
    server: Server, anywhere: Browser, app: make.App, user: make.User
) -> None:
    """The consent holds the app's row; the deletion waits, and judges again."""
    play.sign_in(anywhere, user)
    page = play.ask(anywhere, app)
    registered_hours_ago(server, app.client_id, 25)
    with holding(consent, lambda: play.answered(play.allow(page))) as (gate, answer):
        gate.await_arrival()
        with in_parallel(lambda: reap(server)) as deletion:
            eventually(lambda: a_lock_is_awaited(server))
            gate.open()
            code = answer.result(timeout=20)["code"]
            deletion.result(timeout=20)
    assert is_there(server, app.client_id)
    assert play.exchange(anywhere, app, code).status_int == 200


def test_an_app_in_review_or_suspended_waits_for_the_administrators(server: Server, anywhere: Browser) -> None:
    waiting, suspended = (registered(anywhere)["client_id"] for _ in range(2))
    registered_hours_ago(server, waiting, 24 * 80)
    age(server, waiting, approved_at="NULL")
    registered_hours_ago(server, suspended, 24 * 400)
    review.suspend_client(server, suspended, by=Actor())
    reap(server)
    assert is_there(server, waiting)
    assert is_there(server, suspended)
    registered_hours_ago(server, waiting, 24 * 91)
    age(server, waiting, approved_at="NULL")
    reap(server)
    assert not is_there(server, waiting)


def test_an_app_of_a_developer_is_never_deleted_like_that(server: Server) -> None:
    app = make.app(server)
    registered_hours_ago(server, app.client_id, 24 * 400)
    age(server, app.client_id, used_on="current_date - 400")
    reap(server)
    assert is_there(server, app.client_id)


def test_the_day_of_the_last_use_is_written_once_a_day(
    server: Server, anywhere: Browser, app: make.App, user: make.User
) -> None:
    assert used_on(server, app.client_id) is None
    connection = play.tokens(server, anywhere, app, user)
    assert used_on(server, app.client_id) is not None
    [before] = rows(server, "SELECT xmin::text, changed_at FROM client WHERE client_id = %(id)s", id=app.client_id)
    assert play.refresh(anywhere, app, connection.refresh_token).status_int == 200
    used_on(server, app.client_id)
    [after] = rows(server, "SELECT xmin::text, changed_at FROM client WHERE client_id = %(id)s", id=app.client_id)
    assert before == after
    owned = play.tokens(server, anywhere.another())
    assert used_on(server, owned.app.client_id) is None


def test_rule_16_what_is_left_of_deleted_apps_is_removed_after_a_month(
    server: Server, anywhere: Browser, app: make.App
) -> None:
    registered_hours_ago(server, app.client_id, 25)
    reap(server)
    done(housekeeping.purge(server))
    assert not is_there(server, app.client_id)
    age(server, app.client_id, deleted_at="now() - interval '31 days'")
    done(housekeeping.purge(server))
    assert rows(server, "SELECT 1 FROM client WHERE client_id = %(client_id)s", client_id=app.client_id) == []


def test_a_suspended_app_with_a_document_is_remembered_after_it_was_deleted(server: Server, anywhere: Browser) -> None:
    described, other = (registered(anywhere, token_endpoint_auth_method="none")["client_id"] for _ in range(2))
    url = f"'https://app.example/{described}'"
    age(server, described, registered_by="'document'", document_url=url, used_on="current_date")
    for client_id in (described, other):
        age(server, client_id, suspended_at="now()", deleted_at="now() - interval '31 days'")
    done(housekeeping.purge(server))
    kept = rows(server, "SELECT client_id FROM client WHERE client_id = ANY(%(ids)s)", ids=[described, other])
    assert [row.client_id for row in kept] == [described]


# All of a host


@pytest.fixture
def host() -> str:
    return f"h{secrets.token_hex(6)}.example"


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(removal, "BATCH", 2)
    yield


def test_all_apps_of_a_host_are_deleted_and_no_others(
    server: Server, anywhere: Browser, host: str, user: make.User, small_batches: None
) -> None:
    uri = f"https://{host}/back"
    of_host = [registered(anywhere, redirect_uris=[uri, BACK])["client_id"] for _ in range(5)]
    used = registered(anywhere, redirect_uris=[uri], token_endpoint_auth_method="none")["client_id"]
    connection = play.tokens(server, anywhere, make.App(used, None, uri), user)
    others = [registered(anywhere)["client_id"], registered(anywhere, redirect_uris=[f"https://x{host}/"])["client_id"]]
    owned = make.app(server, redirect_uris=(uri,))
    assert removal.remove_host(server, host, by=Actor())
    assert not any(is_there(server, client_id) for client_id in (*of_host, used))
    assert all(is_there(server, client_id) for client_id in (*others, owned.client_id))
    assert play.refused(play.refresh(anywhere, connection.app, connection.refresh_token), "invalid_client")
    assert registered(anywhere, redirect_uris=[uri])  # to prevent that, its host is blocked


def test_what_a_request_has_no_time_for_is_done_by_housekeeping(
    server: Server, anywhere: Browser, host: str, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "AT_ONCE", 0.0)
    ids = [registered(anywhere, redirect_uris=[f"https://{host}/"])["client_id"] for _ in range(5)]
    assert not removal.remove_host(server, host, by=Actor())
    later = registered(anywhere, redirect_uris=[f"https://{host}/"])["client_id"]
    done(removal.proceed_with_hosts(server))
    assert not any(is_there(server, client_id) for client_id in ids)
    assert is_there(server, later)
    assert rows(server, "SELECT 1 FROM host_removal WHERE host = %(host)s", host=host) == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/cb", "https://App.Example:443/cb?x=y", "https://app.example:8443", "https://[2001:db8::1]/x",
        "https://[2001:db8::1]:444/x", "https://192.0.2.1:4443/?a", "http://127.0.0.1/cb", "http://localhost:8787/callback",
        "http://[::1]:1/x", "com.example.App:/back", "cursor://anysphere.cursor-mcp/oauth/callback", "https://a.b?c=d",
    ],
)  # fmt: skip
def test_the_database_reads_the_host_of_a_uri_as_consent_does(server: Server, uri: str) -> None:
    [row] = rows(server, "SELECT redirect_host(%(uri)s) AS host", uri=uri)
    assert row.host == consent_host(uri)
