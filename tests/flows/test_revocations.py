"""Ending is complete and immediate, and ends nothing else (rule 6).

`server` and `another_server` are two processes as far as caches and connections go.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from held import done, eventually, holding, meanwhile, somebody_waits_for_a_lock
from oauthsrv.app import Application
from oauthsrv.flows import consent, grant_types, housekeeping, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.refusals import NotFound
from oauthsrv.oauth.credentials import parse_access_token
from oauthsrv.server import Server
from oauthsrv.store.authorization import find_code
from oauthsrv.store.database import sql, transaction
from play import is_active, refused

NOWHERE = "unix:///nowhere/oauthsrv-test"  # a Redis that is away


@pytest.fixture
def cut_off(server: Server) -> Iterator[Server]:
    """A process that cannot reach Redis."""
    settings = dataclasses.replace(server.settings, redis_url=NOWHERE)
    assert settings.database_url
    cut_off = Server.open(settings, database_url=settings.database_url, redis_url=NOWHERE)
    yield cut_off
    cut_off.close()


@dataclasses.dataclass
class Scene:
    """What one user allowed one app."""

    server: Server
    browser: Browser
    user: make.User
    app: make.App
    tokens: dict[str, Any]
    code: str  # not yet redeemed
    api: make.App

    @property
    def family_id(self) -> str:
        return str(rows.family(self.server, self.tokens["refresh_token"]).family_id)

    @property
    def grant_id(self) -> str:
        return str(rows.family(self.server, self.tokens["refresh_token"]).grant_id)


@dataclasses.dataclass
class Neighbors:
    """What lies beside it, for an ending to spare or to take along."""

    other_device: dict[str, Any]  # of the same user and app
    other_user: play.Revocation  # of the same app
    other_app: play.Revocation  # of the same user


@pytest.fixture
def scene(server: Server, browser: Browser) -> Scene:
    connection = play.tokens(server, browser)
    code = play.code(browser, connection.app)
    return Scene(server, browser, connection.user, connection.app, tokens_of(connection), code, make.api(server))


@pytest.fixture
def neighbors(scene: Scene) -> Neighbors:
    device = play.exchange(scene.browser, scene.app, play.code(scene.browser, scene.app)).json
    return Neighbors(
        device,
        other_user=play.tokens(scene.server, scene.browser.another(), scene.app),
        other_app=play.tokens(scene.server, scene.browser.another(), user=scene.user),
    )


def tokens_of(connection: play.Revocation) -> dict[str, Any]:
    return {"access_token": connection.access_token, "refresh_token": connection.refresh_token}


# Each ending: what it ends, and nothing else

WHOLE = {"code", "tokens", "other_device"}  # of the user's access to the app


def the_user_ends_the_app(scene: Scene) -> None:
    page = scene.browser.get("/account/apps")
    [form] = [form for form in page.forms.values() if scene.grant_id in (form.action or "")]
    assert form.submit().status_int == 303


def the_app_revokes_the_refresh_token(scene: Scene) -> None:
    answer = play.post(scene.browser, "/oauth/revoke", scene.app, token=scene.tokens["refresh_token"])
    assert answer.status_int == 200


def the_app_revokes_the_access_token(scene: Scene) -> None:
    answer = play.post(scene.browser, "/oauth/revoke", scene.app, token=scene.tokens["access_token"])
    assert answer.status_int == 200


def an_admin_disables_the_user(scene: Scene) -> None:
    assert revocations.disable_user(scene.server, scene.user.user_id, by=Actor())


def an_admin_revokes_the_user(scene: Scene) -> None:
    assert revocations.revoke_user(scene.server, scene.user.user_id, by=Actor())


def an_admin_ends_the_apps_tokens(scene: Scene) -> None:
    assert revocations.revoke_client_tokens(scene.server, scene.app.client_id, by=Actor())


def the_app_is_deleted(scene: Scene) -> None:
    assert revocations.delete_client(scene.server, scene.app.client_id, by=Actor())


def a_refresh_token_is_used_again(scene: Scene) -> None:
    old = scene.tokens["refresh_token"]
    scene.tokens = play.refresh(scene.browser, scene.app, old).json
    rows.let_pass(scene.server, old, scene.server.settings.refresh_grace + 1)
    assert refused(play.refresh(scene.browser, scene.app, old))


def a_code_is_used_again(scene: Scene) -> None:
    code, scene.code = scene.code, play.code(scene.browser, scene.app)
    scene.tokens = play.exchange(scene.browser, scene.app, code).json
    assert refused(play.exchange(scene.browser, scene.app, code))


ENDED: dict[Callable[[Scene], None], set[str]] = {
    the_user_ends_the_app: WHOLE,
    the_app_revokes_the_refresh_token: {"tokens"},
    the_app_revokes_the_access_token: {"access token"},
    an_admin_disables_the_user: WHOLE | {"other_app"},
    an_admin_revokes_the_user: WHOLE | {"other_app"},
    an_admin_ends_the_apps_tokens: WHOLE | {"other_user"},
    the_app_is_deleted: WHOLE | {"other_user"},
    a_refresh_token_is_used_again: {"tokens"},
    a_code_is_used_again: {"tokens"},
}


@pytest.mark.parametrize("end", ENDED)
def test_rule_6_an_ending_ends_exactly_its_own_on_every_process_at_the_next_check(
    scene: Scene, neighbors: Neighbors, elsewhere: Browser, end: Callable[[Scene], None]
) -> None:
    pairs = {
        "tokens": (scene.app, scene.tokens),
        "other_device": (scene.app, neighbors.other_device),
        "other_user": (scene.app, tokens_of(neighbors.other_user)),
        "other_app": (neighbors.other_app.app, tokens_of(neighbors.other_app)),
    }
    for seen_by in (scene.browser, elsewhere):  # both know all of them
        assert all(is_active(seen_by, app, tokens["access_token"]) for app, tokens in pairs.values())
    end(scene)
    pairs["tokens"] = (scene.app, scene.tokens)
    ended = ENDED[end]
    is_deleted = end is the_app_is_deleted
    for name, (app, tokens) in pairs.items():
        is_over = name in ended or (name == "tokens" and "access token" in ended)
        for seen_by in (elsewhere, scene.browser):
            assert is_active(seen_by, scene.api, tokens["access_token"]) is not is_over, name
            if not (is_deleted and app is scene.app):
                assert is_active(seen_by, app, tokens["access_token"]) is not is_over, name
    for name, (app, tokens) in pairs.items():
        for seen_by in (elsewhere, scene.browser):
            answer = play.refresh(seen_by, app, tokens["refresh_token"])
            if name in ended:
                assert refused(answer, "invalid_client" if is_deleted and app is scene.app else "invalid_grant"), name
            else:
                assert answer.status_int == 200, name
    exchanged = play.exchange(elsewhere, scene.app, scene.code)
    assert (exchanged.status_int != 200) is ("code" in ended)


@pytest.mark.parametrize("end", ENDED)
def test_rule_6_an_ending_is_written_to_the_audit_log(scene: Scene, end: Callable[[Scene], None]) -> None:
    def log() -> int:
        [row] = rows.rows(
            scene.server,
            "SELECT count(*) AS events FROM audit_event WHERE action !~ '^user.signed|^grant.given' "
            "AND (user_id = %(user_id)s OR client_id = %(client_id)s)",
            user_id=scene.user.user_id,
            client_id=scene.app.client_id,
        )
        return int(row.events)

    before = log()
    end(scene)
    assert log() == before + 1


def test_rule_6_any_refresh_token_of_a_family_can_be_given_back_and_nobody_elses(scene: Scene) -> None:
    """An app that logs out may lag a rotation behind; an outsider's revocation has no effect (rule 10)."""
    old = scene.tokens["refresh_token"]
    current = play.refresh(scene.browser, scene.app, old).json
    outsider = make.app(scene.server)
    for token in (old, current["refresh_token"], current["access_token"]):
        assert play.post(scene.browser, "/oauth/revoke", outsider, token=token).status_int == 200
    assert is_active(scene.browser, scene.app, current["access_token"])
    assert rows.lives(scene.server, old)
    assert play.post(scene.browser, "/oauth/revoke", scene.app, token=old).status_int == 200
    assert not is_active(scene.browser, scene.app, current["access_token"])
    assert not rows.lives(scene.server, old)


