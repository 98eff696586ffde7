"""Popular clients: how each identifies itself, and what it needs from this installation to connect.

One row for each, from its public documentation; the guide, the administrators' page and the doctor read the same rows.
In a redirect URI `…` is the part that differs from one installation of the client, or one connection, to the next.
"""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from fnmatch import translate
from typing import NamedTuple
from urllib.parse import urlsplit

from oauthsrv.flows import catalog
from oauthsrv.oauth.client_authentication import NONE, PRIVATE_KEY_JWT
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN
from oauthsrv.oauth.redirect_uris import LOOPBACK, consent_host, matches
from oauthsrv.server import Server
from oauthsrv.setting_values import is_loopback
from oauthsrv.store.database import reading, sql

VARIES = "…"
BASIC, POST = "client_secret_basic", "client_secret_post"
USUAL = (AUTHORIZATION_CODE, REFRESH_TOKEN)


class KnownClient(NamedTuple):
    """One client; `there` are the steps inside it, where {issuer} stands for this server."""

    name: str
    title: str
    there: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    methods: tuple[str, ...]
    grants: tuple[str, ...] = USUAL
    document: str = ""  # the address of its client ID metadata document
    registers: bool = False  # by RFC 7591
    is_mcp: bool = True
    is_remote: bool = False  # its provider's servers call this one
    note: str = ""


KNOWN = (
    KnownClient(
        "claude",
        "Claude",
        (
            "Open Settings, Connectors, Add custom connector, and enter the address of the MCP server.",
            "For an app that you registered here, open Advanced settings, and enter its client ID and secret.",
            "Press Add, then Connect.",
        ),
        ("https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"),
        (NONE, POST),
        document="https://claude.ai/oauth/mcp-oauth-client-metadata",
        registers=True,
        is_remote=True,
        note="On the web, on phones, and in Claude Desktop: its provider’s servers connect in all of them.",
    ),
    KnownClient(
        "claude-code",
        "Claude Code",
        (
            "Run claude mcp add --transport http NAME ADDRESS with the address of the MCP server.",
            "For an app that you registered here, add --client-id, and --client-secret if it has one.",
            "Start Claude Code, enter /mcp, and choose Authenticate.",
        ),
        ("http://localhost/callback", "http://127.0.0.1/callback"),
        (NONE, POST),
        document="https://claude.ai/oauth/claude-code-client-metadata",
        registers=True,
        note="It picks a free port for each login; the port of a loopback redirect URI isn’t compared here.",
    ),
    KnownClient(
        "chatgpt",
        "ChatGPT",
        (
            "Turn on Developer mode in the settings of apps, and create an app.",
            "Enter the address of the MCP server, and choose OAuth.",
            "For an app that you registered here, enter its client ID and secret; its redirect URI is shown there.",
        ),
        ("https://chatgpt.com/connector/oauth/…",),
        (NONE, PRIVATE_KEY_JWT, BASIC, POST),
        document="https://chatgpt.com/oauth/…/client.json",
        registers=True,
        is_remote=True,
        note="Each app that someone creates there has a document and a redirect URI of its own.",
    ),
    KnownClient(
        "cursor",
        "Cursor",
        (
            "Add the address of the MCP server as url to mcp.json.",
            "For an app that you registered here, add auth with CLIENT_ID, and CLIENT_SECRET if it has one.",
            "Open Settings, Tools & MCP, and press Connect.",
        ),
        (
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ),
        (NONE,),
        registers=True,
    ),
    KnownClient(
        "vscode",
        "VS Code",
        (
            "Run the command MCP: Add Server, choose HTTP, and enter the address of the MCP server.",
            "Allow the sign-in. For an app that you registered here, enter its client ID when VS Code requests it.",
        ),
        ("http://127.0.0.1:33418/", "https://vscode.dev/redirect"),
        (NONE, POST),
        (*USUAL, DEVICE_CODE),
        document="https://vscode.dev/oauth/client-metadata.json",
        registers=True,
        note="It lists the device grant too, which no self-registered app gets here; it doesn’t need it.",
    ),
    KnownClient(
        "inspector",
        "MCP Inspector",
        (
            "Run npx @modelcontextprotocol/inspector, choose Streamable HTTP, and enter the address of the MCP server.",
            "For an app that you registered here, enter its client ID under Authentication.",
            "Press Connect.",
        ),
        ("http://localhost:6274/oauth/callback", "http://localhost:6274/oauth/callback/debug"),
        (NONE, BASIC, POST),
        registers=True,
        note="It runs in your browser, so the MCP server must answer CORS requests, as this server does.",
    ),
    KnownClient(
        "zapier",
        "Zapier",
        (
            "In the Platform UI open Authentication, and choose OAuth v2.",
            "Enter the client ID and secret of an app that you registered here, and turn on PKCE.",
            "Authorization URL: {issuer}/oauth/authorize. Access Token and Refresh Token Request: POST "
            "{issuer}/oauth/token.",
            "Turn on automatic refresh.",
        ),
        ("https://zapier.com/dashboard/auth/oauth/return/…/",),
        (POST, BASIC),
        is_mcp=False,
        is_remote=True,
        note="Zapier shows the redirect URI of your integration on the same page.",
    ),
    KnownClient(
        "n8n",
        "n8n",
        (
            "Create an OAuth2 API credential, and choose PKCE as the grant type (Client Credentials for access "
            "without a user).",
            "Authorization URL: {issuer}/oauth/authorize. Access Token URL: {issuer}/oauth/token.",
            "Enter the client ID and secret of an app that you registered here, and its scopes.",
            "Press Connect my account.",
        ),
        ("https://…/rest/oauth2-credential/callback",),
        (BASIC, POST),
        (*USUAL, CLIENT_CREDENTIALS),
        is_mcp=False,
        note="n8n shows the redirect URI in the credential; n8n Cloud has one for all its customers.",
    ),
    KnownClient(
        "postman",
        "Postman",
        (
            "Open Authorization of a request or collection, choose OAuth 2.0, and as grant type Authorization Code "
            "(With PKCE), SHA-256.",
            "Auth URL: {issuer}/oauth/authorize. Access Token URL: {issuer}/oauth/token.",
            "Enter the client ID, the secret if the app has one, and the scopes.",
            "Press Get New Access Token, and turn on Auto-refresh token.",
        ),
        ("https://oauth.pstmn.io/v1/callback", "https://oauth.pstmn.io/v1/browser-callback"),
        (BASIC, POST, NONE),
        document="https://www.postman.com/.well-known/oauth/client-metadata.json",
        is_mcp=False,
        note="The desktop app returns to the first redirect URI, the web app to the second one. Postman uses its "
        "document where you connect an MCP server.",
    ),
)


