"""Apps that register themselves (RFC 7591): what they get, what they are refused, and how many there may be."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import make
import play
import signing
from browser import Browser, wsgi
from oauthsrv.flows import catalog, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import listed_uris, registration_tokens
from oauthsrv.flows.clients.listed_uris import ListedUris
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.limits import Limit
from registering import BACK, CURSOR, post, refused, registered, row, token
from rows import events, rows
from seen import new_address
from signing import Signer

METADATA = "/.well-known/oauth-authorization-server"

pytestmark = pytest.mark.usefixtures("registration")


# What is registered


def test_an_app_registers_itself_and_connects_a_user(server: Server, anywhere: Browser, user: make.User) -> None:
    found = registered(anywhere, token_endpoint_auth_method="none", scope="read:profile read:data")
    app = make.App(found["client_id"], None, BACK)
    connection = play.tokens(server, anywhere, app, user)
    assert play.refresh(anywhere, app, connection.refresh_token).status_int == 200


def test_the_answer_has_all_that_was_registered(server: Server, anywhere: Browser) -> None:
    found = registered(
        anywhere,
        client_uri="https://app.example/about",
        scope="read:profile offline_access",
        software_id="4NRB1-0XZABZI9E6-5SM3R",
        software_version="2.1",
        logo_uri="https://app.example/logo.png",
        contacts=["ada@app.example"],
        what_nobody_knows={"a": [1, 2]},
    )
    secret, client_id = found.pop("client_secret"), found.pop("client_id")
    assert secret.startswith("sec_")
    [at] = rows(
        server,
        "SELECT floor(extract(epoch FROM created_at))::bigint AS at FROM client WHERE client_id = %(client_id)s",
        client_id=client_id,
    )
    assert found == {
        "client_id_issued_at": at.at,
        "client_secret_expires_at": 0,
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_name": "Example",
        "client_uri": "https://app.example/about",
        "scope": "read:profile offline_access",
        "software_id": "4NRB1-0XZABZI9E6-5SM3R",
        "software_version": "2.1",
    }
    kept = row(server, client_id)
    assert (kept.registered_by, kept.owner_id, kept.software_id, kept.software_version, kept.approved_at is None) == (
        "registration", None, "4NRB1-0XZABZI9E6-5SM3R", "2.1", False,
    )  # fmt: skip
    [event] = events(server, "client.registered", client_id)
    assert (event.user_id, event.details) == (None, {"name": "Example", "type": "confidential"})
    assert event.address == anywhere.extra_environ["REMOTE_ADDR"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", None])
def test_an_app_that_can_keep_a_secret_gets_one_and_may_send_it_both_ways(
    server: Server, anywhere: Browser, user: make.User, method: str | None
) -> None:
    found = registered(anywhere, token_endpoint_auth_method=method)
    assert found["token_endpoint_auth_method"] == (method or "client_secret_basic")
    app = make.App(found["client_id"], found["client_secret"], BACK)
    connection = play.tokens(server, anywhere, app, user)
    form = {"grant_type": "refresh_token", "refresh_token": connection.refresh_token}
    proof = {"client_id": found["client_id"], "client_secret": found["client_secret"]}
    assert anywhere.post("/oauth/token", form | proof).status_int == 200
    assert play.refused(anywhere.post("/oauth/token", form | {"client_id": found["client_id"]}), "invalid_client")


def test_a_public_app_gets_no_secret(anywhere: Browser) -> None:
    found = registered(anywhere, token_endpoint_auth_method="none")
    assert not {"client_secret", "client_secret_expires_at"} & set(found)


def test_two_registrations_of_one_name_are_two_apps(anywhere: Browser) -> None:
    assert registered(anywhere)["client_id"] != registered(anywhere)["client_id"]


def test_an_app_without_a_name_is_called_so(anywhere: Browser) -> None:
    assert registered(anywhere, client_name=None)["client_name"] == "Unnamed app"


@pytest.mark.parametrize("scope", [None, "", "claudeai", "read:billing"])
def test_an_app_that_names_no_scope_open_to_it_gets_all_that_are_open(
    server: Server, anywhere: Browser, scope: str | None
) -> None:
    given = registered(anywhere, scope=scope)["scope"].split()
    assert given == catalog.default_ceiling(server)
    assert "read:billing" not in given


def test_an_app_that_asks_for_more_than_it_may_have_gets_what_it_may_have(server: Server, anywhere: Browser) -> None:
    found = registered(
        anywhere,
        token_endpoint_auth_method="client_secret_post",
        scope="read:profile read:billing admin openid",
        grant_types=["authorization_code", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"],
        response_types=["code", "token"],
        redirect_uris=[BACK, "http://app.example/callback", "com.example.app:/back"],
    )
    assert found["scope"] == "read:profile"
    assert found["grant_types"] == ["authorization_code", "refresh_token"]
    assert found["response_types"] == ["code"]
    assert found["redirect_uris"] == [BACK]
    assert row(server, found["client_id"]).grant_types == ["authorization_code", "refresh_token"]
    [event] = events(server, "client.registered", found["client_id"])
    assert event.details["left_out"] == ["http://app.example/callback", "com.example.app:/back"]


def test_a_public_app_may_have_custom_schemes_and_loopback_addresses(anywhere: Browser) -> None:
    uris = ["com.example.app:/back", "http://127.0.0.1/back", "http://localhost:8787/callback", "http://[::1]/x"]
    assert registered(anywhere, redirect_uris=uris, token_endpoint_auth_method="none")["redirect_uris"] == uris


def test_an_app_with_a_custom_scheme_that_names_no_method_is_public(anywhere: Browser) -> None:
    found = registered(anywhere, redirect_uris=[CURSOR])
    assert found["token_endpoint_auth_method"] == "none"


def test_an_app_registers_its_key_and_proves_itself_with_it(server: Server, anywhere: Browser) -> None:
    signer = Signer(server.settings.issuer)
    found = registered(anywhere, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [signer.jwk]})
    assert found["jwks"] == {"keys": [signer.jwk]}
    assert "client_secret" not in found
    assert row(server, found["client_id"]).authentication_methods == ["private_key_jwt"]
    assert signing.is_accepted(anywhere, signer.assertion(found["client_id"]))
    at = registered(anywhere, token_endpoint_auth_method="private_key_jwt", jwks_uri="https://app.example/keys")
    assert at["jwks_uri"] == "https://app.example/keys"


# Rule 4: schemes without a dot are for whole URIs that administrators list


def test_rule_4_a_listed_uri_is_registered_and_others_with_its_scheme_are_not(anywhere: Browser) -> None:
    good = registered(anywhere, redirect_uris=[CURSOR, CURSOR + "/", CURSOR + "?a=b", "cursor://evil/back", BACK],
                      token_endpoint_auth_method="none")  # fmt: skip
    assert good["redirect_uris"] == [CURSOR, BACK]
    reason = refused(
        anywhere, "invalid_redirect_uri", redirect_uris=[CURSOR], token_endpoint_auth_method="client_secret_post"
    )
    assert "public" in reason
    reason = refused(anywhere, "invalid_redirect_uri", redirect_uris=["vscode://vscode.mcp/back"])
    assert "dot" in reason


def test_rule_4_administrators_edit_the_list_and_developers_may_use_it_too(server: Server, anywhere: Browser) -> None:
    uri = "editor://example/oauth"
    with pytest.raises(Exception, match="dot"):
        make.app(server, type="public", redirect_uris=(uri,))
    before = listed_uris.current(server)
    listed_uris.change(server, ListedUris([*before.uris, uri]), by=Actor())
    try:
        assert registered(anywhere, redirect_uris=[uri])["redirect_uris"] == [uri]
        make.app(server, type="public", redirect_uris=(uri,))
        with pytest.raises(Exception, match="public"):
            make.app(server, redirect_uris=(uri,))
    finally:
        listed_uris.change(server, before, by=Actor())


def test_rule_14_an_app_with_a_listed_scheme_is_asked_about_each_time(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    found = registered(anywhere, redirect_uris=[CURSOR])
    app = make.App(found["client_id"], None, CURSOR)
    play.sign_in(anywhere, user)
    for _ in range(2):
        page = play.ask(anywhere, app)
        assert page.status_int == 200
        assert play.allow(page).location.startswith(CURSOR + "?code=")
    assert play.answered(play.ask(anywhere, app, prompt="none"))["error"] == "consent_required"


# Who may register


def test_registration_is_in_the_metadata_where_it_is_on(server: Server, anywhere: Browser) -> None:
    assert anywhere.get(METADATA).json["registration_endpoint"] == server.settings.issuer + "/oauth/register"
    server.settings = dataclasses.replace(server.settings, registration="off")
    assert "registration_endpoint" not in anywhere.get(METADATA).json
    answer = post(anywhere, {"redirect_uris": [BACK]})
    assert (answer.status_int, answer.json["error"]) == (403, "access_denied")
    assert "developer portal" in answer.json["error_description"]


def test_with_tokens_only_their_holders_register(server: Server, anywhere: Browser) -> None:
    server.settings = dataclasses.replace(server.settings, registration="token")
    answer = post(anywhere, {"redirect_uris": [BACK]})
    assert answer.status_int == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="oauthsrv"'
    assert "initial access token" in answer.json["error_description"]
    text = token(server, name="Partner")
    answer = post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {text}")
    assert answer.status_int == 201
    assert answer.headers["RateLimit-Policy"].startswith('"register_token"')
    [event] = events(server, "client.registered", answer.json["client_id"])
    assert event.details["token"] == "Partner"
    [used] = rows(
        server,
        "SELECT clients, last_used_at FROM registration_token WHERE token_hash = sha256(%(text)s)",
        text=text.encode(),
    )
    assert used.clients == 1
    assert used.last_used_at is not None


@pytest.mark.parametrize("mode", ["token", "open"])
@pytest.mark.parametrize("wrong", ["unknown", "malformed", "expired", "revoked", "an access token"])
def test_a_token_that_is_sent_is_checked(server: Server, anywhere: Browser, mode: Any, wrong: str) -> None:
    server.settings = dataclasses.replace(server.settings, registration=mode)
    text = {"unknown": "oit_" + "A" * 43, "malformed": "oit_x", "an access token": "oat_" + "A" * 86}.get(wrong, "")
    if not text:
        text = token(server, name=f"Wrong {mode}")
        [one] = rows(server, "SELECT max(token_id) AS token_id FROM registration_token")
        if wrong == "revoked":
            assert registration_tokens.revoke(server, one.token_id, by=Actor())
        else:
            rows(
                server,
                "UPDATE registration_token SET expires_at = now() WHERE token_id = %(token_id)s",
                token_id=one.token_id,
            )
    answer = post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {text}")
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_rule_1_a_token_is_stored_as_a_hash(server: Server) -> None:
    text = token(server)
    [stored] = rows(server, "SELECT * FROM registration_token ORDER BY token_id DESC LIMIT 1")
    assert text not in str(stored)
    assert stored.hint == text[-4:]


def test_rule_14_where_apps_are_reviewed_a_registered_app_waits_unless_its_token_approves(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    server.settings = dataclasses.replace(server.settings, registration="token", app_review=True)
    play.sign_in(anywhere, user)
    for approves in (False, True):
        text = token(server, approves=approves)
        answer = post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {text}")
        page = play.ask(anywhere, make.App(answer.json["client_id"], None, BACK))
        assert (page.status_int == 200) == approves
        assert approves or "not approved yet" in page or "approved" in page


# How many


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "register_address", Limit(3, 60, "x"))
    monkeypatch.setitem(limits.LIMITS, "register_token", Limit(2, 60, "x"))


def test_rule_15_an_address_registers_so_many_and_others_go_on(server: Server, anywhere: Browser, few: None) -> None:
    answers = [post(anywhere, {"redirect_uris": [BACK]}) for _ in range(3)]
    assert [answer.status_int for answer in answers] == [201] * 3
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0"]
    over = post(anywhere, {"redirect_uris": [BACK]})
    assert (over.status_int, over.json["error"]) == (429, "too_many_requests")
    assert 1 <= int(over.headers["Retry-After"]) <= 60
    assert over.headers["Access-Control-Allow-Origin"] == "*"
    other = Browser(wsgi(server), new_address())
    assert post(other, {"redirect_uris": [BACK]}).status_int == 201
    text = token(server)  # an address never stands in the way of what proves good
    codes = [post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {text}").status_int for _ in range(3)]
    assert codes == [201, 201, 429]


def test_rule_15_what_is_refused_counts_too(anywhere: Browser, few: None) -> None:
    codes = [post(anywhere, {}).status_int for _ in range(4)]
    assert codes == [400, 400, 400, 429]


def test_rule_15_wrong_tokens_are_charged_to_the_address(
    server: Server, anywhere: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "proof_address", Limit(2, 60, "x"))
    bad = "Bearer oit_" + "A" * 43
    codes = [post(anywhere, {"redirect_uris": [BACK]}, Authorization=bad).status_int for _ in range(3)]
    assert codes == [401, 401, 429]


def test_rule_15_there_are_so_many_that_nobody_connected(
    server: Server, anywhere: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when many register at once: nobody else registers while they are counted."""
    [now] = rows(
        server,
        "SELECT count(*) AS number FROM client "
        "WHERE registered_by = 'registration' AND used_on IS NULL AND deleted_at IS NULL",
    )
    monkeypatch.setitem(limits.LIMITS, "register_unused", Limit(now.number + 3, 60, "x"))

    def one(_: int) -> int:
        return int(post(Browser(wsgi(server), new_address()), {"redirect_uris": [BACK]}).status_int)

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(one, range(8)))
    assert codes == [201] * 3 + [429] * 5
    answer = post(anywhere, {"redirect_uris": [BACK]})
    assert (answer.status_int, answer.headers["Retry-After"]) == (429, "3600")
    with_token = post(anywhere, {"redirect_uris": [BACK]}, Authorization=f"Bearer {token(server)}")
    assert with_token.status_int == 201, "whoever has a token is not locked out by those without"


# What it is, once it is gone


def test_what_a_deleted_app_sends_gets_invalid_client_and_its_page_says_how_to_reconnect(
    server: Server, anywhere: Browser, user: make.User
) -> None:
    found = registered(anywhere, token_endpoint_auth_method="none")
    connection = play.tokens(server, anywhere, make.App(found["client_id"], None, BACK), user)
    assert revocations.delete_client(server, found["client_id"], by=Actor())
    answer = play.refresh(anywhere, connection.app, connection.refresh_token)
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    page = play.ask(anywhere, connection.app)
    assert page.status_int == 400
    assert "isn’t registered here" in page
    assert "connect again" in page
