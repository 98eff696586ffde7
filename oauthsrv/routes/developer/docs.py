"""/developer/docs: guides, open to everybody. Their limits, errors, scopes and lifetimes are the code's own data."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows import catalog, device_grant
from oauthsrv.flows.client_credentials import UNUSED_DAYS
from oauthsrv.flows.clients.known import KNOWN
from oauthsrv.flows.grant_types import FAMILIES_PER_GRANT
from oauthsrv.oauth import authentication_problems, bearer, errors, problems
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.pages import not_found, render
from oauthsrv.routes.callers import LIMITED
from oauthsrv.routes.developer.quickstart import LANGUAGES, chosen_language, quickstart_of
from oauthsrv.routes.developer.rfcs import RFCS
from oauthsrv.routes.guards import limit_headers
from oauthsrv.routes.request import Request
from oauthsrv.store.limits import LIMITS, Window
from oauthsrv.store.usage import DEFAULT_SHARE, SHARED_FROM

PATH = "/developer/docs"
# In the quickstart, before there is an app.
YOUR_CLIENT_ID = "your-client-id"
LOOPBACK = "http://127.0.0.1/callback"

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))

Values = dict[str, Any]


def no_values(request: Request) -> Values:
    return {}


class Guide(NamedTuple):
    """A page of templates/docs; `values` are its template's arguments besides `place` and `issuer`."""

    name: str
    title: str
    about: str
    values: Callable[[Request], Values] = no_values

    @property
    def path(self) -> str:
        return f"{PATH}/{self.name}"


class Place(NamedTuple):
    """A guide, and what the layout links to around it."""

    guide: Guide
    before: Guide | None
    after: Guide | None
    tabs: list[tuple[str, str]]


def index(request: Request) -> HTTPResponse:
    return render("docs/index", request, sections=SECTIONS, issuer=request.server.settings.issuer)


def show_guide(request: Request) -> HTTPResponse:
    name = request.url["name"]
    place = next((place for place in map(place_of, GUIDES) if place.guide.name == name), None)
    if place is None:
        raise not_found("guide", (PATH, "All guides"))
    values = place.guide.values(request)
    return render(f"docs/{name}", request, place=place, issuer=request.server.settings.issuer, **values)


def place_of(guide: Guide) -> Place:
    number = GUIDES.index(guide)
    section = next(guides for guides in SECTIONS.values() if guide in guides)
    return Place(
        guide=guide,
        before=GUIDES[number - 1] if number else None,
        after=GUIDES[number + 1] if number + 1 < len(GUIDES) else None,
        tabs=[(PATH, "All guides"), *((each.path, each.title) for each in section)],
    )


# The values of each guide


def quickstart(request: Request) -> Values:
    """Of a public app: its programs run once a client ID is filled in."""
    plainest = sorted(catalog.offered(request.server), key=lambda row: row.is_sensitive)[:1]
    scopes = [row.scope for row in plainest]
    return {
        "quickstart": quickstart_of(request.server.settings.issuer, YOUR_CLIENT_ID, None, [LOOPBACK], scopes),
        "language": chosen_language(request),
        "languages": LANGUAGES,
        "code_lives": duration(request.server.settings.code_ttl),
    }


def scopes(request: Request) -> Values:
    return {"scopes": catalog.all_scopes(request.server), "offline_access": OFFLINE_ACCESS}


def lifetimes(request: Request) -> Values:
    settings = request.server.settings
    seconds = min(settings.access_ttl, settings.refresh_ttl, settings.refresh_max_age)
    return {
        "access_lives": duration(seconds),
        "seconds": seconds,
        "refresh_seconds": min(settings.refresh_ttl, settings.refresh_max_age),
        "unused": duration(settings.refresh_ttl),
        "at_most": duration(settings.refresh_max_age),
        "grace": duration(settings.refresh_grace) if settings.refresh_grace else None,
    }


def devices(request: Request) -> Values:
    return {"lifetime": duration(device_grant.LIFETIME), "interval": device_grant.INTERVAL}


def connections(request: Request) -> Values:
    return {"connections": FAMILIES_PER_GRANT}


