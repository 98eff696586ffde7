"""Clients that register themselves (RFC 7591): each gets as much of its request as it may have (§3.2.1).

Such a client has no owner, can have only the scopes that administrators opened for it, and is never merged with another
of the same name. Where apps are reviewed it waits for approval, unless its initial access token approves it.
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from oauthsrv.fetching import check_url
from oauthsrv.flows import catalog, names
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import fields, listed_uris
from oauthsrv.flows.clients.fields import ClientFields
from oauthsrv.flows.clients.registration import hint_of
from oauthsrv.flows.invalidation import client_ids_changed
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.oauth.bearer import InvalidToken
from oauthsrv.oauth.client_authentication import METHODS, NONE, PRIVATE_KEY_JWT
from oauthsrv.oauth.client_keys import KeysRefused, check_keys
from oauthsrv.oauth.client_metadata import ClientMetadata
from oauthsrv.oauth.credentials import digest, new_client_id, new_client_secret
from oauthsrv.oauth.errors import InvalidClientMetadata, InvalidRedirectUri, OAuthError
from oauthsrv.oauth.records import WITH_SECRET
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.oauth.uris import UriNotAllowed, UriRefused
from oauthsrv.server import Server
from oauthsrv.setting_values import is_loopback
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.limits import Attempt, TooMany

UNNAMED = "Unnamed app"
DEFAULT_METHOD = "client_secret_basic"  # RFC 7591 §2
SOFTWARE_MAX = 200
LEFT_OUT_MAX = 5  # how many the audit log names
TRY_AGAIN = 3600  # seconds, if too many have registered that no one connected
# The form's name of a field, and the metadata's.
MEMBERS = {"name": "client_name", "home_page": "client_uri", "redirect_uris": "redirect_uris", "scopes": "scope"}


class Registered(NamedTuple):
    client_id: str
    client_secret: str | None
    registered_at: datetime
    client: ClientFields
    metadata: ClientMetadata
    authentication_method: str
    keys: dict[str, Any]

    def __repr__(self) -> str:
        return f"Registered({self.client_id})"

    def response(self) -> dict[str, Any]:
        """The response of RFC 7591 §3.2.1."""
        scopes = list(self.client.scopes)
        if OFFLINE_ACCESS in (self.metadata.scopes or ()):
            scopes.append(OFFLINE_ACCESS)
        members = {
            "client_id": self.client_id,
            "client_id_issued_at": int(self.registered_at.timestamp()),
            "client_secret": self.client_secret,
            "client_secret_expires_at": 0 if self.client_secret else None,  # never
            "redirect_uris": self.client.redirect_uris,
            "token_endpoint_auth_method": self.authentication_method,
            "grant_types": self.client.grant_types,
            "response_types": ["code"],
            "client_name": self.client.name,
            "client_uri": self.client.home_page or None,
            "scope": " ".join(scopes),
            "software_id": self.metadata.software_id,
            "software_version": self.metadata.software_version,
            **self.keys,
        }
        return {name: value for name, value in members.items() if value is not None}


def register(server: Server, metadata: ClientMetadata, token: str | None, *, by: Actor) -> Registered:
    """Register a client; `token` is the initial access token, which was checked and is judged again under the lock.

    Raises InvalidRedirectUri, InvalidClientMetadata, InvalidToken, TooMany.
    """
    listed = listed_uris.all_of(server)
    method = authentication_method(metadata)
    allowed, left_out = allowed_uris(metadata, method, server.settings.issuer, listed)
    check_not_blocked(server, allowed)
    client = checked(server, metadata, method, allowed, listed)
    check_software(metadata)
    keys = keys_of(metadata, method, server.settings.issuer)
    with transaction(server.database) as db:
        sql.installation.lock(db)  # no one else registers during the count
        used = used_token(db, token)
        if used is None:  # a token has a limit of its own; those without one can't lock its holder out
            check_number(db)
        approved = not server.settings.app_review or (used is not None and used.approves)
        registered = insert_registered(db, client, metadata, method, keys, approved)
        audit(db, "client.registered", by, client_id=registered.client_id, **event_details(client, left_out, used))
    client_ids_changed(server)  # or the sweep does it within a minute
    return registered


def insert_registered(
    db: Connection, client: ClientFields, metadata: ClientMetadata, method: str, keys: dict[str, Any], approved: bool
) -> Registered:
    client_id, secret = new_client_id(), new_client_secret() if method in WITH_SECRET else None
    registered_at = sql.clients.add_registered(
        db,
        client_id=client_id,
        name=client.name,
        home_page=client.home_page,
        type=client.type,
        redirect_uris=client.redirect_uris,
        scopes=client.scopes,
        # Libraries try one of the two, whatever they registered.
        authentication_methods=sorted(WITH_SECRET) if secret else [method],
        jwks=json.dumps(keys["jwks"]) if "jwks" in keys else None,
        jwks_uri=keys.get("jwks_uri"),
        software_id=metadata.software_id,
        software_version=metadata.software_version,
        approved=approved,
    )
    if secret is not None:
        sql.clients.add_secret(db, client_id=client_id, secret_hash=digest(secret), hint=hint_of(secret))
    return Registered(client_id, secret, registered_at, client, metadata, method, keys)


def check_not_blocked(server: Server, uris: list[str]) -> None:
    """Refuse a client that would be suspended from the start (flows.clients.hosts)."""
    with reading(server.database) as db:
        if host := sql.hosts.blocked_among(db, hosts=[consent_host(uri) for uri in uris]):
            raise InvalidRedirectUri(f"{host} is blocked", problem="host_blocked")


def authentication_method(metadata: ClientMetadata) -> str:
    """How the client will authenticate. It is public if it names no method and could not be confidential."""
    method = metadata.token_endpoint_auth_method
    if method is None:
        is_web = all(uri.startswith(("https:", "http:")) for uri in metadata.redirect_uris)
        return DEFAULT_METHOD if is_web else NONE
    if method not in METHODS:
        raise InvalidClientMetadata(description=f"token_endpoint_auth_method must be one of {', '.join(METHODS)}.")
    return method


def keys_of(metadata: ClientMetadata, method: str, issuer: str) -> dict[str, Any]:
    """The client's keys, or their address; dropped for a client that does not sign with them."""
    if method != PRIVATE_KEY_JWT:
        return {}
    if (metadata.jwks is None) == (metadata.jwks_uri is None):
        raise InvalidClientMetadata(description=f"{PRIVATE_KEY_JWT} needs jwks or jwks_uri, and not both.")
    try:
        if metadata.jwks is not None:
            return {"jwks": {"keys": list(check_keys(metadata.jwks))}}
        check_url(str(metadata.jwks_uri), allow_loopback=is_loopback(urlsplit(issuer).hostname or ""))
    except KeysRefused as reason:
        raise InvalidClientMetadata(description=f"jwks: {reason}.") from None
    except UriRefused as reason:
        raise InvalidClientMetadata(description=f"jwks_uri: {reason}.") from None
    return {"jwks_uri": metadata.jwks_uri}


