"""/admin/registration: hosts, initial access tokens, listed redirect URIs; and apps without an owner on every page."""

from __future__ import annotations

import dataclasses
import re
import secrets

import pytest

import make
import play
from browser import Browser
from oauthsrv.flows import revocations, rights
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import listed_uris, review, team, transfers
from oauthsrv.flows.refusals import NotDone, NotFound
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction
from registering import BACK, post, registered
from rows import events, rows

PATH = "/admin/registration"

pytestmark = pytest.mark.usefixtures("registration")


@pytest.fixture
def host() -> str:
    return f"h{secrets.token_hex(6)}.example"


@pytest.fixture
def itself(anywhere: Browser, host: str) -> str:
    """The client_id of an app that registered itself."""
    found = registered(
        anywhere,
        redirect_uris=[f"https://{host}/back"],
        client_name=f"Of {host}",
        software_id="soft",
        software_version="7",
    )
    return str(found["client_id"])


# Hosts


def test_apps_are_grouped_by_host_and_all_of_one_are_deleted_at_once(
    server: Server, browser: Browser, root: make.User, anywhere: Browser, host: str, itself: str
) -> None:
    registered(anywhere, redirect_uris=[f"https://{host}/back", BACK])
    page = browser.get(f"{PATH}?q={host}")
    cells = [
        cell.get_text().strip() for cell in page.html.find("td", string=None, attrs={"data-label": "Host"}).parent("td")
    ]
    assert cells[:3] == [host, "2", "0"]
    listed = page.click(f"^{host}$")
    assert "Of " + host in listed
    sure = play.press(page, "Delete all of " + host)
    assert f"Delete all self-registered apps of {host}?" in sure
    assert "Apps: 2. Apps that users ever connected: 0." in sure
    assert rows(server, "SELECT 1 FROM client WHERE client_id = %(id)s AND deleted_at IS NOT NULL", id=itself) == []
    after = play.press(sure, "Delete them all").follow()
    assert "were deleted" in after
    assert "No host matches" in browser.get(f"{PATH}?q={host}")
    [event] = events(server, "client.deleted", itself)
    assert rows(server, "SELECT actor_id FROM audit_event WHERE action = 'registration.host_removed' "
                "AND details ->> 'host' = %(host)s", host=host)[0].actor_id == root.user_id  # fmt: skip
    assert event.details == {}


def test_apps_are_found_by_what_registered_them_and_by_host(
    server: Server, browser: Browser, root: make.User, host: str, itself: str
) -> None:
    owned = make.app(server, name=f"Of {host} too")
    for query, found in (
        (f"?q=Of+{host}", {itself, owned.client_id}),
        (f"?q=Of+{host}&by=registration", {itself}),
        (f"?q=Of+{host}&by=person", {owned.client_id}),
        (f"?host={host.upper()}", {itself}),
        (f"?q=Of+{host}&by=nobody", {itself, owned.client_id}),
    ):
        page = browser.get(f"/admin/apps{query}")
        shown = {link["href"].rpartition("/")[2] for link in page.html.select("tbody td[data-label=App] a")}
        assert shown == found, query


def test_the_loopback_host_is_not_offered_to_be_blocked_and_one_with_a_port_is_without_it(
    browser: Browser, root: make.User, anywhere: Browser, host: str
) -> None:
    registered(anywhere, redirect_uris=["http://127.0.0.1/back"])
    page = browser.get(f"{PATH}?q=127.0.0.1")
    assert not page.html.find("a", href=re.compile("block=127"))
    sure = play.press(page, "Delete all of 127.0.0.1")
    assert "can’t be blocked" in sure
    assert "block the host first" not in sure
    registered(anywhere, redirect_uris=[f"https://{host}:8443/back"])
    form = play.form_with(browser.get(f"{PATH}?q={host}").click(href=r"block="), "blocked_host")
    assert form["blocked_host"].value == host


# Tokens


