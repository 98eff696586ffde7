"""Administrators' decisions about a client: whether it may be used, and whether its developer is known.

A decision is about what the page showed: `seen` is that version of the client, and a client that has changed since must
be looked at again. The command line shows no page, so it passes None.
"""

from collections.abc import Callable

from oauthsrv.flows import names, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.refusals import NotDone, Problems, version
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction

REASON_MAX = 500


def approve(server: Server, client_id: str, *, by: Actor, seen: str | None = None) -> bool:
    """Approve the app: where new apps are reviewed, all users can use it from now on."""
    return decide(server, client_id, sql.clients.approve, "client.approved", by, seen)


def verify(server: Server, client_id: str, *, by: Actor, seen: str | None = None) -> bool:
    """Verify the app: consent pages show its developer as verified."""
    return decide(server, client_id, sql.clients.verify, "client.verified", by, seen)


def remove_verification(server: Server, client_id: str, *, by: Actor) -> bool:
    return decide(server, client_id, sql.clients.remove_verification, "client.unverified", by, None)


def decide(
    server: Server, client_id: str, change: Callable[..., int], action: str, by: Actor, seen: str | None
) -> bool:
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.ADMINISTRATOR, client_id=client_id).client
        if seen is not None and seen != version(client):
            raise NotDone("The app was changed since you opened the page. Look at it again, then decide.")
        if change(db, client_id=client_id):
            audit(db, action, by, user_id=client.owner_id, client_id=client_id)
    # Even if it was so before: repeating a recorded decision brings it into force.
    return client_changed(server, client_id)


def check_reason(text: str, *, is_needed: bool) -> str:
    """Check the reason for a suspension or rejection, which the app's developers read. Raises FieldsRefused."""
    problems = Problems()
    reason = " ".join(text.split())
    if is_needed and not reason:
        problems.add("reason", "Say why. The developers read this.")
    if refused := names.text_problem(reason, REASON_MAX):
        problems.add("reason", refused)
    problems.check()
    return reason


def suspend_client(server: Server, client_id: str, *, by: Actor, reason: str = "") -> bool:
    """Suspend the app; its developers see `reason` until it is reactivated."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.clients.suspend(db, client_id=client_id, reason=reason):
            audit(db, "client.suspended", by, client_id=client_id, told=reason)
    return client_changed(server, client_id)


def reactivate_client(server: Server, client_id: str, *, by: Actor) -> bool:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.clients.reactivate(db, client_id=client_id):
            audit(db, "client.reactivated", by, client_id=client_id)
    return client_changed(server, client_id)
