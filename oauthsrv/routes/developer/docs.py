"""/developer/docs: guides, open to everyone, and their search. Samples have the values of the reader's own app."""

import functools
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from bottle import HTTPResponse

from oauthsrv.flows import catalog
from oauthsrv.pages import not_found, render, sidebars
from oauthsrv.pages.guide_text import Heading, headings, is_personal, passages
from oauthsrv.routes import browsers
from oauthsrv.routes.developer import guide_errors, guide_values
from oauthsrv.routes.developer.guide_search import LONGEST_QUERY, Entry, search, terms_of
from oauthsrv.routes.developer.guide_values import Values
from oauthsrv.routes.developer.samples import Sample, placeholders, sample_of
from oauthsrv.routes.request import Request
from oauthsrv.server import Server

PATH = "/developer/docs"
SAMPLE_COOKIE = "oauthsrv-sample"  # the app whose values the reader chose
SCOPE = "scope-"  # followed by a name: the id of the scope's row in the reference
CONTENTS_FROM = 4  # headings; a guide with fewer doesn't list them


def no_values(request: Request) -> Values:
    return {}


class Guide(NamedTuple):
    """A page of templates/docs; `values` are its template's arguments besides `place`, `issuer` and `sample`.

    `keywords` are words to find it by that its text does not use.
    """

    name: str
    title: str
    about: str
    values: Callable[[Request], Values] = no_values
    keywords: str = ""

    @property
    def path(self) -> str:
        return f"{PATH}/{self.name}"


class Place(NamedTuple):
    """A guide, and what the layout shows around it."""

    guide: Guide
    before: Guide | None
    after: Guide | None
    contents: list[Heading]


def index(request: Request) -> HTTPResponse:
    return render("docs/index", request, sections=SECTIONS, issuer=request.server.settings.issuer)


def show_guide(request: Request) -> HTTPResponse:
    guide = next((guide for guide in GUIDES if guide.name == request.url["name"]), None)
    if guide is None:
        raise not_found("guide", (PATH, "All guides"))
    chosen = request.query.get("app")
    sample = sample_of(request, chosen or browsers.cookie(request, SAMPLE_COOKIE)) if is_personal(guide.name) else None
    answer = guide_page(request, guide, sample)
    if sample and sample.client_id == chosen:
        browsers.set_cookie(request.server, answer, SAMPLE_COOKIE, chosen, None)
    return answer


def guide_page(request: Request, guide: Guide, sample: Sample | None) -> HTTPResponse:
    return render(
        f"docs/{guide.name}",
        request,
        place=place_of(guide),
        issuer=request.server.settings.issuer,
        sample=sample,
        **guide.values(request),
    )


def place_of(guide: Guide) -> Place:
    number, found = GUIDES.index(guide), headings(guide.name)
    return Place(
        guide=guide,
        before=GUIDES[number - 1] if number else None,
        after=GUIDES[number + 1] if number + 1 < len(GUIDES) else None,
        contents=found if len(found) >= CONTENTS_FROM else [],
    )


# Search


def show_search(request: Request) -> HTTPResponse:
    query = request.query.text("q")[:LONGEST_QUERY]
    results = search([*entries(request.server), *scopes(request.server), *CAUSES], query) if terms_of(query) else []
    return render("docs/search", request, query=query, results=results, sections=SECTIONS)


@functools.lru_cache(maxsize=1)
def entries(server: Server) -> tuple[Entry, ...]:
    """Every passage of every guide, as a reader who isn't signed in sees it; collected once, at the first search."""
    request = Request(server, {}, {})
    return tuple(
        Entry(
            guide.title,
            passage.title,
            f"{guide.path}{passage.fragment}",
            passage.text,
            "" if passage.title else f"{guide.about} {guide.keywords}",
        )
        for guide in GUIDES
        for passage in passages(guide_page(request, guide, placeholders(request)).body)
        if not passage.anchor.startswith(SCOPE)
    )


def scopes(server: Server) -> list[Entry]:
    """The catalog in its present state."""
    return [
        Entry("Scope", row.scope, f"{PATH}/reference#{SCOPE}{quote(row.scope)}", f"{row.description} {row.user_text}")
        for row in catalog.all_scopes(server)
    ]


# The rows of the guide on errors, also by the names that Activity shows.
CAUSES = [
    Entry("Error", problem.what, f"{PATH}/errors#cause-{name}", problem.fix, name.replace("_", " "))
    for rows in guide_errors.IN_DETAIL.values()
    for name, problem in rows.items()
]

