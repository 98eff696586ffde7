"""The responses of introspection (RFC 7662 §2.2, rule 10)."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from oauthsrv.oauth.introspection import (
    INACTIVE,
    access_token_response,
    is_meant_for,
    refresh_token_response,
)
from oauthsrv.oauth.records import AccessToken, Api, Client, Family

ISSUER = "https://login.example.com"
SCOPES = ("read:data", "write:data")
A, B = "https://api.example.com", "https://b.example"


Make = Callable[..., AccessToken]


def test_the_response_for_a_user(an_access_token: Make, a_client: Callable[..., Client]) -> None:
    assert access_token_response(an_access_token(), a_client(), SCOPES, ISSUER) == {
        "active": True,
        "iss": ISSUER,
        "client_id": "cli_" + "c" * 32,
        "scope": "read:data write:data",
        "sub": "subject-1",
        "token_type": "Bearer",
        "iat": 1_700_000_000,
        "exp": 1_700_003_600,
    }


def test_a_client_with_a_document_is_named_by_its_address(
    an_access_token: Make, a_client: Callable[..., Client]
) -> None:
    client = a_client(document_url="https://app.example/client.json")
    assert access_token_response(an_access_token(), client, SCOPES, ISSUER)["client_id"] == client.document_url


def test_the_subject_of_a_token_without_a_user_is_its_client(
    an_access_token: Make, a_client: Callable[..., Client]
) -> None:
    answer = access_token_response(an_access_token(subject=None), a_client(), SCOPES, ISSUER)
    assert answer["sub"] == answer["client_id"]


@pytest.mark.parametrize(("resources", "audience"), [((), None), ((A,), A), ((A, B), [A, B])])
def test_resources_are_shown_as_the_audience(
    resources: tuple[str, ...], audience: object, an_access_token: Make, a_client: Callable[..., Client]
) -> None:
    token = an_access_token(resources=resources)
    assert access_token_response(token, a_client(), SCOPES, ISSUER).get("aud") == audience


def test_a_refresh_token_is_described_without_a_token_type(
    a_family: Callable[..., Family], a_client: Callable[..., Client], now: datetime
) -> None:
    answer = refresh_token_response(a_family(expires_at=now), a_client(), SCOPES, ISSUER)
    assert answer["active"] is True
    assert answer["exp"] == int(now.timestamp())
    assert "token_type" not in answer


def test_inactive_says_nothing_more() -> None:
    assert json.dumps(INACTIVE) == '{"active": false}'


@pytest.mark.parametrize(
    ("resources", "scopes", "meant"),
    [
        ((), ("read:data", "write:data"), True),
        ((), ("write:data",), False),
        ((), (), False),
        ((A,), ("write:data",), True),
        ((B, A), ("read:data",), True),
        ((B,), ("read:data",), False),
    ],
)
def test_rule_10_an_api_sees_only_tokens_meant_for_it(
    resources: tuple[str, ...],
    scopes: tuple[str, ...],
    meant: bool,
    an_access_token: Callable[..., AccessToken],
    an_api: Callable[..., Api],
) -> None:
    assert is_meant_for(an_access_token(resources=resources, scopes=scopes), an_api()) is meant
