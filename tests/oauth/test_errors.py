"""Errors: the registered codes, and what a description may contain (RFC 6749 §5.2, rule 11)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth import errors
from oauthsrv.oauth.errors import InvalidClient, InvalidGrant, InvalidRequest, OAuthError

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, OAuthError) and value is not OAuthError
]
VALID = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


@pytest.mark.parametrize("error", CLASSES)
def test_rule_11_every_error_has_a_registered_code_and_a_valid_description(error: type[OAuthError]) -> None:
    body = error("detail").body()
    assert re.fullmatch(r"[a-z_]+", body["error"])
    assert VALID.fullmatch(body["error_description"])
    assert error().status in (400, 401, 500, 503)


def test_every_code_has_one_class() -> None:
    codes = [error.error for error in CLASSES]
    assert len(codes) == len(set(codes))


def test_rule_11_the_detail_is_logged_and_never_sent() -> None:
    error = InvalidGrant("the row said so")
    assert "the row said so" in str(error)
    assert "the row said so" not in str(error.body())


@given(st.text())
def test_rule_11_whatever_a_description_quotes_it_stays_valid(text: str) -> None:
    description = InvalidRequest(description=f"a{text}").body()["error_description"]
    assert VALID.fullmatch(description)
    assert len(description) <= errors.LONGEST_DESCRIPTION


def test_an_invalid_client_is_unauthorized() -> None:
    assert InvalidClient().status == 401
