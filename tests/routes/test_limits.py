"""Limits and usage on pages: an administrator sets them, a developer sees how they are used (rule 15)."""

from __future__ import annotations

import pytest

import make
import play
import portal
from browser import Browser
from held import done
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import Limits, check_limits, set_limits
from oauthsrv.flows.housekeeping import flush_marks, flush_usage
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.server import Server
from oauthsrv.store.usage import DEFAULT_SHARE, SHARED_FROM


@pytest.fixture
def root(server: Server, browser: Browser) -> make.User:
    root = make.user(server, admin=True, name="Root Administrator")
    play.sign_in(browser, root)
    return root


def test_an_administrator_changes_all_limits_of_an_app(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    form = play.form_with(browser.get(f"/admin/apps/{app.client_id}/limit"), "share")
    assert [form[name].value for name in ("limit", "share", "token_limit")] == ["1000", "", "6000"]
    form["limit"], form["share"], form["token_limit"] = "2,000", "25", "60"
    page = form.submit().follow()
    assert "The limits were changed" in page
    share = "percent of calls for one user: default → 25"
    assert f"calls per hour: 1,000 → 2,000; {share}; token requests per minute: 6,000 → 60" in page
    client = server.clients.find_client(app.client_id)
    assert client is not None
    assert (client.calls_per_hour, client.grant_share_percent, client.token_requests_per_minute) == (2000, 25, 60)
    form = play.form_with(page.click("Change the limits"), "share")
    form["share"] = ""
    page = form.submit().follow()
    assert "percent of calls for one user: 25 → default" in page


def test_what_is_wrong_is_said_beside_its_field_and_everything_is_kept(
    server: Server, browser: Browser, root: make.User
) -> None:
    app = make.app(server)
    form = play.form_with(browser.get(f"/admin/apps/{app.client_id}/limit"), "share")
    form["limit"], form["share"], form["token_limit"] = "5", "101", ""
    page = form.submit()
    assert page.status_int == 422
    again = play.form_with(page, "share")
    assert [again[name].value for name in ("limit", "share", "token_limit")] == ["5", "101", ""]
    assert page.html.find(id="limit-error") is None
    assert "from 1 to 100." in page.html.find(id="share-error").get_text()
    assert "requests per minute" in page.html.find(id="token_limit-error").get_text()
    client = server.clients.find_client(app.client_id)
    assert client is not None
    assert client.calls_per_hour == 1000


@pytest.mark.parametrize(
    ("typed", "checked"),
    [
        (("1000", "", "6000"), Limits(1000, None, 6000)),
        (("1 000", "100", "1"), Limits(1000, 100, 1)),
        (("10,000", "", "100 000 000"), Limits(10_000, None, 100_000_000)),
        (("0", "0", "0"), None),
        (("x", "", "1"), None),
        (("1", "1.5", "1"), None),
        *(((text, "", "1"), None) for text in ("-1", "1.5", "", "many", "100000001", "९", "1" * 40)),
    ],
)
def test_limits_are_whole_numbers(server: Server, typed: tuple[str, str, str], checked: Limits | None) -> None:
    if checked:
        assert check_limits(server, *typed) == checked
        return
    with pytest.raises(FieldsRefused):
        check_limits(server, *typed)


def test_the_calls_alone_are_changed_by_the_command_line(server: Server) -> None:
    app = make.app(server)
    set_limits(server, app.client_id, Limits(10, 20, 30), by=Actor())
    set_limits(server, app.client_id, 11, by=Actor())
    client = server.clients.find_client(app.client_id)
    assert client is not None
    assert (client.calls_per_hour, client.grant_share_percent, client.token_requests_per_minute) == (11, 20, 30)


def test_a_developer_sees_calls_refusals_and_from_where_a_secret_was_used(server: Server, browser: Browser) -> None:
    developer = make.user(server)
    app = make.app(server, developer)
    set_limits(server, app.client_id, Limits(1000, 20, 6000), by=Actor())
    connection = play.tokens(server, browser.another("203.0.113.9"), app)
    headers = {"Authorization": f"Bearer {connection.access_token}"}
    for _ in range(3):
        assert connection.browser.get("/oauth/verify", headers=headers).status_int == 200
    assert connection.browser.get("/oauth/verify?scope=write:data", headers=headers).status_int == 403
    done(flush_usage(server))
    done(flush_marks(server))
    play.sign_in(browser, developer)
    page = browser.get(f"/developer/apps/{app.client_id}")
    shown = portal.figures(page)
    assert (shown["Calls in 24 hours"], shown["Refused API calls"]) == ("3", "1")
    assert "at most 20 percent of them for one user" in page
    assert "203.0.113.9" in browser.get(f"/developer/apps/{app.client_id}/secrets")


def test_pages_say_what_share_one_user_gets_where_nobody_set_one(server: Server, browser: Browser) -> None:
    developer = make.user(server, admin=True)
    app = make.app(server, developer)
    play.sign_in(browser, developer)
    share = f"at most {DEFAULT_SHARE} percent of them for one user while others use the app"
    for path in (
        f"/developer/apps/{app.client_id}",
        f"/developer/apps/{app.client_id}/usage",
        f"/admin/apps/{app.client_id}",
    ):
        assert share in browser.get(path), path
    assert f"Leave empty for the default: {DEFAULT_SHARE} percent" in browser.get(f"/admin/apps/{app.client_id}/limit")
    assert f"from {SHARED_FROM} calls per hour" in browser.get(f"/admin/apps/{app.client_id}/limit")
    set_limits(server, app.client_id, Limits(SHARED_FROM - 1, None, 6000), by=Actor())
    assert "percent" not in browser.get(f"/developer/apps/{app.client_id}/usage")
