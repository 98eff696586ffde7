"""Tokens for a refresh token (RFC 6749 §6; rule 5, rule 9).

One statement rotates the current token of an active family, and commits; all other tokens are judged under the lock of
its row. A confidential client's rotation costs three trips: Redis for the client's stamp and limit, which also shows
that it takes writes; PostgreSQL for the statement; Redis for the access token and the count.

After the commit nothing refuses, but that the family has ended since. The access token follows from what is sealed and
from what it is for, so a repeat that comes before the record is in Redis writes the same one. Where the record cannot
be written, the successor stays available until a client is given it: one that got no answer may come back late.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from oauthsrv import deadline
from oauthsrv.flows.audit import audit
from oauthsrv.flows.invalidation import families_revoked
from oauthsrv.flows.issuing import Issued, TokenRequest, access_lifetime, issue, refresh_lifetime, remember
from oauthsrv.flows.metering import Meter
from oauthsrv.oauth import resources, scopes, token_request
from oauthsrv.oauth.credentials import RANDOM_BYTES, RefreshToken, digest, new_random_bytes, parse_refresh_token
from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client, Family
from oauthsrv.oauth.sealing import derive, seal, unseal
from oauthsrv.oauth.token_request import Verdict, check_bound, token_response
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import Database, decide, reading, sql, transaction
from oauthsrv.store.families import family_record
from oauthsrv.store.tokens import PROLONG, MarkerMissing, set_of

SUCCESSOR_KEPT = 30 * 86_400  # seconds; where a client gets it until its first use
RESCUE_SECONDS = 0.25  # beyond the deadline, as that may be what failed

log = logging.getLogger(__name__)


class RotatedRow(Protocol):
    """A row of the query families.rotate."""

    family_id: str
    grant_id: str
    subject: str
    scopes: list[str]
    resources: list[str]
    epoch: int
    seconds_left: int


def refresh(request: TokenRequest) -> dict[str, Any]:
    """Rotate, or repeat the rotation just done, or refuse; a token used again after that ends its family."""
    token = parse_refresh_token(request.parameters.require("refresh_token"))
    if token is None:
        raise InvalidGrant("not a refresh token of ours", problem="refresh_unknown")
    server, client = request.server, request.client
    if client.is_public and request.meter:
        _charge_connection(request, request.meter, token)
    new = _successor(token, new_random_bytes(2 * RANDOM_BYTES))
    row = _rotated(request, token, new)
    if row is None:
        return _repeated_or_refused(request, token)
    issued = _issue(request, row, row.seconds_left, new, _narrowed(request, row))
    _remember_rotated(request, token, new, issued)
    if not client.keeps_successor:
        server.sealed.note(row.family_id, server.settings.refresh_grace)
    return _response(issued, new.token, min(refresh_lifetime(server, client), row.seconds_left))


class Narrowed(NamedTuple):
    """What an access token is for."""

    scopes: tuple[str, ...]
    resources: tuple[str, ...]


class Successor(NamedTuple):
    """The next refresh token and what its access token follows from; `random` are the random bits of both."""

    token: RefreshToken
    random: bytes

    def access_random(self, narrowed: Narrowed) -> bytes:
        """The random bits of its access token for that: the same for all who are given it."""
        return derive(self.random[RANDOM_BYTES:], set_of(*narrowed).encode())

    def sealed(self, presented: RefreshToken) -> bytes:
        return seal(presented.text, presented.handle_hash.hex(), self.random)

    def with_new_access_token(self) -> Successor:
        return Successor(self.token, self.random[:RANDOM_BYTES] + new_random_bytes())


def _successor(presented: RefreshToken, random: bytes) -> Successor:
    return Successor(presented.successor(random[:RANDOM_BYTES]), random)


def _unsealed(presented: RefreshToken, sealed: bytes | None) -> Successor:
    random = unseal(presented.text, presented.handle_hash.hex(), sealed or b"")
    if random is None:
        raise InvalidGrant("the sealed successor cannot be opened", problem="refresh_superseded")
    return _successor(presented, random)


def _rotated(request: TokenRequest, token: RefreshToken, new: Successor) -> RotatedRow | None:
    """The row after the rotation; None if this is not the current token, or there would be nothing to give."""
    server, client, parameters = request.server, request.client, request.parameters
    settings, keeps = server.settings, client.keeps_successor
    return decide(  # type: ignore[no-any-return]
        server.database,
        sql.families.rotate,
        handle_hash=token.handle_hash,
        client_id=client.client_id,
        generation=token.generation,
        presented_hash=token.token_hash,
        with_credential=request.with_credential,
        scopes=_usable_scopes(client, parameters),
        resources=[resources.normalized(text) for text in parameters.all("resource")],
        current_hash=new.token.token_hash,
        sealed=new.sealed(token) if settings.refresh_grace or keeps else None,
        available_seconds=SUCCESSOR_KEPT if keeps else None,
        refresh_ttl=refresh_lifetime(server, client),
        max_age=settings.refresh_max_age,
    )


def _usable_scopes(client: Client, parameters: Parameters) -> list[str]:
    """Those that are worth a token: offline_access alone is not."""
    requested = scopes.parse(parameters.get("scope"))
    return [scope for scope in client.scopes if requested is None or scope in requested]


def _charge_connection(request: TokenRequest, meter: Meter, token: RefreshToken) -> None:
    """Charge the family before it rotates, as a public client's token is in a user's hands."""
    with reading(request.server.database) as db:
        row = sql.families.find(db, handle_hash=token.handle_hash)
    if row is None or row.client_id != request.client.client_id:
        raise _unknown()
    if _verdict_of(request, _family(request, row), token, row.now) is not Verdict.REUSE:
        # A thief must not hide by using up the limit first.
        meter.charge(row.family_id, row.subject)


def _unknown() -> InvalidGrant:
    return InvalidGrant("unknown refresh token, or another client's", problem="refresh_unknown")


def _narrowed(request: TokenRequest, family: RotatedRow | Family) -> Narrowed:
    """The requested part of what the family has. Raises InvalidScope, InvalidTarget."""
    parameters = request.parameters
    return Narrowed(
        scopes.narrow(family.scopes, scopes.parse(parameters.get("scope")), request.client.scopes),
        resources.narrow(family.resources, parameters.all("resource")),
    )


def _issue(
    request: TokenRequest, family: RotatedRow | Family, seconds_left: int, new: Successor, narrowed: Narrowed
) -> Issued:
    """The access token that goes with `new`, not yet written; the family may live for `seconds_left` at most."""
    lifetime = max(1, min(access_lifetime(request.server, request.client), seconds_left))
    return issue(family, request.client, family.epoch, *narrowed, lifetime, new.access_random(narrowed))


def _remember_rotated(request: TokenRequest, presented: RefreshToken, new: Successor, issued: Issued) -> None:
    """Write the access token of a rotation that is committed. Raises InvalidGrant if the family ended since."""
    try:
        try:
            remember(request.server, request.meter, issued, PROLONG)
        except MarkerMissing:  # unused for long, or Redis was emptied
            _remember_under_lock(request, presented, issued)
    except StoreUnavailable:
        with deadline.within(RESCUE_SECONDS):
            _keep_available(request.server.database, presented, new, issued)
        raise


def _remember_under_lock(request: TokenRequest, presented: RefreshToken, issued: Issued) -> None:
    """Write it with the family's marker, which only who locks the active family may make (rule 6)."""
    intent = request.server.tokens.intend(str(issued.token.family_id))
    with transaction(request.server.database) as db:
        family, now = _locked(request, db, presented)
        if family.is_over(now):
            raise InvalidGrant("ended a moment ago", problem="refresh_ended")
        if not _is_revoked(db, issued):  # else it was a repeat's too
            remember(request.server, request.meter, issued, intent)


