"""A family that began with a credential is refreshed with one only (rule 10)."""

import pytest

import play
import rows
from oauthsrv.flows import rotation
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.issuing import TokenRequest
from oauthsrv.oauth.errors import InvalidClient
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.server import Server


def refresh(server: Server, connection: play.Connection, token: str, *, with_credential: bool) -> str:
    """As the token endpoint does after the client authenticated, or named itself where its set has `none` too."""
    client = server.clients.find_client(connection.app.client_id)
    assert client is not None
    parameters = Parameters((("refresh_token", token),))
    request = TokenRequest(server, client, parameters, Actor(), with_credential=with_credential)
    return str(rotation.refresh(request)["refresh_token"])


def test_rule_10_a_refresh_token_that_was_issued_with_a_credential_needs_one(
    server: Server, connection: play.Connection
) -> None:
    with pytest.raises(InvalidClient) as refusal:
        refresh(server, connection, connection.refresh_token, with_credential=False)
    assert refusal.value.problem == "credential_missing"
    assert rows.family(server, connection.refresh_token).generation == 1
    assert refresh(server, connection, connection.refresh_token, with_credential=True)


def test_rule_10_a_superseded_token_without_the_credential_ends_nothing(
    server: Server, connection: play.Connection
) -> None:
    second = refresh(server, connection, connection.refresh_token, with_credential=True)
    third = refresh(server, connection, second, with_credential=True)
    for token in (connection.refresh_token, second, third):
        with pytest.raises(InvalidClient):
            refresh(server, connection, token, with_credential=False)
    assert rows.lives(server, third)
    assert refresh(server, connection, third, with_credential=True)
