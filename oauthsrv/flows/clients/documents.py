"""Clients with a client ID metadata document: finding them, and keeping them in line with their documents.

A document is fetched for a browser that has signed in, and by housekeeping while the client has connections; everything
else uses what the last valid document said (draft-ietf-oauth-client-id-metadata-document §4).
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from oauthsrv.fetching import Fetched, FetchFailed, FetchPending, check_url
from oauthsrv.flows import catalog, revocations, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import listed_uris
from oauthsrv.flows.clients.authentication import Authentication, set_authentication
from oauthsrv.flows.clients.document_fields import DocumentFields, DocumentRefused, read_document
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.refusals import NotFound
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.oauth.errors import InvalidRequest, TemporarilyUnavailable
from oauthsrv.oauth.records import Client
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.oauth.uris import UriRefused, read
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.documents import find_document, remember_document
from oauthsrv.store.limits import Attempt, TooMany

log = logging.getLogger(__name__)

AGAIN_SECONDS = 900  # until housekeeping retries a failed fetch
REFRESHED_AT_ONCE = 20

KEYS = {"jwks", "jwks_uri"}
IDENTIFIES = {"name", "home_page"}  # by which an administrator who verified it knew it
AUTHENTICATION = {"authentication_methods", *KEYS}
DESCRIBED = ("name", "home_page", "redirect_uris", "grant_types")


# At authorization


def find(server: Server, url: str, user_id: str) -> Client:
    """The client that the document at `url` describes, for a signed-in user. Raises OAuthError, TooMany."""
    check_permitted(server, url)
    found = find_document(server.redis, url)
    document = DocumentFields.of(found[0]) if found else load(server, url, user_id)
    return server.clients.find_client(reference_of(url)) or new_client(server, url, document)


def check_permitted(server: Server, url: str) -> None:
    """Check that a client may have its document at `url`, without fetching it. Raises InvalidRequest."""
    if server.settings.client_documents == "off":
        raise InvalidRequest("documents are off", problem="client_unknown")
    try:
        check_document_url(url, server)
    except UriRefused as refused:
        raise InvalidRequest(
            problem="document_unusable", description=f"The address of the app can’t be used: {refused}."
        ) from None
    host = consent_host(url)
    with reading(server.database) as db:
        found = sql.hosts.of(db, host=host)
    if found.is_blocked:
        raise InvalidRequest(f"{host} is blocked", problem="host_blocked")
    if not found.is_listed and server.settings.client_documents == "listed" and not is_local(url, server):
        raise InvalidRequest(f"{host} is not listed", problem="document_not_listed")


def check_document_url(url: str, server: Server) -> None:
    """Check the address as §2 demands. Raises UriRefused."""
    check_url(url, allow_loopback=server.fetcher.allow_loopback)
    if not read(url).path:
        raise UriRefused(f"{url}: it has no path")


def is_local(url: str, server: Server) -> bool:
    """Whether client and server are being tried on one machine, which needs no listed host."""
    return url.startswith("http://") and server.fetcher.allow_loopback


def load(server: Server, url: str, user_id: str) -> DocumentFields:
    """Fetch the document, or wait for a fetch under way; fails if one was tried a moment ago."""
    if not server.fetcher.is_fetching(url):
        count_fetch(server, url, user_id)
    try:
        document = server.fetcher.fetch(url, partial(keep, server, url))
        if not isinstance(document, DocumentFields):
            raise FetchPending("it was being loaded as a client's keys")
        return document
    except FetchPending as pending:
        raise TemporarilyUnavailable(
            str(pending), description="The app’s details are being loaded. Try again in a few seconds."
        ) from pending
    except (FetchFailed, DocumentRefused) as error:
        note_failed(server, url, error)
        raise InvalidRequest(
            problem="document_unusable", description=f"The app’s metadata document can’t be used: {error}."
        ) from error


def count_fetch(server: Server, url: str, user_id: str) -> None:
    """Count a fetch against its limits. Raises TemporarilyUnavailable if the URL was tried a moment ago; TooMany."""
    is_known = server.clients.find_client(reference_of(url)) is not None
    try:
        limits.take(server.redis, *([] if is_known else [Attempt("document_user", user_id)]), of_url(url))
    except TooMany as error:
        if error.window.name != "document_url":
            raise
        again = f"Try again in {error.retry_after} seconds."
        raise TemporarilyUnavailable(
            description=f"We tried to reach {consent_host(url)} a moment ago. {again}"
        ) from error


def of_url(url: str) -> Attempt:
    return Attempt("document_url", url)


def new_client(server: Server, url: str, document: DocumentFields) -> Client:
    """The client as it will be once a user allows it, with the scopes of any self-registered client."""
    with reading(server.database) as db:
        if host := sql.hosts.blocked_among(db, hosts=sorted(document.redirect_hosts)):
            raise InvalidRequest(f"{host} is blocked", problem="host_blocked")
    scopes = catalog.default_ceiling(server)
    if not scopes:
        raise InvalidRequest(problem="no_scopes_for_self_registered")
    return Client(
        client_id=reference_of(url),
        name=document.name,
        type=document.type,
        redirect_uris=tuple(document.redirect_uris),
        scopes=tuple(scopes),
        secret_hashes=(),
        skips_pkce=False,
        owner_id=None,
        owner_name=None,
        approved=True,
        suspended=False,
        authentication_methods=frozenset(document.authentication_methods),
        grant_types=frozenset(document.grant_types),
        jwks=document.jwks,
        jwks_uri=document.jwks_uri,
        document_url=url,
    )


class Described(NamedTuple):
    """What is written when the first user allows a client."""

    client: Client
    document: DocumentFields
    fresh_seconds: int


def described(server: Server, client: Client) -> Described | None:
    """What to write if no user has allowed the client yet; None for every other. Raises TemporarilyUnavailable."""
    if client.document_url is None or server.clients.find_client(client.client_id) is not None:
        return None
    found = find_document(server.redis, client.document_url)
    if found is None:
        raise TemporarilyUnavailable("the stored document expired before the user decided")
    return Described(client, DocumentFields.of(found[0]), found[1])


def add(db: Connection, new: Described) -> None:
    """Write its row, unless another user has just allowed it."""
    client, document = new.client, new.document
    ids = {"client_id": client.client_id, "document_url": client.document_url}
    if sql.clients.add_described(db, **ids, scopes=list(client.scopes), **document.columns):
        sql.documents.note_fetched(db, client_id=client.client_id, fresh_seconds=new.fresh_seconds)
        audit(db, "client.registered_itself", Actor(), client_id=client.client_id, document=client.document_url)


# Keeping a client as its document says


def keep(server: Server, url: str, fetched: Fetched) -> DocumentFields:
    """Store a fetched document, and apply it to its client if that is known. Raises DocumentRefused."""
    listed, allow_loopback = listed_uris.all_of(server), server.fetcher.allow_loopback
    issuer = server.settings.issuer
    document = read_document(fetched.value, url, issuer, allow_loopback=allow_loopback, listed_uris=listed)
    save(server, url, document, fetched.fresh_seconds)
    remember_document(server.redis, url, document.members, fetched.fresh_seconds)
    return document


def save(server: Server, url: str, document: DocumentFields, fresh_seconds: int) -> None:
    client_id, revocation_id = reference_of(url), None
    try:
        with transaction(server.database) as db:
            client = rights.lock(db, Actor(), client_id=client_id).client
            changed = differences(client, document)
            if changed:
                revocation_id = change(db, client, document, changed)
            sql.documents.note_fetched(db, client_id=client_id, fresh_seconds=fresh_seconds)
    except NotFound:  # nobody has allowed it yet
        return
    if changed:
        client_changed(server, client_id)
    if revocation_id is not None:
        revocations.finish_of_client(server, revocation_id)


def differences(client: Any, document: DocumentFields) -> list[str]:
    return [name for name, value in document.members.items() if in_order(getattr(client, name)) != in_order(value)]


def in_order(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def change(db: Connection, client: Any, document: DocumentFields, changed: list[str]) -> int | None:
    """Apply changed fields; users are asked again if codes could go elsewhere, or the client has other keys.

    Verification ends under the same conditions as when a developer changes the client (rule 14).
    """
    client_id, by = client.client_id, Actor()
    hosts = {consent_host(uri) for uri in client.redirect_uris}
    is_another = bool(IDENTIFIES & set(changed) or document.redirect_hosts - hosts)
    described = {name: document.members[name] for name in DESCRIBED}
    sql.clients.describe(db, client_id=client_id, stays_verified=client.verified and not is_another, **described)
    if document.redirect_hosts != hosts or KEYS & set(changed):
        sql.grants.forget_consents(db, client_id=client_id)
    lost = {"lost": "verification"} if client.verified and is_another else {}
    audit(db, "client.document_changed", by, client_id=client_id, changed=changed, **lost)
    if not AUTHENTICATION & set(changed):
        return None
    new = Authentication(document.authentication_methods, document.jwks, document.jwks_uri)
    return set_authentication(db, client, new, by)


def note_failed(server: Server, url: str, error: Exception) -> None:
    log.info("the document at %s can't be used: %s", consent_host(url), error)
    with reading(server.database) as db:
        sql.documents.note_failed(db, client_id=reference_of(url), failure=str(error)[:500], seconds=AGAIN_SECONDS)


# Housekeeping


def refresh_documents(server: Server) -> Iterator[None]:
    """Refetch stale documents of clients with connections, step by step, as each may take three seconds."""
    with reading(server.database) as db:
        due = list(sql.documents.due(db, rows=REFRESHED_AT_ONCE))
    for row in due:
        try:
            limits.take(server.redis, of_url(row.document_url))
        except TooMany:  # a browser has just fetched it
            continue
        fetch = server.fetcher.begin(row.document_url, partial(keep, server, row.document_url))
        while not fetch.done.is_set():
            yield
        try:
            fetch.outcome()
        except (FetchFailed, DocumentRefused) as error:
            note_failed(server, row.document_url, error)
        yield
