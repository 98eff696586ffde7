"""Registering clients, and their secrets."""

import hmac
from collections.abc import Sequence
from typing import NamedTuple

from oauthsrv import logos
from oauthsrv.flows import lookalikes, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import reports
from oauthsrv.flows.clients.authentication import Authentication, uses_secrets, write
from oauthsrv.flows.clients.fields import ClientFields
from oauthsrv.flows.invalidation import client_changed, client_ids_changed
from oauthsrv.flows.refusals import FieldsRefused, NotDone
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.credentials import digest, new_client_id, new_client_secret
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction

APPS_MAX = 100  # per owner, including those deleted in the last day
SECRETS_MAX = 2


class Credentials(NamedTuple):
    """The credentials of a new client or API; the secret can be shown only now."""

    client_id: str
    client_secret: str | None

    def __repr__(self) -> str:
        return f"Credentials({self.client_id})"


def add_client(
    server: Server,
    client: ClientFields,
    owner_id: str,
    *,
    by: Actor,
    approved: bool,
    form_token: str | None = None,
    keys: Authentication | None = None,
) -> Credentials | None:
    """Register a client and return its credentials; None if this form already did (`client_id_of_form`).

    With `keys` it authenticates with these instead of a secret.

    The id is derived from the form's token, so a form that is submitted twice makes one client. Raises FieldsRefused if
    the owner has the most apps one person can have; the command line may exceed that.
    """
    client_id = client_id_of_form(server, owner_id, form_token) if form_token else new_client_id()
    secret = new_client_secret() if client.type == "confidential" and keys is None else None
    with transaction(server.database) as db:
        # Locked, so that no one adds another client for this owner during the count.
        locked = rights.lock(db, by, users=[owner_id])
        if locked.user(owner_id).disabled:
            raise FieldsRefused({"": ["This account is disabled, so it can’t own an app."]})
        close_to = lookalikes.check(
            server, db, client.name, owner_id=owner_id, administrator=locked.role(by) is Role.ADMINISTRATOR
        )
        if not insert_client(db, client_id, client, owner_id, approved):
            return None
        reports.note_name(db, client_id, close_to)
        if by.actor_id is not None:
            check_app_count(db, owner_id)
        if keys is not None:
            write(db, client_id, keys)
        if secret is not None:
            sql.clients.add_secret(db, client_id=client_id, secret_hash=digest(secret), hint=hint_of(secret))
        audit(db, "client.created", by, user_id=owner_id, client_id=client_id, name=client.name, type=client.type)
    client_ids_changed(server)  # or the sweep does it within a minute
    return Credentials(client_id, secret)


def insert_client(db: Connection, client_id: str, client: ClientFields, owner_id: str, approved: bool) -> bool:
    """Add the rows of a client. False if the id is taken."""
    columns = client.columns
    required = {name: columns[name] for name in ("name", "grant_types", "redirect_uris", "scopes")}
    new = {"client_id": client_id, "type": client.type, "owner_id": owner_id, "approved": approved}
    if sql.clients.add(db, **new, **required) is None:
        return False
    sql.clients.change(db, client_id=client_id, stays_verified=False, **columns)
    if client.logo is not None:
        sql.clients.set_logo(db, client_id=client_id, content=client.logo, version=logos.version_of(client.logo))
    return True


def check_app_count(db: Connection, owner_id: str) -> None:
    if sql.clients.count_of_owner(db, owner_id=owner_id) > APPS_MAX:
        message = (
            f"One person can have {APPS_MAX} apps, including those deleted in the last day. "
            "Delete one that is no longer used, and register this one tomorrow."
        )
        raise FieldsRefused({"": [message]})


def client_id_of_form(server: Server, user_id: str, form_token: str, kind: str = "form") -> str:
    """The id of the client that this user's form makes: always the same, and no one can choose it.

    Forms of another `kind` make other ids, so that an API and an app, whose secrets share a table, never share an id.
    """
    message = f"{kind} {user_id} {form_token}".encode()
    return "cli_" + hmac.digest(server.installation.browser_key, message, "sha256")[:16].hex()


class NewSecret(NamedTuple):
    text: str
    in_force: bool

    def __repr__(self) -> str:
        return "NewSecret(…)"


def add_secret(server: Server, client_id: str, *, by: Actor, seen: Sequence[str] | None = None) -> NewSecret:
    """Add a second secret, which is shown once; both work until one is deleted.

    `seen` are the hints on the page, so submitting the form twice, or after another change, adds nothing.
    """
    with transaction(server.database) as db:
        old = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        if old.type != "confidential":
            raise NotDone("A public app has no secret, as it couldn’t keep it.")
        hints = hints_of(db, client_id, "app")
        if seen is not None and sorted(seen) != sorted(hints):
            raise NotDone("The secrets of this app changed since you opened the page. Look again, then add one.")
        secret = write_secret(db, client_id, hints)
        sql.clients.note_change(db, client_id=client_id)
        audit(db, "client.secret_added", by, user_id=old.owner_id, client_id=client_id, hint=hint_of(secret))
    return NewSecret(secret, client_changed(server, client_id))


def delete_secret(server: Server, client_id: str, hint: str, *, by: Actor) -> bool:
    """Delete a secret; True if it is refused everywhere already. Raises NotDone if it is unknown or the only one."""
    with transaction(server.database) as db:
        old = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        hints = hints_of(db, client_id)
        if hint in hints:
            if len(hints) == 1 and uses_secrets(old):
                raise NotDone(
                    "This is the only secret of this app. Add a second one, move your app to it, then delete this one."
                )
            sql.clients.delete_secret(db, client_id=client_id, hint=hint)
            sql.clients.note_change(db, client_id=client_id)
            audit(db, "client.secret_retired", by, user_id=old.owner_id, client_id=client_id, hint=hint)
    # Even if the hint is unknown: repeating a recorded change brings it into force.
    is_in_force = client_changed(server, client_id)
    check_was_there(hint, hints)
    return is_in_force


def check_was_there(hint: str, hints: Sequence[str]) -> None:
    if hint not in hints:
        raise NotDone(f"No secret ends in “{hint[:20]}”. It may have been deleted already.")


def hints_of(db: Connection, client_id: str, adding_to: str = "") -> list[str]:
    """The hints of a locked client's or API's secrets. With `adding_to`, raises NotDone if there are two."""
    hints = [secret.hint for secret in sql.clients.secrets(db, client_id=client_id)]
    if adding_to and len(hints) >= SECRETS_MAX:
        raise NotDone(f"This {adding_to} already has two secrets. Delete the one you no longer use first.")
    return hints


def write_secret(db: Connection, client_id: str, hints: Sequence[str] = ()) -> str:
    """Write another secret of a client or an API, beside those with `hints`, and return it."""
    secret = new_client_secret()
    while hint_of(secret) in hints:  # the hint distinguishes the two
        secret = new_client_secret()
    sql.clients.add_secret(db, client_id=client_id, secret_hash=digest(secret), hint=hint_of(secret))
    return secret


def hint_of(secret: str) -> str:
    return secret[-4:]
