"""One-time links: an address with a secret, given to a person; a POST on its page spends it (rule 1)."""

import re
import secrets
from typing import Any, Literal

from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql

Purpose = Literal["first_admin", "team", "administrator", "password"]

DAY = 24 * 3600  # seconds

# Purpose → its page, and how many seconds a link works. The secret is in the query, as logs hold paths without queries.
PURPOSES: dict[Purpose, tuple[str, int]] = {
    "first_admin": ("/welcome", DAY),
    "team": ("/developer/join", 7 * DAY),
    "administrator": ("/account/administrator", DAY),
    "password": ("/reset", 3600),
}
LINK = re.compile(r"lnk_[A-Za-z0-9_-]{43}\Z")


class LinkSpent(Exception):
    """The link was used, replaced or withdrawn, or it expired; or its maker may no longer make such links."""


def make(
    server: Server,
    db: Connection,
    purpose: Purpose,
    *,
    made_by: str | None = None,
    user_id: str | None = None,
    client_id: str | None = None,
    email: str | None = None,
    seconds: int | None = None,
) -> str:
    """Make a link that works for `seconds`; the address can be shown only now, as only its hash is stored."""
    text = "lnk_" + secrets.token_urlsafe(32)
    page, usual = PURPOSES[purpose]
    sql.links.add(
        db,
        link_hash=digest(text),
        purpose=purpose,
        seconds=seconds or usual,
        user_id=user_id,
        client_id=client_id,
        email=email,
        made_by=made_by,
    )
    return f"{server.settings.issuer}{page}?link={text}"


def find(server: Server, text: str, purpose: Purpose) -> Any:
    """The row of a working link, or None. Opening a link doesn't spend it, as mail scanners open links too."""
    if not LINK.match(text):
        return None
    with reading(server.database) as db:
        return sql.links.find(db, link_hash=digest(text), purpose=purpose)


def get(server: Server, text: str, purpose: Purpose) -> Any:
    """Raises LinkSpent."""
    link = find(server, text, purpose)
    if link is None:
        raise LinkSpent
    return link


def take(db: Connection, text: str, purpose: Purpose) -> None:
    """Spend a link. Raises LinkSpent; if several requests race, one succeeds."""
    if sql.links.take(db, link_hash=digest(text), purpose=purpose) is None:
        raise LinkSpent
