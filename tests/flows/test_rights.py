"""Administrators, and those they act on, are judged again once everything is locked (rule 6, rule 13)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

import make
import rows
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import administrators, apis, catalog, managed_accounts, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.clients.limits import Limits, set_limits
from oauthsrv.flows.managed_accounts import PersonFields
from oauthsrv.flows.refusals import LastAdministrator, NotAllowed, NotDone, version
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

API = apis.ApiFields("An API", "https://rights.example", ["read:data"])
WORDS = catalog.ScopeFields("Read everything", 50, False)


class World:
    """An administrator who acts, another who takes that right away, and what can be acted on."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.chief = make.user(server, admin=True, name="Chief")
        self.admin = make.user(server, admin=True, name="Admin")
        self.friend = make.user(server, name="Friend")
        self.app = make.app(server, approved=False)
        self.api = make.api(server)
        self.scope = f"rights:{make.secrets.token_hex(4)}"
        catalog.add(server, self.scope, WORDS, by=Actor())

    @property
    def by(self) -> Actor:
        return Actor(self.admin.user_id, "192.0.2.1")

    def demote(self) -> None:
        administrators.remove_admin(self.server, self.admin.user_id, by=Actor(self.chief.user_id))

    def disable(self) -> None:
        revocations.disable_user(self.server, self.admin.user_id, by=Actor(self.chief.user_id))

    def done(self) -> list[str]:
        found = rows.rows(
            self.server, "SELECT action FROM audit_event WHERE actor_id = %(admin)s", admin=self.admin.user_id
        )
        return [row.action for row in found]

    def version(self) -> str:
        with reading(self.server.database) as db:
            return version(sql.apis.find(db, client_id=self.api.client_id))


def a_person() -> PersonFields:
    return PersonFields(f"{make.secrets.token_hex(4)}@rights.example", "Rita Rights")


CHANGES: dict[str, Callable[[World], Any]] = {
    "make_admin": lambda w: administrators.invite(w.server, w.friend.user_id, by=w.by),
    "remove_admin": lambda w: administrators.remove_admin(w.server, w.chief.user_id, by=w.by),
    "disable_user": lambda w: revocations.disable_user(w.server, w.friend.user_id, by=w.by),
    "disable_the_other": lambda w: revocations.disable_user(w.server, w.chief.user_id, by=w.by),
    "enable_user": lambda w: revocations.enable_user(w.server, w.friend.user_id, by=w.by),
    "revoke_user": lambda w: revocations.revoke_user(w.server, w.friend.user_id, by=w.by),
    "sign_out_user": lambda w: managed_accounts.end_sessions(w.server, w.friend.user_id, by=w.by),
    "edit_user": lambda w: managed_accounts.edit(w.server, w.friend.user_id, a_person(), by=w.by),
    "delete_user": lambda w: managed_accounts.delete(w.server, w.friend.user_id, by=w.by),
    "add_user": lambda w: managed_accounts.add(w.server, a_person(), by=w.by),
    "suspend": lambda w: review.suspend_client(w.server, w.app.client_id, by=w.by),
    "reactivate": lambda w: review.reactivate_client(w.server, w.app.client_id, by=w.by),
    "approve": lambda w: review.approve(w.server, w.app.client_id, by=w.by),
    "verify": lambda w: review.verify(w.server, w.app.client_id, by=w.by),
    "unverify": lambda w: review.remove_verification(w.server, w.app.client_id, by=w.by),
    "limit": lambda w: set_limits(w.server, w.app.client_id, Limits(90_000_000, None, 1000), by=w.by),
    "add_scope": lambda w: catalog.add(w.server, w.scope + "2", WORDS, by=w.by),
    "change_scope": lambda w: catalog.change(w.server, w.scope, replace(WORDS, description="All"), by=w.by),
    "deprecate_scope": lambda w: catalog.deprecate(w.server, w.scope, by=w.by),
    "restore_scope": lambda w: catalog.restore(w.server, w.scope, by=w.by),
    "add_api": lambda w: apis.add(w.server, API, by=w.by),
    "change_api": lambda w: apis.change(w.server, w.api.client_id, API, by=w.by),
    "add_secret": lambda w: apis.add_secret(w.server, w.api.client_id, by=w.by, seen=w.version()),
    "delete_secret": lambda w: apis.delete_secret(w.server, w.api.client_id, str(w.api.client_secret)[-4:], by=w.by),
    "delete_api": lambda w: apis.delete(w.server, w.api.client_id, by=w.by),
}


