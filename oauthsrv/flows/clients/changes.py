"""Changing an app. Where apps are reviewed, what is added to an approved one waits as a proposal (rule 14).

Each change is one transaction with its audit event; then the client's stamp is deleted, then it is answered (rule 6).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oauthsrv import logos
from oauthsrv.flows import catalog, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients.fields import (
    FIELDS,
    REDIRECT_URIS_MAX,
    CheckedApp,
    TypedApp,
    Version,
    check_one_redirect_uri,
    differences,
    ends_verification,
    proposed,
    version_of,
    without_additions,
)
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.names import Problems
from oauthsrv.flows.refusals import FieldsRefused, NotDone, check_unchanged, fingerprint
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.redirect_uris import RedirectUriRefused
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction

SETS = ("redirect_uris", "scopes", "optional_scopes")


def change_client(server: Server, client_id: str, app: CheckedApp, *, by: Actor, seen: str | None = None) -> bool:
    """Whether it is in force already, apart from what waits for review. The type stays what it is.

    Raises NotDone, NotAllowed, Changed; NoSuchApp.
    """
    with transaction(server.database) as db:
        locked = rights.lock(db, by, Role.MEMBER, client_id=client_id)
        old, proposal = locked.client, waiting(sql.proposals.find(db, client_id=client_id))
        check_unchanged(seen, shown(old, proposal))
        if app.type != old.type:
            raise NotDone(f"This app is {old.type}, and its type never changes. Register another app instead.")
        if app.skips_pkce and not (proposal or old).skips_pkce and locked.role(by) < Role.OWNER:
            raise FieldsRefused(Problems(skips_pkce=["Only the owner of the app can turn PKCE off."]))
        save(server, db, old, proposal, with_new_logo(version_of(app), old), by)
    # Deleted even if nothing changed: repeating a change that was recorded only brings it into force.
    return client_changed(server, client_id)


def waiting(proposal: Any) -> Any:
    """The proposal that an administrator has to decide about, or None."""
    return None if proposal is None or proposal.rejected else proposal


def with_new_logo(new: Version, old: Any) -> Version:
    """A picture that is the app's already is none to set, and there must be one to remove."""
    is_new = new.logo is not None and logos.version_of(new.logo) != old.logo_version
    drops = new.drops_logo and new.logo is None and old.logo_version is not None
    return Version(**fields_of(new), logo=new.logo if is_new else None, drops_logo=drops)


def fields_of(version: Version) -> dict[str, Any]:
    return {field: getattr(version, field) for field in FIELDS}


def save(server: Server, db: Any, old: Any, proposal: Any, new: Version, by: Actor) -> None:
    """The app is `new`, or as much of it as needs no review; the rest is the one proposal there is."""
    before, now = version_of(old), new
    if server.settings.app_review and old.approved and by.actor_id is not None:
        now = without_additions(before, new, server.settings.issuer)
        check_something_is_left(now)
    apply(server, db, old, now, by, "client.changed")
    waits = differences(now, replace(new, drops_logo=False)) if now is not new else []
    if not waits:
        if sql.proposals.delete(db, client_id=old.client_id) and proposal and now is not new:
            audit(db, "client.change_withdrawn", by, user_id=old.owner_id, client_id=old.client_id)
    elif proposal is None or proposed(new, proposal) != replace(new, drops_logo=False):
        fields = {field: value for field, value in fields_of(new).items() if field != "description"}
        sql.proposals.save(db, client_id=old.client_id, **fields, logo=new.logo, proposed_by=by.actor_id)
        audit(db, "client.change_proposed", by, user_id=old.owner_id, client_id=old.client_id, changed=waits)


def check_something_is_left(now: Version) -> None:
    """The approved app goes on working: it has a redirect URI, and a scope that users can't leave out."""
    problems = Problems()
    if not now.redirect_uris:
        problems.add(
            "redirect_uris",
            "Keep one approved redirect URI until the new ones are approved; then remove it. "
            "If it must stop working now, ask an administrator to suspend the app.",
        )
    if set(now.optional_scopes) >= set(now.scopes):
        problems.add("scopes", "Keep one approved required scope until the new ones are approved; then remove it.")
    if problems:
        raise FieldsRefused(problems)


def apply(server: Server, db: Any, old: Any, new: Version, by: Actor, action: str) -> None:
    """`new` is in force once this is committed; an app that isn't the one that was verified is verified no more."""
    before = version_of(old)
    changed = differences(before, new)
    if not changed and list(before.redirect_uris) != list(new.redirect_uris):
        changed = ["redirect_uris"]  # in another order
    if not changed:
        return
    stays_verified = old.verified and not ends_verification(before, new, changed, server.settings.issuer)
    sql.clients.change(db, client_id=old.client_id, stays_verified=stays_verified, **fields_of(new))
    if new.logo is not None:
        version = logos.version_of(new.logo)
        sql.clients.set_logo(db, client_id=old.client_id, content=new.logo, version=version)
    elif new.drops_logo:
        sql.clients.delete_logo(db, client_id=old.client_id)
    lost = {"lost": "verification"} if old.verified and not stays_verified else {}
    audit(db, action, by, user_id=old.owner_id, client_id=old.client_id, changed=changed, **lost)