class Way(StrEnum):
    """How a client gets its client_id, in the order in which clients choose among what the metadata offers."""

    DOCUMENT = "Identifies itself by its document"
    REGISTRATION = "Registers itself"
    FORM = "Needs an app that is registered here"


class Missing(NamedTuple):
    """What prevents a client from connecting, and the page where that is changed, if it is one of ours."""

    text: str
    path: str = ""
    link: str = ""


class Setup(NamedTuple):
    """The parts of this installation that decide whether a client can connect."""

    issuer: str
    documents: str
    registration: str
    reviewed: bool
    listed_hosts: Collection[str]
    blocked_hosts: Collection[str]
    listed_uris: Collection[str]
    has_open_scopes: bool
    has_apis: bool


class Outlook(NamedTuple):
    """Whether a client could connect now; `by_form`: only as an app that someone registers for it."""

    client: KnownClient
    way: Way
    missing: tuple[Missing, ...]
    by_form: bool

    @property
    def verdict(self) -> str:
        if not self.missing:
            return "good"
        return "warn" if self.by_form else "bad"

    @property
    def label(self) -> str:
        return {"good": "Could connect", "warn": "Only with a registered app", "bad": "Can’t connect"}[self.verdict]


def setup_of(server: Server) -> Setup:
    hosts = sorted({host for client in KNOWN for host in hosts_of(client)})
    with reading(server.database) as db:
        decided = list(sql.hosts.decided(db, hosts=hosts))
        uris = frozenset(row.uri for row in sql.listed_uris.every(db))
        newest_api = list(sql.apis.every(db, before=None, rows=1))
    settings = server.settings
    return Setup(
        issuer=settings.issuer,
        documents=settings.client_documents,
        registration=settings.registration,
        reviewed=settings.app_review,
        listed_hosts=frozenset(row.host for row in decided if row.is_listed),
        blocked_hosts=frozenset(row.host for row in decided if row.is_blocked),
        listed_uris=uris,
        has_open_scopes=bool(catalog.default_ceiling(server)),
        has_apis=bool(newest_api),
    )


def outlooks(setup: Setup) -> list[Outlook]:
    return [outlook(client, setup) for client in KNOWN]


def outlook(client: KnownClient, setup: Setup) -> Outlook:
    always = tuple(found for check in ALWAYS for found in check(client, setup))
    way = way_of(client, setup)
    of_way = tuple(found for check in CHECKS[way] for found in check(client, setup))
    return Outlook(client, way, always + of_way, by_form=not always)


def way_of(client: KnownClient, setup: Setup) -> Way:
    """How the client would identify itself; it goes by what the metadata offers, and tries nothing else after that."""
    if client.document and client.is_mcp and setup.documents != "off":
        return Way.DOCUMENT
    if client.registers and setup.registration != "off":
        return Way.REGISTRATION
    return Way.FORM


