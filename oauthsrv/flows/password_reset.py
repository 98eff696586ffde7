"""Resetting a forgotten password, with a one-time link made by an administrator or on the command line."""

from typing import Any

from oauthsrv.flows import links, revocations, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.browser_sessions import Browser
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import NotDone
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction


def make_link(server: Server, user_id: str, *, by: Actor) -> str:
    """Make a link that replaces older ones, and return its address. Raises NotDone if the account is disabled."""
    with transaction(server.database) as db:
        if rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id]).user(user_id).disabled:
            raise NotDone("This account is disabled. Enable it first.")
        sql.links.delete_of_user(db, user_id=user_id, purpose="password")
        address = links.make(server, db, "password", made_by=by.actor_id, user_id=user_id)
        audit(db, "user.reset_link_made", by, user_id=user_id)
    return address


def user_of_link(server: Server, text: str) -> Any:
    """The user whose password the link resets. Raises LinkSpent."""
    link = links.get(server, text, "password")
    with reading(server.database) as db:
        user = sql.users.find(db, user_id=link.user_id)
    if user is None or user.disabled_at is not None:
        raise LinkSpent
    return user


def reset(server: Server, text: str, password: str, browser: Browser, *, disconnects: bool) -> bool:
    """Set the password and end every session; if `disconnects`, revoke every app. True if that is in force already.

    Raises LinkSpent, also if the link's maker is no longer an administrator; Busy: then the link still works.
    """
    link = links.get(server, text, "password")
    password_hash = server.passwords.hash(password, browser.counted)
    maker = Actor(link.made_by)
    started: revocations.UserRevocation | None = None
    with transaction(server.database) as db:
        locked = rights.lock(db, maker, users=[link.user_id])
        links.take(db, text, "password")
        if locked.user(link.user_id).disabled or locked.role(maker) is not Role.ADMINISTRATOR:
            raise LinkSpent
        sql.users.set_password(db, user_id=link.user_id, password_hash=password_hash)
        sql.links.delete_of_user(db, user_id=link.user_id, purpose="password")
        more = {"apps": "disconnected"} if disconnects else {}
        audit(db, "user.password_reset", browser.actor(), user_id=link.user_id, **more)
        if disconnects:
            started = revocations.start_of_user(db, link.user_id, "user")
    return started is None or revocations.finish_of_user(server, started)
