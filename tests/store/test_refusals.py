"""Refusals: grouped in the process, bounded there and in the table, written without waiting for anybody."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import make
import rows
from held import done
from oauthsrv.flows import housekeeping, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, refusals
from oauthsrv.store.database import Database
from oauthsrv.store.refusals import (
    GROUPS_OF_OTHERS,
    KEPT_ALIKE,
    KEPT_AT_MOST,
    KEPT_OF_APP,
    KEPT_OF_USER,
    OTHERS_ALIKE,
    OWN_ALIKE,
    ROWS_OF_ITS_OWN,
    Group,
    Refusals,
)

AUTHORIZE, TOKEN = "/oauth/authorize", "/oauth/token"
ADDRESS = "192.0.2.77"


@pytest.fixture
def app(server: Server) -> make.App:
    server.refusals.flush()
    return make.app(server)


def of_unknown(app: make.App, sent: str = "https://other.example", **changes: Any) -> Group:
    return Group(app.client_id, False, AUTHORIZE, "redirect_uri_mismatch", sent)._replace(**changes)


def proved(app: make.App, problem: str = "code_unknown") -> Group:
    return Group(app.client_id, True, TOKEN, problem)


def written(server: Server, app: make.App) -> list[Any]:
    return rows.rows(
        server,
        "SELECT refusal_id, is_authenticated, endpoint, problem, sent, user_id, address, count, first_at, last_at "
        "FROM refusal WHERE client_id = %(client_id)s ORDER BY refusal_id",
        client_id=app.client_id,
    )


def test_what_is_alike_is_one_row_however_often_it_was_sent(server: Server, app: make.App) -> None:
    for _ in range(3):
        for _ in range(5):
            server.refusals.note(of_unknown(app), address=ADDRESS)
        server.refusals.flush()
    (row,) = written(server, app)
    assert (row.problem, row.sent, row.count) == ("redirect_uri_mismatch", "https://other.example", 15)
    assert row.first_at < row.last_at


def test_what_the_app_sent_itself_has_a_row_for_each_time_it_was_written(server: Server, app: make.App) -> None:
    for _ in range(2):
        for _ in range(3):
            server.refusals.note(proved(app), address=ADDRESS, is_whole=True)
        server.refusals.flush()
    assert [(row.is_authenticated, row.count, row.address) for row in written(server, app)] == [(True, 3, ADDRESS)] * 2


@pytest.mark.parametrize(
    ("address", "network"),
    [(ADDRESS, "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("unknown", None)],
)
def test_an_address_is_kept_whole_only_where_it_is_the_apps_own_servers(
    server: Server, app: make.App, address: str, network: str | None
) -> None:
    server.refusals.note(of_unknown(app), address=address)
    server.refusals.note(proved(app), address=address)
    server.refusals.flush()
    assert {row.address for row in written(server, app)} == {network}


def test_a_user_is_named_only_if_they_develop_the_app(server: Server) -> None:
    owner, member, others, other = (make.user(server) for _ in range(4))
    app = make.app(server, owner)
    rows.rows(
        server,
        "INSERT INTO client_member (client_id, user_id, invited_by) VALUES (%(client_id)s, %(user_id)s, 'test')",
        client_id=app.client_id,
        user_id=member.user_id,
    )
    for user in (owner, member, others, other):
        server.refusals.note(of_unknown(app, user_id=user.user_id), address=ADDRESS)
    server.refusals.note(of_unknown(app), address=ADDRESS)
    server.refusals.flush()
    assert sorted((row.user_id or "", row.address, row.count) for row in written(server, app)) == sorted(
        [(owner.user_id, ADDRESS, 1), (member.user_id, ADDRESS, 1), ("", "192.0.2.0/24", 3)]
    )


def test_rule_16_a_flood_of_unknown_leaves_few_rows_and_takes_no_space_from_the_apps_own(
    server: Server, app: make.App
) -> None:
    owner = rows.rows(server, "SELECT owner_id FROM client WHERE client_id = %(id)s", id=app.client_id)[0].owner_id
    for n in range(100_000):
        server.refusals.note(of_unknown(app, sent=f"https://x{n}.example"), address=ADDRESS)
        if n % 10_000 == 0:
            server.refusals.note(proved(app, "code_used"), address=ADDRESS)
            server.refusals.note(of_unknown(app, user_id=owner), address=ADDRESS)
            server.refusals.flush()
    server.refusals.note(proved(app), address=ADDRESS)
    server.refusals.flush()
    found = written(server, app)
    assert sum(not row.is_authenticated and row.user_id is None for row in found) <= GROUPS_OF_OTHERS
    assert sum(row.count for row in found if row.problem == "code_used") == 10
    assert [row.count for row in found if row.user_id] == [10]
    assert "code_unknown" in {row.problem for row in found}


def test_rule_16_of_what_the_app_sent_itself_the_newest_are_kept(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "ROWS_OF_ITS_OWN", 3)
    for problem in ("code_unknown", "code_used", "verifier_wrong", "scope_beyond", "secret_wrong"):
        server.refusals.note(proved(app, problem), address=ADDRESS)
        server.refusals.flush()
    assert [row.problem for row in written(server, app)] == ["verifier_wrong", "scope_beyond", "secret_wrong"]
    assert ROWS_OF_ITS_OWN >= 100


def test_rule_16_a_flood_of_one_problem_evicts_no_other(server: Server, app: make.App) -> None:
    server.refusals.note(of_unknown(app, "", endpoint=TOKEN, problem="secret_wrong"), address=ADDRESS)
    server.refusals.flush()
    for n in range(2 * GROUPS_OF_OTHERS):
        server.refusals.note(of_unknown(app, f"https://x{n}.example"), address=ADDRESS)
        if n % 10 == 0:
            server.refusals.flush()
    server.refusals.flush()
    found = written(server, app)
    assert "secret_wrong" in {row.problem for row in found}
    assert [row.sent for row in found if row.sent] == [
        f"https://x{n}.example" for n in range(2 * GROUPS_OF_OTHERS - OTHERS_ALIKE, 2 * GROUPS_OF_OTHERS)
    ]


def test_rule_16_nor_do_floods_of_many(server: Server, app: make.App) -> None:
    server.refusals.note(of_unknown(app, "", endpoint=TOKEN, problem="secret_wrong"), address=ADDRESS)
    server.refusals.flush()
    for problem in ("scope_unknown", "resource_unknown", "resource_malformed", "invalid_scope", "invalid_target"):
        for endpoint in (AUTHORIZE, TOKEN):
            for n in range(OTHERS_ALIKE):
                server.refusals.note(of_unknown(app, f"x{n}", endpoint=endpoint, problem=problem), address=ADDRESS)
            server.refusals.flush()
    found = written(server, app)
    assert len(found) == GROUPS_OF_OTHERS
    assert "secret_wrong" in {row.problem for row in found}


def test_rule_16_one_device_of_a_public_app_that_repeats_itself_evicts_nothing_else(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "ROWS_OF_ITS_OWN", 5)
    monkeypatch.setattr(refusals, "OWN_ALIKE", 3)
    for problem in ("refresh_reused", *["refresh_ended"] * 8):
        server.refusals.note(proved(app, problem), address=ADDRESS)
        server.refusals.flush()
    assert [row.problem for row in written(server, app)] == ["refresh_reused", *["refresh_ended"] * 3]
    for problem in ("scope_beyond", "scope_beyond", "code_used"):
        server.refusals.note(proved(app, problem), address=ADDRESS)
        server.refusals.flush()
    assert sorted(row.problem for row in written(server, app)) == [
        *("code_used", "refresh_ended", "refresh_reused", "scope_beyond", "scope_beyond"),
    ]
    assert OWN_ALIKE * 5 <= ROWS_OF_ITS_OWN


def test_rule_16_a_developer_who_tries_much_evicts_no_other_developers(server: Server) -> None:
    owner, member = make.user(server), make.user(server)
    app = make.app(server, owner)
    rows.rows(
        server,
        "INSERT INTO client_member (client_id, user_id, invited_by, accepted_at) "
        "VALUES (%(client_id)s, %(user_id)s, 'test', now())",
        client_id=app.client_id,
        user_id=member.user_id,
    )
    server.refusals.note(of_unknown(app, user_id=owner.user_id), address=ADDRESS)
    server.refusals.flush()
    for n in range(2 * OTHERS_ALIKE):
        server.refusals.note(of_unknown(app, f"x{n}", user_id=member.user_id), address=ADDRESS)
        server.refusals.flush()
    by_user = [row.user_id for row in written(server, app)]
    assert (by_user.count(owner.user_id), by_user.count(member.user_id)) == (1, OTHERS_ALIKE)


@pytest.fixture
def unwritten() -> Refusals:
    return Refusals(Database("postgresql://nowhere"))


def app_number(n: int) -> make.App:
    return make.App(f"cli_{n:032x}", None, "")


def test_rule_16_memory_is_bounded_for_each_kind_and_each_app(unwritten: Refusals) -> None:
    apps = [app_number(n) for n in range(KEPT_AT_MOST // KEPT_OF_APP + 5)]
    for app in apps:
        for n in range(KEPT_OF_APP + 50):
            problem = f"problem_{'abcdefghijklm'[n % 12]}"
            unwritten.note(of_unknown(app, sent=str(n), problem=problem), address=ADDRESS)
    unknown = unwritten._unknown
    assert len(unknown.groups) == KEPT_AT_MOST
    assert unknown.numbers[(apps[0].client_id, None)] == KEPT_OF_APP
    unwritten.note(proved(apps[-1]), address=ADDRESS)
    unwritten.note(of_unknown(apps[-1], user_id="usr_x"), address=ADDRESS)
    assert len(unwritten._proved.groups) == len(unwritten._signed_in.groups) == 1
    while unknown.take():
        pass
    assert not unknown.numbers


def test_rule_16_in_memory_too_no_flood_hides_what_else_is_wrong(unwritten: Refusals) -> None:
    app = app_number(1)
    for n in range(500):
        unwritten.note(of_unknown(app, sent=str(n)), address=ADDRESS)
    assert len(unwritten._unknown.groups) == KEPT_ALIKE
    for n in range(500):
        unwritten.note(of_unknown(app, sent=str(n // 25), problem=f"problem_{n % 25}"), address=ADDRESS)
    assert len(unwritten._unknown.groups) <= KEPT_OF_APP + 25
    unwritten.note(of_unknown(app, "", endpoint=TOKEN, problem="secret_wrong"), address=ADDRESS)
    assert of_unknown(app, "", endpoint=TOKEN, problem="secret_wrong") in unwritten._unknown.groups


def test_rule_16_one_user_takes_no_space_from_another_of_the_same_app(unwritten: Refusals) -> None:
    app = app_number(1)
    for n in range(500):
        unwritten.note(of_unknown(app, sent=str(n), user_id="usr_x"), address=ADDRESS)
        unwritten.note(of_unknown(app, sent=str(n), user_id="usr_x", problem="scope_unknown"), address=ADDRESS)
    # The first of the second problem is one more.
    assert len(unwritten._signed_in.groups) <= KEPT_OF_USER + 1
    for n in range(3):
        unwritten.note(of_unknown(app, sent=str(n), user_id="usr_y"), address=ADDRESS)
    assert unwritten._signed_in.numbers[(app.client_id, "usr_y")] == 3


def test_rule_16_made_up_client_ids_take_no_space_from_apps(unwritten: Refusals) -> None:
    for n in range(KEPT_AT_MOST + 100):
        unwritten.note(of_unknown(app_number(n)), address=ADDRESS, is_claimed=True)
    assert len(unwritten._claimed.groups) == KEPT_AT_MOST
    unwritten.note(of_unknown(app_number(1)), address=ADDRESS)
    assert len(unwritten._unknown.groups) == 1


def test_rule_8_what_cannot_be_written_is_kept_for_the_next_time(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.refusals.note(of_unknown(app), address=ADDRESS)
    with monkeypatch.context() as away:
        away.setattr(server.refusals, "_database", Database("postgresql://127.0.0.1:1/none"))
        with pytest.raises(StoreUnavailable):
            server.refusals.flush()
    server.refusals.note(of_unknown(app), address=ADDRESS)
    server.refusals.flush()
    assert [row.count for row in written(server, app)] == [2]


def test_an_app_that_is_unknown_or_was_just_deleted_keeps_nobody_elses_from_being_written(
    server: Server, app: make.App
) -> None:
    deleted, unknown = make.app(server), make.App("cli_" + "f" * 32, None, "")
    for one in (deleted, unknown, app):
        server.refusals.note(of_unknown(one), address=ADDRESS)
        server.refusals.note(proved(one), address=ADDRESS)
    revocations.delete_client(server, deleted.client_id, by=Actor())
    server.refusals.flush()
    assert written(server, deleted) == written(server, unknown) == []
    assert len(written(server, app)) == 2


def test_two_processes_that_write_at_once_do_not_block_each_other(server: Server, another_server: Server) -> None:
    apps = [make.app(server) for _ in range(4)]
    failed: list[BaseException] = []

    def write(refusals: Refusals, order: int) -> None:
        try:
            for _ in range(25):
                for app in apps[::order]:
                    for n in range(KEPT_ALIKE)[::order]:
                        refusals.note(of_unknown(app, sent=f"https://x{n}.example"), address=ADDRESS)
                refusals.flush()
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=write, args=(one.refusals, order)) for one, order in ((server, 1), (another_server, -1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for app in apps:
        assert {row.count for row in written(server, app)} == {50}


def test_rule_9_what_was_noted_is_written_when_the_process_stops(server: Server, app: make.App) -> None:
    keeper = housekeeping.Housekeeper(server)
    keeper.start()
    server.refusals.note(of_unknown(app), address=ADDRESS)
    keeper.stop()
    assert len(written(server, app)) == 1


def test_rule_16_what_is_older_than_a_month_goes_in_small_batches(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    for n in range(6):
        server.refusals.note(of_unknown(app, sent=str(n)), address=ADDRESS)
    done(housekeeping.flush_refusals(server))
    rows.rows(
        server,
        "UPDATE refusal SET last_at = now() - interval '31 days' WHERE client_id = %(id)s AND sent <> '3'",
        id=app.client_id,
    )
    done(housekeeping.purge(server))
    assert [row.sent for row in written(server, app)] == ["3"]
