"""Two transactions, each held open in turn: the second waits, and nothing slips through (rules 2, 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from webtest import TestResponse

import play
import rows
from browser import Browser
from flows.conftest import Scene
from flows.ending import (
    FAMILY_REVOCATIONS,
    GRANT_REVOCATIONS,
    OF_USER_OR_APP,
    Ending,
    by_ending_tokens,
    by_revoking,
    by_user,
    nothing_lives,
    the_user_ends_the_app,
)
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import consent, issuing, revocations, rotation
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction
from play import is_active, refused
from refreshing import without_times


@pytest.mark.parametrize("ending", GRANT_REVOCATIONS)
def test_rule_6_an_ending_waits_for_a_family_that_is_being_made_and_ends_it(
    scene: Scene, another_server: Server, elsewhere: Browser, ending: Ending
) -> None:
    end = ending(scene, another_server)
    with (
        holding(issuing, lambda: play.exchange(scene.browser.another(), scene.app, scene.code)) as (
            gate,
            exchanged,
        ),
        in_parallel(end) as ended,
    ):
        eventually(lambda: a_lock_is_awaited(scene.server))
        assert not ended.done()
        gate.open()
        answer = exchanged.result()
        assert ended.result() is True
    assert answer.status_int == 200
    assert nothing_lives(scene, elsewhere, answer.json)


@pytest.mark.parametrize("ending", GRANT_REVOCATIONS)
def test_rule_6_a_new_family_waits_for_an_ending_and_is_refused(
    scene: Scene, another_server: Server, elsewhere: Browser, ending: Ending
) -> None:
    end = ending(scene, another_server)
    before = families_of(scene)
    with (
        holding(revocations, end) as (gate, ended),
        in_parallel(lambda: play.exchange(scene.browser.another(), scene.app, scene.code)) as exchanged,
    ):
        eventually(lambda: a_lock_is_awaited(scene.server))
        gate.open()
        assert ended.result() is True
        assert refused(exchanged.result())
    assert families_of(scene) == before
    assert nothing_lives(scene, elsewhere)


def families_of(scene: Scene) -> int:
    query = "SELECT count(*) AS families FROM family WHERE client_id = %(client_id)s"
    [row] = rows.rows(scene.server, query, client_id=scene.app.client_id)
    return int(row.families)


@pytest.mark.parametrize("ending", FAMILY_REVOCATIONS)
def test_rule_6_an_ending_waits_for_a_rotation_and_ends_what_it_gave(
    scene: Scene, another_server: Server, elsewhere: Browser, ending: Ending
) -> None:
    end = ending(scene, another_server)
    token = scene.tokens["refresh_token"]
    with (
        holding(rotation, lambda: play.refresh(scene.browser.another(), scene.app, token)) as (gate, refreshed),
        in_parallel(end) as ended,
    ):
        eventually(lambda: a_lock_is_awaited(scene.server))
        assert not ended.done()
        gate.open()
        answer = refreshed.result()
        assert ended.result() is True
    assert answer.status_int == 200
    assert nothing_lives(scene, elsewhere, answer.json)


@pytest.mark.parametrize("ending", FAMILY_REVOCATIONS)
def test_rule_6_a_rotation_waits_for_an_ending_and_is_refused(
    scene: Scene, another_server: Server, elsewhere: Browser, ending: Ending
) -> None:
    end = ending(scene, another_server)
    token = scene.tokens["refresh_token"]
    with (
        holding(revocations, end) as (gate, ended),
        in_parallel(lambda: play.refresh(scene.browser.another(), scene.app, token)) as refreshed,
    ):
        eventually(lambda: a_lock_is_awaited(scene.server))
        gate.open()
        assert ended.result() is True
        assert refused(refreshed.result())
    assert rows.events(scene.server, "family.reused", scene.app.client_id) == []
    assert nothing_lives(scene, elsewhere)


def is_given_a_code(answer: TestResponse) -> bool:
    return "?code=" in (answer.location or "")


def open_question(scene: Scene) -> Callable[[], TestResponse]:
    """A consent page of this user for this app, to be answered with Allow."""
    page = play.ask(scene.browser, scene.app, prompt="consent")
    assert page.status_int == 200
    return lambda: play.allow(page)


@pytest.mark.parametrize("ending", OF_USER_OR_APP)
def test_rule_6_an_ending_waits_for_a_grant_that_is_being_given_and_ends_it(
    scene: Scene, another_server: Server, elsewhere: Browser, ending: Ending
) -> None:
    """A new one, for which there is no row yet that an ending could have locked."""
    end = ending(scene, another_server)
    the_user_ends_the_app(scene)
    with holding(consent, open_question(scene)) as (gate, allowed), in_parallel(end) as ended:
        eventually(lambda: a_lock_is_awaited(scene.server))
        assert not ended.done()
        gate.open()
        answer = allowed.result()
        assert ended.result() is True
    assert all(row.ended_at for row in rows.grants(scene.server, scene.user.user_id, scene.app.client_id))
    if is_given_a_code(answer):
        assert play.exchange(elsewhere, scene.app, play.answered(answer)["code"]).status_int in (400, 401)


@pytest.mark.parametrize("ending", OF_USER_OR_APP)
def test_rule_6_a_new_grant_waits_for_an_ending_of_its_user_or_app(
    scene: Scene, another_server: Server, ending: Ending
) -> None:
    """And is refused, unless only the tokens of the app were ended: then it is a new beginning."""
    end = ending(scene, another_server)
    the_user_ends_the_app(scene)
    with holding(revocations, end) as (gate, ended), in_parallel(open_question(scene)) as allowed:
        eventually(lambda: a_lock_is_awaited(scene.server))
        assert not allowed.done()
        gate.open()
        assert ended.result() is True
        answer = allowed.result()
    living = [row for row in rows.grants(scene.server, scene.user.user_id, scene.app.client_id) if not row.ended_at]
    if ending is by_ending_tokens:
        assert len(living) == 1
    else:
        assert living == []
        assert not is_given_a_code(answer)


@pytest.mark.parametrize("ending", [by_user, by_revoking])
def test_rule_6_an_ending_is_not_missed_because_a_mark_of_last_use_is_being_written(
    scene: Scene, another_server: Server, elsewhere: Browser, ending: Ending
) -> None:
    end, grant_id = ending(scene, another_server), scene.grant_id
    with transaction(scene.server.database) as db:
        sql.grants.note_used(
            db, keys=[grant_id], times=[datetime.now(UTC).timestamp()], addresses=["192.0.2.1"], calls=[1]
        )
        with in_parallel(end) as ended:
            eventually(lambda: a_lock_is_awaited(another_server))
            db.commit()
            assert ended.result() is True
    assert nothing_lives(scene, elsewhere)


def test_rule_6_two_revocations_at_once_do_not_block_each_other(scene: Scene, another_server: Server) -> None:
    first, second = by_revoking(scene, scene.server), by_user(scene, another_server)
    with holding(revocations, first) as (gate, ended), in_parallel(second) as also_ended:
        eventually(lambda: a_lock_is_awaited(scene.server))
        gate.open()
        assert ended.result() is True
        assert also_ended.result() is True


def test_rule_5_grace_is_counted_from_after_the_wait_for_the_family(scene: Scene, elsewhere: Browser) -> None:
    """Of two rotations of one token at once, the second gets what the first one gave."""
    token = scene.tokens["refresh_token"]
    with (
        holding(rotation, lambda: play.refresh(scene.browser.another(), scene.app, token)) as (gate, first),
        in_parallel(lambda: play.refresh(elsewhere, scene.app, token)) as second,
    ):
        eventually(lambda: a_lock_is_awaited(scene.server))
        gate.open()
        assert without_times(first.result().json) == without_times(second.result().json)


def test_rule_2_of_two_exchanges_at_once_the_second_waits_and_is_the_second_use(
    scene: Scene, elsewhere: Browser
) -> None:
    with (
        holding(issuing, lambda: play.exchange(scene.browser.another(), scene.app, scene.code)) as (gate, first),
        in_parallel(lambda: play.exchange(elsewhere, scene.app, scene.code)) as second,
    ):
        eventually(lambda: a_lock_is_awaited(scene.server))
        gate.open()
        assert first.result().status_int == 200
        assert refused(second.result())
    assert not is_active(elsewhere, scene.app, first.result().json["access_token"])
