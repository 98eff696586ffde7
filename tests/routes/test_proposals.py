"""Where apps are reviewed, what is added to an approved app waits for an administrator; removals never do (rule 14)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser, wsgi
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import catalog
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes
from oauthsrv.flows.clients.changes import add_redirect_uri
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import an_hour_passes, csrf_of, member
from test_logos import picture

pytestmark = pytest.mark.usefixtures("reviewed")

HOST = "https://app.example/callback"
OTHER = "https://other.example/cb"


class Case:
    """A verified app with its developer's and an administrator's browser."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.owner, self.root = make.user(server, name="Olga Owner"), make.user(server, admin=True)
        self.app = make.app(server, self.owner, redirect_uris=(HOST, "https://app.example/old"))
        rows.rows(server, "UPDATE client SET verified_at = now() WHERE client_id = %(id)s", id=self.client_id)
        self.developer, self.admin = Browser(wsgi(server)), Browser(wsgi(server))
        play.sign_in(self.developer, self.owner)
        play.sign_in(self.admin, self.root)

    @property
    def client_id(self) -> str:
        return self.app.client_id

    def settings(self) -> Any:
        return play.form_with(self.developer.get(f"/developer/apps/{self.client_id}/edit"), "redirect_uris")

    def save(self, *, scopes: dict[int, bool] | None = None, **fields: Any) -> TestResponse:
        form = self.settings()
        for index, value in (scopes or {}).items():
            form.set("scopes", value, index=index)
        for name, value in fields.items():
            form[name] = value
        return form.submit()

    def in_force(self) -> Client:
        client = self.server.clients.find_client(self.client_id)
        assert isinstance(client, Client)
        return client

    def waits(self) -> Any:
        with reading(self.server.database) as db:
            return changes.waiting(sql.proposals.find(db, client_id=self.client_id))

    def queue(self) -> TestResponse:
        return self.admin.get("/admin/review")

    def approve(self, page: TestResponse | None = None) -> TestResponse:
        return play.press(page or self.queue(), "Approve changes to Example App")

    def reject(self, reason: str) -> TestResponse:
        form = play.form_with(self.admin.get(f"/admin/apps/{self.client_id}/reject-change"), "reason")
        form["reason"] = reason
        return form.submit()


@pytest.fixture
def case(server: Server) -> Case:
    rows.rows(server, "DELETE FROM client_proposal")
    return Case(server)


ADDITIONS: dict[str, dict[str, Any]] = {
    "a name": {"name": "Another Name"},
    "a home page": {"home_page": "https://elsewhere.example"},
    "a redirect host": {"redirect_uris": f"{HOST}\nhttps://app.example/old\n{OTHER}"},
    "a scope": {"scopes": {5: True}},
    "no PKCE": {"skips_pkce": "yes"},
}


def test_rule_14_a_way_to_get_tokens_waits_too(case: Case) -> None:
    form = case.settings()
    form.set("grant_types", False, index=1)
    form.submit()
    assert case.in_force().grant_types == {"authorization_code"}
    form = case.settings()
    form.set("grant_types", True, index=1)
    form.submit()
    assert case.in_force().grant_types == {"authorization_code"}
    case.approve()
    assert case.in_force().grant_types == {"authorization_code", "refresh_token"}
    assert not case.in_force().verified


@pytest.mark.parametrize("addition", ADDITIONS)
def test_rule_14_an_addition_waits_and_the_approved_version_goes_on(case: Case, addition: str) -> None:
    before = case.in_force()
    answer = case.save(**ADDITIONS[addition])
    assert answer.status_int == 303
    page = answer.follow()
    assert "What you added is waiting for approval" in page
    assert "Waiting for approval" in page
    assert case.in_force() == before
    assert case.waits() is not None
    assert case.approve().follow().request.path == "/admin/review"
    after = case.in_force()
    assert after != before
    assert not after.verified
    assert case.waits() is None


def test_rule_14_a_logo_waits_too(case: Case) -> None:
    form = case.settings()
    form["logo"] = ("logo.png", picture(), "image/png")
    form.submit()
    assert case.in_force().logo_version is None
    assert "data:image/png;base64," in case.queue()
    # It stays through a further edit of the form.
    assert case.save(description="More words").status_int == 303
    assert case.waits().logo
    case.approve()
    assert case.in_force().logo_version


def test_rule_14_removals_and_what_users_know_already_apply_at_once(case: Case) -> None:
    case.save(redirect_uris=f"{HOST}/new", scopes={0: False}, description="Other words")
    client = case.in_force()
    assert client.redirect_uris == (f"{HOST}/new",)
    assert client.scopes == ("write:profile", "read:data")
    assert client.verified
    assert case.waits() is None


