"""Changing a client. Where apps are reviewed, additions to an approved app wait as a proposal (rule 14).

Each change is one transaction with its line in the audit log; then the client's stamp is deleted, and only then is the
request answered (rule 6).
"""

import json
from dataclasses import replace
from typing import Any

from oauthsrv import logos
from oauthsrv.flows import catalog, fields, lookalikes, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import listed_uris, reports
from oauthsrv.flows.clients.fields import (
    REDIRECT_URIS_MAX,
    REVIEWED_COLUMNS,
    ClientFields,
    check_one_redirect_uri,
    current,
    differences,
    ends_verification,
    proposed,
    without_additions,
)
from oauthsrv.flows.fields import as_set
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.refusals import FieldsRefused, NotDone, Problems, check_unchanged, fingerprint
from oauthsrv.flows.rights import Locked, Role
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, REFRESH_TOKEN
from oauthsrv.oauth.uris import UriRefused
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction


def change_client(server: Server, client_id: str, new: ClientFields, *, by: Actor, seen: str | None = None) -> bool:
    """Change a client; True if it is in force already, apart from what waits for review. The type never changes.

    Raises NotDone, FieldsRefused, Changed, NotFound.
    """
    with transaction(server.database) as db:
        locked = rights.lock(db, by, Role.MEMBER, client_id=client_id)
        client, proposal = locked.client, waiting(sql.proposals.find(db, client_id=client_id))
        known = proposed(client, proposal)
        check_unchanged(seen, shown(client, proposal))
        if new.type != client.type:
            raise NotDone(f"This app is {client.type}, and its type never changes. Register another app instead.")
        if new.skips_pkce and not known.skips_pkce and locked.role(by) < Role.OWNER:
            raise FieldsRefused({"skips_pkce": ["Only the owner of the app can turn PKCE off."]})
        if new.name not in (client.name, known.name):
            check_new_name(server, locked, new.name, by)
        save(server, db, client, proposal, with_new_logo(new, client), by)
    # Deleted even if nothing changed: repeating a recorded change brings it into force.
    return client_changed(server, client_id)


def check_new_name(server: Server, locked: Locked, name: str, by: Actor) -> None:
    """Check a name that the client doesn't have yet. Raises FieldsRefused."""
    client, administrator = locked.client, locked.role(by) is Role.ADMINISTRATOR
    close_to = lookalikes.check(server, locked.db, name, owner_id=client.owner_id, administrator=administrator)
    reports.note_name(locked.db, client.client_id, close_to)


def add_redirect_uri(server: Server, client_id: str, uri: str, *, by: Actor) -> bool:
    """Add one redirect URI; True if it is in force already. Raises NotDone, NotFound.

    The form of all settings would write back its initial values, and undo what another developer has changed since.
    """
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        proposal = waiting(sql.proposals.find(db, client_id=client_id))
        new = proposed(client, proposal)
        if uri not in new.redirect_uris:
            check_one_more(server, uri, new)
            save(server, db, client, proposal, replace(new, redirect_uris=[*new.redirect_uris, uri]), by)
    return client_changed(server, client_id)


def check_one_more(server: Server, uri: str, client: ClientFields) -> None:
    if len(client.redirect_uris) >= REDIRECT_URIS_MAX:
        raise NotDone(f"An app can have {REDIRECT_URIS_MAX} redirect URIs. Remove one that is no longer used first.")
    try:
        check_one_redirect_uri(uri, client.type, server.settings.issuer, listed_uris.all_of(server))
    except UriRefused as refused:
        raise NotDone(f"{refused}.") from None


def waiting(proposal: Any) -> Any:
    """The proposal that an administrator still has to decide about, or None."""
    return None if proposal is None or proposal.rejected else proposal


def with_new_logo(new: ClientFields, client: Any) -> ClientFields:
    """Ignore a logo that the client already has, and the removal of one that it does not have."""
    is_new = new.logo is not None and logos.version_of(new.logo) != client.logo_version
    drops = new.drops_logo and new.logo is None and client.logo_version is not None
    return replace(new, logo=new.logo if is_new else None, drops_logo=drops)


def save(server: Server, db: Connection, client: Any, proposal: Any, new: ClientFields, by: Actor) -> None:
    """Give the client as much of `new` as needs no review; the rest becomes its one proposal."""
    now = new
    if server.settings.app_review and client.approved and by.actor_id is not None:
        now = without_additions(current(client), new, server.settings.issuer)
        check_something_is_left(now)
    apply(server, db, client, now, by, "client.changed")
    wanted = replace(new, drops_logo=False)
    waits = differences(now, wanted) if now is not new else []
    about = {"user_id": client.owner_id, "client_id": client.client_id}
    if not waits:
        if sql.proposals.delete(db, client_id=client.client_id) and proposal and now is not new:
            audit(db, "client.change_withdrawn", by, **about)
    elif proposal is None or proposed(new, proposal) != wanted:
        reviewed = json.dumps(fields.columns(new, REVIEWED_COLUMNS))
        sql.proposals.delete(db, client_id=client.client_id)
        sql.proposals.add(db, client_id=client.client_id, fields=reviewed, logo=new.logo, proposed_by=by.actor_id)
        audit(db, "client.change_proposed", by, **about, changed=waits)


