"""The OAuth clients of the MCP SDKs, unchanged: discovery, registration, resource, refresh."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from end_to_end.node import Node
from end_to_end.running import App, Installation, Person, Service, answered

BACK = "http://localhost:3030/callback"
RESOURCE = "/.well-known/oauth-protected-resource"


class Memory:
    """Where the SDK keeps what it got."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class McpServer:
    """An MCP server as its clients see it: 401 with the address of its metadata, until the token is good."""

    def __init__(self, service: Service) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.service, self.http = service, ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.url = f"{self.origin}/mcp"
        self.api: App = service.api(self.url)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if request.path.startswith(RESOURCE):
            document = {
                "resource": self.url,
                "authorization_servers": [self.service.origin],
                "scopes_supported": ["read:profile", "read:data"],
            }
            return self.send(request, 200, document)
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and self.service.introspect(self.api, token)["active"]:
            return self.send(request, 200, {"hello": "there"})
        return self.send(
            request, 401, {}, {"WWW-Authenticate": f'Bearer resource_metadata="{self.origin}{RESOURCE}/mcp"'}
        )

    def send(
        self, request: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None
    ) -> None:
        content = json.dumps(body).encode()
        request.send_response(status)
        for name, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(content))} | (headers or {})
        ).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)


@pytest.fixture(scope="module")
def open_service(short_folder: Callable[[], Path]) -> Iterator[Service]:
    running = Service(Installation(short_folder()), OAUTHSRV_REGISTRATION="open")
    try:
        running.until_ready()
        yield running
    finally:
        running.stop()
        running.kill()


@pytest.fixture(scope="module")
def mcp_server(open_service: Service) -> Iterator[McpServer]:
    server = McpServer(open_service)
    yield server
    server.http.shutdown()


async def call(server: McpServer, memory: Memory, person: Person, **metadata: Any) -> Any:
    answers: list[AuthorizationCodeResult] = []

    async def redirect(address: str) -> None:
        back = answered(await asyncio.to_thread(person.answer, address))
        answers.append(AuthorizationCodeResult(code=back["code"], state=back["state"], iss=back["iss"]))

    async def callback() -> AuthorizationCodeResult:
        return answers.pop()

    known = OAuthClientMetadata.model_validate({"client_name": "SDK", "redirect_uris": [BACK]} | metadata)
    auth = OAuthClientProvider(server.url, known, memory, redirect, callback)
    async with httpx2.AsyncClient(auth=auth, timeout=20) as client:
        answer = await client.get(server.url)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
def test_the_sdk_registers_connects_and_refreshes(open_service: Service, mcp_server: McpServer, method: str) -> None:
    person, memory = open_service.person().sign_up(), Memory()
    assert asyncio.run(call(mcp_server, memory, person, token_endpoint_auth_method=method)) == (200, {"hello": "there"})
    assert memory.client is not None
    assert memory.tokens is not None
    assert (memory.client.client_secret is None) == (method == "none")
    assert set((memory.tokens.scope or "").split()) == {"read:profile", "read:data", "offline_access"}
    refreshed = memory.tokens.refresh_token
    memory.tokens = memory.tokens.model_copy(update={"access_token": "oat_none", "expires_in": -1})
    assert asyncio.run(call(mcp_server, memory, person)) == (200, {"hello": "there"})
    assert memory.tokens.refresh_token != refreshed


# The SDK for TypeScript

PROGRAM = """
const { auth, extractWWWAuthenticateParams } = await import('@modelcontextprotocol/sdk/client/auth.js')
const kept = {}
const provider = {
  redirectUrl: given.redirect_uri,
  clientMetadata: {
    client_name: 'SDK', redirect_uris: [given.redirect_uri], response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: given.method },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens },
  redirectToAuthorization: (address) => say({ address: address.href }),
  saveCodeVerifier: (verifier) => { kept.verifier = verifier },
  codeVerifier: () => kept.verifier,
  state: () => 'a-state-of-the-client',
}
const call = (headers = {}) => fetch(given.server, { headers })
const { resourceMetadataUrl } = extractWWWAuthenticateParams(await call())
const options = { serverUrl: given.server, resourceMetadataUrl }
const asked = await auth(provider, options)
const back = new URL(await next())
const exchanged = await auth(provider, { ...options, authorizationCode: back.searchParams.get('code') })
const first = kept.tokens
const refreshed = await auth(provider, options)
const answer = await call({ Authorization: `Bearer ${kept.tokens.access_token}` })
say({ results: [asked, exchanged, refreshed], client: kept.client, first, second: kept.tokens, status: answer.status })
"""


@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
def test_the_typescript_sdk_registers_connects_and_refreshes(
    node: Node, open_service: Service, mcp_server: McpServer, method: str
) -> None:
    given = {"server": mcp_server.url, "redirect_uri": BACK, "method": method}
    said = node.run(PROGRAM, given, open_service.person().sign_up().answer)
    assert said["results"] == ["REDIRECT", "AUTHORIZED", "AUTHORIZED"]
    assert ("client_secret" in said["client"]) == (method != "none")
    assert said["first"]["access_token"] != said["second"]["access_token"]
    assert set(said["second"]["scope"].split()) >= {"read:profile", "read:data"}
    assert said["status"] == 200
