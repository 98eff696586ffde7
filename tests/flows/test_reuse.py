"""Refresh tokens that are refused, and reuse, which ends the family (rule 5)."""

import base64

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import rotation
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.issuing import TokenRequest
from oauthsrv.oauth.credentials import make_refresh_token
from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.parameters import Parameters, encode
from oauthsrv.server import Server
from play import is_active, refused
from refreshing import GRACE, forged, rotated


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
            rotation.refresh(TokenRequest(server, client, parameters, Actor(), with_credential=True))
    assert rows.lives(server, connection.refresh_token)
    assert rows.events(server, "family.reused", connection.app.client_id) == []
