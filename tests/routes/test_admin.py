"""All admin pages: they are for administrators, take hostile addresses, and begin with an overview."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest

import make
import play
from browser import Browser
from oauthsrv.routes import MAP
from oauthsrv.routes.admin import overview
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from rows import rows

PATHS = [(method, path) for method, path, *_ in MAP if path.startswith("/admin")]


def csrf_of(browser: Browser) -> str:
    return str(play.form_with(browser.get("/admin/apis/new"), "csrf")["csrf"].value)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_admin_pages_are_for_administrators(server: Server, browser: Browser, method: str, path: str) -> None:
    path = path.replace("<user_id>", "usr_" + "0" * 32).replace("<client_id>", "cli_" + "0" * 32)
    outsider = browser.request(path, method=method)
    assert outsider.status_int == (303 if method == "GET" else 403)
    play.sign_in(browser, make.user(server))
    csrf = play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value
    answer = browser.get(path) if method == "GET" else browser.post(path, {"csrf": csrf})
    assert answer.status_int == 403
    assert "For administrators only" in answer


@pytest.mark.parametrize("path", [path for method, path in PATHS if method == "POST"])
def test_rule_13_every_post_needs_its_csrf_token(browser: Browser, root: make.User, path: str) -> None:
    path = path.replace("<user_id>", "usr_" + "0" * 32).replace("<client_id>", "cli_" + "0" * 32)
    assert browser.post(path, {}).status_int == 403


def test_who_is_not_there_is_not_found(browser: Browser, root: make.User) -> None:
    csrf = csrf_of(browser)
    for method, path in PATHS:
        if "<" not in path:
            continue
        for user_id, client_id in (("usr_" + "0" * 32, "cli_" + "0" * 32), ("x", "x"), ("%00", "%20")):
            address = path.replace("<user_id>", user_id).replace("<client_id>", client_id)
            answer = browser.get(address) if method == "GET" else browser.post(address, {"csrf": csrf, "limit": "5"})
            assert answer.status_int == 404, (method, address)


def test_the_overview_counts_and_leads_on(server: Server, browser: Browser, root: make.User) -> None:
    make.app(server)
    page = browser.get("/admin").follow()
    assert page.request.path == "/admin/overview"
    assert "App registered" in page
    for label in ("Review", "Apps", "Users", "Scopes", "APIs", "Audit log"):
        assert page.click(f"^{label}$", index=0).status_int == 200


def test_the_overview_draws_what_was_counted(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, name="Busy " + secrets.token_hex(4))
    add = "INSERT INTO usage (client_id, hour, calls, refusals) VALUES (%(client_id)s, {}, %(calls)s, %(refusals)s)"
    now, earlier = "date_trunc('hour', now())", "date_trunc('hour', now() - interval '3 days')"
    rows(server, add.format(now), client_id=app.client_id, calls=1_234_567, refusals=89)
    rows(server, add.format(earlier), client_id=app.client_id, calls=7_000_000, refusals=0)
    page = browser.get("/admin/overview")
    [usage, users, connections] = page.html.find_all("figure")
    assert [len(chart.find_all(class_="bar")) for chart in (usage, users, connections)] == [30, 30, 30]
    assert usage.find(role="img")["aria-label"].startswith("Calls of all apps, last 30 days: 8,")
    assert "new users" in users.get_text()
    assert "new connected apps" in connections.get_text()
    busiest = page.html.find("caption", string="Busiest apps").parent
    assert "1,234,567" in busiest.get_text()
    assert busiest.find("a")["href"] == f"/admin/apps/{app.client_id}"
    by_day = page.html.find("caption", string="Day by day").parent
    assert len(by_day.select("tbody tr")) == 30
    assert "7,000,000" in by_day.get_text()
    rows(server, "DELETE FROM usage WHERE client_id = %(client_id)s", client_id=app.client_id)


def test_the_figures_of_the_overview_lead_to_their_lists(browser: Browser, root: make.User) -> None:
    page = browser.get("/admin/overview")
    links = [link["href"] for link in page.html.select(".figure-value a")]
    assert len(links) == 6
    for link in links:
        assert browser.get(link).status_int == 200


def test_days_without_anything_are_days_too(server: Server) -> None:
    make.user(server)
    with reading(server.database) as db:
        days = sql.figures.last_days(db, days=overview.DAYS - 1)
        [today] = rows(server, "SELECT (now() AT TIME ZONE 'UTC')::date AS day")
    assert [day.day for day in days] == [today.day - timedelta(days=back) for back in range(29, -1, -1)]
    assert days[-1].users > 0
    assert all(number >= 0 for day in days for number in (day.calls, day.refusals, day.users, day.grants))
    quiet = [day._replace(calls=0, refusals=0) for day in days[:-1]]
    calls, *_ = overview.charts([*quiet, days[-1]._replace(calls=3, refusals=1)])
    assert calls.summary == "Calls of all apps, last 30 days: 3 calls, 1 refused"


@pytest.mark.parametrize(
    "path", [f"/admin/{page}" for page in ("users", "apps", "apis", "log", "log.csv", "review", "scopes/edit")]
)
@pytest.mark.parametrize(
    "query",
    [
        *("q=%00", "q=%ff", "q=a&q=b", "before=%00", "q=" + "a" * 20000, "before=cli_x", "after=x%00", "scope=%00"),
        *("from=9999-99-99", "from=0001-01-01&until=9999-12-31", "address=%00", "address=fe80::1%25eth0", "user=%00"),
    ],
)
def test_rule_12_hostile_addresses_cost_nothing(
    browser: Browser, root: make.User, reviewed: None, path: str, query: str
) -> None:
    assert browser.get(f"{path}?{query}").status_int in (200, 303, 400, 404)
