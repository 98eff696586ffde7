"""What is kept of a refused request: enough to fix it, and nothing that could be a secret (rule 1)."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth import redaction
from oauthsrv.oauth.credentials import new_access_token, new_client_secret, new_code, new_device_code, new_refresh_token
from oauthsrv.oauth.errors import InvalidRequest, InvalidScope
from oauthsrv.oauth.parameters import Parameters, encode
from oauthsrv.oauth.redaction import CUT, ENCODED_AT_MOST, LONGEST, LOOKED_AT, redact_uri, redacted

CLIENT = "cli_" + "0" * 32
TOKENS = [new_access_token(CLIENT, None), new_refresh_token().text]
SECRETS = [*TOKENS, new_code(0), new_device_code(), new_client_secret()]


@pytest.mark.parametrize(
    "text",
    [
        "https://app.example/callback/",
        "http://127.0.0.1:5000/",
        "com.example.app:/oauth2redirect",
        "https://app.example/cb?tenant=7&mode=dark",
        "https://app.example/123e4567-e89b-12d3-a456-426614174000/cb",
        "https://my-app-git-abc123def456abc1.example/cb",
        "not a uri",
        "https://auth.example:8443/cb",
        "http://[::1]:5000/oauth/code/callback",
        "com.example.authapp:/callback",
        "com.googleusercontent.apps.123456-abcdef0123456789abcdef0123456789:/oauth2redirect",
        "https://zapier.example/dashboard/auth/oauth/return/App12345CLIAPI/",
        "https://app.example/Account/Login/Oauth2/Callback/Return",
        "https://social.example/@ada/cb",
    ],
)
def test_an_ordinary_address_is_kept_as_it_was_sent(text: str) -> None:
    assert redact_uri(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://app.example/cb?code=1", "https://app.example/cb…"),
        ("https://app.example/cb?my_State=1", "https://app.example/cb…"),
        ("https://app.example/cb#access_token=1", "https://app.example/cb…"),
        ("https://app.example/cb?next=https%3A%2F%2Fx%3Fcode%3D1", "https://app.example/cb…"),
        ("https://app.example/cb%3Fcode%3D1", "https://app.example/cb…"),
        ("https://app.example/cb?x=4fa0c2d18b7e4fa0c2d1", "https://app.example/cb…"),
        ("https://app.example/4fa0c2d18b7e4fa0c2d1/cb", "https://app.example/…"),
        ("https://ada:horse@app.example/cb", "https://…@app.example/cb"),
        ("4fa0c2d18b7e4fa0c2d18b7e", "…"),
        ("https:/ada:horse@app.example/cb", "https:/…@app.example/cb"),
        ("https://ada:horse%40app.example/cb", "https://…@app.example/cb"),
        ("https://app.example:horse/code=1", "https://app.example…"),
        ("https://app.example/cb&code=abc", "https://app.example/cb…"),
        ("https://app.example/cb%26code=abc", "https://app.example/cb…"),
        ("https://app.example/cb%252526code%25253Dabc", "https://app.example/cb…"),
        ("https://app.example/cb,code=abc", "https://app.example/cb…"),
        ("https://app.example/cb|code|abc", "https://app.example/cb…"),
        ("https://app.example/a/code:abc", "https://app.example/a/code…"),
        ("https://app.example/a/code%3Aabc", "https://app.example/a/code…"),
        ("https://app.example/code%25%33%44abc?x=1", "https://app.example/…"),
        ("https://app.example%3Fcode%3D1", "https://app.example…"),
        ("https://oat%5Fabc.example/cb", "https://…"),
        ("https://app.example/cb?x=aB3dE5gH7/jK9lM1+oP3", "https://app.example/cb…"),
        ("https://app.example/cb?pw=abc", "https://app.example/cb…"),
        ("https://app.example/cb?user=ada", "https://app.example/cb…"),
        ("https://app.example/cb?my_pass=abc", "https://app.example/cb…"),
        ("https://app.example/aB3-dE5-gH7_jK9-lM1_oP3/cb", "https://app.example/…"),
        ("https://app.example/cb/aB3dE5gH7/jK9lM1+oP3qR5sT7", "https://app.example…"),
        ("https://app.example/\x07\u202ecb", "https://app.example/\ufffd\ufffdcb"),
    ],
)
def test_rule_1_an_address_is_cut_where_something_secret_may_begin(text: str, kept: str) -> None:
    assert redact_uri(text) == kept


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:3])
@pytest.mark.parametrize("place", ["{}", "https://app.example/{}", "https://{}.example/", "https://a.example/?x={}"])
def test_rule_1_nothing_of_ours_is_kept_wherever_it_stands(secret: str, place: str) -> None:
    assert secret[8:] not in redact_uri(place.format(secret))
    for name, error in (
        ("redirect_uri", InvalidRequest(problem="redirect_uri_mismatch")),
        ("resource", InvalidRequest(problem="resource_unknown")),
        ("scope", InvalidScope(problem="scope_unknown")),
    ):
        parameters = Parameters.parse(encode([(name, place.format(secret)), ("state", secret)]))
        assert secret[8:] not in redacted(error, parameters)


@given(st.text(max_size=3000))
def test_rule_12_whatever_was_sent_what_is_kept_is_short_and_printable(text: str) -> None:
    kept = redact_uri(text)
    assert len(kept) <= LONGEST
    assert kept.isprintable()


def encoded(text: str, times: int) -> str:
    return encoded(quote(text, safe=""), times - 1) if times else text


def test_rule_1_whatever_is_encoded_more_often_than_is_looked_at_is_taken_for_a_secret() -> None:
    for times in range(1, ENCODED_AT_MOST + 4):
        assert redact_uri("https://app.example/" + encoded("x&code=abc", times)) in (
            "https://app.example/x…",
            "https://app.example/…",
        )


@pytest.mark.parametrize(
    "text", ["?" + "code" * 5000, "https://a.example/?" + "token" * 5000, "//" * 9000, "-a" * 9000, "a@" * 9000]
)
def test_rule_12_what_is_longer_than_a_bound_is_cut_before_anything_looks_at_it(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []
    plain = redaction.plain

    def seen(part: str) -> str:
        looked_at.append(len(part))
        return plain(part)

    monkeypatch.setattr(redaction, "plain", seen)
    for hostile in (text, quote(quote(text)), "https://a.example/" + text):
        looked_at.clear()
        redact_uri(hostile)
        assert looked_at
        # As a whole, its parts one by one, what comes before the cut, and what comes after the path.
        assert sum(looked_at) <= 4 * LOOKED_AT


def test_what_was_too_long_says_so() -> None:
    assert redact_uri("https://app.example/" + "a/" * 1000).endswith(CUT)


def test_scopes_are_kept_that_look_like_scopes() -> None:
    error = InvalidScope(problem="scope_unknown")
    sent = Parameters.parse(
        encode([("scope", f'read:data ä {SECRETS[0]} "x" 4fa0c2d18b7e4fa0c2d1 aB3-dE5-gH7_jK9-lM1_oP3 write')])
    )
    assert redacted(error, sent) == "read:data write"
    ordinary = "read:Profile https://www.example/auth/calendar.readonly write_Data2-all"
    assert redacted(error, Parameters((("scope", ordinary),))) == ordinary
    many = Parameters.parse(encode([("scope", " ".join(f"scope:{n}" for n in range(200)))]))
    assert 400 < len(redacted(error, many)) <= LONGEST


def test_of_a_missing_or_repeated_parameter_its_name_is_kept_if_we_know_it() -> None:
    nothing = Parameters(())
    assert redacted(InvalidRequest(problem="parameter_missing", about="code"), nothing) == "code"
    assert redacted(InvalidRequest(problem="parameter_repeated", about="my-own-secret"), nothing) == ""
    assert redacted(InvalidRequest(), Parameters((("redirect_uri", "https://x.example"),))) == ""
