"""requests-oauthlib and oauth4webapi, unchanged, against the server."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests_oauthlib import OAuth2Session as RequestsOAuthlib

from end_to_end.node import Node
from end_to_end.running import SECONDS, App, Listener, Page, Person, Service

# requests-oauthlib


@pytest.fixture(autouse=True)
def plain_http_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib asks for this; Authlib knows what loopback is."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def oauthlib(app: App, **more: Any) -> RequestsOAuthlib:
    return RequestsOAuthlib(
        app.client_id, redirect_uri=app.redirect_uri, scope=["read:profile", "read:data"], pkce="S256", **more
    )


def came_back(service: Service, client: RequestsOAuthlib, person: Person, **more: str) -> str:
    address, _ = client.authorization_url(service.metadata["authorization_endpoint"], **more)
    return person.answer(address)


@pytest.mark.parametrize("by_form", [False, True], ids=["basic", "form"])
def test_requests_oauthlib_takes_a_confidential_app_from_code_to_revocation(
    service: Service, confidential: App, api: App, person: Person, by_form: bool
) -> None:
    client = oauthlib(confidential)
    endpoint = service.metadata["token_endpoint"]
    first = client.fetch_token(
        endpoint,
        authorization_response=came_back(service, client, person),
        client_secret=confidential.client_secret,
        include_client_id=by_form or None,
    )
    assert first["scope"] == ["read:profile", "read:data"]
    by = (
        {"client_id": confidential.client_id, "client_secret": confidential.client_secret}
        if by_form
        else {"auth": (confidential.client_id, confidential.client_secret)}
    )
    second = client.refresh_token(endpoint, **by)
    assert second["refresh_token"] != first["refresh_token"]
    assert service.introspect(api, second["access_token"])["active"]

    library = WebApplicationClient(confidential.client_id)
    address, headers, body = library.prepare_token_revocation_request(
        service.metadata["revocation_endpoint"], second["refresh_token"], token_type_hint="refresh_token"
    )
    proof = (confidential.client_id, confidential.client_secret)
    assert requests.post(address, body, headers=headers, auth=proof, timeout=20).status_code == 200
    assert service.introspect(api, second["access_token"]) == {"active": False}
    with pytest.raises(OAuth2Error) as refused:
        client.refresh_token(endpoint, **by)
    assert refused.value.error == "invalid_grant"


def test_requests_oauthlib_takes_a_public_app_through_a_real_listener_and_refreshes_by_itself(
    service: Service, public: App, api: App, person: Person
) -> None:
    stored: list[dict[str, Any]] = []
    endpoint = service.metadata["token_endpoint"]
    with Listener() as listener, service.product(api) as product:
        client = oauthlib(
            App(public.client_id, None, f"{listener.origin}/callback"),
            auto_refresh_url=endpoint,
            auto_refresh_kwargs={"client_id": public.client_id},
            token_updater=stored.append,
        )
        person.browser.get(came_back(service, client, person), timeout=20).raise_for_status()
        first = dict(client.fetch_token(endpoint, code=listener.requests[0].query["code"], include_client_id=True))
        assert client.get(product.origin).status_code == 200
        client.token = first | {"expires_at": time.time() - 1}
        assert client.get(product.origin).status_code == 200
        (second,) = stored
        assert second["refresh_token"] != first["refresh_token"]
        assert product.requests[-1].headers["authorization"] == f"Bearer {second['access_token']}"


def test_requests_oauthlib_understands_what_we_refuse(service: Service, confidential: App, person: Person) -> None:
    client = oauthlib(confidential)
    endpoint = service.metadata["token_endpoint"]
    back = came_back(service, client, person)
    with pytest.raises(OAuth2Error) as wrong_secret:
        client.fetch_token(endpoint, authorization_response=back, client_secret="sec_" + "0" * 64)
    assert wrong_secret.value.error == "invalid_client"
    client.fetch_token(endpoint, authorization_response=back, client_secret=confidential.client_secret)
    with pytest.raises(OAuth2Error) as used_twice:
        client.fetch_token(endpoint, authorization_response=back, client_secret=confidential.client_secret)
    assert used_twice.value.error == "invalid_grant"

    address, _ = client.authorization_url(service.metadata["authorization_endpoint"], prompt="consent")
    with pytest.raises(OAuth2Error) as denied:
        client.fetch_token(endpoint, authorization_response=person.answer(address, "deny"))
    assert denied.value.error == "access_denied"


# oauth4webapi, which checks every answer to the letter

NODE_PROGRAM = """
import * as oauth from 'oauth4webapi'
const loose = { [oauth.allowInsecureRequests]: true }

