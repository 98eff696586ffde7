"""Providers that do what no provider should, and discovery of those that do as they should."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from client.provider import Answer, Provider, as_form, as_json, refused
from client.screen import Screen
from oauthsrv.client import ErrorCode, Failure, MemoryTokenStorage, OAuthProvider, OAuthService, Success, http
from oauthsrv.client.http import MOST_BYTES

GOOD = {"access_token": "at-1", "token_type": "bearer"}


def failure(result: object) -> Failure:
    assert isinstance(result, Failure), result
    return result


# What a token endpoint may return: the response, and part of the message.
MISBEHAVING: dict[str, tuple[Answer, str]] = {
    "500": ((500, "text/html", "<h1>Oops</h1>"), "answered 500"),
    "500 in JSON": (as_json({"message": "oops"}, 500), "answered 500"),
    "503 with an error": (refused("temporarily_unavailable", "come back", 503), "temporarily_unavailable: come back"),
    "garbage": ((200, "application/json", "{not json"), "neither JSON nor a form"),
    "an empty body": ((200, "application/json", ""), "neither JSON nor a form"),
    "a list": (as_json([GOOD]), "neither JSON nor a form"),
    "a web page": ((200, "text/html", "<!DOCTYPE html>"), "neither JSON nor a form"),
    "deep nesting": ((200, "application/json", "[" * 100_000), "neither JSON nor a form"),
    "an error with status 200": (refused("bad_verification_code", "The code is wrong.", 200), "bad_verification_code"),
    "an error as a form": (as_form({"error": "incorrect_client_credentials"}), "incorrect_client_credentials"),
    "an error that is an object": (as_json({"error": {"code": 7}}), "code"),
    "no access token": (as_json({"token_type": "bearer"}), "access_token is missing"),
    "a token that is a number": (as_json({**GOOD, "access_token": 7}), "access_token is not text"),
    "a token with a line break": (as_json({**GOOD, "access_token": "a\r\nX: y"}), "a token may not have"),
    "tokens of another type": (as_json({**GOOD, "token_type": "DPoP"}), "DPoP"),
    "a redirect": ((303, "https://evil.example/token", ""), "redirects"),
    "no end": ((200, "application/json", " " * (MOST_BYTES + 1)), "never ends"),
}
IS_NETWORK = {"no end"}


@pytest.mark.parametrize("name", MISBEHAVING)
def test_a_login_with_a_token_endpoint_that_misbehaves(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str], name: str
) -> None:
    answer, expected = MISBEHAVING[name]
    provider.instead["/token"] = lambda received: answer
    failed = failure(oauth.authenticate(mine, "cli_1"))
    assert failed.code is (ErrorCode.NETWORK_ERROR if name in IS_NETWORK else ErrorCode.AUTH_FAILED)
    assert expected in failed.error
    assert oauth.storage.load_tokens("mine") is None


@pytest.mark.parametrize("name", MISBEHAVING)
def test_a_refresh_with_a_token_endpoint_that_misbehaves(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str], name: str
) -> None:
    answer, expected = MISBEHAVING[name]
    before = oauth.authenticate(mine, "cli_1")
    provider.instead["/token"] = lambda received: answer
    failed = failure(oauth.refresh_tokens("mine"))
    assert failed.code is (ErrorCode.NETWORK_ERROR if name in IS_NETWORK else ErrorCode.TOKEN_REFRESH_FAILED)
    assert expected in failed.error
    assert not failed.needs_login
    assert oauth.get_tokens("mine") == before
    del provider.instead["/token"]
    assert oauth.refresh_tokens("mine").ok


def test_tokens_as_a_form_are_understood(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    """GitHub's way; it says neither when they end nor gives a refresh token."""
    provider.instead["/token"] = lambda received: as_form({**GOOD, "scope": "repo,read:user"})
    result = oauth.authenticate(mine, "cli_1")
    assert isinstance(result, Success)
    assert result.value.access_token == "at-1"
    assert result.value.scopes == {"repo", "read:user"}
    assert not result.value.is_expired()
    assert oauth.ensure_valid_token("mine") == result
    assert provider.last("/token").form["grant_type"] == "authorization_code"


