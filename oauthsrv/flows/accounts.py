"""A person's account: what it must be, making it, its name, its password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from oauthsrv.addresses import counted_network
from oauthsrv.flows import names, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import client_changed
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
# ASCII alone, so that two spellings of one address cannot be two accounts; the part before the @ as in
# RFC 5321 §4.1.2 without quotes.
EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(?:\.{LABEL})*\Z")


class EmailTaken(FieldsRefused):
    """There is an account with this email.

    It says so: nobody could sign up without learning this, as no mail is sent here. How often an address may learn it
    is limited.
    """

    def __init__(self) -> None:
        super().__init__(
            {"email": ["There is an account with this email already. Sign in instead, or use another email."]}
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What was checked, and can be made."""

    email: str
    name: str
    password: str = field(repr=False)


def check_account(email: str, name: str, password: str) -> Account:
    """Without a name, the one in front of the @ serves. Raises FieldsRefused."""
    email = email.strip()
    name = names.one_line(name, NAME_MAX) or email.partition("@")[0]
    found = {
        "email": email_problem(email),
        "name": names.name_problem(name, NAME_MAX) if name else None,
        "password": why_refused(password, email=email),
    }
    if any(found.values()):
        raise FieldsRefused({field: [problem] for field, problem in found.items() if problem})
    return Account(email, name, password)


def email_problem(email: str) -> str | None:
    if not email:
        return "Enter your e-mail."
    if len(email) > EMAIL_MAX:
        return f"An e-mail has at most {EMAIL_MAX} characters; this has {len(email):,}."
    if email.count("@") != 1 or " " in email:
        return "An e-mail looks like name@example.com, without spaces."
    if not email.isascii():
        return "Write the e-mail in plain letters; a domain with others is written as xn--…"
    if not EMAIL.match(email) or ".." in email or email.startswith(".") or ".@" in email:
        return "This is not an e-mail: it looks like name@example.com."
    return None


def sign_up(server: Server, account: Account, *, by: Actor, counted: str = "", is_admin: bool = False) -> str:
    """The new user's id. Raises EmailTaken; Busy and TooMany when a page asks (`counted` is whom limits count)."""
    attempts = [Attempt("signup_address", counted)] if counted else []
    if (network := counted_network(counted)) != counted:
        attempts.append(Attempt("signup_network", network))
    limits.check(server.redis, *attempts)
    password_hash = server.passwords.hash(account.password, counted)
    # Also one that finds the e-mail taken, which tells something about others.
    limits.take(server.redis, *attempts)
    with transaction(server.database) as db:
        return add(db, account, password_hash, by=by, is_admin=is_admin)


def add(db: Connection, account: Account, password_hash: str | None, *, by: Actor, is_admin: bool) -> str:
    """The new user's id. Without a password hash nobody can sign in yet. Raises EmailTaken."""
    user_id: str | None = sql.users.add(
        db,
        user_id=new_user_id(),
        # Another number than the user's id: what apps are told can be compared with nothing else of ours.
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
    """Whether it is in force already: consent pages name the developer, and processes keep that name.

    Nobody verified that this person's apps are made by somebody of the new name.
    """
    clients = []
    with transaction(server.database) as db:
        check_unchanged(seen, {"name": rights.lock(db, by, users=[user_id]).user(user_id).name})
        if sql.users.change_name(db, user_id=user_id, name=name):
            audit(db, "user.changed", by, user_id=user_id, changed=["name"])
            clients = sql.clients.note_owner_changed(db, owner_id=user_id)
            for client in clients:
                if client.lost_verification:
                    audit(
                        db, "client.changed", by, user_id=user_id, client_id=client.client_id,
                        changed=["owner_name"], lost="verification",
                    )  # fmt: skip
    in_force = [client_changed(server, client.client_id) for client in clients]
    return all(in_force)
