"""Base64url: one spelling for one value (RFC 4648 §3.5, §5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth import base64url


@given(st.binary(max_size=100))
def test_what_is_encoded_reads_back_the_same(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data), len(data)) == data


@given(st.binary(min_size=1, max_size=60), st.text(min_size=1, max_size=3))
def test_no_other_text_reads_as_the_same_value(data: bytes, more: str) -> None:
    text = base64url.encode(data)
    assert base64url.decode(text + more, len(data)) is None
    assert base64url.decode(more + text, len(data)) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("AB", 1),  # unused bits that are not zero
        ("AA==", 1),
        ("AA", 2),
        ("A", 1),
        ("AAA", 1),
        ("A+", 1),
        ("A/", 1),
        ("A\n", 1),
        (" AA", 2),
        ("AAA\n", 3),
        ("Ａａ", 1),
    ],
)
def test_other_spellings_are_refused(text: str, length: int) -> None:
    assert base64url.decode(text, length) is None


@given(st.text(max_size=8), st.integers(min_value=0, max_value=6))
def test_whatever_is_accepted_is_canonical(text: str, length: int) -> None:
    data = base64url.decode(text, length)
    assert data is None or base64url.encode(data) == text
