"""Whether a user must be asked again (RFC 8252 §8.6, rule 14)."""

from collections.abc import Callable

import pytest

from oauthsrv.oauth.authorization_request import AuthorizationRequest, Redirect
from oauthsrv.oauth.consent import is_remembered
from oauthsrv.oauth.records import Client, Consent

A, B = "https://a.example", "https://b.example"
HOST = "app.example.com"


def request(client: Client, uri: str, scopes: tuple[str, ...], resources: tuple[str, ...] = ()) -> AuthorizationRequest:
    return AuthorizationRequest(
        client, Redirect(uri, None, "https://x.example"), scopes, resources, None, frozenset(), None, None
    )


@pytest.mark.parametrize(
    ("consents", "remembered"),
    [
        ([], False),
        ([Consent(HOST, (), ("read",))], False),
        ([Consent(HOST, (), ("read", "write"))], True),
        ([Consent(HOST, (), ("read", "write", "more"))], True),
        ([Consent(HOST, (), ("read",)), Consent(HOST, (), ("write",))], True),
        ([Consent("other.example.com", (), ("read", "write"))], False),
        ([Consent(HOST + ":8443", (), ("read", "write"))], False),
        ([Consent(HOST, (), ("read",)), Consent("other.example.com", (), ("write",))], False),
    ],
)
def test_rule_14_scopes_and_redirect_host_are_remembered_together(
    consents: list[Consent], remembered: bool, a_client: Callable[..., Client]
) -> None:
    asked = request(a_client(), "https://app.example.com/callback", ("read", "write"))
    assert is_remembered(asked, consents) is remembered


@pytest.mark.parametrize(
    ("allowed", "asked", "remembered"),
    [
        ((), (), True),
        ((A,), (A,), True),
        ((A, B), (A,), True),
        ((A, B), (B, A), True),
        ((A,), (A, B), False),
        # No resource means every API that shares a scope, which is more than any named one.
        ((A,), (), False),
        ((), (A,), False),
    ],
)
def test_rule_14_so_are_resources(
    allowed: tuple[str, ...], asked: tuple[str, ...], remembered: bool, a_client: Callable[..., Client]
) -> None:
    one = request(a_client(), "https://app.example.com/callback", ("read",), asked)
    assert is_remembered(one, [Consent(HOST, allowed, ("read",))]) is remembered


@pytest.mark.parametrize(
    ("client_type", "uri", "host", "remembered"),
    [
        ("public", "http://127.0.0.1:5000/cb", "127.0.0.1", False),
        ("public", "http://localhost/cb", "localhost", False),
        ("public", "com.example.app:/cb", "com.example.app", False),
        ("public", "https://app.example.com/cb", HOST, True),
        ("confidential", "http://127.0.0.1:5000/cb", "127.0.0.1", True),
    ],
)
def test_rule_14_a_public_native_client_is_always_asked(
    client_type: str, uri: str, host: str, remembered: bool, a_client: Callable[..., Client]
) -> None:
    asked = request(a_client(type=client_type), uri, ("read",))
    assert is_remembered(asked, [Consent(host, (), ("read",))]) is remembered


def test_offline_access_is_asked_for_like_a_scope(a_client: Callable[..., Client]) -> None:
    asked = request(a_client(), "https://app.example.com/callback", ("read", "offline_access"))
    assert not is_remembered(asked, [Consent(HOST, (), ("read",))])
    assert is_remembered(asked, [Consent(HOST, (), ("read", "offline_access"))])
