"""Connected apps and their devices (rule 6, rule 10)."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows as behind
from browser import Browser, wsgi
from held import done
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.housekeeping import walk
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import reading, sql
from seen import called, flash, form_to, main_form, rows


def connected(server: Server, browser: Browser, user: make.User, **app: Any) -> play.Connection:
    made = make.app(server, **app)
    answer = play.exchange(browser, made, play.code(browser, made)).json
    return play.Connection(browser, user, made, answer["access_token"], answer["refresh_token"])


def card(page: TestResponse, name: str) -> Any:
    return next((card for card in page.html.find_all(class_="card") if card.h2.get_text() == name), None)


def end(browser: Browser, page: TestResponse, name: str) -> TestResponse:
    grant_id = card(page, name)["id"]
    return next(form for form in page.forms.values() if grant_id in form.action).submit()


def test_without_apps_the_page_says_so(signed_in: Browser) -> None:
    assert "No app has access" in signed_in.get("/account/apps")


def test_an_app_is_shown_with_its_developer_its_scopes_in_words_and_its_last_use(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    connection = connected(server, signed_in, user, name="Calendar <b>Sync</b>", scopes=("read:profile", "read:data"))
    text = " ".join(card(signed_in.get("/account/apps"), "Calendar <b>Sync</b>").get_text(" ").split())
    for expected in ("Dora Developer", "not verified", "See your profile", "See your data", "Not yet", "Connections"):
        assert expected in text
    assert "Notify other services about your account" not in text
    assert connection.is_active(), "a client that introspects its own token is not a use"
    done(server.marks.flush())
    assert "Not yet" in card(signed_in.get("/account/apps"), "Calendar <b>Sync</b>").get_text()
    api = make.api(server, scopes=("read:data",))
    assert play.introspect(signed_in, api, connection.access_token)["active"]
    done(server.marks.flush())
    assert "Not yet" not in card(signed_in.get("/account/apps"), "Calendar <b>Sync</b>").get_text()


def test_rule_6_one_click_ends_one_app_at_once_and_only_it(server: Server, signed_in: Browser, user: make.User) -> None:
    one = connected(server, signed_in, user, name="One")
    two = connected(server, signed_in, user, name="Two")
    other = make.user(server)
    theirs = play.tokens(server, signed_in.another(), one.app, other)
    answer = end(signed_in, signed_in.get("/account/apps"), "One")
    assert answer.status_int == 303
    assert not one.is_active()
    assert two.is_active()
    assert theirs.is_active()
    refused = play.refresh(signed_in, one.app, one.refresh_token)
    assert refused.json["error"] == "invalid_grant"
    page = answer.follow()
    assert "no longer has access to your account" in flash(page)
    assert card(page, "One") is None
    assert card(page, "Two") is not None
    [row] = rows(page, "Disconnected apps")
    assert (row["App"], row["Why"]) == ("One", "You disconnected it.")


def test_rule_10_nobody_ends_another_persons_app(server: Server, signed_in: Browser, user: make.User) -> None:
    outsider = signed_in.another()
    theirs = play.tokens(server, outsider, None, make.user(server))
    with reading(server.database) as db:
        grant = sql.grants.find_active(db, user_id=theirs.user.user_id, client_id=theirs.app.client_id)
    csrf = main_form(signed_in.get("/account/profile"))["csrf"].value
    for grant_id in (grant.grant_id, "gra_" + "0" * 32, "gra_x", "x" * 5000, "%00"):
        answer = signed_in.post(f"/account/apps/{grant_id}/end", {"csrf": csrf})
        assert answer.status_int == 404
    assert theirs.is_active()


def test_ending_it_twice_does_no_harm(server: Server, signed_in: Browser, user: make.User) -> None:
    connected(server, signed_in, user, name="One")
    page = signed_in.get("/account/apps")
    assert end(signed_in, page, "One").status_int == 303
    assert end(signed_in, page, "One").status_int == 303


def test_rule_8_a_revocation_that_is_not_in_force_says_so(
    server: Server, signed_in: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise StoreUnavailable("Redis")

    connected(server, signed_in, user, name="One")
    page = signed_in.get("/account/apps")
    with monkeypatch.context() as during:
        during.setattr(server.invalidator, "invalidate", away)
        answer = end(signed_in, page, "One")
    assert "Recorded, but not yet in force" in flash(answer.follow())


def test_rule_5_a_token_used_twice_is_shown_to_its_user(server: Server, signed_in: Browser, user: make.User) -> None:
    connection = connected(server, signed_in, user, name="One")
    current = connection.refresh_token
    for _ in range(3):
        current = play.refresh(signed_in, connection.app, current).json["refresh_token"]
    assert "Someone may have copied this app’s access" not in signed_in.get("/account/apps")
    assert play.refresh(signed_in, connection.app, connection.refresh_token).json["error"] == "invalid_grant"
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute(
            "UPDATE family SET rotations = '{}', generation = 9 WHERE client_id = %s AND ended_at IS NULL",
            [connection.app.client_id],
        )
    play.refresh(signed_in, connection.app, connection.refresh_token)
    assert "Someone may have copied this app’s access" in signed_in.get("/account/apps")


def test_a_suspended_app_is_marked(server: Server, signed_in: Browser, user: make.User) -> None:
    connection = connected(server, signed_in, user, name="One")
    review.suspend_client(server, connection.app.client_id, by=Actor())
    assert "This app is suspended" in card(signed_in.get("/account/apps"), "One").get_text()


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("delete_client", "The app was deleted."),
        ("revoke_client_tokens", "The app’s developer or an administrator"),
        ("revoke_user", "An administrator disconnected"),
        ("disable_user", "Your account was disabled."),
    ],
)
def test_why_access_ended_is_shown(
    server: Server, signed_in: Browser, user: make.User, ending: str, reason: str
) -> None:
    connection = connected(server, signed_in, user, name="One")
    whose = user.user_id if ending.endswith("user") else connection.app.client_id
    getattr(revocations, ending)(server, whose, by=Actor())
    revocations.enable_user(server, user.user_id, by=Actor())
    signed_in.reset()
    play.sign_in(signed_in, user)
    page = signed_in.get("/account/apps")
    assert card(page, "One") is None
    [row] = rows(page, "Disconnected apps")
    assert row["Why"].startswith(reason)
    gone = page.click("One")
    assert "no longer has access to your account" in gone.html.find(class_="notice").get_text()
    assert not [form for form in gone.forms.values() if form.action.endswith("/end")]
    [device] = rows(gone, "Ended connections")
    assert device["Why"].startswith(reason)


def test_when_and_from_where_an_app_was_last_used_is_shown(server: Server, signed_in: Browser, user: make.User) -> None:
    connection = connected(server, signed_in, user, name="One")
    grant_id = behind.active_grant(server, user.user_id, connection.app.client_id)
    server.marks.grant_used(grant_id, "203.0.113.5")
    done(server.marks.flush())
    text = card(signed_in.get("/account/apps"), "One").get_text()
    assert "just now, from 203.0.113.5" in text
    assert "just now, from 203.0.113.5" in signed_in.get(f"/account/apps/{grant_id}").html.main.get_text()


def test_what_is_sensitive_and_who_is_verified_stands_out(server: Server, signed_in: Browser, user: make.User) -> None:
    made = make.app(server, name="One", scopes=("read:profile", "read:billing"))
    behind.rows(server, "UPDATE client SET verified_at = now() WHERE client_id = %(id)s", id=made.client_id)
    play.exchange(signed_in, made, play.code(signed_in, made, scope="read:profile read:billing offline_access"))
    shown = card(signed_in.get("/account/apps"), "One")
    assert [" ".join(item.get_text().split()) for item in shown.find_all("li")] == [
        "See your profile", "See your billing information sensitive", "Stay connected when you’re not using it",
    ]  # fmt: skip
    assert "not verified" not in shown.get_text()
    assert "verified" in shown.get_text()


def test_a_logo_is_shown_in_its_newest_version(server: Server, signed_in: Browser, user: make.User) -> None:
    connection = connected(server, signed_in, user, name="One")
    assert card(signed_in.get("/account/apps"), "One").find(class_="logo").get_text() == "O"
    behind.rows(
        server,
        "INSERT INTO client_logo (client_id, content, version) VALUES (%(id)s, 'x', 'v1')",
        id=connection.app.client_id,
    )
    logo = card(signed_in.get("/account/apps"), "One").find("img")
    assert logo["src"] == f"/logos/{connection.app.client_id}?v=v1"


# Devices


@pytest.fixture
def two(server: Server, signed_in: Browser, user: make.User) -> tuple[play.Connection, play.Connection]:
    """One app on a computer and on a phone."""
    desk = connected(server, signed_in, user, name="One")
    phone = called(signed_in.another("198.51.100.7"), "Safari on iPhone")
    play.sign_in(phone, user)
    answer = play.exchange(phone, desk.app, play.code(phone, desk.app)).json
    return desk, play.Connection(phone, user, desk.app, answer["access_token"], answer["refresh_token"])


def app_page(browser: Browser) -> TestResponse:
    return browser.get("/account/apps").click("One")


def end_connection(server: Server, page: TestResponse, connection: play.Connection) -> TestResponse:
    return form_to(page, behind.family(server, connection.refresh_token).family_id).submit()


def test_each_device_is_named_after_its_browser(
    server: Server, signed_in: Browser, two: tuple[play.Connection, play.Connection]
) -> None:
    assert "Connections 2" in card(signed_in.get("/account/apps"), "One").get_text(" ")
    phone, desk = rows(app_page(signed_in), "Connections")
    assert (phone["Connection"], desk["Connection"]) == ("Safari on iPhone", "Firefox on Windows")
    assert phone["From"] == "198.51.100.7 the app’s own server"
    assert desk["Since"] == "just now"
    assert desk["Last renewed"] == "Not yet"
    play.refresh(signed_in, two[0].app, two[0].refresh_token)
    desk, _ = rows(app_page(signed_in), "Connections")
    assert (desk["Connection"], desk["Last renewed"]) == ("Firefox on Windows", "just now")


def test_rule_6_one_device_ends_on_every_process_at_once_and_the_other_lives_on(
    server: Server,
    another_server: Server,
    signed_in: Browser,
    user: make.User,
    two: tuple[play.Connection, play.Connection],
) -> None:
    desk, phone = two
    elsewhere, api = Browser(wsgi(another_server)), make.api(server)
    for connection in two:
        assert play.introspect(elsewhere, api, connection.access_token)["active"]
    answer = end_connection(server, app_page(signed_in), phone)
    assert "That connection ended" in flash(answer.follow())
    for asked in (elsewhere, signed_in):
        assert not play.introspect(asked, api, phone.access_token)["active"]
        assert play.refresh(asked, phone.app, phone.refresh_token).json["error"] == "invalid_grant"
        assert play.introspect(asked, api, desk.access_token)["active"]
    assert play.refresh(elsewhere, desk.app, desk.refresh_token).status_int == 200
    page = app_page(signed_in)
    assert [row["Connection"] for row in rows(page, "Connections")] == ["Firefox on Windows"]
    [ended] = rows(page, "Ended connections")
    assert (ended["Connection"], ended["Ended"], ended["Why"]) == (
        "Safari on iPhone",
        "just now",
        "You disconnected it.",
    )
    [event] = behind.events(server, "family.ended", phone.app.client_id)
    assert (event.user_id, event.details) == (user.user_id, {"reason": "user"})


def test_an_app_that_has_no_device_left_is_still_allowed_and_the_page_says_so(
    server: Server, signed_in: Browser, two: tuple[play.Connection, play.Connection]
) -> None:
    for connection in two:
        end_connection(server, app_page(signed_in), connection)
    page = app_page(signed_in)
    assert "can connect again without asking you" in page.html.find(class_="empty").get_text()
    assert "Connections 0" in card(signed_in.get("/account/apps"), "One").get_text(" ")
    form_to(page, "/end").submit()
    assert card(signed_in.get("/account/apps"), "One") is None


def test_rule_10_nobody_ends_or_sees_another_persons_device(
    server: Server, signed_in: Browser, two: tuple[play.Connection, play.Connection]
) -> None:
    outsider = signed_in.another()
    mine = connected_as_another(server, outsider)
    csrf = main_form(outsider.get("/account/profile"))["csrf"].value
    theirs, own = behind.family(server, two[1].refresh_token), behind.family(server, mine.refresh_token)
    assert outsider.get(f"/account/apps/{theirs.grant_id}").status_int == 404
    for grant_id, family_id in (
        (theirs.grant_id, theirs.family_id), (own.grant_id, theirs.family_id), (theirs.grant_id, own.family_id),
        (own.grant_id, "fam_" + "0" * 32), ("x", "y"), ("x" * 5000, "%00"),
    ):  # fmt: skip
        answer = outsider.post(f"/account/apps/{grant_id}/devices/{family_id}/end", {"csrf": csrf})
        assert answer.status_int == 404
    assert all(connection.is_active() for connection in (*two, mine))


def connected_as_another(server: Server, outsider: Browser) -> play.Connection:
    return play.tokens(server, outsider, None, make.user(server))


def test_ending_a_device_twice_does_no_harm_and_one_that_is_not_in_force_says_so(
    server: Server, signed_in: Browser, two: tuple[play.Connection, play.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise StoreUnavailable("Redis")

    page = app_page(signed_in)
    with monkeypatch.context() as during:
        during.setattr(server.invalidator, "invalidate", away)
        assert "not yet in force" in flash(end_connection(server, page, two[1]).follow())
    assert two[1].is_active()
    assert "That connection ended" in flash(end_connection(server, page, two[1]).follow())
    assert not two[1].is_active()
    assert len(behind.events(server, "family.ended", two[1].app.client_id)) == 1


def test_rule_5_why_a_device_ended_is_shown(
    server: Server, signed_in: Browser, two: tuple[play.Connection, play.Connection]
) -> None:
    desk, phone = two
    play.post(signed_in, "/oauth/revoke", desk.app, token=desk.refresh_token)
    behind.rows(
        server,
        "UPDATE family SET expires_at = now() - interval '1 second' WHERE family_id = %(id)s",
        id=behind.family(server, phone.refresh_token).family_id,
    )
    done(walk(server))
    code = play.code(signed_in, desk.app)
    play.exchange(signed_in, desk.app, code)
    play.exchange(signed_in, desk.app, code)
    assert {row["Why"] for row in rows(app_page(signed_in), "Ended connections")} == {
        "The app disconnected itself, usually because you signed out there.",
        "Expired.",
        "Someone may have copied this app’s access, so we disconnected it.",
    }
    assert "Someone may have copied this app’s access" in app_page(signed_in)
