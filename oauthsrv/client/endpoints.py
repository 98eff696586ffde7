"""The client's requests: for metadata, tokens, revocation, registration, and a list of resources.

RFC 8414, RFC 6749, RFC 7009, RFC 7591, RFC 7592, RFC 8707.
"""

import contextlib
import dataclasses
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlsplit

from oauthsrv.client.http import HTTP_SECONDS, ServerResponse, send
from oauthsrv.client.names import check_address, check_issuer, same_issuer
from oauthsrv.client.results import ErrorCode, RequestRefused, Trouble, wrong_value
from oauthsrv.client.terminal import plain
from oauthsrv.client.values import OAuthConfig, OAuthProvider, OAuthTokens, Registration, number, text

GITHUB_TOKENS = "https://api.github.com/applications/"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# Seconds before the only retry: at least, and at most.
RETRY_PAUSE, LONGEST_PAUSE = 0.3, 2.0
# Errors of a server that may be over shortly (RFC 6749 §4.1.2.1).
PASSING = frozenset({"temporarily_unavailable", "server_error"})


def refusal(error: object, description: object, wait: float | None = None, *, prefix: str = "") -> RequestRefused:
    """An error that the server sent, from its endpoint or through the browser."""
    error = plain(error)
    reason = prefix + error + (f": {plain(description)}" if description else "")
    return RequestRefused(reason.rstrip("."), error, 0.0 if wait is None and error in PASSING else wait)


def good_values(answer: ServerResponse) -> dict[str, Any]:
    """The values in a good answer. Raises RequestRefused for an error, whatever its status: GitHub's have 200."""
    if 300 <= answer.status < 400:
        raise RequestRefused(f"{answer.url} redirects to another address, and credentials are not sent on")
    values = answer.values()
    if not isinstance(values, dict):
        reason = f"{answer.url} answered {answer.status} with neither JSON nor a form"
        raise RequestRefused(reason, None, answer.wait)
    if values.get("error"):
        raise refusal(values["error"], values.get("error_description"), answer.wait, prefix="the server says ")
    if not 200 <= answer.status < 300:
        raise RequestRefused(f"{answer.url} answered {answer.status}", None, answer.wait)
    return values


@dataclass(frozen=True)
class Revoked:
    """The server's answer to one token's revocation (RFC 7009); `problem` None means that it is revoked."""

    kind: str
    problem: str | None = None

    @property
    def sentence(self) -> str:
        name = self.kind.replace("_", " ")
        return f"{name} not revoked: {self.problem}" if self.problem else f"{name} revoked"


