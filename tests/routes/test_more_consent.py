"""An app that asks for more later: the page asks for what is new alone, and the grant is the union (rule 14)."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.revocations import revoke_grant
from oauthsrv.routes import consent
from oauthsrv.server import Server

PROFILE, DATA, BILLING = "See your profile", "See your data", "See your billing information"
MORE = "wants more access to your oauthsrv account"
SCOPES = ("read:profile", "read:data", "read:billing")


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server, scopes=SCOPES)


@pytest.fixture
def lenient(server: Server) -> make.App:
    return make.app(server, scopes=SCOPES, optional_scopes=("read:data", "read:billing"))


def what(item: Any) -> str:
    return str(item.find(class_="what").get_text().split("\n")[0])


def asked(page: TestResponse) -> dict[str, list[str]]:
    """What the page lists, under the heading of each list; and what has a box."""
    main = page.html.find("main")
    lists = {
        " ".join(found.find_previous("h2").get_text().split()): [what(item) for item in found("li")]
        for found in main.find_all("ul")
    }
    boxes = [box["value"] for box in main.find_all("input", {"name": "scope"})]
    return {**lists, "boxes": boxes}


NEW, ALREADY = "Example App will also be able to:", "Example App can already:"


def granted(browser: Browser, app: make.App, response: TestResponse) -> str:
    return str(play.exchange(browser, app, play.answered(response)["code"]).json["scope"])


def scopes_of_grant(server: Server, app: make.App) -> list[list[str]]:
    found = rows.rows(
        server, 'SELECT scopes FROM "grant" WHERE client_id = %(id)s AND ended_at IS NULL', id=app.client_id
    )
    return [sorted(row.scopes) for row in found]


def test_rule_14_the_page_asks_for_what_is_new_and_shows_what_the_app_can_do_already_apart(
    server: Server, signed_in: Browser, app: make.App
) -> None:
    play.code(signed_in, app, scope="read:profile offline_access")
    page = play.ask(signed_in, app, scope="read:profile read:data offline_access")
    assert MORE in page.html.h1.get_text()
    assert asked(page) == {
        NEW: [DATA],
        ALREADY: [PROFILE, "Stay connected when you’re not using it"],
        "boxes": [],
    }
    assert granted(signed_in, app, play.allow(page)) == "read:profile read:data offline_access"
    assert scopes_of_grant(server, app) == [["offline_access", "read:data", "read:profile"]]


def test_rule_14_the_token_holds_what_was_requested_and_the_grant_the_union(
    server: Server, signed_in: Browser, app: make.App
) -> None:
    play.code(signed_in, app, scope="read:profile")
    page = play.ask(signed_in, app, scope="read:data")
    assert MORE not in page  # nothing of this request was allowed before
    assert granted(signed_in, app, play.allow(page)) == "read:data"
    assert scopes_of_grant(server, app) == [["read:data", "read:profile"]]
    narrow = play.ask(signed_in, app, scope="read:profile")
    assert granted(signed_in, app, narrow) == "read:profile"
    both = play.ask(signed_in, app, scope="read:data read:profile")
    assert granted(signed_in, app, both) == "read:profile read:data"
    assert scopes_of_grant(server, app) == [["read:data", "read:profile"]]


def test_rule_14_who_says_no_to_more_keeps_what_there_was(server: Server, signed_in: Browser, app: make.App) -> None:
    before = play.exchange(signed_in, app, play.code(signed_in, app, scope="read:profile")).json
    page = play.ask(signed_in, app, scope="read:profile read:data")
    denied = play.form_with(page, "decision").submit("decision", value="deny")
    assert play.answered(denied)["error"] == "access_denied"
    assert play.is_active(signed_in, app, before["access_token"])
    assert scopes_of_grant(server, app) == [["read:profile"]]
    assert granted(signed_in, app, play.ask(signed_in, app, scope="read:profile")) == "read:profile"


def test_rule_14_what_was_allowed_of_the_optional_has_no_box_and_stays(
    server: Server, signed_in: Browser, lenient: make.App
) -> None:
    play.code(signed_in, lenient, scope="read:profile read:data")
    page = play.ask(signed_in, lenient, scope=None)
    assert asked(page) == {ALREADY: [PROFILE, DATA], "boxes": ["read:billing"]}
    form = play.form_with(page, "decision")
    form["scope"] = []
    assert granted(signed_in, lenient, form.submit("decision", value="allow")) == "read:profile read:data"
    # What was left out is not asked for again, and not given silently.
    assert granted(signed_in, lenient, play.ask(signed_in, lenient, scope=None)) == "read:profile read:data"
    assert scopes_of_grant(server, lenient) == [["read:data", "read:profile"]]


def test_rule_14_what_was_left_out_is_shown_unticked_beside_what_is_new(
    server: Server, signed_in: Browser, lenient: make.App
) -> None:
    form = play.form_with(play.ask(signed_in, lenient, scope="read:profile read:billing"), "decision")
    form["scope"] = []
    form.submit("decision", value="allow")
    page = play.ask(signed_in, lenient, scope=None)
    boxes = {box["value"]: box.has_attr("checked") for box in page.html.find_all("input", {"name": "scope"})}
    assert boxes == {"read:data": True, "read:billing": False}
    assert "What you left out last time isn’t selected." in page
    assert granted(signed_in, lenient, play.allow(page)) == "read:profile read:data"


def test_rule_14_prompt_consent_asks_for_everything_again(
    server: Server, signed_in: Browser, lenient: make.App
) -> None:
    play.code(signed_in, lenient, scope=None)
    page = play.ask(signed_in, lenient, scope=None, prompt="consent")
    assert asked(page) == {"Example App will be able to:": [PROFILE], "boxes": ["read:data", "read:billing"]}


@pytest.mark.parametrize("uri", ["http://127.0.0.1/callback", "com.example.app:/callback"])
def test_rule_14_a_native_public_app_is_asked_about_as_if_for_the_first_time(
    server: Server, signed_in: Browser, uri: str
) -> None:
    """Any program on the device can claim to be it, so it can do nothing already."""
    app = make.app(server, type="public", redirect_uris=(uri,), scopes=SCOPES)
    play.code(signed_in, app, scope="read:profile")
    page = play.ask(signed_in, app, scope="read:profile read:data")
    assert asked(page) == {"Example App will be able to:": [PROFILE, DATA], "boxes": []}


def test_rule_14_for_another_host_or_resource_nothing_is_there_already(server: Server, signed_in: Browser) -> None:
    uris = ("https://app.example/callback", "https://other.example/callback")
    app, api = make.app(server, scopes=SCOPES, redirect_uris=uris), make.api(server)
    play.code(signed_in, app, scope="read:profile")
    for elsewhere in ({"redirect_uri": uris[1]}, {"resource": api.redirect_uri}):
        assert MORE not in play.ask(signed_in, app, scope="read:profile read:data", **elsewhere)
    play.code(signed_in, app, scope="read:profile", resource=api.redirect_uri)
    page = play.ask(signed_in, app, scope="read:profile read:data", resource=api.redirect_uri)
    assert asked(page)[ALREADY] == [PROFILE]


def test_rule_14_what_became_required_is_new_if_it_was_left_out(
    server: Server, signed_in: Browser, lenient: make.App
) -> None:
    form = play.form_with(play.ask(signed_in, lenient, scope=None), "decision")
    form["scope"] = []
    form.submit("decision", value="allow")
    make.change(server, lenient, optional_scopes=["read:data"])
    page = play.ask(signed_in, lenient, scope="read:profile read:billing")
    assert asked(page)[NEW][0].startswith(BILLING)
    assert asked(page)[ALREADY] == [PROFILE]


# Access that ends while the page is open


def end(server: Server, app: make.App, user: make.User) -> None:
    (row,) = rows.rows(
        server, 'SELECT grant_id FROM "grant" WHERE client_id = %(id)s AND ended_at IS NULL', id=app.client_id
    )
    revoke_grant(server, row.grant_id, user.user_id, "user", by=Actor())


def test_rule_6_access_revoked_while_the_page_is_open_is_asked_for_again(
    server: Server, signed_in: Browser, user: make.User, app: make.App
) -> None:
    play.code(signed_in, app, scope="read:profile")
    page = play.ask(signed_in, app, scope="read:profile read:data")
    end(server, app, user)
    page = play.allow(page).follow()
    assert asked(page) == {"Example App will be able to:": [PROFILE, DATA], "boxes": []}
    assert scopes_of_grant(server, app) == []


def test_rule_6_access_revoked_in_the_moment_of_the_decision_is_asked_for_again(
    server: Server, signed_in: Browser, user: make.User, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the handler has read what there is already, before the grant is given."""
    play.code(signed_in, app, scope="read:profile")
    page = play.ask(signed_in, app, scope="read:profile read:data")
    record_consent = consent.record_consent

    def later(*given: Any, **more: Any) -> str:
        end(server, app, user)
        return record_consent(*given, **more)

    monkeypatch.setattr(consent, "record_consent", later)
    page = play.allow(page).follow()
    assert asked(page) == {"Example App will be able to:": [PROFILE, DATA], "boxes": []}
    assert scopes_of_grant(server, app) == []
