"""What a client asks of a server: its endpoints, tokens, new tokens, an end of tokens, a registration, its resources.

RFC 8414, RFC 6749, RFC 7009, RFC 7591, RFC 7592, RFC 8707.
"""

import dataclasses
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlsplit

from oauthsrv.client.http import HTTP_SECONDS, Answer, NotUnderstood, ask
from oauthsrv.client.names import check_address, check_issuer, same_issuer
from oauthsrv.client.results import ErrorCode, Trouble, wrong_value
from oauthsrv.client.terminal import plain
from oauthsrv.client.values import OAuthConfig, OAuthProvider, OAuthTokens, Registration

GITHUB_TOKENS = "https://api.github.com/applications/"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# Seconds before the one second try, at least and at most.
RETRY_PAUSE, LONGEST_PAUSE = 0.3, 2.0
# Errors of a server that may be over in a moment (RFC 6749 §4.1.2.1).
PASSING = frozenset({"temporarily_unavailable", "server_error"})


class Refused(Exception):
    """The server answered, and not with what was asked for; `error` is its code, where it gave one (RFC 6749 §5.2)."""

    def __init__(self, reason: str, error: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.error, self.retry_after = error, retry_after

    def trouble(self, what: str, code: ErrorCode = ErrorCode.AUTH_FAILED) -> Trouble:
        later = " Try again later." if self.retry_after is not None else ""
        return Trouble(f"{what}: {self}.{later}", code, self.error, self.retry_after)


# Tokens


def refresh(
    config: OAuthConfig, tokens: OAuthTokens, *, scopes: Iterable[str] = (), seconds: float = HTTP_SECONDS
) -> OAuthTokens:
    """New tokens for the refresh token that `tokens` holds; `scopes` may narrow them (RFC 6749 §6).

    Asked a second time where the answer may have been lost on its way: within its grace time a server gives the
    successor again, and after it, it takes the old token for a stolen one.
    """
    assert tokens.refresh_token
    narrower = " ".join(scopes)
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token, **resource_of(config)}
    form |= {"scope": narrower} if narrower else {}
    try:
        return new_tokens(config, form, seconds, previous=tokens, asked=narrower.split())
    except (Refused, Trouble) as error:
        pause = error.retry_after if isinstance(error, Refused) else 0
        if pause is None or pause > LONGEST_PAUSE:
            raise
        threading.Event().wait(max(pause, RETRY_PAUSE))
    return new_tokens(config, form, seconds, previous=tokens, asked=narrower.split())


def new_tokens(config: OAuthConfig, form: dict[str, str], seconds: float, **known: Any) -> OAuthTokens:
    values = asked(config, config.token_url, form, seconds)
    try:
        return OAuthTokens.from_response(values, **known)
    except ValueError as error:
        raise Refused(f"the server's answer holds no usable tokens: {error}") from None


def resource_of(config: OAuthConfig) -> dict[str, str]:
    return {"resource": config.resource} if config.resource else {}


def asked(config: OAuthConfig, url: str, form: dict[str, str], seconds: float) -> dict[str, Any]:
    """The values of a good answer to a form that the client signs with its credentials; or Refused."""
    form, basic = signed(config, form)
    return good_values(ask("POST", url, form=form, basic=basic, seconds=seconds))


def signed(config: OAuthConfig, form: dict[str, str]) -> tuple[dict[str, str], tuple[str, str] | None]:
    """The form, and credentials for Basic if that is how this client proves itself (RFC 6749 §2.3.1)."""
    if not config.client_secret:
        return form | {"client_id": config.client_id}, None
    if config.token_auth_method == "client_secret_basic":  # noqa: S105 (no password)
        # Form-encoded each before they are joined: the part of §2.3.1 that is easily missed.
        return form, (quote_plus(config.client_id), quote_plus(config.client_secret))
    return form | {"client_id": config.client_id, "client_secret": config.client_secret}, None


