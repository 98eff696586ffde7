"""Registrations as MCP clients send them, from public reports: what each gets, and that it connects a user."""

from __future__ import annotations

from typing import Any

import pytest

import make
import play
from browser import Browser
from oauthsrv.server import Server
from registering import CURSOR, post

pytestmark = pytest.mark.usefixtures("registration")

BOTH = ["authorization_code", "refresh_token"]
CURSOR_WEB, LOOPBACK = "https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/callback"

# What each sends, the redirect URI it then uses, and what the server registers besides what it sent.
CLIENTS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "Claude Code": (
        {
            "client_name": "Claude Code (reports)",
            "redirect_uris": ["http://localhost:54545/callback"],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "read:profile read:data write:data offline_access",
        },
        "http://localhost:61616/callback",  # another port of the same machine
        {"scope": "read:profile read:data write:data offline_access"},
    ),
    "Claude": (
        {
            "client_name": "Claude",
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "scope": "claudeai",
        },
        "https://claude.ai/api/mcp/auth_callback",
        {"token_endpoint_auth_method": "client_secret_post"},
    ),
    "Cursor": (
        {
            "client_name": "Cursor",
            "application_type": "web",
            "redirect_uris": [CURSOR, CURSOR_WEB, LOOPBACK],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        CURSOR,
        {"redirect_uris": [CURSOR, CURSOR_WEB, LOOPBACK]},
    ),
    "VS Code": (
        {
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "grant_types": [*BOTH, "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "redirect_uris": [
                "https://insiders.vscode.dev/redirect",
                "https://vscode.dev/redirect",
                "http://127.0.0.1/",
                "http://127.0.0.1:33418/",
            ],
            "scope": "read:profile read:billing",
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        },
        "http://127.0.0.1:59656/",
        {"grant_types": BOTH, "scope": "read:profile"},
    ),
    "MCP Inspector": (
        {
            "client_name": "MCP Inspector",
            "client_uri": "https://github.com/modelcontextprotocol/inspector",
            "redirect_uris": ["http://localhost:6274/oauth/callback"],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "",
        },
        "http://localhost:6274/oauth/callback",
        {},
    ),
    "ChatGPT": (
        {
            "client_name": "ChatGPT",
            "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
        },
        "https://chatgpt.com/connector_platform_oauth_redirect",
        {},
    ),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_of_mcp_registers_and_connects_a_user(
    server: Server, anywhere: Browser, user: make.User, name: str
) -> None:
    sent, redirect_uri, expected = CLIENTS[name]
    answer = post(anywhere, sent)
    assert answer.status_int == 201, answer
    found = answer.json
    assert found | expected == found
    assert found["client_name"] == sent["client_name"]
    assert ("client_secret" in found) == (sent["token_endpoint_auth_method"] != "none")
    app = make.App(found["client_id"], found.get("client_secret"), redirect_uri)
    play.sign_in(anywhere, user)
    code = play.code(anywhere, app, scope=None)
    tokens = play.exchange(anywhere, app, code)
    assert tokens.status_int == 200, tokens
    assert set(tokens.json["scope"].split()) <= set(found["scope"].split())
    assert play.refresh(anywhere, app, tokens.json["refresh_token"]).status_int == 200
