"""The authorization request as a list of checks (RFC 6749 §4.1.1, RFC 9700 §2.1)."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from oauthsrv.oauth import pkce, redirect_uris, resources, scopes
from oauthsrv.oauth.authorization_response import Redirect, RedirectError
from oauthsrv.oauth.client_authentication import check_not_suspended
from oauthsrv.oauth.errors import (
    InvalidRequest,
    OAuthError,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, check_may_use
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client

# All other parameters of a request are ignored (RFC 6749 §3.1), and not kept.
PARAMETERS = frozenset(
    {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"),
        *("resource", "response_mode", "prompt", "max_age", "login_hint", "request", "request_uri"),
    }
)
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
# Prompts that a new sign-in satisfies.
SIGN_IN_PROMPTS = frozenset({"login", "select_account"})
SECONDS = re.compile(r"[0-9]{1,10}")
ZERO = re.compile(r"0{1,10}")
LONGEST_HINT = 254


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that passed every check: what the client asks for, and where the response goes."""

    client: Client
    redirect: Redirect
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    code_challenge: str | None
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    response_type: str = "code"


def trusted_redirect(parameters: Parameters, client: Client | None, issuer: str) -> Redirect:
    """The place where the response may go. Errors raised here are shown on a page, as no redirect is trusted yet.

    A repeated state is one of them: whichever value was returned, the client could take the response for a forgery.
    `client` is the client with the request's client_id, or None.
    """
    parameters.require("client_id")
    if client is None:
        raise InvalidRequest("unknown client", problem="client_unknown")
    check_not_suspended(client)
    redirect_uri = check_redirect_uri(parameters.get("redirect_uri"), client)
    modes = parameters.all("response_mode")  # `check` refuses it if it is unknown or repeated
    return Redirect(redirect_uri, parameters.get("state"), issuer, modes[0] if len(modes) == 1 else None)


def check_redirect_uri(sent: str | None, client: Client) -> str:
    """The redirect URI of the request; it may be left out when only one is registered (RFC 6749 §3.1.2.3)."""
    if not client.redirect_uris:
        check_may_use(client, AUTHORIZATION_CODE)
    if sent is None:
        if len(client.redirect_uris) != 1:
            raise InvalidRequest(problem="redirect_uri_missing")
        return client.redirect_uris[0]
    if not redirect_uris.matches(client.redirect_uris, sent):
        raise InvalidRequest("redirect_uri does not match", problem="redirect_uri_mismatch")
    return sent


class Supported(NamedTuple):
    """The names a request can use: this server's response types and modes, and the URIs of its APIs."""

    response_types: Collection[str]
    response_modes: Collection[str]
    resources: Collection[str]


class UncheckedRequest(NamedTuple):
    """The input of every check."""

    parameters: Parameters
    client: Client
    supported: Supported


def check(parameters: Parameters, client: Client, redirect: Redirect, supported: Supported) -> AuthorizationRequest:
    """Run every check in order, and return the request. Raises RedirectError, as the redirect is trusted by then."""
    request = UncheckedRequest(parameters, client, supported)
    try:
        values = {field: rule(request) for field, rule in CHECKS}
    except OAuthError as error:
        raise RedirectError(error, redirect) from error
    return AuthorizationRequest(client, redirect, **{field: value for field, value in values.items() if field})


def check_repeats(request: UncheckedRequest) -> None:
    request.parameters.check_repeats(except_for={"resource"})


def check_no_request_object(request: UncheckedRequest) -> None:
    """Refuse a request object, which would override the parameters that the other checks see (RFC 9101)."""
    if request.parameters.get("request") is not None:
        raise RequestNotSupported
    if request.parameters.get("request_uri") is not None:
        raise RequestUriNotSupported


def check_response_type(request: UncheckedRequest) -> str:
    response_type, known = request.parameters.require("response_type"), request.supported.response_types
    if response_type not in known:
        raise UnsupportedResponseType(description=f"response_type must be {' or '.join(known)}.")
    return response_type


def check_grant_type(request: UncheckedRequest) -> None:
    """Check that the client may exchange the code it would get."""
    check_may_use(request.client, AUTHORIZATION_CODE)


