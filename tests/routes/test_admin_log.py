"""The audit log: its filters, and what of it can be taken along as a file."""

from __future__ import annotations

import csv
import io
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration, review
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.routes import csv_file
from oauthsrv.routes.admin import lists, log
from oauthsrv.server import Server
from rows import rows


def test_the_log_is_filtered_and_paged(server: Server, browser: Browser, root: make.User) -> None:
    owner, other = make.user(server), make.user(server, admin=True)
    app = make.app(server, owner, name="Logged " + secrets.token_hex(4))
    for number in range(2, 122):
        set_limits(server, app.client_id, number, by=Actor(other.user_id, "198.51.100.7"))
    page = browser.get("/admin/log", {"app": app.client_id})
    assert page.text.count(">Limits changed<p") == 100
    page = page.click("Older")
    assert page.text.count(">Limits changed<p") == 20
    assert ">App registered<p" in page
    assert "Older" not in page
    assert browser.get("/admin/log", {"app": app.client_id, "action": "client.created"}).text.count("</time>") == 1
    for who in (other.email.upper(), other.user_id):
        page = browser.get("/admin/log", {"user": who, "action": "client.limit_changed"})
        assert "198.51.100.7" in page
        assert other.email in page
    assert "No user has this email or ID" in browser.get("/admin/log", {"user": "nobody@example.com"})
    assert "No app or API has" in browser.get("/admin/log", {"app": "no such app"})
    assert browser.get("/admin/log", {"before": "9" * 18}).status_int == 200
    for nonsense in ("x", "-1", "9" * 40, "१"):
        assert browser.get("/admin/log", {"before": nonsense, "action": nonsense}).status_int == 200


def test_a_deleted_app_keeps_its_name_in_the_log(server: Server, browser: Browser, root: make.User) -> None:
    name = "Gone " + secrets.token_hex(4)
    app = make.app(server, name=name)
    revocations.delete_client(server, app.client_id, by=Actor(root.user_id))
    page = browser.get("/admin/log", {"app": name})
    assert "App deleted" in page
    assert name in page
    assert f'href="/admin/apps/{app.client_id}"' not in page


def test_rule_1_no_secret_is_in_the_log(server: Server, browser: Browser, root: make.User) -> None:
    connection = play.tokens(server, browser.another())
    registration.add_secret(server, connection.app.client_id, by=Actor())
    page = browser.get("/admin/log", {"app": connection.app.client_id})
    for secret in (connection.access_token, connection.refresh_token, connection.app.client_secret or ""):
        assert secret[4:] not in page.text


@pytest.fixture
def logged(server: Server) -> make.App:
    """An app of which three events are known: today from two addresses, and ten days ago."""
    owner = make.user(server, admin=True)
    app = make.app(server, owner)
    rows(server, "DELETE FROM audit_event WHERE client_id = %(client_id)s", client_id=app.client_id)
    for limit, address in ((5, "198.51.100.7"), (6, "2001:db8::7"), (7, "198.51.100.7")):
        set_limits(server, app.client_id, limit, by=Actor(owner.user_id, address))
    rows(
        server,
        "UPDATE audit_event SET at = now() - interval '10 days' WHERE event_id = "
        "(SELECT min(event_id) FROM audit_event WHERE client_id = %(client_id)s)",
        client_id=app.client_id,
    )
    return app


def limits(page: TestResponse) -> list[str]:
    """To what the limit was changed, by the events that are shown."""
    return [hint.get_text().split()[-1] for hint in page.html.select("td[data-label=What] .hint")]


def day(back: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=back):%Y-%m-%d}"


def test_the_log_is_filtered_by_address_and_days(browser: Browser, root: make.User, logged: make.App) -> None:
    def shown(**filters: str) -> list[str]:
        return limits(browser.get("/admin/log", {"app": logged.client_id, **filters}))

    assert shown() == ["7", "6", "5"]
    assert shown(address="198.51.100.7") == ["7", "5"]
    assert shown(address=" 2001:DB8:0::7 ") == ["6"]
    assert shown(address="192.0.2.99") == []
    assert shown(**{"from": day(1)}) == ["7", "6"]
    assert shown(until=day(1)) == ["5"]
    assert shown(**{"from": day(10), "until": day(10)}) == ["5"]
    assert shown(**{"from": day(0), "until": day(0)}) == ["7", "6"]
    assert shown(**{"from": day(9), "until": day(1)}) == []


@pytest.mark.parametrize(
    ("filters", "field", "expected"),
    [
        ({"user": "nobody@example.com"}, "user", "No user has this email or ID"),
        ({"app": "no such app"}, "app", "No app or API has"),
        ({"address": "192.0.2"}, "address", "Enter a whole IP address"),
        ({"from": "yesterday"}, "from", "year-month-day"),
        ({"until": "2026-02-30"}, "until", "year-month-day"),
        ({"from": "2026-02-02", "until": "2026-02-01"}, "until", "before the first day"),
    ],
)
def test_a_filter_that_cannot_be_is_said_at_its_field_and_kept(
    browser: Browser, root: make.User, filters: dict[str, str], field: str, expected: str
) -> None:
    page = browser.get("/admin/log", filters)
    assert expected in page.html.find(id=f"filter-{field}-error").get_text()
    form = play.form_with(page, "until")
    assert {name: form[name].value for name in filters} == filters
    assert "No event matches" in page
    # The file says the same, on the page.
    answer = browser.get("/admin/log.csv", filters).follow()
    assert expected in answer.html.find(id=f"filter-{field}-error").get_text()


