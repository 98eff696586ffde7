"""What a client asks of a server's endpoints: tokens, new tokens, an end of tokens, a registration, its resources.

RFC 6749, RFC 7009, RFC 7591, RFC 7592, RFC 8707.
"""

import dataclasses
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from oauthsrv.client.http import HTTP_SECONDS, Answer, NotUnderstood, ask
from oauthsrv.client.names import check_address
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.terminal import plain
from oauthsrv.client.values import OAuthConfig, OAuthTokens

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

    def trouble(self, what: str, code: ErrorCode) -> Trouble:
        later = " Try again later." if self.retry_after is not None else ""
        return Trouble(f"{what}: {self}.{later}", code, self.error, self.retry_after)


# Tokens


def exchange_code(
    config: OAuthConfig, code: str, *, verifier: str, redirect_uri: str, seconds: float = HTTP_SECONDS
) -> OAuthTokens:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        **resource_of(config),
    }
    return tokens_of(asked(config, config.token_url, form, seconds), asked=config.scopes)


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
        values = asked(config, config.token_url, form, seconds)
    except (Refused, Trouble) as error:
        pause = error.retry_after if isinstance(error, Refused) else 0
        if pause is None or pause > LONGEST_PAUSE:
            raise
        threading.Event().wait(max(pause, RETRY_PAUSE))
        values = asked(config, config.token_url, form, seconds)
    return tokens_of(values, previous=tokens, asked=narrower.split())


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
        error = plain(values["error"])
        description = values.get("error_description")
        reason = f"the server says {error}" + (f": {plain(description)}" if description else "")
        wait = answer.wait if answer.wait is not None or error not in PASSING else 0.0
        raise Refused(reason.rstrip("."), error, wait)
    if not 200 <= answer.status < 300:
        raise Refused(f"{answer.url} answered {answer.status}", None, answer.wait)
    return values


def tokens_of(values: dict[str, Any], **known: Any) -> OAuthTokens:
    try:
        return OAuthTokens.from_response(values, **known)
    except ValueError as error:
        raise Refused(f"the server's answer holds no usable tokens: {error}") from None


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
    # 404 and 422: GitHub does not know it any more.
    return None if answer.status in (204, 404, 422) else f"GitHub answered {answer.status}"


# A client that registers itself


@dataclass(frozen=True)
class Registration:
    """What is kept of a client that registered itself; `expires_at` (seconds since 1970) is its secret's, 0 never."""

    redirect_uris: tuple[str, ...] = ()
    expires_at: float = 0
    address: str | None = None
    access_token: str | None = field(default=None, repr=False)

    def serves(self, redirect_uri: str | None) -> bool:
        """Whether the client can still be used, with this redirect URI (none for a device)."""
        is_over = 0 < self.expires_at <= time.time()
        return not is_over and (redirect_uri is None or redirect_uri in self.redirect_uris)


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
