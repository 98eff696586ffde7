"""`auth=` for requests and httpx: a token on every request, renewed when it ends, once more when an API refuses it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests

from client.provider import Answer, Provider, Received
from client.screen import Screen
from oauthsrv.client import (
    Client,
    ErrorCode,
    MemoryTokenStorage,
    NoToken,
    OAuthHttpxAuth,
    OAuthProvider,
    OAuthRequestsAuth,
    OAuthService,
    create_client,
)


@pytest.fixture
def client(mine: OAuthProvider, provider: Provider, opened: list[str]) -> Client:
    client = create_client(MemoryTokenStorage(), providers=[mine], terminal=Screen())
    assert client.oauth.authenticate("mine", "cli_1").ok
    return client


def sent(provider: Provider) -> list[str]:
    return [received.authorization for received in provider.received if received.path == "/api"]


def test_requests_carry_a_token(client: Client, provider: Provider) -> None:
    answer = requests.get(f"{provider.origin}/api", auth=client.requests_auth("mine"), timeout=5)
    assert answer.status_code == 200
    with client.session("mine") as session:
        assert session.post(f"{provider.origin}/api", data="x").ok
    assert provider.counts["refresh_token"] == 0


def test_requests_renews_and_retries_once_after_a_401(client: Client, provider: Provider) -> None:
    provider.living.clear()
    answer = requests.post(f"{provider.origin}/api", data="body", auth=client.requests_auth("mine"), timeout=5)
    assert (answer.status_code, answer.text) == (200, "hello, you sent 'body'")
    first, second = sent(provider)
    assert first != second
    assert provider.counts["refresh_token"] == 1
    assert answer.history[0].status_code == 401


def test_requests_does_not_retry_twice(client: Client, provider: Provider) -> None:
    provider.instead["/api"] = lambda received: (401, "text/plain", "never")
    answer = requests.get(f"{provider.origin}/api", auth=client.requests_auth("mine"), timeout=5)
    assert answer.status_code == 401
    assert len(sent(provider)) == 2


def test_requests_hands_out_the_401_where_nothing_can_be_renewed(client: Client, provider: Provider) -> None:
    provider.living.clear()
    provider.refresh_tokens.clear()
    answer = requests.get(f"{provider.origin}/api", auth=client.requests_auth("mine"), timeout=5)
    assert (answer.status_code, answer.text) == (401, "who are you")
    assert len(sent(provider)) == 1


def test_requests_sends_a_file_again_from_where_it_stood(client: Client, provider: Provider) -> None:
    provider.living.clear()
    file = io.BytesIO(b"skip this, send that")
    file.seek(11)
    answer = requests.post(f"{provider.origin}/api", data=file, auth=client.requests_auth("mine"), timeout=5)
    assert answer.text == "hello, you sent 'send that'"


def test_requests_does_not_send_half_a_stream_again(client: Client, provider: Provider) -> None:
    provider.instead["/api"] = lambda received: (401, "text/plain", "no")

    def stream() -> Iterator[bytes]:
        yield b"once"

    answer = requests.post(f"{provider.origin}/api", data=stream(), auth=client.requests_auth("mine"), timeout=5)
    assert answer.status_code == 401
    assert len(sent(provider)) == 1


def test_requests_gives_no_token_to_the_host_it_is_redirected_to(client: Client, provider: Provider) -> None:
    """localhost is another host than 127.0.0.1."""
    with Provider() as outsider:
        elsewhere = outsider.origin.replace("127.0.0.1", "localhost")
        provider.instead["/api"] = lambda received: (303, f"{elsewhere}/api", "")
        answer = requests.get(f"{provider.origin}/api", auth=client.requests_auth("mine"), timeout=5)
        assert answer.status_code == 401
        assert sent(outsider) == [""]


def test_without_a_login_requests_raises_one_of_its_own_exceptions(provider: Provider) -> None:
    auth = OAuthRequestsAuth(OAuthService(MemoryTokenStorage()), "mine")
    with pytest.raises(requests.RequestException) as raised:
        requests.get(f"{provider.origin}/api", auth=auth, timeout=5)
    assert isinstance(raised.value, NoToken)
    assert raised.value.failure.code is ErrorCode.AUTH_REQUIRED
    assert provider.received == []


def test_httpx_carries_a_token_and_retries_once_after_a_401(client: Client, provider: Provider) -> None:
    with httpx.Client(auth=client.httpx_auth("mine"), trust_env=False) as web:
        assert web.get(f"{provider.origin}/api").status_code == 200
        provider.living.clear()
        answer = web.post(f"{provider.origin}/api", content="body")
        assert (answer.status_code, answer.text) == (200, "hello, you sent 'body'")
        assert provider.counts["refresh_token"] == 1
        provider.instead["/api"] = lambda received: (401, "text/plain", "never")
        assert web.get(f"{provider.origin}/api").status_code == 401
    assert len(sent(provider)) == 5


def test_httpx_hands_out_the_401_where_nothing_can_be_renewed_or_sent_again(client: Client, provider: Provider) -> None:
    def stream() -> Iterator[bytes]:
        yield b"once"

    provider.instead["/api"] = lambda received: (401, "text/plain", "no")
    with httpx.Client(auth=client.httpx_auth("mine"), trust_env=False) as web:
        assert web.post(f"{provider.origin}/api", content=stream()).status_code == 401
        provider.refresh_tokens.clear()
        assert web.get(f"{provider.origin}/api").status_code == 401
    assert len(sent(provider)) == 2


def test_httpx_does_the_same_without_blocking(client: Client, provider: Provider) -> None:
    async def calls() -> list[int]:
        async with httpx.AsyncClient(auth=client.httpx_auth("mine"), trust_env=False) as web:
            provider.living.clear()
            answers = await asyncio.gather(*(web.get(f"{provider.origin}/api") for _ in range(5)))
            provider.living.clear()
            provider.refresh_tokens.clear()
            last = await web.get(f"{provider.origin}/api")
            return [*(one.status_code for one in answers), last.status_code]

    assert asyncio.run(calls()) == [200] * 5 + [401]
    assert provider.counts["refresh_token"] == 2


def test_without_a_login_httpx_raises_one_of_its_own_exceptions(provider: Provider) -> None:
    auth = OAuthHttpxAuth(OAuthService(MemoryTokenStorage()), "mine")
    with pytest.raises(httpx.HTTPError) as raised:
        httpx.get(f"{provider.origin}/api", auth=auth)
    assert isinstance(raised.value, NoToken)
    assert raised.value.failure.code is ErrorCode.AUTH_REQUIRED


def test_a_token_without_an_end_is_renewed_when_an_api_refuses_it(
    mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.tokens = {"expires_in": None}
    client = create_client(MemoryTokenStorage(), providers=[mine], terminal=Screen())
    assert client.oauth.authenticate("mine", "cli_1").ok
    provider.living.clear()
    assert client.session("mine").get(f"{provider.origin}/api").ok


def test_github_ends_a_token_in_its_own_way(monkeypatch: pytest.MonkeyPatch, provider: Provider) -> None:
    """Its address is data; here it is one on this machine."""
    from oauthsrv.client import GITHUB, OAuthTokens, endpoints

    monkeypatch.setattr(endpoints, "GITHUB_TOKENS", f"{provider.origin}/applications/")

    def handler(received: Received) -> Answer:
        return 204, "text/plain", ""

    provider.instead["/applications/Iv1.x/token"] = handler
    config: Any = GITHUB.to_config("Iv1.x", "s")
    object.__setattr__(config, "revocation_url", f"{provider.origin}/applications/")
    assert endpoints.Endpoints(config).revoke(OAuthTokens("gho_1")) == [endpoints.Revoked("access_token")]
    received = provider.received[-1]
    assert (received.method, received.basic, received.body) == ("DELETE", ("Iv1.x", "s"), '{"access_token": "gho_1"}')
    object.__setattr__(config, "client_secret", None)
    assert "secret" in str(endpoints.Endpoints(config).revoke(OAuthTokens("gho_1")))