const issuer = new URL(given.issuer)
const as = await oauth.processDiscoveryResponse(
  issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...loose }))
const client = { client_id: given.client_id }
const by = { basic: () => oauth.ClientSecretBasic(given.client_secret),
             form: () => oauth.ClientSecretPost(given.client_secret), none: () => oauth.None() }[given.by]()
const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()

const address = new URL(as.authorization_endpoint)
for (const [name, value] of Object.entries({
  client_id: given.client_id, redirect_uri: given.redirect_uri, response_type: 'code', scope: given.scope, state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }))
  address.searchParams.set(name, value)
say({ address: address.href })

const back = new URL(await next())
const parameters = oauth.validateAuthResponse(as, client, back, state)
const exchange = (auth, code_verifier) => oauth.authorizationCodeGrantRequest(
  as, client, auth, parameters, given.redirect_uri, code_verifier, loose)
const first = await oauth.processAuthorizationCodeResponse(as, client, await exchange(by, verifier))
const refresh = async (token, more) => oauth.processRefreshTokenResponse(
  as, client, await oauth.refreshTokenGrantRequest(as, client, by, token, { ...loose, ...more }))
const second = await refresh(first.refresh_token)
const narrow = await refresh(second.refresh_token, { additionalParameters: { scope: 'read:data' } })

const api = { client_id: given.api_id }
const introspect = async (token) => oauth.processIntrospectionResponse(as, api, await oauth.introspectionRequest(
  as, api, oauth.ClientSecretBasic(given.api_secret), token, loose))
const living = await introspect(narrow.access_token)
await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, by, narrow.refresh_token, loose))
const ended = await introspect(narrow.access_token)

const failure = async (what) => {
  try { await what() } catch (error) {
    const challenged = error instanceof oauth.WWWAuthenticateChallengeError
    return { kind: error.constructor.name, error: error.error, status: error.status,
             scheme: challenged ? error.cause[0].scheme : undefined, message: error.message }
  }
}
const refused = await failure(() => refresh(narrow.refresh_token))
const unknown = await failure(async () => oauth.processRefreshTokenResponse(as, client,
  await oauth.refreshTokenGrantRequest(as, client, oauth.ClientSecretBasic('sec_' + '0'.repeat(64)),
    narrow.refresh_token, loose)))
say({ first, second, narrow, living, ended, refused, unknown })
"""


@pytest.mark.parametrize("by", ["basic", "form", "none"])
def test_oauth4webapi_finds_every_answer_correct_to_the_letter(
    service: Service, confidential: App, public: App, api: App, person: Person, node: Node, by: str
) -> None:
    """iss, content types, WWW-Authenticate, token answers: it throws at whatever the RFCs forbid."""
    app = public if by == "none" else confidential
    given = {
        "issuer": service.origin,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": app.redirect_uri,
        "scope": "read:profile read:data",
        "by": by,
        "api_id": api.client_id,
        "api_secret": api.client_secret,
    }
    said = node.run(NODE_PROGRAM, given, person.answer)
    assert len({said[name]["refresh_token"] for name in ("first", "second", "narrow")}) == 3
    assert said["second"]["scope"] == "read:profile read:data"
    assert said["narrow"]["scope"] == "read:data"
    assert said["living"]["active"]
    assert said["living"]["scope"] == "read:data"
    assert said["ended"] == {"active": False}
    assert said["refused"]["kind"] == "ResponseBodyError", said["refused"]
    assert (said["refused"]["error"], said["refused"]["status"]) == ("invalid_grant", 400)
    unknown = said["unknown"]
    assert (unknown["kind"], unknown["scheme"]) == ("WWWAuthenticateChallengeError", "basic"), unknown


def test_rule_12_a_body_that_is_too_large_is_answered_with_a_page_or_json_of_ours(
    service: Service, person: Person
) -> None:
    body = b"x" * (10 << 20)
    page = person.browser.post(f"{service.origin}/developer/apps", body, timeout=SECONDS)
    assert (page.status_code, Page(page).heading) == (413, "Too large")
    assert "smaller file" in page.text
    for path in ("/oauth/token", "/oauth/introspect"):
        for sent in (body, iter([body[: 1 << 20]] * 4)):  # with a Content-Length, and without
            refused = requests.post(service.origin + path, sent, timeout=SECONDS)
            assert (refused.status_code, refused.json()["error"]) == (413, "invalid_request")
            assert refused.headers["Connection"] == "close"
    scripts = requests.post(f"{service.origin}/oauth/token", body, timeout=SECONDS)
    assert scripts.headers["Access-Control-Allow-Origin"] == "*"  # or its page could not read why
