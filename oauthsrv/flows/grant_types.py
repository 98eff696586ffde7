"""Tokens for a code, and tokens for a refresh token (RFC 6749 §4.1.3, §6; rule 2, rule 5, rule 9).

Both write the access token to Redis inside the transaction that decides, before it commits: a revocation of the family
waits for that transaction and deletes afterwards, and whoever repeats the request finds what the first one wrote.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import families_revoked
from oauthsrv.flows.metering import Meter
from oauthsrv.oauth import resources, scopes, token_request
from oauthsrv.oauth.credentials import (
    RefreshToken,
    digest,
    is_code,
    new_access_token,
    new_family_id,
    new_refresh_token,
    parse_refresh_token,
)
from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.grant_types import REFRESH_TOKEN
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AccessToken, AuthorizationCode, Client, Family
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.oauth.token_request import Verdict, check_bound, check_code, token_response
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.authorization import find_code
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import committing, reading, sql, transaction
from oauthsrv.store.families import family_record
from oauthsrv.store.own_families import OwnFamily
from oauthsrv.store.tokens import NEW_FAMILY, PROLONG, MarkerMissing

log = logging.getLogger(__name__)

FAMILIES_PER_GRANT = 50


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to the token endpoint, whose client has authenticated."""

    server: Server
    client: Client
    parameters: Parameters
    by: Actor
    meter: Meter | None = None
    with_credential: bool = False  # it proved who it is, and did not only name itself


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token as it was given out."""

    text: str
    token: AccessToken

    @property
    def lifetime(self) -> int:
        return self.token.expires_at - self.token.issued_at


def issue(
    of: AuthorizationCode | Family | OwnFamily,
    family_id: str,
    epoch: int,
    granted: tuple[str, ...],
    requested: tuple[str, ...],
    lifetime: int,
) -> Issued:
    """A new access token, not yet written anywhere; `requested` are its resources."""
    now = int(time.time())
    token = AccessToken(
        client_id=of.client_id,
        family_id=family_id,
        grant_id=of.grant_id,
        subject=of.subject,
        scopes=granted,
        resources=requested,
        issued_at=now,
        expires_at=now + lifetime,
        epoch=epoch,
    )
    return Issued(new_access_token(of.client_id, family_id), token)


def remember(
    server: Server,
    meter: Meter | None,
    issued: Issued,
    lifetime: int,
    intent: bytes,
    superseded: Iterable[bytes] = (),
) -> None:
    """Write it to Redis; the request is counted in the same trip."""
    counting = meter.uncounted if meter else None
    window = server.tokens.remember(issued.text, issued.token, lifetime, intent, superseded, counting)
    if meter and window:
        meter.counted(window)


def access_lifetime(server: Server) -> int:
    """In seconds: never beyond the life of the family, whose end would be before the time that clients were given."""
    settings = server.settings
    return min(settings.access_ttl, settings.refresh_ttl, settings.refresh_max_age)


# Codes


def exchange_code(request: TokenRequest) -> dict[str, Any]:
    text = request.parameters.require("code")
    code = find_code(request.server.redis, text) if is_code(text) else None
    if code is None:
        raise InvalidGrant("unknown or expired code", problem="code_unknown")
    check_code(code, request.client, request.parameters)
    return redeem(request, code, digest(text))


def redeem(request: TokenRequest, code: AuthorizationCode, code_hash: bytes) -> dict[str, Any]:
    """A code's first valid use makes a family; a later valid use ends it."""
    server, client, parameters = request.server, request.client, request.parameters
    if request.meter:
        request.meter.charge(code_hash.hex(), code.subject)
    granted = scopes.narrow(code.scopes, None, client.scopes)
    requested = resources.narrow(code.resources, parameters.all("resource"))
    refresh_token, lifetime = new_refresh_token(), access_lifetime(server)
    with transaction(server.database) as db:
        issued = issue(code, new_family_id(), 0, granted, requested, lifetime)
        added = _add_family(request, db, code, code_hash, refresh_token, issued)
        if added is not None:
            issued = Issued(issued.text, replace(issued.token, epoch=added.epoch))
            remember(request.server, request.meter, issued, lifetime, NEW_FAMILY)
        else:
            is_used = sql.families.is_code_used(db, code_hash=code_hash)
            replayed = _end_replayed(db, code, code_hash, request.by) if is_used else []
    if added is None:
        families_revoked(server, replayed)
        if is_used:
            raise InvalidGrant("the code was used before", problem="code_used")
        raise InvalidGrant("its grant or the user's sessions were ended since", problem="grant_ended")
    # Each thread may be adding a family to this grant at the same moment, unseen by the others.
    if added.others >= FAMILIES_PER_GRANT - server.settings.workers * server.settings.threads:
        trim(server, code.grant_id)
    return token_response(
        access_token=issued.text,
        expires_in=lifetime,
        scopes=granted,
        refresh_token=refresh_token.text if may_refresh(client) else None,
    )