def test_json_is_understood_whatever_it_is_called(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    for kind in ("text/html", "application/x-www-form-urlencoded", ""):
        provider.instead["/token"] = lambda received, kind=kind: (200, kind, json.dumps(GOOD))
        assert oauth.authenticate(mine, "cli_1").ok


def test_a_refresh_token_that_is_not_rotated_goes_on(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    first = oauth.authenticate(mine, "cli_1")
    assert isinstance(first, Success)
    provider.instead["/token"] = lambda received: as_json({**GOOD, "access_token": f"at-{len(provider.received)}"})
    for _ in range(2):
        fresh = oauth.refresh_tokens("mine")
        assert isinstance(fresh, Success)
        assert provider.last("/token").form["refresh_token"] == first.value.refresh_token
        assert fresh.value.refresh_token == first.value.refresh_token


def test_without_expires_in_nothing_is_renewed_until_an_api_refuses(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.tokens = {"expires_in": None}
    first = oauth.authenticate(mine, "cli_1")
    assert isinstance(first, Success)
    assert oauth.ensure_valid_token("mine") == first
    assert provider.counts["refresh_token"] == 0
    renewed = oauth.ensure_valid_token("mine", rejected=first.value.access_token)
    assert isinstance(renewed, Success)
    assert renewed != first
    assert oauth.ensure_valid_token("mine", rejected=first.value.access_token) == renewed
    assert provider.counts["refresh_token"] == 1


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
def test_a_slow_server_is_given_up_after_the_time_that_was_set(
    mine: OAuthProvider, provider: Provider, opened: list[str], screen: Screen, drips: bool
) -> None:
    """Also one that sends a byte now and then, with which a socket's own time-out never comes."""
    oauth = OAuthService(MemoryTokenStorage(), terminal=screen, http_seconds=0.5)
    assert OAuthService(oauth.storage, terminal=screen).authenticate(mine, "cli_1").ok
    slow = dripping() if drips else silent()
    remembered = oauth.storage.load("mine")
    assert remembered
    assert remembered.config
    oauth.storage.save("mine", replace(remembered, config=replace(remembered.config, token_url=slow)))
    began = time.monotonic()
    failed = failure(oauth.refresh_tokens("mine"))
    assert failed.code is ErrorCode.NETWORK_ERROR
    assert "did not answer within 0.5 seconds" in failed.error
    assert time.monotonic() - began < 4


def listener(talk: Callable[[Any], None]) -> str:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:  # a refresh without an answer is sent a second time
            connection, _ = server.accept()
            threading.Thread(target=talked, args=(connection,), daemon=True).start()

    def talked(connection: Any) -> None:
        with contextlib.suppress(OSError):
            talk(connection)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/token"


def silent() -> str:
    def listen(connection: Any) -> None:
        while connection.recv(1 << 16):
            pass

    return listener(listen)


def dripping() -> str:
    def drip(connection: Any) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)

    return listener(drip)


def test_a_server_that_is_not_there(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate(mine, "cli_1").ok
    provider.close()
    for result in (oauth.refresh_tokens("mine"), oauth.authenticate("mine", "cli_1")):
        failed = failure(result)
        assert failed.code is ErrorCode.NETWORK_ERROR
        assert "Connection refused" in failed.error


def test_no_proxy_hears_what_stays_on_this_machine(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert oauth.authenticate(mine, "cli_1").ok


@pytest.mark.parametrize("is_here", [True, False], ids=["on this machine", "elsewhere"])
def test_credentials_of_netrc_are_not_sent(
    oauth: OAuthService,
    mine: OAuthProvider,
    provider: Provider,
    opened: list[str],
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_here: bool,
) -> None:
    """requests takes them where it is given none, and a server then finds two ways of authentication at once."""
    monkeypatch.setattr(http, "is_loopback", lambda host: is_here)
    (own_home / ".netrc").write_text("machine 127.0.0.1 login outsider password x\n")
    assert oauth.authenticate(mine, "cli_1").ok
    assert provider.last("/token").authorization == ""


# Discovery


@pytest.mark.parametrize("path", ["", "/tenant/7"])
def test_an_issuer_with_or_without_a_path_is_found(oauth: OAuthService, opened: list[str], path: str) -> None:
    """RFC 8414 §3.1: the well-known part stands before the path."""
    with Provider(path) as provider:
        assert oauth.authenticate("new", "cli_1", issuer=provider.issuer).ok
        assert provider.received[0].path == f"/.well-known/oauth-authorization-server{path}"


@pytest.mark.parametrize(
    "at", ["/tenant/7/.well-known/openid-configuration", "/.well-known/openid-configuration/tenant/7"]
)
def test_openid_providers_are_found_too(oauth: OAuthService, opened: list[str], at: str) -> None:
    with Provider("/tenant/7") as provider:
        provider.instead["/.well-known/oauth-authorization-server/tenant/7"] = lambda received: as_json({}, 404)
        provider.instead[at] = lambda received: as_json(provider.described())
        assert oauth.authenticate("new", "cli_1", issuer=provider.issuer).ok


def test_a_slash_at_the_end_is_forgiven_and_the_servers_own_spelling_counts(
    oauth: OAuthService, provider: Provider, opened: list[str]
) -> None:
    provider.metadata = {"issuer": provider.origin + "/"}
    provider.callback = {"iss": provider.origin + "/"}
    assert oauth.authenticate("new", "cli_1", issuer=provider.origin).ok


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"issuer": "https://evil.example"}, "names the issuer"),
        ({"issuer": None}, "names the issuer"),
        ({"token_endpoint": None}, "token_endpoint is missing"),
        ({"token_endpoint": "http://10.0.0.1/token"}, "plain http"),
        ({"token_endpoint": 7}, "token_endpoint is not text"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"authorization_endpoint": None}, "no sign-in by browser"),
    ],
    ids=str,
)
def test_metadata_that_cannot_be_trusted_or_used(
    oauth: OAuthService, provider: Provider, metadata: dict[str, Any], expected: str
) -> None:
    provider.metadata = metadata
    failed = failure(oauth.authenticate("new", "cli_1", issuer=provider.issuer))
    assert failed.code is ErrorCode.AUTH_FAILED
    assert expected in failed.error