def _keep_available(database: Database, presented: RefreshToken, new: Successor, issued: Issued) -> None:
    """Let the client come back for its successor even after the grace time, or that would look like reuse."""
    try:
        with reading(database) as db:
            sql.families.keep_successor(
                db,
                family_id=issued.token.family_id,
                current_hash=new.token.token_hash,
                sealed=new.sealed(presented),
                seconds=SUCCESSOR_KEPT,
            )
    except StoreUnavailable as error:
        log.warning("a successor stays available for the grace time only: %s", error)


def _response(issued: Issued, successor: RefreshToken, refresh_expires_in: int) -> dict[str, Any]:
    return token_response(
        access_token=issued.text,
        expires_in=max(1, issued.token.expires_at - int(time.time())),
        scopes=issued.token.scopes,
        refresh_token=successor.text,
        refresh_expires_in=max(1, refresh_expires_in),
    )


# Tokens that did not rotate


def _repeated_or_refused(request: TokenRequest, token: RefreshToken) -> dict[str, Any]:
    try:
        outcome = _judged(request, token, PROLONG)
    except MarkerMissing as missing:  # nothing has changed yet
        outcome = _judged(request, token, request.server.tokens.intend(missing.family_id))
    return outcome.response(request.server)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a token gets that did not rotate, once that is committed."""

    verdict: Verdict
    family: Family
    now: datetime
    repeated: dict[str, Any] | None

    def response(self, server: Server) -> dict[str, Any]:
        if self.repeated is not None:
            return self.repeated
        if self.verdict is Verdict.REUSE:
            families_revoked(server, [self.family.family_id])
            raise InvalidGrant(
                "a superseded refresh token was used again: its family has ended", problem="refresh_reused"
            )
        raise InvalidGrant(
            "ended, expired, or superseded a moment ago",
            problem="refresh_ended" if self.family.is_over(self.now) else "refresh_superseded",
        )


def _judged(request: TokenRequest, token: RefreshToken, intent: bytes) -> _Outcome:
    """The outcome, decided under the lock of the family's row."""
    client, repeated = request.client, None
    with transaction(request.server.database) as db:
        family, now = _locked(request, db, token)
        check_bound(family, request.with_credential, now)
        verdict = _verdict_of(request, family, token, now)
        if verdict is Verdict.REUSE:
            sql.families.end(db, family_id=family.family_id, reason="reused")
            user_id = sql.grants.user_of(db, grant_id=family.grant_id)
            audit(db, "family.reused", request.by, client_id=client.client_id, user_id=user_id)
        elif verdict is not Verdict.REFUSE:
            narrowed = _narrowed(request, family)  # or it says what is wrong with the request
            if verdict is Verdict.ROTATE:
                raise StoreUnavailable("PostgreSQL: the client or the family was just changed")
            repeated = _repeat(request, db, family, token, narrowed, now, intent)
    return _Outcome(verdict, family, now, repeated)


