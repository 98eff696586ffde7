"""Sessions beginning and ending at the same moment, with real transactions (rule 6, rule 13)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import make
from oauthsrv.flows import accounts, browser_sessions, revocations, sign_in
from oauthsrv.flows.accounts import Account, check_account
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.browser_sessions import Browser, NewSession, SessionEnded
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.flows.sign_in import WrongCredentials
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, sessions
from oauthsrv.store.database import reading, sql, transaction

NEW = "another good password"


def browser(entered: NewSession | None = None, server: Server | None = None) -> Browser:
    if entered is None or server is None:
        return Browser("192.0.2.7", "192.0.2.7", "no cookie", None, {})
    return Browser("192.0.2.7", "192.0.2.7", entered.secret, sessions.find(server.redis, entered.secret), {})


def hash_of(server: Server, user: make.User) -> str:
    with reading(server.database) as db:
        return str(sql.users.find_by_email(db, email=user.email).password_hash)


@contextmanager
def in_a_thread(server: Server, work: Any) -> Iterator[list[Any]]:
    """Runs `work(db)` in a transaction of its own, which began before the block and ends after it."""
    results: list[Any] = []
    began = threading.Event()

    def run() -> None:
        with transaction(server.database) as db:
            with db.cursor() as cursor:
                cursor.execute("SELECT now()")
            began.set()
            results.append(work(db))

    thread = threading.Thread(target=run)
    thread.start()
    assert began.wait(5)
    yield results
    thread.join(10)


def wait_for_a_waiter(server: Server) -> None:
    """Until some transaction of this database waits for a lock."""
    deadline = threading.Event()
    for _ in range(500):
        with reading(server.database) as db, db.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        deadline.wait(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("ending", ["change_password", "end_sessions"])
def test_rule_6_a_session_that_begins_while_its_end_waits_does_not_outlive_it(
    server: Server, another_server: Server, user: make.User, ending: str
) -> None:
    password_hash = hash_of(server, user)
    began_at: datetime

    def end(db: Any) -> Any:
        held.wait(5)
        if ending == "change_password":
            return sql.users.change_password(db, user_id=user.user_id, old_hash=password_hash, new_hash="new")
        return sql.users.end_sessions(db, user_id=user.user_id)

    held = threading.Event()
    with in_a_thread(another_server, end), transaction(server.database) as db:
        assert sql.users.lock_for_session(db, user_id=user.user_id, password_hash=password_hash)
        began_at = sql.deadlines.clock(db)
        held.set()
        wait_for_a_waiter(another_server)
    with reading(server.database) as db:
        ended_at = sql.users.find(db, user_id=user.user_id).sessions_ended_at
    assert ended_at > began_at


@pytest.mark.parametrize("ending", ["change_password", "disable_user"])
def test_rule_6_a_sign_in_that_waits_for_an_ending_finds_itself_refused(
    server: Server, another_server: Server, user: make.User, ending: str
) -> None:
    password_hash = hash_of(server, user)
    go = threading.Event()

    def lock(db: Any) -> Any:
        go.wait(5)
        return sql.users.lock_for_session(db, user_id=user.user_id, password_hash=password_hash)

    with in_a_thread(another_server, lock) as results, transaction(server.database) as db:
        if ending == "change_password":
            sql.users.change_password(db, user_id=user.user_id, old_hash=password_hash, new_hash="new")
        else:
            sql.users.disable(db, user_id=user.user_id)
        go.set()
        wait_for_a_waiter(another_server)
    assert results == [None]


def test_rule_6_a_session_that_was_just_ended_gets_no_successor(server: Server, user: make.User) -> None:
    thief = browser(sign_in.sign_in(server, user.email, user.password, browser()), server)
    owner = browser(sign_in.sign_in(server, user.email, user.password, browser()), server)
    sign_in.change_password(server, user.password, NEW, owner)
    with pytest.raises(SessionEnded):
        browser_sessions.sign_out_elsewhere(server, thief)


@pytest.mark.parametrize("attempt", ["sign_out_elsewhere", "change_password"])
def test_rule_6_a_session_ended_by_itself_gets_no_successor_though_redis_does_not_know_yet(
    server: Server, user: make.User, attempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = browser(sign_in.sign_in(server, user.email, user.password, browser()), server)
    owner = browser(sign_in.sign_in(server, user.email, user.password, browser()), server)
    [theirs] = [one for one in sessions.of_user(server.redis, user.user_id) if one.key_hash == digest(thief.secret)]

    def away(*args: object) -> None:
        raise StoreUnavailable("Redis")

    with monkeypatch.context() as during:
        during.setattr(sessions, "delete", away)
        assert not browser_sessions.end_other(server, theirs.session_id, owner)
    before = hash_of(server, user)
    with pytest.raises(SessionEnded):
        if attempt == "change_password":
            sign_in.change_password(server, user.password, NEW, thief)
        else:
            browser_sessions.sign_out_elsewhere(server, thief)
    assert hash_of(server, user) == before
    assert browser_sessions.end_other(server, theirs.session_id, owner), "repeated, it is deleted again"
    assert sessions.find(server.redis, thief.secret) is None
    assert sessions.find(server.redis, owner.secret) is not None


def test_rule_6_disabling_and_enabling_brings_no_session_back(server: Server, user: make.User) -> None:
    entered = sign_in.sign_in(server, user.email, user.password, browser())
    revocations.disable_user(server, user.user_id, by=Actor())
    with pytest.raises(SessionEnded):
        browser_sessions.sign_out_elsewhere(server, browser(entered, server))
    revocations.enable_user(server, user.user_id, by=Actor())
    session = sessions.find(server.redis, entered.secret)
    with reading(server.database) as db:
        ended_at = sql.users.find(db, user_id=user.user_id).sessions_ended_at
    assert session is None or not session.outlives(ended_at)


def test_of_two_who_change_the_password_at_once_one_does(server: Server, user: make.User) -> None:
    entered = [sign_in.sign_in(server, user.email, user.password, browser()) for _ in range(2)]
    changed: list[str] = []

    def change(one: NewSession, new: str) -> None:
        try:
            sign_in.change_password(server, user.password, new, browser(one, server))
            changed.append(new)
        except WrongCredentials:
            pass

    threads = [threading.Thread(target=change, args=(one, f"{NEW} {number}")) for number, one in enumerate(entered)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(changed) == 1
    sign_in.sign_in(server, user.email, changed[0], browser())


def test_the_session_of_who_changed_the_password_lives_and_no_older_one(server: Server, user: make.User) -> None:
    for number in range(20):
        old = user.password if number == 0 else f"{NEW} {number}"
        entered = sign_in.sign_in(server, user.email, old, browser())
        after = sign_in.change_password(server, old, f"{NEW} {number + 1}", browser(entered, server))[0]
        with reading(server.database) as db:
            ended_at = sql.users.find(db, user_id=user.user_id).sessions_ended_at
        session = sessions.find(server.redis, after.secret)
        assert session is not None
        assert session.outlives(ended_at)
        assert sessions.find(server.redis, entered.secret) is None


def test_rule_13_a_session_that_is_renewed_is_no_younger(server: Server, user: make.User) -> None:
    entered = sign_in.sign_in(server, user.email, user.password, browser())
    began = sessions.find(server.redis, entered.secret)
    assert began is not None
    old = replace(began, auth_time=began.auth_time - timedelta(seconds=sessions.LONGEST - 100))
    sessions.remember(server.redis, entered.secret, old)
    renewed = browser_sessions.sign_out_elsewhere(server, browser(entered, server))
    renewed = sign_in.change_password(server, user.password, NEW, browser(renewed, server))[0]
    found = sessions.find(server.redis, renewed.secret)
    assert found is not None
    sessions.remember(server.redis, renewed.secret, replace(found, auth_time=found.auth_time - timedelta(seconds=100)))
    assert sessions.find(server.redis, renewed.secret) is None


def test_rule_16_the_oldest_of_too_many_sessions_ends(
    server: Server, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    entered = [sign_in.sign_in(server, user.email, user.password, browser()) for _ in range(5)]
    assert [sessions.find(server.redis, one.secret) is not None for one in entered] == [False, False, True, True, True]
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute("SELECT kind FROM ended_key WHERE key_hash = %s", [digest(entered[1].secret)])
        assert [row.kind for row in cursor.fetchall()] == ["session"], "so that an older Redis does not revive it"


def test_rule_16_a_session_that_ended_counts_no_more(
    server: Server, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    first = sign_in.sign_in(server, user.email, user.password, browser())
    for _ in range(5):
        entered = sign_in.sign_in(server, user.email, user.password, browser())
        browser_sessions.sign_out(server, browser(entered, server))
    assert sessions.find(server.redis, first.secret) is not None
    other = sign_in.sign_in(server, make.user(server).email, user.password, browser())
    assert sessions.find(server.redis, other.secret) is not None


def test_the_end_of_a_session_is_recorded_before_it_is_deleted(server: Server, user: make.User) -> None:
    entered = sign_in.sign_in(server, user.email, user.password, browser())
    assert browser_sessions.sign_out(server, browser(entered, server))
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute("SELECT kind FROM ended_key WHERE key_hash = %s", [digest(entered.secret)])
        assert [row.kind for row in cursor.fetchall()] == ["session"]


def test_secrets_stay_out_of_what_is_printed(server: Server, user: make.User) -> None:
    entered = sign_in.sign_in(server, user.email, user.password, browser())
    assert entered.secret not in repr(entered)
    assert entered.secret not in repr(browser(entered, server))
    assert make.PASSWORD not in repr(Account("a@example.com", "A", make.PASSWORD))


@pytest.mark.parametrize(
    "email",
    [
        "a@b",
        "ada@example.com",
        "Ada.Lovelace+x@mail.example.co.uk",
        "o'hara@example.com",
        "a@localhost",
        "a" * 64 + "@x.org",
    ],
)
def test_a_mail_that_can_be_one_is_taken(email: str) -> None:
    assert accounts.email_problem(email) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b c",
        "a@b..c",
        ".a@b",
        "a.@b",
        "a..a@b",
        "a@-b",
        "a@b-",
        "a@b\n",
        "<a@b>",
        "a@[127.0.0.1]",
    ],
)
def test_a_mail_that_cannot_be_one_is_refused(email: str) -> None:
    assert accounts.email_problem(email)


def test_all_that_is_wrong_is_shown_at_once() -> None:
    with pytest.raises(FieldsRefused) as refused:
        check_account("nobody", "\u202e", "short", product="Acme")
    assert set(refused.value.problems) == {"email", "name", "password"}


def test_a_user_of_the_command_line_has_no_limit(server: Server, user: make.User) -> None:
    account = check_account(user.email, "", make.PASSWORD, product="Acme")
    for _ in range(60):
        with pytest.raises(accounts.EmailTaken):
            accounts.sign_up(server, account, by=Actor())
