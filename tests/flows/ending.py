"""The ways to revoke what a user allowed, each as one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rows
from browser import Browser
from flows.conftest import Scene
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import parse_access_token
from oauthsrv.server import Server
from play import is_active


def the_user_ends_the_app(scene: Scene) -> None:
    page = scene.browser.get("/account/apps")
    [form] = [form for form in page.forms.values() if scene.grant_id in (form.action or "")]
    assert form.submit().status_int == 303


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
