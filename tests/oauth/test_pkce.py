"""PKCE with S256, for everyone (RFC 7636, rule 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.errors import InvalidGrant, InvalidRequest
from oauthsrv.oauth.pkce import challenge_of, check_challenge, check_verifier

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_rule_3_the_vector_of_appendix_b() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE
    assert check_challenge("S256", CHALLENGE) == CHALLENGE
    check_verifier(CHALLENGE, VERIFIER)


@pytest.mark.parametrize("method", [None, "plain", "s256", "S512", "S256 ", "S256 plain"])
def test_rule_3_plain_is_refused_also_when_it_is_the_default(method: str | None) -> None:
    with pytest.raises(InvalidRequest, match="S256"):
        check_challenge(method, CHALLENGE)


@pytest.mark.parametrize(
    "challenge",
    [
        None,
        CHALLENGE + "=",
        CHALLENGE[:-1],
        CHALLENGE + "A",
        CHALLENGE[:-1] + "N",
        CHALLENGE.replace("-", "+"),
        "é" * 43,
        "0" * 64,
    ],
)
def test_rule_3_a_challenge_is_the_base64url_of_a_sha256(challenge: str | None) -> None:
    with pytest.raises(InvalidRequest, match="code_challenge"):
        check_challenge("S256", challenge)


@pytest.mark.parametrize(
    "verifier",
    [
        VERIFIER[:-1] + "j",
        VERIFIER + "A",
        VERIFIER.upper(),
        CHALLENGE,
        VERIFIER[:42],
        "a" * 129,
        VERIFIER + "\n",
        VERIFIER + "=",
        VERIFIER[:-1] + "+",
        "é" * 43,
    ],
)
def test_rule_3_any_other_verifier_is_refused(verifier: str) -> None:
    with pytest.raises(InvalidGrant, match="code_verifier"):
        check_verifier(CHALLENGE, verifier)


@pytest.mark.parametrize("verifier", ["a" * 42, "a" * 129, "a" * 43 + "\n", "a" * 43 + "=", "a" * 43 + "/"])
def test_rule_3_a_verifier_has_its_length_and_alphabet_even_if_it_fits(verifier: str) -> None:
    with pytest.raises(InvalidGrant, match="43 to 128"):
        check_verifier(challenge_of(verifier), verifier)


def test_rule_3_a_missing_verifier_is_refused() -> None:
    with pytest.raises(InvalidGrant, match="missing"):
        check_verifier(CHALLENGE, None)


def test_rule_3_a_verifier_without_a_challenge_is_a_downgrade() -> None:
    with pytest.raises(InvalidGrant, match="no code_challenge"):
        check_verifier(None, VERIFIER)
    check_verifier(None, None)


@given(st.from_regex(r"[A-Za-z0-9._~-]{43,128}", fullmatch=True))
def test_every_verifier_fits_its_own_challenge(verifier: str) -> None:
    check_verifier(check_challenge("S256", challenge_of(verifier)), verifier)


@given(st.text(), st.text())
def test_rule_12_any_text_is_refused_with_the_right_error(challenge: str, verifier: str) -> None:
    with pytest.raises(InvalidGrant):
        check_verifier(challenge, verifier)
    with pytest.raises(InvalidRequest):
        check_challenge("S256", challenge)
