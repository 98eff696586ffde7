"""Tokens for a code, and tokens for a refresh token (RFC 6749 §4.1.3, §6; rule 2, rule 5, rule 9).

Both write the access token to Redis inside the transaction that decides, before it commits: the
ending of the family waits for that transaction and strikes afterwards, and whoever repeats the
request finds what the first one wrote.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import families_revoked
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
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AccessToken, AuthorizationCode, Client, Family
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.oauth.token_request import Verdict, check_code, token_response
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.authorization import find_code
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.families import family_record
from oauthsrv.store.tokens import NEW_FAMILY, PROLONG, MarkerMissing

log = logging.getLogger(__name__)

FAMILIES_PER_GRANT = 50

# Called with a connection, or a code, and its subject once a request has shown to hold one of the client's own; may
# raise to refuse the request, which then has no effect.
Charge = Callable[[str, str | None], None]


def free(_connection: str, _subject: str | None) -> None:
    """Charges nobody."""


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token as it was given out."""

    text: str
    token: AccessToken


def exchange_code(
    server: Server, client: Client, parameters: Parameters, *, by: Actor, charge: Charge = free
) -> dict[str, Any]:
    """A code's first valid use makes a family; a later valid use ends it."""
    text = parameters.require("code")
    code = find_code(server.redis, text) if is_code(text) else None
    if code is None:
        raise InvalidGrant("unknown or expired code", problem="code_unknown")
    check_code(code, client, parameters)
    charge(digest(text).hex(), code.subject)
    granted = scopes.narrow(code.scopes, None, client.scopes)
    asked = resources.narrow(code.resources, parameters.all("resource"))
    refresh = new_refresh_token()
    with transaction(server.database) as db:
        grant = _lock_grant(db, code)
        issued = _first(server, code, grant.epoch if grant else 0, granted, asked)
        is_first = grant is not None and _add_family(server, db, code, digest(text), refresh, issued, by)
        if is_first:
            server.tokens.remember(issued.text, issued.token, _access_lifetime(server), NEW_FAMILY)
        else:
            replayed = _end_replayed(db, code, digest(text), by)
    if not is_first:
        families_revoked(server, replayed)
        if grant is None and not replayed:
            raise InvalidGrant("its grant or the user's sessions were ended since", problem="grant_ended")
        raise InvalidGrant("the code was used before", problem="code_used")
    trim(server, code.grant_id)
    return token_response(
        access_token=issued.text, expires_in=_access_lifetime(server), scopes=granted, refresh_token=refresh.text
    )


def refresh(
    server: Server, client: Client, parameters: Parameters, *, by: Actor, charge: Charge = free
) -> dict[str, Any]:
    """Rotate, or repeat the rotation just done, or refuse; a token used again after that ends its family."""
    token = parse_refresh_token(parameters.require("refresh_token"))
    if token is None:
        raise InvalidGrant("not a refresh token of ours", problem="refresh_unknown")
    row = _own_family(server, client, token)
    if _judge(server, row, token) is not Verdict.REUSE:  # a thief must not hide by using up the limit first
        charge(row.family_id, row.subject)
    try:
        return _refresh(server, client, parameters, token, by, PROLONG)
    except MarkerMissing:  # unused for long, or Redis was emptied; nothing is spent yet
        return _refresh(server, client, parameters, token, by, server.tokens.intend(row.family_id))