@pytest.mark.parametrize("days", ["9" * 5000, "\u00b2", "\u0661", "-1", "3651", "1.5"])
def test_rule_12_what_is_no_number_of_days_is_refused_at_its_field(
    browser: Browser, root: make.User, days: str
) -> None:
    form = play.form_with(browser.get(f"{PATH}/tokens/new"), "days")
    form["name"], form["days"] = "Partner", days
    refused = form.submit()
    assert refused.status_int == 422
    assert "whole number from 1 to 3,650" in refused


def test_a_token_is_made_shown_once_and_revoked(
    server: Server, browser: Browser, root: make.User, anywhere: Browser
) -> None:
    server.settings = dataclasses.replace(server.settings, registration="token")
    name = f"Partner {secrets.token_hex(4)}"
    form = play.form_with(browser.get(f"{PATH}/tokens/new"), "days")
    form["name"], form["days"] = "", "0"
    wrong = form.submit()
    assert wrong.status_int == 422
    assert "whole number from 1 to 3,650" in wrong
    form = play.form_with(wrong, "days")
    form["name"], form["days"] = name, "7"
    made = form.submit()
    text = made.html.find(id="registration-token").get_text()
    assert made.headers["Referrer-Policy"] == "no-referrer"
    assert post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {text}").status_int == 201
    page = browser.get(PATH)
    assert text not in page
    assert text[-4:] in page
    assert "The token was revoked" in play.press(page, f"Revoke {name}").follow()
    assert name not in browser.get(PATH)
    assert post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {text}").status_int == 401
    logged = rows(
        server,
        "SELECT action, actor_id FROM audit_event WHERE details ->> 'token' = %(name)s ORDER BY event_id",
        name=name,
    )
    assert [event.action for event in logged if event.actor_id == root.user_id] == [
        "registration.token_made", "registration.token_revoked",
    ]  # fmt: skip


@pytest.mark.parametrize("token_id", ["x", "9" * 30, "999999999999"])
def test_a_token_that_is_not_there_is_no_error_of_ours(browser: Browser, root: make.User, token_id: str) -> None:
    page = browser.get(f"{PATH}/tokens/new")
    csrf = play.form_with(page, "days")["csrf"].value
    assert browser.post(f"{PATH}/tokens/{token_id}/revoke", {"csrf": csrf}).status_int in (303, 404)
    assert browser.get(f"{PATH}?before={token_id}").status_int == 200


# Listed redirect URIs


def test_rule_4_the_list_of_redirect_uris_is_edited_and_what_is_wrong_is_said(
    server: Server, browser: Browser, root: make.User
) -> None:
    before = listed_uris.current(server)
    uri = f"editor{secrets.token_hex(3)}://back/here"
    try:
        form = play.form_with(browser.get(f"{PATH}/uris"), "uris")
        form["uris"] = "\n".join(
            [*before.uris, "https://app.example/", "com.example.app:/x", "javascript:alert(1)", "x:y", uri]
        )
        wrong = form.submit()
        assert wrong.status_int == 422
        for number, why in ((2, "no dot"), (3, "no dot"), (4, "never allowed"), (5, "slash")):
            assert f"Line {len(before.uris) + number - 1}" in wrong
            assert why in wrong
        form = play.form_with(wrong, "uris")
        form["uris"] = "\n".join([*before.uris, uri])
        assert "The list was changed" in form.submit().follow()
        assert uri in browser.get(PATH)
        stale = form.submit()
        assert stale.status_int in (303, 409)
    finally:
        listed_uris.change(server, before, by=Actor())
    assert uri not in browser.get(PATH)


# An app without an owner


def test_every_page_shows_an_app_without_an_owner(
    server: Server, browser: Browser, root: make.User, itself: str, host: str
) -> None:
    page = browser.get(f"/admin/apps/{itself}")
    assert host in page
    assert "soft 7" in page
    assert "registered itself" in page
    assert "None" not in page.html.find("main").get_text()
    assert "registered itself" in play.press(page, "Verify the app")
    of_developers = ["/edit", "/secrets", "/authentication", "/team", "/transfer", "/try", "/quickstart"]
    for part in ("", *of_developers, "/activity", "/doctor", "/usage", "/users", "/danger", "/delete"):
        shown = browser.get(f"/developer/apps/{itself}{part}")
        assert shown.status_int == (409 if part in of_developers else 200), part
        # The doctor says "None in the last 7 days".
        assert not re.search(r"\bNone\b(?! (was|in))", shown.html.find("main").get_text()), part
    assert "App registered itself" in browser.get(f"/admin/log?app={itself}")
    assert browser.get("/admin/apps").status_int == 200


