"""The authorization request: every check, in order (RFC 6749 §4.1, RFC 9207, rule 3, rule 4)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.authorization_request import (
    AuthorizationRequest,
    Supported,
    after_sign_in,
    check,
    is_silent,
    trusted_redirect,
    with_another_account,
)
from oauthsrv.oauth.authorization_response import Redirect, RedirectError
from oauthsrv.oauth.errors import InvalidRequest, OAuthError, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client

ISSUER = "https://login.example.com"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CALLBACK = "https://app.example.com/callback"
API = "https://api.example.com"
SUPPORTED = Supported(["code", "code id_token"], ["query", "fragment"], {API})
GOOD = {
    "response_type": "code",
    "client_id": "cli_" + "c" * 32,
    "redirect_uri": CALLBACK,
    "scope": "read:data",
    "state": "xyz",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def request(changes: dict[str, str | None], *more: tuple[str, str]) -> Parameters:
    return Parameters((*((name, value) for name, value in {**GOOD, **changes}.items() if value), *more))


def checked(client: Client, *more: tuple[str, str], **changes: str | None) -> AuthorizationRequest:
    parameters = request(changes, *more)
    return check(parameters, client, trusted_redirect(parameters, client, ISSUER), SUPPORTED)


def test_a_good_request_passes(a_client: Callable[..., Client]) -> None:
    client = a_client()
    assert checked(client) == AuthorizationRequest(
        client=client,
        redirect=Redirect(CALLBACK, "xyz", ISSUER),
        scopes=("read:data",),
        resources=(),
        code_challenge=CHALLENGE,
        prompt=frozenset(),
        max_age=None,
        login_hint=None,
    )


def test_all_that_can_be_asked(a_client: Callable[..., Client]) -> None:
    checked_request = checked(
        a_client(),
        ("resource", API + "/"),
        ("resource", API),
        scope="write:data offline_access read:billing read:data",
        prompt="login consent",
        max_age="0",
        login_hint="olga@example.com",
        response_mode="query",
        nonce="n",
        unheard_of="x",
    )
    assert checked_request.scopes == ("read:data", "write:data", "offline_access")
    assert checked_request.resources == (API,)
    assert checked_request.prompt == {"login", "consent"}
    assert checked_request.max_age == 0
    assert checked_request.login_hint == "olga@example.com"


def test_without_a_scope_all_the_client_may_have_is_requested(a_client: Callable[..., Client]) -> None:
    assert checked(a_client(), scope=None).scopes == ("read:profile", "read:data", "write:data")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token code"}, "unsupported_response_type"),
        ({"response_type": "Code"}, "unsupported_response_type"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "read:billing"}, "invalid_scope"),
        ({"scope": "offline_access read:billing"}, "invalid_scope"),
        ({"scope": 'a"b'}, "invalid_scope"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"resource": API + "#x"}, "invalid_target"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"prompt": "None"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "\u0661"}, "invalid_request"),
        ({"max_age": "9" * 5000}, "invalid_request"),
    ],
)
def test_rule_4_what_is_wrong_in_a_request_goes_back_to_the_client(
    changes: dict[str, str | None], error: str, a_client: Callable[..., Client]
) -> None:
    with pytest.raises(RedirectError) as refusal:
        checked(a_client(), **changes)
    assert refusal.value.error.error == error
    assert refusal.value.redirect == Redirect(CALLBACK, "xyz", ISSUER, changes.get("response_mode"))
    sent = refusal.value.redirect.with_parameters(refusal.value.error.body().items())
    assert sent.startswith(f"{CALLBACK}?error={error}&error_description=")
    assert sent.endswith("&state=xyz&iss=https%3A%2F%2Flogin.example.com")


def test_a_response_type_and_mode_is_good_if_the_server_has_a_row_for_it(a_client: Callable[..., Client]) -> None:
    request = checked(a_client(), response_type="code id_token", response_mode="fragment")
    assert (request.response_type, request.redirect.mode) == ("code id_token", "fragment")


@pytest.mark.parametrize("name", ["response_type", "response_mode", "scope", "code_challenge", "prompt", "unheard_of"])
def test_rule_11_a_repeated_parameter_is_an_invalid_request(name: str, a_client: Callable[..., Client]) -> None:
    with pytest.raises(RedirectError, match="more than once") as refusal:
        checked(a_client(), (name, "x"), **{name: "x"})
    assert isinstance(refusal.value.error, InvalidRequest)


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        ((), {"client_id": None}),
        ((("client_id", "x"),), {}),
        ((("redirect_uri", CALLBACK),), {}),
        ((("state", "abc"),), {}),
        ((), {"redirect_uri": CALLBACK + "/"}),
        ((), {"redirect_uri": "https://app.example.com"}),
        ((), {"redirect_uri": "https://evil.example/callback"}),
        ((), {"redirect_uri": "https://app.example.com@evil.example/callback"}),
        ((), {"redirect_uri": CALLBACK + "\n"}),
        ((), {"redirect_uri": "javascript:alert(1)"}),
        ((), {"redirect_uri": CALLBACK + "?x=y", "response_type": "token"}),
    ],
)
def test_rule_4_without_a_trusted_redirect_uri_there_is_a_page_and_no_redirect(
    more: tuple[tuple[str, str], ...], changes: dict[str, str | None], a_client: Callable[..., Client]
) -> None:
    with pytest.raises(InvalidRequest):
        checked(a_client(), *more, **changes)


def test_a_client_that_may_not_use_codes_is_unauthorized(a_client: Callable[..., Client]) -> None:
    with pytest.raises(RedirectError) as refused:
        checked(a_client(grant_types=frozenset({"refresh_token"})))
    assert refused.value.error.error == "unauthorized_client"
    with pytest.raises(UnauthorizedClient) as page:
        trusted_redirect(request({}), a_client(grant_types=frozenset({"refresh_token"}), redirect_uris=()), ISSUER)
    assert page.value.problem == "grant_type_not_allowed"


def test_rule_4_an_unknown_client_gets_a_page() -> None:
    with pytest.raises(InvalidRequest):
        trusted_redirect(request({}), None, ISSUER)


def test_rule_6_a_suspended_client_gets_a_page(a_client: Callable[..., Client]) -> None:
    with pytest.raises(UnauthorizedClient):
        checked(a_client(suspended=True))


@pytest.mark.parametrize("prompt", ["none", "login", "consent", "select_account"])
def test_each_prompt_may_stand_alone(prompt: str, a_client: Callable[..., Client]) -> None:
    assert checked(a_client(), prompt=prompt).prompt == {prompt}


def test_a_redirect_uri_may_be_left_out_when_there_is_but_one(a_client: Callable[..., Client]) -> None:
    assert checked(a_client(), redirect_uri=None).redirect.redirect_uri == CALLBACK
    with pytest.raises(InvalidRequest, match="redirect_uri is missing"):
        checked(a_client(redirect_uris=(CALLBACK, CALLBACK + "2")), redirect_uri=None)


def test_rule_4_the_answer_goes_to_the_port_that_was_asked_for(a_client: Callable[..., Client]) -> None:
    client = a_client(type="public", redirect_uris=("http://127.0.0.1/cb",))
    checked_request = checked(client, redirect_uri="http://127.0.0.1:51234/cb")
    response = checked_request.redirect.with_parameters([("code", "oac_x")])
    assert response.startswith("http://127.0.0.1:51234/cb?code=oac_x&")


def test_rule_3_only_a_confidential_client_may_be_marked_as_unable_to_do_pkce(a_client: Callable[..., Client]) -> None:
    without = {"code_challenge": None, "code_challenge_method": None}
    assert checked(a_client(skips_pkce=True), **without).code_challenge is None
    assert checked(a_client(skips_pkce=True)).code_challenge == CHALLENGE
    for half in ({"code_challenge": None}, {"code_challenge_method": "plain"}, {"code_challenge_method": None}):
        with pytest.raises(RedirectError, match=r"^invalid_request"):
            checked(a_client(skips_pkce=True), **half)
    with pytest.raises(RedirectError, match=r"^invalid_request"):
        checked(a_client(skips_pkce=True, type="public"), **without)


def test_a_login_hint_that_cannot_be_one_is_not_used(a_client: Callable[..., Client]) -> None:
    assert checked(a_client(), login_hint="x" * 254).login_hint
    for hint in ("x" * 255, "a\nb", "a\u202eb"):
        assert checked(a_client(), login_hint=hint).login_hint is None


NAMES = st.sampled_from([*GOOD, "resource", "prompt", "max_age", "login_hint", "response_mode", "request", "x"])
TEXT = st.text(min_size=1) | st.sampled_from([*GOOD.values(), "none", API, "0", "query"])


@given(st.lists(st.tuples(NAMES, TEXT), max_size=15))
def test_rule_12_any_parameters_give_a_request_or_an_oauth_error(pairs: list[tuple[str, str]]) -> None:
    client = Client(
        "cli_" + "c" * 32, "App", "public", (CALLBACK,), ("read:data",), (), False, "usr_1", "O", True, False
    )
    parameters = Parameters(tuple(pairs))
    try:
        checked_request = check(parameters, client, trusted_redirect(parameters, client, ISSUER), SUPPORTED)
    except RedirectError as refusal:
        assert refusal.redirect.redirect_uri == CALLBACK
    except OAuthError:
        pass
    else:
        assert checked_request.scopes[0] == "read:data"
        assert checked_request.code_challenge


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"prompt": "login"}, {}),
        ({"prompt": "select_account  consent"}, {"prompt": "consent"}),
        ({"prompt": "none"}, {"prompt": "none"}),
        ({"prompt": "none login"}, {"prompt": "none login"}),
        ({"prompt": "sometimes login"}, {"prompt": "sometimes"}),
        ({"max_age": "0"}, {}),
        ({"max_age": "00"}, {}),
        ({"max_age": "60"}, {"max_age": "60"}),
        ({"max_age": "-0"}, {"max_age": "-0"}),
        ({"login_hint": "ada@example.com"}, {}),
    ],
)
def test_a_sign_in_answers_what_asks_for_one_and_nothing_else(sent: dict[str, str], kept: dict[str, str]) -> None:
    assert dict(after_sign_in(request(dict(sent))).pairs) == GOOD | kept
    another = dict(with_another_account(request(dict(sent))).pairs)
    assert "select_account" in another.pop("prompt").split()
    assert another == GOOD | {name: value for name, value in kept.items() if name != "prompt"}


@pytest.mark.parametrize("name", ["prompt", "max_age", "login_hint"])
def test_what_was_sent_twice_is_kept_to_be_refused(name: str) -> None:
    twice = request({}, (name, "0"), (name, "0"))
    assert after_sign_in(twice) == twice


def test_only_one_prompt_can_forbid_to_ask() -> None:
    assert is_silent(request({"prompt": "none"}))
    assert not is_silent(request({"prompt": "login"}))
    assert not is_silent(request({}, ("prompt", "none"), ("prompt", "none")))
