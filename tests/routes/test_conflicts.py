"""Forms that edit a record: nobody saves over what a colleague just saved, and nothing typed is lost."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import accounts, apis, catalog, managed_accounts
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes
from oauthsrv.flows.clients.limits import Limits, are_raised, set_limits
from oauthsrv.routes import MAP
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql


@dataclass
class Edit:
    """A form of a record: what a colleague saves first, what is typed, and what is saved in the end."""

    page: str
    field: str
    typed: str
    colleague_saves: Callable[[], Any]
    expected: str
    saved: Callable[[], str]


def found(server: Server, query: str, **key: Any) -> Any:
    table, name = query.split(".")
    with reading(server.database) as db:
        return getattr(getattr(sql, table), name)(db, **key)


def of_app(server: Server, root: make.User) -> Edit:
    app = make.app(server, root, redirect_uris=("https://a.example/cb", "https://leaked.example/cb"))
    return Edit(
        f"/developer/apps/{app.client_id}/edit",
        "description",
        "It exports things.",
        lambda: make.change(server, app, redirect_uris=["https://a.example/cb"]),
        "https://leaked.example/cb",
        lambda: found(server, "clients.overview", client_id=app.client_id).description,
    )


def of_limits(server: Server, root: make.User) -> Edit:
    app = make.app(server)
    return Edit(
        f"/admin/apps/{app.client_id}/limit",
        "limit",
        "900",
        lambda: set_limits(server, app.client_id, 17, by=Actor()),
        "17",
        lambda: str(found(server, "clients.overview", client_id=app.client_id).calls_per_hour),
    )


def of_scope(server: Server, root: make.User) -> Edit:
    scope, words = f"edit:{secrets.token_hex(4)}", catalog.ScopeFields("Read it", 40, False)
    catalog.add(server, scope, words, by=Actor())
    return Edit(
        f"/admin/scopes/edit?scope={scope}",
        "description",
        "Read it all",
        lambda: catalog.change(server, scope, replace(words, description="Read a bit of it"), by=Actor()),
        "Read a bit of it",
        lambda: next(row.description for row in catalog.all_scopes(server) if row.scope == scope),
    )


def of_api(server: Server, root: make.User) -> Edit:
    api = make.api(server)
    other = apis.ApiFields("Renamed API", api.redirect_uri, list(make.SCOPES))
    return Edit(
        f"/admin/apis/{api.client_id}/edit",
        "name",
        "Our API",
        lambda: apis.change(server, api.client_id, other, by=Actor()),
        "Renamed API",
        lambda: found(server, "apis.find", client_id=api.client_id).name,
    )


def of_profile(server: Server, root: make.User) -> Edit:
    return Edit(
        "/account/profile",
        "name",
        "Root the Second",
        lambda: accounts.change_name(server, root.user_id, "Root Elsewhere", by=Actor()),
        "Root Elsewhere",
        lambda: found(server, "users.find", user_id=root.user_id).name,
    )


def of_user(server: Server, root: make.User) -> Edit:
    user = make.user(server)
    other = managed_accounts.PersonFields(user.email, "Renamed Elsewhere")
    return Edit(
        f"/admin/users/{user.user_id}/edit",
        "name",
        "Renamed Here",
        lambda: managed_accounts.edit(server, user.user_id, other, by=Actor()),
        "Renamed Elsewhere",
        lambda: found(server, "users.find", user_id=user.user_id).name,
    )


EDITS = {
    "/admin/users/<user_id>/edit": of_user,
    "/developer/apps/<client_id>/edit": of_app,
    "/admin/apps/<client_id>/limit": of_limits,
    "/admin/scopes/edit": of_scope,
    "/admin/apis/<client_id>/edit": of_api,
    "/account/profile": of_profile,
}


@pytest.fixture(params=EDITS)
def edit(request: pytest.FixtureRequest, server: Server, root: make.User) -> Edit:
    return EDITS[request.param](server, root)


def opened(browser: Browser, edit: Edit) -> Any:
    form = play.form_with(browser.get(edit.page), edit.field)
    form[edit.field] = edit.typed
    return form


def test_every_form_of_a_record_is_tried_here() -> None:
    """What is under these names edits a record; a new one of them gets its place in EDITS."""
    forms = {path for method, path, _, _ in MAP if method == "POST"}
    assert {path for path in forms if path.endswith(("/edit", "/profile", "/limit"))} == set(EDITS)


def test_a_form_that_nobody_overtook_is_saved(browser: Browser, edit: Edit) -> None:
    assert opened(browser, edit).submit().status_int == 303
    assert edit.saved() == edit.typed


def conflict(answer: TestResponse) -> str:
    assert answer.status_int == 409
    assert "someone changed this after you opened the form" in answer.html.find(id="conflict").get_text()
    return str(answer.html.find("table").get_text(" "))


def test_rule_13_an_outdated_form_shows_both_and_can_be_saved_after_all(browser: Browser, edit: Edit) -> None:
    form = opened(browser, edit)
    edit.colleague_saves()
    before = edit.saved()
    answer = form.submit()
    expected = conflict(answer)
    assert edit.expected in expected
    assert edit.typed in expected
    assert edit.saved() == before
    again = play.form_with(answer, edit.field)
    assert again[edit.field].value == edit.typed
    # Also after yet another change.
    edit.colleague_saves()
    assert again.submit().status_int == 303
    assert edit.saved() == edit.typed


@pytest.mark.parametrize("shown", ["", "0" * 64, "é", None])
def test_rule_13_a_form_without_its_hash_is_a_conflict(browser: Browser, edit: Edit, shown: str | None) -> None:
    form = opened(browser, edit)
    before = edit.saved()
    pairs = [(name, value) for name, value in form.submit_fields() if name != "shown"]
    answer = browser.post(edit.page.partition("?")[0], [*pairs, *([("shown", shown)] if shown is not None else [])])
    conflict(answer)
    assert edit.saved() == before


def test_a_mistake_keeps_what_the_form_was_opened_with(browser: Browser, server: Server, root: make.User) -> None:
    edit = of_limits(server, root)
    form = opened(browser, edit)
    form["limit"] = "many"
    answer = form.submit()
    assert answer.status_int == 422
    edit.colleague_saves()
    form = play.form_with(answer, "limit")
    form["limit"] = edit.typed
    conflict(form.submit())


def test_rule_13_what_a_colleague_removed_does_not_come_back(server: Server, browser: Browser, root: make.User) -> None:
    """The colleague's change is under way, and committed while this one waits for the app's row."""
    edit = of_app(server, root)
    form = opened(browser, edit)
    with holding(changes, edit.colleague_saves) as (gate, work), in_parallel(form.submit) as answer:
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        work.result()
        assert "https://leaked.example/cb" in conflict(answer.result())
    client_id = edit.page.split("/")[3]
    assert found(server, "clients.overview", client_id=client_id).redirect_uris == ["https://a.example/cb"]


def test_limits_say_whether_anybody_may_do_more() -> None:
    old = Limits(1000, 50, 100)
    for less in (old, old._replace(calls_per_hour=1), old._replace(grant_share_percent=49), (1000, None, 100)):
        assert not are_raised(old, Limits(*less))
    for more in ({"calls_per_hour": 1001}, {"grant_share_percent": 51}, {"token_requests_per_minute": 101}):
        assert are_raised(old, old._replace(**more))
    assert are_raised(Limits(50, 30, 1), Limits(50, None, 1))
    # Without a share of its own, one user of an app may make a quarter of 1,000 calls, and all of 5.
    assert not are_raised(Limits(1000, None, 1), Limits(5, None, 1))
    assert are_raised(Limits(100, None, 1), Limits(99, None, 1))
    assert dataclasses.is_dataclass(Edit)
