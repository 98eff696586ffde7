"""The values of the client: PKCE, tokens, providers, configurations."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest

from oauthsrv import client
from oauthsrv.client import AuthStatus, ErrorCode, Failure, OAuthProvider, OAuthTokens, PKCEChallenge, Success

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

EVERY_VALUE = {
    "access_token": "at-1",
    "token_type": "Bearer",
    "expires_in": 3600.0,
    "refresh_token": "rt-1",
    "scope": "read:data",
    "issued_at": 1_700_000_000.0,
}


def test_everything_that_is_named_can_be_imported() -> None:
    assert [name for name in client.__all__ if not hasattr(client, name)] == []
    with pytest.raises(AttributeError):
        client.OAuthNothing  # noqa: B018


def test_the_vector_of_rfc_7636_appendix_b() -> None:
    assert PKCEChallenge.from_verifier(VERIFIER) == PKCEChallenge(VERIFIER, CHALLENGE, "S256")
    assert PKCEChallenge.from_verifier(VERIFIER).code_challenge == CHALLENGE


def test_a_challenge_is_always_s256_and_its_verifiers_own() -> None:
    for wrong in [(VERIFIER, VERIFIER, "plain"), (VERIFIER, VERIFIER, "S256"), (VERIFIER[:42], CHALLENGE, "S256")]:
        with pytest.raises(ValueError, match="code_"):
            PKCEChallenge(*wrong)


def test_each_challenge_is_new_and_none_can_be_changed() -> None:
    made = {PKCEChallenge.generate() for _ in range(50)}
    assert len({one.code_verifier for one in made}) == 50
    one = made.pop()
    assert (len(one.code_verifier), len(one.code_challenge), one.code_challenge_method) == (64, 43, "S256")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.code_verifier = VERIFIER


def test_nothing_secret_shows_when_a_value_is_printed() -> None:
    config = OAuthProvider("mine", issuer="https://a.example").to_config("cli_1", "the-secret")
    tokens = OAuthTokens("the-secret-token", refresh_token="the-secret-refresh")
    shown = repr([config, tokens, Success(tokens), PKCEChallenge.from_verifier(VERIFIER)])
    assert "the-secret" not in shown
    assert VERIFIER not in shown


def test_tokens_survive_being_written_down() -> None:
    tokens = OAuthTokens.from_dict(EVERY_VALUE)
    assert tokens.to_dict() == EVERY_VALUE
    assert OAuthTokens.from_dict(tokens.to_dict() | {"of a later version": 1}) == tokens


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "at\r\nX-Evil: 1"},
        {"access_token": "at-1", "refresh_token": ["rt"]},
        {"access_token": "at-1", "scope": {"a": 1}},
        [],
        "at-1",
    ],
    ids=str,
)
def test_what_is_no_token_is_a_value_error(broken: Any) -> None:
    with pytest.raises(ValueError, match=r"token|scope"):
        OAuthTokens.from_dict(broken)


def test_tokens_are_expired_a_minute_early_by_default() -> None:
    now = time.time()
    assert OAuthTokens("at", expires_in=3600, issued_at=now - 3541).is_expired()
    assert not OAuthTokens("at", expires_in=3600, issued_at=now - 3530).is_expired()
    assert not OAuthTokens("at", expires_in=3600, issued_at=now - 3541).is_expired(buffer_seconds=0)
    assert OAuthTokens("at", expires_in=3600, issued_at=now - 3600).is_expired(0)


def test_without_expires_in_tokens_do_not_expire() -> None:
    tokens = OAuthTokens.from_response({"access_token": "at"})
    assert (tokens.expires_in, tokens.expires_at, tokens.is_expired()) == (None, None, False)
    assert not dataclasses.replace(tokens, issued_at=0).is_expired()


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        *[(3600, 3600), ("3600", 3600), (0, 0), (12.5, 12.5), (-1, 0), (-5, 0)],
        *[(wrong, None) for wrong in ("soon", True, [], float("nan"), float("inf"), 10**400)],
    ],
    ids=lambda value: str(value)[:12],
)
def test_expires_in_is_a_number_of_seconds_or_counts_as_not_shown(sent: Any, understood: float | None) -> None:
    assert OAuthTokens.from_response({"access_token": "at", "expires_in": sent}).expires_in == understood


def test_a_response_is_dated_now_whatever_it_says() -> None:
    assert abs(OAuthTokens.from_response({"access_token": "at", "issued_at": 5}).issued_at - time.time()) < 5


def test_a_refresh_keeps_what_the_server_leaves_out() -> None:
    """RFC 6749 §6: a refresh token that is not rotated goes on, and so does the scope."""
    before = OAuthTokens.from_dict(EVERY_VALUE)
    kept = OAuthTokens.from_response({"access_token": "at-2"}, previous=before)
    assert (kept.access_token, kept.refresh_token, kept.scope) == ("at-2", "rt-1", "read:data")
    changed = OAuthTokens.from_response({"access_token": "a", "refresh_token": "rt-2", "scope": "x"}, previous=before)
    assert (changed.refresh_token, changed.scope) == ("rt-2", "x")


def test_a_first_answer_without_scope_grants_what_was_requested() -> None:
    """RFC 6749 §5.1."""
    assert OAuthTokens.from_response({"access_token": "at"}, requested=("a", "b")).scope == "a b"
    assert OAuthTokens.from_response({"access_token": "at", "scope": "a"}, requested=("a", "b")).scope == "a"


def test_only_bearer_tokens_are_of_use() -> None:
    assert OAuthTokens.from_response({"access_token": "at", "token_type": "bearer"}).token_type == "bearer"
    with pytest.raises(ValueError, match="DPoP"):
        OAuthTokens.from_response({"access_token": "at", "token_type": "DPoP"})


def test_scopes_are_read_as_github_writes_them_too() -> None:
    assert OAuthTokens("at", scope="repo,read:user").scopes == {"repo", "read:user"}
    assert OAuthTokens("at", scope="repo read:user").scopes == {"repo", "read:user"}


def test_a_provider_becomes_a_configuration_with_credentials() -> None:
    provider = OAuthProvider(
        "mine",
        auth_url="https://a.example/authorize",
        token_url="https://a.example/token",
        scopes=["read", "write"],
        audience="api.example",
        extra_auth_params={"prompt": "consent"},
    )
    config = provider.to_config("cli_1", client_secret="s")
    assert (config.client_id, config.client_secret) == ("cli_1", "s")
    for each in dataclasses.fields(OAuthProvider):
        assert getattr(config, each.name) == getattr(provider, each.name)
    assert provider.to_config("cli_1").client_secret is None
    assert not hasattr(provider, "client_id")


def test_scopes_may_be_written_as_they_travel() -> None:
    assert OAuthProvider("mine", scopes="a b").scopes == ["a", "b"]
    assert OAuthProvider("mine", scopes=["a", "b"]).scopes == ["a", "b"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service_name", "../mine"),
        ("service_name", ""),
        ("service_name", ".hidden"),
        ("service_name", "a/b"),
        ("service_name", "a\n"),
        ("service_name", "é"),
        ("service_name", "a" * 65),
        ("token_url", "http://a.example/token"),
        ("token_url", "ftp://a.example/token"),
        ("token_url", "https://user@a.example/token"),
        ("token_url", "https://a.example/to ken"),
        ("token_url", "https://a.example:port/"),
        ("token_url", "/token"),
        ("auth_url", "http://127.0.0.1.example/authorize"),
        ("auth_url", "https://a.example/#x"),
        ("revocation_url", "http://a.example"),
        ("device_url", "javascript:alert(1)"),
        ("registration_url", "http://[::2]/"),
        ("resources_url", "http://10.0.0.1/"),
        ("issuer", "http://a.example"),
        ("issuer", "https://a.example?x=1"),
        ("redirect_host", "0.0.0.0"),
        ("redirect_ports", (0,)),
        ("redirect_ports", (70000,)),
        ("redirect_path", "callback"),
        ("redirect_path", "/callback?x=1"),
        ("extra_auth_params", {"state": "fixed"}),
        ("extra_auth_params", {"code_challenge_method": "plain"}),
        ("token_auth_method", "private_key_jwt"),
    ],
    ids=str,
)
def test_a_provider_that_could_not_work_or_would_leak_is_a_value_error(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        OAuthProvider(**{"service_name": "mine", field: value})


def test_plain_http_is_for_this_machine_alone() -> None:
    for host in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.1.2.3"):
        assert OAuthProvider("mine", token_url=f"http://{host}/token").token_url


def test_the_statuses_and_codes_are_those_that_were_agreed() -> None:
    assert set(AuthStatus) == {"NOT_AUTHENTICATED", "AUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REFRESH_FAILED"}
    assert set(ErrorCode) == {
        *("AUTH_REQUIRED", "AUTH_FAILED", "AUTH_CANCELLED", "TOKEN_EXPIRED", "TOKEN_REFRESH_FAILED"),
        *("CONFIG_MISSING", "NOT_FOUND", "TIMEOUT", "NETWORK_ERROR"),
    }


def test_a_failure_says_whether_logging_in_again_helps() -> None:
    assert Failure("", ErrorCode.AUTH_REQUIRED).needs_login
    assert Failure("", ErrorCode.TOKEN_EXPIRED).needs_login
    assert Failure("", ErrorCode.TOKEN_REFRESH_FAILED, "invalid_grant").needs_login
    assert not Failure("", ErrorCode.TOKEN_REFRESH_FAILED).needs_login
    assert not Failure("", ErrorCode.NETWORK_ERROR).needs_login
    assert (Success(1).ok, Failure("", ErrorCode.TIMEOUT).ok) == (True, False)
