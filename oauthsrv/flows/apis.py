"""The life of an API: registered, changed, given another secret, deleted.

A process keeps an API twice: by its client id, and among all by their resource URI. Both stamps are struck.
"""

from __future__ import annotations

from typing import Any

from oauthsrv.flows import endings, rights
from oauthsrv.flows.app_fields import CheckedApi, TypedApi
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.fingerprints import check_unchanged
from oauthsrv.flows.names import Problems
from oauthsrv.flows.register import Credentials, NewSecret, NotDone, made_by, version
from oauthsrv.oauth.credentials import digest, new_client_id, new_client_secret
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction

CHANGEABLE = ("name", "scopes", "demands_audience")


class NoSuchApi(LookupError):
    """There is no such API, or there is none any more."""


def add(server: Server, api: CheckedApi, *, by: Actor, form_token: str | None = None) -> Credentials | Problems | None:
    """The new API's credentials for introspection; None if this very form has made it before."""
    client_id = made_by(server, by.actor_id or "", form_token) if form_token else new_client_id()
    secret = new_client_secret()
    with transaction(server.database) as db:
        rights.administrator(db, by)
        added = sql.apis.add(
            db,
            client_id=client_id,
            name=api.name,
            resource=api.resource,
            scopes=api.scopes,
            demands_audience=api.demands_audience,
            secret_hash=digest(secret),
        )
        if added is None:
            there = sql.apis.of_resource(db, resource=api.resource)
            if there is None or there.client_id == client_id:
                return None
            return Problems(resource=[f"The API “{there.name}” has this address already. Each API has its own."])
        audit(db, "api.created", by, client_id=client_id, name=api.name, resource=api.resource)
    endings.client_ids_changed(server)  # or the sweep does it within a minute
    endings.apis_changed(server)
    return Credentials(client_id, secret)


def change(server: Server, client_id: str, api: CheckedApi, *, by: Actor, seen: str | None = None) -> bool:
    """Whether it is in force already. Its resource URI stays: tokens name it."""
    with transaction(server.database) as db:
        rights.administrator(db, by)
        old = locked(db, client_id)
        check_unchanged(seen, shown(old))
        changed = [field for field in CHANGEABLE if getattr(api, field) != getattr(old, field)]
        if changed:
            sql.apis.change(db, client_id=client_id, **{field: getattr(api, field) for field in CHANGEABLE})
            audit(db, "api.changed", by, client_id=client_id, changed=changed)
    return in_force(server, client_id)


def shown(api: Any) -> dict[str, Any]:
    """What the form of an API is filled with."""
    return {"name": api.name, "scopes": sorted(api.scopes), "demands_audience": api.demands_audience}


def is_widened(old: Any, new: TypedApi) -> bool:
    """Whether the API would accept more tokens."""
    return not set(new.scopes) <= set(old.scopes) or (old.demands_audience and not new.demands_audience)


def replace_secret(server: Server, client_id: str, *, by: Actor, seen: str) -> NewSecret:
    """The old secret is refused from now on; the new one is shown now and never again.

    `seen` is the version on the page that asks, so a form that is sent again replaces nothing.
    """
    secret = new_client_secret()
    with transaction(server.database) as db:
        rights.administrator(db, by)
        if version(locked(db, client_id)) != seen:
            raise NotDone("The API was changed since that page was opened. Look at it again before you go on.")
        sql.apis.replace_secret(db, client_id=client_id, secret_hash=digest(secret))
        audit(db, "api.secret_replaced", by, client_id=client_id)
    return NewSecret(secret, in_force(server, client_id))


def delete(server: Server, client_id: str, *, by: Actor) -> bool:
    """Tokens for this API alone are of no more use; its resource URI is free for another."""
    with transaction(server.database) as db:
        rights.administrator(db, by)
        if sql.apis.delete(db, client_id=client_id):
            audit(db, "api.deleted", by, client_id=client_id)
    endings.client_ids_changed(server)
    return in_force(server, client_id)


def locked(db: Connection, client_id: str) -> Any:
    row = sql.apis.lock(db, client_id=client_id)
    if row is None:
        raise NoSuchApi(client_id)
    return row


def in_force(server: Server, client_id: str) -> bool:
    by_id, among_all = endings.client_changed(server, client_id), endings.apis_changed(server)
    return by_id and among_all
