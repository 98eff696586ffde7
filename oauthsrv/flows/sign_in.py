"""Signing in and out: passwords checked under limits, sessions begun and ended (rule 13)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg2.extensions import connection as Connection

from oauthsrv.flows.accounts import Account, sign_up, why_no_email
from oauthsrv.flows.endings import Actor, audit
from oauthsrv.oauth.credentials import digest
from oauthsrv.passwords import MOST_BYTES
from oauthsrv.store import StoreUnavailable, limits, sessions
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.limits import Attempt
from oauthsrv.store.redis import RedisError
from oauthsrv.store.sessions import Session

if TYPE_CHECKING:
    from oauthsrv.server import Server

log = logging.getLogger(__name__)


class WrongCredentials(Exception):
    """One refusal for every cause: no such account, another password, a disabled account."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from."""

    address: str
    counted: str  # the address as limits count it
    secret: str = field(repr=False)  # of its cookie
    session: Session | None
    known: Mapping[str, str] = field(repr=False)  # its own id for each user that signed in with it before

    def actor(self, user_id: str | None = None) -> Actor:
        return Actor(user_id, self.address)


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that began: the new secret of the browser's cookie."""

    secret: str = field(repr=False)
    user_id: str


def sign_in(server: Server, email: str, password: str, browser: Browser) -> Entered:
    """Raises WrongCredentials, TooMany, Busy. Takes as long whether the account exists."""
    email = email.strip()
    # The address first: one that has used up its limit must not use up an account's.
    attempts = [Attempt("login_address", browser.counted)]
    limits.check(server.redis, *attempts)
    user: Any = None
    if why_no_email(email) is None:
        with reading(server.database) as db:
            user = sql.users.find_by_email(db, email=email)
    mark = browser.known.get(user.user_id) if user else None
    attempts.append(Attempt("login_browser", mark) if mark else Attempt("login_account", email.lower()))
    password_hash = user.password_hash if user and user.disabled_at is None else None
    began_at = None
    if checked(server, password, password_hash, browser.counted, attempts):
        with transaction(server.database) as db:
            if sql.users.lock_for_session(db, user_id=user.user_id, password_hash=password_hash):
                began_at = sql.users.clock(db)
                end_session(db, browser)
                audit(db, "user.signed_in", browser.actor(user.user_id), user_id=user.user_id)
    if began_at is None:
        with transaction(server.database) as db:
            audit(db, "user.sign_in_failed", browser.actor(), user_id=user.user_id if user else None)
        raise WrongCredentials
    return begin(server, user.user_id, began_at, browser)


def sign_up_and_in(server: Server, account: Account, browser: Browser, *, is_admin: bool = False) -> Entered:
    """Raises EmailTaken, TooMany, Busy."""
    user_id = sign_up(server, account, by=browser.actor(), counted=browser.counted, is_admin=is_admin)
    return enter_new(server, user_id, browser)


def enter_new(server: Server, user_id: str, browser: Browser) -> Entered:
    """The first session of an account that was made just now."""
    with transaction(server.database) as db:
        began_at = sql.users.clock(db)
        end_session(db, browser)
        audit(db, "user.signed_in", browser.actor(user_id), user_id=user_id)
    return begin(server, user_id, began_at, browser)


def sign_out(server: Server, browser: Browser) -> bool:
    """Whether it is in force already; recorded first, so that a Redis with older data cannot bring it back."""
    if browser.session is None:
        return True
    user_id = browser.session.user_id
    with transaction(server.database) as db:
        end_session(db, browser)
        audit(db, "user.signed_out", browser.actor(user_id), user_id=user_id)
    return struck(server, browser)


def sign_out_elsewhere(server: Server, browser: Browser) -> Entered | None:
    """Every session of this user ends, and this browser gets a new one; None if its own was ended meanwhile."""
    assert browser.session is not None
    user_id = browser.session.user_id
    with transaction(server.database) as db:
        ended_at = sql.users.end_other_sessions(db, user_id=user_id, session_began_at=browser.session.began_at)
        if ended_at is None:
            return None
        end_session(db, browser)
        audit(db, "user.signed_out", browser.actor(user_id), user_id=user_id, everywhere=True)
    return begin(server, user_id, just_after(ended_at), browser, browser.session)