def test_rule_13_nobody_joins_the_team_of_an_app_without_an_owner_or_gets_it(
    server: Server, browser: Browser, root: make.User, itself: str, user: make.User
) -> None:
    by = Actor(root.user_id)
    with pytest.raises(NotDone, match="registered itself"):
        team.invite(server, itself, "ada@example.com", owner_id=None, by=by, counted="192.0.2.9")
    with pytest.raises(NotDone, match="registered itself"):
        transfers.offer(server, itself, user.user_id, owner_id=None, by=by)
    with transaction(server.database) as db:
        with pytest.raises(NotFound):
            rights.lock(db, Actor(user.user_id), rights.Role.MEMBER, client_id=itself)
        assert rights.lock(db, by, rights.Role.OWNER, client_id=itself).client.owner_id is None
        assert sql.refusals.developers(db, client_ids=[itself], user_ids=[user.user_id], at_most=9) == []


def test_an_app_without_an_owner_is_not_touched_when_a_user_is_disabled(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    found = registered(anywhere, token_endpoint_auth_method="none")
    app = make.App(found["client_id"], None, BACK)
    one = play.tokens(server, anywhere, app, user)
    two = play.tokens(server, anywhere.another(), app)
    assert revocations.disable_user(server, user.user_id, by=Actor())
    assert play.refused(play.refresh(anywhere, app, one.refresh_token))
    assert play.refresh(two.browser, app, two.refresh_token).status_int == 200


def test_an_app_without_an_owner_is_suspended_reactivated_revoked_and_deleted(
    server: Server, browser: Browser, root: make.User, anywhere: Browser, user: make.User
) -> None:
    found = registered(anywhere, token_endpoint_auth_method="none")
    app = make.App(found["client_id"], None, BACK)
    one = play.tokens(server, anywhere, app, user)
    assert review.suspend_client(server, app.client_id, by=Actor(root.user_id), reason="x")
    answer = play.refresh(anywhere, app, one.refresh_token)
    assert answer.json["error"] == "unauthorized_client"
    assert review.reactivate_client(server, app.client_id, by=Actor(root.user_id))
    assert play.refresh(anywhere, app, one.refresh_token).status_int == 200
    assert revocations.revoke_client_tokens(server, app.client_id, by=Actor(root.user_id))
    assert play.refused(play.refresh(anywhere, app, one.refresh_token))
    with pytest.raises(NotFound):
        revocations.delete_client(server, app.client_id, by=Actor(user.user_id))
    assert revocations.delete_client(server, app.client_id, by=Actor(root.user_id))
    assert browser.get(f"/developer/apps/{app.client_id}").status_int == 404


def test_rule_14_an_app_that_registered_itself_is_approved_or_rejected_like_others(
    server: Server, browser: Browser, root: make.User, reviewed: None, anywhere: Browser
) -> None:
    server.settings = dataclasses.replace(server.settings, registration="token")
    made = play.form_with(browser.get(f"{PATH}/tokens/new"), "days")
    made["name"] = "Reviewed"
    text = made.submit().html.find(id="registration-token").get_text()
    client_id = post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {text}").json["client_id"]
    with transaction(server.database) as db:
        assert client_id in {row.client_id for row in sql.admin.waiting_clients(db, after=None, rows=1000)}
    page = browser.get("/admin/review")
    assert "None" not in page.html.find("main").get_text()
    assert "nobody can connect it" in browser.get(f"/admin/apps/{client_id}")
    assert review.approve(server, client_id, by=Actor(root.user_id))
    assert events(server, "client.approved", client_id)