def _refresh(
    server: Server, client: Client, parameters: Parameters, token: RefreshToken, by: Actor, intent: bytes
) -> dict[str, Any]:
    with transaction(server.database) as db:
        row = sql.families.lock(db, handle_hash=token.handle_hash)
        if row is None:  # purged just now
            raise InvalidGrant("unknown refresh token", problem="refresh_unknown")
        family = family_record(row, server.settings.refresh_max_age)
        verdict = _judge(server, row, token)
        if verdict is Verdict.REUSE:
            sql.families.end(db, family_id=family.family_id, reason="reused")
            user_id = sql.grants.user_of(db, grant_id=family.grant_id)
            audit(db, "family.reused", by, client_id=client.client_id, user_id=user_id)
        elif verdict is not Verdict.REFUSE:
            granted = scopes.narrow(family.scopes, scopes.parse(parameters.get("scope")), client.scopes)
            asked = resources.narrow(family.resources, parameters.all("resource"))
            turn = _Turn(server, db, family, token, granted, asked, row.now, intent)
            answer = turn.rotate() if verdict is Verdict.ROTATE else turn.repeat()
    if verdict is Verdict.REUSE:
        families_revoked(server, [family.family_id])
        raise InvalidGrant("a superseded refresh token was used again: its family has ended", problem="refresh_reused")
    if verdict is Verdict.REFUSE:
        raise InvalidGrant(
            "ended, expired, or superseded a moment ago",
            problem="refresh_ended" if family.is_over(row.now) else "refresh_superseded",
        )
    return answer


def _judge(server: Server, row: Any, token: RefreshToken) -> Verdict:
    grace = timedelta(seconds=server.settings.refresh_grace)
    return token_request.judge(family_record(row, server.settings.refresh_max_age), token, row.now, grace)


def _own_family(server: Server, client: Client, token: RefreshToken) -> Any:
    """The family that the token names, if it is this client's; nothing is locked yet."""
    with reading(server.database) as db:
        row = sql.families.find(db, handle_hash=token.handle_hash)
    if row is None or row.client_id != client.client_id:
        raise InvalidGrant("unknown refresh token, or another client's", problem="refresh_unknown")
    return row


@dataclass(frozen=True, slots=True)
class _Turn:
    """One refresh of a family whose row this transaction holds, and found living."""

    server: Server
    db: Connection
    family: Family
    presented: RefreshToken
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    now: datetime
    intent: bytes

    def rotate(self) -> dict[str, Any]:
        settings = self.server.settings
        successor = self.presented.successor()
        issued = self._issue()
        sql.families.rotate(
            self.db,
            family_id=self.family.family_id,
            generation=successor.generation,
            current_hash=successor.token_hash,
            previous_hash=self.presented.token_hash,
            rotations=list(token_request.rotations_kept((self.now, *self.family.rotations), self.now)),
            sealed=self._sealed(successor.text, issued) if settings.refresh_grace else None,
            access_tokens=self._kept_with(issued),
            now=self.now,
            refresh_ttl=settings.refresh_ttl,
            max_age=settings.refresh_max_age,
        )
        self.server.sealed.note(self.family.family_id, settings.refresh_grace)
        return self._answer(issued, successor.text)

    def repeat(self) -> dict[str, Any]:
        """The successor again; its access token too, unless that is over or other scopes are asked for."""
        opened = unseal(self.presented.text, self.family.family_id, self.family.sealed or b"")
        if opened is None:
            raise InvalidGrant("the sealed successor cannot be opened", problem="refresh_superseded")
        kept = orjson.loads(opened)
        token = self._token(kept["iat"], kept["exp"])
        issued = Issued(kept["access_token"], token)
        same = (tuple(kept["scopes"]), tuple(kept["resources"])) == (self.scopes, self.resources)
        is_over = token.expires_at <= time.time()  # its record in Redis stays for up to a second more
        if is_over or not same or not self.server.tokens.lives(issued.text, self.family.family_id):
            issued = self._issue()
            sql.families.seal(
                self.db,
                family_id=self.family.family_id,
                sealed=self._sealed(kept["refresh_token"], issued),
                access_tokens=self._kept_with(issued),
            )
        return self._answer(issued, kept["refresh_token"])

    def _issue(self) -> Issued:
        """Never beyond the life of the family itself."""
        remaining = int((self.family.created_at - self.now).total_seconds()) + self.server.settings.refresh_max_age
        lifetime = max(1, min(_access_lifetime(self.server), remaining))
        now = int(time.time())
        token = self._token(now, now + lifetime)
        issued = Issued(new_access_token(self.family.client_id, self.family.family_id), token)
        _, ended = token_request.supersede(self.family.access_tokens, token_request.entry(issued.text, token))
        self.server.tokens.remember(issued.text, token, lifetime, self.intent, ended)
        return issued

    def _token(self, issued_at: int, expires_at: int) -> AccessToken:
        family = self.family
        return _token(family, family.family_id, self.scopes, self.resources, issued_at, expires_at, family.epoch)

    def _kept_with(self, issued: Issued) -> list[bytes]:
        return token_request.supersede(self.family.access_tokens, token_request.entry(issued.text, issued.token))[0]

    def _sealed(self, successor: str, issued: Issued) -> bytes:
        return seal(
            self.presented.text,
            self.family.family_id,
            orjson.dumps(
                {
                    "refresh_token": successor,
                    "access_token": issued.text,
                    "scopes": issued.token.scopes,
                    "resources": issued.token.resources,
                    "iat": issued.token.issued_at,
                    "exp": issued.token.expires_at,
                }
            ),
        )

    def _answer(self, issued: Issued, refresh_token: str) -> dict[str, Any]:
        return token_response(
            access_token=issued.text,
            expires_in=max(1, issued.token.expires_at - int(time.time())),
            scopes=issued.token.scopes,
            refresh_token=refresh_token,
        )


