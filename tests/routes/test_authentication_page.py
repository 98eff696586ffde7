"""/developer/apps/…/authentication: a secret, or a key of the app's own (rule 10, rule 13)."""

from __future__ import annotations

import json
import secrets

import pytest
from webtest import TestResponse

import make
import play
import rows
import signing
from browser import Browser
from hosts import host
from oauthsrv.oauth.client_keys import MOST
from oauthsrv.server import Server
from portal import an_hour_passes
from signing import Signer, is_accepted

OF_SECRETS = ("client_secret_basic", "client_secret_post")


@pytest.fixture
def app(server: Server, browser: Browser, user: make.User) -> make.App:
    """Of a developer who has just signed in."""
    play.sign_in(browser, user)
    return make.app(server, user)


def page(browser: Browser, app: make.App) -> TestResponse:
    return browser.get(f"/developer/apps/{app.client_id}/authentication")


def save(
    browser: Browser, app: make.App, *methods: str, shown: TestResponse | None = None, **fields: str
) -> TestResponse:
    form = play.form_with(shown or page(browser, app), "jwks")
    for box in form.fields["authentication_methods"]:
        box.checked = box._value in methods
    for name, value in fields.items():
        form[name] = value
    return form.submit()


def methods_of(server: Server, app: make.App) -> list[str]:
    [row] = rows.rows(server, "SELECT authentication_methods FROM client WHERE client_id = %(id)s", id=app.client_id)
    return list(row.authentication_methods)


def test_a_developer_moves_an_app_from_its_secret_to_a_key(server: Server, browser: Browser, app: make.App) -> None:
    signer = Signer(server.settings.issuer)
    saved = save(browser, app, *OF_SECRETS, "private_key_jwt", jwks=json.dumps(signer.jwk)).follow()
    saved.mustcontain("The way the app authenticates was changed.", "with an assertion that your app signs")
    assert is_accepted(browser, signer.assertion(app.client_id))
    assert play.refused(play.exchange(browser, app, "x"))
    saved = save(browser, app, "private_key_jwt").follow()
    saved.mustcontain("a client secret is refused")
    assert is_accepted(browser, signer.assertion(app.client_id))
    assert play.refused(play.exchange(browser, app, "x"), "invalid_client")
    [*_, last] = rows.events(server, "client.changed", app.client_id)
    assert last.details == {"changed": ["authentication_methods"]}


def test_an_unused_secret_can_be_deleted_and_another_added_later(
    server: Server, browser: Browser, app: make.App
) -> None:
    assert app.client_secret
    save(browser, app, "private_key_jwt", jwks=json.dumps(Signer(server.settings.issuer).jwk))
    asking = browser.get(f"/developer/apps/{app.client_id}/secrets").click("Delete", index=0)
    play.press(asking, "Delete the secret").follow()
    page(browser, app).mustcontain("The app has no client secret")
    save(browser, app, "client_secret_basic")
    shown = play.press(browser.get(f"/developer/apps/{app.client_id}/secrets"), "Add a secret")
    secret = shown.html.find(string=lambda text: str(text).startswith("sec_"))
    renewed = make.App(app.client_id, str(secret), app.redirect_uri)
    assert play.refused(play.exchange(browser, renewed, "x"))


def test_keys_at_an_address_are_used_and_the_doctor_says_how_they_are(
    server: Server, browser: Browser, app: make.App
) -> None:
    signer = Signer(server.settings.issuer)
    doctor = f"/developer/apps/{app.client_id}/doctor"
    with host(f"{secrets.token_hex(4)}.example") as there:
        there.connect(server.fetcher)
        save(browser, app, "private_key_jwt", jwks_uri=there.serve("/keys", {"keys": [signer.jwk]}))
        browser.get(doctor).mustcontain("They haven’t been loaded yet")
        assert is_accepted(browser, signer.assertion(app.client_id))
        browser.get(doctor).mustcontain("1 key loaded from the app’s address")
        save(browser, app, "private_key_jwt", jwks_uri=there.serve("/none", {"keys": []}))
        assert not is_accepted(browser, signer.assertion(app.client_id))
    answer = browser.get(doctor)
    answer.mustcontain("could not be loaded", "no key that can be used")


