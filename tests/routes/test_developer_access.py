"""Whose an app is: outsiders, members, owners, administrators, and what is left of a deleted one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import team, transfers
from oauthsrv.server import Server
from portal import apps_of, csrf_of, member, owned
from seen import going_to

PAGES = ("", "/edit", "/secrets", "/secrets/retire", "/usage", "/users", "/team", "/danger")
OWNERS_PAGES = ("/transfer", "/delete")
POSTS = ("/edit", "/secrets", "/secrets/retire", "/team/leave")
OWNERS_POSTS = ("/team", "/end-tokens", "/transfer", "/delete")


@pytest.mark.parametrize("path", ["/developer", "/developer/apps", "/developer/apps/new", "/developer/apps/cli_1/edit"])
def test_a_visitor_signs_in_first(server: Server, browser: Browser, path: str) -> None:
    assert going_to(server, browser.get(path)) == path


def test_rule_13_every_post_needs_its_csrf_token(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    paths = [f"/apps/{client_id}{below}" for below in (*POSTS, *OWNERS_POSTS)]
    for path in ("/apps", *paths, "/join", "/join/decline"):
        assert browser.post(f"/developer{path}", {"name": "x"}).status_int == 403, path
    assert len(apps_of(server, ada)) == 1


def test_rule_10_an_app_does_not_exist_for_outsiders(server: Server, browser: Browser, ada: make.User) -> None:
    """Also for the member of the team of another app."""
    owner = make.user(server)
    mine, theirs = owned(server, owner), owned(server, owner)
    person = member(server, owner, mine)
    browser = browser.another()
    play.sign_in(browser, person)
    assert theirs not in browser.get("/developer/apps")
    csrf = csrf_of(browser)
    member_path = f"/team/{person.user_id}/remove"
    for path in (theirs, "cli_" + "0" * 32, "nonsense", "cli_%00"):
        for below in (*PAGES, *OWNERS_PAGES):
            assert browser.get(f"/developer/apps/{path}{below}").status_int == 404, (path, below)
        for below in (*POSTS, *OWNERS_POSTS, member_path):
            answer = browser.post(f"/developer/apps/{path}{below}", {"csrf": csrf, "name": "Example App"})
            assert answer.status_int == 404, (path, below)
    assert server.clients.find_client(theirs) is not None


def test_a_member_sees_every_page_and_does_not_decide_about_the_app(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada, name="Shared")
    other = member(server, ada, client_id)
    browser = browser.another()
    play.sign_in(browser, member(server, ada, client_id))
    for below in PAGES:
        assert browser.get(f"/developer/apps/{client_id}{below}").status_int == 200, below
    member_path = f"/team/{other.user_id}/remove"
    for below in OWNERS_PAGES:
        page = browser.get(f"/developer/apps/{client_id}{below}")
        assert page.status_int == 403, below
        assert "Ada Developer" in page
    csrf = csrf_of(browser)
    for below in (*OWNERS_POSTS, member_path):
        fields = {"csrf": csrf, "name": "Shared", "member": other.user_id, "email": other.email}
        assert browser.post(f"/developer/apps/{client_id}{below}", fields).status_int == 403, below
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.owner_id == ada.user_id


def test_a_member_changes_settings_and_secrets(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    browser = browser.another()
    play.sign_in(browser, member(server, ada, client_id))
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")
    form["name"] = "Changed by a member"
    assert form.submit().status_int == 303
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/secrets"), "seen")
    assert "You won’t see it again" in form.submit()


def test_an_ex_member_loses_access_at_once(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id)
    browser = browser.another()
    play.sign_in(browser, person)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/secrets"), "seen")
    team.remove(server, client_id, person.user_id, owner_id=ada.user_id, by=Actor(ada.user_id))
    assert form.submit().status_int == 404
    for below in PAGES:
        assert browser.get(f"/developer/apps/{client_id}{below}").status_int == 404, below
    assert client_id not in browser.get("/developer/apps")


def answer_after(
    server: Server, connection: Callable[[], object], form: Any, module: ModuleType = team
) -> TestResponse:
    """Of a form that passed the guards, and waits for the row while `connection` takes the right away."""
    with holding(module, connection) as (gate, _), in_parallel(form.submit) as later:
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        answer: TestResponse = later.result()
    return answer


def test_rule_6_what_waits_for_a_removal_or_a_transfer_is_answered_as_what_comes_later(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada, name="Shared")
    person, gone = member(server, ada, client_id), member(server, ada, client_id)
    theirs = browser.another()
    play.sign_in(theirs, gone)
    form = play.form_with(theirs.get(f"/developer/apps/{client_id}/secrets"), "seen")
    owner_id, by = ada.user_id, Actor(ada.user_id)
    remove = partial(team.remove, server, client_id, gone.user_id, owner_id=owner_id, by=by)
    assert answer_after(server, remove, form).status_int == 404
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/delete"), "name")
    form["name"] = "Shared"
    transfers.offer(server, client_id, person.user_id, owner_id=owner_id, by=by)
    accept = partial(transfers.accept, server, client_id, by=Actor(person.user_id))
    page = answer_after(server, accept, form, transfers)
    assert page.status_int == 403
    assert f"its owner, Mia Member ({person.email})" in page
    assert server.clients.find_client(client_id) is not None


def test_an_administrator_sees_the_app_of_another(server: Server, browser: Browser) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner)
    play.sign_in(browser, make.user(server, admin=True))
    page = browser.get(f"/developer/apps/{client_id}")
    assert "This app belongs to Olga Owner" in page
    for below in (*PAGES, *OWNERS_PAGES):
        assert browser.get(f"/developer/apps/{client_id}{below}").status_int == 200, below


def test_a_deleted_app_says_so_to_its_former_team_alone(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Old Connector")
    person = member(server, ada, client_id)
    revocations.delete_client(server, client_id, by=Actor(ada.user_id))
    of_member, of_admin, of_outsider = browser.another(), browser.another(), browser.another()
    play.sign_in(of_member, person)
    play.sign_in(of_admin, make.user(server, admin=True))
    play.sign_in(of_outsider, make.user(server))
    for knowing in (browser, of_member, of_admin):
        page = knowing.get(f"/developer/apps/{client_id}/usage")
        assert page.status_int == 404
        assert "Old Connector was deleted on" in page
        assert page.click("Your apps", index=-1).status_int == 200
    page = of_outsider.get(f"/developer/apps/{client_id}")
    assert page.status_int == 404
    assert "Old Connector" not in page
