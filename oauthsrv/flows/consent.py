"""Consent: what the user allowed before, and recording a decision."""

import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from oauthsrv.flows import catalog
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import documents
from oauthsrv.flows.clients.documents import Described
from oauthsrv.flows.invalidation import client_ids_changed, families_revoked
from oauthsrv.flows.refusals import Changed
from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.authorization_response import RedirectError
from oauthsrv.oauth.consent import Remembered, Requested, remembered
from oauthsrv.oauth.credentials import digest, new_grant_id
from oauthsrv.oauth.errors import AccessDenied
from oauthsrv.oauth.records import Client, Consent
from oauthsrv.oauth.redirect_uris import consent_host, is_native
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.sessions import Session


def earlier_consent(server: Server, request: AuthorizationRequest, user_id: str) -> tuple[str | None, Remembered]:
    """The user's active grant, if there is one, and what its consents say about this request."""
    with reading(server.database) as db:
        grant = sql.grants.find_active(db, user_id=user_id, client_id=request.client.client_id)
        consents = consents_of(db, grant.grant_id) if grant else []
    return grant.grant_id if grant else None, remembered(request, consents)


def consents_of(db: Connection, grant_id: str) -> list[Consent]:
    """The consents of a grant, the latest first."""
    rows = sql.grants.consents(db, grant_id=grant_id)
    return [Consent(row.redirect_host, tuple(row.resources), tuple(row.scopes), tuple(row.declined)) for row in rows]


def record_consent(
    server: Server,
    request: AuthorizationRequest,
    scopes: Sequence[str],
    session: Session,
    *,
    by: Actor,
    already: Collection[str] = (),
) -> str:
    """Record that a signed-in user allowed `scopes` and declined the rest; returns the id of the grant, new or widened.

    The page did not ask about `already`: raises Changed if that was revoked after the page was shown.
    """
    new = documents.described(server, request.client)
    with transaction(server.database) as db:
        given = give_grant(db, request, scopes, session, new, by=by)
        if given is None:
            error = AccessDenied("the user's sessions or the client ended before the decision")
            raise RedirectError(error, request.redirect)
        # Giving it locked the grant, so its consents can't change now.
        if not set(already) <= set(remembered(request, consents_of(db, given.grant_id)).already):
            raise Changed
        write_consent(db, given.grant_id, request, scopes)
    families_revoked(server, given.ended_families)
    if new is not None:
        client_ids_changed(server)
    return given.grant_id


def write_consent(db: Connection, grant_id: str, request: AuthorizationRequest, scopes: Sequence[str]) -> None:
    consent = {
        "grant_id": grant_id,
        "redirect_host": consent_host(request.redirect.redirect_uri),
        "resources": list(request.resources),
        "scopes": list(scopes),
        "declined": [scope for scope in request.scopes if scope not in scopes],
    }
    sql.grants.add_consent(db, **consent)
    sql.grants.overrule(db, **consent)


class GivenGrant(NamedTuple):
    """A grant, new or widened; `ended_families` must be invalidated after the commit."""

    grant_id: str
    ended_families: list[str]


def give_grant(
    db: Connection,
    request: Requested,
    scopes: Sequence[str],
    session: Session,
    new: Described | None = None,
    *,
    by: Actor,
    **details: str,
) -> GivenGrant | None:
    """Give the client of `request` a grant for `scopes`; None if the user's sessions or the client have ended.

    `new`: nobody has allowed the client before, so its row is written too.

    The user's row is locked, so a user who was disabled or whose session was ended gives no grant.
    """
    client_id = request.client.client_id
    user = sql.users.lock_for_grant(db, user_id=session.user_id, session_began_at=session.began_at)
    if user is not None and new is not None:
        documents.add(db, new)
    client = sql.clients.lock_for_grant(db, client_id=client_id)
    if user is None or client is None:
        return None
    of = {"user_id": session.user_id, "client_id": client_id, "epoch": client.epoch}
    revoked = [row.grant_id for row in sql.grants.end_revoked(db, **of)]
    families = sql.families.end_of_grants(db, grant_ids=revoked, reason="client_tokens_ended") if revoked else ()
    grant_id = sql.grants.give(db, grant_id=new_grant_id(time.time()), scopes=list(scopes), **of)
    audit(
        db, "grant.given", by, user_id=session.user_id, client_id=client_id,
        scopes=scopes, resources=request.resources, **details,
    )  # fmt: skip
    return GivenGrant(grant_id, [row.family_id for row in families])


# What a consent page shows


A_PROGRAM = "A program on this device"
OTHERS_COUNTED = 1_000  # above that, pages say "more than"
NEW_FOR = timedelta(days=7)
FEW = 5


