"""Refresh tokens rotate on every use (rule 5)."""

import time
from urllib.parse import urlencode

import pytest

import make
import play
import rows
from browser import Browser
from held import eventually
from oauthsrv.flows import rotation
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.issuing import TokenRequest
from oauthsrv.oauth.parameters import Parameters, encode
from oauthsrv.server import Server
from play import is_active, refused
from refreshing import GRACE, parsed, rotated, scopes_of, with_settings, without_times


@pytest.fixture
def graceless(server: Server) -> Browser:
    return with_settings(server, refresh_grace=0)


# Rotation


def test_rule_5_the_current_token_rotates(server: Server, connection: play.Connection) -> None:
    """Any answer has another refresh token, and the access token before it goes on."""
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    second = rotated(connection.browser, connection.app, first["refresh_token"])
    assert len({connection.refresh_token, first["refresh_token"], second["refresh_token"]}) == 3
    assert len({connection.access_token, first["access_token"], second["access_token"]}) == 3
    for access_token in (connection.access_token, first["access_token"], second["access_token"]):
        assert is_active(connection.browser, connection.app, access_token)
    assert rows.family(server, connection.refresh_token).generation == 3


def test_rule_5_a_refresh_token_is_nothing_but_random_text_to_its_holder(
    server: Server, connection: play.Connection
) -> None:
    """Its handle is a secret: neither the family's public reference nor stored unhashed."""
    row = rows.family(server, connection.refresh_token)
    token = parsed(connection.refresh_token)
    assert token.handle.hex() not in row.family_id
    stored = [bytes(value) for value in row if isinstance(value, memoryview)]
    assert token.handle not in stored
    assert all(token.handle not in value for value in stored)


def test_rule_5_a_thousand_rotations_leave_one_row_that_does_not_grow(
    server: Server, connection: play.Connection
) -> None:
    client = server.clients.find_client(connection.app.client_id)
    assert client is not None
    token = connection.refresh_token
    for _ in range(1000):
        parameters = Parameters.parse(encode([("refresh_token", token)]))
        token = rotation.refresh(TokenRequest(server, client, parameters, Actor(), with_credential=True))[
            "refresh_token"
        ]
    [row] = rows.rows(
        server,
        "SELECT generation, pg_column_size(family.*) AS bytes FROM family WHERE client_id = %(client_id)s",
        client_id=connection.app.client_id,
    )
    assert row.generation == 1001
    assert row.bytes < 4096
    assert rows.lives(server, token)


# Grace


def test_rule_5_the_token_just_superseded_gets_the_same_pair_again(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    """Also from another process, as often as it asks, and whatever the order of the scopes."""
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    again = [
        rotated(connection.browser, connection.app, connection.refresh_token),
        rotated(elsewhere, connection.app, connection.refresh_token),
        rotated(elsewhere, connection.app, connection.refresh_token, scope=" ".join(reversed(first["scope"].split()))),
    ]
    for answer in again:
        assert answer["refresh_token"] == first["refresh_token"]
        assert answer["access_token"] == first["access_token"]
        assert scopes_of(answer) == scopes_of(first)
    assert rows.family(server, connection.refresh_token).generation == 2


def test_rule_5_the_token_just_superseded_still_gets_it_at_the_end_of_the_grace_time(
    server: Server, connection: play.Connection
) -> None:
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, GRACE - 10)
    assert (
        rotated(connection.browser, connection.app, connection.refresh_token)["refresh_token"] == first["refresh_token"]
    )


