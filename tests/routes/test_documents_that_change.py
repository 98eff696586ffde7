"""Clients with a client ID metadata document whose document changes or disappears."""

from __future__ import annotations

import pytest

import make
import play
import rows
from browser import Browser
from described import (
    BACK,
    a_day_passes,
    app_at,
    connected,
    disappear,
    failure_of,
    fetched,
    serve,
)
from held import done
from hosts import Host
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import documents, review
from oauthsrv.oauth.client_assertions import TYPE
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.server import Server
from signing import Signer


def test_a_change_of_its_name_is_in_force_and_nobody_is_asked_again(
    server: Server, another_server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there)
    connected(signed_in, app)
    a_day_passes(server, app)
    serve(there, app, client_name="Claude for work", redirect_uris=[BACK, f"{BACK}/2"])
    assert play.answered(play.ask(signed_in, app))["code"]
    client = another_server.clients.find_client(reference_of(app.client_id))
    assert client is not None
    assert client.name == "Claude for work"
    assert client.redirect_uris == (BACK, f"{BACK}/2")


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({"client_name": "Claude for work"}, False),
        ({"client_uri": "https://claude.example"}, False),
        ({"redirect_uris": [BACK, "https://elsewhere.example/callback"]}, False),
        ({"redirect_uris": [f"{BACK}/2"], "grant_types": ["authorization_code"]}, True),
    ],
)
def test_rule_14_a_client_that_changes_what_was_verified_is_no_longer_verified(
    server: Server, signed_in: Browser, there: Host, changes: dict[str, object], stays: bool
) -> None:
    app = app_at(there)
    connected(signed_in, app)
    review.verify(server, reference_of(app.client_id), by=Actor())
    a_day_passes(server, app)
    serve(there, app, **changes)
    play.ask(signed_in, app)
    client = server.clients.find_client(reference_of(app.client_id))
    assert client is not None
    assert client.verified is stays


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": [BACK, "https://elsewhere.example/callback"]},
        {"jwks_uri": "https://claude.ai/keys.json"},
        {"jwks": {"keys": [Signer("").jwk]}},
    ],
)
def test_rule_14_new_redirect_hosts_or_keys_mean_that_consent_is_asked_again(
    server: Server, signed_in: Browser, there: Host, changes: dict[str, object]
) -> None:
    app = app_at(there)
    tokens = connected(signed_in, app).json
    a_day_passes(server, app)
    serve(there, app, **changes)
    page = play.ask(signed_in, app)
    assert page.status_int == 200
    assert play.refresh(signed_in, app, tokens["refresh_token"]).status_int == 200, "what was allowed goes on"
    assert play.answered(play.allow(page))["code"]
    assert play.answered(play.ask(signed_in, app))["code"]


def test_a_document_that_disappears_stops_new_connections_and_no_old_ones(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there)
    tokens = connected(signed_in, app).json
    a_day_passes(server, app)
    disappear(there, app)
    assert "status 404" in play.ask(signed_in, app)
    a_day_passes(server, app)
    assert play.refresh(signed_in, app, tokens["refresh_token"]).status_int == 200
    assert "status 404" in failure_of(server, app)


def test_housekeeping_fetches_what_is_no_longer_fresh_of_clients_with_connections(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app, unused = app_at(there), app_at(there)
    tokens = connected(signed_in, app).json
    play.code(signed_in, unused)
    rows.rows(server, "UPDATE client_document SET fresh_until = now() - interval '1 second'")
    done(documents.refresh_documents(server))
    assert fetched(there, app) == 1, "it was fetched within this minute"
    for one in (app, unused):
        a_day_passes(server, one)
        serve(there, one, client_name="New name")
    done(documents.refresh_documents(server))
    assert (fetched(there, app), fetched(there, unused)) == (2, 1)
    client = server.clients.find_client(reference_of(app.client_id))
    assert client is not None
    assert client.name == "New name"
    disappear(there, app)
    a_day_passes(server, app)
    rows.rows(server, "UPDATE client_document SET fresh_until = now() - interval '1 second'")
    done(documents.refresh_documents(server))
    assert "status 404" in failure_of(server, app)
    assert play.refresh(signed_in, app, tokens["refresh_token"]).status_int == 200


def proof_of(signer: Signer, app: make.App) -> dict[str, str]:
    return {"client_assertion_type": TYPE, "client_assertion": signer.assertion(app.client_id)}


def test_rule_10_a_client_that_gains_none_loses_what_was_bound_to_its_keys(
    server: Server, signed_in: Browser, there: Host
) -> None:
    signer = Signer(server.settings.issuer)
    keys = {"jwks": {"keys": [signer.jwk]}, "token_endpoint_auth_method": "private_key_jwt"}
    app = app_at(there, **keys)
    code = play.code(signed_in, app)
    proof = proof_of(signer, app)
    assert play.refused(play.exchange(signed_in, app, code), "invalid_client")
    tokens = play.exchange(signed_in, app, code, **proof).json
    a_day_passes(server, app)
    serve(there, app, **keys, token_endpoint_auth_methods_supported=["none", "private_key_jwt"])
    assert play.ask(signed_in, app).status_int == 200
    for more in ({}, proof_of(signer, app)):
        assert play.refused(play.refresh(signed_in, app, tokens["refresh_token"], **more))


def test_chatgpt_may_prove_itself_by_its_keys_or_by_nothing(server: Server, signed_in: Browser, there: Host) -> None:
    """Its document names the keys and lists both ways."""
    signer = Signer(server.settings.issuer, "RS256")
    address = there.serve("/keys.json", {"keys": [signer.jwk]}, kind="application/jwk-set+json")
    app = app_at(
        there,
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_methods_supported=["none", "private_key_jwt"],
        token_endpoint_auth_signing_alg="RS256",
        jwks_uri=address,
    )
    assert connected(signed_in, app).json["refresh_token"]
    answer = play.exchange(signed_in, app, play.code(signed_in, app), **proof_of(signer, app))
    assert answer.status_int == 200, answer
    refresh_token = answer.json["refresh_token"]
    assert play.refused(play.refresh(signed_in, app, refresh_token), "invalid_client"), "it is bound to the credential"
    assert play.refresh(signed_in, app, refresh_token, **proof_of(signer, app)).status_int == 200
