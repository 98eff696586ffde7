"""Access tokens, and the family that a code is exchanged for (RFC 6749 §4.1.3; rule 2, rule 9)."""

import logging
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.client_authentication import authenticate
from oauthsrv.flows.invalidation import families_revoked
from oauthsrv.flows.metering import Meter
from oauthsrv.oauth import resources, scopes
from oauthsrv.oauth.client_authentication import Presented
from oauthsrv.oauth.credentials import (
    RefreshToken,
    hash_of_code,
    is_code,
    new_access_token,
    new_family_id,
    new_refresh_token,
)
from oauthsrv.oauth.errors import InvalidGrant, OAuthError
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, REFRESH_TOKEN, check_may_use
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import WITH_SECRET, AccessToken, AuthorizationCode, Client
from oauthsrv.oauth.token_request import check_code, token_response
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, early_tokens
from oauthsrv.store.authorization import code_key, find_code
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import decide, reading, sql, transaction
from oauthsrv.store.early_tokens import EarlyToken
from oauthsrv.store.tokens import NEW_FAMILY, PROLONG, MarkerMissing

log = logging.getLogger(__name__)

FAMILIES_PER_GRANT = 50
NOTHING_READ: Mapping[bytes, bytes | None] = MappingProxyType({})


class TokenRequest(NamedTuple):
    """A request to the token endpoint, whose client has authenticated."""

    server: Server
    client: Client
    parameters: Parameters
    by: Actor
    meter: Meter | None = None
    with_credential: bool = False  # it proved who it is, and did not only name itself
    found: Mapping[bytes, bytes | None] = NOTHING_READ  # what was read in Redis already
    early: EarlyToken | None = None  # its access token, if that was written before the request was checked


class FamilyReference(NamedTuple):
    """A family that is not inserted yet."""

    family_id: str
    grant_id: str
    subject: str


class Issued(NamedTuple):
    """An access token as it was given out."""

    text: str
    token: AccessToken

    @property
    def lifetime(self) -> int:
        return self.token.expires_at - self.token.issued_at


def issue(
    of: Any,
    client: Client,
    epoch: int,
    granted: tuple[str, ...],
    requested: tuple[str, ...],
    lifetime: int,
    random: bytes | None = None,
) -> Issued:
    """A new access token, not yet written anywhere; `requested` are its resources, `random` its random bits.

    `of` is its family's row or record, or a reference.
    """
    now = int(time.time())
    token = AccessToken(
        client_id=client.client_id,
        family_id=of.family_id,
        grant_id=of.grant_id,
        subject=of.subject,
        scopes=granted,
        resources=requested,
        issued_at=now,
        expires_at=now + lifetime,
        epoch=epoch,
    )
    return Issued(new_access_token(client.client_id, of.family_id, random), token)


def remember(server: Server, meter: Meter | None, issued: Issued, intent: bytes) -> None:
    """Write it to Redis; the request is counted in the same trip."""
    counting = meter.uncounted if meter else None
    window = server.tokens.remember(issued.text, issued.token, issued.lifetime, intent, counting)
    if meter and window:
        meter.counted(window)


def access_lifetime(server: Server, client: Client) -> int:
    """The seconds an access token lives; never longer than its family, or it would end before its expires_in."""
    settings = server.settings
    own = client.access_ttl or settings.access_ttl
    return min(own, settings.access_ttl, refresh_lifetime(server, client), settings.refresh_max_age)


def refresh_lifetime(server: Server, client: Client) -> int:
    """The seconds that a refresh token lives without use; an administrator can shorten the server's for a client."""
    return min(client.refresh_ttl or server.settings.refresh_ttl, server.settings.refresh_ttl)


# Codes


def write_early(server: Server, meter: Meter, parameters: Parameters, claim: Presented) -> EarlyToken | None:
    """Write the access token for a code before the request is checked; None if this process can't be sure enough.

    Only for a client in this process's cache that authenticates with a secret. The script checks the client's stamp.
    """
    stamp, client = server.clients.kept(claim.client_id)
    if stamp is None or not isinstance(client, Client) or client.suspended or claim.method not in WITH_SECRET:
        return None
    if parameters.get("grant_type") != AUTHORIZATION_CODE:
        return None
    try:
        check_may_use(client, AUTHORIZATION_CODE)
        proved = authenticate(server, claim, client)
    except OAuthError:
        return None
    server.clients.used(client.client_id)
    return early_tokens.write(
        server.redis,
        server.tokens,
        (server.clients.stamp_key(client.client_id), stamp),
        proved,
        code_key(server.redis, parameters.get("code") or ""),
        access_lifetime(server, client),
        meter.attempt_of(client),
    )


def exchange_code(request: TokenRequest) -> dict[str, Any]:
    text, code = request.parameters.require("code"), request.early and request.early.code
    if code is None and is_code(text):
        code = find_code(request.server.redis, text, request.found)
    if code is None:
        raise InvalidGrant("unknown or expired code", problem="code_unknown")
    try:
        check_code(code, request.client, request.parameters)
    except OAuthError:
        _forget_early(request)
        raise
    return redeem(request, code, hash_of_code(text))


