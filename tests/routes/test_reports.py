"""Reports about apps: by people, and by the server; and the names that administrators protect."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

import make
import play
from browser import Browser
from oauthsrv.flows import managed_accounts, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import reports
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import error_at, filled
from rows import rows


def report(browser: Browser, app: make.App, **values: str) -> Any:
    form = play.form_with(browser.get(f"/account/report/{app.client_id}"), "reason")
    for name, value in values.items():
        form[name] = value
    return form.submit()


def reports_of(server: Server, app: make.App) -> list[tuple[str, str]]:
    with reading(server.database) as db:
        return [(row.reason, row.comment) for row in sql.reports.of_client(db, client_id=app.client_id, rows=5)]


@pytest.fixture
def administrator(browser: Browser, server: Server) -> Browser:
    other = browser.another()
    play.sign_in(other, make.user(server, admin=True))
    return other


def closing(page: Any, app: make.App) -> Any:
    return next(form for form in page.forms.values() if form.action == f"/admin/apps/{app.client_id}/close-reports")


def test_a_person_reports_an_app_and_an_administrator_closes_it(
    server: Server, browser: Browser, ada: make.User, administrator: Browser
) -> None:
    app = make.app(server, name="Phisher " + secrets.token_hex(4))
    answer = report(browser, app, reason="pretends", comment="It says it is <our> bank.")
    assert "Thank you" in answer.follow()
    page = administrator.get("/admin/reports")
    assert "It says it is &lt;our&gt; bank." in page
    assert ada.email in page
    assert "Reports about apps" in administrator.get("/account/waiting")
    assert "were closed" in closing(page, app).submit().follow()
    assert reports_of(server, app) == []
    [line] = rows(server, "SELECT details FROM audit_event WHERE action = 'reports.closed' ORDER BY at DESC LIMIT 1")
    assert line.details["number"] == 1


def test_a_report_that_came_after_the_page_stays(
    server: Server, browser: Browser, ada: make.User, administrator: Browser
) -> None:
    app = make.app(server)
    report(browser, app, reason="unwanted")
    page = administrator.get("/admin/reports")
    later = browser.another()
    play.sign_in(later, make.user(server))
    report(later, app, reason="pretends")
    closing(page, app).submit()
    assert reports_of(server, app) == [("pretends", "")]


def test_a_persons_later_report_replaces_the_earlier_one(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server)
    report(browser, app, reason="unwanted")
    report(browser, app, reason="other", comment="Worse.")
    assert reports_of(server, app) == [("other", "Worse.")]


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server)
    page = report(browser, app, reason="other")
    assert page.status_int == 422
    assert "Describe what’s wrong." in error_at(page, "comment")
    page = report(browser, app, reason="pretends", comment="x" * 1001)
    assert "1,000" in error_at(page, "comment")
    assert "x" * 1001 in page
    assert reports_of(server, app) == []


def test_the_reason_of_the_server_is_not_for_people(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server)
    form = play.form_with(browser.get(f"/account/report/{app.client_id}"), "reason")
    form["reason"].force_value("close_name")
    assert form.submit().status_int == 422
    assert reports_of(server, app) == []


def test_developers_learn_nothing_of_reports(server: Server, browser: Browser, ada: make.User) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    report(browser, app, reason="pretends", comment="Seen in the wild")
    developer = browser.another()
    play.sign_in(developer, owner)
    for path in ("", "/activity", "/doctor"):
        page = developer.get(f"/developer/apps/{app.client_id}{path}")
        assert "Seen in the wild" not in page
        assert ada.email not in page


def test_rule_15_one_app_gets_a_bounded_number_of_reports(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST", 1)
    app = make.app(server)
    report(browser, app, reason="pretends")
    other = browser.another()
    play.sign_in(other, make.user(server))
    report(other, app, reason="unwanted")
    assert reports_of(server, app) == [("pretends", "")]


def test_an_app_that_is_not_there_cannot_be_reported(browser: Browser, ada: make.User) -> None:
    assert browser.get(f"/account/report/cli_{'0' * 32}").status_int == 404


def test_only_administrators_see_reports_and_names(browser: Browser, ada: make.User) -> None:
    for path in ("/admin/reports", "/admin/names"):
        assert browser.get(path).status_int == 403


def test_administrators_choose_the_protected_names(server: Server, administrator: Browser) -> None:
    name = "Protected " + secrets.token_hex(6)
    form = play.form_with(administrator.get("/admin/names"), "names")
    assert "GitHub" in form["names"].value
    form["names"] = form["names"].value + f"\n{name}\n\n  {name}  "
    assert "were changed" in form.submit().follow()
    form = play.form_with(administrator.get("/admin/names"), "names")
    assert form["names"].value.count(name) == 1
    form["names"] = form["names"].value + "\n\u202eevil"
    page = form.submit()
    assert page.status_int == 422
    assert "U+202E" in error_at(page, "names")
    form = play.form_with(administrator.get("/admin/names"), "names")
    form["names"] = form["names"].value.replace(name, "")
    form.submit()
    assert name not in administrator.get("/admin/names")


def test_a_developer_is_shown_which_name_theirs_looks_like(browser: Browser, ada: make.User) -> None:
    page = filled(browser.get("/developer/apps/new"), name="Sl\u0430ck").submit()
    assert page.status_int == 422
    assert "looks like “Slack”" in error_at(page, "name")
    assert page.status_int == 422


def test_an_app_can_be_reported_where_it_asks_for_access(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server)
    page = play.ask(browser, app)
    assert play.form_with(page.click("Report this app"), "reason")
    play.allow(page)  # the question waits
    own = make.app(server, ada)
    assert "Report this app" not in play.ask(browser, own)


def test_a_report_of_a_deleted_user_names_nobody(
    server: Server, browser: Browser, ada: make.User, administrator: Browser
) -> None:
    app = make.app(server, name="Spammer " + secrets.token_hex(4))
    report(browser, app, reason="unwanted")
    managed_accounts.delete(server, ada.user_id, by=Actor())
    for path in ("/admin/reports", f"/admin/apps/{app.client_id}", "/admin/reports.csv"):
        page = administrator.get(path)
        assert app.client_id in page
        assert ada.user_id not in page


def test_an_app_that_is_deleted_while_it_is_reported_is_not_found(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make.app(server)
    form = play.form_with(browser.get(f"/account/report/{app.client_id}"), "reason")
    form["reason"] = "unwanted"
    monkeypatch.setattr("oauthsrv.routes.account.reports.reported", lambda _: app)  # it was there when this was asked
    revocations.delete_client(server, app.client_id, by=Actor())
    assert form.submit().status_int == 404