def change_password(server: Server, old: str, new: str, browser: Browser) -> Entered:
    """Every session ends but this browser's, which gets a new one. Raises WrongCredentials, TooMany, Busy."""
    assert browser.session is not None
    user_id = browser.session.user_id
    old_hash = check_own_password(server, user_id, old, browser.counted)
    new_hash = server.passwords.hash(new, browser.counted)
    with transaction(server.database) as db:
        ended_at = sql.users.change_password(db, user_id=user_id, old_hash=old_hash, new_hash=new_hash)
        if ended_at is None:
            raise WrongCredentials
        end_session(db, browser)
        audit(db, "user.password_changed", browser.actor(user_id), user_id=user_id)
    now = datetime.now(UTC)
    began_at = just_after(ended_at)
    return begin(server, user_id, began_at, browser, Session(user_id, began_at, browser.session.auth_time, now))


def confirm(server: Server, password: str, browser: Browser) -> bool:
    """Whether this is the password of who is signed in; remembered for a while. Raises TooMany, Busy."""
    assert browser.session is not None
    try:
        check_own_password(server, browser.session.user_id, password, browser.counted)
    except WrongCredentials:
        return False
    sessions.confirm(server.redis, browser.secret, browser.session)
    return True


def check_own_password(server: Server, user_id: str, password: str, counted: str) -> str:
    """The hash it was checked against. Raises WrongCredentials, TooMany, Busy."""
    with reading(server.database) as db:
        password_hash: str | None = sql.users.password_hash_of(db, user_id=user_id)
    is_right = checked(server, password, password_hash, counted, [Attempt("confirm_user", user_id)])
    if not is_right or password_hash is None:
        raise WrongCredentials
    return password_hash


def checked(
    server: Server, password: str, password_hash: str | None, counted: str, attempts: Sequence[Attempt]
) -> bool:
    """Whether it is that password; a wrong one counts as these attempts."""
    limits.check(server.redis, *attempts)

    def count() -> Callable[[], None]:
        taken = limits.take(server.redis, *attempts)
        return lambda: limits.give_back(server.redis, *taken)

    # Nobody has a longer one, and digesting it would cost.
    is_possible = len(password) <= MOST_BYTES
    return server.passwords.verify(password[:MOST_BYTES], password_hash if is_possible else None, counted, count)


def begin(server: Server, user_id: str, began_at: datetime, browser: Browser, like: Session | None = None) -> Entered:
    """A new session under a new secret; the old one is struck (whoever calls has recorded its end)."""
    secret = secrets.token_urlsafe(32)
    too_many = sessions.remember(
        server.redis,
        secret,
        Session(
            user_id,
            began_at,
            auth_time=like.auth_time if like else began_at,
            confirmed_at=like.confirmed_at if like else began_at,
        ),
    )
    struck(server, browser)
    if too_many:
        end_oldest(server, user_id, too_many)
    return Entered(secret, user_id)


def end_oldest(server: Server, user_id: str, hashes: Sequence[bytes]) -> None:
    """Nobody has any number of sessions; recorded first, so that a Redis with older data cannot bring them back."""
    with transaction(server.database) as db:
        for key_hash in hashes:
            sql.ended_keys.add(db, key_hash=key_hash, kind="session", seconds=sessions.IDLE)
    sessions.strike(server.redis, user_id, *hashes)


def end_session(db: Connection, browser: Browser) -> None:
    if browser.session is not None:
        sql.ended_keys.add(db, key_hash=digest(browser.secret), kind="session", seconds=sessions.IDLE)


def struck(server: Server, browser: Browser) -> bool:
    if browser.session is None:
        return True
    try:
        sessions.strike(server.redis, browser.session.user_id, digest(browser.secret))
    except (StoreUnavailable, RedisError) as error:
        log.warning("the end of a session is recorded and not yet in force: %s", error)
        return False
    return True


def just_after(moment: datetime) -> datetime:
    """A session of this moment would count as ended at it."""
    return moment + timedelta(microseconds=1)
