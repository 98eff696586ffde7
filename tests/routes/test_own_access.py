"""The pages on which administrators open access without a user, and the app's owner chooses within it (rule 13)."""

from __future__ import annotations

from typing import Any

import pytest

import make
import play
from browser import Browser, wsgi
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import own_access
from oauthsrv.flows.clients.own_access import Access, chosen_within
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from portal import an_hour_passes, member


class Case:
    """An app that acts for itself, with its owner's and an administrator's browser."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.owner, self.root = make.user(server), make.user(server, admin=True)
        self.api = make.api(server)
        grants = ("client_credentials",)
        self.app = make.app(server, self.owner, grant_types=grants, redirect_uris=())
        self.developer, self.admin = Browser(wsgi(server)), Browser(wsgi(server))
        play.sign_in(self.developer, self.owner)
        play.sign_in(self.admin, self.root)
        self.path = f"/developer/apps/{self.app.client_id}/own-access"
        self.admin_path = f"/admin/apps/{self.app.client_id}/own-access"

    def open(self, *scopes: str, resources: tuple[str, ...] = ()) -> None:
        own_access.open_access(self.server, self.app.client_id, Access(scopes, resources), by=Actor())

    def client(self) -> Client:
        client = self.server.clients.find_client(self.app.client_id)
        assert client
        return client


@pytest.fixture
def case(server: Server) -> Case:
    return Case(server)


def form_of(browser: Browser, path: str) -> Any:
    return play.form_with(browser.get(path), "scopes")


def tick(form: Any, field: str, *values: str) -> Any:
    for box in form.fields[field]:
        box.checked = box._value in values
    return form


def ticked(form: Any, field: str) -> set[str]:
    return {box._value for box in form.fields[field] if box.checked}


def test_an_administrator_opens_and_closes_it(case: Case) -> None:
    page = case.admin.get(f"/admin/apps/{case.app.client_id}").click("Open access without a user")
    form = tick(play.form_with(page, "scopes"), "scopes", "read:data", "webhooks")
    page = tick(form, "resources", case.api.redirect_uri).submit().follow()
    assert "access without a user was changed" in page
    assert "Access without a user changed" in page
    assert (case.client().own_scopes, case.client().own_resources) == (
        ("read:data", "webhooks"),
        (case.api.redirect_uri,),
    )
    form = form_of(case.admin, case.admin_path)
    assert ticked(form, "scopes") == {"read:data", "webhooks"}
    tick(tick(form, "scopes"), "resources").submit()
    assert (case.client().own_scopes, case.client().own_resources) == ((), ())


def test_its_owner_turns_parts_off_and_on_again(case: Case) -> None:
    case.open("read:data", "webhooks")
    form = form_of(case.developer, case.path)
    assert ticked(form, "scopes") == {"read:data", "webhooks"}
    tick(form, "scopes", "read:data").submit()
    assert case.client().own_scopes == ("read:data",)
    tick(form_of(case.developer, case.path), "scopes", "read:data", "webhooks").submit()
    assert case.client().own_scopes == ("read:data", "webhooks")


def test_rule_13_its_owner_chooses_only_what_is_open(case: Case) -> None:
    case.open("read:data")
    form = form_of(case.developer, case.path)
    sent = [("csrf", form["csrf"].value), ("shown", form["shown"].value), ("scopes", "read:billing")]
    page = case.developer.post(case.path, sent)
    assert page.status_int == 422
    assert "read:billing" in page.html.find(id="scopes-error").get_text()
    assert case.client().own_scopes == ("read:data",)


def test_rule_13_no_api_chosen_does_not_become_every_api(case: Case) -> None:
    case.open("read:data", resources=(case.api.redirect_uri,))
    page = tick(form_of(case.developer, case.path), "resources").submit()
    assert "Choose at least one" in page.html.find(id="resources-error").get_text()
    assert case.client().own_resources == (case.api.redirect_uri,)


def test_rule_13_a_member_of_its_team_sees_it_and_revokes_but_does_not_choose(case: Case, browser: Browser) -> None:
    case.open("read:data")
    token = play.own_token(browser, case.app).json["access_token"]
    person, theirs = member(case.server, case.owner, case.app.client_id), Browser(wsgi(case.server))
    play.sign_in(theirs, person)
    page = theirs.get(case.path)
    assert "Only its owner can change this" in page
    csrf = next(iter(page.forms.values()))["csrf"].value
    assert theirs.post(case.path, {"csrf": csrf, "scopes": "read:data"}).status_int == 403
    page = play.press(page, "Revoke the connection with read:data").follow()
    assert "tokens were revoked" in page
    assert not play.is_active(browser, case.app, token)


def test_nobody_else_sees_or_revokes_it(case: Case, browser: Browser) -> None:
    case.open("read:data")
    play.sign_in(browser, make.user(case.server))
    assert browser.get(case.path, expect_errors=True).status_int == 404


def test_a_connection_of_another_app_is_not_found(case: Case, server: Server, browser: Browser) -> None:
    other = make.machine(server, "read:data")
    token = play.own_token(browser, other).json["access_token"]
    [family] = own_access.connections(server, other.client_id)
    csrf = next(iter(case.developer.get(case.path).forms.values()))["csrf"].value
    for family_id in (family.family_id, "fam_" + "0" * 32, "x"):
        answer = case.developer.post(f"{case.path}/{family_id}/end", {"csrf": csrf}, expect_errors=True)
        assert answer.status_int == 404
    assert play.is_active(browser, other, token)


@pytest.mark.parametrize("more", [True, False])
def test_rule_13_more_needs_the_password_and_less_does_not(case: Case, more: bool) -> None:
    case.open("read:data", "webhooks")
    tick(form_of(case.developer, case.path), "scopes", "read:data").submit()
    for browser, path in ((case.developer, case.path), (case.admin, case.admin_path)):
        an_hour_passes(case.server, browser)
        form = form_of(browser, path)
        scopes = (*ticked(form, "scopes"), "read:profile", "webhooks") if more else ()
        answer = tick(form, "scopes", *scopes).submit()
        assert ("Enter your password" in answer) == more


def test_a_form_that_is_too_old_is_shown_again(case: Case) -> None:
    case.open("read:data")
    form = form_of(case.developer, case.path)
    case.open("read:data", "webhooks")
    page = tick(form, "scopes").submit(expect_errors=True)
    assert page.status_int == 409
    assert case.client().own_scopes == ("read:data", "webhooks")


@pytest.mark.parametrize(
    ("old", "new", "chosen", "expected"),
    [
        ("a b | x", "a b c | x", "a | x", "a c | x"),
        ("a b | x", "b | x", "a | x", " | x"),
        ("a | x y", "a | y", "a | x", "a | y"),
        ("a | ", "a | x", "a | ", "a | x"),
        ("a | x", "a | ", "a | x", "a | "),
    ],
)
def test_what_is_chosen_when_something_else_is_opened(old: str, new: str, chosen: str, expected: str) -> None:
    def access(text: str) -> Access:
        scopes, _, resources = text.partition("|")
        return Access(tuple(scopes.split()), tuple(resources.split()))

    assert chosen_within(access(old), access(new), access(chosen)) == access(expected)


def test_the_page_says_what_is_missing(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    play.sign_in(browser, owner)
    page = browser.get(f"/developer/apps/{make.app(server, owner).client_id}/own-access")
    assert "Turn on client_credentials" in page
    assert "No administrator has opened any scopes" in page
