"""Initial access tokens, made and handed out by administrators: with one, clients can register (RFC 7591 §1.2)."""

import re
from dataclasses import dataclass

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients.fields import check_name
from oauthsrv.flows.fields import BOX, TEXT, Checking, row
from oauthsrv.flows.refusals import NotDone
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.credentials import digest, is_registration_token, new_registration_token
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

DAYS_MAX = 3650
MOST = 1000


def check_days(text: str, checking: Checking) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not 1 <= int(text) <= DAYS_MAX:
        checking.problems.add("days", f"Enter a whole number from 1 to {DAYS_MAX:,}.")
        return 1
    return int(text)


@dataclass(frozen=True)
class NewToken:
    """`approves`: where apps are reviewed, those registered with it are approved."""

    name: str = row("Name", TEXT, check_name)
    days: int = row("Works for", TEXT, check_days)
    approves: bool = row("Approved", BOX)


def add(server: Server, token: NewToken, *, by: Actor) -> str:
    """Make a token and return it; it can be shown only now."""
    text = new_registration_token()
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.registration_tokens.count(db) >= MOST:
            raise NotDone(f"There are {MOST:,} tokens already. Revoke those that are no longer used first.")
        sql.registration_tokens.add(
            db,
            name=token.name,
            token_hash=digest(text),
            hint=text[-4:],
            approves=token.approves,
            made_by=by.actor_id,
            days=token.days,
        )
        audit(db, "registration.token_made", by, token=token.name, hint=text[-4:], days=token.days)
    return text


def find(server: Server, text: str) -> int | None:
    """The id of a token, if it still works."""
    if not is_registration_token(text):
        return None
    with reading(server.database) as db:
        return sql.registration_tokens.find(db, token_hash=digest(text))  # type: ignore[no-any-return]


def revoke(server: Server, token_id: int, *, by: Actor) -> bool:
    """Revoke a token; False if there is none. What was registered with it stays."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        name = sql.registration_tokens.delete(db, token_id=token_id)
        if name is not None:
            audit(db, "registration.token_revoked", by, token=name)
    return name is not None