# What is shown


def shown(app: Any, proposal: Any) -> dict[str, Any]:
    """What the settings form is filled with: rows of the app and of what waits, if something does."""
    fields = {field: getattr(app, field) for field in (*FIELDS, "logo_version")}
    fields |= {field: sorted(fields[field]) for field in SETS}
    if proposal is None or proposal.rejected:
        return fields
    waits = fields_of(proposed(app, proposal))
    waits |= {field: sorted(waits[field]) for field in SETS}
    return fields | {"waits": waits | {"logo": logos.version_of(bytes(proposal.logo)) if proposal.logo else None}}


def seen_at_review(app: Any, proposal: Any) -> str:
    """The hash of what an administrator looks at: the app, what was added, and whose it is."""
    return fingerprint({**shown(app, proposal), "owner_id": app.owner_id})


def is_widened(app: Any, proposal: Any, new: TypedApp) -> bool:
    """Whether more is asked for than the app has or waits for: another address for codes, a scope, no PKCE."""
    known = [app, proposal] if waiting(proposal) else [app]
    return (
        not set(filter(None, new.redirect_uris)) <= {uri for one in known for uri in one.redirect_uris}
        or not set(new.scopes) <= {scope for one in known for scope in one.scopes}
        or (new.skips_pkce and not any(one.skips_pkce for one in known))
    )


# Deciding


def approve_change(server: Server, client_id: str, *, by: Actor, seen: str) -> bool:
    """The proposal that was looked at is in force. Raises NotDone where it is another one now."""
    with transaction(server.database) as db:
        app, proposal = locked_for_decision(db, client_id, by, seen)
        deprecated = [row.scope for row in catalog.all_scopes(server) if row.deprecated]
        for scope in proposal.scopes:
            if scope in deprecated and scope not in app.scopes:
                raise NotDone(f"The scope {scope} was deprecated, so no app can get it any more. Reject these changes.")
        apply(server, db, app, proposed(app, proposal), by, "client.change_approved")
        sql.proposals.delete(db, client_id=client_id)
    return client_changed(server, client_id)


def reject_change(server: Server, client_id: str, *, by: Actor, seen: str, reason: str) -> bool:
    """The app stays as it is; its developers read the reason."""
    with transaction(server.database) as db:
        app, _ = locked_for_decision(db, client_id, by, seen)
        sql.proposals.reject(db, client_id=client_id, reason=reason)
        audit(db, "client.change_rejected", by, user_id=app.owner_id, client_id=client_id, told=reason)
    return True


def locked_for_decision(db: Any, client_id: str, by: Actor, seen: str) -> tuple[Any, Any]:
    app = rights.lock(db, by, Role.ADMINISTRATOR, client_id=client_id).client
    proposal = waiting(sql.proposals.find(db, client_id=client_id))
    if proposal is None or seen != seen_at_review(app, proposal):
        raise NotDone(
            "The app or these changes were edited, withdrawn or decided since you opened the page. Look again."
        )
    return app, proposal


def withdraw_change(server: Server, client_id: str, *, by: Actor) -> None:
    """By the app's developers: what waits is not asked for any more, or a rejection is dismissed."""
    with transaction(server.database) as db:
        app = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        proposal = sql.proposals.find(db, client_id=client_id)
        if proposal is not None:
            sql.proposals.delete(db, client_id=client_id)
            if not proposal.rejected:
                audit(db, "client.change_withdrawn", by, user_id=app.owner_id, client_id=client_id)


def add_redirect_uri(server: Server, client_id: str, uri: str, *, by: Actor) -> bool:
    """Whether it is in force already; raises NotDone, or NoSuchApp."""
    with transaction(server.database) as db:
        old = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        proposal = waiting(sql.proposals.find(db, client_id=client_id))
        new = proposed(old, proposal) if proposal else version_of(old)
        if uri not in new.redirect_uris:
            check_one_more(server, uri, old.type, len(new.redirect_uris))
            new = replace(new, redirect_uris=[*new.redirect_uris, uri])
            save(server, db, old, proposal, new, by)
    # Struck even if nothing changed: repeating what was recorded only brings it into force.
    return client_changed(server, client_id)


def check_one_more(server: Server, uri: str, client_type: str, there: int) -> None:
    if there >= REDIRECT_URIS_MAX:
        raise NotDone(f"An app may have {REDIRECT_URIS_MAX} redirect URIs. Remove one that is not used any more first.")
    try:
        check_one_redirect_uri(uri, client_type, server.settings.issuer)
    except RedirectUriRefused as refused:
        raise NotDone(f"{refused}.") from None
