"""The security history, and its words."""

from __future__ import annotations

import re
import secrets
from types import SimpleNamespace
from typing import Any

import pytest

import make
import play
import rows as behind
from browser import Browser
from oauthsrv.flows import endings
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.places import PACKAGE
from oauthsrv.routes.account import history
from oauthsrv.routes.account.words import REASONS, WARNINGS, WORDS, Told, told_to_user
from oauthsrv.routes.end_reasons import END_REASONS
from oauthsrv.server import Server
from oauthsrv.store.database import transaction
from seen import main_form, rows


def shown(browser: Browser, path: str = "/account/history") -> list[dict[str, str]]:
    return rows(browser.get(path), "What happened to your account")


def code() -> str:
    """All that records something, without the words for it."""
    return "\n".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.name not in {"words.py", "events.py"})


# Words


def test_whatever_is_done_to_an_account_has_words_for_its_owner() -> None:
    written = set(re.findall(r'"((?:user|grant|family)\.[a-z_]+)"', code()))
    assert {"user.signed_in", "grant.given", "family.reused"} <= written
    assert written - set(WORDS) == set()
    assert {action.partition(" ")[0] for action in WORDS} - written == set()
    assert set(WARNINGS) | set(REASONS) <= set(WORDS)


def event(action: str, actor_id: str | None = None, address: str | None = "192.0.2.9", **more: Any) -> Any:
    known = {"event_id": 1, "at": None, "client_name": "Calendar", "descriptions": [], "details": {}}
    return SimpleNamespace(action=action, actor_id=actor_id, address=address, **known | more)


def told(*args: Any, **more: Any) -> Told:
    [one] = told_to_user([event(*args, **more)], "usr_me")
    return one


@pytest.mark.parametrize(
    ("found", "what", "address"),
    [
        (told("user.signed_in", "usr_me"), "You signed in", "192.0.2.9"),
        (told("user.sign_in_failed"), "Somebody tried to sign in, and failed", "192.0.2.9"),
        (told("user.signed_up"), "You made this account", "192.0.2.9"),
        (told("user.signed_up", address=None), "An administrator made this account", ""),
        (told("user.signed_up", "usr_admin"), "An administrator made this account", ""),
        (told("user.revoked", "usr_admin"), "An administrator ended all your sessions and all access of apps", ""),
        (told("grant.given", "usr_me"), "You allowed Calendar to use your account", "192.0.2.9"),
        (told("family.reused"), "The access of Calendar on one device ended", ""),
        (told("family.ended", "usr_me"), "You ended the access of Calendar on one device", "192.0.2.9"),
        (told("family.ended"), "The access of Calendar on one device ended", ""),
        (told("client.changed", "usr_admin"), "App changed: Calendar", ""),
        (told("user.signed_out", "usr_me"), "You signed out", "192.0.2.9"),
    ],
)  # fmt: skip
def test_rule_13_an_event_is_told_without_another_persons_name_or_address(found: Told, what: str, address: str) -> None:
    assert (found.what, found.address) == (what, address)


def test_signing_out_everywhere_else_is_another_thing_than_signing_out() -> None:
    assert told("user.signed_out", "usr_me", details={"everywhere": True}).what == "You signed out every other browser"


def test_what_a_person_did_not_do_is_explained() -> None:
    assert told("family.ended", details={"reason": "client_revoked"}).hint == END_REASONS["client_revoked"].for_user
    assert told("family.ended", "usr_me", details={"reason": "user"}).hint == ""
    assert told("family.code_replayed").hint == END_REASONS["code_replayed"].for_user
    assert told("grant.given", "usr_me", descriptions=["Read user data", "B"]).hint == "It can: Read user data, B"
    assert "another developer" in told("client.changed", "usr_other").hint
    assert told("client.changed", None, None).hint == "By an administrator"


def test_guesses_of_a_password_in_a_row_are_one_line() -> None:
    guess = event("user.sign_in_failed")
    found = told_to_user([guess, guess, event("user.signed_in", "usr_me"), guess], "usr_me")
    assert [(one.what.split()[0], one.times) for one in found] == [("Somebody", 2), ("You", 1), ("Somebody", 1)]
    elsewhere = event("user.sign_in_failed", address="192.0.2.10")
    assert [one.times for one in told_to_user([guess, elsewhere], "usr_me")] == [1, 1]


# The page


def test_sign_ins_stand_there_with_browser_and_address(signed_in: Browser, user: make.User) -> None:
    thief = signed_in.another("203.0.113.66")
    for _ in range(2):
        play.sign_in(thief, user, "not the right one")
    guessed, entered = shown(signed_in)
    assert "Somebody tried to sign in, and failed, 2 times in a row" in guessed["What"]
    assert "was it you?" in guessed["What"]
    assert "203.0.113.66" in guessed["From"]
    assert entered["What"] == "You signed in"
    assert entered["From"] == f"Firefox on Windows {signed_in.extra_environ['REMOTE_ADDR']}"


def test_what_one_did_and_what_others_did_is_told_newest_first(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    admin = make.user(server, admin=True)
    app = make.app(server, name="Calendar <b>Sync</b>")
    play.exchange(signed_in, app, play.code(signed_in, app))
    grant_id = behind.living_grant(server, user.user_id, app.client_id)
    endings.end_grant(server, grant_id, user.user_id, "user", by=Actor(user.user_id, "10.9.9.9"))
    endings.revoke_user(server, user.user_id, by=Actor(admin.user_id, "10.8.8.8"))
    play.sign_in(signed_in, user)
    page = signed_in.get("/account/history")
    assert [row["What"] for row in rows(page, "What happened to your account")] == [
        "You signed in",
        "An administrator ended all your sessions and all access of apps",
        "You ended the access of Calendar <b>Sync</b>",
        "You allowed Calendar <b>Sync</b> to use your account It can: Read user profile, Read user data",
        "You signed in",
    ]
    assert "10.9.9.9" in page
    assert "10.8.8.8" not in page
    assert admin.email not in page


def test_what_happens_to_others_is_not_there(server: Server, signed_in: Browser, user: make.User) -> None:
    app = make.app(server, user)
    guest = make.user(server, name="Grace Guest")
    connection = play.tokens(server, signed_in.another("203.0.113.9"), app, guest)
    assert connection.is_active()
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
    monkeypatch.setattr(history, "ROWS", 3)
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
    assert "Nothing is recorded here." in signed_in.get("/account/history?before=0")


def test_the_first_page_of_a_new_account_says_how_it_began(signed_in: Browser) -> None:
    somebody = signed_in.another()
    form = main_form(somebody.get("/signup"))
    form["email"], form["password"] = f"new.{secrets.token_hex(4)}@example.com", make.PASSWORD
    form.submit()
    assert [row["What"] for row in shown(somebody)] == ["You signed in", "You made this account"]
