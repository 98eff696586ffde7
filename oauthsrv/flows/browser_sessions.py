"""Browser sessions: how one begins, and how it ends, alone or with all others of its user (rule 13)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import in_force
from oauthsrv.flows.refusals import NotFound
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.sessions import Session


class SessionEnded(Exception):
    """The session was ended from another browser or by an administrator: nothing is done in its name."""


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
    """A session that just began, with the new secret of the browser's cookie."""

    secret: str = field(repr=False)
    user_id: str


def start_first(server: Server, user_id: str, browser: Browser) -> NewSession:
    """Begin the first session of an account that was just created."""
    with transaction(server.database) as db:
        session = first_session(db, user_id, browser)
    return begin(server, session, browser)


def first_session(db: Connection, user_id: str, browser: Browser) -> Session:
    """Record a sign-in, and return its session; the browser's previous one ends."""
    now = sql.deadlines.clock(db)
    end_session(db, browser)
    audit(db, "user.signed_in", browser.actor(user_id), user_id=user_id, browser=browser.name)
    return Session(user_id, now, now, now, browser.name, browser.address)


def begin(server: Server, session: Session, browser: Browser) -> NewSession:
    """Begin a session under a new secret, and delete the browser's old one, whose end was recorded."""
    secret = secrets.token_urlsafe(32)
    too_many = sessions.remember(server.redis, secret, session)
    delete_own(server, browser)
    if too_many:
        end_oldest(server, session.user_id, too_many)
    return NewSession(secret, session.user_id)


def end_oldest(server: Server, user_id: str, hashes: Sequence[bytes]) -> None:
    """End the oldest sessions of a user with too many. Recorded first, or restored Redis data would revive them."""
    with transaction(server.database) as db:
        for key_hash in hashes:
            note_ended(db, key_hash)
    sessions.delete(server.redis, user_id, *hashes)


def sign_out(server: Server, browser: Browser) -> bool:
    """End this browser's session; True if in force. Recorded first, or restored Redis data would revive it."""
    if browser.session is None:
        return True
    user_id = browser.session.user_id
    with transaction(server.database) as db:
        end_session(db, browser)
        audit(db, "user.signed_out", browser.actor(user_id), user_id=user_id)
    return delete_own(server, browser)


def sign_out_elsewhere(server: Server, browser: Browser) -> NewSession:
    """End every session of this user, and give this browser a new one. Raises SessionEnded."""
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
    """End a session that this user has in another browser; True if that is in force already. Raises NotFound."""
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


def end_session(db: Connection, browser: Browser) -> bool:
    """Record the end of the browser's session; False if there is none, or it had been ended before."""
    return browser.session is not None and note_ended(db, digest(browser.secret))


def note_ended(db: Connection, key_hash: bytes) -> bool:
    return bool(sql.ended_keys.add(db, key_hash=key_hash, kind="session", seconds=sessions.IDLE))


def delete_own(server: Server, browser: Browser) -> bool:
    """Delete the browser's session, whose end was recorded; True if that is in force."""
    return browser.session is None or delete(server, browser.session.user_id, digest(browser.secret))


def delete(server: Server, user_id: str, key_hash: bytes) -> bool:
    return in_force(lambda: sessions.delete(server.redis, user_id, key_hash))


def just_after(moment: datetime) -> datetime:
    """A moment slightly later, so that sessions that began at `moment` itself count as ended too."""
    return moment + timedelta(microseconds=1)