def test_rule_5_after_the_grace_time_the_superseded_token_ends_the_family(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    row = rows.family(server, connection.refresh_token)
    assert row.end_reason == "reused"
    assert not rows.has_marker(server, row.family_id)
    for seen_by in (connection.browser, elsewhere):
        assert not is_active(seen_by, connection.app, connection.access_token)
        assert not is_active(seen_by, connection.app, first["access_token"])
        assert refused(play.refresh(seen_by, connection.app, first["refresh_token"]))


def test_rule_5_r1_after_r2_and_r3_within_the_grace_time_is_refused_and_ends_nothing(
    server: Server, connection: play.Connection
) -> None:
    """Two tabs: the one that came late has to fetch the tokens of the other."""
    second = rotated(connection.browser, connection.app, connection.refresh_token)
    third = rotated(connection.browser, connection.app, second["refresh_token"])
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    assert rows.lives(server, connection.refresh_token)
    assert is_active(connection.browser, connection.app, third["access_token"])
    again = rotated(connection.browser, connection.app, second["refresh_token"])
    assert without_times(again) == without_times(third)
    rotated(connection.browser, connection.app, third["refresh_token"])


def test_rule_5_r1_after_r2_and_r3_after_the_grace_time_ends_the_family(
    server: Server, connection: play.Connection
) -> None:
    second = rotated(connection.browser, connection.app, connection.refresh_token)
    third = rotated(connection.browser, connection.app, second["refresh_token"])
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    assert rows.family(server, connection.refresh_token).end_reason == "reused"
    assert not is_active(connection.browser, connection.app, third["access_token"])


def test_rule_5_each_generation_has_its_own_grace_time(server: Server, connection: play.Connection) -> None:
    """R1 was superseded too long ago, R2 was not: what counts is when each was superseded, not the last use."""
    second = rotated(connection.browser, connection.app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    third = rotated(connection.browser, connection.app, second["refresh_token"])
    assert (
        rotated(connection.browser, connection.app, second["refresh_token"])["refresh_token"] == third["refresh_token"]
    )
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    assert not rows.lives(server, connection.refresh_token)


def test_rule_5_without_grace_a_repeated_token_ends_the_family_at_once(
    server: Server, connection: play.Connection, graceless: Browser
) -> None:
    first = rotated(graceless, connection.app, connection.refresh_token)
    assert rows.family(server, connection.refresh_token).sealed is None
    assert refused(play.refresh(graceless, connection.app, connection.refresh_token))
    assert rows.family(server, connection.refresh_token).end_reason == "reused"
    assert not is_active(connection.browser, connection.app, first["access_token"])


def test_rule_5_grace_switched_off_shields_no_rotation_made_before(
    server: Server, connection: play.Connection, graceless: Browser
) -> None:
    rotated(connection.browser, connection.app, connection.refresh_token)
    assert refused(play.refresh(graceless, connection.app, connection.refresh_token))
    assert not rows.lives(server, connection.refresh_token)


# The access token of a repeated refresh


def test_rule_5_a_repeated_refresh_tells_what_remains(
    connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 100)
    again = rotated(connection.browser, connection.app, connection.refresh_token)
    assert again["access_token"] == first["access_token"]
    assert first["expires_in"] - 120 <= again["expires_in"] <= first["expires_in"] - 99


def test_rule_5_a_repeated_refresh_with_other_scopes_gets_another_access_token(connection: play.Connection) -> None:
    """One living successor all the same; and a wider one never grows out of a narrower."""
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    narrow = rotated(connection.browser, connection.app, connection.refresh_token, scope="read:data")
    assert narrow["refresh_token"] == first["refresh_token"]
    assert narrow["access_token"] != first["access_token"]
    assert narrow["scope"] == "read:data"
    assert play.introspect(connection.browser, connection.app, narrow["access_token"])["scope"] == "read:data"
    wide = rotated(connection.browser, connection.app, connection.refresh_token)
    assert wide["refresh_token"] == first["refresh_token"]
    assert wide["access_token"] != narrow["access_token"]
    assert scopes_of(wide) == scopes_of(first)
    assert refused(
        play.refresh(connection.browser, connection.app, connection.refresh_token, scope="write:profile"),
        "invalid_scope",
    )


def test_rule_5_a_repeated_refresh_for_another_resource_gets_another_access_token(
    server: Server, browser: Browser
) -> None:
    app, apis = make.app(server), [make.api(server) for _ in range(2)]
    play.sign_in(browser, make.user(server))
    both = [api.redirect_uri for api in apis]
    query = urlencode([*play.request_of(app).items(), *(("resource", resource) for resource in both)])
    code = play.answered(play.allow(browser.get(f"/oauth/authorize?{query}")))["code"]
    tokens = play.exchange(browser, app, code).json
    first = rotated(browser, app, tokens["refresh_token"], resource=both[0])
    assert play.introspect(browser, app, first["access_token"])["aud"] == both[0]
    assert rotated(browser, app, tokens["refresh_token"], resource=both[0])["access_token"] == first["access_token"]
    other = rotated(browser, app, tokens["refresh_token"], resource=both[1])
    assert other["refresh_token"] == first["refresh_token"]
    assert play.introspect(browser, app, other["access_token"])["aud"] == both[1]
    strange = play.refresh(browser, app, tokens["refresh_token"], resource="https://nobody-asked.example")
    assert refused(strange, "invalid_target")
    whole = rotated(browser, app, first["refresh_token"])
    assert set(play.introspect(browser, app, whole["access_token"])["aud"]) == set(both)


def test_rule_5_a_repeated_refresh_after_the_access_token_was_revoked_gets_another_one(
    connection: play.Connection,
) -> None:
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    assert play.post(connection.browser, "/oauth/revoke", connection.app, token=first["access_token"]).status_int == 200
    again = rotated(connection.browser, connection.app, connection.refresh_token)
    assert again["refresh_token"] == first["refresh_token"]
    assert again["access_token"] != first["access_token"]
    assert is_active(connection.browser, connection.app, again["access_token"])
    assert not is_active(connection.browser, connection.app, first["access_token"])
    third = rotated(connection.browser, connection.app, connection.refresh_token)
    assert third["access_token"] == again["access_token"]


def test_rule_5_and_7_an_emptied_redis_is_not_mistaken_for_reuse(server: Server, connection: play.Connection) -> None:
    first = rotated(connection.browser, connection.app, connection.refresh_token)
    server.redis.connection().flushall()
    assert not is_active(connection.browser, connection.app, first["access_token"])
    again = rotated(connection.browser, connection.app, connection.refresh_token)
    assert again["refresh_token"] == first["refresh_token"]
    assert is_active(connection.browser, connection.app, again["access_token"])
    later = rotated(connection.browser, connection.app, again["refresh_token"])
    assert is_active(connection.browser, connection.app, later["access_token"])


def test_rule_5_a_repeated_refresh_after_the_access_token_ran_out_gets_another_one(
    server: Server, connection: play.Connection
) -> None:
    short_lived = with_settings(server, access_ttl=1)
    first = rotated(short_lived, connection.app, connection.refresh_token)
    eventually(lambda: not is_active(connection.browser, connection.app, first["access_token"]))
    again = rotated(connection.browser, connection.app, connection.refresh_token)
    assert again["refresh_token"] == first["refresh_token"]
    assert again["access_token"] != first["access_token"]
    assert is_active(connection.browser, connection.app, again["access_token"])


# Narrowing


def test_rule_5_narrowing_narrows_the_access_token_and_never_the_refresh_token(
    server: Server, connection: play.Connection
) -> None:
    narrow = rotated(connection.browser, connection.app, connection.refresh_token, scope="read:data")
    assert play.introspect(connection.browser, connection.app, narrow["access_token"])["scope"] == "read:data"
    whole = rotated(connection.browser, connection.app, narrow["refresh_token"])
    assert scopes_of(whole) == {"read:profile", "read:data"}


def test_rule_5_a_wider_scope_is_narrowed_and_the_answer_says_so(server: Server, connection: play.Connection) -> None:
    """AppAuth and others repeat the scope of their authorization request, of which the user may have allowed less."""
    wider = rotated(
        connection.browser, connection.app, connection.refresh_token, scope="read:data write:profile nonsense"
    )
    assert wider["scope"] == "read:data"
    assert play.introspect(connection.browser, connection.app, wider["access_token"])["scope"] == "read:data"
    again = rotated(connection.browser, connection.app, connection.refresh_token, scope="write:data read:data")
    assert again["access_token"] == wider["access_token"]


def test_rule_5_a_scope_of_which_nothing_was_granted_spends_nothing(
    server: Server, connection: play.Connection
) -> None:
    for scope in ("write:profile", "write:data", "nonsense"):
        assert refused(
            play.refresh(connection.browser, connection.app, connection.refresh_token, scope=scope), "invalid_scope"
        )
    assert rows.family(server, connection.refresh_token).generation == 1
    rotated(connection.browser, connection.app, connection.refresh_token)
