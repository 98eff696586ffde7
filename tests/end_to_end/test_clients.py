"""Client libraries that were not written for us take a whole authorization through, over HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as Authlib
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests_oauthlib import OAuth2Session as RequestsOAuthlib

from conftest import skip_or_fail
from end_to_end.running import App, Listener, Person, Service, answered, eventually

CALLBACK = "https://app.example/callback"
NODE_CLIENT = "oauth4webapi@3"


@pytest.fixture(scope="module")
def confidential(service: Service, developer: Person) -> App:
    return service.app(developer, CALLBACK)


@pytest.fixture(scope="module")
def public(service: Service, developer: Person) -> App:
    return service.app(developer, "http://127.0.0.1/callback", type="public", name="Command Line App")


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    """One for all: signing up takes longer than everything else here."""
    return service.person().sign_up()


@pytest.fixture(autouse=True)
def plain_http_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib asks for this; Authlib knows what loopback is."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def authlib(service: Service, app: App, *, method: str | None = None, **more: Any) -> Authlib:
    method = method or ("client_secret_basic" if app.client_secret else "none")
    return Authlib(
        app.client_id,
        app.client_secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        redirect_uri=app.redirect_uri,
        code_challenge_method="S256",
        **{"token_endpoint": service.metadata["token_endpoint"], "scope": "read:profile read:data"} | more,
    )


def begun(service: Service, client: Authlib, person: Person, **more: Any) -> dict[str, str]:
    """What fetch_token needs after the browser came back."""
    verifier = generate_token(48)
    address, state = client.create_authorization_url(
        service.metadata["authorization_endpoint"], code_verifier=verifier, **more
    )
    back = person.answer(address)
    assert answered(back)["iss"] == service.metadata["issuer"]
    return {"authorization_response": back, "state": state, "code_verifier": verifier}


# Authlib


def test_authlib_finds_every_endpoint_from_the_metadata(service: Service) -> None:
    """RFC 8414 §3"""
    answer = requests.get(get_well_known_url(service.origin, external=True), timeout=20)
    answer.raise_for_status()
    metadata = AuthorizationServerMetadata(answer.json())
    metadata.validate()
    assert metadata.issuer == service.origin
    assert metadata.code_challenge_methods_supported == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"]
    for endpoint in ("authorization", "token", "revocation", "introspection"):
        assert metadata[f"{endpoint}_endpoint"].startswith(service.origin + "/oauth/")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_takes_a_confidential_app_from_code_to_revocation(
    service: Service, confidential: App, api: App, person: Person, method: str
) -> None:
    client = authlib(service, confidential, method=method)
    first = client.fetch_token(**begun(service, client, person))
    assert first["token_type"] == "Bearer"
    assert first["scope"] == "read:profile read:data"
    assert 3590 <= first["expires_in"] <= 3600

    second = dict(client.refresh_token())
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]

    said = service.introspect(api, second["access_token"])
    assert (said["active"], said["client_id"]) == (True, confidential.client_id)

    revoked = client.revoke_token(
        service.metadata["revocation_endpoint"], second["refresh_token"], token_type_hint="refresh_token"
    )
    assert revoked.status_code == 200
    for token in (first, second):
        assert service.introspect(api, token["access_token"]) == {"active": False}
    with pytest.raises(OAuthError) as refused:
        client.refresh_token(refresh_token=second["refresh_token"])
    assert refused.value.error == "invalid_grant"
    assert refused.value.description


def test_authlib_introspects_with_an_apis_credentials(
    service: Service, confidential: App, api: App, person: Person
) -> None:
    client = authlib(service, confidential)
    token = client.fetch_token(**begun(service, client, person))
    product = authlib(service, api)
    endpoint = service.metadata["introspection_endpoint"]
    said = product.introspect_token(endpoint, token["access_token"], token_type_hint="access_token").json()
    assert said["active"]
    assert said["iss"] == service.origin
    assert said["scope"] == "read:profile read:data"
    assert said["exp"] - said["iat"] == 3600
    # A refresh token is none of an API's business.
    assert product.introspect_token(endpoint, token["refresh_token"]).json() == {"active": False}
    # Revoking one access token leaves the rest.
    client.revoke_token(service.metadata["revocation_endpoint"], token["access_token"])
    assert product.introspect_token(endpoint, token["access_token"]).json() == {"active": False}
    assert client.introspect_token(endpoint, token["refresh_token"]).json()["active"]


def test_a_public_app_listens_on_a_random_loopback_port(
    service: Service, public: App, api: App, person: Person
) -> None:
    """RFC 8252 §7.3: the redirect reaches a real listener, and the code is bound to its port."""
    with Listener() as listener:
        uri = f"{listener.origin}/callback"
        client = authlib(service, App(public.client_id, None, uri))
        sent = begun(service, client, person)
        person.browser.get(sent["authorization_response"], timeout=20).raise_for_status()
        came = listener.requests[0]
        assert came.path == "/callback"
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.fetch_token(**sent, redirect_uri="http://127.0.0.1:9/callback")
        token = client.fetch_token(
            code=came.query["code"], code_verifier=sent["code_verifier"], grant_type="authorization_code"
        )
    assert service.introspect(api, token["access_token"])["active"]
    refreshed = client.refresh_token()
    assert client.revoke_token(service.metadata["revocation_endpoint"], refreshed["refresh_token"]).status_code == 200
    assert service.introspect(api, refreshed["access_token"]) == {"active": False}


def test_authlib_refreshes_by_itself_when_the_access_token_is_too_old(
    service: Service, confidential: App, api: App, person: Person
) -> None:
    stored: list[Any] = []

    def store(token: Any, refresh_token: str | None = None, access_token: str | None = None) -> None:
        stored.append((dict(token), refresh_token))

    client = authlib(service, confidential, update_token=store)
    first = dict(client.fetch_token(**begun(service, client, person)))
    with service.product(api) as product:
        assert client.get(product.origin).status_code == 200
        assert stored == []
        client.token = first | {"expires_at": int(time.time()) - 1}
        assert client.get(product.origin).status_code == 200
        ((second, instead_of),) = stored
        assert instead_of == first["refresh_token"]
        assert product.requests[-1].headers["authorization"] == f"Bearer {second['access_token']}"


def test_authlib_narrows_the_scope_of_an_access_token_and_gets_the_rest_back(
    service: Service, confidential: App, api: App, person: Person
) -> None:
    """rule 5: the refresh token is not narrowed."""
    client = authlib(service, confidential)
    client.fetch_token(**begun(service, client, person))
    narrow = dict(client.refresh_token(scope="read:data"))
    assert narrow["scope"] == "read:data"
    assert service.introspect(api, narrow["access_token"])["scope"] == "read:data"
    assert client.refresh_token()["scope"] == "read:profile read:data"
    assert client.refresh_token(scope="read:data write:profile")["scope"] == "read:data"  # it was never granted
    with pytest.raises(OAuthError, match="invalid_scope"):
        client.refresh_token(scope="write:profile")


def test_authlib_binds_a_token_to_the_api_that_resource_names(
    service: Service, confidential: App, api: App, person: Person
) -> None:
    """RFC 8707 §2"""
    other = service.api()
    client = authlib(service, confidential)
    token = client.fetch_token(**begun(service, client, person, resource=api.redirect_uri))
    assert service.introspect(api, token["access_token"])["aud"] == api.redirect_uri
    assert service.introspect(other, token["access_token"]) == {"active": False}

    address, _ = client.create_authorization_url(
        service.metadata["authorization_endpoint"], code_verifier=generate_token(48), resource="https://nobody.example"
    )
    assert answered(person.answer(address))["error"] == "invalid_target"


def test_authlib_understands_what_we_refuse(service: Service, confidential: App, person: Person) -> None:
    client = authlib(service, confidential)
    begin = begun(service, client, person)
    with pytest.raises(OAuthError) as wrong_verifier:
        client.fetch_token(**begin | {"code_verifier": generate_token(48)})
    assert wrong_verifier.value.error == "invalid_grant"

    outsider = authlib(service, App(confidential.client_id, "sec_" + "0" * 64, CALLBACK))
    with pytest.raises(OAuthError) as wrong_secret:
        outsider.fetch_token(**begin)
    assert wrong_secret.value.error == "invalid_client"
    assert wrong_secret.value.description

    # Neither spent the code; its first good use does, and a second one ends what came of it (rule 2).
    token = dict(client.fetch_token(**begin))
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.fetch_token(**begin)
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh_token(refresh_token=token["refresh_token"])


def test_authlib_sees_that_the_person_said_no(service: Service, confidential: App, person: Person) -> None:
    client = authlib(service, confidential)
    address, state = client.create_authorization_url(
        service.metadata["authorization_endpoint"],
        code_verifier=generate_token(48),
        state="s t/ä+te&1",
        prompt="consent",
    )
    back = answered(person.answer(address, "deny"))
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", state, service.origin)
    assert back["error_description"]


# requests-oauthlib


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
import { createInterface } from 'node:readline'

const given = JSON.parse(process.argv[2])
const loose = { [oauth.allowInsecureRequests]: true }
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (said) => console.log(JSON.stringify(said))

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

const back = new URL((await lines.next()).value)
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
process.exit(0)
"""