def limits(request: Request) -> Values:
    calls = LIMITS["calls"]
    sample = Window("calls", calls.most, calls.seconds, counted=calls.most * 3 // 4, resets_in=calls.seconds // 3)
    return {
        "shared_from": SHARED_FROM,
        "of_apps": [limit_row(name) for name in LIMITS if name in LIMITED],
        "of_people": [limit_row(name) for name in LIMITS if name not in LIMITED],
        "headers": limit_headers(sample),
        "sample": sample,
        "resets_in": duration(sample.resets_in),
    }


def limit_row(name: str) -> tuple[str, str, str, str]:
    limit = LIMITS[name]
    most = f"{DEFAULT_SHARE} percent of calls" if name == "share" else f"{limit.most:,}"
    return name, most, duration(limit.seconds), limit.counts


def duration(seconds: int) -> str:
    """In the largest unit of which it is a whole number."""
    length, unit = next((length, unit) for length, unit in UNITS if seconds % length == 0 and seconds >= length)
    count = seconds // length
    return f"{count:,} {unit}{'s' if count != 1 else ''}"


# Errors: code, status, what it means, what to do

# Sent to the app by redirect alone, without a status.
BY_REDIRECT = (
    errors.AccessDenied,
    errors.UnsupportedResponseType,
    errors.LoginRequired,
    errors.ConsentRequired,
    errors.RequestNotSupported,
    errors.RequestUriNotSupported,
)
BY_ENDPOINTS = (
    errors.InvalidRequest,
    errors.InvalidClient,
    errors.InvalidGrant,
    errors.UnauthorizedClient,
    errors.UnsupportedGrantType,
    errors.InvalidScope,
    errors.InvalidTarget,
    errors.AuthorizationPending,
    errors.SlowDown,
    errors.ExpiredToken,
    errors.InvalidRedirectUri,
    errors.InvalidClientMetadata,
    errors.TemporarilyUnavailable,
    errors.ServerError,
)
BY_APIS = (bearer.InvalidToken, bearer.InsufficientScope)

ErrorRow = tuple[str, str, str, str]


def error_row(code: str, status: object) -> ErrorRow:
    meaning = problems.EXPLANATIONS[code]
    return code, str(status), meaning.what, meaning.fix


def status_rows(kinds: Iterable[type[errors.OAuthError]]) -> list[ErrorRow]:
    return [*(error_row(kind.error, kind.status) for kind in kinds), error_row("too_many_requests", 429)]


def error_tables(request: Request) -> Values:
    return {
        "by_redirect": [
            *(error_row(kind.error, "redirect") for kind in BY_REDIRECT),
            error_row(errors.InvalidRequestUri.error, "400"),  # on a page
        ],
        "by_endpoints": status_rows(BY_ENDPOINTS),
        "by_apis": status_rows(BY_APIS),
        "in_detail": {
            "In the authorization request": problems.AT_AUTHORIZATION,
            "In client authentication": authentication_problems.AT_AUTHENTICATION,
            "In a token request": problems.AT_TOKEN,
            "At an API": problems.AT_APIS,
            "At registration": problems.AT_REGISTRATION,
            "Anywhere": problems.AT_ANY,
        },
    }


def unused(request: Request) -> Values:
    return {"unused_days": UNUSED_DAYS}


def known_clients(request: Request) -> Values:
    return {"clients": KNOWN}


def rfcs(request: Request) -> Values:
    return {"rfcs": RFCS}


SECTIONS = {
    "For developers": (
        Guide("quickstart", "Quickstart", "Get your first token in five minutes.", quickstart),
        Guide("authentication", "Client authentication", "How an app proves who it is: by a secret, or by a key."),
        Guide("pkce", "PKCE", "A secret for each login, so that a stolen code is useless."),
        Guide("par", "Pushed requests", "How an app keeps its authorization request out of the browser."),
        Guide("scopes", "Scopes", "What an app may request, and what it gets.", scopes),
        Guide("devices", "Devices", "Connecting a TV, a terminal, or anything else without a browser.", devices),
        Guide("refresh", "Refresh", "How to renew tokens, what to store, and what ends a connection.", lifetimes),
        Guide("revocation", "Revocation", "How an app revokes tokens, and what else revokes them.", connections),
        Guide("errors", "Errors", "Every error, what it means, and what to do.", error_tables),
        Guide("limits", "Limits", "How often an app can call, and how it sees what is left.", limits),
        Guide("machines", "Machine to machine", "Tokens without a user, for programs that run on their own.", unused),
        Guide("tokens", "Checking tokens", "How an API checks a token: nginx, Python, or any language."),
        Guide("client", "Client", "Logging in from the command line and in Python, at any OAuth server."),
        Guide("connects", "Connects with", "Settings for Claude, ChatGPT, Cursor, VS Code, Zapier …", known_clients),
        Guide("mcp", "MCP", "How to connect an MCP client, and what an MCP server must do."),
    ),
    "For operators and engineers": (
        Guide("guard", "Guard", "What a Python API installs to check tokens."),
        Guide("nginx", "nginx", "The configuration that run.py nginx prints, and what it does."),
        Guide("guarantees", "Guarantees", "What always holds."),
        Guide("design", "Design", "Why it works the way it does."),
        Guide("rfcs", "RFCs", "Which RFC is implemented where, and which test checks it.", rfcs),
    ),
}
GUIDES = tuple(guide for guides in SECTIONS.values() for guide in guides)
