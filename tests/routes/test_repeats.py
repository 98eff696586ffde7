"""Rule 13: a double click does a thing once, and shows the result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

import make
import play
import rows
from browser import Browser
from held import eventually, holding, meanwhile, somebody_waits_for_a_lock
from oauthsrv.flows import administrators, catalog, password_reset
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes
from oauthsrv.server import Server
from oauthsrv.store import repeats
from portal import invite


def page_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def edit(browser: Browser, page: str, field: str, typed: str) -> Any:
    form = play.form_with(browser.get(page), field)
    form[field] = typed
    return form


def of_app(server: Server, browser: Browser, root: make.User) -> Any:
    return edit(browser, f"/developer/apps/{make.app(server, root).client_id}/edit", "description", "It exports.")


def of_limits(server: Server, browser: Browser, root: make.User) -> Any:
    return edit(browser, f"/admin/apps/{make.app(server).client_id}/limit", "limit", "900")


def of_scope(server: Server, browser: Browser, root: make.User) -> Any:
    catalog.add(server, "repeat:it", catalog.ScopeFields("Read it", 40, False), by=Actor())
    return edit(browser, "/admin/scopes/edit?scope=repeat:it", "description", "Read it all")


def of_new_scope(server: Server, browser: Browser, root: make.User) -> Any:
    form = edit(browser, "/admin/scopes/new", "scope", "repeat:new")
    form["description"] = "Read what is new"
    return form


def of_profile(server: Server, browser: Browser, root: make.User) -> Any:
    return edit(browser, "/account/profile", "name", "Root the Second")


def of_invitation(server: Server, browser: Browser, root: make.User) -> Any:
    owner = make.user(server)
    link = invite(server, owner, make.app(server, owner).client_id, root)
    return play.form_with(browser.get(f"/developer/join?link={link}"), "link")


def of_reset(server: Server, browser: Browser, root: make.User) -> Any:
    link = password_reset.make_link(server, make.user(server).user_id, by=Actor())
    return edit(browser.another(), page_of(link), "new_password", "seven quiet otters")


def of_new_administrator(server: Server, browser: Browser, root: make.User) -> Any:
    user, theirs = make.user(server), browser.another()
    play.sign_in(theirs, user)
    return play.form_with(theirs.get(page_of(administrators.invite(server, user.user_id, by=Actor()))), "link")


def of_approval(server: Server, browser: Browser, root: make.User) -> Any:
    app = make.app(server, approved=False)
    page = browser.get(f"/admin/apps/{app.client_id}")
    return next(form for form in page.forms.values() if form.action.endswith("/approve"))


def of_verification(server: Server, browser: Browser, root: make.User) -> Any:
    page = browser.get(f"/admin/apps/{make.app(server).client_id}")
    return play.form_with(play.press(page, "Verify the app"), "sure")


def kept(server: Server) -> list[Any]:
    return list(server.redis.connection().keys(server.redis.key("o", "*")))


@pytest.fixture(autouse=True)
def a_moment_passes(server: Server) -> None:
    """No test finds what another one has sent."""
    forget(server)


def forget(server: Server) -> None:
    for key in kept(server):
        server.redis.connection().delete(key)


FORMS = (
    of_app,
    of_limits,
    of_scope,
    of_new_scope,
    of_profile,
    of_invitation,
    of_reset,
    of_new_administrator,
    of_approval,
    of_verification,
)


@pytest.mark.parametrize("opened", FORMS)
def test_rule_13_a_second_click_shows_the_result_of_the_first(
    server: Server, browser: Browser, root: make.User, reviewed: None, opened: Callable[..., Any]
) -> None:
    form = opened(server, browser, root)
    first = form.submit()
    assert first.status_int == 303
    events = rows.rows(server, "SELECT count(*) FROM audit_event")
    second = form.submit()
    assert (second.status_int, second.location) == (303, first.location)
    assert second.headers.getall("Set-Cookie") == first.headers.getall("Set-Cookie")
    assert rows.rows(server, "SELECT count(*) FROM audit_event") == events


def test_rule_13_a_second_click_while_the_first_is_under_way_shows_its_result(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "WAIT", 1)  # the second one goes on before the first is committed
    form = of_app(server, browser, root)
    with holding(changes, form.submit) as (gate, first), meanwhile(form.submit) as second:
        eventually(lambda: somebody_waits_for_a_lock(server))
        gate.open()
        assert first.result().status_int == 303
        assert second.result().status_int == 303
        assert second.result().location == first.result().location


def test_rule_13_five_clicks_at_once_all_show_the_result(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "WAIT", 20)
    form = of_invitation(server, browser, root)
    with ThreadPoolExecutor(5) as threads:
        answers = [one.result() for one in [threads.submit(form.submit) for _ in range(5)]]
    assert {(answer.status_int, answer.location) for answer in answers} == {(303, answers[0].location)}


def test_another_browser_another_form_and_a_later_one_get_no_answer_of_the_first(
    server: Server, browser: Browser, root: make.User
) -> None:
    link = page_of(password_reset.make_link(server, make.user(server).user_id, by=Actor()))
    mine = edit(browser.another(), link, "new_password", "seven quiet otters")
    other = edit(browser.another(), link, "new_password", "seven quiet otters")
    assert mine.submit().status_int == 303
    assert other.submit().status_int == 404
    mine["new_password"] = "eight quiet otters"
    assert mine.submit().status_int == 404
    app = make.app(server, root)
    form = edit(browser, f"/developer/apps/{app.client_id}/edit", "description", "It exports.")
    assert form.submit().status_int == 303
    forget(server)
    assert form.submit().status_int == 409


def test_a_form_that_did_nothing_is_no_first_click(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, root)
    form = edit(browser, f"/developer/apps/{app.client_id}/edit", "name", "")
    forget(server)
    for _ in range(2):
        assert form.submit().status_int == 422
    form["name"] = "Named"
    make.change(server, app, name="By a colleague")
    for _ in range(2):
        assert form.submit().status_int == 409
    assert not [key for key in kept(server) if not key.endswith(b":ended")]


def test_rule_1_what_is_kept_of_a_form_is_sealed(server: Server, browser: Browser, root: make.User) -> None:
    form = of_profile(server, browser, root)
    forget(server)
    first = form.submit()
    values = [
        server.redis.connection().get(key) for key in kept(server) if server.redis.connection().type(key) == b"string"
    ]
    assert len(values) == 1
    assert first.location.encode() not in values[0]


def test_what_is_kept_of_a_form_lasts_for_seconds(server: Server, browser: Browser, root: make.User) -> None:
    form = of_profile(server, browser, root)
    forget(server)
    form.submit()
    assert len(kept(server)) == 2
    for key in kept(server):
        assert 0 < server.redis.connection().ttl(key) <= repeats.SECONDS