def refusal(error: object, description: object, wait: float | None = None, *, said: str = "") -> Refused:
    """An error that the server sent, at its endpoint or through the browser."""
    error = plain(error)
    reason = said + error + (f": {plain(description)}" if description else "")
    return Refused(reason.rstrip("."), error, 0.0 if wait is None and error in PASSING else wait)


def good_values(answer: Answer) -> dict[str, Any]:
    """An error is an error whatever its status: GitHub sends its own with 200."""
    if 300 <= answer.status < 400:
        raise Refused(f"{answer.url} redirects to another address, and credentials are not sent on")
    try:
        values = answer.values()
    except NotUnderstood:
        reason = f"{answer.url} answered {answer.status} with what is neither JSON nor a form"
        raise Refused(reason, None, answer.wait) from None
    if values.get("error"):
        raise refusal(values["error"], values.get("error_description"), answer.wait, said="the server says ")
    if not 200 <= answer.status < 300:
        raise Refused(f"{answer.url} answered {answer.status}", None, answer.wait)
    return values


# The end of tokens


@dataclass(frozen=True)
class Revoked:
    """What the server said about the end of one token (RFC 7009); `problem` None means that it is revoked."""

    kind: str
    problem: str | None = None

    @property
    def sentence(self) -> str:
        name = self.kind.replace("_", " ")
        return f"{name} not revoked: {self.problem}" if self.problem else f"{name} revoked"


def revoke(config: OAuthConfig, tokens: OAuthTokens, *, seconds: float = HTTP_SECONDS) -> list[Revoked]:
    """Each token, with what came of it.

    The refresh token goes first: a server may keep it when only an access token is given back (§2.1).
    """
    kinds = [kind for kind in ("refresh_token", "access_token") if getattr(tokens, kind)]
    return [Revoked(kind, problem_with(config, kind, getattr(tokens, kind), seconds)) for kind in kinds]


def problem_with(config: OAuthConfig, kind: str, token: str, seconds: float) -> str | None:
    """Why the server did not revoke this token; None if it did."""
    if config.revocation_url is None:
        return f"{config.display_name} has no address at which a program can revoke tokens"
    try:
        if config.revocation_url.startswith(GITHUB_TOKENS):
            return problem_at_github(config, token, seconds)
        form, basic = signed(config, {"token": token, "token_type_hint": kind})
        answer = ask("POST", config.revocation_url, form=form, basic=basic, seconds=seconds)
        if not 200 <= answer.status < 300:
            good_values(answer)
    except Refused as refused:
        return str(refused)
    except Trouble as trouble:
        return trouble.failure.error.rstrip(".")
    return None


def problem_at_github(config: OAuthConfig, token: str, seconds: float) -> str | None:
    """GitHub has an interface of its own: DELETE /applications/{client_id}/token, with Basic."""
    if not config.client_secret:
        return "GitHub revokes a token only for an app that sends its secret too"
    url = f"{GITHUB_TOKENS}{quote_plus(config.client_id)}/token"
    credentials = config.client_id, config.client_secret
    answer = ask("DELETE", url, body={"access_token": token}, basic=credentials, seconds=seconds)
    # 404 and 422: GitHub no longer knows it.
    return None if answer.status in (204, 404, 422) else f"GitHub answered {answer.status}"


# A client that registers itself


def register(
    config: OAuthConfig, redirect_uris: Iterable[str], *, seconds: float = HTTP_SECONDS
) -> tuple[OAuthConfig, Registration]:
    """A public client at `config.registration_url`: its id, in a configuration, and what to keep of it."""
    assert config.registration_url
    uris = list(redirect_uris)
    wanted: dict[str, Any] = {
        "client_name": f"oauthsrv client ({config.service_name})",
        "redirect_uris": uris,
        "grant_types": ["authorization_code", "refresh_token", *([DEVICE_GRANT] if config.device_url else [])],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }
    if config.scopes:
        wanted["scope"] = " ".join(config.scopes)
    try:
        values = good_values(ask("POST", config.registration_url, body=wanted, seconds=seconds))
        return registered(config, values, uris)
    except (Refused, ValueError) as error:
        raise Trouble(
            f"{config.display_name} did not register this client: {error}. "
            "Register one by hand, and give its id with --client-id.",
            ErrorCode.AUTH_FAILED,
            retry_after=getattr(error, "retry_after", None),
        ) from None


