"""Pushed authorization requests (RFC 9126) by clients that were not written for us, unchanged, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session as Authlib
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from requests_oauth2client import InvalidClient, InvalidScope, OAuth2Client

from end_to_end.node import Node
from end_to_end.running import App, Person, Service, answered

SCOPE = "read:profile read:data"


def given(service: Service, app: App, **more: Any) -> dict[str, Any]:
    return {
        "issuer": service.origin,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": app.redirect_uri,
        "scope": SCOPE,
    } | more


# requests-oauth2client


def library(service: Service, app: App) -> OAuth2Client:
    """It finds the endpoints in the metadata, and checks iss."""
    auth = (app.client_id, app.client_secret) if app.client_secret else app.client_id
    return OAuth2Client.from_discovery_document(
        service.metadata,
        issuer=service.origin,
        auth=auth,
        redirect_uri=app.redirect_uri,
        testing=True,
    )


@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_requests_oauth2client_pushes_its_request_and_takes_it_to_tokens(
    service: Service, confidential: App, public: App, api: App, person: Person, kind: str
) -> None:
    client = library(service, confidential if kind == "confidential" else public)
    asked = client.authorization_request(scope=SCOPE)
    pushed = client.pushed_authorization_request(asked)
    assert 50 < (pushed.expires_at - datetime.now(UTC)).total_seconds() <= 60
    assert "scope" not in str(pushed.uri)
    back = asked.validate_callback(person.answer(str(pushed.uri)))
    token = client.authorization_code(back)
    assert token.scope == SCOPE
    assert service.introspect(api, token.access_token)["active"]
    again = person.browser.get(str(pushed.uri), timeout=20)
    assert (again.status_code, "Start again" in again.text) == (400, True)


def test_requests_oauth2client_understands_what_we_refuse(service: Service, confidential: App) -> None:
    client = library(service, confidential)
    with pytest.raises(InvalidScope):
        client.pushed_authorization_request(client.authorization_request(scope="no-such-scope"))
    outsider = library(service, App(confidential.client_id, "sec_" + "0" * 64, confidential.redirect_uri))
    with pytest.raises(InvalidClient):
        outsider.pushed_authorization_request(outsider.authorization_request(scope=SCOPE))


# Authlib, which has no call for it: its session signs the request as it signs others


def test_authlib_authenticates_the_push_and_goes_on(
    service: Service, confidential: App, api: App, person: Person
) -> None:
    client = Authlib(
        confidential.client_id, confidential.client_secret, redirect_uri=confidential.redirect_uri, scope=SCOPE
    )
    verifier, state = generate_token(48), generate_token()
    parameters = {
        "response_type": "code",
        "client_id": confidential.client_id,
        "redirect_uri": confidential.redirect_uri,
        "scope": SCOPE,
        "state": state,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    pushed = client.post(
        service.metadata["pushed_authorization_request_endpoint"],
        data=parameters,
        auth=client.client_auth("client_secret_basic"),
        withhold_token=True,
    )
    assert pushed.status_code == 201, pushed.text
    address = requests.Request(
        "GET",
        service.metadata["authorization_endpoint"],
        params={"client_id": confidential.client_id, "request_uri": pushed.json()["request_uri"]},
    ).prepare()
    back = person.answer(str(address.url))
    assert answered(back)["iss"] == service.origin
    token = client.fetch_token(
        service.metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    assert service.introspect(api, token["access_token"])["active"]


# oauth4webapi and openid-client, which check every answer to the letter

OAUTH4WEBAPI = """
const oauth = await import('oauth4webapi')
const loose = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(given.issuer)
const as = await oauth.processDiscoveryResponse(
  issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...loose }))
const client = { client_id: given.client_id }
const by = given.client_secret ? oauth.ClientSecretBasic(given.client_secret) : oauth.None()
const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const parameters = { redirect_uri: given.redirect_uri, response_type: 'code', scope: given.scope, state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }
const push = async (more) => oauth.processPushedAuthorizationResponse(
  as, client, await oauth.pushedAuthorizationRequest(as, client, by, { ...parameters, ...more }, loose))
const pushed = await push({})
const address = new URL(as.authorization_endpoint)
address.searchParams.set('client_id', given.client_id)
address.searchParams.set('request_uri', pushed.request_uri)
say({ address: address.href })

const back = oauth.validateAuthResponse(as, client, new URL(await next()), state)
const tokens = await oauth.processAuthorizationCodeResponse(as, client, await oauth.authorizationCodeGrantRequest(
  as, client, by, back, given.redirect_uri, verifier, loose))
const refused = []
for (const more of [{ scope: 'no-such-scope' }, { response_type: 'token' }, { redirect_uri: 'https://evil.example/' }])
  try { await push(more) } catch (error) { refused.push([error.constructor.name, error.error, error.status]) }
say({ expires_in: pushed.expires_in, tokens, refused })
"""


@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_oauth4webapi_pushes_its_request_and_finds_every_answer_correct(
    service: Service, confidential: App, public: App, api: App, person: Person, node: Node, kind: str
) -> None:
    app = confidential if kind == "confidential" else public
    said = node.run(OAUTH4WEBAPI, given(service, app), person.answer)
    assert (said["expires_in"], said["tokens"]["scope"]) == (60, SCOPE)
    assert service.introspect(api, said["tokens"]["access_token"])["active"]
    assert said["refused"] == [
        ["ResponseBodyError", "invalid_scope", 400],
        ["ResponseBodyError", "unsupported_response_type", 400],
        ["ResponseBodyError", "invalid_request", 400],
    ]


OPENID_CLIENT = """
const client = await import('openid-client')
const by = given.client_secret ? client.ClientSecretBasic(given.client_secret) : client.None()
const config = await client.discovery(new URL(given.issuer), given.client_id, undefined, by, {
  algorithm: 'oauth2', execute: [client.allowInsecureRequests] })
const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const parameters = { redirect_uri: given.redirect_uri, scope: given.scope, state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }
const address = await (given.pushes ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl)(
  config, parameters)
say({ address: address.href })

const first = await client.authorizationCodeGrant(
  config, new URL(await next()), { pkceCodeVerifier: verifier, expectedState: state })
const second = await client.refreshTokenGrant(config, first.refresh_token)
await client.tokenRevocation(config, second.refresh_token)
let refused
try { await client.refreshTokenGrant(config, second.refresh_token) } catch (error) { refused = error.error }
say({ scope: second.scope, rotated: first.refresh_token !== second.refresh_token, refused })
"""


@pytest.mark.parametrize("pushes", [True, False], ids=["pushed", "plain"])
@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_openid_client_takes_an_app_from_discovery_to_revocation(
    service: Service, confidential: App, public: App, person: Person, node: Node, kind: str, pushes: bool
) -> None:
    """It compares issuer and iss, as RFC 8414 §3.3 and RFC 9207 §2.4 demand."""
    app = confidential if kind == "confidential" else public
    said = node.run(OPENID_CLIENT, given(service, app, pushes=pushes), person.answer)
    assert said == {"scope": SCOPE, "rotated": True, "refused": "invalid_grant"}
