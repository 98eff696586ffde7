"""Tokens for a refresh token (RFC 6749 §6; rule 5, rule 9).

One statement rotates the current token of an active family; all other tokens are judged under the lock of its row.

A confidential client's rotation costs four trips: Redis for the client's stamp and limit; PostgreSQL for the statement;
Redis for the access token and the count; PostgreSQL for the commit.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oauthsrv.flows.audit import audit
from oauthsrv.flows.invalidation import families_revoked
from oauthsrv.flows.issuing import Issued, TokenRequest, access_lifetime, issue, refresh_lifetime, remember
from oauthsrv.flows.metering import Meter
from oauthsrv.oauth import resources, scopes, token_request
from oauthsrv.oauth.credentials import (
    RANDOM_BYTES,
    RefreshToken,
    new_access_token,
    new_random_bytes,
    parse_refresh_token,
)
from oauthsrv.oauth.errors import InvalidGrant
from oauthsrv.oauth.records import AccessToken, Family
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.oauth.token_request import Verdict, check_bound, token_response
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.families import family_record
from oauthsrv.store.tokens import PROLONG, MarkerMissing

SUCCESSOR_KEPT = 30 * 86_400  # seconds; where a client gets it until its first use


def refresh(request: TokenRequest) -> dict[str, Any]:
    """Rotate, or repeat the rotation just done, or refuse; a token used again after that ends its family."""
    token = parse_refresh_token(request.parameters.require("refresh_token"))
    if token is None:
        raise InvalidGrant("not a refresh token of ours", problem="refresh_unknown")
    if request.client.is_public and request.meter:
        _charge_connection(request, request.meter, token)
    try:
        return _refresh(request, token, PROLONG)
    except MarkerMissing as missing:  # unused for long, or Redis was emptied; nothing is spent yet
        return _refresh(request, token, request.server.tokens.intend(missing.family_id))


def _refresh(request: TokenRequest, token: RefreshToken, intent: bytes) -> dict[str, Any]:
    """The access token is in Redis before this commits: whoever waits for the family's row finds it there."""
    server = request.server
    new = _successor(token, new_random_bytes() + new_random_bytes())
    with transaction(server.database) as db:
        row = _rotated(request, db, token, new)
        if row is not None:
            issued = _issue(request, row, row.seconds_left, new.access_random)
            remember(server, request.meter, issued, intent)
            outcome: _Outcome | None = None
        else:
            outcome = _judged(request, db, token, intent)
    if outcome is not None:
        return outcome.response(server)
    if not request.client.keeps_successor:
        server.sealed.note(row.family_id, server.settings.refresh_grace)
    return _response(issued, new.token, min(refresh_lifetime(server, request.client), row.seconds_left))


@dataclass(frozen=True, slots=True)
class Successor:
    """The next refresh token and the access token that goes with it; `random` are the random bits of both."""

    token: RefreshToken
    random: bytes

    @property
    def access_random(self) -> bytes:
        return self.random[RANDOM_BYTES:]

    def sealed(self, presented: RefreshToken) -> bytes:
        return seal(presented.text, presented.handle_hash.hex(), self.random)


def _successor(presented: RefreshToken, random: bytes) -> Successor:
    return Successor(presented.successor(random[:RANDOM_BYTES]), random)


def _unsealed(presented: RefreshToken, sealed: bytes | None) -> Successor:
    random = unseal(presented.text, presented.handle_hash.hex(), sealed or b"")
    if random is None:
        raise InvalidGrant("the sealed successor cannot be opened", problem="refresh_superseded")
    return _successor(presented, random)


def _rotated(request: TokenRequest, db: Connection, token: RefreshToken, new: Successor) -> Any:
    """The row after the rotation; None if this is not the current token, or there would be nothing to give."""
    settings, keeps = request.server.settings, request.client.keeps_successor
    return sql.families.rotate(
        db,
        handle_hash=token.handle_hash,
        client_id=request.client.client_id,
        generation=token.generation,
        presented_hash=token.token_hash,
        with_credential=request.with_credential,
        scopes=_usable_scopes(request),
        resources=[resources.normalized(text) for text in request.parameters.all("resource")],
        current_hash=new.token.token_hash,
        sealed=new.sealed(token) if settings.refresh_grace or keeps else None,
        available_seconds=SUCCESSOR_KEPT if keeps else None,
        refresh_ttl=refresh_lifetime(request.server, request.client),
        max_age=settings.refresh_max_age,
    )


