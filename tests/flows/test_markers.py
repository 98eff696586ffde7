"""Markers in Redis: who makes, prolongs and deletes them, and what the sweep brings into force (rules 6 and 7)."""

from __future__ import annotations

import contextlib

import pytest

import play
import rows
from browser import Browser
from flows.conftest import Neighbors, Scene
from flows.ending import FAMILY_REVOCATIONS, OF_CLIENT, Ending, by_user, nothing_lives
from held import done, eventually
from oauthsrv.app import Application
from oauthsrv.flows import housekeeping, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.refusals import NotFound
from oauthsrv.server import Server
from play import is_active

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
        redis.restore(key, 100_000, record, replace=True)
    assert all(is_active(scene.browser, scene.app, text) for text in texts)
    done(server.sweep.recent(redis))
    assert not any(rows.has_marker(server, family_id) for family_id in families)
    assert not any(is_active(scene.browser, scene.app, text) for text in texts)
    assert is_active(scene.browser, scene.app, neighbors.other_user.access_token)
    assert neighbors.other_app.is_active()


# Sweeps


def test_rule_7_a_process_sweeps_when_it_starts(scene: Scene, another_server: Server) -> None:
    """Before anybody asks it anything: another process may have died between a commit and its deletions in Redis."""
    key = scene.server.tokens.marker_key(scene.family_id)
    by_user(scene, scene.server)()
    redis = scene.server.redis.connection()
    redis.set(key, b"1", ex=100)
    with contextlib.closing(Application(another_server)):
        eventually(lambda: not redis.exists(key), seconds=3)
