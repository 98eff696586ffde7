"""The words of the audit log."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from oauthsrv.places import PACKAGE
from oauthsrv.routes.events import ADVICE, WORDS, details, told_to_admin, told_to_developer


def test_every_action_that_is_written_has_its_words() -> None:
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.name != "events.py")
    written = set(re.findall(r'"((?:user|client|grant|family|token|api|scope)\.[a-z_]+)"', code))
    assert {"client.created", "family.reused", "user.disabled"} <= written
    assert written - set(WORDS) == set()
    assert set(ADVICE) <= set(WORDS)


def event(action: str, actor_id: str | None = None, address: str | None = None, **told: Any) -> Any:
    return SimpleNamespace(at=None, action=action, actor_id=actor_id, address=address, details=told)


def test_details_are_one_line_of_words() -> None:
    assert details(event("client.changed", changed=["redirect_uris", "skips_pkce"])) == "redirect URIs, PKCE"
    assert details(event("client.secret_added", hint="1a2b")) == "ending in 1a2b"
    assert details(event("client.limit_changed", now=250000, before=1000)) == "from 1,000 to 250,000 calls per hour"
    assert details(event("grant.ended", reason="user_disabled")) == "The user’s account was disabled"
    assert details(event("grant.ended", reason="user")) == "The user ended it"
    assert details(event("family.ended", reason="client_revoked")) == "The app gave it back"
    assert details(event("user.signed_out", everywhere=True)) == "in every browser"
    assert details(event("grant.given", scopes=["a", "b"], resources=[], note=None)) == "scopes: a, b"


APP = SimpleNamespace(owner_id="usr_owner", type="confidential")
PUBLIC_APP = SimpleNamespace(owner_id="usr_owner", type="public")


def test_a_developer_sees_who_changed_the_app_and_whose_address_is_the_apps() -> None:
    def told(found: Any, app: Any = APP) -> tuple[str, str]:
        (one,) = told_to_developer([found], "usr_me", app)
        return one.who, one.address

    assert told(event("client.changed", "usr_me", "192.0.2.1")) == ("you", "192.0.2.1")
    assert told(event("client.changed", "usr_owner", "192.0.2.1")) == ("its owner", "")
    assert told(event("client.suspended", "usr_admin", "192.0.2.1")) == ("an administrator", "")
    assert told(event("client.suspended")) == ("the command line", "")
    assert told(event("grant.given", "usr_user", "192.0.2.1")) == ("", "")
    assert told(event("family.reused", None, "192.0.2.1")) == ("", "192.0.2.1")
    assert told(event("family.ended", "usr_user", "192.0.2.1")) == ("", "")
    # A public app runs at its users.
    assert told(event("family.reused", None, "192.0.2.1"), PUBLIC_APP) == ("", "")
    assert told(event("client.changed", "usr_me", "192.0.2.1"), PUBLIC_APP) == ("you", "192.0.2.1")


def test_an_administrator_sees_who_did_what_no_user_did() -> None:
    def who(action: str, address: str | None = None, actor: tuple[str, str] | tuple[None, None] = (None, None)) -> Any:
        found = event(action, actor[0], address)
        found.actor_email, found.user_id, found.client_id = actor[1], None, None
        found.user_email = found.client_name = found.is_api = found.is_deleted = None
        (one,) = told_to_admin([found])
        return one.actor.name

    assert who("client.suspended") == "the command line"
    assert who("family.reused", "192.0.2.1") == "the app"
    assert who("token.revoked", "192.0.2.1") == "the app"
    assert who("grant.ended", "192.0.2.1") == "the app"
    assert who("user.sign_in_failed", "192.0.2.1") == "somebody not signed in"
    assert who("user.signed_up", "192.0.2.1") == "somebody not signed in"
    assert who("user.signed_up", "192.0.2.1", ("usr_a", "ada@example.com")) == "ada@example.com"