def check_something_is_left(now: ClientFields) -> None:
    """Make sure that the approved app still works: it has a grant type, a redirect URI and a required scope."""
    problems = Problems()
    if not {*now.grant_types} - {REFRESH_TOKEN}:
        problems.add("grant_types", "Keep an approved way to get tokens until the new one is approved; then remove it.")
    if AUTHORIZATION_CODE in now.grant_types and not now.redirect_uris:
        problems.add(
            "redirect_uris",
            "Keep one approved redirect URI until the new ones are approved; then remove it. "
            "If it must stop working now, ask an administrator to suspend the app.",
        )
    if set(now.optional_scopes) >= set(now.scopes):
        problems.add("scopes", "Keep one approved required scope until the new ones are approved; then remove it.")
    problems.check()


def apply(server: Server, db: Connection, client: Any, new: ClientFields, by: Actor, action: str) -> None:
    """Write `new`. A change of what was verified ends the client's verification."""
    old = current(client)
    changed = differences(old, new)
    if not changed and list(old.redirect_uris) != list(new.redirect_uris):
        changed = ["redirect_uris"]  # in another order
    if not changed:
        return
    ends = client.verified and ends_verification(old, new, server.settings.issuer)
    client_id = client.client_id
    sql.clients.change(db, client_id=client_id, stays_verified=client.verified and not ends, **new.columns)
    if new.logo is not None:
        sql.clients.set_logo(db, client_id=client_id, content=new.logo, version=logos.version_of(new.logo))
    elif new.drops_logo:
        sql.clients.delete_logo(db, client_id=client_id)
    lost = {"lost": "verification"} if ends else {}
    audit(db, action, by, user_id=client.owner_id, client_id=client_id, changed=changed, **lost)


# What is shown


def shown(client: Any, proposal: Any) -> dict[str, Any]:
    """The initial values of the settings form: the client with its proposal, if one waits."""
    known: dict[str, Any] = compared(current(client)) | {"logo_version": client.logo_version}
    if waiting(proposal):
        logo = logos.version_of(bytes(proposal.logo)) if proposal.logo else None
        known["waits"] = compared(proposed(client, proposal)) | {"logo": logo}
    return known


def compared(client: ClientFields) -> dict[str, list[Any]]:
    return {name: sorted(as_set(value)) for name, value in client.columns.items()}


def seen_at_review(client: Any, proposal: Any) -> str:
    """The hash of what an administrator reviews: the app, the additions, and whose app it is."""
    return fingerprint({**shown(client, proposal), "owner_id": client.owner_id})


# Deciding


def approve_change(server: Server, client_id: str, *, by: Actor, seen: str) -> bool:
    """Apply the proposal that the administrator reviewed. Raises NotDone if it is a different one now."""
    with transaction(server.database) as db:
        client, proposal = locked_for_decision(db, client_id, by, seen)
        new = proposed(client, proposal)
        deprecated = [row.scope for row in catalog.all_scopes(server) if row.deprecated]
        for scope in new.scopes:
            if scope in deprecated and scope not in client.scopes:
                raise NotDone(f"The scope {scope} was deprecated, so no app can get it any longer. Reject the changes.")
        apply(server, db, client, new, by, "client.change_approved")
        sql.proposals.delete(db, client_id=client_id)
    return client_changed(server, client_id)


def reject_change(server: Server, client_id: str, *, by: Actor, seen: str, reason: str) -> bool:
    """Reject the proposal: the app stays as it is, and its developers read the reason."""
    with transaction(server.database) as db:
        client, _ = locked_for_decision(db, client_id, by, seen)
        sql.proposals.reject(db, client_id=client_id, reason=reason)
        audit(db, "client.change_rejected", by, user_id=client.owner_id, client_id=client_id, told=reason)
    return True


def locked_for_decision(db: Connection, client_id: str, by: Actor, seen: str) -> tuple[Any, Any]:
    client = rights.lock(db, by, Role.ADMINISTRATOR, client_id=client_id).client
    proposal = waiting(sql.proposals.find(db, client_id=client_id))
    if proposal is None or seen != seen_at_review(client, proposal):
        raise NotDone("The app or these changes were edited, withdrawn or decided since you opened the page.")
    return client, proposal


def withdraw_change(server: Server, client_id: str, *, by: Actor) -> None:
    """Withdraw what waits, or dismiss a rejection, as a developer of the app."""
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        proposal = sql.proposals.find(db, client_id=client_id)
        if proposal is not None:
            sql.proposals.delete(db, client_id=client_id)
            if not proposal.rejected:
                audit(db, "client.change_withdrawn", by, user_id=client.owner_id, client_id=client_id)
