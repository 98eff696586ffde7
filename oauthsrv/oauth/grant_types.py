"""The grants that a client may be allowed, by their registered names (RFC 7591 §2)."""

from collections.abc import Collection
from typing import NamedTuple

from oauthsrv.oauth.errors import UnauthorizedClient
from oauthsrv.oauth.records import Client

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
CLIENT_CREDENTIALS = "client_credentials"


class Grant(NamedTuple):
    """`option` is its name on the command line; label and hint are shown in an app's settings."""

    option: str
    label: str
    hint: str
    is_of_user: bool = True  # a user allows it, so it can come with a refresh token
    needs_owner: bool = False  # never for a client that registered itself
    needs_secret: bool = False


GRANTS = {
    AUTHORIZATION_CODE: Grant(
        "authorization_code",
        "Users connect it in a browser",
        "authorization_code: the app sends users to the consent page, and exchanges the code it gets.",
    ),
    REFRESH_TOKEN: Grant(
        "refresh_token",
        "It stays connected",
        "refresh_token: the app renews its access tokens. Without it, users connect it again when one expires.",
    ),
    DEVICE_CODE: Grant(
        "device_code",
        "Devices without a browser connect",
        "device_code: a TV or a terminal shows a code, which its user enters here. Turn it on only if you need it: "
        "anyone can ask your users to enter a code.",
        needs_owner=True,
    ),
    CLIENT_CREDENTIALS: Grant(
        "client_credentials",
        "It acts for itself, without a user",
        "client_credentials: a confidential app gets tokens with its own secret or key, once an administrator "
        "has opened scopes to it.",
        is_of_user=False,
        needs_owner=True,
        needs_secret=True,
    ),
}
DEFAULT = (AUTHORIZATION_CODE, REFRESH_TOKEN)


def registered_name(option: str) -> str:
    return next(name for name, grant in GRANTS.items() if grant.option == option)


def has_users(grant_types: Collection[str]) -> bool:
    """Whether a user takes part in any of them, and so sees the app; refresh_token alone doesn't count."""
    return any(GRANTS[name].is_of_user for name in grant_types if name in GRANTS and name != REFRESH_TOKEN)


def check_may_use(client: Client, grant_type: str) -> None:
    """Check that the client may use the grant type (RFC 6749 §4.1.2.1 and §5.2)."""
    lacks_owner = client.owner_id is None and grant_type in GRANTS and GRANTS[grant_type].needs_owner
    if grant_type not in client.grant_types or lacks_owner:
        raise UnauthorizedClient(f"may not use {grant_type}", problem="grant_type_not_allowed")
