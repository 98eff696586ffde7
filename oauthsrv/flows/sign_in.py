"""Signing in: passwords, checked under limits (rule 13)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from oauthsrv.addresses import counted_network
from oauthsrv.flows import revocations
from oauthsrv.flows.accounts import Account, email_problem, sign_up
from oauthsrv.flows.audit import audit
from oauthsrv.flows.browser_sessions import (
    Browser,
    NewSession,
    SessionEnded,
    begin,
    end_session,
    first_session,
    just_after,
    start_first,
)
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.passwords.queue import Standing
from oauthsrv.passwords.rules import MOST_BYTES
from oauthsrv.server import Server
from oauthsrv.store import limits, sessions
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.limits import Attempt, Window

# An address that has used a twentieth of its limit for failures is suspect: others are served first.
SUSPECT_PART = 20
WRONG_CREDENTIALS = {"": ["Wrong email or password, or the account is disabled. Check both and try again."]}


class WrongCredentials(FieldsRefused):
    """One refusal for every cause: unknown account, wrong password, disabled account."""

    is_attempt = True

    def __init__(self, problems: Mapping[str, list[str]] = WRONG_CREDENTIALS) -> None:
        super().__init__(problems)


def sign_in(server: Server, email: str, password: str, browser: Browser) -> NewSession:
    """Sign in. Raises WrongCredentials, TooMany, Busy. Takes equally long whether or not the account exists."""
    user, attempts, standing = check_attempt(server, email.strip(), browser)
    password_hash = user.password_hash if user and user.disabled_at is None else None
    session = None
    account = user.user_id if user else email.strip().lower()
    if checked(server, password, password_hash, browser.counted, attempts, account=account, standing=standing):
        with transaction(server.database) as db:
            if sql.users.lock_for_session(db, user_id=user.user_id, password_hash=password_hash):
                session = first_session(db, user.user_id, browser)
    if session is None:
        record_failure(server, user.user_id if user else None, browser)
        raise WrongCredentials
    return begin(server, session, browser)


def check_attempt(server: Server, email: str, browser: Browser) -> tuple[Any, list[Attempt], Standing]:
    """The user or None, the limits that a wrong password counts against, and the check's urgency. Raises TooMany."""
    user: Any = find_user(server, email) if browser.known else None
    mark = browser.known.get(user.user_id) if user else None
    if mark:
        # Failed attempts by others, from its address or on its account, don't block a known browser.
        return user, [Attempt("login_browser", mark)], Standing.KNOWN
    # The address first: one that has used up its limit must not use up an account's too.
    attempts = of_address(browser.counted)
    standing = standing_of(limits.check(server.redis, *attempts))
    return user or find_user(server, email), [*attempts, Attempt("login_account", email.lower())], standing


def record_failure(server: Server, user_id: str | None, browser: Browser) -> None:
    with transaction(server.database) as db:
        audit(db, "user.sign_in_failed", browser.actor(), user_id=user_id, browser=browser.name)


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
    """Create an account and sign in. Raises EmailTaken, TooMany, Busy."""
    user_id = sign_up(server, account, by=browser.actor(), counted=browser.counted)
    return start_first(server, user_id, browser)


def change_password(
    server: Server, old: str, new: str, browser: Browser, *, disconnects: bool = False
) -> tuple[NewSession, bool]:
    """Change the password: other sessions end, this browser's is replaced; `disconnects` disconnects every app too.

    The second value says whether all of it is in force already. Links to reset the password stop working.
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
    """Check the signed-in user's password; if it is right, remember that for a while. Raises TooMany, Busy."""
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