def test_rule_6_a_new_consent_after_an_ending_makes_a_new_grant_and_revives_nothing(scene: Scene) -> None:
    old = scene.grant_id
    the_user_ends_the_app(scene)
    fresh = play.exchange(scene.browser, scene.app, play.code(scene.browser, scene.app)).json
    assert rows.active_grant(scene.server, scene.user.user_id, scene.app.client_id) != old
    assert is_active(scene.browser, scene.app, fresh["access_token"])
    assert not is_active(scene.browser, scene.app, scene.tokens["access_token"])
    assert refused(play.refresh(scene.browser, scene.app, scene.tokens["refresh_token"]))
    assert refused(play.exchange(scene.browser, scene.app, scene.code))


def test_rule_6_an_enabled_user_gets_nothing_of_the_past_back(scene: Scene) -> None:
    revocations.disable_user(scene.server, scene.user.user_id, by=Actor())
    revocations.enable_user(scene.server, scene.user.user_id, by=Actor())
    assert not is_active(scene.browser, scene.app, scene.tokens["access_token"])
    assert refused(play.refresh(scene.browser, scene.app, scene.tokens["refresh_token"]))
    assert refused(play.exchange(scene.browser, scene.app, scene.code))
    assert scene.browser.get("/account/apps").status_int == 303  # to sign in
    play.sign_in(scene.browser, scene.user)
    play.exchange(scene.browser, scene.app, play.code(scene.browser, scene.app))


