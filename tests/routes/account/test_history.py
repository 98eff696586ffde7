"""The security history."""

from __future__ import annotations

import secrets

import pytest

import make
import play
import rows as behind
from browser import Browser
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.routes.account import profile
from oauthsrv.server import Server
from oauthsrv.store.database import transaction
from seen import main_form, rows


def shown(browser: Browser, path: str = "/account/history") -> list[dict[str, str]]:
    return rows(browser.get(path), "What happened to your account")


def test_sign_ins_stand_there_with_browser_and_address(signed_in: Browser, user: make.User) -> None:
    thief = signed_in.another("203.0.113.66")
    for _ in range(2):
        play.sign_in(thief, user, "not the right one")
    guessed, entered = shown(signed_in)
    assert "Failed attempt to sign in, 2 times in a row" in guessed["What"]
    assert "Was this you?" in guessed["What"]
    assert "203.0.113.66" in guessed["From"]
    assert entered["What"] == "You signed in"
    assert entered["From"] == f"Firefox on Windows {signed_in.extra_environ['REMOTE_ADDR']}"


def test_what_one_did_and_what_others_did_is_there_newest_first(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    admin = make.user(server, admin=True)
    app = make.app(server, name="Calendar <b>Sync</b>")
    play.exchange(signed_in, app, play.code(signed_in, app))
    grant_id = behind.active_grant(server, user.user_id, app.client_id)
    revocations.revoke_grant(server, grant_id, user.user_id, "user", by=Actor(user.user_id, "10.9.9.9"))
    revocations.revoke_user(server, user.user_id, by=Actor(admin.user_id, "10.8.8.8"))
    play.sign_in(signed_in, user)
    page = signed_in.get("/account/history")
    assert [row["What"] for row in rows(page, "What happened to your account")] == [
        "You signed in",
        "An administrator ended your sessions and disconnected all your apps",
        "You disconnected Calendar <b>Sync</b>",
        "You connected Calendar <b>Sync</b> It can: See your profile, See your data",
        "You signed in",
    ]
    assert "10.9.9.9" in page
    assert "10.8.8.8" not in page
    assert admin.email not in page


def test_what_happens_to_others_is_not_there(server: Server, signed_in: Browser, user: make.User) -> None:
    app = make.app(server, user)
    guest = make.user(server, name="Grace Guest")
    assert play.tokens(server, signed_in.another("203.0.113.9"), app, guest).is_active()
    page = signed_in.get("/account/history")
    assert "203.0.113.9" not in page
    assert guest.email not in page
    assert {row["What"] for row in rows(page, "What happened to your account")} == {
        "You signed in",
        "App registered: Example App By an administrator",
    }


def test_pages_follow_each_other_without_a_gap(
    server: Server, signed_in: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "ROWS", 3)
    for number in range(6):
        with transaction(server.database) as db:
            audit(db, "user.signed_in", Actor(user.user_id, f"10.0.0.{number}"), user_id=user.user_id)
    first = signed_in.get("/account/history")
    second = first.click("Older")
    third = second.click("Older")
    addresses = [row["From"] for page in (first, second) for row in rows(page, "What happened to your account")]
    assert addresses == [f"10.0.0.{number}" for number in (5, 4, 3, 2, 1, 0)]
    assert len(rows(third, "What happened to your account")) == 1
    assert "Older" not in third
    assert second.click("Newer").request.path_qs == "/account/history"


@pytest.mark.parametrize("before", ["0", "1", "x", "-1", "9" * 18, "9" * 30, "%00"])
def test_rule_12_any_place_in_the_list_can_be_asked_for(signed_in: Browser, before: str) -> None:
    assert signed_in.get(f"/account/history?before={before}").status_int in (200, 400)
    assert "No events here." in signed_in.get("/account/history?before=0")


def test_the_first_page_of_a_new_account_says_how_it_began(signed_in: Browser) -> None:
    other = signed_in.another()
    form = main_form(other.get("/signup"))
    form["email"], form["password"] = f"new.{secrets.token_hex(4)}@example.com", make.PASSWORD
    form.submit()
    assert [row["What"] for row in shown(other)] == ["You signed in", "You created this account"]