@pytest.fixture
def world(server: Server) -> World:
    return World(server)


def after(world: World, first: Callable[[], Any], module: Any, second: Callable[[], Any]) -> BaseException | None:
    """`second` comes while `first` has written everything and not committed; what `second` raised in the end."""
    with holding(module, first) as (gate, work), in_parallel(second) as later:
        eventually(lambda: a_lock_is_awaited(world.server))
        gate.open()
        work.result()
        return later.exception()


@pytest.mark.parametrize("name", CHANGES)
def test_rule_13_who_lost_the_right_while_a_change_waited_changes_nothing(world: World, name: str) -> None:
    error = after(world, world.demote, administrators, lambda: CHANGES[name](world))
    assert isinstance(error, NotAllowed)
    assert world.done() == []


@pytest.mark.parametrize("name", CHANGES)
def test_rule_13_an_administrator_disabled_while_a_change_waited_changes_nothing(server: Server, name: str) -> None:
    world = World(server)
    with holding(revocations, world.disable) as (gate, work), ThreadPoolExecutor(1) as threads:
        # The change has a transaction of `revocations` too for some: it passes, as only the first is held.
        later = threads.submit(CHANGES[name], world)
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        work.result()
        assert isinstance(later.exception(), NotAllowed)
    assert world.done() == []


@pytest.mark.parametrize("name", [name for name in CHANGES if not name.startswith(("reactivate", "unverify"))])
def test_an_administrator_may_make_each_of_these_changes(world: World, name: str) -> None:
    if name == "enable_user":
        revocations.disable_user(world.server, world.friend.user_id, by=Actor())
    if name == "restore_scope":
        catalog.deprecate(world.server, world.scope, by=Actor())
    if name == "delete_secret":
        apis.add_secret(world.server, world.api.client_id, by=Actor(), seen=world.version())
    CHANGES[name](world)
    assert world.done()


@pytest.mark.parametrize("name", CHANGES)
def test_rule_13_who_never_was_an_administrator_changes_nothing(world: World, name: str) -> None:
    world.admin = make.user(world.server)
    with pytest.raises(NotAllowed):
        CHANGES[name](world)
    assert world.done() == []


def test_rule_13_a_user_who_was_just_disabled_does_not_become_an_administrator(world: World) -> None:
    def disable() -> None:
        revocations.disable_user(world.server, world.friend.user_id, by=Actor(world.chief.user_id))

    error = after(world, disable, revocations, lambda: CHANGES["make_admin"](world))
    assert isinstance(error, NotDone)
    with reading(world.server.database) as db:
        friend = sql.users.find(db, user_id=world.friend.user_id)
    assert not friend.is_admin


def test_two_administrators_who_act_on_each_other_do_not_block_each_other(server: Server) -> None:
    """One of them wins, the other no longer is one; never a deadlock, and one is always left."""
    for _ in range(10):
        one, other = (make.user(server, admin=True) for _ in range(2))

        def act(by: make.User, on: make.User) -> None:
            administrators.remove_admin(server, on.user_id, by=Actor(by.user_id))

        with ThreadPoolExecutor(2) as threads:
            errors = [shown.exception() for shown in (threads.submit(act, one, other), threads.submit(act, other, one))]
        assert sorted(type(error).__name__ for error in errors) in (
            ["NoneType", "NotAllowed"],
            ["LastAdministrator", "NoneType"],
        )
    assert LastAdministrator