def test_rule_6_the_session_of_a_revoked_user_allows_nothing(scene: Scene, server: Server) -> None:
    app = make.app(server)
    page = play.ask(scene.browser, app)  # a consent page that is still open
    revocations.revoke_user(server, scene.user.user_id, by=Actor())
    answer = play.allow(page)
    assert not (answer.location or "").startswith(app.redirect_uri)
    assert rows.grants(server, scene.user.user_id, app.client_id) == []
    assert play.ask(scene.browser, scene.app).location.startswith("/login?")


def test_rule_6_only_the_user_whose_grant_it_is_can_end_it(scene: Scene) -> None:
    mallory = scene.browser.another()
    play.sign_in(mallory, make.user(scene.server))
    csrf = play.form_with(mallory.get("/account/profile"), "csrf")["csrf"].value
    answer = mallory.post(f"/account/apps/{scene.grant_id}/end", {"csrf": csrf})
    assert answer.status_int == 404
    assert is_active(scene.browser, scene.app, scene.tokens["access_token"])


# Locks: two transactions, each held open in turn

Revocation = Callable[[], Any]


def by_user(scene: Scene, server: Server) -> Revocation:
    grant_id = scene.grant_id
    return lambda: revocations.revoke_grant(server, grant_id, scene.user.user_id, "user", by=Actor())


def by_disabling(scene: Scene, server: Server) -> Revocation:
    return lambda: revocations.disable_user(server, scene.user.user_id, by=Actor())


def by_revoking(scene: Scene, server: Server) -> Revocation:
    return lambda: revocations.revoke_user(server, scene.user.user_id, by=Actor())


def by_ending_tokens(scene: Scene, server: Server) -> Revocation:
    return lambda: revocations.revoke_client_tokens(server, scene.app.client_id, by=Actor())


def by_deleting(scene: Scene, server: Server) -> Revocation:
    return lambda: revocations.delete_client(server, scene.app.client_id, by=Actor())


def by_giving_back(scene: Scene, server: Server) -> Revocation:
    family_id, client_id = scene.family_id, scene.app.client_id
    return lambda: revocations.revoke_family(
        server, family_id, "client_revoked", by=Actor(), user_id=None, client_id=client_id
    )


OF_CLIENT = [by_ending_tokens, by_deleting]  # these wait for nobody: test_epochs.py
GRANT_REVOCATIONS = [by_user, by_disabling, by_revoking]
FAMILY_REVOCATIONS = [*GRANT_REVOCATIONS, by_giving_back]
OF_USER_OR_APP = [by_disabling, by_revoking, by_ending_tokens, by_deleting]

Ending = Callable[[Scene, Server], Revocation]


def nothing_lives(scene: Scene, elsewhere: Browser, *answers: dict[str, Any]) -> bool:
    """Neither the tokens that were there before nor those of `answers`, on no process, by PostgreSQL or Redis."""
    for tokens in (scene.tokens, *answers):
        reference = parse_access_token(tokens["access_token"])
        assert reference is not None
        assert reference.family_id is not None
        assert not rows.has_marker(scene.server, reference.family_id)
        assert not rows.lives(scene.server, tokens["refresh_token"])
        for seen_by in (scene.browser, elsewhere):
            assert not is_active(seen_by, scene.api, tokens["access_token"])
    return True


