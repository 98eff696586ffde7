"""Lists of administrators: their order, what is done with ticked rows, and the files they become."""

from __future__ import annotations

import csv
import io
import secrets
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.flows import administrators, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.refusals import LastAdministrator
from oauthsrv.routes.admin import app_list, ticked
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction
from portal import an_hour_passes
from rows import rows


def used(server: Server, app: make.App, calls: int = 0, refusals: int = 0) -> None:
    rows(
        server,
        "INSERT INTO usage (client_id, hour, calls, refusals) VALUES (%(c)s, date_trunc('hour', now()), %(n)s, %(r)s)",
        c=app.client_id,
        n=calls,
        r=refusals,
    )


def reused(server: Server, app: make.App, times: int = 1) -> None:
    with transaction(server.database) as db:
        for _ in range(times):
            sql.audit.add(
                db,
                action="family.reused",
                actor_id=None,
                user_id=None,
                client_id=app.client_id,
                address=None,
                details={},
            )


def listed(page: TestResponse) -> list[str]:
    return [box["value"] for box in page.html.select("td input[name=ticked]")]


def tick(page: TestResponse, *ids: str, action: str) -> TestResponse:
    form = page.forms["ticked"]
    pairs = [("csrf", form["csrf"].value), ("action", action), *(("ticked", one) for one in ids)]
    return page.test_app.post(form.action, pairs)


# The order of apps


def test_apps_are_sorted_by_what_went_wrong_and_by_how_much_they_are_used(
    server: Server, browser: Browser, root: make.User
) -> None:
    mark, owner = secrets.token_hex(4), make.user(server)
    names = ("quiet", "busy", "refused", "reused", "popular")
    apps = {name: make.app(server, owner, name=f"{name} {mark}") for name in names}
    used(server, apps["busy"], calls=900)
    used(server, apps["refused"], calls=90, refusals=800)
    reused(server, apps["reused"], 3)
    for _ in range(2):
        play.tokens(server, browser.another(), apps["popular"])
    for sort, first in {
        "calls": "busy",
        "refusals": "refused",
        "reuses": "reused",
        "users": "popular",
        "oldest": "quiet",
        "": "popular",
        "nonsense": "popular",
    }.items():
        found = listed(browser.get("/admin/apps", {"q": mark, "sort": sort}))
        assert len(found) == len(apps), sort
        assert found[0] == apps[first].client_id, sort


def test_a_sorted_list_goes_on_on_its_next_page(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_list, "ROWS", 2)
    mark, owner = secrets.token_hex(4), make.user(server)
    apps = [make.app(server, owner, name=f"{mark} {number}") for number in range(5)]
    for calls, app in enumerate(apps):
        used(server, app, calls=calls + 1)
    page, found = browser.get("/admin/apps", {"q": mark, "sort": "calls"}), []
    for _ in range(2):
        found += listed(page)
        page = page.click("Next page")
    found += listed(page)
    assert found == [app.client_id for app in reversed(apps)]
    assert "Next page" not in page


def test_apps_whose_owner_is_gone_are_found_and_can_be_transferred(
    server: Server, browser: Browser, root: make.User
) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    revocations.disable_user(server, owner.user_id, by=Actor())
    assert app.client_id in listed(browser.get("/admin/apps", {"status": "orphaned"}))
    page = browser.get("/admin/apps", {"q": app.client_id})
    assert page.click("Transfer").status_int == 200
    assert "no active owner" in browser.get("/admin/overview")


# Ticked rows


def test_ticked_apps_are_suspended_together_without_a_password(
    server: Server, browser: Browser, root: make.User
) -> None:
    mark = secrets.token_hex(4)
    apps = [make.app(server, name=f"{mark} {number}") for number in range(3)]
    page = browser.get("/admin/apps", {"q": mark})
    an_hour_passes(server, browser)
    asked = tick(page, apps[0].client_id, apps[1].client_id, action="suspend")
    assert [item.get_text() for item in asked.html.select("main li")] == [f"{mark} 0", f"{mark} 1"]
    assert not row(server, apps[0]).suspended
    page = play.press(asked, "Suspend them all").follow()
    assert "The selected apps are suspended" in page
    assert [row(server, app).suspended for app in apps] == [True, True, False]


def row(server: Server, app: make.App) -> Any:
    with reading(server.database) as db:
        return sql.clients.overview(db, client_id=app.client_id)


def test_rule_6_the_tokens_of_ticked_apps_are_revoked_at_once(
    server: Server, browser: Browser, root: make.User
) -> None:
    connections = [play.tokens(server, browser.another()) for _ in range(3)]
    page = browser.get("/admin/apps")
    asked = tick(page, *(one.app.client_id for one in connections[:2]), action="revoke")
    assert "All tokens of the selected apps" in play.press(asked, "Revoke all their tokens").follow()
    assert [one.is_active() for one in connections] == [False, False, True]


