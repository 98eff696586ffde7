"""Activity by time, endpoint, code and request id, and as a file; two lists with two numbers."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.oauth.problems import OF_CALLS, PROBLEMS
from oauthsrv.request_ids import new_request_id
from oauthsrv.routes.developer.usage import COUNTED, range_text
from oauthsrv.server import Server
from oauthsrv.store import usage
from oauthsrv.store.refusals import Group, Response
from portal import figures


@pytest.fixture
def app(server: Server, browser: Browser) -> make.App:
    owner = make.user(server)
    play.sign_in(browser, owner)
    return make.app(server, owner)


def path(app: make.App, page: str) -> str:
    return f"/developer/apps/{app.client_id}/{page}"


def note(server: Server, app: make.App, problem: str, status: int = 400, **changes: Any) -> str:
    group = Group(app.client_id, changes.pop("own", True), "/oauth/token", problem)._replace(**changes)
    request_id, error = new_request_id(), "invalid_client" if status == 401 else "invalid_grant"
    server.refusals.note(group, Response(status, error, request_id), address="192.0.2.9", is_whole=True)
    server.refusals.flush()
    return request_id


def shown(page: Any) -> set[str]:
    return {problem for problem in ("code_used", "secret_wrong", "scope_beyond") if PROBLEMS[problem].what in page}


def test_each_filter_shows_only_what_matches(server: Server, browser: Browser, app: make.App) -> None:
    used = note(server, app, "code_used")
    note(server, app, "secret_wrong", 401, own=False, endpoint="/oauth/revoke")
    note(server, app, "scope_beyond")
    rows.rows(
        server,
        "UPDATE refusal SET first_at = '2026-01-02 10:00Z', last_at = '2026-01-02 12:00Z' "
        "WHERE client_id = %(id)s AND problem = 'scope_beyond'",
        id=app.client_id,
    )
    for query, expected in (
        ({}, {"code_used", "secret_wrong", "scope_beyond"}),
        ({"endpoint": "/oauth/revoke"}, {"secret_wrong"}),
        ({"error": "invalid_grant"}, {"code_used", "scope_beyond"}),
        ({"request_id": used}, {"code_used"}),
        ({"until": "2026-01-02"}, {"scope_beyond"}),
        ({"from": "2026-01-02T11:00", "until": "2026-01-02 11:30"}, {"scope_beyond"}),
        ({"from": "2026-01-02T12:01"}, {"code_used", "secret_wrong"}),
        ({"problem": "code_used"}, {"code_used"}),
        ({"endpoint": "/elsewhere"}, {"code_used", "secret_wrong", "scope_beyond"}),
    ):
        assert shown(browser.get(path(app, "activity"), query)) == expected, query


def test_what_is_wrong_with_a_filter_is_said_beside_it_and_stays(browser: Browser, app: make.App) -> None:
    wrong = {"from": "soon", "until": "2026-02-30", "request_id": "abc", "endpoint": "/oauth/token"}
    page = browser.get(path(app, "activity"), wrong)
    form = page.forms[next(key for key in page.forms if "request_id" in page.forms[key].fields)]
    assert {name: form[name].value for name in wrong} == wrong
    for name in ("from", "until", "request_id"):
        described = page.html.find(id=f"filter-{name}")["aria-describedby"].split()
        assert any(page.html.find(id=one).text.strip() for one in described), name
    assert page.html.find("main").find("details").has_attr("open")
    late = browser.get(path(app, "activity"), {"from": "2026-01-02", "until": "2026-01-01 10:00"})
    assert "This is before the time in From." in late
    assert browser.get(path(app, "activity.csv"), wrong).status_int == 303


def test_refused_api_calls_have_a_list_of_their_own(server: Server, browser: Browser, app: make.App) -> None:
    note(server, app, "code_used")
    note(server, app, "insufficient_scope", 403, endpoint="/oauth/verify")
    page = browser.get(path(app, "activity"))
    assert PROBLEMS["insufficient_scope"].what not in page
    calls = page.click("Refused API calls")
    assert PROBLEMS["insufficient_scope"].what in calls
    assert PROBLEMS["code_used"].what not in calls


def test_the_two_numbers_of_an_app_have_two_names_and_each_leads_to_its_own(
    server: Server, browser: Browser, app: make.App
) -> None:
    note(server, app, "code_used")
    note(server, app, "secret_wrong", 401, own=False)
    note(server, app, "insufficient_scope", 403, endpoint="/oauth/verify")
    for problem in ("insufficient_scope", "insufficient_scope", "wrong_audience"):
        usage.count_refusal(server.redis, app.client_id, problem)
    usage.flush(server.redis, server.database)
    page = browser.get(path(app, "").rstrip("/"))
    assert figures(page)["Failed OAuth requests"] == "2"
    assert figures(page)["Refused API calls"] == "3"
    assert "Failed OAuth requests" in page.click("^2$").html.find("main").text
    counted = page.click("^3$")
    assert figures(counted)["Refused API calls"] == "3"
    [table] = counted.html.select('[aria-label="Refused API calls"]')
    assert [[cell.text.strip() for cell in row.find_all("td")][:2] for row in table.find_all("tr")[1:]] == [
        [PROBLEMS["insufficient_scope"].what, "2"],
        [PROBLEMS["wrong_audience"].what, "1"],
    ]
    assert set(COUNTED) <= OF_CALLS


def table_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_rule_12_the_files_have_what_the_pages_show_and_no_formula(
    server: Server, browser: Browser, app: make.App
) -> None:
    used = note(server, app, "code_used")
    note(server, app, "scope_unknown", own=False, sent="=1+1")
    answer = browser.get(path(app, "activity.csv"))
    assert answer.content_type == "text/csv"
    first, second = table_of(answer)
    assert (first["problem"], first["request_ids"], first["sent_by"]) == ("code_used", used, "app")
    assert (second["sent"], second["sent_by"], second["status"]) == ("'=1+1", "unknown", "400")
    assert [row["problem"] for row in table_of(browser.get(path(app, "activity.csv"), {"problem": "code_used"}))] == [
        "code_used"
    ]
    usage.count_refusal(server.redis, app.client_id, "calls_limit")
    usage.flush(server.redis, server.database)
    [hour] = table_of(browser.get(path(app, "usage.csv")))
    assert (hour["calls"], hour["refused_calls"], hour["refused_calls_limit"]) == ("0", "1", "1")
    assert (hour["failed_oauth_requests"], hour["of_these_from_unknown_senders"]) == ("2", "1")


def test_a_refusal_is_counted_by_the_limit_that_was_reached(server: Server, app: make.App) -> None:
    rows.rows(
        server,
        "UPDATE client SET calls_per_hour = 20, grant_share_percent = 25 WHERE client_id = %(id)s",
        id=app.client_id,
    )
    server.clients.changed(app.client_id)
    client = server.clients.find_client(app.client_id)
    assert client is not None
    for subject in ("a", "b", "c", "d", "e"):
        usage.charge(server.redis, usage.budget_of(server.redis, client, subject), 7)
    usage.flush(server.redis, server.database)
    found = rows.rows(server, "SELECT problem, count FROM usage_refusal WHERE client_id = %(id)s", id=app.client_id)
    assert dict(found) == {"share_limit": 6, "calls_limit": 9}


def test_users_are_counted_by_how_often_they_called_this_month_and_the_last(server: Server, browser: Browser) -> None:
    connection = play.tokens(server, browser)
    app = connection.app
    browser = browser.another()
    play.sign_in(browser, make.user(server, admin=True))
    grant = rows.rows(server, 'SELECT grant_id FROM "grant" WHERE client_id = %(id)s', id=app.client_id)[0].grant_id
    for calls in (3, 40):
        server.marks.grant_used(grant, "192.0.2.1", calls)
    for _ in server.marks.flush():
        pass
    page = browser.get(path(app, "usage"))
    [table] = page.html.select('[aria-label="Users by number of calls"]')
    cells = [[cell.text.strip() for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]
    assert cells == [["No calls", "0", "1"], ["1 to 9", "0", "0"], ["10 to 99", "1", "0"]]
    rows.rows(
        server,
        "UPDATE \"grant\" SET calls_month = calls_month - interval '1 month' WHERE grant_id = %(id)s",
        id=grant,
    )
    server.marks.grant_used(grant, "192.0.2.1")
    for _ in server.marks.flush():
        pass
    [row] = rows.rows(server, 'SELECT calls, calls_before FROM "grant" WHERE grant_id = %(id)s', id=grant)
    assert tuple(row) == (1, 43)
    assert range_text(4) == "1,000 to 9,999"