def hosts_of(client: KnownClient) -> set[str]:
    """The hosts of its document and redirect URIs, to compare with blocked hosts; loopback can't be blocked."""
    uris = [uri for uri in (client.document, *client.redirect_uris) if uri and not LOOPBACK.match(uri)]
    return {consent_host(uri.replace(VARIES, "x")) for uri in uris if VARIES not in urlsplit(uri).netloc}


# What can be missing


def check_reachable(client: KnownClient, setup: Setup) -> Sequence[Missing]:
    host = urlsplit(setup.issuer).hostname or ""
    if not client.is_remote or (setup.issuer.startswith("https://") and not is_loopback(host)):
        return ()
    text = f"Its provider’s servers can’t reach {setup.issuer}: set OAUTHSRV_ISSUER to a public https address."
    return [Missing(text)]


def check_api(client: KnownClient, setup: Setup) -> Sequence[Missing]:
    if setup.has_apis or not client.is_mcp:
        return ()
    return [Missing("It names the MCP server that it connects to, and no API is registered.", "/admin/apis", "APIs")]


def check_listed(client: KnownClient, setup: Setup) -> Sequence[Missing]:
    host = consent_host(client.document.replace(VARIES, "x"))
    if setup.documents == "open" or host in setup.listed_hosts:
        return ()
    return [Missing(f"Documents at {host} aren’t allowed.", "/admin/hosts", "Hosts")]


def check_blocked(client: KnownClient, setup: Setup) -> Sequence[Missing]:
    blocked = sorted(hosts_of(client) & set(setup.blocked_hosts))
    return [Missing(f"{host} is blocked.", "/admin/hosts", "Hosts") for host in blocked]


def check_scopes(_: KnownClient, setup: Setup) -> Sequence[Missing]:
    if setup.has_open_scopes:
        return ()
    return [Missing("No scope is open to apps that register themselves.", "/admin/scopes", "Scopes")]


def check_uris(client: KnownClient, setup: Setup) -> Sequence[Missing]:
    """Find URIs that must be listed: one without a dot in its scheme needs that, and the client returns to it first."""
    needed = [uri for uri in client.redirect_uris if "." not in urlsplit(uri).scheme and not uri.startswith("http")]
    return [
        Missing(f"{uri} isn’t a listed redirect URI.", "/admin/registration/uris", "Listed redirect URIs")
        for uri in needed
        if uri not in setup.listed_uris
    ]


def check_registration(client: KnownClient, setup: Setup) -> Sequence[Missing]:
    if setup.registration == "open":
        return ()
    return [Missing(f"Apps register with a token here, which it can’t send: set {open_registration(setup)}.")]


def open_registration(setup: Setup) -> str:
    """The settings that open registration; with review on, the server refuses to start with `open` alone."""
    return "OAUTHSRV_REGISTRATION=open" + (" and OAUTHSRV_APP_REVIEW=off" if setup.reviewed else "")


def check_form(client: KnownClient, setup: Setup) -> Sequence[Missing]:
    if not (client.registers or (client.document and client.is_mcp)):
        return ()
    settings = [
        *(["OAUTHSRV_CLIENT_DOCUMENTS=listed"] if client.document else []),
        *([open_registration(setup)] if client.registers else []),
    ]
    return [Missing(f"It can’t identify itself: set {' or '.join(settings)}.")]


ALWAYS = (check_reachable, check_api)
CHECKS = {
    Way.DOCUMENT: (check_listed, check_blocked, check_scopes, check_uris),
    Way.REGISTRATION: (check_registration, check_blocked, check_scopes, check_uris),
    Way.FORM: (check_form,),
}


# An app that is registered for one of them


class AppSettings(NamedTuple):
    redirect_uris: Collection[str]
    methods: Collection[str]
    grants: Collection[str]


def meant_for(app: AppSettings) -> list[KnownClient]:
    """The clients that one of the app's redirect URIs belongs to."""
    return [client for client in KNOWN if any(has_uri(app, uri) for uri in client.redirect_uris)]


def lacks(client: KnownClient, app: AppSettings) -> list[str]:
    """What the app must change for the client to connect as it."""
    found = [f"it also returns to {uri}" for uri in client.redirect_uris if not has_uri(app, uri)]
    if not set(client.methods) & set(app.methods):
        found.append(f"it authenticates by {' or '.join(client.methods)}")
    if AUTHORIZATION_CODE not in app.grants:
        found.append(f"it uses {AUTHORIZATION_CODE}")
    return found


def has_uri(app: AppSettings, uri: str) -> bool:
    if VARIES in uri:
        pattern = re.compile(translate(uri.replace(VARIES, "*")))
        return any(pattern.fullmatch(one) for one in app.redirect_uris)
    return matches(app.redirect_uris, uri)