def _lock_grant(db: Connection, code: AuthorizationCode) -> Any:
    """The grant of the code, which nobody ends before this transaction does, or None if the code died with it.

    Its user is locked first: a password that was changed since ends the code too (rule 2).
    """
    user_id = sql.users.lock_for_family(db, subject=code.subject, session_began_at=code.session_began_at)
    return user_id and sql.grants.lock(db, grant_id=code.grant_id, user_id=user_id)


def _add_family(
    server: Server,
    db: Connection,
    code: AuthorizationCode,
    code_hash: bytes,
    refresh: RefreshToken,
    issued: Issued,
    by: Actor,
) -> bool:
    """Whether this was the code's first use."""
    added = sql.families.add(
        db,
        family_id=issued.token.family_id,
        grant_id=code.grant_id,
        epoch=issued.token.epoch,
        client_id=code.client_id,
        subject=code.subject,
        scopes=list(code.scopes),
        resources=list(code.resources),
        code_hash=code_hash,
        handle_hash=refresh.handle_hash,
        current_hash=refresh.token_hash,
        access_tokens=[token_request.entry(issued.text, issued.token)],
        browser=code.browser,
        address=by.address,
        refresh_ttl=server.settings.refresh_ttl,
        max_age=server.settings.refresh_max_age,
    )
    return added is not None


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


def _end_replayed(db: Connection, code: AuthorizationCode, code_hash: bytes, by: Actor) -> list[str]:
    """Whoever comes second may be the thief or the victim: neither keeps anything (RFC 6749 §4.1.2)."""
    ended = sql.families.end_by_code(db, code_hash=code_hash, reason="code_replayed")
    if ended is None:
        return []
    user_id = sql.grants.user_of(db, grant_id=code.grant_id)
    audit(db, "family.code_replayed", by, client_id=code.client_id, user_id=user_id)
    return [ended.family_id]


def _access_lifetime(server: Server) -> int:
    """In seconds: an access token that outlived its family would be struck before the time it was told."""
    settings = server.settings
    return min(settings.access_ttl, settings.refresh_ttl, settings.refresh_max_age)


def _first(
    server: Server, code: AuthorizationCode, epoch: int, granted: tuple[str, ...], asked: tuple[str, ...]
) -> Issued:
    """The access token of a new family, not yet written anywhere."""
    now, family_id = int(time.time()), new_family_id()
    token = _token(code, family_id, granted, asked, now, now + _access_lifetime(server), epoch)
    return Issued(new_access_token(code.client_id, family_id), token)


def _token(
    of: AuthorizationCode | Family,
    family_id: str,
    granted: tuple[str, ...],
    asked: tuple[str, ...],
    issued_at: int,
    expires_at: int,
    epoch: int,
) -> AccessToken:
    return AccessToken(
        client_id=of.client_id,
        family_id=family_id,
        grant_id=of.grant_id,
        subject=of.subject,
        scopes=granted,
        resources=asked,
        issued_at=issued_at,
        expires_at=expires_at,
        epoch=epoch,
    )