def test_the_filters_stay_from_page_to_page_and_in_the_file(server: Server, browser: Browser, root: make.User) -> None:
    app, actor = make.app(server), make.user(server, admin=True)
    for number in range(2, 107):
        set_limits(server, app.client_id, number, by=Actor(actor.user_id, "198.51.100.9"))
    search = play.form_with(browser.get("/admin/log"), "until")
    search["app"], search["user"], search["action"] = app.client_id, actor.email, "client.limit_changed"
    search["address"], search["from"], search["until"] = "198.51.100.9", day(1), day(0)
    page = search.submit()
    assert len(limits(page)) == 100
    older = page.click("Older")
    assert len(limits(older)) == 5
    form = play.form_with(older, "until")
    assert [form[name].value for name in ("app", "user", "action", "address", "from", "until")] == [
        *(app.client_id, actor.email, "client.limit_changed"),
        *("198.51.100.9", day(1), day(0)),
    ]
    assert len(limits(older.click("Newer"))) == 100
    assert len(table(older.click("Download as CSV"))) == 105


def table(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8"), newline="")))


def test_the_file_holds_what_the_filter_leaves(server: Server, browser: Browser, root: make.User) -> None:
    owner = make.user(server, name="Ada Example", admin=True)
    app = make.app(server, owner, name='Über "Quoted", App')
    review.suspend_client(server, app.client_id, by=Actor(owner.user_id, "192.0.2.7"), reason="two, words")
    answer = browser.get("/admin/log.csv", {"app": app.client_id})
    assert answer.content_type == "text/csv"
    assert answer.charset == "utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-log.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    suspended, created = table(answer)
    assert list(suspended) == list(log.COLUMNS)
    assert datetime.fromisoformat(suspended.pop("at")).tzinfo is not None
    assert suspended == {
        "action": "client.suspended",
        "what": "App suspended",
        "details": "“two, words”",
        "address": "192.0.2.7",
        "actor_id": owner.user_id,
        "actor": owner.email,
        "user_id": "",
        "user": "",
        "client_id": app.client_id,
        "client": 'Über "Quoted", App',
    }
    assert created["action"] == "client.created"


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2+3", "@SUM(A1)"])
def test_rule_12_what_a_spreadsheet_would_run_is_defused(
    server: Server, browser: Browser, root: make.User, name: str
) -> None:
    app = make.app(server, name=name)
    [line] = table(browser.get("/admin/log.csv", {"app": app.client_id}))
    assert line["client"] == f"'{name}"


@pytest.mark.parametrize(
    ("cell", "defused"),
    [
        ("\t=1", "\t'=1"),
        ("\r=1", "\r'=1"),
        ("  =1", "  '=1"),
        ("a;=1;-2", "a;'=1;'-2"),
        ("a, @b\t+c", "a, '@b\t'+c"),
        ('a;"=1', "a;\"'=1"),
        ("a\n=1", "a\n'=1"),
        ("＝1", "'＝1"),
        ("to: a+b-c@example.com; x=1", "to: a+b-c@example.com; x=1"),
        ("", ""),
        (None, ""),
    ],
)
def test_rule_12_what_a_spreadsheet_would_take_for_the_beginning_of_a_cell_is_defused(
    cell: str | None, defused: str
) -> None:
    assert csv_file.inert([cell]) == [defused]
    assert csv_file.inert(["a", cell, "b"]) == ["a", defused, "b"]


def test_rule_12_every_cell_of_the_file_is_quoted(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, name="a;=1+1")
    line = browser.get("/admin/log.csv", {"app": app.client_id}).text.splitlines()[1]
    assert line.startswith('"')
    assert line.endswith('"')
    assert line.count('","') == len(log.COLUMNS) - 1
    assert "a;'=1+1" in line


def test_the_file_is_the_same_in_however_many_parts_it_is_read(
    browser: Browser, root: make.User, logged: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = browser.get("/admin/log.csv", {"app": logged.client_id}).body
    assert whole.count(b"\r\n") > 3
    monkeypatch.setattr(csv_file, "ROWS_OF_PART", 2)
    assert browser.get("/admin/log.csv", {"app": logged.client_id}).body == whole


def test_a_file_of_nothing_has_its_heads_alone(browser: Browser, root: make.User) -> None:
    answer = browser.get("/admin/log.csv", {"until": "2000-01-01"})
    assert answer.body == b",".join(f'"{head}"'.encode() for head in log.COLUMNS) + b"\r\n"


def test_the_file_has_an_end(
    browser: Browser, root: make.User, logged: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "ROWS_OF_FILE", 2)
    assert len(table(browser.get("/admin/log.csv", {"app": logged.client_id}))) == 2
