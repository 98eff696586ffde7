"""APIs: registering and changing them, adding and deleting their secrets, deleting them.

A process caches an API twice: by its client ID, and in the list of all APIs. A change deletes both stamps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oauthsrv.flows import fields, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients.fields import check_name, check_scopes
from oauthsrv.flows.clients.registration import (
    Credentials,
    NewSecret,
    check_was_there,
    client_id_of_form,
    hint_of,
    hints_of,
    write_secret,
)
from oauthsrv.flows.fields import BOX, CHOICES, TEXT, Checking, as_set, row
from oauthsrv.flows.invalidation import apis_changed, client_changed, client_ids_changed
from oauthsrv.flows.refusals import FieldsRefused, NotDone, NotFound, check_unchanged, version
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.credentials import new_client_id
from oauthsrv.oauth.redirect_uris import LOOPBACK
from oauthsrv.oauth.resources import check_resource_uri
from oauthsrv.oauth.uris import UriRefused, refused
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction


def check_resource(text: str, checking: Checking) -> str:
    """The resource URI (RFC 8707 §2) in the one spelling that requests are compared with."""
    resource = text.strip(" \t")
    if not resource:
        checking.problems.add("resource", "Enter the address of the API, for example https://api.example.com.")
        return resource
    try:
        resource = check_resource_uri(resource)
        if not resource.startswith("https://") and not LOOPBACK.fullmatch(resource):
            raise refused(text, "it must begin with https://, or with http:// on 127.0.0.1, [::1] or localhost")
    except UriRefused as reason:
        checking.problems.add("resource", f"{reason}.")
    return resource


@dataclass(frozen=True)
class ApiFields:
    name: str = row("Name", TEXT, check_name)
    resource: str = row("Resource URI", TEXT, check_resource)
    scopes: Sequence[str] = row("Scopes", CHOICES, check_scopes)
    demands_audience: bool = row("Only tokens that name this API", BOX)


CHANGEABLE = ("name", "scopes", "demands_audience")


def check_api(typed: Mapping[str, Any], known_scopes: Sequence[str]) -> ApiFields:
    return fields.check(ApiFields, typed, known_scopes)


def add(server: Server, api: ApiFields, *, by: Actor, form_token: str | None = None) -> Credentials | None:
    """Register an API and return its credentials; None if this form already did. Raises FieldsRefused."""
    client_id = id_of_form(server, by.actor_id or "", form_token) if form_token else new_client_id()
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        added = sql.apis.add(
            db,
            client_id=client_id,
            resource=api.resource,
            **fields.columns(api, CHANGEABLE),
        )
        if added is None:
            there = sql.apis.find_by_resource(db, resource=api.resource)
            if there is None or there.client_id == client_id:
                return None
            raise FieldsRefused(
                {"resource": [f"The API “{there.name}” has this address already. Each API has its own."]}
            )
        secret = write_secret(db, client_id)
        audit(db, "api.created", by, client_id=client_id, name=api.name, resource=api.resource)
    client_ids_changed(server)  # if Redis cannot be reached, the sweep does it within a minute
    apis_changed(server)
    return Credentials(client_id, secret)


def id_of_form(server: Server, user_id: str, form_token: str) -> str:
    return client_id_of_form(server, user_id, form_token, "form of an API")


def change(server: Server, client_id: str, api: ApiFields, *, by: Actor, seen: str | None = None) -> bool:
    """Change an API; True if it is in force already. The resource URI never changes, as tokens name it."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        old = locked(db, client_id)
        check_unchanged(seen, shown(old))
        changed = [name for name in CHANGEABLE if as_set(getattr(api, name)) != as_set(getattr(old, name))]
        if changed:
            sql.apis.change(db, client_id=client_id, **fields.columns(api, CHANGEABLE))
            audit(db, "api.changed", by, client_id=client_id, changed=changed)
    return in_force(server, client_id)


def shown(api: Any) -> dict[str, Any]:
    """The initial values of the form of an API."""
    return {name: sorted(as_set(getattr(api, name))) for name in CHANGEABLE}


def is_widened(old: Any, typed: Mapping[str, Any]) -> bool:
    """Whether the API would accept more tokens."""
    return not as_set(typed["scopes"]) <= as_set(old.scopes) or (old.demands_audience and not typed["demands_audience"])


def add_secret(server: Server, client_id: str, *, by: Actor, seen: str) -> NewSecret:
    """Add a second secret, which is shown once; both work until one is deleted.

    `seen` is the version on the page, so submitting the form twice adds one secret. Raises NotDone.
    """
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if version(locked(db, client_id)) != seen:
            raise NotDone("The API was changed since you opened the page. Look at it again before you go on.")
        secret = write_secret(db, client_id, hints_of(db, client_id, "API"))
        sql.apis.note_change(db, client_id=client_id)
        audit(db, "api.secret_added", by, client_id=client_id, hint=hint_of(secret))
    return NewSecret(secret, in_force(server, client_id))


def delete_secret(server: Server, client_id: str, hint: str, *, by: Actor) -> bool:
    """Delete a secret; True if it is refused everywhere already. Raises NotDone if it is unknown or the only one."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        locked(db, client_id)
        hints = hints_of(db, client_id)
        if hint in hints:
            if len(hints) == 1:
                raise NotDone("This is the API’s only secret. Add a second one, switch to it, then delete this one.")
            sql.clients.delete_secret(db, client_id=client_id, hint=hint)
            sql.apis.note_change(db, client_id=client_id)
            audit(db, "api.secret_deleted", by, client_id=client_id, hint=hint)
    is_in_force = in_force(server, client_id)
    check_was_there(hint, hints)
    return is_in_force


def delete(server: Server, client_id: str, *, by: Actor) -> bool:
    """Delete an API. Tokens for it alone are then useless, and its resource URI can be registered again."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.apis.delete(db, client_id=client_id):
            sql.clients.delete_secrets(db, client_id=client_id)
            audit(db, "api.deleted", by, client_id=client_id)
    client_ids_changed(server)
    return in_force(server, client_id)


def locked(db: Connection, client_id: str) -> Any:
    row = sql.apis.lock(db, client_id=client_id)
    if row is None:
        raise NotFound(client_id)
    return row


def in_force(server: Server, client_id: str) -> bool:
    by_id, among_all = client_changed(server, client_id), apis_changed(server)
    return by_id and among_all
