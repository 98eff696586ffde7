"""Hosts that administrators decide about: where client documents may be, and whose clients are blocked.

Blocking a host suspends every self-registered client with a redirect URI or its document there or on a subdomain,
including future ones: a suspended client can't return under another id.
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
    """Read a host, which may be typed as the address of a page or document, or as a redirect URI: of one with an app's
    own scheme, the scheme. Raises FieldsRefused."""
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
    """Whether it can have subdomains, or is an IP address."""
    return "." in host or host.startswith("[")


def is_on_device(host: str) -> bool:
    return LOOPBACK.fullmatch(f"http://{host}") is not None


def blockable(host: str) -> str:
    """What to block for clients at `host`, which may have a port; empty if it can't be blocked."""
    return "" if is_on_device(host) else re.sub(":[0-9]+$", "", host)


def list_host(server: Server, host: str, *, by: Actor) -> bool:
    """List a host; False if it was listed before. Raises FieldsRefused."""
    if is_on_device(host) or not has_dot(host):
        raise FieldsRefused({"host": ["No metadata document can be there. Enter a public host, such as claude.ai."]})
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        is_new = bool(sql.hosts.list(db, host=host, added_by=by.actor_id))
        if is_new:
            audit(db, "host.listed", by, host=host)
    return is_new


def unlist_host(server: Server, host: str, *, by: Actor) -> None:
    """Let no further client connect from there; those already connected stay."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.unlist(db, host=host):
            audit(db, "host.unlisted", by, host=host)


def block_host(server: Server, host: str, *, by: Actor) -> bool:
    """Block a host; True if that is in force already. Raises FieldsRefused."""
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
    """Whether a self-registered client is, or could be, at exactly this host or scheme: a listed URI has the scheme."""
    with reading(server.database) as db:
        return bool(sql.hosts.is_in_use(db, host=host))


def unblock_host(server: Server, host: str, *, by: Actor) -> bool:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.hosts.unblock(db, host=host):
            audit(db, "host.unblocked", by, host=host)
        affected = sql.clients.note_host_changed(db, host=host)
    return clients_changed(server, affected)
