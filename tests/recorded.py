"""What well-known clients send when they connect, in its order, as public documentation and bug reports show it.

Addresses, identifiers and names of people are replaced. Each is played against the whole application.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

METADATA = "/.well-known/oauth-authorization-server"
CONFIGURATION = "/.well-known/openid-configuration"
VERSION = {"MCP-Protocol-Version": "2025-11-25"}
BOTH = ["authorization_code", "refresh_token"]
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Recorded(NamedTuple):
    """`well_known`: paths in the order in which the client tries them, with the status that lets it go on."""

    name: str
    redirect_uri: str  # the one that it uses
    well_known: tuple[tuple[str, int], ...] = ((METADATA, 200),)
    headers: Mapping[str, str] = NOTHING  # of requests to the metadata and the registration
    document_at: str = ""
    document: Mapping[str, Any] = NOTHING
    registration: Mapping[str, Any] = NOTHING
    authorization: Mapping[str, str] = (
        NOTHING  # besides response_type, client_id, redirect_uri, state, PKCE and resource
    )
    names_resource: bool = True  # in token requests too
    origin: str = ""  # of a page whose script sends the requests, so the browser asks first
    signs: bool = False  # an assertion in token requests
    resends_first: bool = False  # refreshes with its first refresh token again


CLAUDE = "https://claude.ai/oauth/mcp-oauth-client-metadata"
CLAUDE_CODE = "https://claude.ai/oauth/claude-code-client-metadata"
CHATGPT = "https://chatgpt.com/oauth/Kd0abcDEF123/client.json"
VSCODE = "https://vscode.dev/oauth/client-metadata.json"
CLAUDE_BACK = "https://claude.ai/api/mcp/auth_callback"
CHATGPT_BACK = "https://chatgpt.com/connector/oauth/Kd0abcDEF123"
INSPECTOR = "http://localhost:6274"

CLAUDE_DOCUMENT = {
    "client_id": CLAUDE,
    "client_name": "Claude",
    "client_uri": "https://claude.ai",
    "redirect_uris": [CLAUDE_BACK],
    "grant_types": BOTH,
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
CHATGPT_DOCUMENT = {
    "client_id": CHATGPT,
    "client_name": "ChatGPT",
    "client_uri": "https://chatgpt.com/",
    "redirect_uris": [CHATGPT_BACK, "https://chatgpt.com/connector_platform_oauth_redirect"],
    "grant_types": BOTH,
    "response_types": ["code"],
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    "token_endpoint_auth_signing_alg": "RS256",
    "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
}
VSCODE_DOCUMENT = {
    "client_id": VSCODE,
    "client_name": "Visual Studio Code",
    "client_uri": "https://vscode.dev/product",
    "application_type": "native",
    "redirect_uris": ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
    "grant_types": [*BOTH, DEVICE_CODE],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
INSPECTOR_BODY = {
    "client_name": "MCP Inspector",
    "client_uri": "https://github.com/modelcontextprotocol/inspector",
    "redirect_uris": [f"{INSPECTOR}/oauth/callback/debug", f"{INSPECTOR}/oauth/callback"],
    "grant_types": BOTH,
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "scope": "read:data",
}

SEQUENCES = (
    Recorded(
        "Claude with its document, where the API's metadata names no scopes",
        CLAUDE_BACK,
        document_at=CLAUDE,
        document=CLAUDE_DOCUMENT,
        authorization={"scope": " offline_access", "prompt": "consent"},
    ),
    Recorded(
        "Claude with its document and the API's scopes",
        CLAUDE_BACK,
        headers=VERSION,
        document_at=CLAUDE,
        document=CLAUDE_DOCUMENT,
        authorization={"scope": "read:data read:profile"},
        resends_first=True,
    ),
    Recorded(
        "Claude that registers itself",
        CLAUDE_BACK,
        registration={
            "client_name": "Claude",
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "claudeai",
            "redirect_uris": [CLAUDE_BACK],
        },
        authorization={"scope": "read:data"},
    ),
    Recorded(
        "Claude Code with its document",
        "http://localhost:55611/callback",
        headers=VERSION,
        document_at=CLAUDE_CODE,
        document=CLAUDE_DOCUMENT
        | {
            "client_id": CLAUDE_CODE,
            "client_name": "Claude Code",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        },
        authorization={"scope": "read:data"},
    ),
    Recorded(
        "Claude Code that registers itself",
        "http://localhost:55611/callback",
        headers=VERSION,
        registration={
            "client_name": "Claude Code (reports)",
            "redirect_uris": ["http://localhost:55611/callback"],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        authorization={"scope": "read:data"},
        resends_first=True,
    ),
    Recorded(
        "ChatGPT that signs",
        CHATGPT_BACK,
        well_known=((METADATA, 200), (CONFIGURATION, 200)),
        document_at=CHATGPT,
        document=CHATGPT_DOCUMENT,
        authorization={"scope": "read:data"},
        signs=True,
    ),
    Recorded(
        "ChatGPT without a signature",
        CHATGPT_BACK,
        well_known=((METADATA, 200), (CONFIGURATION, 200)),
        document_at=CHATGPT,
        document=CHATGPT_DOCUMENT,
        authorization={"scope": "read:data"},
    ),
    Recorded(
        "ChatGPT that registers itself",
        CHATGPT_BACK,
        registration={
            "client_name": "ChatGPT",
            "redirect_uris": [CHATGPT_BACK],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        authorization={"scope": "read:data"},
    ),
    Recorded(
        "Cursor",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        headers=VERSION,
        registration={
            "client_name": "Cursor",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
            "grant_types": BOTH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        authorization={"scope": "read:data"},
        resends_first=True,
    ),
    Recorded(
        "VS Code with its document",
        "http://127.0.0.1:33418/",
        headers=VERSION,
        document_at=VSCODE,
        document=VSCODE_DOCUMENT,
        authorization={"scope": "read:data"},
    ),
    Recorded(
        "VS Code that registers itself, where its usual port is taken",
        "http://127.0.0.1:59656/",
        headers=VERSION,
        registration={
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "grant_types": [*BOTH, DEVICE_CODE],
            "response_types": ["code"],
            "redirect_uris": [
                "https://insiders.vscode.dev/redirect",
                "https://vscode.dev/redirect",
                "http://127.0.0.1/",
                "http://127.0.0.1:33418/",
            ],
            "scope": "read:data",
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        },
        authorization={"scope": "read:data"},
        names_resource=False,
    ),
    Recorded(
        "MCP Inspector",
        f"{INSPECTOR}/oauth/callback",
        well_known=((f"{METADATA}/mcp", 404), (METADATA, 200)),
        headers=VERSION,
        registration=INSPECTOR_BODY,
        authorization={"scope": "read:data"},
        origin=INSPECTOR,
    ),
    Recorded(
        "MCP Inspector, step by step",
        f"{INSPECTOR}/oauth/callback/debug",
        headers=VERSION,
        registration=INSPECTOR_BODY,
        authorization={"scope": "read:data"},
        origin=INSPECTOR,
    ),
)