@pytest.mark.parametrize("ending", GRANT_REVOCATIONS)
def test_rule_6_an_ending_waits_for_a_family_that_is_being_made_and_ends_it(
    scene: Scene, another_server: Server, elsewhere: Browser, ending: Ending
) -> None:
    end = ending(scene, another_server)
    with (
        holding(grant_types, lambda: play.exchange(scene.browser.another(), scene.app, scene.code)) as (
            gate,
            exchanged,
        ),
        meanwhile(end) as ended,
    ):
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
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
        meanwhile(lambda: play.exchange(scene.browser.another(), scene.app, scene.code)) as exchanged,
    ):
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
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
        holding(grant_types, lambda: play.refresh(scene.browser.another(), scene.app, token)) as (gate, refreshed),
        meanwhile(end) as ended,
    ):
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
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
        meanwhile(lambda: play.refresh(scene.browser.another(), scene.app, token)) as refreshed,
    ):
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
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
    with holding(consent, open_question(scene)) as (gate, allowed), meanwhile(end) as ended:
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
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
    with holding(revocations, end) as (gate, ended), meanwhile(open_question(scene)) as allowed:
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
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
        sql.grants.note_used(db, keys=[grant_id], times=[datetime.now(UTC).timestamp()], addresses=["192.0.2.1"])
        with meanwhile(end) as ended:
            eventually(lambda: somebody_waits_for_a_lock(another_server))
            db.commit()
            assert ended.result() is True
    assert nothing_lives(scene, elsewhere)


def test_rule_6_two_revocations_at_once_do_not_block_each_other(scene: Scene, another_server: Server) -> None:
    first, second = by_revoking(scene, scene.server), by_user(scene, another_server)
    with holding(revocations, first) as (gate, ended), meanwhile(second) as also_ended:
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
        gate.open()
        assert ended.result() is True
        assert also_ended.result() is True


def test_rule_5_grace_is_counted_from_after_the_wait_for_the_family(scene: Scene, elsewhere: Browser) -> None:
    """Of two rotations of one token at once, the second gets what the first one gave."""
    token = scene.tokens["refresh_token"]
    with (
        holding(grant_types, lambda: play.refresh(scene.browser.another(), scene.app, token)) as (gate, first),
        meanwhile(lambda: play.refresh(elsewhere, scene.app, token)) as second,
    ):
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
        gate.open()
        assert first.result().json == second.result().json | {"expires_in": first.result().json["expires_in"]}


def test_rule_2_of_two_exchanges_at_once_the_second_waits_and_is_the_second_use(
    scene: Scene, elsewhere: Browser
) -> None:
    with (
        holding(grant_types, lambda: play.exchange(scene.browser.another(), scene.app, scene.code)) as (gate, first),
        meanwhile(lambda: play.exchange(elsewhere, scene.app, scene.code)) as second,
    ):
        eventually(lambda: somebody_waits_for_a_lock(scene.server))
        gate.open()
        assert first.result().status_int == 200
        assert refused(second.result())
    assert not is_active(elsewhere, scene.app, first.result().json["access_token"])


# Markers


def test_rule_6_no_marker_is_made_for_what_is_revoked(scene: Scene, elsewhere: Browser) -> None:
    """By nothing that anybody can send, and by nothing that the server does by itself."""
    family_id = scene.family_id
    old = scene.tokens["refresh_token"]
    current = play.refresh(scene.browser, scene.app, old).json
    by_user(scene, scene.server)()
    for seen_by in (scene.browser, elsewhere):
        for token in (old, current["refresh_token"]):
            play.refresh(seen_by, scene.app, token)
            play.introspect(seen_by, scene.app, token)
        is_active(seen_by, scene.app, current["access_token"])
        is_active(seen_by, scene.api, current["access_token"])
        play.exchange(seen_by, scene.app, scene.code)
        play.post(seen_by, "/oauth/revoke", scene.app, token=current["access_token"])
    for task in (housekeeping.sweep_ended, housekeeping.erase_sealed, housekeeping.walk, housekeeping.purge):
        done(task(scene.server))
    assert not rows.has_marker(scene.server, family_id)


def test_rule_6_checking_a_token_makes_no_marker(scene: Scene) -> None:
    """A lost marker means no; a refresh, which sees the family active, makes it again."""
    family_id = scene.family_id
    redis = scene.server.redis.connection()
    redis.delete(scene.server.tokens.marker_key(family_id))
    for _ in range(2):
        assert not is_active(scene.browser, scene.app, scene.tokens["access_token"])
    assert not rows.has_marker(scene.server, family_id)
    fresh = play.refresh(scene.browser, scene.app, scene.tokens["refresh_token"]).json
    assert is_active(scene.browser, scene.app, fresh["access_token"])


