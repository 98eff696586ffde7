"""Refresh tokens rotate on every use (rule 5)."""

import base64
import dataclasses
import time
from typing import Any
from urllib.parse import urlencode

import pytest

import make
import play
import rows
from browser import Browser
from held import done, eventually
from oauthsrv.app import wsgi
from oauthsrv.flows import grant_types, housekeeping, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.grant_types import TokenRequest
from oauthsrv.oauth.credentials import RefreshToken, make_refresh_token, parse_refresh_token
from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.parameters import Parameters, encode
from oauthsrv.oauth.sealing import unseal
from oauthsrv.server import Server
from play import is_active, refused

GRACE = 30  # as settings have it by default
DAY = 86_400


def with_settings(server: Server, **changes: Any) -> Browser:
    """A process with other settings on the same databases."""
    changed = object.__new__(Server)
    changed.__dict__ |= server.__dict__ | {"settings": dataclasses.replace(server.settings, **changes)}
    return Browser(wsgi(changed))


@pytest.fixture
def graceless(server: Server) -> Browser:
    return with_settings(server, refresh_grace=0)


def rotated(browser: Browser, app: make.App, token: str, **more: str) -> dict[str, Any]:
    answer = play.refresh(browser, app, token, **more)
    assert answer.status_int == 200, answer
    tokens: dict[str, Any] = answer.json
    return tokens


def scopes_of(tokens: dict[str, Any]) -> set[str]:
    return set(tokens["scope"].split())


def parsed(text: str) -> RefreshToken:
    token = parse_refresh_token(text)
    assert token is not None
    return token


def forged(text: str, behind: int = 0) -> str:
    """A token with the handle of this one, `behind` generations before it, and a random part that never was."""
    token = parsed(text)
    return make_refresh_token(token.handle, token.generation - behind).text


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
        token = grant_types.refresh(TokenRequest(server, client, parameters, Actor()))["refresh_token"]
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
    assert again | {"expires_in": third["expires_in"]} == third
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


# Refused, and nothing ends


def test_rule_5_an_unknown_handle_is_refused(server: Server, connection: play.Connection) -> None:
    assert refused(play.refresh(connection.browser, connection.app, make_refresh_token(bytes(16), 1).text))
    assert connection.is_active()


@pytest.mark.parametrize("text", ["ort_", "x", "oat_" + "A" * 86, "ort_" + "A" * 70, "ort_" + "/" * 70, "ort_é"])
def test_rule_5_garbage_is_refused(connection: play.Connection, text: str) -> None:
    assert refused(play.refresh(connection.browser, connection.app, text))


def test_rule_5_a_generation_above_the_rows_is_refused_and_ends_nothing(
    server: Server, connection: play.Connection
) -> None:
    """The database was restored: the app is ahead of it, and not to blame."""
    before = rows.family(server, connection.refresh_token)
    later = rotated(connection.browser, connection.app, connection.refresh_token)
    latest = rotated(connection.browser, connection.app, later["refresh_token"])
    columns = "generation", "current_hash", "previous_hash", "rotations", "sealed", "last_used_at", "expires_at"
    rows.rows(
        server,
        f"UPDATE family SET {', '.join(f'{name} = %({name})s' for name in columns)} WHERE family_id = %(family_id)s",
        family_id=before.family_id,
        **{name: getattr(before, name) for name in columns},
    )
    for ahead in (latest["refresh_token"], later["refresh_token"], forged(connection.refresh_token, behind=-1000)):
        assert refused(play.refresh(connection.browser, connection.app, ahead))
    assert rows.lives(server, connection.refresh_token)
    rotated(connection.browser, connection.app, connection.refresh_token)


