"""The first administrator: a link that is printed at the start and works once."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from oauthsrv.flows import accounts
from oauthsrv.flows.accounts import Account
from oauthsrv.flows.sign_in import Browser, Entered, enter_new
from oauthsrv.oauth.credentials import digest
from oauthsrv.store.database import reading, sql, transaction

if TYPE_CHECKING:
    from oauthsrv.server import Server

PURPOSE = "first_admin"
SECONDS = 24 * 3600
LINK = re.compile(r"lnk_[A-Za-z0-9_-]{43}\Z")


class LinkSpent(Exception):
    """The link was used, is too old, was replaced by a newer one, or there is an administrator."""


def link(server: Server) -> str | None:
    """The full address of a new link, which replaces older ones; None when there is an administrator."""
    text = "lnk_" + secrets.token_urlsafe(32)
    with transaction(server.database) as db:
        sql.installation.lock(db)
        if sql.users.has_admin(db):
            return None
        sql.one_time_links.drop_all(db, purpose=PURPOSE)
        sql.one_time_links.add(db, link_hash=digest(text), purpose=PURPOSE, seconds=SECONDS)
    # In the query, as logs hold paths and never queries.
    return f"{server.settings.issuer}/welcome?link={text}"


def is_open(server: Server, text: str) -> bool:
    if not LINK.match(text):
        return False
    with reading(server.database) as db:
        is_known = sql.one_time_links.is_open(db, link_hash=digest(text), purpose=PURPOSE)
        return is_known and not sql.users.has_admin(db)


def take(server: Server, text: str, account: Account, browser: Browser) -> Entered:
    """The first administrator's account, signed in. Raises LinkSpent; EmailTaken, Busy: then the link still works."""
    if not is_open(server, text):
        raise LinkSpent
    password_hash = server.passwords.hash(account.password, browser.counted)
    with transaction(server.database) as db:
        sql.installation.lock(db)
        if sql.one_time_links.take(db, link_hash=digest(text), purpose=PURPOSE) is None or sql.users.has_admin(db):
            raise LinkSpent
        user_id = accounts.add(db, account, password_hash, by=browser.actor(), is_admin=True)
    return enter_new(server, user_id, browser)