def test_the_activity_page_says_what_was_wrong_with_an_assertion(
    server: Server, browser: Browser, app: make.App
) -> None:
    signer = signing.signer_of(server, app)
    assert not is_accepted(browser, signer.assertion(app.client_id, aud=f"{server.settings.issuer}/oauth/token"))
    server.refusals.flush()
    shown = browser.get(f"/developer/apps/{app.client_id}/activity")
    shown.mustcontain("aud of the assertion is not this server’s issuer alone.")
    browser.get(f"/developer/apps/{app.client_id}/doctor").mustcontain("aud of the assertion is not this server’s")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("jwks", "x", "not JSON"),
        ("jwks", "-----BEGIN PUBLIC KEY-----", "PEM"),
        ("jwks", "-----BEGIN PRIVATE KEY-----", "make a new key pair"),
        ("jwks", '{"kty":"oct","k":"c2VjcmV0"}', "private or secret key"),
        ("jwks", json.dumps({"keys": [{"kty": "EC"}] * (MOST + 1)}), "21 keys"),
        ("jwks", "[" * 5000, "not JSON"),
        ("jwks", " " * 10_300 + "{}", "longer than"),
        ("jwks", "{}", "not a JWK Set"),
        ("jwks", "", "Paste the app’s public key"),
        ("jwks_uri", "http://keys.example/jwks", "https"),
        ("jwks_uri", "https://keys.example:8443/jwks", "port 443"),
        ("jwks_uri", "https://keys.example/#x", "fragment"),
        ("jwks_uri", "javascript:alert(1)", "never allowed"),
        ("jwks_uri", "https://" + "x" * 2000, "longer than"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field_and_kept(
    field: str, value: str, message: str, server: Server, browser: Browser, app: make.App
) -> None:
    refused = save(browser, app, "private_key_jwt", **{field: value})
    assert refused.status_int == 422
    problem = refused.html.find(id=f"{field}-error")
    assert problem is not None
    assert message in problem.get_text()
    assert play.form_with(refused, "jwks")[field].value == value
    assert methods_of(server, app) == sorted(OF_SECRETS)


def test_no_way_at_all_and_keys_in_two_places_are_refused(server: Server, browser: Browser, app: make.App) -> None:
    assert "Choose at least one." in save(browser, app)
    both = {"jwks": json.dumps(Signer(server.settings.issuer).jwk), "jwks_uri": "https://keys.example/jwks"}
    assert "not both" in save(browser, app, "private_key_jwt", **both)
    assert methods_of(server, app) == sorted(OF_SECRETS)


def test_rule_13_it_asks_for_the_password_and_goes_on_with_what_was_entered(
    server: Server, browser: Browser, app: make.App, user: make.User
) -> None:
    shown = page(browser, app)
    an_hour_passes(server, browser)
    asking = save(browser, app, "private_key_jwt", shown=shown, jwks=json.dumps(Signer(server.settings.issuer).jwk))
    assert methods_of(server, app) == sorted(OF_SECRETS)
    form = play.form_with(asking, "confirm_password")
    form["confirm_password"] = user.password
    form.submit().follow()
    assert methods_of(server, app) == ["private_key_jwt"]


def test_rule_13_a_form_from_before_another_change_shows_both(server: Server, browser: Browser, app: make.App) -> None:
    old = page(browser, app)
    save(browser, app, "client_secret_basic")
    answer = save(browser, app, "client_secret_post", shown=old)
    assert answer.status_int == 409
    answer.mustcontain("Ways to authenticate")
    assert methods_of(server, app) == ["client_secret_basic"]


def test_rule_13_a_double_click_changes_it_once(server: Server, browser: Browser, app: make.App) -> None:
    shown = page(browser, app)
    for _ in range(2):
        save(browser, app, "client_secret_basic", shown=shown)
    assert len(rows.events(server, "client.changed", app.client_id)) == 1


def test_a_public_app_has_no_choice(server: Server, browser: Browser, user: make.User) -> None:
    play.sign_in(browser, user)
    public = make.app(server, user, type="public")
    answer = page(browser, public)
    answer.mustcontain("This is a public app")
    assert "jwks" not in {name for form in answer.forms.values() for name in form.fields}


def test_who_is_not_in_the_team_sees_nothing(server: Server, browser: Browser, user: make.User) -> None:
    play.sign_in(browser, user)
    assert page(browser, make.app(server)).status_int == 404


def test_what_authenticates_by_basic_says_so_where_the_app_does_not_accept_it(
    server: Server, browser: Browser, app: make.App
) -> None:
    paths = [f"/developer/apps/{app.client_id}/{name}" for name in ("quickstart", "try")]
    assert not [path for path in paths if "by HTTP Basic, which this app" in browser.get(path)]
    signing.signer_of(server, app)
    for path in paths:
        browser.get(path).mustcontain("by HTTP Basic, which this app")
