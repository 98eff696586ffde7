"""Access of a client for itself, without a user: administrators open it, and the owner chooses within that."""

from collections.abc import Collection
from typing import Any, NamedTuple

from oauthsrv.flows import catalog, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.refusals import NotFound, Problems, check_unchanged
from oauthsrv.flows.revocations import revoke_family
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.credentials import is_family_id
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction

LISTED = 100  # connections without a user that pages show


class Access(NamedTuple):
    """Scopes, and the APIs that tokens are for; with an empty list, tokens name no API."""

    scopes: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


def opened_access(client: Any) -> Access:
    return Access(tuple(client.opened_scopes), tuple(client.opened_resources))


def chosen_access(client: Any) -> Access:
    return Access(tuple(client.own_scopes), tuple(client.own_resources))


def shown(client: Any) -> dict[str, Any]:
    """The initial values of the forms, in any order."""
    return {
        "opened": [sorted(part) for part in opened_access(client)],
        "chosen": [sorted(part) for part in chosen_access(client)],
    }


def everything(server: Server, opened: Access = Access()) -> Access:
    """Everything that can be opened: scopes that apps may still get, all APIs, and what is already open."""
    with reading(server.database) as db:
        resources = [api.resource for api in sql.apis.records(db)]
    scopes = tuple(row.scope for row in catalog.offered(server, opened.scopes))
    return Access(scopes, tuple(dict.fromkeys((*resources, *opened.resources))))


def check_access(scopes: Collection[str], resources: Collection[str], within: Access) -> Access:
    """Check a choice against `within`, whose order the result has. Raises FieldsRefused."""
    problems = Problems()
    for field, typed, known in zip(Access._fields, (scopes, resources), within, strict=True):
        if beyond := [text for text in typed if text not in known]:
            problems.add(field, f"This can’t be chosen here: {', '.join(text[:100] for text in beyond[:5])}.")
    problems.check()
    return Access(
        tuple(scope for scope in within.scopes if scope in scopes),
        tuple(resource for resource in within.resources if resource in resources),
    )


def adds(old: Access, new: Access) -> bool:
    """Whether a token of the client could do more; tokens that name no API are good for every API."""
    is_for_more = old.resources and not new.resources
    return bool(is_for_more or {*new.scopes} - {*old.scopes} or {*new.resources} - {*old.resources})


def open_access(server: Server, client_id: str, new: Access, *, by: Actor, seen: str | None = None) -> bool:
    """Open access as an administrator: the client gets additions immediately, and loses what is closed.

    Returns True if that is in force already. Raises Changed, NotFound, NotAllowed.
    """
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.ADMINISTRATOR, client_id=client_id).client
        check_unchanged(seen, shown(client))
        save(db, client, new, chosen_within(opened_access(client), new, chosen_access(client)), by)
    return client_changed(server, client_id)


def chosen_within(old: Access, new: Access, chosen: Access) -> Access:
    """The client's choice once `new` is opened instead of `old`; never every API if only some are open."""
    kept = [
        tuple(one for one in part if one in before_chosen or one not in before)
        for part, before, before_chosen in zip(new, old, chosen, strict=True)
    ]
    return Access(kept[0], kept[1] or new.resources)


def choose_access(server: Server, client_id: str, new: Access, *, by: Actor, seen: str | None = None) -> bool:
    """Choose access as the owner. Raises FieldsRefused, Changed, NotFound, NotAllowed."""
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.OWNER, client_id=client_id).client
        check_unchanged(seen, shown(client))
        opened = opened_access(client)
        new = check_access(new.scopes, new.resources, opened)
        check_names_an_api(opened, new)
        save(db, client, opened, new, by)
    return client_changed(server, client_id)


def check_names_an_api(opened: Access, new: Access) -> None:
    problems = Problems()
    if opened.resources and not new.resources:
        problems.add("resources", "Choose at least one. To stop the app’s access, clear all scopes instead.")
    problems.check()


def save(db: Connection, client: Any, opened: Access, chosen: Access, by: Actor) -> None:
    sql.clients.set_own_access(
        db,
        client_id=client.client_id,
        opened_scopes=list(opened.scopes),
        opened_resources=list(opened.resources),
        own_scopes=list(chosen.scopes),
        own_resources=list(chosen.resources),
    )
    changes = {
        name: list(now)
        for name, before, now in (
            ("opened_scopes", opened_access(client).scopes, opened.scopes),
            ("opened_resources", opened_access(client).resources, opened.resources),
            ("own_scopes", chosen_access(client).scopes, chosen.scopes),
            ("own_resources", chosen_access(client).resources, chosen.resources),
        )
        if set(before) != set(now)
    }
    if changes:
        audit(db, "client.own_access_changed", by, user_id=client.owner_id, client_id=client.client_id, **changes)


# Connections without a user


def connections(server: Server, client_id: str) -> list[Any]:
    with reading(server.database) as db:
        return list(sql.families.own(db, client_id=client_id, rows=LISTED))


def end_connection(server: Server, client_id: str, family_id: str, *, by: Actor) -> bool:
    """Revoke a connection's tokens; the client can get new ones while it may. Raises NotFound, NotAllowed."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.MEMBER, client_id=client_id)
        is_its_own = is_family_id(family_id) and sql.families.is_own(db, family_id=family_id, client_id=client_id)
    if not is_its_own:
        raise NotFound(family_id)
    return revoke_family(server, family_id, "team_revoked", by=by, user_id=None, client_id=client_id)
