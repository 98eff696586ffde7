"""How a client authenticates: its set of methods, and the keys that go with them (rule 10)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from oauthsrv import fetching
from oauthsrv.flows import fields, revocations, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.fields import BOX, CHOICES, TEXT, Change, Checking, row
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.refusals import NotDone, check_unchanged
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.client_authentication import NONE, PRIVATE_KEY_JWT
from oauthsrv.oauth.client_keys import KeysRefused, check_keys
from oauthsrv.oauth.records import WITH_SECRET
from oauthsrv.oauth.uris import UriRefused
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction

# The choices of developers; a public app has none.
OFFERED = ("client_secret_basic", "client_secret_post", PRIVATE_KEY_JWT)
LONGEST_JWKS = 10_240  # characters, the same as for keys loaded from an address
LONGEST_URI = 2000


class Authentication(NamedTuple):
    """`methods` by their registered names; the keys as a checked JWK Set or as their address, or neither."""

    methods: Collection[str]
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    allows_endpoint_audience: bool = False


def set_authentication(db: Connection, client: Any, new: Authentication, by: Actor) -> int | None:
    """Change how `client` authenticates, in the transaction that locked it (a row of sql.clients.lock).

    A client that gains `none` becomes public: it loses its secrets, and all its tokens, as those were given to
    whoever proved to be the client. Returns the revocation's id in that case, for `revocations.finish_of_client`.
    """
    write(db, client.client_id, new)
    if NONE not in new.methods or NONE in client.authentication_methods:
        return None
    sql.clients.delete_secrets(db, client_id=client.client_id)
    return revocations.start_of_client(db, client.client_id, by)


def write(db: Connection, client_id: str, new: Authentication) -> None:
    sql.clients.set_authentication(
        db,
        client_id=client_id,
        authentication_methods=sorted(new.methods),
        jwks=json.dumps(new.jwks) if new.jwks else None,
        jwks_uri=new.jwks_uri,
        allows_endpoint_audience=new.allows_endpoint_audience,
    )


# What developers type


def check_methods(typed: Sequence[str], checking: Checking) -> list[str]:
    chosen = [method for method in OFFERED if method in typed]
    if not chosen:
        checking.problems.add("authentication_methods", "Choose at least one.")
    return chosen


def check_jwks(text: str, checking: Checking) -> str:
    """Parse a JWK Set, or a single key, into a set of the usable keys."""
    if not text.strip():
        if PRIVATE_KEY_JWT in checking.good["authentication_methods"] and not checking.typed.get("jwks_uri"):
            checking.problems.add("jwks", "Paste the app’s public key, or enter the address of its keys below.")
        return ""
    if checking.typed.get("jwks_uri"):
        checking.problems.add("jwks", "Paste the keys or enter their address, not both.")
    try:
        return as_text({"keys": check_keys(as_set(parsed(text)))})
    except KeysRefused as refused:
        checking.problems.add("jwks", f"These keys can’t be used: {refused}.")
        return text


def parsed(text: str) -> Any:
    if "PRIVATE KEY" in text:
        raise KeysRefused("they are private. Keep them to yourself: make a new key pair, and paste its public half")
    if len(text) > LONGEST_JWKS:
        raise KeysRefused(f"they are longer than {LONGEST_JWKS:,} characters")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise KeysRefused("they are not JSON. If yours is a PEM file, convert the public key to a JWK") from None


def as_set(document: Any) -> Any:
    return {"keys": [document]} if isinstance(document, dict) and "kty" in document else document


def as_text(jwks: Mapping[str, Any] | None) -> str:
    return json.dumps(jwks, indent=2, ensure_ascii=False) if jwks else ""


def check_jwks_uri(text: str, checking: Checking) -> str:
    uri = text.strip()
    if len(uri) > LONGEST_URI:
        checking.problems.add("jwks_uri", f"It is longer than {LONGEST_URI:,} characters.")
    elif uri:
        try:
            fetching.check_url(uri, allow_loopback=checking.issuer.startswith("http:"))
        except UriRefused as refused:
            checking.problems.add("jwks_uri", f"{refused}.")
    return uri


@dataclass(frozen=True)
class AuthenticationFields:
    """What developers choose about how their app authenticates. It needs no review, just as secrets don't."""

    authentication_methods: Sequence[str] = row("Ways to authenticate", CHOICES, check_methods, Change.GIVES_POWER)
    jwks: str = row("Public keys", TEXT, check_jwks, Change.GIVES_POWER)
    jwks_uri: str = row("Address of the keys", TEXT, check_jwks_uri, Change.GIVES_POWER)
    allows_endpoint_audience: bool = row("Accept the token endpoint as audience", BOX, change=Change.GIVES_POWER)

    @property
    def chosen(self) -> Authentication:
        jwks = json.loads(self.jwks) if self.jwks else None
        return Authentication(self.authentication_methods, jwks, self.jwks_uri or None, self.allows_endpoint_audience)


def check(typed: Mapping[str, Any], issuer: str) -> AuthenticationFields:
    """Raises FieldsRefused."""
    return fields.check(AuthenticationFields, typed, issuer=issuer)


def current(client: Any) -> AuthenticationFields:
    """How a client authenticates, read from its row."""
    methods = [method for method in OFFERED if method in client.authentication_methods]
    return AuthenticationFields(methods, as_text(client.jwks), client.jwks_uri or "", client.allows_endpoint_audience)


def shown(client: Any) -> dict[str, Any]:
    return vars(current(client))


def change_authentication(
    server: Server, client_id: str, new: AuthenticationFields, *, by: Actor, seen: str | None = None
) -> bool:
    """Change how a client authenticates; True if it is in force already. Raises NotDone, Changed, NotFound."""
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        check_unchanged(seen, shown(client))
        if NONE in client.authentication_methods:
            raise NotDone("A public app sends its client ID alone, as it couldn’t keep a secret or a key.")
        old = current(client)
        if changed := [name for name in fields.rows(new) if getattr(new, name) != getattr(old, name)]:
            set_authentication(db, client, new.chosen, by)
            audit(db, "client.changed", by, user_id=client.owner_id, client_id=client_id, changed=changed)
    # Deleted even if nothing changed: repeating a recorded change brings it into force.
    return client_changed(server, client_id)


def uses_secrets(client: Any) -> bool:
    return not WITH_SECRET.isdisjoint(client.authentication_methods)
