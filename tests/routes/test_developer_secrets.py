"""Credentials: who uses which secret, and changing it without an interruption."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from held import done
from oauthsrv.flows.housekeeping import flush_marks
from oauthsrv.oauth.credentials import digest
from oauthsrv.routes.developer.doctor import CHECKS
from oauthsrv.routes.developer.secrets import whether_to_delete
from oauthsrv.server import Server
from portal import a_moment_passes, csrf_of, owned, text_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def secret(hint: str, hours_ago: float | None) -> Any:
    """`hours_ago` is when it was last used."""
    last = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    return SimpleNamespace(hint=hint, last_used_at=last, last_used_from=None if last is None else "203.0.113.5")


@pytest.mark.parametrize(
    ("old", "new", "is_safe", "words"),
    [
        (30, 1, True, "hasn’t been used for 24 hours: safe to delete"),
        (24, 0, True, "hasn’t been used for 24 hours: safe to delete"),
        (None, 1, True, "was never used: safe to delete"),
        (23, 1, False, "was used 23 hours ago from 203.0.113.5. Switch whatever"),
        (1, 2, False, "was used 1 hour ago"),
        (30, 40, False, "and the new one hasn’t been used since"),
        (30, None, False, "The new one (ending in new1) hasn’t been used yet"),
        (None, None, False, "The new one (ending in new1) hasn’t been used yet"),
    ],
)
def test_a_secret_is_safe_to_delete_when_it_is_no_longer_used(
    old: float | None, new: float | None, is_safe: bool, words: str
) -> None:
    pair = (secret("old1", old), secret("new1", new))
    advice = whether_to_delete(*pair, NOW)
    assert advice.is_safe is is_safe
    assert words in advice.text
    app = SimpleNamespace(type="confidential", authentication_methods=("client_secret_basic",))
    facts: Any = SimpleNamespace(app=app, secrets=pair, now=NOW)
    finding = CHECKS["secrets"].find(facts)
    assert (finding.verdict, finding.text) == ("warn", advice.text)
    assert finding.folder == ("/secrets/retire" if is_safe else "/secrets")


@pytest.mark.parametrize(("hours", "words"), [(30, "safe to delete"), (2, "Switch whatever uses it to the new one")])
def test_the_doctor_says_of_two_secrets_what_their_own_page_says(
    server: Server, browser: Browser, ada: make.User, hours: int, words: str
) -> None:
    app = make.app(server, ada)
    play.form_with(browser.get(f"/developer/apps/{app.client_id}/secrets"), "seen").submit()
    rows.rows(
        server,
        "UPDATE client_secret SET last_used_at = now() - make_interval("
        "hours => CASE WHEN hint = %(hint)s THEN %(hours)s ELSE 0 END), last_used_from = '203.0.113.5' "
        "WHERE client_id = %(id)s",
        hint=(app.client_secret or "")[-4:],
        hours=hours,
        id=app.client_id,
    )
    for page in ("secrets", "doctor"):
        text = browser.get(f"/developer/apps/{app.client_id}/{page}").html.get_text()
        assert words in text
        assert ("203.0.113.5. Switch" in text) is (hours == 2)


def test_a_secret_is_changed_without_an_interruption(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    page = browser.get(f"/developer/apps/{app.client_id}/secrets")
    assert text_of(page, "client-id") == app.client_id
    assert "Delete a secret" not in page
    form = play.form_with(page, "seen")
    added = form.submit()
    assert added.status_int == 200
    assert added.headers["Referrer-Policy"] == "no-referrer"
    second = text_of(added, "client-secret")
    page = added.click("I’ve copied the secret")
    assert page.request.path.endswith("/secrets")
    assert second not in page
    assert "Both secrets work" in page
    assert "hasn’t been used yet. Switch to it first" in page
    a_moment_passes(server)
    assert "already has two secrets" in form.submit()
    old_hint = (app.client_secret or "")[-4:]
    deleting = play.form_with(page.click("Delete", href=f"secret={old_hint}"), "secret")
    assert deleting["secret"].value == old_hint
    page = deleting.submit().follow()
    assert "The secret was deleted" in page
    client = server.clients.find_client(app.client_id)
    assert client is not None
    assert client.secret_hashes == (digest(second),)
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Client secret added" in page
    assert "Client secret deleted" in page


def test_a_page_that_is_older_than_the_secrets_adds_none(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    form = play.form_with(browser.get(f"/developer/apps/{app.client_id}/secrets"), "seen")
    form["seen"] = "none"
    answer = form.submit()
    assert answer.status_int == 409
    assert "changed since you opened the page" in answer
    assert answer.click("Back to the app").status_int == 200


def test_the_only_secret_stays(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    path = f"/developer/apps/{app.client_id}/secrets/retire"
    assert "only one secret" in browser.get(path)
    csrf = csrf_of(browser)
    page = browser.post(path, {"csrf": csrf, "secret": (app.client_secret or "")[-4:]})
    assert page.status_int == 409
    assert "only secret" in page
    assert browser.post(path, {"csrf": csrf}).status_int == 422


def test_a_secret_to_delete_has_to_be_chosen(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    play.form_with(browser.get(f"/developer/apps/{app.client_id}/secrets"), "seen").submit()
    page = browser.get(f"/developer/apps/{app.client_id}/secrets").click("Delete a secret")
    page = play.form_with(page, "secret").submit()
    assert page.status_int == 422
    assert "Choose the secret to delete." in text_of(page, "secret-error")
    assert play.form_with(page, "secret")


def test_when_and_from_where_a_secret_was_last_used_is_shown(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    assert ">never</td>" in browser.get(f"/developer/apps/{app.client_id}/secrets")
    play.tokens(server, browser.another("203.0.113.90"), app)
    done(flush_marks(server))
    page = browser.get(f"/developer/apps/{app.client_id}/secrets")
    assert ">never</td>" not in page
    assert ">203.0.113.90</td>" in page


def test_a_public_app_sees_why_it_has_no_secret(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, type="public")
    page = browser.get(f"/developer/apps/{client_id}/secrets")
    assert "has no client secret" in page
    assert "Add a second secret" not in page
    answer = browser.post(f"/developer/apps/{client_id}/secrets", {"csrf": csrf_of(browser)})
    assert answer.status_int == 409
    assert "A public app has no secret" in answer


def test_an_app_without_pkce_is_warned(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, skips_pkce=True)
    assert "Require PKCE" in browser.get(f"/developer/apps/{client_id}/secrets")
    client_id = owned(server, ada)
    assert "Require PKCE" not in browser.get(f"/developer/apps/{client_id}/secrets")


def test_deleting_an_unknown_secret_says_that_there_is_none(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    path = f"/developer/apps/{client_id}/secrets"
    page = browser.post(f"{path}/retire", {"csrf": csrf_of(browser), "secret": "zzzz"})
    assert page.status_int == 409
    assert "No secret ends in “zzzz”" in page
    assert "was deleted" not in browser.get(path)