def test_rule_14_a_removal_applies_while_an_addition_of_the_same_form_waits(case: Case) -> None:
    case.save(redirect_uris=f"{HOST}\n{OTHER}", scopes={2: False, 5: True})
    client = case.in_force()
    assert client.redirect_uris == (HOST,)
    assert client.scopes == ("read:profile", "write:profile")
    assert list(case.waits().fields["redirect_uris"]) == [HOST, OTHER]
    assert set(case.waits().fields["scopes"]) == {"read:profile", "write:profile", "webhooks"}


def test_the_last_approved_redirect_uri_and_required_scope_stay_until_others_are_approved(case: Case) -> None:
    before = case.in_force()
    answer = case.save(redirect_uris=OTHER, scopes={0: False, 1: False, 2: False, 4: True})
    assert answer.status_int == 422
    assert "Keep one approved redirect URI" in answer.html.find(id="redirect_uris-error").get_text()
    assert "Keep one approved required scope" in answer.html.find(id="scopes-error").get_text()
    assert play.form_with(answer, "redirect_uris")["redirect_uris"].value == OTHER
    assert case.in_force() == before
    assert case.waits() is None


def test_an_optional_scope_becomes_required_only_after_review(case: Case) -> None:
    make.change(case.server, case.app, optional_scopes=["read:data"])
    form = case.settings()
    form.set("optional_scopes", False, index=2)
    form.submit()
    assert case.in_force().optional_scopes == {"read:data"}
    case.approve()
    assert case.in_force().optional_scopes == set()


