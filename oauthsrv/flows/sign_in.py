"""Signing in and out: passwords checked under limits, sessions begun and ended (rule 13)."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from oauthsrv.addresses import counted_network
from oauthsrv.flows import revocations
from oauthsrv.flows.accounts import Account, email_problem, sign_up
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import in_force
from oauthsrv.flows.refusals import FieldsRefused, NotFound
from oauthsrv.oauth.credentials import digest
from oauthsrv.passwords.queue import Standing
from oauthsrv.passwords.rules import MOST_BYTES
from oauthsrv.server import Server
from oauthsrv.store import limits, sessions
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.limits import Attempt, Window
from oauthsrv.store.sessions import Session

# An address with a twentieth of the failures that its limit allows is suspect: others are served first.
SUSPECT_PART = 20


class WrongCredentials(FieldsRefused):
    """One refusal for every cause: no such account, another password, a disabled account."""

    def __init__(self) -> None:
        super().__init__({"": ["Wrong email or password, or the account is disabled. Check both and try again."]})


class SessionEnded(Exception):
    """The session was ended meanwhile, from another browser or by an administrator: nothing is done in its name."""


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser from which a person signs in."""

    address: str
    counted: str  # the address as limits count it
    secret: str = field(repr=False)  # of its cookie
    session: Session | None
    known: Mapping[str, str] = field(repr=False)  # its id for each user that signed in with it before
    name: str = ""  # as people know it: "Firefox on Windows"

    def actor(self, user_id: str | None = None) -> Actor:
        return Actor(user_id, self.address)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that began, with the new secret of the browser's cookie."""

    secret: str = field(repr=False)
    user_id: str


def sign_in(server: Server, email: str, password: str, browser: Browser) -> NewSession:
    """Raises WrongCredentials, TooMany, Busy. Takes equally long whether or not the account exists."""
    email = email.strip()
    user: Any = find_user(server, email) if browser.known else None
    mark = browser.known.get(user.user_id) if user else None
    if mark:
        # Failures of others, at its address or on its account, don't block a browser that is known.
        attempts, standing = [Attempt("login_browser", mark)], Standing.KNOWN
    else:
        # The address first: one that has used up its limit must not use up an account's.
        attempts = of_address(browser.counted)
        standing = standing_of(limits.check(server.redis, *attempts))
        attempts.append(Attempt("login_account", email.lower()))
        user = user or find_user(server, email)
    password_hash = user.password_hash if user and user.disabled_at is None else None
    session = None
    account = user.user_id if user else email.lower()
    if checked(server, password, password_hash, browser.counted, attempts, account=account, standing=standing):
        with transaction(server.database) as db:
            if sql.users.lock_for_session(db, user_id=user.user_id, password_hash=password_hash):
                session = first_session(db, user.user_id, browser)
    if session is None:
        with transaction(server.database) as db:
            user_id = user.user_id if user else None
            audit(db, "user.sign_in_failed", browser.actor(), user_id=user_id, browser=browser.name)
        raise WrongCredentials
    return begin(server, session, browser)


def find_user(server: Server, email: str) -> Any:
    """The user with that email, or None."""
    if email_problem(email) is not None:
        return None
    with reading(server.database) as db:
        return sql.users.find_by_email(db, email=email)


def of_address(counted: str) -> list[Attempt]:
    attempts = [Attempt("login_address", counted)]
    if (network := counted_network(counted)) != counted:
        attempts.append(Attempt("login_network", network))
    return attempts


