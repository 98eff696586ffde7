"""What an app that registers itself is refused, and how it is said (RFC 7591 §3.2.2)."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import hosts
from oauthsrv.server import Server
from registering import BACK, post, refused, registered
from signing import Signer

pytestmark = pytest.mark.usefixtures("registration")


@pytest.mark.parametrize(
    ("uris", "why"),
    [
        (None, "missing"),
        ([], "missing"),
        ("https://app.example/cb", "array"),
        ([BACK, 7], "array"),
        ({"a": BACK}, "array"),
        ([[BACK]], "array"),
        ([""], "empty"),
        (["/callback"], "absolute"),
        ([BACK, "javascript:alert(1)"], "never allowed"),
        (["data:text/html,x"], "never allowed"),
        ([BACK + "#x"], "fragment"),
        (["https://ada:pw@app.example/"], "user name"),
        (["https://*.app.example/"], "wildcard"),
        (["https://app.example/a b"], "space"),
        (["https://app.example/\u0000"], "control"),
        (["https://app.example\\@evil.example/"], "backslash"),
        (["https://app.example/cb?code=x"], "code"),
        (["HTTPS://app.example/"], "lower case"),
        (["http://app.example/cb"], "https"),
        (["myapp:/cb"], "dot"),
        (["https://app.example/" + "a" * 3000], "longer"),
        ([f"https://app.example/{number}" for number in range(21)], "more than 20"),
        ([f"https://app.example/{number}" for number in range(2000)], "too many"),
    ],
)  # fmt: skip
def test_rule_4_redirect_uris_that_may_not_be_registered(anywhere: Browser, uris: Any, why: str) -> None:
    assert why in refused(anywhere, "invalid_redirect_uri", redirect_uris=uris)


def test_rule_4_no_app_gets_an_address_of_this_server(server: Server, anywhere: Browser) -> None:
    reason = refused(anywhere, "invalid_redirect_uri", redirect_uris=[server.settings.issuer + "/login"])
    assert "address of this server" in reason


@pytest.mark.parametrize(
    ("member", "value", "why"),
    [
        ("client_name", "", "client_name: Enter a name"),
        ("client_name", " \u2003 ", "Enter a name"),
        ("client_name", "a\u200bb", "U+200B"),
        ("client_name", "\u202eelgooG", "U+202E"),
        ("client_name", "a\u0000b", "U+0000"),
        ("client_name", "\u3164", "U+3164"),
        ("client_name", "\u2800", "U+2800"),
        ("client_name", "...", "letter or digit"),
        ("client_name", "A" * 81, "at most 80"),
        ("client_name", "Claude (verified)", "verified"),
        ("client_name", ["Example"], "string"),
        ("client_uri", "javascript:alert(1)", "client_uri: "),
        ("client_uri", "app.example", "absolute"),
        ("client_uri", 1, "string"),
        ("scope", ["read:profile"], "string"),
        ("scope", 'a"b', "scope"),
        ("grant_types", "authorization_code", "array"),
        ("grant_types", ["client_credentials"], "authorization_code"),
        ("grant_types", ["implicit", "password"], "authorization_code"),
        ("grant_types", [], "authorization_code"),
        ("grant_types", [None], "array"),
        ("response_types", ["token"], "code"),
        ("response_types", [], "code"),
        ("token_endpoint_auth_method", "client_secret_jwt", "client_secret_basic"),
        ("token_endpoint_auth_method", "tls_client_auth", "none"),
        ("token_endpoint_auth_method", "", "none"),
        ("token_endpoint_auth_method", True, "string"),
        ("token_endpoint_auth_method", "private_key_jwt", "jwks or jwks_uri"),
        ("jwks", "https://app.example/keys", "object"),
        ("software_id", "x" * 201, "At most 200"),
        ("software_id", "a\u0000", "software_id"),
        ("software_version", 2, "string"),
        ("software_version", "\u202e2", "software_version"),
    ],
)  # fmt: skip
def test_metadata_that_is_refused_says_which_member_and_why(
    anywhere: Browser, member: str, value: Any, why: str
) -> None:
    reason = refused(anywhere, "invalid_client_metadata", **{member: value})
    assert why in reason


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"x"', b"1", b"{", b"{}x", b'{"redirect_uris": NaN}', b"\xff\xfe{}", b'{"a": "\xff"}',
        b'{"client_name": "\\ud800", "redirect_uris": []}', b"[" * 5000, b'{"a":' * 5000,
    ],
)  # fmt: skip
def test_rule_12_a_body_that_is_no_json_object_is_refused(anywhere: Browser, body: bytes) -> None:
    answer = post(anywhere, body)
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_client_metadata")


def test_rule_12_a_body_too_large_or_of_another_type_is_refused(anywhere: Browser) -> None:
    assert post(anywhere, b" " * (70 << 10)).status_int == 413
    assert anywhere.post("/oauth/register", {"redirect_uris": BACK}).status_int == 415
    assert anywhere.get("/oauth/register").status_int == 405
    assert anywhere.put_json("/oauth/register", {}).status_int == 405


def test_scripts_of_any_page_may_register(anywhere: Browser) -> None:
    answer = anywhere.options("/oauth/register", headers={"Access-Control-Request-Headers": "content-type"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    for body in ({"redirect_uris": [BACK]}, {}):
        assert post(anywhere, body).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"jwks": {}}, "JWK Set"),
        ({"jwks": {"keys": []}}, "no key"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "private or secret"),
        ({"jwks": {"keys": [{}] * 1000}}, "1,000 keys"),
        ({"jwks": {"keys": [Signer("").jwk | {"kid": "\0"}]}}, "no key"),  # rule 12
        ({"jwks_uri": "http://app.example/keys"}, "https"),
        ({"jwks_uri": "https://app.example:8443/keys"}, "443"),
        ({"jwks_uri": "https://app.example/keys", "jwks": {"keys": []}}, "not both"),
    ],
)
def test_keys_that_are_refused(anywhere: Browser, keys: dict[str, Any], why: str) -> None:
    given = {"token_endpoint_auth_method": "private_key_jwt"} | keys
    assert why in refused(anywhere, "invalid_client_metadata", **given)


def test_an_app_of_a_blocked_host_does_not_return_under_another_id(server: Server, anywhere: Browser) -> None:
    host = f"h{secrets.token_hex(6)}.example"
    uris = [BACK, f"https://below.{host}/back"]
    first = registered(anywhere, redirect_uris=uris)["client_id"]
    assert hosts.block_host(server, host, by=Actor())
    assert "blocked the host" in refused(anywhere, "invalid_redirect_uri", redirect_uris=uris)
    found = server.clients.find_client(first)
    assert found is not None
    assert found.suspended
    assert hosts.unblock_host(server, host, by=Actor())
    assert registered(anywhere, redirect_uris=uris)