def redeem(request: TokenRequest, code: AuthorizationCode, code_hash: bytes) -> dict[str, Any]:
    """A code's first valid use makes a family; a later valid use ends it.

    The access token is in Redis before the family is inserted, by one statement: whoever revokes the family finds both.
    """
    server, client = request.server, request.client
    if request.meter:
        request.meter.charge(code_hash.hex(), code.subject)
    issued = _first_token(request, code)
    family_id, refresh_token = str(issued.token.family_id), new_refresh_token()
    added = _add_family(request, code, code_hash, refresh_token, family_id)
    if added is None:
        server.tokens.forget(issued.text, family_id)
        raise _not_added(request, code, code_hash)
    if added.epoch != issued.token.epoch:
        _correct_epoch(server, issued, added.epoch)
    # Each thread may be adding a family to this grant at the same moment, unseen by the others.
    if added.others >= FAMILIES_PER_GRANT - server.settings.workers * server.settings.threads:
        trim(server, code.grant_id)
    return token_response(
        access_token=issued.text,
        expires_in=issued.lifetime,
        scopes=issued.token.scopes,
        refresh_token=refresh_token.text if may_refresh(client) else None,
        refresh_expires_in=min(refresh_lifetime(server, client), server.settings.refresh_max_age),
    )


def _first_token(request: TokenRequest, code: AuthorizationCode) -> Issued:
    """The access token of a new family, in Redis: the early one if it has the right scopes and resources, or a new one.

    Raises InvalidScope, InvalidTarget.
    """
    server, client, early = request.server, request.client, request.early
    try:
        granted = scopes.narrow(code.scopes, None, client.scopes)
        requested = resources.narrow(code.resources, request.parameters.all("resource"))
    except OAuthError:
        _forget_early(request)
        raise
    if early and (granted, requested) == (code.scopes, code.resources):
        return Issued(early.text, early.token)
    _forget_early(request)
    of = FamilyReference(new_family_id(time.time()), code.grant_id, code.subject)
    issued = issue(of, client, client.epoch, granted, requested, access_lifetime(server, client))
    remember(server, request.meter, issued, NEW_FAMILY)
    return issued


def _correct_epoch(server: Server, issued: Issued, epoch: int) -> None:
    """Write the token with the grant's epoch, as this process's record of the client was older. Raises InvalidGrant."""
    try:
        server.tokens.remember(issued.text, issued.token._replace(epoch=epoch), issued.lifetime, PROLONG)
    except MarkerMissing:
        raise InvalidGrant("ended a moment ago", problem="grant_ended") from None


def _forget_early(request: TokenRequest) -> None:
    if request.early:
        request.server.tokens.forget(request.early.text, str(request.early.token.family_id))


def may_refresh(client: Client) -> bool:
    """Whether the client gets refresh tokens; without them a family lives as long as its one access token."""
    return REFRESH_TOKEN in client.grant_types


def _add_family(
    request: TokenRequest, code: AuthorizationCode, code_hash: bytes, refresh_token: RefreshToken, family_id: str
) -> Any:
    """The new row's epoch and how many families its grant has besides; None if there can be no family."""
    server, client = request.server, request.client
    lifetime = refresh_lifetime if may_refresh(client) else access_lifetime
    return decide(
        server.database,
        sql.families.add,
        family_id=family_id,
        grant_id=code.grant_id,
        client_id=code.client_id,
        subject=code.subject,
        session_began_at=code.session_began_at,
        scopes=list(code.scopes),
        resources=list(code.resources),
        code_hash=code_hash,
        handle_hash=refresh_token.handle_hash,
        current_hash=refresh_token.token_hash,
        credential_bound=request.with_credential,
        browser=code.browser,
        address=request.by.address,
        refresh_ttl=lifetime(server, client),
        max_age=server.settings.refresh_max_age,
    )


def _not_added(request: TokenRequest, code: AuthorizationCode, code_hash: bytes) -> InvalidGrant:
    with transaction(request.server.database) as db:
        is_used = sql.families.is_code_used(db, code_hash=code_hash)
        replayed = _end_replayed(db, code, code_hash, request.by) if is_used else []
    families_revoked(request.server, replayed)
    if is_used:
        return InvalidGrant("the code was used before", problem="code_used")
    return InvalidGrant("its grant or the user's sessions were ended since", problem="grant_ended")


def _end_replayed(db: Connection, code: AuthorizationCode, code_hash: bytes, by: Actor) -> list[str]:
    """Whoever comes second may be the thief or the victim: neither keeps anything (RFC 6749 §4.1.2)."""
    ended = sql.families.end_by_code(db, code_hash=code_hash, reason="code_replayed")
    if ended is None:
        return []
    user_id = sql.grants.user_of(db, grant_id=code.grant_id)
    audit(db, "family.code_replayed", by, client_id=code.client_id, user_id=user_id)
    return [ended.family_id]


def trim(server: Server, grant_id: str) -> None:
    """End the longest unused families of a grant that has too many.

    After the commit, as only then whoever comes last sees what all the others added (rule 2). A failure is left to
    the next exchange: the code is spent, and its client would lose the tokens that were made for it (rule 9).
    """
    try:
        with reading(server.database) as db:
            if sql.families.count_active(db, grant_id=grant_id) <= FAMILIES_PER_GRANT:
                return
        with transaction(server.database) as db:
            sql.grants.lock_to_trim(db, grant_id=grant_id)
            beyond = sql.families.end_beyond(
                db, grant_id=grant_id, at_most=FAMILIES_PER_GRANT, reason="too_many_families"
            )
    except StoreUnavailable as error:
        log.warning("a grant may have too many families until its next exchange: %s", error)
        return
    families_revoked(server, [row.family_id for row in beyond])