def test_rule_5_and_10_another_app_cannot_use_nor_end_it(server: Server, connection: play.Connection) -> None:
    """Neither the current token nor a superseded one, which from its own app would be reuse."""
    outsider = make.app(server)
    public = make.app(server, type="public", redirect_uris=("https://spa.example/",))
    for app in (outsider, public):
        assert refused(play.refresh(connection.browser, app, connection.refresh_token))
    current = rotated(connection.browser, connection.app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    for app in (outsider, public):
        for token in (connection.refresh_token, current["refresh_token"], forged(connection.refresh_token)):
            assert refused(play.refresh(connection.browser, app, token))
    assert rows.lives(server, connection.refresh_token)
    rotated(connection.browser, connection.app, current["refresh_token"])


def test_rule_5_the_app_is_authenticated_before_its_token_is_looked_at(
    server: Server, connection: play.Connection
) -> None:
    rotated(connection.browser, connection.app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    for secret in ("sec_" + "0" * 64, None):
        impostor = make.App(connection.app.client_id, secret, connection.app.redirect_uri)
        assert refused(play.refresh(connection.browser, impostor, connection.refresh_token), "invalid_client")
    assert rows.lives(server, connection.refresh_token)


# Reuse


@pytest.mark.parametrize("behind", [0, 1])
def test_rule_5_a_wrong_token_with_a_known_handle_ends_the_family(
    server: Server, connection: play.Connection, behind: int
) -> None:
    """As the current generation, and as the one before it, where grace would shield the right one."""
    current = rotated(connection.browser, connection.app, connection.refresh_token)
    assert refused(play.refresh(connection.browser, connection.app, forged(current["refresh_token"], behind)))
    assert rows.family(server, connection.refresh_token).end_reason == "reused"
    assert not is_active(connection.browser, connection.app, current["access_token"])
    assert refused(play.refresh(connection.browser, connection.app, current["refresh_token"]))


def test_rule_5_reuse_is_shown_to_the_audit_log_the_user_and_the_developer(server: Server, browser: Browser) -> None:
    developer = make.user(server)
    connection = play.tokens(server, browser, make.app(server, developer))
    assert "may have copied this app" not in browser.get("/account/apps").text
    rotated(browser, connection.app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    for _ in range(2):
        assert refused(play.refresh(browser, connection.app, connection.refresh_token))
    [event] = rows.events(server, "family.reused", connection.app.client_id)
    assert event.user_id == connection.user.user_id
    assert event.address == "192.0.2.1"
    assert connection.refresh_token not in str(event)
    assert "may have copied this app" in browser.get("/account/apps").text
    portal = browser.another()
    play.sign_in(portal, developer)
    assert "Refresh token reused" in portal.get(f"/developer/apps/{connection.app.client_id}").text


def test_rule_5_reuse_ends_this_family_and_no_other_of_the_same_grant(
    server: Server, connection: play.Connection
) -> None:
    other_device = play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app)).json
    assert refused(play.refresh(connection.browser, connection.app, forged(connection.refresh_token)))
    assert not connection.is_active()
    assert is_active(connection.browser, connection.app, other_device["access_token"])
    rotated(connection.browser, connection.app, other_device["refresh_token"])


def test_rule_5_who_knows_every_stored_column_but_no_token_can_end_nothing(
    server: Server, connection: play.Connection
) -> None:
    """Whatever token is made of what PostgreSQL and Redis hold, as handle or as a whole, nothing ends by it."""
    rotated(connection.browser, connection.app, connection.refresh_token)
    row = rows.family(server, connection.refresh_token)
    [whole] = rows.rows(server, "SELECT * FROM family WHERE family_id = %(family_id)s", family_id=row.family_id)
    known = [bytes(value) for value in whole if isinstance(value, memoryview)]
    known += [bytes.fromhex(value[4:]) for value in (row.family_id, row.grant_id, row.client_id)]
    redis = server.redis.connection()
    known += [part for key in redis.scan_iter(count=1000) for part in key.split(b":")]
    handles = {part for value in known for part in (value[:16], value[16:32]) if len(part) == 16}
    assert len(handles) > 10
    texts = [make_refresh_token(handle, generation).text for handle in handles for generation in (1, 2)]
    texts += ["ort_" + base64.urlsafe_b64encode(value).decode().rstrip("=") for value in known]
    client = server.clients.find_client(connection.app.client_id)
    assert client is not None
    for text in texts:
        with pytest.raises(InvalidGrant):
            parameters = Parameters.parse(encode([("refresh_token", text)]))
            grant_types.refresh(TokenRequest(server, client, parameters, Actor()))
    assert rows.lives(server, connection.refresh_token)
    assert rows.events(server, "family.reused", connection.app.client_id) == []


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


# The sealed successor


def test_rule_5_the_successor_is_sealed_for_the_holder_of_the_old_token_alone(
    server: Server, connection: play.Connection
) -> None:
    current = rotated(connection.browser, connection.app, connection.refresh_token)
    row = rows.family(server, connection.refresh_token)
    sealed = bytes(row.sealed)
    for text in (current["refresh_token"], current["access_token"]):
        assert text.encode() not in sealed
    opened = unseal(connection.refresh_token, row.family_id, sealed)
    assert opened is not None
    assert current["refresh_token"].encode() in opened
    for key in (current["refresh_token"], forged(connection.refresh_token), bytes(row.previous_hash).hex(), ""):
        assert unseal(key, row.family_id, sealed) is None


def test_rule_5_the_sealed_is_erased_at_the_successors_first_use(server: Server, connection: play.Connection) -> None:
    second = rotated(connection.browser, connection.app, connection.refresh_token)
    rotated(connection.browser, connection.app, second["refresh_token"])
    row = rows.family(server, connection.refresh_token)
    assert unseal(connection.refresh_token, row.family_id, bytes(row.sealed)) is None
    assert unseal(second["refresh_token"], row.family_id, bytes(row.sealed)) is not None


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
    assert (row.expires_at - row.last_used_at).total_seconds() == settings.refresh_ttl
    rows.grow_old(server, connection.refresh_token, settings.refresh_max_age - 1000)
    second = rotated(connection.browser, connection.app, first["refresh_token"])
    row = rows.family(server, connection.refresh_token)
    assert (row.expires_at - row.created_at).total_seconds() == settings.refresh_max_age
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