def may_refresh(client: Client) -> bool:
    """Without it a family lives as long as its one access token."""
    return REFRESH_TOKEN in client.grant_types


def _add_family(
    request: TokenRequest,
    db: Connection,
    code: AuthorizationCode,
    code_hash: bytes,
    refresh_token: RefreshToken,
    issued: Issued,
) -> Any:
    """The new row's epoch and how many families its grant has besides; None if there can be no family."""
    settings = request.server.settings
    refresh_ttl = settings.refresh_ttl if may_refresh(request.client) else access_lifetime(request.server)
    return sql.families.add(
        db,
        family_id=issued.token.family_id,
        grant_id=code.grant_id,
        client_id=code.client_id,
        subject=code.subject,
        session_began_at=code.session_began_at,
        scopes=list(code.scopes),
        resources=list(code.resources),
        code_hash=code_hash,
        handle_hash=refresh_token.handle_hash,
        current_hash=refresh_token.token_hash,
        access_tokens=[token_request.entry(issued.text, issued.token)],
        credential_bound=request.with_credential,
        browser=code.browser,
        address=request.by.address,
        refresh_ttl=refresh_ttl,
        max_age=settings.refresh_max_age,
    )


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


# Refresh tokens


def refresh(request: TokenRequest) -> dict[str, Any]:
    """Rotate, or repeat the rotation just done, or refuse; a token used again after that ends its family.

    A confidential client's costs two trips to PostgreSQL (the row is locked and read, then changed and committed) and
    two to Redis: the client's stamp and its limit, then the access token and the count.
    """
    token = parse_refresh_token(request.parameters.require("refresh_token"))
    if token is None:
        raise InvalidGrant("not a refresh token of ours", problem="refresh_unknown")
    if request.client.is_public and request.meter:
        _charge_connection(request, request.meter, token)
    try:
        return _refresh(request, token, PROLONG)
    except MarkerMissing as missing:  # unused for long, or Redis was emptied; nothing is spent yet
        return _refresh(request, token, request.server.tokens.intend(missing.family_id))


def _charge_connection(request: TokenRequest, meter: Meter, token: RefreshToken) -> None:
    """Before its row is locked: a token of a public client is in a user's hands."""
    with reading(request.server.database) as db:
        row = sql.families.find(db, handle_hash=token.handle_hash)
    if row is None or row.client_id != request.client.client_id:
        raise _unknown()
    verdict = _judge(request.server, _family(request.server, row), token, row.now)
    if verdict is not Verdict.REUSE:  # a thief must not hide by using up the limit first
        meter.charge(row.family_id, row.subject)


def _unknown() -> InvalidGrant:
    return InvalidGrant("unknown refresh token, or another client's", problem="refresh_unknown")


def _refresh(request: TokenRequest, token: RefreshToken, intent: bytes) -> dict[str, Any]:
    server, client, parameters = request.server, request.client, request.parameters
    with transaction(server.database) as db:
        row = sql.families.lock(db, handle_hash=token.handle_hash, client_id=client.client_id)
        if row is None:
            raise _unknown()
        family = check_bound(_family(server, row), request.with_credential, row.now)
        verdict = _judge(server, family, token, row.now)
        if verdict is Verdict.REUSE:
            sql.families.end(db, family_id=family.family_id, reason="reused")
            user_id = sql.grants.user_of(db, grant_id=family.grant_id)
            audit(db, "family.reused", request.by, client_id=client.client_id, user_id=user_id)
        elif verdict is not Verdict.REFUSE:
            granted = scopes.narrow(family.scopes, scopes.parse(parameters.get("scope")), client.scopes)
            requested = resources.narrow(family.resources, parameters.all("resource"))
            turn = _Turn(server, db, family, token, granted, requested, row.now, intent, request.meter)
            response = turn.rotate() if verdict is Verdict.ROTATE else turn.repeat()
    if verdict is Verdict.REUSE:
        families_revoked(server, [family.family_id])
        raise InvalidGrant("a superseded refresh token was used again: its family has ended", problem="refresh_reused")
    if verdict is Verdict.REFUSE:
        raise InvalidGrant(
            "ended, expired, or superseded a moment ago",
            problem="refresh_ended" if family.is_over(row.now) else "refresh_superseded",
        )
    return response