def test_the_queue_shows_the_current_beside_the_proposed(case: Case) -> None:
    case.save(name="Figures", redirect_uris=f"{HOST}\n{OTHER}")
    assert "Changes to 1 approved app are waiting for approval" in case.admin.get("/admin/overview")
    table = case.queue().html.find("table")
    cells = [[cell.get_text(" ").split() for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]
    assert cells == [
        [["Name"], ["Example", "App"], ["Figures", "new"]],
        [["Redirect", "URIs"], [HOST], [HOST, OTHER, "new"]],
    ]


def test_exactly_what_was_looked_at_is_approved(case: Case) -> None:
    case.save(redirect_uris=f"{HOST}\n{OTHER}")
    page = case.queue()
    case.save(redirect_uris=f"{HOST}\nhttps://evil.example/cb")
    answer = case.approve(page)
    assert answer.status_int == 409
    assert case.in_force().redirect_uris == (HOST,)
    page = case.queue()
    make.change(case.server, case.app, description="Changed elsewhere")
    assert case.approve(page).status_int == 409


def test_rule_6_an_approval_that_waits_for_another_proposal_approves_nothing(case: Case) -> None:
    case.save(redirect_uris=f"{HOST}\n{OTHER}")
    page = case.queue()
    form = case.settings()
    form["redirect_uris"] = f"{HOST}\nhttps://evil.example/cb"
    with holding(changes, form.submit) as (gate, work), in_parallel(lambda: case.approve(page)) as answer:
        eventually(lambda: a_lock_is_awaited(case.server))
        gate.open()
        work.result()
        assert answer.result().status_int == 409
    assert case.in_force().redirect_uris == (HOST,)


def test_a_rejection_keeps_the_old_and_says_why(case: Case) -> None:
    before = case.in_force()
    case.save(redirect_uris=f"{HOST}\nhttps://app.example/old\n{OTHER}")
    assert "Say why" in case.reject("").html.find(id="reason-error").get_text()
    assert case.reject("Who is other.example?").follow().request.path == "/admin/review"
    assert case.in_force() == before
    assert case.client_id not in case.queue()
    page = case.developer.get(f"/developer/apps/{case.client_id}/edit")
    assert "Who is other.example?" in page
    assert OTHER not in play.form_with(page, "redirect_uris")["redirect_uris"].value
    assert case.admin.get(f"/admin/apps/{case.client_id}/reject-change").status_int == 409
    page = play.press(page, "Dismiss").follow()
    assert "Who is other.example?" not in page
    [event] = rows.events(case.server, "client.change_rejected", case.client_id)
    assert event.details == {"told": "Who is other.example?"}


def test_developers_withdraw_what_waits(case: Case) -> None:
    case.save(name="Figures")
    page = case.developer.get(f"/developer/apps/{case.client_id}")
    assert "waiting for approval" in page
    page = case.developer.get(f"/developer/apps/{case.client_id}/edit")
    assert play.form_with(page, "redirect_uris")["name"].value == "Figures"
    assert "withdrawn" in play.press(page, "Withdraw changes").follow()
    assert case.waits() is None
    assert case.settings()["name"].value == "Example App"


def test_what_waits_is_edited_like_any_setting_and_asks_for_no_password_again(case: Case) -> None:
    case.save(redirect_uris=f"{HOST}\n{OTHER}")
    proposed_at = case.waits().proposed_at
    an_hour_passes(case.server, case.developer)
    assert case.save(description="Other words").status_int == 303
    assert case.waits().proposed_at == proposed_at
    assert "Enter your password" in case.save(redirect_uris=f"{HOST}\nhttps://third.example/cb")
    # Without additions nothing waits.
    assert case.save(redirect_uris=HOST).status_int == 303
    assert case.waits() is None


def test_a_form_that_was_opened_before_a_decision_is_a_conflict(case: Case) -> None:
    case.save(redirect_uris=f"{HOST}\n{OTHER}")
    form = case.settings()
    case.approve()
    assert form.submit().status_int == 409


def test_a_scope_that_was_just_deprecated_is_not_approved(case: Case) -> None:
    catalog.add(case.server, "gone:soon", catalog.ScopeFields("Read it", 90, False), by=Actor())
    form = case.settings()
    form.set("scopes", True, index=6)
    form.submit()
    catalog.deprecate(case.server, "gone:soon", by=Actor())
    answer = case.approve()
    assert answer.status_int == 409
    assert "gone:soon was deprecated" in answer
    assert "gone:soon" not in case.in_force().scopes


def test_rule_3_a_member_does_not_turn_pkce_off(case: Case) -> None:
    mate = member(case.server, case.owner, case.client_id)
    browser = Browser(wsgi(case.server))
    play.sign_in(browser, mate)
    page = browser.get(f"/developer/apps/{case.client_id}/edit")
    assert "Only the owner of the app can turn it off" in page
    form = play.form_with(page, "redirect_uris")
    assert "skips_pkce" not in form.fields
    fields = [(name, value) for name, value in form.submit_fields() if name != "logo"]
    answer = browser.post(f"/developer/apps/{case.client_id}/edit", [*fields, ("skips_pkce", "yes")])
    assert answer.status_int == 422
    assert "Only the owner" in answer.html.find(id="skips_pkce-error").get_text()
    assert not case.in_force().skips_pkce
    # On again is a removal, and anybody of the team may do it.
    make.change(case.server, case.app, skips_pkce=True)
    form = play.form_with(browser.get(f"/developer/apps/{case.client_id}/edit"), "redirect_uris")
    form["skips_pkce"] = False
    assert form.submit().status_int == 303
    assert not case.in_force().skips_pkce


def test_an_app_that_waits_itself_is_changed_at_once(case: Case) -> None:
    rows.rows(case.server, "UPDATE client SET approved_at = NULL WHERE client_id = %(id)s", id=case.client_id)
    case.save(redirect_uris=OTHER, name="Figures")
    assert case.in_force().redirect_uris == (OTHER,)
    assert case.waits() is None


def test_who_has_nothing_to_do_with_an_app_withdraws_and_decides_nothing(case: Case) -> None:
    case.save(name="Figures")
    browser = Browser(wsgi(case.server))
    play.sign_in(browser, make.user(case.server))
    token = csrf_of(browser)
    answer = browser.post(f"/developer/apps/{case.client_id}/withdraw-change", {"csrf": token})
    assert answer.status_int == 404
    assert browser.post(f"/admin/apps/{case.client_id}/approve-change", {"csrf": token}).status_int == 403
    assert case.waits()


def test_a_redirect_uri_added_by_a_click_waits_at_a_new_host_alone(server: Server, case: Case) -> None:
    console = server.settings.issuer + "/developer/try/callback"
    by = Actor(case.owner.user_id)
    add_redirect_uri(server, case.client_id, console, by=by)
    assert console in case.in_force().redirect_uris
    add_redirect_uri(server, case.client_id, OTHER, by=by)
    assert OTHER not in case.in_force().redirect_uris
    assert OTHER in case.waits().fields["redirect_uris"]
    assert case.in_force().verified


def test_rule_14_without_review_additions_apply_at_once_and_end_verification(
    server: Server, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, app_review=False))
    for addition in ({"redirect_uris": f"{HOST}\n{OTHER}"}, {"scopes": {5: True}}, {"skips_pkce": "yes"}):
        rows.rows(server, "UPDATE client SET verified_at = now() WHERE client_id = %(id)s", id=case.client_id)
        case.save(**addition)
        assert not case.in_force().verified
    assert case.waits() is None