def test_no_server_there_is_not_found(oauth: OAuthService, provider: Provider) -> None:
    failed = failure(oauth.authenticate("new", "cli_1", issuer=provider.origin + "/elsewhere"))
    assert failed.code is ErrorCode.NOT_FOUND
    assert "answers 404" in failed.error


def test_metadata_that_is_no_json(oauth: OAuthService, provider: Provider) -> None:
    provider.instead["/.well-known/oauth-authorization-server"] = lambda received: (200, "text/html", "<h1>")
    assert "JSON" in failure(oauth.authenticate("new", "cli_1", issuer=provider.origin)).error


@pytest.mark.parametrize("issuer", ["http://auth.example.com", "auth.example.com", "https://a.example/?x", "ftp://a"])
def test_an_issuer_that_is_none(oauth: OAuthService, issuer: str) -> None:
    assert failure(oauth.authenticate("new", "cli_1", issuer=issuer)).code is ErrorCode.CONFIG_MISSING


@pytest.mark.parametrize(
    ("methods", "by_form"),
    [(None, False), (["client_secret_basic", "client_secret_post"], False), (["client_secret_post"], True)],
    ids=str,
)
def test_the_client_proves_itself_as_the_server_wants(
    oauth: OAuthService, provider: Provider, opened: list[str], methods: list[str] | None, by_form: bool
) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": methods}
    assert oauth.authenticate("new", "cli+1", "s%c&ret", issuer=provider.issuer).ok
    sent = provider.last("/token")
    assert sent.basic == (None if by_form else ("cli+1", "s%c&ret"))
    assert (sent.form.get("client_secret") == "s%c&ret") == by_form
    assert by_form or "client_id" not in sent.form


def test_a_login_again_asks_for_the_metadata_again(oauth: OAuthService, provider: Provider, opened: list[str]) -> None:
    assert oauth.authenticate("new", "cli_1", issuer=provider.issuer).ok
    assert oauth.refresh_tokens("new").ok
    assert provider.counts["/.well-known/oauth-authorization-server"] == 1
    moved = f"{provider.origin}/moved"
    provider.metadata = {"token_endpoint": moved}
    provider.instead["/moved"] = provider.token
    assert oauth.authenticate("new").ok
    assert provider.received[-1].path == "/moved"


def test_nothing_secret_is_logged(
    oauth: OAuthService,
    mine: OAuthProvider,
    provider: Provider,
    opened: list[str],
    caplog: pytest.LogCaptureFixture,
    screen: Screen,
) -> None:
    caplog.set_level("DEBUG")
    tokens = oauth.authenticate(mine, "cli_1", "the-client-secret")
    assert isinstance(tokens, Success)
    fresh = oauth.refresh_tokens("mine")
    assert isinstance(fresh, Success)
    assert oauth.logout("mine").ok
    secrets = ["the-client-secret", *(one.value.access_token for one in (tokens, fresh))]
    secrets += [str(one.value.refresh_token) for one in (tokens, fresh)] + list(provider.codes)
    for secret in secrets:
        assert secret not in caplog.text + screen.said + "\n".join(screen.shown)
