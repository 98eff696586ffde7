"""Hosts, as administrators decide about them: where documents of clients may be, and whose clients are blocked.

A host that is blocked suspends every self-registered client that has a redirect URI or its document there or below it,
and those to come: a client that was suspended can't return under another id.
"""

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import clients_changed
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.redirect_uris import LOOPBACK
from oauthsrv.oauth.uris import UriRefused, is_host, read
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction

HOST_MAX = 255


def check_host(typed: str, field: str) -> str:
    """A host as it is compared; an address of a page or a document is good too. Raises FieldsRefused."""
    host = typed.strip().lower()
    try:
        host = read(host).authority or host if "://" in host else host
    except UriRefused as refused:
        raise FieldsRefused({field: [f"{refused}."]}) from None
    if not host:
        raise FieldsRefused({field: ["Enter a host, such as app.example.com."]})
    if len(host) > HOST_MAX or not is_host(host):
        raise FieldsRefused({field: ["Enter a host alone, such as app.example.com, without a port or a path."]})
    return host


def list_host(server: Server, host: str, *, by: Actor) -> None:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.list(db, host=host, added_by=by.actor_id):
            audit(db, "host.listed", by, host=host)


def unlist_host(server: Server, host: str, *, by: Actor) -> None:
    """No further client can connect from there; those that are connected stay."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.unlist(db, host=host):
            audit(db, "host.unlisted", by, host=host)


def block_host(server: Server, host: str, *, by: Actor) -> bool:
    """Whether it is in force already. Raises FieldsRefused."""
    if LOOPBACK.fullmatch(f"http://{host}"):
        every = "Every app on people’s own devices returns there, so it can’t be blocked. Suspend the app instead."
        raise FieldsRefused({"blocked_host": [every]})
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.block(db, host=host, blocked_by=by.actor_id):
            audit(db, "host.blocked", by, host=host)
        affected = sql.clients.note_host_changed(db, host=host)
    return clients_changed(server, affected)


def unblock_host(server: Server, host: str, *, by: Actor) -> bool:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.unblock(db, host=host):
            audit(db, "host.unblocked", by, host=host)
        affected = sql.clients.note_host_changed(db, host=host)
    return clients_changed(server, affected)
