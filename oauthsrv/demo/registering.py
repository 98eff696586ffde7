"""How the apps and APIs came to be: registered, approved, verified, changed, suspended."""

from __future__ import annotations

import secrets

from oauthsrv.demo.apps import APIS, APPS, RETIRED_SCOPE, App, server_of
from oauthsrv.demo.logos import letter
from oauthsrv.demo.people import ADMINISTRATOR, PEOPLE, address_of
from oauthsrv.demo.records import Records
from oauthsrv.logos import version_of
from oauthsrv.oauth.credentials import digest, new_client_id, new_client_secret

BY_FIRST_NAME = {person.first: person for person in PEOPLE}
BY_ADMINISTRATOR = {"actor": ADMINISTRATOR.first, "address": address_of(ADMINISTRATOR)}


def register(records: Records) -> None:
    scope, description, retired = RETIRED_SCOPE
    records.add(
        "scopes",
        scope=scope,
        description=description,
        position=90,
        is_sensitive=True,
        retired_at=records.ago(retired),
    )
    for app in APPS:
        add_app(records, app)
        add_secrets(records, app)
        add_team(records, app)
        add_proposal(records, app)
        tell(records, app)
    for name, resource, scopes, days in APIS:
        client_id = new_client_id()
        records.add(
            "apis",
            client_id=client_id,
            name=name,
            resource=resource,
            scopes=scopes,
            secret_hash=as_bytea(digest(new_client_secret())),
            created_at=records.ago(days),
        )
        records.client_ids[name] = client_id
        records.event(days, "api.created", app=name, name=name, resource=resource, **BY_ADMINISTRATOR)


def add_app(records: Records, app: App) -> None:
    client_id = records.client_ids[app.name] = new_client_id()
    records.add(
        "clients",
        client_id=client_id,
        name=app.name,
        description=app.description,
        home_page=app.home_page,
        type=app.type,
        redirect_uris=app.redirect_uris,
        scopes=app.scopes,
        optional_scopes=app.optional,
        skips_pkce=app.skips_pkce,
        rate_limit_per_hour=app.limit,
        grant_share_percent=app.share,
        owner_id=records.user_ids[app.owner],
        approved_at=records.ago(app.created - 0.6) if app.is_approved else None,
        verified_at=records.ago(app.verified),
        suspended_at=records.ago(app.suspended),
        suspend_reason=app.suspend_reason,
        created_at=records.ago(app.created),
        deleted_at=records.ago(app.deleted),
    )
    if app.colour:
        png = letter(app.name, app.colour)
        records.add("logos", client_id=client_id, content=as_bytea(png), version=version_of(png))


def add_secrets(records: Records, app: App) -> None:
    """In a rotation the old one was last used three days ago: it is safe to retire."""
    if app.type == "public" or app.deleted is not None:
        return
    is_used = app.calls > 0 and app.suspended is None
    unused_since = 3.1 if app.second_secret else app.suspended
    add_secret(records, app, app.created, unused_since or (0.01 if is_used else None))
    if app.second_secret:
        hint = add_secret(records, app, app.second_secret, 0.002)
        records.event(app.second_secret, "client.secret_added", **by_owner(app), hint=hint)


def add_secret(records: Records, app: App, created: float, used: float | None) -> str:
    secret = new_client_secret()
    records.add(
        "secrets",
        secret_hash=as_bytea(digest(secret)),
        client_id=records.client_ids[app.name],
        hint=secret[-4:],
        created_at=records.ago(created),
        last_used_at=records.ago(used),
        last_used_from=server_of(app) if used is not None else None,
    )
    return secret[-4:]


def add_team(records: Records, app: App) -> None:
    for first in app.team:
        member = BY_FIRST_NAME[first]
        invited, accepted = app.created - 5.0, app.created - 5.4
        records.add(
            "members",
            client_id=records.client_ids[app.name],
            user_id=records.user_ids[first],
            invited_by=records.user_ids[app.owner],
            invited_at=records.ago(invited),
            accepted_at=records.ago(accepted),
        )
        records.event(invited, "client.member_invited", **as_owner(app), to=member.email)
        joined = {"actor": first, "user": first, "app": app.name, "address": address_of(member)}
        records.event(accepted, "client.member_joined", **joined, member=member.name)
    for first in app.invited:
        add_invitation(records, app, BY_FIRST_NAME[first].email)


def add_invitation(records: Records, app: App, email: str) -> None:
    """Made two days ago, and not used yet; nobody has its link."""
    records.add(
        "links",
        link_hash=some_hash(),
        purpose="team",
        client_id=records.client_ids[app.name],
        email=email,
        made_by=records.user_ids[app.owner],
        made_at=records.ago(2.0),
        expires_at=records.ago(-5.0),
    )
    records.event(2.0, "client.member_invited", **as_owner(app), to=email)


def as_owner(app: App) -> dict[str, str]:
    return {name: value for name, value in by_owner(app).items() if name != "user"}


def add_proposal(records: Records, app: App) -> None:
    if not app.adds_uri:
        return
    records.add(
        "proposals",
        client_id=records.client_ids[app.name],
        name=app.name,
        home_page=app.home_page,
        redirect_uris=[*app.redirect_uris, app.adds_uri],
        scopes=[*app.scopes, app.adds_scope],
        optional_scopes=app.optional,
        skips_pkce=app.skips_pkce,
        proposed_by=records.user_ids[app.owner],
        proposed_at=records.ago(1.1),
    )
    records.event(1.1, "client.change_proposed", **by_owner(app), changed=["redirect_uris", "scopes"])


def tell(records: Records, app: App) -> None:
    """The app's life in the audit log."""
    owner = by_owner(app)
    known = {"user": app.owner, "app": app.name}
    records.event(app.created, "client.created", **owner, name=app.name, type=app.type)
    if app.is_approved:
        records.event(app.created - 0.6, "client.approved", **known, **BY_ADMINISTRATOR)
    if app.created > 30:
        records.event(app.created / 3, "client.changed", **owner, changed=["description", "redirect_uris"])
    if app.limit != 1000:
        records.event(
            app.created / 2, "client.limit_changed", **known, **BY_ADMINISTRATOR, calls_per_hour=[1000, app.limit]
        )
    if app.verified is not None:
        records.event(app.verified, "client.verified", **known, **BY_ADMINISTRATOR)
    if app.suspended is not None:
        records.event(app.suspended, "client.suspended", app=app.name, **BY_ADMINISTRATOR, told=app.suspend_reason)
    if app.tokens_ended is not None:
        records.event(app.tokens_ended, "client.tokens_ended", app=app.name, **BY_ADMINISTRATOR)
    if app.deleted is not None:
        records.event(app.deleted, "client.deleted", actor=app.owner, app=app.name, address=owner["address"])


def by_owner(app: App) -> dict[str, str]:
    return {
        "actor": app.owner,
        "user": app.owner,
        "app": app.name,
        "address": address_of(BY_FIRST_NAME[app.owner]),
    }


def as_bytea(content: bytes) -> str:
    """As PostgreSQL reads it out of JSON."""
    return "\\x" + content.hex()


def some_hash() -> str:
    """Of a token that nobody has."""
    return as_bytea(secrets.token_bytes(32))
