"""Authlib, unchanged, against the server."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as Authlib
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

from end_to_end.conftest import CALLBACK
from end_to_end.running import App, Listener, Person, Service, answered, eventually


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
