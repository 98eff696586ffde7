"""The doctor: each check by itself, on facts alone; and the page, on a real app."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.routes.developer.doctor import CHECKS, Facts, findings
from oauthsrv.server import Server
from oauthsrv.store.assertions import KnownKeys
from oauthsrv.store.refusals import Group

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def secret(last_used_at: datetime | None) -> Any:
    return SimpleNamespace(hint="1a2b", last_used_at=last_used_at, last_used_from=None)


def healthy(**changes: Any) -> Facts:
    """The facts of an app in perfect order, but for these."""
    of_app = {name: value for name, value in changes.items() if hasattr(APP, name)}
    rest = {name: value for name, value in changes.items() if name not in of_app}
    return Facts(SimpleNamespace(**vars(APP) | of_app), **REST | rest)


def problem(name: str, count: int, is_known: bool = True) -> Any:
    return SimpleNamespace(problem=name, count=count, is_known=is_known)


APP = SimpleNamespace(
    type="confidential",
    authentication_methods=("client_secret_basic", "client_secret_post"),
    jwks=None,
    jwks_uri=None,
    redirect_uris=("https://app.example/callback",),
    grant_types=("authorization_code", "refresh_token"),
    own_scopes=(),
    home_page="https://app.example",
    skips_pkce=False,
    suspended=False,
    suspend_reason="",
    approved=True,
    verified=True,
    logo_version="1",
    keeps_successor=False,
    calls_per_hour=1000,
)
REST: dict[str, Any] = {
    "was_allowed": True,
    "secrets": [secret(ago(hours=1))],
    "loaded": KnownKeys(),
    "problems": (),
    "reviewed": True,
    "grace": 30,
    "now": NOW,
    "members": 1,
    "has_exchanged": True,
    "reuses": 0,
    "repeats": 0,
    "busiest_hour": 100,
    "unused_scopes": (),
}
LOCAL = "http://127.0.0.1/callback"
ZAPIER = "https://zapier.com/dashboard/auth/oauth/return/App12345CLIAPI/"


def test_an_app_in_perfect_order() -> None:
    assert {finding.verdict for finding in findings(healthy())} == {"good"}
    assert len(findings(healthy())) == len(CHECKS)


KEYS: dict[str, Any] = {"authentication_methods": ("private_key_jwt",)}
AT_AN_ADDRESS = KEYS | {"jwks_uri": "https://app.example/keys"}


@pytest.mark.parametrize(
    ("check", "changes", "verdict", "words"),
    [
        ("suspended", {"suspended": True, "suspend_reason": "Too many calls."}, "bad", "Too many calls."),
        ("approved", {"approved": False}, "warn", "only its developers"),
        ("approved", {"approved": False, "reviewed": False}, "good", ""),
        ("redirect_uris", {"redirect_uris": (LOCAL,)}, "warn", "Add one with https"),
        ("redirect_uris", {"redirect_uris": (LOCAL, "https://app.example/cb")}, "warn", "1 address on the developer"),
        ("redirect_uris", {"redirect_uris": (LOCAL,), "type": "public"}, "good", "own device"),
        ("redirect_uris", {"redirect_uris": (LOCAL, "https://app.example/cb"), "type": "public"}, "good", ""),
        ("redirect_uris", {"redirect_uris": (), "grant_types": ("client_credentials",)}, "good", "needs none"),
        ("own_access", {"grant_types": ("client_credentials",)}, "bad", "no administrator"),
        ("own_access", {"grant_types": ("client_credentials",), "own_scopes": ("webhooks",)}, "good", "webhooks"),
        ("first_tokens", {"grant_types": ("client_credentials",), "has_exchanged": False}, "good", "no user"),
        ("grants", {"grant_types": ("authorization_code",)}, "warn", "connect it again"),
        ("known_clients", {}, "good", "No redirect URI is one of"),
        ("known_clients", {"redirect_uris": (ZAPIER,)}, "good", "fit Zapier"),
        (
            "known_clients",
            {"redirect_uris": (ZAPIER,), "authentication_methods": ("none",)},
            "warn",
            "authenticates by",
        ),
        ("devices", {}, "good", "Off"),
        ("devices", {"grant_types": (DEVICE_CODE,)}, "good", "asked each time"),
        ("devices", {"grant_types": (DEVICE_CODE,), "verified": False}, "warn", "Turn it off"),
        ("pkce", {"skips_pkce": True}, "bad", "a stolen code can be used"),
        ("home_page", {"home_page": ""}, "warn", "The app has none"),
        ("logo", {"logo_version": None}, "warn", "first letter"),
        ("verified", {"verified": False}, "warn", "isn’t verified"),
        ("secrets", {"secrets": ()}, "bad", "The app has none"),
        ("secrets", {"secrets": (), "type": "public"}, "good", "Public apps have none"),
        ("secrets", {"secrets": (secret(None),)}, "warn", "never used"),
        ("first_tokens", {"has_exchanged": False}, "bad", "never exchanged a code"),
        ("first_tokens", {"has_exchanged": False, "was_allowed": False}, "warn", "No user has connected"),
        ("refresh_reuse", {"reuses": 2}, "bad", "2 connections were"),
        ("refresh_reuse", {"reuses": 1}, "bad", "1 connection was"),
        ("repeats", {"repeats": 3}, "warn", "only for 30 seconds"),
        ("repeats", {"repeats": 3, "keeps_successor": True}, "warn", "3 times"),
        ("secrets", {"authentication_methods": ("private_key_jwt",), "secrets": ()}, "good", "its own key"),
        ("keys", KEYS | {"jwks": {"keys": [1]}}, "good", "1 key, pasted"),
        ("keys", KEYS | {"problems": [problem("assertion_long", 2)]}, "warn", "too long"),
        ("keys", AT_AN_ADDRESS | {"loaded": KnownKeys()}, "warn", "haven’t been loaded"),
        ("keys", AT_AN_ADDRESS | {"loaded": KnownKeys([1, 2])}, "good", "2 keys loaded"),
        ("keys", AT_AN_ADDRESS | {"loaded": KnownKeys([1], failure="status 500")}, "bad", "status 500"),
        ("top_problem", {"problems": [problem("pkce_missing", 7)]}, "warn", "7 times"),
        ("limit", {"busiest_hour": 799}, "good", "79 percent"),
        ("limit", {"busiest_hour": 800}, "warn", "80 percent"),
        ("limit", {"busiest_hour": 1001}, "bad", "ask for a higher limit"),
        ("unused_scopes", {"unused_scopes": ("webhooks",)}, "warn", "webhooks"),
        ("unused_scopes", {"unused_scopes": ("webhooks",), "was_allowed": False}, "good", ""),
        ("team", {"members": 0}, "warn", "Only the owner"),
    ],
)
def test_a_check(check: str, changes: dict[str, Any], verdict: str, words: str) -> None:
    finding = CHECKS[check].find(healthy(**changes))
    assert finding.verdict == verdict
    assert words in finding.text
    assert bool(finding.link) == bool(finding.folder)


def test_an_app_that_no_user_sees_needs_nothing_that_users_see() -> None:
    bare = {"home_page": "", "logo_version": None, "verified": False}
    titles = {finding.title for finding in findings(healthy(**bare, grant_types=("client_credentials",)))}
    assert not titles & {"Home page", "Logo", "Not verified", "Open to everyone"}
    assert {"Home page", "Logo", "Not verified", "Open to everyone"} <= {
        each.title for each in findings(healthy(**bare))
    }


def test_what_is_bad_comes_first() -> None:
    found = findings(healthy(skips_pkce=True, home_page="", reuses=1))
    assert [finding.verdict for finding in found[:4]] == ["bad", "bad", "warn", "good"]


def test_of_a_confidential_app_only_what_it_sent_itself_is_its_problem() -> None:
    counted = [
        problem("redirect_uri_mismatch", 900, is_known=False),
        problem("access_denied", 50),
        problem("code_used", 3),
    ]

    def folder(type: str, problems: list[Any]) -> str:
        return CHECKS["top_problem"].find(healthy(type=type, problems=problems)).folder

    assert folder("confidential", counted) == "/activity?problem=code_used"
    assert folder("public", counted) == "/activity?problem=redirect_uri_mismatch"
    assert folder("public", []) == ""


def doctor(browser: Browser, app: make.App) -> Any:
    return browser.get(f"/developer/apps/{app.client_id}/doctor")


def test_the_page_of_a_new_app(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    play.sign_in(browser, owner)
    page = doctor(browser, make.app(server, owner))
    assert "No user has connected the app yet." in page
    assert "was never used" in page
    assert 'id="bad"' not in page
    assert page.text.index('id="warn"') < page.text.index('id="good"')


def test_the_page_of_an_app_that_is_ill(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    app = make.app(server, owner, skips_pkce=True)
    connection = play.tokens(server, browser, app, owner)
    play.refresh(browser, app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, 100)
    play.refresh(browser, app, connection.refresh_token)
    server.refusals.note(Group(app.client_id, True, "/oauth/token", "two_methods"), address="192.0.2.9")
    server.refusals.note(Group(app.client_id, True, "/oauth/token", "two_methods"), address="192.0.2.9")
    server.refusals.flush()
    rows.rows(
        server,
        "INSERT INTO usage (client_id, hour, calls, refusals) VALUES (%(id)s, date_trunc('hour', now()), 1000, 200) "
        "ON CONFLICT (client_id, hour) DO UPDATE SET calls = 1000, refusals = 200",
        id=app.client_id,
    )
    page = doctor(browser, app)
    assert 'id="bad"' in page
    assert "1 connection was revoked" in page
    assert "120 percent of the 1,000 calls" in page
    assert "The app has exchanged a code for tokens." in page
    assert "Most often in the last 7 days (2 times)" in page
    assert "No user granted write:profile" in page
    assert "Credentials were sent in two ways at once" in page.click("See them")


def test_the_page_of_a_suspended_app_says_why(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    app = make.app(server, owner, type="public")
    rows.rows(
        server,
        "UPDATE client SET suspended_at = now(), suspend_reason = 'A test of ours.' WHERE client_id = %(id)s",
        id=app.client_id,
    )
    play.sign_in(browser, owner)
    page = doctor(browser, app)
    assert "Reason: A test of ours." in page
    assert "Public apps have none." in page
