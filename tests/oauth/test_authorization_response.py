"""The redirect that carries an answer (RFC 6749 §4.1.2, RFC 9207, rule 4)."""

from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.authorization_response import Redirect
from oauthsrv.oauth.errors import AccessDenied

ISSUER = "https://login.example.com"


def answered(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)


def test_rule_4_an_answer_carries_code_state_and_issuer() -> None:
    url = Redirect("https://app.example.com/cb?tenant=7", "s", ISSUER).with_parameters([("code", "oac_x")])
    assert answered(url) == [("tenant", "7"), ("code", "oac_x"), ("state", "s"), ("iss", ISSUER)]


def test_rule_4_an_error_carries_state_and_issuer_too() -> None:
    error = AccessDenied("the user said no")
    url = Redirect("com.example.app:/cb", "s", ISSUER).with_parameters(error.body().items())
    assert answered(url) == [*error.body().items(), ("state", "s"), ("iss", ISSUER)]
    assert url.startswith("com.example.app:/cb?error=access_denied&")


def test_no_state_is_no_state() -> None:
    assert answered(Redirect("https://app.example.com/cb", None, ISSUER).with_parameters([("code", "c")])) == [
        ("code", "c"),
        ("iss", ISSUER),
    ]


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_rule_4_state_comes_back_exactly_and_breaks_nothing(state: str) -> None:
    url = Redirect("https://app.example.com/cb", state, ISSUER).with_parameters([("code", "c")])
    assert dict(answered(url))["state"] == state
    assert url.isascii()
    assert url.isprintable()
    # Also for those who undo percents alone, and know nothing of plus signs.
    assert unquote(url.split("&state=")[1].split("&iss=")[0]) == state