@dataclass(frozen=True)
class Endpoints:
    """A server's endpoints, used as one client. Each request takes at most `seconds`."""

    config: OAuthConfig
    seconds: float = HTTP_SECONDS

    def refresh(self, tokens: OAuthTokens, scopes: Iterable[str] = ()) -> OAuthTokens:
        """Get new tokens for a refresh token; `scopes` may narrow them (RFC 6749 §6).

        Retries once if the answer may have been lost: within its grace time a server returns the same successor again;
        later it treats the old token as stolen.
        """
        assert tokens.refresh_token
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        if narrower := " ".join(scopes):
            form["scope"] = narrower
        try:
            return self.new_tokens(form, requested=narrower.split(), previous=tokens)
        except (RequestRefused, Trouble) as error:
            pause = error.retry_after if isinstance(error, RequestRefused) else 0
            if pause is None or pause > LONGEST_PAUSE:
                raise
            threading.Event().wait(max(pause, RETRY_PAUSE))
        return self.new_tokens(form, requested=narrower.split(), previous=tokens)

    def new_tokens(self, form: dict[str, str], **known: Any) -> OAuthTokens:
        resource = {"resource": self.config.resource} if self.config.resource else {}
        values = good_values(self.post(self.config.token_url, form | resource))
        try:
            return OAuthTokens.from_response(values, **known)
        except ValueError as error:
            raise RequestRefused(f"the server's answer contains no usable tokens: {error}") from None

    def post(self, url: str, form: dict[str, str]) -> ServerResponse:
        """Send a form with the client's credentials, in the form or by Basic (RFC 6749 §2.3.1)."""
        client_id, secret, basic = self.config.client_id, self.config.client_secret, None
        if secret and self.config.token_auth_method == "client_secret_basic":  # noqa: S105 (no password)
            # Form-encode each before joining them, a part of §2.3.1 that is easily missed.
            basic = quote_plus(client_id), quote_plus(secret)
        else:
            form = form | {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        return send("POST", url, form=form, basic=basic, seconds=self.seconds)

    def revoke(self, tokens: OAuthTokens) -> list[Revoked]:
        """Revoke each token, and return the answers. The refresh token goes first, as a server may keep it when only an
        access token is revoked (RFC 7009 §2.1)."""
        kinds = [kind for kind in ("refresh_token", "access_token") if getattr(tokens, kind)]
        return [Revoked(kind, self.problem_with(kind, getattr(tokens, kind))) for kind in kinds]

    def problem_with(self, kind: str, token: str) -> str | None:
        """The reason why the server did not revoke this token; None if it did."""
        url = self.config.revocation_url
        if url is None:
            return f"{self.config.display_name} has no address at which a program can revoke tokens"
        try:
            if url.startswith(GITHUB_TOKENS):
                return self.problem_at_github(token)
            answer = self.post(url, {"token": token, "token_type_hint": kind})
            if not 200 <= answer.status < 300:
                good_values(answer)
        except RequestRefused as refused:
            return str(refused)
        except Trouble as trouble:
            return trouble.failure.error.rstrip(".")
        return None

    def problem_at_github(self, token: str) -> str | None:
        """Revoke at GitHub, which has its own API: DELETE /applications/{client_id}/token, with Basic."""
        credentials = self.config.client_id, self.config.client_secret or ""
        if not all(credentials):
            return "GitHub revokes a token only for an app that sends its secret too"
        url = f"{GITHUB_TOKENS}{quote_plus(self.config.client_id)}/token"
        answer = send("DELETE", url, body={"access_token": token}, basic=credentials, seconds=self.seconds)
        # 404 and 422: GitHub does not know it any longer.
        return None if answer.status in (204, 404, 422) else f"GitHub answered {answer.status}"

    def register(self, redirect_uris: list[str]) -> tuple[OAuthConfig, Registration]:
        """Register a public client (RFC 7591); returns the configuration with its id, and what to store of it."""
        config = self.config
        assert config.registration_url
        wanted: dict[str, Any] = {
            "client_name": f"oauthsrv client ({config.service_name})",
            "redirect_uris": redirect_uris,
            "grant_types": ["authorization_code", "refresh_token", *([DEVICE_GRANT] if config.device_url else [])],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }
        if config.scopes:
            wanted["scope"] = " ".join(config.scopes)
        what = f"{config.display_name} did not register this client, so register one by hand and give --client-id: "
        with wrong_value(ErrorCode.AUTH_FAILED, what):
            answer = send("POST", config.registration_url, body=wanted, seconds=self.seconds)
            return registered(config, good_values(answer), redirect_uris)

    def accessible_resources(self, token: str) -> list[dict[str, Any]]:
        """The sites that a token gives access to, if the provider lists them (Atlassian's accessible resources)."""
        url = self.config.resources_url
        if not url:
            raise Trouble(f"{self.config.display_name} has no list of resources.", ErrorCode.NOT_FOUND)
        answer = send("GET", url, bearer=token, seconds=self.seconds)
        found = answer.values()
        if answer.status != 200 or not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            code = ErrorCode.AUTH_REQUIRED if answer.status == 401 else ErrorCode.AUTH_FAILED
            raise Trouble(f"{url} answered {answer.status}, without a list.", code, retry_after=answer.wait)
        return found


def registered(config: OAuthConfig, values: dict[str, Any], uris: list[str]) -> tuple[OAuthConfig, Registration]:
    client_id, secret = text(values, "client_id"), text(values, "client_secret")
    if not client_id:
        raise ValueError("its answer contains no client_id")
    # The server may register something other than was requested (RFC 7591 §3.2.1).
    method = values.get("token_endpoint_auth_method", "client_secret_basic")
    if method == "none":
        secret = None
    elif method not in ("client_secret_basic", "client_secret_post"):
        raise ValueError("it wants a client authentication method that this client does not support")
    else:
        config = dataclasses.replace(config, token_auth_method=method)
    address = text(values, "registration_client_uri")
    kept = Registration(
        redirect_uris=tuple(uris),
        expires_at=number(values, "client_secret_expires_at") or 0 if secret else 0,
        address=check_address(address, "registration_client_uri") if address else None,
        access_token=text(values, "registration_access_token"),
    )
    return dataclasses.replace(config, client_id=client_id, client_secret=secret), kept


def unregister(registration: Registration, seconds: float) -> None:
    """Delete the client at the server, if it allows that (RFC 7592 §2.3); if not, an unused client remains there."""
    if registration.address and registration.access_token:
        with contextlib.suppress(Trouble):
            send("DELETE", registration.address, bearer=registration.access_token, seconds=seconds)


# Discovery

# A member of the metadata → the field of a provider.
ENDPOINTS = {
    "authorization_endpoint": "auth_url",
    "token_endpoint": "token_url",
    "revocation_endpoint": "revocation_url",
    "registration_endpoint": "registration_url",
    "device_authorization_endpoint": "device_url",
}


def discover(provider: OAuthProvider, issuer: str, *, seconds: float = HTTP_SECONDS) -> OAuthProvider:
    """`provider` with the addresses in the metadata of `issuer`."""
    with wrong_value(ErrorCode.CONFIG_MISSING):
        check_issuer(issuer)
    metadata = metadata_of(issuer, seconds)
    with wrong_value(ErrorCode.AUTH_FAILED, f"The metadata of {issuer} cannot be used: "):
        return dataclasses.replace(provider, **described(metadata))


def metadata_of(issuer: str, seconds: float) -> dict[str, Any]:
    """The first metadata found. Raises Trouble if it belongs to another issuer."""
    statuses, waits = [], []
    for address in addresses(issuer):
        answer = send("GET", address, seconds=seconds)
        if answer.status == 200:
            return own_metadata(answer, issuer)
        statuses.append(f"{address} answers {answer.status}")
        waits += [] if answer.wait is None else [answer.wait]
    if waits:
        raise Trouble(
            f"The server at {issuer} is not working right now: {'; '.join(statuses)}. Try again later.",
            ErrorCode.NETWORK_ERROR,
            retry_after=max(waits),
        )
    raise Trouble(
        f"There is no authorization server at {issuer}: {'; '.join(statuses)}. Is the address right?",
        ErrorCode.NOT_FOUND,
    )


def own_metadata(answer: ServerResponse, issuer: str) -> dict[str, Any]:
    metadata = answer.values()
    if not isinstance(metadata, dict):
        raise Trouble(f"{answer.url} does not answer with JSON.")
    # RFC 8414 §3.3, or one server could pose as another.
    if not isinstance(metadata.get("issuer"), str) or not same_issuer(metadata["issuer"], issuer):
        raise Trouble(
            f"{answer.url} names the issuer {plain(metadata.get('issuer'))!r}, not {issuer!r}. "
            "Give the issuer exactly as the server spells it."
        )
    return metadata


def addresses(issuer: str) -> Iterator[str]:
    """Addresses the metadata may have: .well-known before the issuer's path (RFC 8414 §3.1), or after it (OpenID)."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    yield f"{origin}/.well-known/oauth-authorization-server{path}"
    yield f"{origin}{path}/.well-known/openid-configuration"
    if path:
        yield f"{origin}/.well-known/openid-configuration{path}"


def described(metadata: dict[str, Any]) -> dict[str, Any]:
    """The fields of a provider in this metadata. Raises ValueError if a client could not work with it."""
    found: dict[str, Any] = {"issuer": metadata["issuer"]}
    for name, field in ENDPOINTS.items():
        endpoint = text(metadata, name)
        found[field] = check_address(endpoint, name) if endpoint else None
    if not found["token_url"]:
        raise ValueError("token_endpoint is missing")
    found["auth_url"] = found["auth_url"] or ""
    challenges = metadata.get("code_challenge_methods_supported")
    if isinstance(challenges, list) and "S256" not in challenges:
        raise ValueError("it does not support PKCE with S256")
    found["iss_required"] = metadata.get("authorization_response_iss_parameter_supported") is True
    # RFC 8414 §2: a server that names no method supports Basic.
    methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    by_form = isinstance(methods, list) and "client_secret_post" in methods and "client_secret_basic" not in methods
    found["token_auth_method"] = "client_secret_post" if by_form else "client_secret_basic"
    return found