def _repeat(
    request: TokenRequest,
    db: Connection,
    family: Family,
    presented: RefreshToken,
    narrowed: Narrowed,
    now: datetime,
    intent: bytes,
) -> dict[str, Any]:
    """The successor again, and its access token if that is still good, or is not written yet; or else a new one.

    A record that is missing later is not written again, as it may have been revoked.
    """
    server, sealed = request.server, None
    grace = None if request.client.keeps_successor else server.settings.refresh_grace
    seconds_left = server.settings.refresh_max_age - int((now - family.created_at).total_seconds())
    successor = _unsealed(presented, family.sealed)
    issued = _issue(request, family, seconds_left, successor, narrowed)
    last = server.tokens.find(issued.text)
    if last is not None and last.expires_at > time.time():  # its record stays for up to a second longer
        issued = Issued(issued.text, last)
    else:
        is_under_way = now - family.rotations[0] < timedelta(seconds=deadline.REQUEST_SECONDS)
        if last is not None or not is_under_way or _is_revoked(db, issued):
            successor = successor.with_new_access_token()
            sealed = successor.sealed(presented)
            issued = _issue(request, family, seconds_left, successor, narrowed)
        remember(server, request.meter, issued, intent)
    sql.families.repeat(db, family_id=family.family_id, sealed=sealed, grace=grace)
    if grace:
        server.sealed.note(family.family_id, grace)
    return _response(issued, successor.token, int(family.expires_at.timestamp() - time.time()))


def _is_revoked(db: Connection, issued: Issued) -> bool:
    """Whether this access token was revoked, which an emptied Redis forgets."""
    return bool(sql.ended_keys.is_kept(db, key_hash=digest(issued.text)))


def _locked(request: TokenRequest, db: Connection, token: RefreshToken) -> tuple[Family, datetime]:
    """The family and PostgreSQL's time. Nothing else rotates or ends it before this transaction does."""
    row = sql.families.lock(db, handle_hash=token.handle_hash, client_id=request.client.client_id)
    if row is None:
        raise _unknown()
    return _family(request, row), row.now


def _family(request: TokenRequest, row: Any) -> Family:
    return family_record(row, request.server.settings.refresh_max_age)


def _verdict_of(request: TokenRequest, family: Family, token: RefreshToken, now: datetime) -> Verdict:
    grace = timedelta(seconds=request.server.settings.refresh_grace)
    return token_request.judge(family, token, now, grace, keeps_successor=request.client.keeps_successor)
