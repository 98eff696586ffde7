"""Accounts: validating what a person typed, creating an account, changing its name."""

import re
from dataclasses import dataclass, field
from typing import Any

from oauthsrv.addresses import counted_network
from oauthsrv.flows import names, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import clients_changed
from oauthsrv.flows.refusals import FieldsRefused, check_unchanged
from oauthsrv.oauth.credentials import new_user_id
from oauthsrv.passwords.rules import why_refused
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.limits import Attempt

EMAIL_MAX = 254
NAME_MAX = 100

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# ASCII alone, so that two spellings of one address can't be two accounts; the part before the @ as in
# RFC 5321 §4.1.2 without quotes.
EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(?:\.{LABEL})*\Z")


class EmailTaken(FieldsRefused):
    """An account with this email already exists.

    The message says so, as without sending mail there is no other way to explain the refusal. How often one address
    can find this out is limited.
    """

    def __init__(self) -> None:
        super().__init__(
            {"email": ["An account with this email already exists. Sign in instead, or use another email."]}
        )


@dataclass(frozen=True, slots=True)
class Account:
    """A validated account, ready to be created."""

    email: str
    name: str
    password: str = field(repr=False)


def check_account(email: str, name: str, password: str, *, product: str) -> Account:
    """Validate a new account; an empty name becomes the part of the email before the @. Raises FieldsRefused."""
    email = email.strip()
    name = names.one_line(name, NAME_MAX) or email.partition("@")[0]
    found = {
        "email": email_problem(email),
        "name": names.name_problem(name, NAME_MAX) if name else None,
        "password": why_refused(password, product=product, email=email),
    }
    if any(found.values()):
        raise FieldsRefused({field: [problem] for field, problem in found.items() if problem})
    return Account(email, name, password)


def email_problem(email: str) -> str | None:
    if not email:
        return "Enter your email."
    if len(email) > EMAIL_MAX:
        return f"An email has at most {EMAIL_MAX} characters; this has {len(email):,}."
    if email.count("@") != 1 or " " in email:
        return "An email looks like name@example.com, without spaces."
    if not email.isascii():
        return "Use plain letters; a domain with others is written as xn--…"
    if not EMAIL.match(email) or ".." in email or email.startswith(".") or ".@" in email:
        return "This is not an email: it looks like name@example.com."
    return None


def sign_up(server: Server, account: Account, *, by: Actor, counted: str = "", is_admin: bool = False) -> str:
    """Create the account and return the user's id.

    Raises EmailTaken; with `counted`, the address as limits count it, also Busy and TooMany.
    """
    attempts = [Attempt("signup_address", counted)] if counted else []
    if (network := counted_network(counted)) != counted:
        attempts.append(Attempt("signup_network", network))
    limits.check(server.redis, *attempts)
    password_hash = server.passwords.hash(account.password, counted)
    # Counted even if the email is taken: that answer reveals that another user has an account.
    limits.take(server.redis, *attempts)
    with transaction(server.database) as db:
        return add(db, account, password_hash, by=by, is_admin=is_admin)


def add(db: Connection, account: Account, password_hash: str | None, *, by: Actor, is_admin: bool) -> str:
    """Insert the user and return the id. Without a password hash no one can sign in yet. Raises EmailTaken."""
    user_id: str | None = sql.users.add(
        db,
        user_id=new_user_id(),
        # Not the user's id, so that apps can't match what they receive with anything else.
        subject=new_user_id().removeprefix("usr_"),
        email=account.email,
        name=account.name,
        password_hash=password_hash,
        is_admin=is_admin,
    )
    if user_id is None:
        raise EmailTaken
    audit(db, "user.signed_up", by, user_id=user_id)
    if is_admin:
        audit(db, "user.made_admin", by, user_id=user_id)
    return user_id


def change_name(server: Server, user_id: str, name: str, *, by: Actor, seen: str | None = None) -> bool:
    """Change the name; True if it is in force already, as consent pages show it and processes cache it.

    The person's apps lose their verification, which was given to the old name.
    """
    clients = []
    with transaction(server.database) as db:
        check_unchanged(seen, {"name": rights.lock(db, by, users=[user_id]).user(user_id).name})
        if sql.users.change_name(db, user_id=user_id, name=name):
            audit(db, "user.changed", by, user_id=user_id, changed=["name"])
            clients = note_new_name(db, user_id, by)
    return clients_changed(server, clients)


def note_new_name(db: Connection, user_id: str, by: Actor) -> list[Any]:
    """Record that a user's name changed, and return their clients, which must be invalidated."""
    clients: list[Any] = sql.clients.note_owner_changed(db, owner_id=user_id)
    for client in clients:
        if client.lost_verification:
            audit(
                db, "client.changed", by, user_id=user_id, client_id=client.client_id,
                changed=["owner_name"], lost="verification",
            )  # fmt: skip
    return clients
