"""The grants of the token endpoint, a row for each, and whether a client may use one (RFC 6749 §5.2)."""

from collections.abc import Callable
from typing import Any

from oauthsrv.flows import device_grant
from oauthsrv.flows.client_credentials import client_credentials
from oauthsrv.flows.issuing import TokenRequest, exchange_code
from oauthsrv.flows.rotation import refresh
from oauthsrv.oauth.credentials import is_code
from oauthsrv.oauth.errors import UnsupportedGrantType
from oauthsrv.oauth.grant_types import DEVICE_CODE, check_may_use
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.server import Server
from oauthsrv.store.authorization import code_key

GRANT_TYPES: dict[str, Callable[[TokenRequest], dict[str, Any]]] = {
    "authorization_code": exchange_code,
    "refresh_token": refresh,
    DEVICE_CODE: device_grant.poll,
    "client_credentials": client_credentials,
}


def keys_to_read(server: Server, parameters: Parameters) -> list[bytes]:
    """What a grant needs from Redis, to be read together with the client."""
    return [code_key(server.redis, code) for code in parameters.all("code") if is_code(code)]


def respond(request: TokenRequest) -> dict[str, Any]:
    name = request.parameters.require("grant_type")
    grant_type = GRANT_TYPES.get(name)
    if grant_type is None:
        raise UnsupportedGrantType(description=f"grant_type must be {' or '.join(GRANT_TYPES)}.")
    check_may_use(request.client, name)
    return grant_type(request)