def standing_of(windows: Iterable[Window]) -> Standing:
    has_failed = any(window.counted >= window.most // SUSPECT_PART for window in windows)
    return Standing.SUSPECT if has_failed else Standing.NEW


def sign_up_and_in(server: Server, account: Account, browser: Browser) -> NewSession:
    """Raises EmailTaken, TooMany, Busy."""
    user_id = sign_up(server, account, by=browser.actor(), counted=browser.counted)
    return start_first(server, user_id, browser)


def start_first(server: Server, user_id: str, browser: Browser) -> NewSession:
    """The first session of an account that was made just now."""
    with transaction(server.database) as db:
        session = first_session(db, user_id, browser)
    return begin(server, session, browser)


def sign_out(server: Server, browser: Browser) -> bool:
    """Returns whether it is in force already. Recorded first, so that a Redis with older data cannot bring it back."""
    if browser.session is None:
        return True
    user_id = browser.session.user_id
    with transaction(server.database) as db:
        end_session(db, browser)
        audit(db, "user.signed_out", browser.actor(user_id), user_id=user_id)
    return delete_own(server, browser)


def sign_out_elsewhere(server: Server, browser: Browser) -> NewSession:
    """Every session of this user ends, and this browser gets a new one. Raises SessionEnded."""
    assert browser.session is not None
    user_id = browser.session.user_id
    with transaction(server.database) as db:
        ended_at = sql.users.end_other_sessions(db, user_id=user_id, session_began_at=browser.session.began_at)
        # If this session was ended too, it gets no successor, even if Redis still has it.
        if ended_at is None or not end_session(db, browser):
            raise SessionEnded
        audit(db, "user.signed_out", browser.actor(user_id), user_id=user_id, everywhere=True)
    return begin(server, replace(browser.session, began_at=just_after(ended_at)), browser)


def end_other(server: Server, session_id: str, browser: Browser) -> bool:
    """A session of this user in another browser ends; whether it is in force already. Raises NotFound."""
    assert browser.session is not None
    user_id = browser.session.user_id
    others = (one for one in sessions.of_user(server.redis, user_id) if one.key_hash != digest(browser.secret))
    found = next((one for one in others if one.session_id == session_id), None)
    if found is None:
        raise NotFound(session_id)
    with transaction(server.database) as db:
        if note_ended(db, found.key_hash):
            ended = found.session.browser
            audit(db, "user.session_ended", browser.actor(user_id), user_id=user_id, ended=ended)
    return delete(server, user_id, found.key_hash)


def change_password(
    server: Server, old: str, new: str, browser: Browser, *, disconnects: bool = False
) -> tuple[NewSession, bool]:
    """Every session ends but this browser's, which gets a new one; every app is disconnected too if `disconnects`.

    Also whether all of it is in force already. Links to reset the password stop working.
    Raises WrongCredentials, SessionEnded, TooMany, Busy.
    """
    assert browser.session is not None
    user_id = browser.session.user_id
    old_hash = check_own_password(server, user_id, old, browser.counted)
    new_hash = server.passwords.hash(new, browser.counted, Standing.KNOWN)
    with transaction(server.database) as db:
        ended_at = sql.users.change_password(db, user_id=user_id, old_hash=old_hash, new_hash=new_hash)
        if ended_at is None:
            raise WrongCredentials
        if not end_session(db, browser):
            raise SessionEnded
        sql.links.delete_of_user(db, user_id=user_id, purpose="password")
        started = revocations.start_of_user(db, user_id, "user") if disconnects else None
        more = {"apps": "disconnected"} if disconnects else {}
        audit(db, "user.password_changed", browser.actor(user_id), user_id=user_id, **more)
    is_done = started is None or revocations.finish_of_user(server, started)
    successor = replace(browser.session, began_at=just_after(ended_at), confirmed_at=datetime.now(UTC))
    return begin(server, successor, browser), is_done


def confirm(server: Server, password: str, browser: Browser) -> bool:
    """Whether this is the password of the signed-in user; if so, remember that for a while. Raises TooMany, Busy."""
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
    attempts = [Attempt("confirm_user", user_id)]
    is_right = checked(server, password, password_hash, counted, attempts, account=user_id, standing=Standing.KNOWN)
    if not is_right or password_hash is None:
        raise WrongCredentials
    return password_hash


def checked(
    server: Server,
    password: str,
    password_hash: str | None,
    counted: str,
    attempts: Sequence[Attempt],
    *,
    account: str,
    standing: Standing,
) -> bool:
    """Whether the password is right. A wrong one counts as `attempts`, a right one against the limit of `account`."""
    right = Attempt("password_user", account)
    limits.check(server.redis, *attempts, right)

    def count() -> Callable[[], None]:
        taken = limits.take(server.redis, *attempts)

        def was_right() -> None:
            limits.give_back(server.redis, *taken)
            limits.count(server.redis, right)

        return was_right

    # No stored password is longer, and hashing a long text takes time.
    is_possible = len(password) <= MOST_BYTES
    password_hash = password_hash if is_possible else None
    return server.passwords.verify(password[:MOST_BYTES], password_hash, counted, count, standing)


def first_session(db: Connection, user_id: str, browser: Browser) -> Session:
    """The session of a sign-in just now; the browser's former one ends."""
    now = sql.deadlines.clock(db)
    end_session(db, browser)
    audit(db, "user.signed_in", browser.actor(user_id), user_id=user_id, browser=browser.name)
    return Session(user_id, now, now, now, browser.name, browser.address)


def begin(server: Server, session: Session, browser: Browser) -> NewSession:
    """A new session under a new secret; the browser's old one, whose end was recorded, is deleted."""
    secret = secrets.token_urlsafe(32)
    too_many = sessions.remember(server.redis, secret, session)
    delete_own(server, browser)
    if too_many:
        end_oldest(server, session.user_id, too_many)
    return NewSession(secret, session.user_id)


def end_oldest(server: Server, user_id: str, hashes: Sequence[bytes]) -> None:
    """For a user with too many; recorded first, so that a Redis with older data cannot bring them back."""
    with transaction(server.database) as db:
        for key_hash in hashes:
            note_ended(db, key_hash)
    sessions.delete(server.redis, user_id, *hashes)


def end_session(db: Connection, browser: Browser) -> bool:
    """Whether it ends now, and had not been ended before."""
    return browser.session is not None and note_ended(db, digest(browser.secret))


def note_ended(db: Connection, key_hash: bytes) -> bool:
    return bool(sql.ended_keys.add(db, key_hash=key_hash, kind="session", seconds=sessions.IDLE))


def delete_own(server: Server, browser: Browser) -> bool:
    """Whether the end of the browser's session, which was recorded, is in force."""
    return browser.session is None or delete(server, browser.session.user_id, digest(browser.secret))


def delete(server: Server, user_id: str, key_hash: bytes) -> bool:
    return in_force(lambda: sessions.delete(server.redis, user_id, key_hash))


def just_after(moment: datetime) -> datetime:
    """Sessions that began at the moment when others were ended count as ended too."""
    return moment + timedelta(microseconds=1)
