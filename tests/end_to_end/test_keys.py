"""requests-oauth2client and Authlib, which sign assertions with a key of the app (private_key_jwt)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from requests_oauth2client import BearerToken, OAuth2Client, PrivateKeyJwt, exceptions

from end_to_end.conftest import CALLBACK
from end_to_end.running import App, Person, Service
from hosts import host

KEYS = {
    "ES256": lambda: ECKey.generate_key("P-256"),
    "RS256": lambda: RSAKey.generate_key(2048),
    "PS256": lambda: RSAKey.generate_key(2048),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


def registered(service: Service, developer: Person, key: Key, folder: Path) -> App:
    """With `apps add --jwks`: it has no secret."""
    file = folder / "keys.json"
    file.write_text(json.dumps(public_half(key)))
    return added(service, developer, "--jwks", str(file))


def public_half(key: Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False, kid="first")]}


def added(service: Service, developer: Person, *more: str) -> App:
    options = ("--redirect-uri", CALLBACK, "--scope", "read:profile", "--scope", "read:data", *more)
    owner = ("--owner", developer.email, "--type", "confidential")
    made = service.installation.made("apps", "add", "Signing App", *owner, *options)
    assert "client_secret" not in made
    return App(made["client_id"], None, CALLBACK)


def library(service: Service, app: App, key: Key, algorithm: str, **claims: Any) -> OAuth2Client:
    jwk = key.as_dict(private=True, kid="first")
    proof = PrivateKeyJwt(app.client_id, jwk, alg=algorithm, **{"aud": service.metadata["issuer"]} | claims)
    found = OAuth2Client.from_discovery_document(
        service.metadata, issuer=service.metadata["issuer"], auth=proof, redirect_uri=CALLBACK, testing=True
    )  # fmt: skip
    assert isinstance(found, OAuth2Client)
    return found


@pytest.mark.parametrize("algorithm", KEYS)
def test_requests_oauth2client_takes_an_app_with_a_key_from_code_to_revocation(
    algorithm: str, service: Service, developer: Person, api: App, person: Person, tmp_path: Path
) -> None:
    key = KEYS[algorithm]()
    app = registered(service, developer, key, tmp_path)
    client = library(service, app, key, algorithm)
    asked = client.authorization_request(scope="read:profile read:data")
    first = client.authorization_code(asked.validate_callback(person.answer(str(asked))))
    assert isinstance(first, BearerToken)
    second = client.refresh_token(first)
    assert second.refresh_token != first.refresh_token
    assert service.introspect(api, second.access_token)["client_id"] == app.client_id
    assert client.introspect_token(second.access_token)["active"]
    assert client.revoke_refresh_token(second.refresh_token)
    assert service.introspect(api, second.access_token) == {"active": False}


def test_requests_oauth2client_pushes_an_authorization_request_with_its_key(
    service: Service, developer: Person, person: Person, tmp_path: Path
) -> None:
    key = KEYS["ES256"]()
    client = library(service, registered(service, developer, key, tmp_path), key, "ES256")
    asked = client.authorization_request(scope="read:data")
    pushed = client.pushed_authorization_request(asked)
    token = client.authorization_code(asked.validate_callback(person.answer(str(pushed))))
    assert token.scope == "read:data"


def test_the_server_loads_the_keys_from_their_address(service: Service, developer: Person) -> None:
    """On loopback, as the server's own issuer is."""
    key = KEYS["ES256"]()
    with host(secure=False) as there:
        app = added(service, developer, "--jwks-uri", there.serve("/keys", public_half(key)))
        client = library(service, app, key, "ES256")
        for _ in range(2):
            with pytest.raises(exceptions.InvalidGrant):
                client.refresh_token("ort_x")
        assert there.count("/keys") == 1


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "https://other.example"}, "aud of the assertion"),
        ({"lifetime": 3600}, "valid for too long"),
        ({"lifetime": -10}, "had expired"),
        ({"jti_gen": lambda: "x" * 300}, "lacks exp, iat or jti"),
    ],
)
def test_a_library_that_is_set_up_wrongly_reads_what_to_correct(
    claims: dict[str, Any], reason: str, service: Service, developer: Person, tmp_path: Path
) -> None:
    key = KEYS["ES256"]()
    client = library(service, registered(service, developer, key, tmp_path), key, "ES256", **claims)
    with pytest.raises(exceptions.InvalidClient) as refused:
        client.refresh_token("ort_x")
    assert reason in str(refused.value.description)


class ForOneRequest(PrivateKeyJWT):
    """As the guide on client authentication has it; Authlib puts a jti into the claims, and would use it again."""

    def __init__(self, issuer: str, **more: Any) -> None:
        super().__init__(**more)
        self.issuer = issuer

    def sign(self, auth: Any, token_endpoint: str) -> str:
        self.claims = {"exp": int(time.time()) + 60}
        return str(super().sign(auth, self.issuer))


def test_authlib_takes_an_app_with_a_key_from_code_to_revocation(
    service: Service, developer: Person, api: App, person: Person, tmp_path: Path
) -> None:
    key = KEYS["ES256"]()
    app = registered(service, developer, key, tmp_path)
    endpoint = service.metadata["token_endpoint"]
    how = {"token_endpoint_auth_method": "private_key_jwt", "revocation_endpoint_auth_method": "private_key_jwt"}
    client = OAuth2Session(
        app.client_id,
        key,
        redirect_uri=CALLBACK,
        token_endpoint=endpoint,
        scope="read:data",
        code_challenge_method="S256",
        **how,
    )
    client.register_client_auth_method(ForOneRequest(service.metadata["issuer"], alg="ES256"))
    verifier = "a-verifier-that-is-long-enough-for-rfc-7636-and-no-secret"
    address, state = client.create_authorization_url(service.metadata["authorization_endpoint"], code_verifier=verifier)
    back = person.answer(address)
    first = dict(client.fetch_token(authorization_response=back, state=state, code_verifier=verifier))
    second = dict(client.refresh_token())
    assert second["refresh_token"] != first["refresh_token"]
    revoked = client.revoke_token(service.metadata["revocation_endpoint"], second["refresh_token"])
    assert revoked.status_code == 200
    assert service.introspect(api, second["access_token"]) == {"active": False}
    client.register_client_auth_method(PrivateKeyJWT(alg="ES256"))
    with pytest.raises(OAuthError) as refused:
        client.refresh_token(endpoint, second["refresh_token"])
    assert refused.value.error == "invalid_client"
    assert "aud of the assertion" in refused.value.description