def test_rule_6_a_marker_outlives_the_longest_access_token_and_is_only_prolonged(scene: Scene) -> None:
    """Also one that another process, with a longer ACCESS_TTL, gave a longer life."""
    redis, key = scene.server.redis.connection(), scene.server.tokens.marker_key(scene.family_id)
    longest = scene.server.installation.longest_access_ttl
    redis.expire(key, longest - 10)
    tokens = play.refresh(scene.browser, scene.app, scene.tokens["refresh_token"]).json
    assert longest < redis.ttl(key) <= longest + 120
    redis.expire(key, longest + 1000)
    play.refresh(scene.browser, scene.app, tokens["refresh_token"])
    assert redis.ttl(key) > longest + 900


@pytest.mark.parametrize("ending", FAMILY_REVOCATIONS)
def test_rule_6_repeating_a_revocation_deletes_again(scene: Scene, elsewhere: Browser, ending: Ending) -> None:
    """As after a crash between the commit and the deletion in Redis."""
    end = ending(scene, scene.server)
    key = scene.server.tokens.marker_key(scene.family_id)
    assert end() is True
    scene.server.redis.connection().set(key, b"1", ex=100)
    try:
        assert end() is True
    except NotFound:
        pytest.fail("it was refused instead of repeated")
    assert nothing_lives(scene, elsewhere)


def test_rule_6_nobody_can_end_what_is_not_there(server: Server) -> None:
    user = make.user(server)
    with pytest.raises(NotFound):
        revocations.revoke_grant(server, "gra_" + secrets.token_hex(16), user.user_id, "user", by=Actor())
    with pytest.raises(NotFound):
        revocations.revoke_client_tokens(server, "cli_" + secrets.token_hex(16), by=Actor())


# Redis away


@pytest.mark.parametrize("ending", [*FAMILY_REVOCATIONS, *OF_CLIENT])
def test_rule_6_an_ending_without_redis_is_recorded_and_not_yet_in_force_until_the_sweep(
    scene: Scene, cut_off: Server, elsewhere: Browser, ending: Ending
) -> None:
    """Rule 8 too. PostgreSQL refuses at once all that it decides: refreshing and redeeming."""
    assert ending(scene, cut_off)() is False
    assert rows.has_marker(scene.server, scene.family_id)
    assert not rows.lives(scene.server, scene.tokens["refresh_token"])
    done(scene.server.sweep.recent(scene.server.redis.connection()))
    assert nothing_lives(scene, elsewhere)


def test_rule_6_a_single_access_token_revoked_without_redis_is_deleted_by_the_sweep(
    scene: Scene, cut_off: Server, elsewhere: Browser
) -> None:
    text = scene.tokens["access_token"]
    assert is_active(elsewhere, scene.app, text)  # a process swept once already, when it started
    assert not revocations.revoke_access_token(cut_off, text, lifetime=3600, client_id=scene.app.client_id, by=Actor())
    assert is_active(elsewhere, scene.app, text)
    done(scene.server.sweep.recent(scene.server.redis.connection()))
    assert not is_active(elsewhere, scene.app, text)
    assert play.refresh(elsewhere, scene.app, scene.tokens["refresh_token"]).status_int == 200


def test_rule_6_a_suspension_without_redis_is_brought_into_force_by_the_sweep(
    scene: Scene, cut_off: Server, elsewhere: Browser
) -> None:
    assert is_active(elsewhere, scene.api, scene.tokens["access_token"])
    assert review.suspend_client(cut_off, scene.app.client_id, by=Actor()) is False
    done(scene.server.sweep.recent(scene.server.redis.connection()))
    for seen_by in (scene.browser, elsewhere):
        assert not is_active(seen_by, scene.api, scene.tokens["access_token"])


