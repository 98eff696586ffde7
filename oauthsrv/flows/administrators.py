"""Adding and removing administrators; the last one always stays. The link for the first one."""

from typing import Any

from oauthsrv.flows import accounts, links, rights
from oauthsrv.flows.accounts import Account
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.browser_sessions import Browser, NewSession, start_first
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import LastAdministrator, NotDone
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction


class AnotherAccount(Exception):
    """The link is for another account."""


def invite(server: Server, user_id: str, *, by: Actor) -> str:
    """Make a one-time link with which this user becomes an administrator, and return its address. Older links end.

    Having the account proves nothing, as its email was not verified. Raises NotDone.
    """
    with transaction(server.database) as db:
        user = rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id]).user(user_id)
        if user.disabled:
            raise NotDone("A disabled account can’t become an administrator. Enable it first.")
        if user.is_admin:
            raise NotDone("This user already is an administrator.")
        sql.links.delete_of_user(db, user_id=user_id, purpose="administrator")
        address = links.make(server, db, "administrator", made_by=by.actor_id, user_id=user_id)
        audit(db, "user.admin_invited", by, user_id=user_id)
    return address


def check_link(server: Server, text: str, user_id: str) -> None:
    """Raises LinkSpent, or AnotherAccount if the link is for another user."""
    if links.get(server, text, "administrator").user_id != user_id:
        raise AnotherAccount


def accept(server: Server, text: str, *, by: Actor) -> None:
    """Make the signed-in holder of the link an administrator. Raises LinkSpent, AnotherAccount.

    Whoever made the link must still be an administrator.
    """
    link = links.get(server, text, "administrator")
    maker = Actor(link.made_by)
    if link.user_id != by.actor_id:
        raise AnotherAccount
    with transaction(server.database) as db:
        locked = rights.lock(db, by, users=[link.made_by])
        links.take(db, text, "administrator")
        if locked.user(link.user_id).disabled or locked.role(maker) is not Role.ADMINISTRATOR:
            raise LinkSpent
        if sql.users.set_admin(db, user_id=link.user_id, is_admin=True):
            inviter = locked.user(link.made_by).email if link.made_by else "the command line"
            audit(db, "user.made_admin", by, user_id=link.user_id, invited_by=inviter)


def remove_admin(server: Server, user_id: str, *, by: Actor) -> None:
    with transaction(server.database) as db:
        locked = rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id], administrators=True)
        if locked.user(user_id) and locked.is_last_administrator(user_id):
            raise LastAdministrator
        sql.links.delete_of_user(db, user_id=user_id, purpose="administrator")
        if sql.users.set_admin(db, user_id=user_id, is_admin=False):
            audit(db, "user.admin_removed", by, user_id=user_id)


def check_not_last(server: Server, user: Any) -> None:
    """Refuse early, before the page asks for confirmation; the change itself checks again under the lock."""
    with reading(server.database) as db:
        if user.is_admin and all(row.user_id == user.user_id for row in sql.users.administrators(db)):
            raise LastAdministrator


def first_link(server: Server) -> str | None:
    """The full address of a new link, which replaces older ones; None if there is an administrator."""
    with transaction(server.database) as db:
        sql.installation.lock(db)
        if sql.users.has_admin(db):
            return None
        sql.links.delete_all(db, purpose="first_admin")
        return links.make(server, db, "first_admin")


def is_first_link_valid(server: Server, text: str) -> bool:
    if links.find(server, text, "first_admin") is None:
        return False
    with reading(server.database) as db:
        return not sql.users.has_admin(db)


def accept_first(server: Server, text: str, account: Account, browser: Browser) -> NewSession:
    """Create the first administrator, signed in. Raises LinkSpent; EmailTaken, Busy: then the link still works."""
    if not is_first_link_valid(server, text):
        raise LinkSpent
    password_hash = server.passwords.hash(account.password, browser.counted)
    with transaction(server.database) as db:
        sql.installation.lock(db)
        links.take(db, text, "first_admin")
        if sql.users.has_admin(db):
            raise LinkSpent
        user_id = accounts.add(db, account, password_hash, by=browser.actor(), is_admin=True)
    return start_first(server, user_id, browser)