@pytest.fixture(scope="module")
def node_folder() -> Iterator[Path]:
    if not shutil.which("node") or not shutil.which("npm"):
        skip_or_fail("node and npm are missing: install Node.js 20 or newer to test with oauth4webapi")
    folder = Path(tempfile.mkdtemp(prefix="oas-node-"))
    try:
        (folder / "package.json").write_text('{"type": "module", "private": true}')
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", NODE_CLIENT]
        try:
            npm = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
            reason = npm.stderr.strip()[-200:] if npm.returncode else ""
        except subprocess.TimeoutExpired:
            reason = "it took longer than a minute"
        if reason:
            skip_or_fail(f"npm cannot install {NODE_CLIENT} (it needs the npm registry): {reason}")
        (folder / "client.js").write_text(NODE_PROGRAM)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("by", ["basic", "form", "none"])
def test_oauth4webapi_finds_every_answer_correct_to_the_letter(
    service: Service, confidential: App, public: App, api: App, person: Person, node_folder: Path, by: str
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
    node = subprocess.Popen(
        ["node", "client.js", json.dumps(given)],
        cwd=node_folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert node.stdout
        line = node.stdout.readline()
        assert line, node.communicate()
        back = person.answer(json.loads(line)["address"])
        out, errors = node.communicate(back + "\n", timeout=30)
    finally:
        node.kill()
        node.wait()
    assert node.returncode == 0, errors
    said = json.loads(out)
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


def test_the_last_use_is_that_by_an_api_and_not_the_apps_own_question(
    service: Service, confidential: App, public: App, api: App
) -> None:
    """Written once a minute."""
    person = service.person().sign_up()
    asking, used = authlib(service, confidential), authlib(service, public)
    own = asking.fetch_token(**begun(service, asking, person))
    token = used.fetch_token(**begun(service, used, person))
    assert service.introspect(confidential, own["access_token"])["active"]
    assert service.introspect(api, token["access_token"])["active"]

    def uses() -> dict[str, bool]:
        cards = person.open("/account/apps").document.findall(".//section")
        return {card.findtext(".//h2/a"): "Not yet" not in "".join(card.itertext()) for card in cards}

    eventually(lambda: uses()["Command Line App"], 90, every=1)
    # Both were noted, or not, in this order, and are written in that order.
    assert uses() == {"Command Line App": True, "Example App": False}
