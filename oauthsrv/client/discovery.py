"""An authorization server's endpoints, found from its issuer (RFC 8414; OpenID Connect Discovery 1.0 §4)."""

import dataclasses
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from oauthsrv.client.http import HTTP_SECONDS, NotUnderstood, ask
from oauthsrv.client.names import check_address, check_issuer, same_issuer
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.terminal import plain
from oauthsrv.client.values import OAuthProvider

# Metadata → the field of a provider.
ENDPOINTS = {
    "authorization_endpoint": "auth_url",
    "token_endpoint": "token_url",
    "revocation_endpoint": "revocation_url",
    "registration_endpoint": "registration_url",
    "device_authorization_endpoint": "device_url",
}


def discover(provider: OAuthProvider, issuer: str, *, seconds: float = HTTP_SECONDS) -> OAuthProvider:
    """`provider` with what the server at `issuer` says of itself."""
    try:
        check_issuer(issuer)
    except ValueError as error:
        raise Trouble(f"{error}.", ErrorCode.CONFIG_MISSING) from None
    metadata = metadata_of(issuer, seconds)
    try:
        return dataclasses.replace(provider, **described(metadata))
    except ValueError as error:
        raise Trouble(f"The metadata of {issuer} cannot be used: {error}.", ErrorCode.AUTH_FAILED) from None


def metadata_of(issuer: str, seconds: float) -> dict[str, Any]:
    """The first metadata that is there, and is this issuer's own."""
    statuses, waits = [], []
    for address in addresses(issuer):
        answer = ask("GET", address, seconds=seconds)
        if answer.status == 200:
            return own_metadata(answer.values, address, issuer)
        statuses.append(f"{address} answers {answer.status}")
        waits += [] if answer.wait is None else [answer.wait]
    if waits:
        raise Trouble(
            f"The server at {issuer} does not work right now: {'; '.join(statuses)}. Try again later.",
            ErrorCode.NETWORK_ERROR,
            retry_after=max(waits),
        )
    raise Trouble(
        f"There is no authorization server at {issuer}: {'; '.join(statuses)}. Is the address right?",
        ErrorCode.NOT_FOUND,
    )


def own_metadata(values: Any, address: str, issuer: str) -> dict[str, Any]:
    try:
        metadata: dict[str, Any] = values()
    except NotUnderstood:
        raise Trouble(f"{address} does not answer with JSON.", ErrorCode.AUTH_FAILED) from None
    # RFC 8414 §3.3: or one server could pass itself off as another.
    if not isinstance(metadata.get("issuer"), str) or not same_issuer(metadata["issuer"], issuer):
        raise Trouble(
            f"{address} calls its issuer {plain(metadata.get('issuer'))!r}, and {issuer!r} was asked for. "
            "Give the issuer just as the server writes it.",
            ErrorCode.AUTH_FAILED,
        )
    return metadata


def addresses(issuer: str) -> Iterator[str]:
    """Where the metadata may be; of an issuer with a path, before the path (RFC 8414 §3.1) and behind it (OpenID)."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    yield f"{origin}/.well-known/oauth-authorization-server{path}"
    yield f"{origin}{path}/.well-known/openid-configuration"
    if path:
        yield f"{origin}/.well-known/openid-configuration{path}"


def described(metadata: dict[str, Any]) -> dict[str, Any]:
    """The fields of a provider that this metadata tells; ValueError where a client could not work with it."""
    found: dict[str, Any] = {"issuer": metadata["issuer"]}
    for name, field in ENDPOINTS.items():
        endpoint = metadata.get(name)
        if endpoint is not None and not isinstance(endpoint, str):
            raise ValueError(f"{name} is no text")
        found[field] = check_address(endpoint, name) if endpoint else None
    if not found["token_url"]:
        raise ValueError("token_endpoint is missing")
    found["auth_url"] = found["auth_url"] or ""
    challenges = metadata.get("code_challenge_methods_supported")
    if isinstance(challenges, list) and "S256" not in challenges:
        raise ValueError("it does not support PKCE with S256")
    found["iss_required"] = metadata.get("authorization_response_iss_parameter_supported") is True
    # RFC 8414 §2: Basic is what a server supports that does not say.
    methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    by_form = isinstance(methods, list) and "client_secret_post" in methods and "client_secret_basic" not in methods
    found["token_auth_method"] = "client_secret_post" if by_form else "client_secret_basic"
    return found
