"""The consent page: what it tells, what a user may leave out, and that an answer counts for what was shown."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv import logos
from oauthsrv.flows import catalog
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.routes.consent import others_text
from oauthsrv.server import Server
from test_logos import picture


@pytest.fixture
def signed_in(browser: Browser, user: make.User) -> Browser:
    play.sign_in(browser, user)
    return browser


def text_of(page: TestResponse) -> str:
    return " ".join(page.html.find("main").get_text().split())


def test_rule_14_the_page_says_whether_the_app_is_verified_and_what_that_means(
    server: Server, signed_in: Browser
) -> None:
    app = make.app(server)
    text = text_of(play.ask(signed_in, app))
    assert "not verified" in text
    assert "We haven’t verified this developer" in text
    review.verify(server, app.client_id, by=Actor())
    text = text_of(play.ask(signed_in, app))
    assert "not verified" not in text
    assert "We have verified this developer." in text


def test_rule_14_the_page_says_since_when_the_app_is_known_and_how_many_use_it(
    server: Server, signed_in: Browser
) -> None:
    app = make.app(server)
    assert "First seen here just now. Nobody else here uses it yet." in text_of(play.ask(signed_in, app))
    play.code(signed_in, app)
    assert "Nobody else" in text_of(play.ask(signed_in, app, prompt="consent"))
    for text in ("One other person here uses it.", "2 other people here use it."):
        another = signed_in.another()
        play.sign_in(another, make.user(server))
        play.code(another, app)
        assert text in text_of(play.ask(signed_in, app, prompt="consent"))


def test_how_many_use_an_app_is_counted_only_so_far() -> None:
    assert others_text(1000) == "1,000 other people here use it."
    assert others_text(1001) == "More than 1,000 other people here use it."


def test_rule_14_the_page_shows_the_apps_logo(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    assert play.ask(signed_in, app).html.find("img") is None
    make.change(server, app, logo=logos.draw(picture()))
    address = play.ask(signed_in, app).html.find("img", class_="logo")["src"]
    assert address.startswith(f"/logos/{app.client_id}?v=")
    assert "immutable" in signed_in.get(address).headers["Cache-Control"]


def test_rule_14_the_page_shows_what_the_app_says_of_itself(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    make.change(server, app, description="Charts of <b>your</b> data.", home_page="https://charts.example/about")
    page = play.ask(signed_in, app)
    assert "In its own words: Charts of <b>your</b> data." in text_of(page)
    link = page.html.find("a", href="https://charts.example/about")
    assert link.get_text().startswith("charts.example")  # and nothing else that the app could choose
    assert {"noopener", "noreferrer"} <= set(link["rel"])
    make.change(server, app, description="Long. " * 60)
    assert play.ask(signed_in, app).html.find("details").summary.get_text().startswith("About this app")


def test_rule_14_the_page_names_the_api(server: Server, signed_in: Browser) -> None:
    app, api = make.app(server), make.api(server)
    text = text_of(play.ask(signed_in, app, resource=api.redirect_uri))
    assert f"Limited to {server.apis.all()[api.redirect_uri].name} ({api.redirect_uri})" in text


def test_rule_14_each_scope_has_its_text_for_users_a_detail_and_an_icon(server: Server, signed_in: Browser) -> None:
    scopes = ("read:profile", "spoken:of")
    words = catalog.ScopeFields(
        "Read what it is", 90, False, consent_text="See your things", detail="All.", icon="file"
    )
    catalog.add(server, "spoken:of", words, by=Actor())
    app = make.app(server, scopes=scopes)
    item = play.ask(signed_in, app, scope="spoken:of").html.find("li", class_="permission")
    assert item.find(class_="words").get_text(" ", strip=True) == "See your things All."
    assert item.find("use")["href"] == "#icon-file"


def test_rule_14_sensitive_scopes_stand_out(server: Server, signed_in: Browser) -> None:
    app = make.app(server, scopes=("read:profile", "read:billing"))
    page = play.ask(signed_in, app, scope="read:profile read:billing")
    [standing_out] = page.html.find_all("li", class_="sensitive")
    assert "See your billing information" in standing_out.get_text()
    assert standing_out.find(class_="tag").get_text() == "sensitive"
    assert "in the wrong hands" in text_of(page)
    assert "sensitive" not in text_of(play.ask(signed_in, app, scope="read:profile")).casefold()


def test_allow_and_deny_stand_side_by_side_and_whose_account_it_is_beside_them(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    page = play.ask(signed_in, make.app(server))
    buttons = page.html.find(class_="equal").find_all("button")
    assert [button.get_text() for button in buttons] == ["Allow", "Deny"]
    assert f"You’re signed in as {user.email}. Not you?" in text_of(page)
    assert page.html.find("a", string="Not you?")["href"].endswith("&prompt=select_account")


# What a user may leave out


@pytest.fixture
def lenient(server: Server) -> make.App:
    """An app that can do without two of its scopes."""
    scopes = ("read:profile", "read:data", "read:billing")
    return make.app(server, scopes=scopes, optional_scopes=("read:data", "read:billing"))


def granted(browser: Browser, app: make.App, response: TestResponse) -> str:
    return str(play.exchange(browser, app, play.answered(response)["code"]).json["scope"])


def boxes(page: TestResponse) -> dict[str, bool]:
    """The boxes of a consent page, and which of them are ticked."""
    return {box["value"]: box.has_attr("checked") for box in page.html.find_all("input", {"name": "scope"})}


def tick(page: TestResponse, *scopes: str) -> TestResponse:
    form = play.form_with(page, "decision")
    for field in form.fields["scope"]:
        field.checked = field._value in scopes
    return form.submit("decision", value="allow")


def leave_out(page: TestResponse, *scopes: str) -> TestResponse:
    return tick(page, *(set(boxes(page)) - set(scopes)))


def test_rule_14_only_what_the_app_can_do_without_has_a_box(
    server: Server, signed_in: Browser, lenient: make.App
) -> None:
    page = play.ask(signed_in, lenient, scope=None)
    assert boxes(page) == {"read:data": True, "read:billing": False}
    assert "Optional. Choose what to allow" in text_of(page)
    [sensitive] = page.html.find("fieldset").find_all(class_="tag")
    assert sensitive.find_parent("label").find(class_="what").get_text().split() == [
        *("See", "your", "billing", "information", "sensitive"),
    ]
    assert granted(signed_in, lenient, tick(page, "read:data", "read:billing")) == "read:profile read:data read:billing"


def test_what_is_sensitive_is_ticked_by_the_user_alone_and_stays_ticked(signed_in: Browser, lenient: make.App) -> None:
    tick(play.ask(signed_in, lenient, scope=None), "read:billing")
    page = play.ask(signed_in, lenient, scope=None, prompt="consent")
    assert boxes(page) == {"read:data": False, "read:billing": True}


def test_rule_14_what_is_unticked_is_not_granted_and_not_asked_for_again(signed_in: Browser, lenient: make.App) -> None:
    page = play.ask(signed_in, lenient, scope=None)
    assert granted(signed_in, lenient, leave_out(page, "read:billing")) == "read:profile read:data"
    again = play.ask(signed_in, lenient, scope=None)
    assert granted(signed_in, lenient, again) == "read:profile read:data"
    silent = play.ask(signed_in, lenient, scope="read:profile read:billing", prompt="none")
    assert granted(signed_in, lenient, silent) == "read:profile"


def test_rule_14_prompt_consent_asks_again_and_what_was_left_out_can_be_allowed(
    signed_in: Browser, lenient: make.App
) -> None:
    leave_out(play.ask(signed_in, lenient, scope=None), "read:billing")
    page = play.ask(signed_in, lenient, scope=None, prompt="consent")
    assert boxes(page) == {"read:data": True, "read:billing": False}
    assert "What you left out last time isn’t selected." in text_of(page)
    assert granted(signed_in, lenient, leave_out(page, "read:data")) == "read:profile read:billing"
    again = play.ask(signed_in, lenient, scope=None)
    assert granted(signed_in, lenient, again) == "read:profile read:billing"


def test_rule_14_what_is_left_out_later_stays_with_the_tokens_that_have_it(
    server: Server, signed_in: Browser, lenient: make.App
) -> None:
    answer = play.answered(tick(play.ask(signed_in, lenient, scope=None), "read:data", "read:billing"))
    first = play.exchange(signed_in, lenient, answer["code"]).json
    leave_out(play.ask(signed_in, lenient, scope=None, prompt="consent"), "read:billing")
    refreshed = play.refresh(signed_in, lenient, first["refresh_token"]).json
    assert refreshed["scope"] == "read:profile read:data read:billing"


def test_rule_14_boxes_only_narrow_and_what_is_required_counts_without_one(
    signed_in: Browser, lenient: make.App
) -> None:
    def answer(*scopes: str) -> TestResponse:
        page = play.ask(signed_in, lenient, scope="read:profile read:data", prompt="consent")
        csrf = play.form_with(page, "decision")["csrf"].value
        sent = [("decision", "allow"), ("csrf", csrf), *(("scope", scope) for scope in scopes)]
        return signed_in.post("/oauth/authorize", sent)

    assert granted(signed_in, lenient, answer()) == "read:profile"
    assert granted(signed_in, lenient, answer("read:data")) == "read:profile read:data"
    beyond = answer("read:data", "read:billing", "write:data", "offline_access", "no-such-scope")
    assert granted(signed_in, lenient, beyond) == "read:profile read:data"


def test_rule_14_who_unticks_everything_is_asked_again(signed_in: Browser, lenient: make.App) -> None:
    page = play.ask(signed_in, lenient, scope="read:data offline_access")
    response = leave_out(page, "read:data")
    assert response.location.startswith("/oauth/authorize?")
    page = response.follow()
    assert "Choose at least one, or choose Deny" in text_of(page)
    assert granted(signed_in, lenient, play.allow(page)) == "read:data offline_access"


def test_rule_14_what_becomes_required_is_asked_for(server: Server, signed_in: Browser, lenient: make.App) -> None:
    leave_out(play.ask(signed_in, lenient, scope=None), "read:billing")
    make.change(server, lenient, optional_scopes=["read:data"])
    page = play.ask(signed_in, lenient, scope=None)
    assert boxes(page) == {}
    assert "will also be able to: See your billing information" in text_of(page)


def test_rule_14_a_deprecated_scope_goes_on_for_those_that_hold_it(server: Server, signed_in: Browser) -> None:
    app = make.app(server, scopes=("read:profile", "webhooks"))
    catalog.deprecate(server, "webhooks", by=Actor())
    try:
        page = play.ask(signed_in, app, scope=None)
        assert "Notify other services about your account" in text_of(page)
        assert granted(signed_in, app, play.allow(page)) == "read:profile webhooks"
    finally:
        catalog.restore(server, "webhooks", by=Actor())


# An answer counts for what was shown


def test_rule_13_a_decision_counts_for_the_host_that_was_shown(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    page = play.ask(signed_in, app, redirect_uri=None)
    make.change(server, app, redirect_uris=["https://elsewhere.example/cb"])
    response = play.allow(page)
    assert response.location.startswith("/oauth/authorize?")
    assert "elsewhere.example" in response.follow()


@pytest.mark.parametrize(
    "changes",
    [{"name": "Another"}, {"optional_scopes": ["read:data"]}, {"logo": logos.draw(picture())}],
    ids=["name", "optional_scopes", "logo"],
)
def test_rule_13_so_it_does_for_all_else_that_was_shown(
    server: Server, signed_in: Browser, changes: dict[str, Any]
) -> None:
    app = make.app(server)
    page = play.ask(signed_in, app)
    make.change(server, app, **changes)
    assert play.allow(page).location.startswith("/oauth/authorize?")


def test_rule_13_a_decision_counts_for_the_words_and_the_verification_that_were_shown(
    server: Server, signed_in: Browser
) -> None:
    app = make.app(server)
    page = play.ask(signed_in, app)
    review.verify(server, app.client_id, by=Actor())
    response = play.allow(page)
    assert response.location.startswith("/oauth/authorize?")
    page = response.follow()
    words = catalog.ScopeFields("Read something else", 1, True)
    [row] = catalog.with_details(server, ["read:profile"])
    catalog.change(server, "read:profile", words, by=Actor())
    try:
        response = play.allow(page)
        assert response.location.startswith("/oauth/authorize?")
        assert "Read something else" in response.follow()
    finally:
        catalog.change(server, "read:profile", catalog.current(row), by=Actor())