def check_response_mode(request: UncheckedRequest) -> None:
    known = request.supported.response_modes
    if request.parameters.get("response_mode") not in (None, *known):
        raise InvalidRequest(
            description=f"response_mode must be {' or '.join(known)}, or be left out.", problem="response_mode"
        )


def check_prompt(request: UncheckedRequest) -> frozenset[str]:
    """Read the prompts (OpenID Connect Core §3.1.2.1)."""
    prompt = frozenset((request.parameters.get("prompt") or "").split(" ")) - {""}
    if not prompt <= PROMPTS:
        raise InvalidRequest(problem="prompt_unknown")
    if "none" in prompt and len(prompt) > 1:
        raise InvalidRequest("none with others", problem="prompt_unknown")
    return prompt


def check_max_age(request: UncheckedRequest) -> int | None:
    max_age = request.parameters.get("max_age")
    if max_age is None:
        return None
    if not SECONDS.fullmatch(max_age):
        raise InvalidRequest(problem="max_age_malformed")
    return int(max_age)


def check_pkce(request: UncheckedRequest) -> str | None:
    """Require PKCE, except from a confidential client whose owner turned it off; that client may still use it."""
    method, challenge = request.parameters.get("code_challenge_method"), request.parameters.get("code_challenge")
    if request.client.skips_pkce and not request.client.is_public and method is None and challenge is None:
        return None
    return pkce.check_challenge(method, challenge)


def check_scope(request: UncheckedRequest) -> tuple[str, ...]:
    return scopes.within_ceiling(scopes.parse(request.parameters.get("scope")), request.client.scopes)


def check_resource(request: UncheckedRequest) -> tuple[str, ...]:
    return resources.check(request.parameters.all("resource"), request.supported.resources)


def check_login_hint(request: UncheckedRequest) -> str | None:
    """Read the hint; one that cannot be an email address is ignored, not refused."""
    hint = request.parameters.get("login_hint")
    return hint if hint and len(hint) <= LONGEST_HINT and hint.isprintable() else None


# Every request is checked in this order. Each check is named after the field that its result fills, if any.
CHECKS: tuple[tuple[str, Callable[[UncheckedRequest], Any]], ...] = (
    ("", check_repeats),
    ("", check_no_request_object),
    ("response_type", check_response_type),
    ("", check_grant_type),
    ("", check_response_mode),
    ("code_challenge", check_pkce),
    ("scopes", check_scope),
    ("resources", check_resource),
    ("prompt", check_prompt),
    ("max_age", check_max_age),
    ("login_hint", check_login_hint),
)


def is_silent(parameters: Parameters) -> bool:
    """Whether prompt=none forbids pages. A repeated prompt doesn't count: `check` refuses it after the sign-in."""
    prompts = parameters.all("prompt")
    return len(prompts) == 1 and "none" in prompts[0].split()


def after_sign_in(parameters: Parameters) -> Parameters:
    """The request without what a sign-in satisfies, or the user would have to sign in again and again.

    Parameters that `check` will refuse are kept.
    """
    satisfied = satisfied_by_sign_in(parameters)
    kept = [pair for pair in parameters.pairs if pair[0] not in satisfied]
    if "prompt" in satisfied:
        rest = [prompt for prompt in parameters.require("prompt").split() if prompt not in SIGN_IN_PROMPTS]
        kept += [("prompt", " ".join(rest))] if rest else []
    return Parameters(tuple(kept))


def satisfied_by_sign_in(parameters: Parameters) -> set[str]:
    names = {name for name in ("prompt", "login_hint", "max_age") if len(parameters.all(name)) == 1}
    if is_silent(parameters):
        names.discard("prompt")
    if "max_age" in names and not ZERO.fullmatch(parameters.require("max_age")):
        names.discard("max_age")
    return names


def with_another_account(parameters: Parameters) -> Parameters:
    """The same request, except that the user chooses an account first."""
    request = after_sign_in(parameters)
    prompt = " ".join((*request.all("prompt"), "select_account"))
    return Parameters((*(pair for pair in request.pairs if pair[0] != "prompt"), ("prompt", prompt)))
