"""The first administrator: a link that is printed at the start and works once."""

from __future__ import annotations

from oauthsrv.flows import accounts, links
from oauthsrv.flows.accounts import Account
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.sign_in import Browser, Entered, enter_new
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

__all__ = ["LinkSpent", "is_open", "link", "take"]


def link(server: Server) -> str | None:
    """The full address of a new link, which replaces older ones; None when there is an administrator."""
    with transaction(server.database) as db:
        sql.installation.lock(db)
        if sql.users.has_admin(db):
            return None
        sql.one_time_links.drop_all(db, purpose="first_admin")
        return links.make(server, db, "first_admin")


def is_open(server: Server, text: str) -> bool:
    if links.find(server, text, "first_admin") is None:
        return False
    with reading(server.database) as db:
        return not sql.users.has_admin(db)


def take(server: Server, text: str, account: Account, browser: Browser) -> Entered:
    """The first administrator's account, signed in. Raises LinkSpent; EmailTaken, Busy: then the link still works."""
    if not is_open(server, text):
        raise LinkSpent
    password_hash = server.passwords.hash(account.password, browser.counted)
    with transaction(server.database) as db:
        sql.installation.lock(db)
        links.take(db, text, "first_admin")
        if sql.users.has_admin(db):
            raise LinkSpent
        user_id = accounts.add(db, account, password_hash, by=browser.actor(), is_admin=True)
    return enter_new(server, user_id, browser)