def _usable_scopes(request: TokenRequest) -> list[str]:
    """Those that are worth a token: offline_access alone is not."""
    requested = scopes.parse(request.parameters.get("scope"))
    return [scope for scope in request.client.scopes if requested is None or scope in requested]


def _charge_connection(request: TokenRequest, meter: Meter, token: RefreshToken) -> None:
    """Charge the family before it rotates, as a public client's token is in a user's hands."""
    with reading(request.server.database) as db:
        row = sql.families.find(db, handle_hash=token.handle_hash)
    if row is None or row.client_id != request.client.client_id:
        raise _unknown()
    if _judge(request, _family(request, row), token, row.now) is not Verdict.REUSE:
        # A thief must not hide by using up the limit first.
        meter.charge(row.family_id, row.subject)


def _unknown() -> InvalidGrant:
    return InvalidGrant("unknown refresh token, or another client's", problem="refresh_unknown")


def _issue(request: TokenRequest, family: Any, seconds_left: int, random: bytes) -> Issued:
    """An access token, not yet written; `family` is its row or record, which may live for `seconds_left` at most."""
    server, client, parameters = request.server, request.client, request.parameters
    return issue(
        family,
        client,
        family.epoch,
        scopes.narrow(family.scopes, scopes.parse(parameters.get("scope")), client.scopes),
        resources.narrow(family.resources, parameters.all("resource")),
        max(1, min(access_lifetime(server, client), seconds_left)),
        random,
    )


def _response(issued: Issued, successor: RefreshToken, refresh_expires_in: int) -> dict[str, Any]:
    return token_response(
        access_token=issued.text,
        expires_in=max(1, issued.token.expires_at - int(time.time())),
        scopes=issued.token.scopes,
        refresh_token=successor.text,
        refresh_expires_in=max(1, refresh_expires_in),
    )


# Tokens that did not rotate


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


def _judged(request: TokenRequest, db: Connection, token: RefreshToken, intent: bytes) -> _Outcome:
    client, repeated = request.client, None
    row = sql.families.lock(db, handle_hash=token.handle_hash, client_id=client.client_id)
    if row is None:
        raise _unknown()
    family = check_bound(_family(request, row), request.with_credential, row.now)
    verdict = _judge(request, family, token, row.now)
    if verdict is Verdict.REUSE:
        sql.families.end(db, family_id=family.family_id, reason="reused")
        user_id = sql.grants.user_of(db, grant_id=family.grant_id)
        audit(db, "family.reused", request.by, client_id=client.client_id, user_id=user_id)
    elif verdict is not Verdict.REFUSE:
        random = new_random_bytes()
        seconds_left = request.server.settings.refresh_max_age - int((row.now - family.created_at).total_seconds())
        new = _issue(request, family, seconds_left, random)  # or it says what is wrong with the request
        if verdict is Verdict.ROTATE:
            raise StoreUnavailable("PostgreSQL: the client or the family was just changed")
        repeated = _repeat(request, db, family, token, new, random, intent)
    return _Outcome(verdict, family, row.now, repeated)


def _repeat(
    request: TokenRequest,
    db: Connection,
    family: Family,
    presented: RefreshToken,
    new: Issued,
    random: bytes,
    intent: bytes,
) -> dict[str, Any]:
    """The successor again; its access token too, if that is good and what is requested, or else the `new` one.

    A record that is missing is not written again, as it may have been revoked.
    """
    successor, sealed = _unsealed(presented, family.sealed), None
    text = new_access_token(family.client_id, family.family_id, successor.access_random)
    last = request.server.tokens.find(text)
    if last is not None and _is_as_good_as(last, new.token):
        new = Issued(text, last)
    else:
        remember(request.server, request.meter, new, intent)
        sealed = Successor(successor.token, successor.random[:RANDOM_BYTES] + random).sealed(presented)
    sql.families.repeat(db, family_id=family.family_id, sealed=sealed)
    return _response(new, successor.token, int(family.expires_at.timestamp() - time.time()))


def _is_as_good_as(last: AccessToken, new: AccessToken) -> bool:
    """Its record in Redis stays for up to a second longer than the token works."""
    return last.expires_at > time.time() and (last.scopes, last.resources) == (new.scopes, new.resources)


def _family(request: TokenRequest, row: Any) -> Family:
    return family_record(row, request.server.settings.refresh_max_age)


def _judge(request: TokenRequest, family: Family, token: RefreshToken, now: datetime) -> Verdict:
    grace = timedelta(seconds=request.server.settings.refresh_grace)
    return token_request.judge(family, token, now, grace, keeps_successor=request.client.keeps_successor)
