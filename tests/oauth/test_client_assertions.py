"""Assertions that clients sign: what is in them, and the keys that they may be signed with (RFC 7523, rule 10)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth import base64url, client_keys
from oauthsrv.oauth.client_assertions import TYPE
from oauthsrv.oauth.client_authentication import Authenticated, Circumstances, authenticate, presented
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.oauth.client_keys import KeysRefused, check_keys
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, OAuthError
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from signing import KINDS, Signer

ID = "cli_" + "c" * 32
ISSUER = "https://login.example"
ENDPOINT = f"{ISSUER}/oauth/token"
ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(ISSUER)


@pytest.fixture
def keyed(a_client: Callable[..., Client]) -> Client:
    return a_client(authentication_methods=frozenset({"private_key_jwt"}))


def form(assertion: str, **more: str) -> Parameters:
    return Parameters(tuple(({"client_assertion_type": TYPE, "client_assertion": assertion} | more).items()))


def proved(assertion: str, client: Client | None, keys: list[Any], **more: str) -> Authenticated[Client]:
    at = Circumstances(ISSUER, time.time(), lambda _, header: client_keys.candidates(keys, header))
    return authenticate(presented(None, form(assertion, **more)), client, lambda: at)


def problem_of(assertion: str, client: Client | None, keys: list[Any], **more: str) -> str:
    with pytest.raises(OAuthError) as refusal:
        proved(assertion, client, keys, **more)
    assert isinstance(refusal.value, InvalidClient)
    return refusal.value.problem


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_rule_10_an_assertion_that_its_client_signed_proves_it(algorithm: str, keyed: Client) -> None:
    signer = Signer(ISSUER, algorithm)
    proof = proved(signer.assertion(ID), keyed, [signer.jwk], client_id=ID)
    assert proof.client is keyed
    assert proof.with_credential
    assert proof.assertion is not None
    assert proof.assertion.expires_at - proof.assertion.issued_at == 60
    assert problem_of(Signer(ISSUER, algorithm).assertion(ID), keyed, [signer.jwk]) == "assertion_signature"


NOW = int(time.time())
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("assertion_audience", {"aud": None}),
    ("assertion_audience", {"aud": ENDPOINT}),
    ("assertion_audience", {"aud": ISSUER + "/"}),
    ("assertion_audience", {"aud": [ISSUER, "https://other.example"]}),
    ("assertion_audience", {"aud": []}),
    ("assertion_audience", {"aud": [[ISSUER]]}),
    ("assertion_audience", {"aud": {ISSUER: 1}}),
    ("assertion_subject", {"sub": None}),
    ("assertion_subject", {"iss": None}),
    ("assertion_subject", {"iss": "cli_" + "d" * 32}),
    ("assertion_subject", {"sub": 1, "iss": 1}),
    ("assertion_incomplete", {"exp": None}),
    ("assertion_incomplete", {"iat": None}),
    ("assertion_incomplete", {"jti": None}),
    ("assertion_incomplete", {"jti": ""}),
    ("assertion_incomplete", {"jti": 7}),
    ("assertion_incomplete", {"jti": "x" * 257}),
    ("assertion_expired", {"exp": NOW - 10_000}),
    ("assertion_expired", {"exp": -1}),
    ("assertion_long", {"exp": NOW + 100_000}),
    ("assertion_long", {"exp": 2**53 - 1}),
    ("assertion_early", {"iat": NOW + 5000}),
    ("assertion_early", {"nbf": NOW + 5000}),
    *[
        ("assertion_malformed", {name: wrong})
        for name in ("exp", "iat", "nbf")
        for wrong in ("1", True, 2**60, [], 1e300)
    ],
]


@pytest.mark.parametrize(("problem", "changes"), WRONG)
def test_rule_10_an_assertion_with_a_wrong_claim_proves_nothing(
    problem: str, changes: dict[str, Any], signer: Signer, keyed: Client
) -> None:
    assert problem_of(signer.assertion(ID, **changes), keyed, [signer.jwk]) == problem


def test_rule_10_an_issuer_in_a_list_of_one_is_the_sole_audience(signer: Signer, keyed: Client) -> None:
    assert proved(signer.assertion(ID, aud=[ISSUER]), keyed, [signer.jwk]).client is keyed


def test_rule_10_the_token_endpoint_is_an_audience_only_where_the_client_is_allowed_that(
    signer: Signer, a_client: Callable[..., Client]
) -> None:
    methods = frozenset({"private_key_jwt"})
    lenient = a_client(authentication_methods=methods, allows_endpoint_audience=True)
    for audience in (ISSUER, ENDPOINT):
        assert proved(signer.assertion(ID, aud=audience), lenient, [signer.jwk]).client is lenient
    wrong = signer.assertion(ID, aud=[ISSUER, ENDPOINT])
    assert problem_of(wrong, lenient, [signer.jwk]) == "assertion_audience"


@pytest.mark.parametrize(
    ("problem", "header"),
    [
        ("assertion_algorithm", {"alg": "none"}),
        ("assertion_algorithm", {"alg": "HS256"}),
        ("assertion_algorithm", {"alg": "RS512"}),
        ("assertion_algorithm", {"alg": ["ES256"]}),
        ("assertion_algorithm", {"alg": None}),
        ("assertion_malformed", {"typ": "at+jwt"}),
        ("assertion_malformed", {"typ": "dpop+jwt"}),
        ("assertion_malformed", {"typ": 1}),
        ("assertion_malformed", {"kid": 1}),
        ("assertion_malformed", {"crit": ["b64"], "b64": True}),
        ("assertion_key", {"kid": "another"}),
        ("assertion_key", {"alg": "RS256"}),
        ("assertion_signature", {"kid": None, "x5c": ["x" * 2000]}),
    ],
)
def test_rule_10_an_assertion_with_a_wrong_header_proves_nothing(
    problem: str, header: dict[str, Any], signer: Signer, keyed: Client
) -> None:
    good = {"alg": "ES256", "kid": "first", "typ": "JWT"} | header
    parts = [json.dumps({name: value for name, value in good.items() if value is not None})]
    parts += [json.dumps(signer.claims(ID)), "x" * 64]
    assertion = ".".join(base64url.encode(part.encode()) for part in parts)
    assert problem_of(assertion, keyed, [signer.jwk]) == problem


def test_a_header_that_is_not_known_here_does_no_harm(signer: Signer, keyed: Client) -> None:
    for header in (
        {"kid": None},
        {"typ": None},
        {"typ": "client-authentication+jwt"},
        {"x5t": "abc", "note": "x" * 600},
    ):
        assert proved(signer.assertion(ID, header), keyed, [signer.jwk]).client is keyed


def test_rule_10_a_client_secret_never_verifies_an_assertion(keyed: Client, a_client: Callable[..., Client]) -> None:
    """Neither as the key of an HMAC nor through a key set that holds one."""
    hmac = Signer(ISSUER, "HS256")
    assert problem_of(hmac.assertion(ID), keyed, [hmac.key.as_dict()]) == "assertion_algorithm"
    assert problem_of(hmac.assertion(ID), a_client(), []) == "assertion_algorithm"


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "a.b",
        "a.b.c.d",
        "..",
        "e30.e30.",
        "x" * 8193,
        base64url.encode(b"[]") + ".e30.x",
        base64url.encode(b'{"alg":"ES256","alg":"none"}') + ".e30.x",
        "e30." + base64url.encode(b"[" * 6000) + ".x",
        "e30." + base64url.encode(b'{"exp":NaN}') + ".x",
        "e30." + base64url.encode(b'{"exp":' + b"9" * 5000 + b"}") + ".x",
        "e30." + base64url.encode(b'{"sub":"\xff"}') + ".x",
        "e30=.e30.x",
        "e31.e30.x",
    ],
)
def test_rule_12_what_is_no_jwt_is_refused_as_that(text: str, keyed: Client) -> None:
    assert problem_of(text, keyed, []) in ("assertion_malformed", "assertion_subject")


@given(st.text(max_size=50), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_rule_12_any_claims_are_judged_or_refused(name: str, value: Any) -> None:
    claims = {"iss": ID, "sub": ID, "aud": ISSUER, "jti": "x", "iat": NOW, "exp": NOW + 60, name: value}
    parts = ['{"alg":"ES256"}', json.dumps(claims), "x"]
    assertion = ".".join(base64url.encode(part.encode("utf-8", "replace")) for part in parts)
    with pytest.raises(OAuthError):
        proved(assertion, None, [])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_assertion_type": None}, InvalidRequest),
        ({"client_assertion": None}, InvalidRequest),
        ({"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, InvalidClient),
        ({"client_secret": "x"}, InvalidRequest),
        ({"client_id": "cli_" + "d" * 32}, InvalidRequest),
    ],
)
def test_rule_10_an_assertion_comes_with_its_type_and_alone(
    changes: dict[str, str | None], error: type[OAuthError], signer: Signer
) -> None:
    sent = {"client_assertion_type": TYPE, "client_assertion": signer.assertion(ID)} | changes
    with pytest.raises(error):
        presented(None, Parameters(tuple((name, value) for name, value in sent.items() if value)))


def test_rule_10_an_assertion_of_a_client_that_has_not_chosen_it_proves_nothing(
    signer: Signer, a_client: Callable[..., Client]
) -> None:
    assert problem_of(signer.assertion(ID), a_client(), [signer.jwk]) == "method_not_allowed"
    assert problem_of(signer.assertion(ID), None, [signer.jwk]) == "client_unknown"


def test_rule_10_a_client_with_a_key_that_sends_nothing_has_a_problem_of_its_own(keyed: Client) -> None:
    at = Circumstances(ISSUER, NOW, lambda *_: [])
    with pytest.raises(InvalidClient) as refusal:
        authenticate(presented(None, Parameters((("client_id", ID),))), keyed, lambda: at)
    assert refusal.value.problem == "assertion_missing"


def test_rule_10_a_client_with_a_document_is_named_by_its_address(
    signer: Signer, a_client: Callable[..., Client]
) -> None:
    url = "https://app.example/client.json"
    methods = frozenset({"private_key_jwt"})
    client = a_client(client_id=reference_of(url), document_url=url, authentication_methods=methods)
    assert proved(signer.assertion(url), client, [signer.jwk], client_id=url).client is client
    assert problem_of(signer.assertion(reference_of(url)), client, [signer.jwk]) == "assertion_subject"


# Keys


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_keys_of_each_algorithm_are_usable(algorithm: str) -> None:
    jwk = Signer(ISSUER, algorithm).jwk
    assert check_keys({"keys": [jwk]}) == (jwk,)
    for addition in ({"alg": algorithm}, {"use": "sig"}, {"key_ops": ["verify"]}):
        assert check_keys({"keys": [jwk | addition]})


def test_keys_that_are_for_something_else_are_ignored_beside_a_usable_one(signer: Signer) -> None:
    others = [Signer(ISSUER, "ES384").jwk, signer.jwk | {"use": "enc"}, signer.jwk | {"alg": "ES512"}, {"kty": "x"}, 1]
    others += [signer.jwk | {"x": "AAAA"}, signer.jwk | {"key_ops": ["sign"]}, signer.jwk | {"kid": 1}]
    assert check_keys({"keys": [*others, signer.jwk]}) == (signer.jwk,)
    with pytest.raises(KeysRefused, match="no key that can be used"):
        check_keys({"keys": others})


def test_rule_16_what_a_key_says_besides_is_not_kept(signer: Signer) -> None:
    more = {"x5c": ["A" * 9000], "key_ops": ["verify"], "note": "\0", "n": "\0"}
    assert check_keys({"keys": [signer.jwk | more]}) == (signer.jwk,)


@pytest.mark.parametrize("kid", ["\0", "a\nb", "a" * 257, 1])
def test_rule_12_a_key_whose_name_cannot_be_kept_is_not_usable(signer: Signer, kid: object) -> None:
    with pytest.raises(KeysRefused, match="no key"):
        check_keys({"keys": [signer.jwk | {"kid": kid}]})


@pytest.mark.parametrize("wrong", [None, [], {}, {"keys": {}}, {"keys": "x"}, "x", 1])
def test_what_is_no_key_set_is_refused(wrong: Any) -> None:
    with pytest.raises(KeysRefused, match="not a JWK Set"):
        check_keys(wrong)


def test_rule_1_a_private_or_shared_key_is_refused(signer: Signer) -> None:
    for key in (signer.key.as_dict(private=True), {"kty": "oct", "k": "c2VjcmV0"}):
        with pytest.raises(KeysRefused, match="private or secret"):
            check_keys({"keys": [signer.jwk, key]})


def test_rule_12_a_thousand_keys_are_refused_before_one_is_looked_at(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_keys, "is_usable", pytest.fail)
    with pytest.raises(KeysRefused, match="1,000 keys"):
        check_keys({"keys": [signer.jwk] * 1000})


def test_rule_12_an_rsa_key_that_is_too_short_or_costs_too_much_is_not_used() -> None:
    good = Signer(ISSUER, "RS256").jwk
    for size in (1024, 8192):
        modulus = base64url.encode((2 ** (size - 1) + 1).to_bytes(size // 8, "big"))
        with pytest.raises(KeysRefused):
            check_keys({"keys": [good | {"n": modulus}]})


def test_there_is_a_key_for_every_algorithm() -> None:
    assert set(ALGORITHMS) < set(KINDS)
