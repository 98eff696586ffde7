"""The sealed successor of a refresh token, and how long a connection lasts (rule 5)."""

from base64 import urlsafe_b64decode
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from held import done
from oauthsrv.flows import housekeeping, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import RANDOM_BYTES
from oauthsrv.oauth.sealing import unseal
from oauthsrv.server import Server
from play import is_active, refused
from refreshing import GRACE, forged, rotated, with_settings

DAY = 86_400


# The sealed successor


def opened_with(key: str, family: Any) -> bytes | None:
    return unseal(key, bytes(family.handle_hash).hex(), bytes(family.sealed))


def test_rule_5_the_successor_is_sealed_for_the_holder_of_the_old_token_alone(
    server: Server, connection: play.Connection
) -> None:
    current = rotated(connection.browser, connection.app, connection.refresh_token)
    row = rows.family(server, connection.refresh_token)
    sealed = bytes(row.sealed)
    for text in (current["refresh_token"], current["access_token"]):
        assert text.encode() not in sealed
    opened = opened_with(connection.refresh_token, row)
    assert opened is not None
    assert urlsafe_b64decode(current["refresh_token"][4:] + "==")[-RANDOM_BYTES:] in opened
    for key in (current["refresh_token"], forged(connection.refresh_token), bytes(row.previous_hash).hex(), ""):
        assert opened_with(key, row) is None


def test_rule_5_the_sealed_is_erased_at_the_successors_first_use(server: Server, connection: play.Connection) -> None:
    second = rotated(connection.browser, connection.app, connection.refresh_token)
    rotated(connection.browser, connection.app, second["refresh_token"])
    row = rows.family(server, connection.refresh_token)
    assert opened_with(connection.refresh_token, row) is None
    assert opened_with(second["refresh_token"], row) is not None


def test_rule_5_the_sealed_is_erased_at_the_end_of_grace_and_not_before(
    server: Server, connection: play.Connection
) -> None:
    """Also of a process that was killed, by the walk along all families; within the grace time it stays."""
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    done(housekeeping.walk(server))
    assert (
        rotated(connection.browser, connection.app, connection.refresh_token)["refresh_token"] == first["refresh_token"]
    )
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    done(housekeeping.walk(server))
    assert rows.family(server, connection.refresh_token).sealed is None
    rotated(connection.browser, connection.app, first["refresh_token"])


def ended_by_the_user(server: Server, connection: play.Connection) -> None:
    grant_id = rows.family(server, connection.refresh_token).grant_id
    revocations.revoke_grant(server, grant_id, connection.user.user_id, "user", by=Actor())


def ended_by_the_app(server: Server, connection: play.Connection) -> None:
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token).status_int == 200
    )


def ended_with_the_user(server: Server, connection: play.Connection) -> None:
    revocations.revoke_user(server, connection.user.user_id, by=Actor())


def ended_with_the_app(server: Server, connection: play.Connection) -> None:
    revocations.revoke_client_tokens(server, connection.app.client_id, by=Actor())


def ended_by_reuse(server: Server, connection: play.Connection) -> None:
    play.refresh(connection.browser, connection.app, forged(connection.refresh_token))


REVOCATIONS = [ended_by_the_user, ended_by_the_app, ended_with_the_user, ended_with_the_app, ended_by_reuse]


@pytest.mark.parametrize("end", REVOCATIONS)
def test_rule_5_the_sealed_is_erased_at_the_end_and_grace_shields_nothing_that_was_ended(
    server: Server, connection: play.Connection, elsewhere: Browser, end: Any
) -> None:
    current = rotated(connection.browser, connection.app, connection.refresh_token)
    end(server, connection)
    row = rows.family(server, connection.refresh_token)
    assert row.ended_at is not None
    assert row.sealed is None
    for seen_by in (connection.browser, elsewhere):
        for token in (connection.refresh_token, current["refresh_token"]):
            assert refused(play.refresh(seen_by, connection.app, token))
        assert not is_active(seen_by, connection.app, current["access_token"])
    assert not rows.has_marker(server, row.family_id)


# Its age


def test_rule_5_a_refresh_token_slides_on_use_and_never_beyond_the_greatest_age(
    server: Server, connection: play.Connection
) -> None:
    settings = server.settings
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    row = rows.family(server, connection.refresh_token)
    # Each reads the clock.
    assert (row.expires_at - row.last_used_at).total_seconds() == pytest.approx(settings.refresh_ttl, abs=1)
    rows.grow_old(server, connection.refresh_token, settings.refresh_max_age - 1000)
    second = rotated(connection.browser, connection.app, first["refresh_token"])
    row = rows.family(server, connection.refresh_token)
    assert (row.expires_at - row.created_at).total_seconds() == pytest.approx(settings.refresh_max_age, abs=1)
    assert 900 <= second["expires_in"] <= 1000  # nor does an access token outlive it
    assert 900 <= introspected_life(connection, second["access_token"]) <= 1000
    rows.grow_old(server, connection.refresh_token, 1000)
    assert refused(play.refresh(connection.browser, connection.app, second["refresh_token"]))
    assert refused(play.refresh(connection.browser, connection.app, first["refresh_token"]))  # grace shields it no more


def introspected_life(connection: play.Connection, access_token: str) -> int:
    shown = play.introspect(connection.browser, connection.app, access_token)
    return int(shown["exp"] - shown["iat"])


def test_rule_5_a_lower_greatest_age_holds_for_families_that_live_already(
    server: Server, connection: play.Connection
) -> None:
    rows.grow_old(server, connection.refresh_token, 10 * DAY)
    stricter = with_settings(server, refresh_max_age=9 * DAY)
    assert refused(play.refresh(stricter, connection.app, connection.refresh_token))
    assert not play.introspect(stricter, connection.app, connection.refresh_token)["active"]
    rotated(connection.browser, connection.app, connection.refresh_token)


@pytest.mark.parametrize("setting", ["refresh_max_age", "refresh_ttl"])
def test_rule_5_no_access_token_outlives_its_family(server: Server, browser: Browser, setting: str) -> None:
    """Or it would be deleted before the time that the response named."""
    play.sign_in(browser, make.user(server))
    app = make.app(server)
    short_lived = with_settings(server, **{setting: 100})
    first = play.exchange(short_lived, app, play.code(browser, app)).json
    second = rotated(short_lived, app, first["refresh_token"])
    row = rows.family(server, first["refresh_token"])
    assert 100 <= (row.expires_at - row.created_at).total_seconds() <= 150
    for tokens in (first, second):
        assert 50 <= tokens["expires_in"] <= 100
        shown = play.introspect(browser, app, tokens["access_token"])
        assert 50 <= shown["exp"] - shown["iat"] <= 100


def test_rule_5_unused_for_too_long_it_is_refused_and_housekeeping_ends_it(
    server: Server, connection: play.Connection
) -> None:
    rows.rows(
        server,
        "UPDATE family SET expires_at = now() - interval '1 second' WHERE family_id = %(family_id)s",
        family_id=rows.family(server, connection.refresh_token).family_id,
    )
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    assert not play.introspect(connection.browser, connection.app, connection.refresh_token)["active"]
    done(housekeeping.walk(server))
    assert rows.family(server, connection.refresh_token).end_reason == "expired"
