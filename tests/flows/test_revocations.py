"""Ending is complete and immediate, and ends nothing else (rule 6).

`server` and `another_server` are two processes as far as caches and connections go.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

import make
import play
import rows
from browser import Browser
from flows.conftest import Neighbors, Scene, tokens_of
from flows.ending import nothing_lives, the_user_ends_the_app
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.refusals import NotFound
from oauthsrv.server import Server
from oauthsrv.store.authorization import find_code
from play import is_active, refused

# Each ending: what it ends, and nothing else

WHOLE = {"code", "tokens", "other_device"}  # of the user's access to the app


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


def test_rule_6_nobody_can_end_what_is_not_there(server: Server) -> None:
    user = make.user(server)
    with pytest.raises(NotFound):
        revocations.revoke_grant(server, "gra_" + secrets.token_hex(16), user.user_id, "user", by=Actor())
    with pytest.raises(NotFound):
        revocations.revoke_client_tokens(server, "cli_" + secrets.token_hex(16), by=Actor())


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
    """It dies with its grant because PostgreSQL says so, not because it was found and deleted."""
    the_user_ends_the_app(scene)
    assert find_code(scene.server.redis, scene.code, {}) is not None
    assert refused(play.exchange(scene.browser, scene.app, scene.code))