SECTIONS = {
    "Start": (
        Guide("quickstart", "Quickstart", "Get your first token in five minutes.", guide_values.quickstart, "tutorial"),
        Guide(
            "single-page-app",
            "Single-page app",
            "OAuth in a page without a server of its own.",
            keywords="spa browser javascript react vue cors",
        ),
        Guide("mobile", "Mobile app", "OAuth in an app for Android or iOS.", keywords="android ios appauth native"),
        Guide(
            "client",
            "Command line",
            "Log in from a terminal or a Python program.",
            keywords="cli terminal keyring python requests httpx",
        ),
        Guide(
            "client-details",
            "Command line: details",
            "Exit codes, where logins are stored, and other OAuth servers.",
            keywords="cli github atlassian keyring",
        ),
        Guide(
            "devices", "Devices", "Connect a TV, a terminal, or anything else without a browser.", guide_values.devices
        ),
        Guide(
            "machines",
            "Machine to machine",
            "Get tokens without a user, for programs that run on their own.",
            guide_values.unused,
            "client_credentials service account cron server",
        ),
        Guide("mcp", "MCP client", "Connect an AI assistant or another MCP client.", keywords="claude ai agent"),
        Guide(
            "connects",
            "Connects with",
            "Settings for Claude, ChatGPT, Cursor, VS Code, Zapier and others.",
            guide_values.known_clients,
            "integration",
        ),
    ),
    "Users and access": (
        Guide(
            "identity",
            "Identity",
            "Find out who your user is.",
            keywords="openid connect oidc id_token userinfo profile login sign in with account",
        ),
        Guide("scopes", "Scopes", "What an app may request, and what it gets.", guide_values.scopes, "permissions"),
        Guide(
            "reference",
            "APIs and scopes",
            "Every API and every scope of this server.",
            guide_values.reference,
            "list resource audience",
        ),
        Guide("pkce", "PKCE", "Make a stolen code useless.", keywords="code_challenge code_verifier S256"),
        Guide(
            "authentication",
            "Client authentication",
            "Prove that a request comes from your app: with a secret or a key.",
            keywords="private_key_jwt basic credentials password",
        ),
        Guide("par", "Pushed requests", "Keep the authorization request out of the browser.", keywords="par"),
    ),
    "In production": (
        Guide(
            "refresh",
            "Refresh tokens",
            "Renew tokens, store them, and know when a connection has ended.",
            guide_values.lifetimes,
            "rotation expiry expires session offline_access",
        ),
        Guide(
            "revocation",
            "Revocation",
            "Revoke tokens, and know what else revokes them.",
            guide_values.connections,
            "logout sign out disconnect",
        ),
        Guide("errors", "Errors", "Every error, what it means, and what to do.", guide_errors.tables, "problem failed"),
        Guide(
            "limits",
            "Limits",
            "How often an app can call, and how to see what is left.",
            guide_values.limits,
            "rate limit quota throttle 429 RateLimit",
        ),
        Guide(
            "testing",
            "Testing",
            "Test an integration: what to run, what to mock, what to leave out.",
            guide_values.lifetimes,
            "mock ci sandbox integration tests",
        ),
    ),
    "Protect an API": (
        Guide("tokens", "Checking tokens", "Check a token from any language.", keywords="introspection verify"),
        Guide("guard", "Python guard", "Check tokens in Flask, Django, FastAPI or any Python API."),
        Guide("nginx", "nginx", "Check tokens in front of any API.", keywords="proxy gateway auth_request"),
        Guide("mcp-server", "MCP server", "Let MCP clients log in to your MCP server.", keywords="ai resource"),
    ),
    "How it works": (
        Guide("guarantees", "Guarantees", "What always holds, rule by rule.", keywords="security rules"),
        Guide("design", "Design: tokens", "How tokens are checked, issued and rotated."),
        Guide("design-revocation", "Design: revocation", "How a revocation takes effect everywhere."),
        Guide("design-apps", "Design: apps", "How changes of apps, teams and scopes are kept safe."),
        Guide("design-server", "Design: server", "How limits, pages and processes work."),
        Guide("rfcs", "RFCs", "Which RFC is implemented where, and which test checks it.", guide_values.rfcs),
    ),
}
GUIDES = tuple(guide for guides in SECTIONS.values() for guide in guides)
sidebars.GUIDES[:] = [
    sidebars.LinkGroup("", [sidebars.SidebarLink(PATH, "All guides")]),
    *(
        sidebars.LinkGroup(name, [sidebars.SidebarLink(each.path, each.title) for each in guides])
        for name, guides in SECTIONS.items()
    ),
]
