"""/oauth/verify: is this bearer token good for that? For nginx auth_request, forward-auth proxies and gateways."""

from collections.abc import Mapping
from functools import partial

from bottle import HTTPResponse

from oauthsrv.oauth import resources, scopes
from oauthsrv.oauth.bearer import InsufficientScope, InvalidToken, bearer_token
from oauthsrv.oauth.credentials import parse_access_token
from oauthsrv.oauth.errors import InvalidTarget, OAuthError
from oauthsrv.oauth.introspection import is_meant_for, is_welcome, scopes_at, subject_of
from oauthsrv.oauth.metadata import metadata_address
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AccessToken, Api, Client
from oauthsrv.routes.callers import attribute
from oauthsrv.routes.guards import UNCACHED, Handler, ProgramResponse, challenged, limit_headers
from oauthsrv.routes.request import Request
from oauthsrv.store.limits import TooMany
from oauthsrv.store.tokens import TokenCheck
from oauthsrv.store.usage import count_refusal

TEXT = ("Content-Type", "text/html; charset=UTF-8")  # of an empty body


def bearer(request: Request, handler: Handler) -> HTTPResponse:
    """Give a refusal the challenge of RFC 6750, with the address of the API's metadata."""
    try:
        return handler(request)
    except OAuthError as error:
        if error.status >= 500:
            raise
        return challenged(request, error, metadata_of_api(request))


def metadata_of_api(request: Request) -> str | None:
    try:
        resource = Parameters.parse(request.query_string).get("resource")
        api = request.server.apis.all().get(resources.normalized(resource)) if resource else None
    except OAuthError:
        return None
    return metadata_address(api, request.server.settings.issuer) if api else None


def verify(request: Request) -> HTTPResponse:
    """200 and the subject of the token, or a refusal; a good call is counted.

    `scope`: all that the call needs. `resource`: the API it goes to; without it only tokens
    that were not narrowed to some API are good. `apps=yes`: tokens without a user are good too.
    """
    parameters = Parameters.parse(request.query_string)
    text = bearer_token(request.environ.get("HTTP_AUTHORIZATION"), parameters)
    parameters.check_repeats(except_for=())
    needed = scopes.parse(parameters.get("scope")) or ()
    charging = partial(calls_to_charge, needed, parameters)
    with_apis = parameters.get("resource") is not None
    checked = request.server.tokens.check(text, with_apis=with_apis, charging=charging)
    if checked.token is None or checked.client is None:
        attribute(request, client_of(text), parameters)
        raise InvalidToken("unknown, expired or ended", problem="token_unknown")
    if checked.refusal is not None:
        raise refused(request, checked.client, parameters, checked.refusal)
    return _good_call(request, parameters, checked.token, checked)


def _good_call(request: Request, parameters: Parameters, token: AccessToken, checked: TokenCheck) -> HTTPResponse:
    client, window = checked.client, checked.window
    assert client and window
    request.proved = client.client_id
    if window.is_over:
        attribute(request, client, parameters, is_authenticated=True)
        raise TooMany(window)
    seen = seen_at(token, parameters.get("resource"), checked.apis) or ()
    if token.grant_id:
        request.server.marks.grant_used(token.grant_id, request.address)
    return ProgramResponse((*token_headers(token, client, seen), *limit_headers(window), *UNCACHED, TEXT))


def calls_to_charge(needed: tuple[str, ...], parameters: Parameters, token: AccessToken, checked: TokenCheck) -> int:
    """One, if the token is good for this. `uses` is ignored: anyone with a token could use up the app's limit."""
    seen = seen_at(token, parameters.get("resource"), checked.apis)
    if seen is None:
        raise InvalidToken("meant for another API", problem="wrong_audience")
    if not is_welcome(token, parameters):
        raise InvalidToken("without a user", problem="token_without_user")
    if not set(needed) <= set(seen):
        raise InsufficientScope(needed)
    return 1


def refused(request: Request, client: Client, parameters: Parameters, error: OAuthError) -> OAuthError:
    """Record and count a refusal of a valid token of this client; an unknown resource is not the app's fault."""
    if not isinstance(error, InvalidTarget):
        count_refusal(request.server.redis, client.client_id, error.problem)
        attribute(request, client, parameters, is_authenticated=True)
    return error


def client_of(text: str) -> str | None:
    """The client that a token names, even if it was deleted."""
    reference = parse_access_token(text)
    return reference.client_id if reference else None


def seen_at(token: AccessToken, resource: str | None, apis: Mapping[str, Api]) -> tuple[str, ...] | None:
    """The scopes of the token that the API at `resource` may see; None if the token is not meant for it."""
    if resource is None:
        return None if token.resources else token.scopes
    api = apis.get(resources.normalized(resource))
    if api is None:
        raise InvalidTarget
    return scopes_at(token, api) if is_meant_for(token, api) else None


def token_headers(token: AccessToken, client: Client, seen: tuple[str, ...]) -> list[tuple[str, str]]:
    """The headers for the API behind the proxy; the subject of a token without a user is the client itself."""
    return [
        ("X-OAuth-Subject", subject_of(token)),
        ("X-OAuth-Client", client.wire_id),
        ("X-OAuth-Scope", " ".join(seen)),
        ("X-OAuth-Expires", str(token.expires_at)),
    ]