def test_rule_6_the_sweep_goes_through_all_that_ended_page_by_page(
    scene: Scene, neighbors: Neighbors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of a page, nothing is left out and nothing active is deleted."""
    monkeypatch.setattr("oauthsrv.store.sweep.PAGE", 2)
    server, redis = scene.server, scene.server.redis.connection()
    families, texts = [], []
    for _ in range(5):
        tokens = play.exchange(scene.browser, scene.app, play.code(scene.browser, scene.app)).json
        families.append(rows.family(server, tokens["refresh_token"]).family_id)
        single = play.refresh(scene.browser, scene.app, neighbors.other_user.refresh_token).json["access_token"]
        texts.append(single)
    kept = {key: redis.dump(key) for key in redis.scan_iter(match="*:t:*", count=1000)}
    by_user(scene, server)()
    for text in texts:
        play.post(scene.browser, "/oauth/revoke", scene.app, token=text)
    for family_id in families:
        redis.set(server.tokens.marker_key(family_id), b"1", ex=100)
    for key, record in kept.items():
        if not redis.exists(key):
            redis.restore(key, 100_000, record)
    assert all(is_active(scene.browser, scene.app, text) for text in texts)
    done(server.sweep.recent(redis))
    assert not any(rows.has_marker(server, family_id) for family_id in families)
    assert not any(is_active(scene.browser, scene.app, text) for text in texts)
    assert is_active(scene.browser, scene.app, neighbors.other_user.access_token)
    assert neighbors.other_app.is_active()


# Suspension


def test_rule_6_a_suspension_refuses_everything_on_every_process_and_ends_nothing(
    scene: Scene, neighbors: Neighbors, elsewhere: Browser
) -> None:
    both = (scene.browser, elsewhere)
    for seen_by in both:
        assert is_active(seen_by, scene.api, scene.tokens["access_token"])
    assert review.suspend_client(scene.server, scene.app.client_id, by=Actor())
    for seen_by in both:
        for tokens in (scene.tokens, tokens_of(neighbors.other_user)):
            assert not is_active(seen_by, scene.api, tokens["access_token"])
            # Never invalid_grant, on which apps throw their token away.
            assert refused(play.refresh(seen_by, scene.app, tokens["refresh_token"]), "unauthorized_client")
        assert refused(play.exchange(seen_by, scene.app, scene.code), "unauthorized_client")
        own = play.post(seen_by, "/oauth/introspect", scene.app, token=scene.tokens["access_token"])
        assert refused(own, "unauthorized_client")
        assert neighbors.other_app.is_active()
    asked = play.ask(scene.browser, scene.app)
    assert asked.status_int == 400
    assert asked.location is None
    assert review.reactivate_client(scene.server, scene.app.client_id, by=Actor())
    for seen_by in both:
        for tokens in (scene.tokens, tokens_of(neighbors.other_user)):
            assert is_active(seen_by, scene.api, tokens["access_token"])
            assert is_active(seen_by, scene.app, tokens["access_token"])
    assert play.refresh(elsewhere, scene.app, scene.tokens["refresh_token"]).status_int == 200
    assert play.exchange(elsewhere, scene.app, scene.code).status_int == 200
    assert play.ask(scene.browser, scene.app).status_int == 303


def test_rule_6_what_was_ended_during_a_suspension_stays_ended(
    scene: Scene, neighbors: Neighbors, elsewhere: Browser
) -> None:
    review.suspend_client(scene.server, scene.app.client_id, by=Actor())
    the_user_ends_the_app(scene)
    review.reactivate_client(scene.server, scene.app.client_id, by=Actor())
    assert nothing_lives(scene, elsewhere)
    assert is_active(elsewhere, scene.app, neighbors.other_user.access_token)


def test_rule_6_suspending_twice_and_reactivating_twice_is_as_once(scene: Scene) -> None:
    for _ in range(2):
        review.suspend_client(scene.server, scene.app.client_id, by=Actor())
        assert not is_active(scene.browser, scene.api, scene.tokens["access_token"])
    for _ in range(2):
        review.reactivate_client(scene.server, scene.app.client_id, by=Actor())
        assert is_active(scene.browser, scene.api, scene.tokens["access_token"])
    actions = ("client.suspended", "client.reactivated")
    assert [len(rows.events(scene.server, action, scene.app.client_id)) for action in actions] == [1, 1]


def test_rule_6_a_code_for_a_grant_that_ended_is_still_known_and_worth_nothing(scene: Scene) -> None:
    """It dies with its grant because PostgreSQL says so, not because somebody found and deleted it."""
    the_user_ends_the_app(scene)
    assert find_code(scene.server.redis, scene.code) is not None
    assert refused(play.exchange(scene.browser, scene.app, scene.code))


# Sweeps


def test_rule_7_a_process_sweeps_when_it_starts(scene: Scene, another_server: Server) -> None:
    """Before anybody asks it anything: another process may have died between a commit and its deletions in Redis."""
    key = scene.server.tokens.marker_key(scene.family_id)
    by_user(scene, scene.server)()
    redis = scene.server.redis.connection()
    redis.set(key, b"1", ex=100)
    with contextlib.closing(Application(another_server)):
        eventually(lambda: not redis.exists(key), seconds=3)