def _family(server: Server, row: Any) -> Family:
    return family_record(row, server.settings.refresh_max_age)


def _judge(server: Server, family: Family, token: RefreshToken, now: datetime) -> Verdict:
    grace = timedelta(seconds=server.settings.refresh_grace)
    return token_request.judge(family, token, now, grace)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One refresh of a family whose row this transaction holds, and found active."""

    server: Server
    db: Connection
    family: Family
    presented: RefreshToken
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    now: datetime
    intent: bytes
    meter: Meter | None

    def rotate(self) -> dict[str, Any]:
        settings = self.server.settings
        successor = self.presented.successor()
        issued, kept = self._issue()
        with committing(self.db):
            sql.families.rotate(
                self.db,
                family_id=self.family.family_id,
                generation=successor.generation,
                current_hash=successor.token_hash,
                previous_hash=self.presented.token_hash,
                rotations=list(token_request.rotations_kept((self.now, *self.family.rotations), self.now)),
                sealed=self._sealed(successor.text, issued) if settings.refresh_grace else None,
                access_tokens=kept,
                now=self.now,
                refresh_ttl=settings.refresh_ttl,
                max_age=settings.refresh_max_age,
            )
        self.server.sealed.note(self.family.family_id, settings.refresh_grace)
        return self._response(issued.text, issued.token.expires_at, successor.text)

    def repeat(self) -> dict[str, Any]:
        """The successor again; its access token too, unless that is over or other scopes are requested."""
        opened = unseal(self.presented.text, self.family.family_id, self.family.sealed or b"")
        if opened is None:
            raise InvalidGrant("the sealed successor cannot be opened", problem="refresh_superseded")
        last = orjson.loads(opened)
        text, expires_at, successor = last["access_token"], last["exp"], last["refresh_token"]
        is_same = (tuple(last["scopes"]), tuple(last["resources"])) == (self.scopes, self.resources)
        is_over = expires_at <= time.time()  # its record in Redis stays for up to a second more
        if is_over or not is_same or not self.server.tokens.is_active(text, self.family.family_id):
            issued, kept = self._issue()
            sealed = self._sealed(successor, issued)
            sql.families.seal(self.db, family_id=self.family.family_id, sealed=sealed, access_tokens=kept)
            text, expires_at = issued.text, issued.token.expires_at
        return self._response(text, expires_at, successor)

    def _issue(self) -> tuple[Issued, list[bytes]]:
        """An access token, written to Redis, and what the family keeps of its access tokens now."""
        family, server = self.family, self.server
        remaining = int((family.created_at - self.now).total_seconds()) + server.settings.refresh_max_age
        lifetime = max(1, min(access_lifetime(server), remaining))
        issued = issue(family, family.family_id, family.epoch, self.scopes, self.resources, lifetime)
        entry = token_request.entry(issued.text, issued.token)
        kept, superseded = token_request.supersede(family.access_tokens, entry)
        remember(server, self.meter, issued, lifetime, self.intent, superseded)
        return issued, kept

    def _sealed(self, successor: str, issued: Issued) -> bytes:
        content = {
            "refresh_token": successor,
            "access_token": issued.text,
            "scopes": issued.token.scopes,
            "resources": issued.token.resources,
            "exp": issued.token.expires_at,
        }
        return seal(self.presented.text, self.family.family_id, orjson.dumps(content))

    def _response(self, access_token: str, expires_at: int, refresh_token: str) -> dict[str, Any]:
        return token_response(
            access_token=access_token,
            expires_in=max(1, expires_at - int(time.time())),
            scopes=self.scopes,
            refresh_token=refresh_token,
        )
