"""Looking up a leaked token or secret for an administrator: recognized by its prefix, found by its hash.

It is never shown again, logged or put into an address; the audit log names only its kind (rule 1).
"""

import hmac
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from oauthsrv.flows.audit import Actor, audit
from oauthsrv.oauth.credentials import (
    digest,
    hash_of_code,
    is_code,
    is_registration_token,
    parse_access_token,
    parse_refresh_token,
)
from oauthsrv.oauth.records import Api
from oauthsrv.server import Server
from oauthsrv.store.authorization import find_code
from oauthsrv.store.database import reading, sql

SECRET = re.compile(r"sec_[0-9a-f]{64}\Z")


class FoundSecret(NamedTuple):
    """What was found; `connection` and `grant` are rows of sql.admin.connection and sql.admin.grant."""

    kind: str
    state: str
    connection: Any = None
    grant: Any = None
    client: Any = None  # a client or an API, if neither of the above is known
    hint: str = ""  # of its secret
    path: str = ""  # a page about it

    @property
    def client_id(self) -> str | None:
        found = self.connection or self.grant or self.client
        return found.client_id if found else None


def find(server: Server, text: str, *, by: Actor) -> FoundSecret | None:
    """Look up the token or secret in the text; None if the text contains nothing like one."""
    pasted = PASTED.search(text)
    if pasted is None:
        return None
    kind = KINDS[pasted[1]]
    found = kind.find(server, pasted[0])
    if found is None:
        found = FoundSecret(kind.label, "It’s incomplete: copy the whole value. Nothing was looked up.")
    with reading(server.database) as db:
        audit(db, "secret.looked_up", by, client_id=found.client_id, kind=kind.label)
    return found


def holds_secret(text: str) -> bool:
    return PASTED.search(text) is not None


def connection(server: Server, family_id: str | None) -> Any:
    with reading(server.database) as db:
        return sql.admin.connection(db, family_id=family_id)


def of_access_token(server: Server, text: str) -> FoundSecret | None:
    """The state of an access token. Its text names client and connection; only its record proves that it was issued."""
    reference = parse_access_token(text)
    if reference is None:
        return None
    token, found = server.tokens.check(text).token, connection(server, reference.family_id)
    if found is None or found.client_id != reference.client_id:
        return FoundSecret(ACCESS_TOKEN, "It isn’t active. Its connection was deleted or never existed.")
    if token is not None:
        return FoundSecret(ACCESS_TOKEN, "It’s active: APIs accept it.", connection=found)
    state = "It isn’t active: it expired, was superseded or revoked, or was never issued."
    return FoundSecret(ACCESS_TOKEN, state, connection=found)


def of_refresh_token(server: Server, text: str) -> FoundSecret | None:
    token = parse_refresh_token(text)
    if token is None:
        return None
    with reading(server.database) as db:
        row = sql.families.find(db, handle_hash=token.handle_hash)
    if row is None:
        return FoundSecret(REFRESH_TOKEN, "It’s unknown: its connection was deleted or never existed.")
    found = connection(server, row.family_id)
    if not found.is_active:
        state = "Its connection has ended, so it no longer works."
    elif hmac.compare_digest(token.token_hash, bytes(row.current_hash)):
        state = "It’s its connection’s current refresh token: the app can refresh with it."
    else:
        state = "It isn’t its connection’s current refresh token: it was superseded or never issued."
    return FoundSecret(REFRESH_TOKEN, state, connection=found)


def of_code(server: Server, text: str) -> FoundSecret | None:
    if not is_code(text):
        return None
    waiting = find_code(server.redis, text, {})
    with reading(server.database) as db:
        family_id = sql.admin.family_of_code(db, code_hash=hash_of_code(text))
        grant = sql.admin.grant(db, grant_id=waiting.grant_id) if waiting else None
    if family_id:
        state = "It was exchanged, so it no longer works. It started this connection:"
        return FoundSecret(CODE, state, connection=connection(server, family_id))
    if grant:
        return FoundSecret(CODE, "It hasn’t been exchanged yet. To make it useless, disconnect the app.", grant=grant)
    return FoundSecret(CODE, "It’s unknown: it expired unused or never existed.")


def of_client_secret(server: Server, text: str) -> FoundSecret | None:
    if not SECRET.match(text):
        return None
    with reading(server.database) as db:
        row = sql.admin.client_of_secret(db, secret_hash=digest(text))
    found = server.clients.find(row.client_id) if row else None
    if found is None:
        return FoundSecret(CLIENT_SECRET, "It doesn’t work: it was deleted or never existed.")
    its_page = f"/admin/apis/{row.client_id}" if isinstance(found, Api) else f"/developer/apps/{row.client_id}/secrets"
    state = "It works. Add a second secret, switch to it, and delete this one."
    return FoundSecret(CLIENT_SECRET, state, client=found, hint=row.hint, path=its_page)


def of_registration_token(server: Server, text: str) -> FoundSecret | None:
    if not is_registration_token(text):
        return None
    with reading(server.database) as db:
        works = sql.registration_tokens.find(db, token_hash=digest(text)) is not None
    state = "It works: apps can register with it." if works else "It expired, was revoked or never existed."
    return FoundSecret(REGISTRATION_TOKEN, state, path="/admin/registration")


def of_unsearchable(label: str) -> Callable[[Server, str], FoundSecret]:
    return lambda _server, _text: FoundSecret(label, "It can’t be looked up: it works only once and for a short time.")


class SecretKind(NamedTuple):
    label: str
    find: Callable[[Server, str], FoundSecret | None]


ACCESS_TOKEN, REFRESH_TOKEN, CODE = "Access token", "Refresh token", "Authorization code"
CLIENT_SECRET, REGISTRATION_TOKEN = "Client secret", "Initial access token"
KINDS = {
    "oat": SecretKind(ACCESS_TOKEN, of_access_token),
    "ort": SecretKind(REFRESH_TOKEN, of_refresh_token),
    "oac": SecretKind(CODE, of_code),
    "sec": SecretKind(CLIENT_SECRET, of_client_secret),
    "oit": SecretKind(REGISTRATION_TOKEN, of_registration_token),
    "odc": SecretKind("Device code", of_unsearchable("Device code")),
    "lnk": SecretKind("One-time link", of_unsearchable("One-time link")),
}
# Also right after a percent-encoded character, as in the address of another log.
PASTED = re.compile(rf"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{{2}}))({'|'.join(KINDS)})_[A-Za-z0-9_-]{{8,}}")
