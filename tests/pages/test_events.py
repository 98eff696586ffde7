"""What the audit log says to administrators, developers and users."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from oauthsrv.pages.events import (
    ACTIONS,
    BY_NAME,
    END_REASONS,
    EventLine,
    administrator_line,
    details,
    developer_line,
    end_reason,
    history,
)
from oauthsrv.places import PACKAGE, SQL


def event(action: str, actor_id: str | None = None, address: str | None = None, **more: Any) -> Any:
    known = {"event_id": 1, "at": None, "client_name": "Calendar", "descriptions": [], "details": {}}
    return SimpleNamespace(action=action, actor_id=actor_id, address=address, **known | more)


# The table


def test_every_action_that_is_written_has_its_row_and_every_row_its_action() -> None:
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.name != "events.py")
    kinds = "user|client|grant|family|token|api|scope|host|registration|list|secret|names|reports"
    in_old_rows = {"api.secret_replaced"}
    assert set(BY_NAME) - in_old_rows == set(re.findall(rf'"((?:{kinds})\.[a-z_]+)"', code))
    assert len(BY_NAME) == len(ACTIONS)


# Functions with the reason as an argument.
REVOKES = r"(?:_?revoke_\w+|start_of_\w+)"


def test_every_reason_that_is_written_has_its_row_and_every_row_its_reason() -> None:
    packages = ("flows", "routes", "store")
    code = "\n".join(path.read_text() for package in packages for path in (PACKAGE / package).rglob("*.py"))
    queries = "\n".join(path.read_text() for path in (SQL / "queries").glob("*.sql"))
    written = set(re.findall(rf'{REVOKES}\([^)]*?"([a-z_]+)"', code))
    written |= set(re.findall(r'\breason="([a-z_]+)"', code))
    written |= set(re.findall(r"SET [^;]*end_reason = '([a-z_]+)'", queries))
    assert written == set(END_REASONS)
    assert end_reason("older_than_this_table").user == "It was disconnected."


def test_what_happens_to_an_account_has_a_text_for_its_user() -> None:
    personal = [action for action in ACTIONS if action.name.startswith(("user.", "grant.", "family."))]
    assert [action.name for action in personal if not action.user] == []


def test_texts_for_users_name_no_parameter_and_nothing_of_the_protocol() -> None:
    texts = [text for action in ACTIONS for text in (action.user, action.others, action.warning)]
    texts += [reason.user for reason in END_REASONS.values()]
    known = r"_|(?i:\b(tokens?|codes?|client|grants?|famil(y|ies)|scopes?|redirect|URI|oauthsrv|server)\b)"
    assert [text for text in texts if re.search(known, re.sub(r"{\w+}", "", text))] == []


def test_details_are_one_line() -> None:
    def shown(action: str, **known: Any) -> str:
        return details(event(action, details=known))

    assert shown("client.changed", changed=["redirect_uris", "skips_pkce", "home_page"]) == (
        "redirect URIs, PKCE, home page"
    )
    assert shown("client.secret_added", hint="1a2b") == "ending in 1a2b"
    assert shown("client.limit_changed", now=250000, before=1000) == "calls per hour: 1,000 → 250,000"
    assert shown("client.limit_changed", calls_per_hour=[1, 2], grant_share_percent=[None, 30]) == (
        "calls per hour: 1 → 2; percent of calls for one user: default → 30"
    )
    assert shown("grant.ended", reason="user_disabled") == "The user’s account was disabled"
    assert shown("family.ended", reason="client_revoked") == "The app revoked its token"
    assert shown("user.signed_out", everywhere=True) == "every other browser"
    assert shown("grant.given", scopes=["a", "b"], resources=[], note=None) == "scopes: a, b"


# Administrators


def test_an_administrator_sees_who_or_what_did_it() -> None:
    def by(action: str, address: str | None = None, actor: tuple[str, str] | tuple[None, None] = (None, None)) -> Any:
        unknown = dict.fromkeys(("user_id", "client_id", "user_email", "client_name", "is_api", "is_deleted"))
        return administrator_line(event(action, actor[0], address, actor_email=actor[1], **unknown)).by

    assert by("client.suspended").name == "Command line"
    assert by("family.reused", "192.0.2.1").name == "App"
    assert by("token.revoked", "192.0.2.1").name == "App"
    assert by("user.sign_in_failed", "192.0.2.1").name == "Not signed in"
    assert by("user.signed_up", "192.0.2.1").name == "Not signed in"
    assert by("user.signed_up", "192.0.2.1", ("usr_a", "ada@example.com")) == ("ada@example.com", "/admin/users/usr_a")


def test_an_administrator_is_led_to_the_user_and_the_app_while_they_have_a_page() -> None:
    def subjects(**more: Any) -> list[tuple[str, str]]:
        known = {"actor_email": None, "user_id": None, "user_email": None, "client_id": "app_1", "is_api": False}
        return [*administrator_line(event("client.changed", **known | {"is_deleted": False} | more)).subjects]

    assert subjects() == [("Calendar", "/admin/apps/app_1")]
    assert subjects(is_api=True) == [("Calendar", "/admin/apis/app_1")]
    assert subjects(is_deleted=True) == [("Calendar", "")]
    assert subjects(client_name=None) == [("app_1", "")]
    ada = ("ada@example.com", "/admin/users/usr_a")
    assert subjects(user_id="usr_a", user_email="ada@example.com")[0] == ada
    assert len(subjects(user_id="usr_a", user_email="ada@example.com", actor_id="usr_a")) == 1


# Developers

APP = SimpleNamespace(owner_id="usr_owner", type="confidential")
PUBLIC_APP = SimpleNamespace(owner_id="usr_owner", type="public")


def test_a_developer_sees_who_changed_the_app_and_whose_address_is_the_apps() -> None:
    def shown(found: Any, app: Any = APP) -> tuple[str, str]:
        line = developer_line(found, "usr_me", app, {"usr_member"})
        return line.by.name, line.address

    assert shown(event("client.changed", "usr_me", "192.0.2.1")) == ("You", "192.0.2.1")
    assert shown(event("client.changed", "usr_owner", "192.0.2.1")) == ("Owner", "")
    assert shown(event("client.changed", "usr_member", "192.0.2.1")) == ("Member", "")
    assert shown(event("client.changed", "usr_gone", "192.0.2.1")) == ("Administrator or former member", "")
    assert shown(event("client.suspended", "usr_admin", "192.0.2.1")) == ("Administrator", "")
    assert shown(event("client.suspended")) == ("Command line", "")
    assert shown(event("grant.given", "usr_user", "192.0.2.1")) == ("", "")
    assert shown(event("family.reused", None, "192.0.2.1")) == ("", "192.0.2.1")
    assert shown(event("family.ended", "usr_user", "192.0.2.1")) == ("", "")
    # A public app runs on its users' devices.
    assert shown(event("family.reused", None, "192.0.2.1"), PUBLIC_APP) == ("", "")
    assert shown(event("client.changed", "usr_me", "192.0.2.1"), PUBLIC_APP) == ("You", "192.0.2.1")


def test_an_owner_who_reads_it_is_you() -> None:
    assert developer_line(event("client.changed", "usr_owner"), "usr_owner", APP).by.name == "You"


# Users


def shown_to_user(*args: Any, **more: Any) -> EventLine:
    [line] = history([event(*args, **{"address": "192.0.2.9"} | more)], "usr_me")
    return line


@pytest.mark.parametrize(
    ("line", "text", "address"),
    [
        (shown_to_user("user.signed_in", "usr_me"), "You signed in", "192.0.2.9"),
        (shown_to_user("user.sign_in_failed"), "Failed attempt to sign in", "192.0.2.9"),
        (shown_to_user("user.signed_up"), "You created this account", "192.0.2.9"),
        (shown_to_user("user.signed_up", address=None), "An administrator created this account", ""),
        (shown_to_user("user.signed_up", "usr_admin"), "An administrator created this account", ""),
        (shown_to_user("user.enabled", "usr_admin"), "An administrator enabled your account", ""),
        (shown_to_user("grant.given", "usr_me"), "You connected Calendar", "192.0.2.9"),
        (shown_to_user("family.reused"), "A connection of Calendar ended", ""),
        (shown_to_user("family.ended", "usr_me"), "You ended a connection of Calendar", "192.0.2.9"),
        (shown_to_user("family.ended"), "A connection of Calendar ended", ""),
        (shown_to_user("client.changed", "usr_admin"), "App changed: Calendar", ""),
        (shown_to_user("user.signed_out", "usr_me"), "You signed out", "192.0.2.9"),
    ],
)
def test_rule_13_a_user_sees_no_other_persons_name_or_address(line: EventLine, text: str, address: str) -> None:
    assert (line.text, line.address) == (text, address)


def test_what_a_user_did_not_do_is_explained() -> None:
    def hint(*args: Any, **more: Any) -> str:
        [found] = shown_to_user(*args, **more).hints
        return found

    assert hint("family.ended", details={"reason": "client_revoked"}) == END_REASONS["client_revoked"].user
    assert hint("family.ended", "usr_me", details={"reason": "user"}) == ""
    assert hint("family.code_replayed") == END_REASONS["code_replayed"].user
    assert hint("grant.given", "usr_me", descriptions=["Read user data", "B"]) == "It can: Read user data, B"
    assert hint("user.signed_out", "usr_me", details={"everywhere": True}) == "every other browser"
    assert "another developer" in hint("client.changed", "usr_other")
    assert hint("client.changed", None, address=None) == "By an administrator"


def test_failed_sign_ins_in_a_row_are_one_line() -> None:
    guess = event("user.sign_in_failed", address="192.0.2.9")
    found = history([guess, guess, event("user.signed_in", "usr_me"), guess], "usr_me")
    assert [line.text for line in found] == [
        "Failed attempt to sign in, 2 times in a row", "You signed in", "Failed attempt to sign in",
    ]  # fmt: skip
    elsewhere = event("user.sign_in_failed", address="192.0.2.10")
    assert len(history([guess, elsewhere], "usr_me")) == 2
