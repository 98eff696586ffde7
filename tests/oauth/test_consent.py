"""What is remembered of earlier answers, and what an answer allows (RFC 8252 §8.6, rule 14)."""

from collections.abc import Callable

import pytest

from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.authorization_response import Redirect
from oauthsrv.oauth.consent import allowed, are_usable, remembered
from oauthsrv.oauth.records import Client, Consent

A, B = "https://a.example", "https://b.example"
HOST = "app.example.com"


def request(client: Client, uri: str, scopes: tuple[str, ...], resources: tuple[str, ...] = ()) -> AuthorizationRequest:
    return AuthorizationRequest(
        client, Redirect(uri, None, "https://x.example"), scopes, resources, None, frozenset(), None, None
    )


@pytest.mark.parametrize(
    ("consents", "is_enough"),
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
    consents: list[Consent], is_enough: bool, a_client: Callable[..., Client]
) -> None:
    requested = request(a_client(), "https://app.example.com/callback", ("read", "write"))
    assert remembered(requested, consents).is_enough is is_enough


@pytest.mark.parametrize(
    ("given", "requested", "is_enough"),
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
    given: tuple[str, ...], requested: tuple[str, ...], is_enough: bool, a_client: Callable[..., Client]
) -> None:
    one = request(a_client(), "https://app.example.com/callback", ("read",), requested)
    assert remembered(one, [Consent(HOST, given, ("read",))]).is_enough is is_enough


@pytest.mark.parametrize(
    ("client_type", "uri", "host", "is_enough"),
    [
        ("public", "http://127.0.0.1:5000/cb", "127.0.0.1", False),
        ("public", "http://localhost/cb", "localhost", False),
        ("public", "com.example.app:/cb", "com.example.app", False),
        ("public", "https://app.example.com/cb", HOST, True),
        ("confidential", "http://127.0.0.1:5000/cb", "127.0.0.1", True),
    ],
)
def test_rule_14_a_public_native_client_is_always_asked(
    client_type: str, uri: str, host: str, is_enough: bool, a_client: Callable[..., Client]
) -> None:
    requested = request(a_client(type=client_type), uri, ("read",))
    assert remembered(requested, [Consent(host, (), ("read",))]).is_enough is is_enough


def test_offline_access_is_asked_for_like_a_scope(a_client: Callable[..., Client]) -> None:
    requested = request(a_client(), "https://app.example.com/callback", ("read", "offline_access"))
    assert not remembered(requested, [Consent(HOST, (), ("read",))]).is_enough
    assert remembered(requested, [Consent(HOST, (), ("read", "offline_access"))]).is_enough


# What a user may leave out


@pytest.fixture
def requested(a_client: Callable[..., Client]) -> AuthorizationRequest:
    """Of what it asks for, "more" and "extra" may be left out."""
    client = a_client(optional_scopes=frozenset({"more", "extra", "never-requested-for"}))
    return request(client, "https://app.example.com/callback", ("read", "more", "extra"))


@pytest.mark.parametrize(
    ("ticked", "expected"),
    [
        ((), ("read",)),
        (("more",), ("read", "more")),
        (("extra", "more"), ("read", "more", "extra")),
        # Boxes can only narrow.
        (("write", "never-requested-for", "offline_access"), ("read",)),
        (("read",), ("read",)),
    ],
)
def test_rule_14_what_is_required_counts_anyway_and_boxes_only_narrow(
    requested: AuthorizationRequest, ticked: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert allowed(requested, ticked) == expected


@pytest.mark.parametrize(
    ("given", "declined", "expected"),
    [
        (("read", "more", "extra"), (), ("read", "more", "extra")),
        (("read",), ("more", "extra"), ("read",)),
        (("read", "extra"), ("more",), ("read", "extra")),
        # About "extra" nothing was said.
        (("read",), ("more",), None),
        (("read", "more"), (), None),
        # What is required was not allowed, whatever was said about it when it was optional.
        (("more", "extra"), (), None),
        (("more", "extra"), ("read",), None),
    ],
)
def test_rule_14_what_was_left_out_is_not_asked_for_again(
    requested: AuthorizationRequest, given: tuple[str, ...], declined: tuple[str, ...], expected: tuple[str, ...] | None
) -> None:
    before = remembered(requested, [Consent(HOST, (), given, declined)])
    assert (before.allowed if before.is_enough else None) == expected
    assert before.declined == set(declined) - {"read"}


def test_rule_14_about_each_scope_the_latest_answer_counts(a_client: Callable[..., Client]) -> None:
    client = a_client(optional_scopes=frozenset({"more"}))
    requested = request(client, "https://app.example.com/callback", ("read", "more"), (A,))
    broad, narrow = Consent(HOST, (A, B), ("read", "more")), Consent(HOST, (A,), ("read",), ("more",))
    assert remembered(requested, [narrow, broad]).allowed == ("read",)
    assert remembered(requested, [broad, narrow]).allowed == ("read", "more")
    other = Consent(HOST, (B,), ("read",), ("more",))
    assert remembered(requested, [other, broad]).allowed == ("read", "more")


def test_what_would_give_nothing_is_asked_again(a_client: Callable[..., Client]) -> None:
    client = a_client(optional_scopes=frozenset({"more"}))
    requested = request(client, "https://app.example.com/callback", ("more", "offline_access"))
    before = remembered(requested, [Consent(HOST, (), ("read", "offline_access"), ("more",))])
    assert not before.is_enough
    assert before.declined == {"more"}
    assert not are_usable(allowed(requested, ()))
    assert are_usable(allowed(requested, ("more",)))


def test_rule_14_no_answer_of_a_native_public_client_is_enough(a_client: Callable[..., Client]) -> None:
    client = a_client(type="public", optional_scopes=frozenset({"more"}))
    requested = request(client, "com.example.app:/cb", ("read", "more"))
    before = remembered(requested, [Consent("com.example.app", (), ("read",), ("more",))])
    assert not before.is_enough
    assert before.declined == {"more"}