class NamedApi(NamedTuple):
    name: str
    resource: str


class Permission(NamedTuple):
    scope: str
    text: str
    detail: str
    icon: str
    is_sensitive: bool

    @property
    def kind(self) -> str:
        return "sensitive" if self.is_sensitive else ""


class Reputation(NamedTuple):
    """What an app says about itself, and how well known it is here."""

    description: str
    home_page: str
    first_seen: datetime | None  # None: no one has allowed it yet
    is_of_team: bool  # the user develops it
    others: int  # other people who use it, at most OTHERS_COUNTED + 1

    @property
    def is_new(self) -> bool:
        if self.first_seen is None or self.others < FEW:
            return True
        return datetime.now(UTC) - self.first_seen < NEW_FOR

    @property
    def home_host(self) -> str:
        return consent_host(self.home_page)


def reputation_of(server: Server, client: Client, user_id: str) -> Reputation:
    with reading(server.database) as db:
        of = {"client_id": client.client_id, "user_id": user_id}
        known = sql.clients.reputation(db, **of, at_most=OTHERS_COUNTED + 1)
    if known is not None:
        return Reputation(known.description, known.home_page, known.created_at, known.is_of_team, known.others)
    new = documents.described(server, client)
    return Reputation("", new.document.home_page if new else "", None, False, 0)


def is_checked(server: Server, client: Client) -> bool:
    """Whether an administrator looked at it. Without app review, all are approved automatically."""
    return client.verified or (server.settings.app_review and client.approved)


def needs_warning(server: Server, client: Client, reputation: Reputation, sensitive: Collection[Permission]) -> bool:
    """Whether the app is little known, was checked by no administrator, and requests something `sensitive`."""
    return bool(sensitive) and reputation.is_new and not reputation.is_of_team and not is_checked(server, client)


class ConsentSummary(NamedTuple):
    """What the page shows and the decision is about. Usage figures are left out, as they change all the time."""

    client_id: str
    name: str
    developer: str
    is_verified: bool
    registered_itself: bool
    document_host: str  # of its metadata document, or empty
    awaits_approval: bool  # where new apps are reviewed: only their developers see the page then
    logo_version: str | None
    redirect_uri: str
    required: tuple[Permission, ...]
    optional: tuple[Permission, ...]
    stays_connected: bool
    apis: tuple[NamedApi, ...]
    # What the app can do already: the user is not asked for it.
    already: tuple[Permission, ...] = ()
    is_connected: bool = False

    @property
    def sensitive(self) -> tuple[Permission, ...]:
        return tuple(one for one in (*self.required, *self.optional) if one.is_sensitive)

    @property
    def requests_more(self) -> bool:
        return bool(self.already) or self.is_connected

    @property
    def requester(self) -> str:
        """Who asks, as far as that is certain; a name that an app gave itself is not."""
        if not self.registered_itself:
            return self.name
        return self.document_host or (A_PROGRAM if self.is_on_device else self.redirect_host)

    @property
    def redirect_host(self) -> str:
        return consent_host(self.redirect_uri)

    @property
    def is_on_device(self) -> bool:
        return is_native(self.redirect_uri)

    def digest(self) -> str:
        return digest(repr(self)).hex()


def summary_of(
    server: Server, request: Requested, redirect_uri: str = "", already: Collection[str] = ()
) -> ConsentSummary:
    """The summary of a request. `redirect_uri` is empty for a device, as no redirect follows; `already` are scopes."""
    client = request.client
    permissions = [
        Permission(row.scope, row.user_text, row.detail, row.icon, row.is_sensitive)
        for row in catalog.all_scopes(server)
        if row.scope in request.scopes
    ]
    new = [one for one in permissions if one.scope not in already]
    return ConsentSummary(
        client_id=client.client_id,
        name=client.name,
        developer=client.owner_name or "",
        is_verified=client.verified,
        registered_itself=client.owner_id is None,
        document_host=consent_host(client.document_url) if client.document_url else "",
        awaits_approval=server.settings.app_review and not client.approved,
        logo_version=client.logo_version,
        redirect_uri=redirect_uri,
        required=tuple(one for one in new if one.scope not in client.optional_scopes),
        optional=tuple(one for one in new if one.scope in client.optional_scopes),
        stays_connected=OFFLINE_ACCESS in set(request.scopes) - set(already),
        apis=tuple(named_api(server, resource) for resource in request.resources),
        already=tuple(one for one in permissions if one.scope in already),
        is_connected=OFFLINE_ACCESS in already,
    )


def named_api(server: Server, resource: str) -> NamedApi:
    api = server.apis.all().get(resource)
    return NamedApi(api.name if api else resource, resource)