def client_type(method: str) -> str:
    return "public" if method == NONE else "confidential"


def allowed_uris(
    metadata: ClientMetadata, method: str, issuer: str, listed: Collection[str]
) -> tuple[list[str], list[str]]:
    """The URIs this client may have, and the well-formed ones that are left out."""
    if len(metadata.redirect_uris) > fields.REDIRECT_URIS_MAX:
        raise InvalidRedirectUri(description=f"redirect_uris has more than {fields.REDIRECT_URIS_MAX} addresses.")
    allowed, refused = [], {}
    for uri in metadata.redirect_uris:
        try:
            allowed.append(fields.check_one_redirect_uri(uri, client_type(method), issuer, listed))
        except UriNotAllowed as reason:
            refused[uri] = reason
        except UriRefused as reason:
            raise InvalidRedirectUri(description=f"{reason}.") from None
    if not allowed:
        raise InvalidRedirectUri(description=f"{next(iter(refused.values()))}.")
    return allowed, list(refused)


def checked(
    server: Server, metadata: ClientMetadata, method: str, redirect_uris: list[str], listed: Collection[str]
) -> ClientFields:
    """Apply the same checks as the form of the developer portal."""
    ceiling = catalog.default_ceiling(server)
    typed = {
        "name": UNNAMED if metadata.client_name is None else metadata.client_name,
        "home_page": metadata.client_uri or "",
        "type": client_type(method),
        "redirect_uris": redirect_uris,
        "scopes": allowed_scopes(metadata, ceiling),
    }
    try:
        return fields.check_client(typed, ceiling, server.settings.issuer, listed_uris=listed)
    except FieldsRefused as refused:
        raise invalid(refused) from None


def allowed_scopes(metadata: ClientMetadata, ceiling: list[str]) -> list[str]:
    """The requested scopes that are open to such clients. If that is none, all open ones: some clients request a scope
    of their own at every server."""
    if not ceiling:
        raise InvalidClientMetadata(
            description="No scope is open to apps that register themselves: ask an administrator."
        )
    return [scope for scope in ceiling if scope in (metadata.scopes or ())] or ceiling


def invalid(refused: FieldsRefused) -> OAuthError:
    field, [problem, *_] = next(iter(refused.problems.items()))
    return InvalidClientMetadata(description=f"{MEMBERS.get(field, field)}: {problem}")


def check_software(metadata: ClientMetadata) -> None:
    for name in ("software_id", "software_version"):
        if problem := names.text_problem(getattr(metadata, name) or "", SOFTWARE_MAX):
            raise InvalidClientMetadata(description=f"{name}: {problem}")


def used_token(db: Connection, token: str | None) -> Any:
    if token is None:
        return None
    used = sql.registration_tokens.use(db, token_hash=digest(token))
    if used is None:
        raise InvalidToken("the token was revoked or expired", problem="registration_token_unknown")
    return used


def check_number(db: Connection) -> None:
    unused = Attempt("register_unused", "").window(sql.clients.count_never_used(db) + 1, TRY_AGAIN * 1000)
    if unused.is_over:
        raise TooMany(unused)


def event_details(client: ClientFields, left_out: list[str], used: Any) -> dict[str, Any]:
    """The details of the registration's audit line."""
    details: dict[str, Any] = {"name": client.name, "type": client.type}
    if left_out:
        details["left_out"] = [uri[:100] for uri in left_out[:LEFT_OUT_MAX]]
    if used is not None:
        details["token"] = used.name
    return details
