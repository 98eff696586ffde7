"""What a code exchange must fit before the code is spent, and the response (RFC 6749 §4.1.3, §5.1, rules 2, 3, 10)."""

from collections.abc import Callable

import pytest

from oauthsrv.oauth.errors import InvalidGrant, InvalidRequest
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AuthorizationCode, Client
from oauthsrv.oauth.token_request import check_code, token_response

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def exchange(**fields: str) -> Parameters:
    return Parameters(tuple(fields.items()))


def test_rule_2_the_redirect_uri_may_be_absent_and_is_equal_if_sent(
    a_code: Callable[..., AuthorizationCode], a_client: Callable[..., Client]
) -> None:
    code = a_code(code_challenge=CHALLENGE, redirect_uri="http://127.0.0.1:51234/cb")
    check_code(code, a_client(), exchange(code_verifier=VERIFIER))
    check_code(code, a_client(), exchange(code_verifier=VERIFIER, redirect_uri=code.redirect_uri))
    for other in ("http://127.0.0.1:51235/cb", "http://127.0.0.1/cb", "http://127.0.0.1:51234/cb/", "x"):
        with pytest.raises(InvalidGrant, match="redirect_uri"):
            check_code(code, a_client(), exchange(code_verifier=VERIFIER, redirect_uri=other))


@pytest.mark.parametrize(("challenge", "is_needed"), [(None, True), (CHALLENGE, False)])
def test_rule_3_without_pkce_the_redirect_uri_must_be_sent_again(
    challenge: str | None,
    is_needed: bool,
    a_code: Callable[..., AuthorizationCode],
    a_client: Callable[..., Client],
) -> None:
    code = a_code(code_challenge=challenge)
    verifier = {"code_verifier": VERIFIER} if challenge else {}
    check_code(code, a_client(), exchange(redirect_uri=code.redirect_uri, **verifier))
    if not is_needed:
        check_code(code, a_client(), exchange(**verifier))
        return
    with pytest.raises(InvalidGrant, match="redirect_uri differs from the one"):
        check_code(code, a_client(), exchange(**verifier))


def test_rule_10_a_code_is_of_no_use_to_another_client(
    a_code: Callable[..., AuthorizationCode], a_client: Callable[..., Client]
) -> None:
    with pytest.raises(InvalidGrant) as refusal:
        check_code(a_code(), a_client(client_id="cli_" + "d" * 32), exchange())
    # The same text as for an unknown code.
    assert refusal.value.description == InvalidGrant().description


@pytest.mark.parametrize(
    ("challenge", "fields"),
    [(CHALLENGE, {}), (CHALLENGE, {"code_verifier": "x" * 43}), (None, {"code_verifier": VERIFIER})],
)
def test_rule_3_the_verifier_must_fit(
    challenge: str | None,
    fields: dict[str, str],
    a_code: Callable[..., AuthorizationCode],
    a_client: Callable[..., Client],
) -> None:
    code = a_code(code_challenge=challenge)
    with pytest.raises(InvalidGrant, match="code_verifier"):
        check_code(code, a_client(), exchange(redirect_uri=code.redirect_uri, **fields))


def test_rule_11_a_repeated_verifier_is_an_invalid_request(
    a_code: Callable[..., AuthorizationCode], a_client: Callable[..., Client]
) -> None:
    twice = Parameters((("code_verifier", VERIFIER), ("code_verifier", VERIFIER)))
    with pytest.raises(InvalidRequest):
        check_code(a_code(code_challenge=CHALLENGE), a_client(), twice)


def test_a_token_response_says_what_was_granted() -> None:
    response = token_response(
        access_token="oat_x", expires_in=60, scopes=("a", "b"), refresh_token="ort_x", refresh_expires_in=600
    )
    assert response == {
        "access_token": "oat_x",
        "token_type": "Bearer",
        "expires_in": 60,
        "refresh_token": "ort_x",
        "refresh_token_expires_in": 600,
        "scope": "a b",
    }
    assert "refresh_token" not in token_response(access_token="oat_x", expires_in=60, scopes=("a",))
