"""Hosts, as administrators decide about them: where documents of clients may be, and whose clients are blocked.

A host that is blocked suspends every self-registered client that has a redirect URI or its document there or below it,
and those to come: a client that was suspended can't return under another id.
"""

import re

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import clients_changed
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.redirect_uris import LOOPBACK, SCHEMES
from oauthsrv.oauth.uris import UriRefused, is_host, read
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

HOST_MAX = 255


def check_host(typed: str, field: str) -> str:
    """A host as it is compared; an address of a page or a document is good too, and a redirect URI, whose scheme counts
    if it is an app's own. Raises FieldsRefused."""
    host = typed.strip().lower()
    try:
        host = receiver_of(host) if "://" in host else host
    except UriRefused as refused:
        raise FieldsRefused({field: [f"{refused}."]}) from None
    if not host:
        raise FieldsRefused({field: ["Enter a host, such as app.example.com."]})
    if len(host) > HOST_MAX or not is_host(host):
        raise FieldsRefused({field: ["Enter a host alone, such as app.example.com, without a port or a path."]})
    return host


def receiver_of(uri: str) -> str:
    parts = read(uri)
    return parts.authority or uri if parts.scheme in SCHEMES else parts.scheme


def has_dot(host: str) -> bool:
    """Whether there can be others below it, or it is an address."""
    return "." in host or host.startswith("[")


def is_on_device(host: str) -> bool:
    return LOOPBACK.fullmatch(f"http://{host}") is not None


def blockable(host: str) -> str:
    """What to block for clients at `host`, which may have a port; empty if it can't be blocked."""
    return "" if is_on_device(host) else re.sub(":[0-9]+$", "", host)


def list_host(server: Server, host: str, *, by: Actor) -> bool:
    """Whether it wasn't listed before. Raises FieldsRefused."""
    if is_on_device(host) or not has_dot(host):
        raise FieldsRefused({"host": ["No metadata document can be there. Enter a public host, such as claude.ai."]})
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        is_new = bool(sql.hosts.list(db, host=host, added_by=by.actor_id))
        if is_new:
            audit(db, "host.listed", by, host=host)
    return is_new


def unlist_host(server: Server, host: str, *, by: Actor) -> None:
    """No further client can connect from there; those that are connected stay."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.unlist(db, host=host):
            audit(db, "host.unlisted", by, host=host)


def block_host(server: Server, host: str, *, by: Actor) -> bool:
    """Whether it is in force already. Raises FieldsRefused."""
    if is_on_device(host):
        every = "Every app on people’s own devices returns there, so it can’t be blocked. Suspend the app instead."
        raise FieldsRefused({"blocked_host": [every]})
    if not has_dot(host) and not is_in_use(server, host):
        nothing = f"“{host}” would block nothing: no app uses this host or scheme. Enter one with a dot, such as "
        raise FieldsRefused({"blocked_host": [f"{nothing}app.example.com."]})
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.block(db, host=host, blocked_by=by.actor_id):
            audit(db, "host.blocked", by, host=host)
        affected = sql.clients.note_host_changed(db, host=host)
    return clients_changed(server, affected)


def is_in_use(server: Server, host: str) -> bool:
    """Whether a self-registered client is at exactly this host or scheme, or could be: a listed URI has the scheme."""
    with reading(server.database) as db:
        return bool(sql.hosts.is_in_use(db, host=host))


def unblock_host(server: Server, host: str, *, by: Actor) -> bool:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.unblock(db, host=host):
            audit(db, "host.unblocked", by, host=host)
        affected = sql.clients.note_host_changed(db, host=host)
    return clients_changed(server, affected)