@pytest.mark.parametrize(("action", "button"), [("disable", "Disable them all"), ("revoke", "Revoke all their access")])
def test_rule_6_everything_of_ticked_users_is_revoked(
    server: Server, browser: Browser, root: make.User, action: str, button: str
) -> None:
    connections = [play.tokens(server, browser.another()) for _ in range(2)]
    asked = tick(browser.get("/admin/users"), *(one.user.user_id for one in connections), action=action)
    assert connections[0].user.email in asked
    play.press(asked, button).follow()
    assert not any(one.is_active() or play.is_signed_in(one.browser) for one in connections)


def test_an_app_is_disconnected_from_ticked_users_alone(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    connections = [play.tokens(server, browser.another(), app) for _ in range(3)]
    page = browser.get(f"/admin/apps/{app.client_id}").click("All users of this app")
    found = listed(page)
    assert len(found) == 3
    asked = tick(page, *found[:2], action="revoke")
    assert "disconnected from the selected users" in play.press(asked, "Disconnect them all").follow()
    assert [one.is_active() for one in connections] == [True, False, False]
    page = browser.get(f"/admin/apps/{app.client_id}/users", {"q": connections[0].user.email[:12].upper()})
    page = play.press(page, f"Disconnect {connections[0].user.email}").follow()
    assert "Nobody is connected" in page
    assert not connections[0].is_active()


def test_nothing_ticked_or_too_much_is_refused(browser: Browser, root: make.User) -> None:
    page = browser.get("/admin/users")
    assert "Nothing is selected" in tick(page, action="disable")
    assert "Nothing is selected" in tick(page, "usr_x", action="disable")
    assert "Too many" in tick(page, *(f"usr_{number}" for number in range(ticked.MOST + 1)), action="disable")
    assert "Nothing to do" in tick(page, root.user_id, action="delete")


def test_the_last_administrator_stays_when_all_are_ticked_and_the_others_are_done(
    server: Server, browser: Browser, root: make.User
) -> None:
    with reading(server.database) as db:
        others = [one.user_id for one in sql.users.administrators(db) if one.user_id != root.user_id]
    for user_id in others:
        administrators.remove_admin(server, user_id, by=Actor())
    user = make.user(server)
    asked = tick(browser.get("/admin/users"), user.user_id, root.user_id, action="disable")
    answer = play.press(asked, "Disable them all")
    assert answer.status_int == 409
    assert str(LastAdministrator()) in answer
    assert play.is_signed_in(browser)
    assert play.sign_in(browser.another(), user).status_int != 303


# As files


def read(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.content_type == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


FILES = (
    *("users", "apps", "apis", "scopes", "review", "registration/tokens", "registration/hosts", "hosts", "log"),
    *("reports", "names", "apps/<client_id>/users"),
)


@pytest.mark.parametrize("name", FILES)
def test_every_list_can_be_downloaded_and_each_download_is_audited(
    server: Server, browser: Browser, root: make.User, name: str
) -> None:
    connection = play.tokens(server, browser.another())
    make.api(server)
    path = name.replace("<client_id>", connection.app.client_id)
    assert read(browser.get(f"/admin/{path}.csv", {"q": ""})) or name in (
        "review",
        "reports",
        "registration/tokens",
        "registration/hosts",
    )
    [event] = rows(
        server,
        "SELECT details FROM audit_event WHERE actor_id = %(u)s AND action = 'list.downloaded'",
        u=root.user_id,
    )
    assert event.details["filtered_by"] == []


def test_a_file_has_what_matches_the_filter_in_its_order_and_no_formula(
    server: Server, browser: Browser, root: make.User
) -> None:
    mark, owner = secrets.token_hex(4), make.user(server)
    apps = [make.app(server, owner, name=f"=1+1 {mark} {number}") for number in range(2)]
    make.app(server, owner, name="Another")
    used(server, apps[0], calls=7)
    review.suspend_client(server, apps[1].client_id, by=Actor())
    page = browser.get("/admin/apps", {"q": mark, "sort": "calls"})
    found = read(page.click("Download as CSV"))
    assert [line["client_id"] for line in found] == [app.client_id for app in apps]
    assert [line["calls_in_24_hours"] for line in found] == ["7", "0"]
    assert [line["suspended"] for line in found] == ["False", "True"]
    assert all(line["name"].startswith("'=1+1") for line in found)


def test_a_file_of_users_goes_on_page_by_page(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    users = [make.user(server, name=f"Filed {mark}") for _ in range(3)]
    found = read(browser.get("/admin/users.csv", {"q": f"filed {mark}"}))
    assert {line["email"] for line in found} == {user.email for user in users}
    assert len(found) == 3


def test_rule_15_files_have_a_limit(browser: Browser, root: make.User) -> None:
    answers = [browser.get("/admin/scopes.csv").status_int for _ in range(61)]
    assert (answers[0], answers[-1]) == (200, 429)
