"""Numbers on pages: exact while they are small, a figure of the day once they are large (rule 16)."""

from __future__ import annotations

import pytest

import make
from oauthsrv.flows import housekeeping
from oauthsrv.pages import count_text
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from rows import rows

MANY = 10_050


def shown(server: Server, counted: int, name: str = "users") -> int:
    [row] = rows(server, "SELECT shown_count(10000, %(counted)s, %(name)s) AS count", counted=counted, name=name)
    return int(row.count)


@pytest.fixture
def crowded(server: Server) -> None:
    rows(
        server,
        """
        INSERT INTO "user" (user_id, subject, email, name, created_at)
        SELECT 'usr_' || md5('m' || n), md5('m' || n), 'm' || n || '@example.com', 'Member', now() - interval '5 days'
        FROM generate_series(1, %(many)s) AS n
        ON CONFLICT DO NOTHING
        """,
        many=MANY,
    )


def test_rule_16_a_small_number_is_exact_and_nothing_is_counted_for_it(server: Server) -> None:
    housekeeping.perform(housekeeping.count, server)
    assert rows(server, "SELECT name FROM figure WHERE name IN ('grants', 'client_users', 'scope_users')") == []
    assert shown(server, 10_000, "grants") == 10_000
    assert shown(server, 10_001, "grants") == 10_001


def test_rule_16_a_large_number_is_that_of_the_last_count(server: Server, crowded: None) -> None:
    rows(server, "DELETE FROM figure")
    housekeeping.perform(housekeeping.count, server)
    with reading(server.database) as db:
        counted = sql.admin.overview(db).users
    assert counted >= MANY
    assert rows(server, 'SELECT count(*) AS all FROM "user"')[0].all == counted
    make.user(server)
    housekeeping.perform(housekeeping.count, server)  # not again before a day has passed
    assert shown(server, 10_001) == counted


def test_rule_16_a_figure_that_is_not_counted_again_is_forgotten(server: Server, crowded: None) -> None:
    rows(server, "DELETE FROM figure")
    rows(server, "INSERT INTO figure (name, value, counted_at) VALUES ('grants', 20000, now() - interval '3 days')")
    housekeeping.perform(housekeeping.count, server)
    assert [row.name for row in rows(server, "SELECT name FROM figure")] == ["users"]


def test_a_day_that_is_over_is_counted_once_and_shown_as_before(server: Server, crowded: None) -> None:
    with reading(server.database) as db:
        sql.figures.forget_days(db)
        before = sql.figures.last_days(db, days=29)
    assert max(day.users for day in before) >= MANY
    housekeeping.perform(housekeeping.count, server)
    with reading(server.database) as db:
        assert sql.figures.last_days(db, days=29) == before
    rows(server, "UPDATE day_count SET users = users + 1")
    with reading(server.database) as db:
        later = sql.figures.last_days(db, days=29)
    changed = [new.day for new, old in zip(later, before, strict=True) if new.users != old.users]
    assert len(changed) == 28  # all but today and yesterday


def test_a_user_is_found_by_the_middle_of_a_name_among_the_newest_and_by_its_beginning_among_all(
    server: Server, crowded: None
) -> None:
    made = make.user(server)
    [row] = rows(server, 'SELECT email, name FROM "user" WHERE user_id = %(user_id)s', user_id=made.user_id)
    with reading(server.database) as db:
        for text in (row.email[2:], row.email[:6].upper(), made.user_id):
            found = sql.admin.search_users(db, text=text, status=None, before=None, rows=1000)
            assert made.user_id in {one.user_id for one in found}
        newest = sql.admin.users(db, status=None, before=None, rows=2)
        [second] = sql.admin.users(db, status=None, before=newest[0].user_id, rows=1)
    assert second == newest[1]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "not counted yet"),
        (0, "0"),
        (10_000, "10,000"),
        (1_000, "1,000"),
        (1_001, "more than 1,000"),
        (10_001, "more than 10,000"),
        (10_449, "about 10,400"),
        (1_234_567, "about 1,230,000"),
    ],
)
def test_a_count_is_written_as_exactly_as_it_is_known(count: int | None, text: str) -> None:
    assert count_text(count) == text