def registered(config: OAuthConfig, values: dict[str, Any], uris: list[str]) -> tuple[OAuthConfig, Registration]:
    client_id, secret = values.get("client_id"), values.get("client_secret")
    if not isinstance(client_id, str) or not client_id or not isinstance(secret, str | None):
        raise ValueError("its answer holds no usable client_id")
    # The server may give other than what was asked for (RFC 7591 §3.2.1).
    method = values.get("token_endpoint_auth_method", "client_secret_basic")
    if method == "none":
        secret = None
    elif method not in ("client_secret_basic", "client_secret_post"):
        raise ValueError("it wants a way of client authentication that this client does not know")
    else:
        config = dataclasses.replace(config, token_auth_method=method)
    expires_at = values.get("client_secret_expires_at")
    address, access_token = values.get("registration_client_uri"), values.get("registration_access_token")
    kept = Registration(
        redirect_uris=tuple(uris),
        expires_at=expires_at if secret and isinstance(expires_at, int | float) else 0,
        address=check_address(address, "registration_client_uri") if isinstance(address, str) else None,
        access_token=access_token if isinstance(access_token, str) else None,
    )
    return dataclasses.replace(config, client_id=client_id, client_secret=secret), kept


def unregister(registration: Registration, *, seconds: float = HTTP_SECONDS) -> None:
    """Takes the client away where the server lets it (RFC 7592 §2.3); where not, nothing is lost but a row there."""
    if registration.address and registration.access_token:
        try:
            ask("DELETE", registration.address, bearer=registration.access_token, seconds=seconds)
        except Trouble:
            return


# What a token is good for


def accessible_resources(config: OAuthConfig, token: str, *, seconds: float = HTTP_SECONDS) -> list[dict[str, Any]]:
    """The sites that a token reaches, where the provider lists them (Atlassian's accessible resources)."""
    if not config.resources_url:
        raise Trouble(f"{config.display_name} has no list of resources.", ErrorCode.NOT_FOUND)
    answer = ask("GET", config.resources_url, bearer=token, seconds=seconds)
    try:
        found = answer.parsed()
    except NotUnderstood:
        found = None
    if answer.status != 200 or not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        code = ErrorCode.AUTH_REQUIRED if answer.status == 401 else ErrorCode.AUTH_FAILED
        raise Trouble(f"{config.resources_url} answered {answer.status}, and no list.", code, retry_after=answer.wait)
    return found


# Where the endpoints are

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
    with wrong_value(ErrorCode.CONFIG_MISSING):
        check_issuer(issuer)
    metadata = metadata_of(issuer, seconds)
    with wrong_value(ErrorCode.AUTH_FAILED, f"The metadata of {issuer} cannot be used: "):
        return dataclasses.replace(provider, **described(metadata))


def metadata_of(issuer: str, seconds: float) -> dict[str, Any]:
    """The first metadata that is there, and is this issuer's own."""
    statuses, waits = [], []
    for address in addresses(issuer):
        answer = ask("GET", address, seconds=seconds)
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


def own_metadata(answer: Answer, issuer: str) -> dict[str, Any]:
    try:
        metadata = answer.values()
    except NotUnderstood:
        raise Trouble(f"{answer.url} does not answer with JSON.") from None
    # RFC 8414 §3.3: or one server could pass itself off as another.
    if not isinstance(metadata.get("issuer"), str) or not same_issuer(metadata["issuer"], issuer):
        raise Trouble(
            f"{answer.url} calls its issuer {plain(metadata.get('issuer'))!r}, and {issuer!r} was asked for. "
            "Give the issuer exactly as the server spells it."
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
