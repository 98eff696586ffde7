"""/developer/docs: guides for developers, open to everybody, with the addresses and settings of this very server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows import catalogue
from oauthsrv.flows.issue import FAMILIES_PER_GRANT
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.pages import not_found, render
from oauthsrv.routes.developer import error_codes
from oauthsrv.routes.developer.quickstart import LANGUAGES, language_asked, quickstart_of
from oauthsrv.routes.guards import limit_headers
from oauthsrv.routes.recording import LIMITED
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.limits import LIMITS, Window
from oauthsrv.store.usage import DEFAULT_SHARE, SHARED_FROM

if TYPE_CHECKING:
    from oauthsrv.server import Server

PATH = "/developer/docs"
# What the quickstart shows before there is an app.
YOUR_CLIENT_ID = "your-client-id"
LOOPBACK = "http://127.0.0.1/callback"

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


class Place(NamedTuple):
    """Where a reader is: what the layout of guides shows around one."""

    guide: Guide
    before: Guide | None
    after: Guide | None
    tabs: list[tuple[str, str]]


class Guide(NamedTuple):
    name: str
    title: str
    about: str
    show: Callable[[Server, Visitor, Place], HTTPResponse]

    @property
    def path(self) -> str:
        return f"{PATH}/{self.name}"


def index(server: Server, visitor: Visitor) -> HTTPResponse:
    return render("docs/index", visitor, guides=GUIDES, issuer=server.settings.issuer)


def show_guide(server: Server, visitor: Visitor, name: str) -> HTTPResponse:
    number = next((number for number, guide in enumerate(GUIDES) if guide.name == name), None)
    if number is None:
        raise not_found("guide", (PATH, "All guides"))
    place = Place(
        guide=GUIDES[number],
        before=GUIDES[number - 1] if number else None,
        after=GUIDES[number + 1] if number + 1 < len(GUIDES) else None,
        tabs=[(PATH, "All guides"), *((guide.path, guide.title) for guide in GUIDES)],
    )
    return GUIDES[number].show(server, visitor, place)


# Each guide


def quickstart(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    """Of a public app: its programs run with nothing but a client id put in."""
    plainest = sorted(catalogue.offered(server), key=lambda row: row.is_sensitive)[:1]
    return render(
        "docs/quickstart",
        visitor,
        place=place,
        quickstart=quickstart_of(
            server.settings.issuer, YOUR_CLIENT_ID, None, [LOOPBACK], [row.scope for row in plainest]
        ),
        language=language_asked(),
        languages=LANGUAGES,
        code_lives=duration(server.settings.code_ttl),
    )


def pkce(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    return render("docs/pkce", visitor, place=place)


def scopes(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    return render("docs/scopes", visitor, place=place, scopes=catalogue.every(server), offline_access=OFFLINE_ACCESS)


def refresh(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    settings = server.settings
    seconds = min(settings.access_ttl, settings.refresh_ttl, settings.refresh_max_age)
    return render(
        "docs/refresh",
        visitor,
        place=place,
        issuer=settings.issuer,
        access_lives=duration(seconds),
        seconds=seconds,
        unused=duration(settings.refresh_ttl),
        at_most=duration(settings.refresh_max_age),
        grace=duration(settings.refresh_grace) if settings.refresh_grace else None,
    )


def revocation(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    return render(
        "docs/revocation", visitor, place=place, issuer=server.settings.issuer, connections=FAMILIES_PER_GRANT
    )


def errors(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    return render(
        "docs/errors",
        visitor,
        place=place,
        in_redirects=error_codes.IN_REDIRECTS,
        in_answers=error_codes.IN_ANSWERS,
        from_apis=error_codes.FROM_APIS,
        in_detail=error_codes.IN_DETAIL,
    )


def limits(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    calls = LIMITS["calls"]
    sample = Window("calls", calls.most, calls.seconds, counted=calls.most * 3 // 4, resets_in=calls.seconds // 3)
    return render(
        "docs/limits",
        visitor,
        place=place,
        shared_from=SHARED_FROM,
        of_apps=[told(name) for name in LIMITS if name in LIMITED],
        of_people=[told(name) for name in LIMITS if name not in LIMITED],
        headers=limit_headers(sample),
        sample=sample,
        resets_in=duration(sample.resets_in),
    )


def tokens(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    return render("docs/tokens", visitor, place=place, issuer=server.settings.issuer)


def mcp(server: Server, visitor: Visitor, place: Place) -> HTTPResponse:
    return render("docs/mcp", visitor, place=place, issuer=server.settings.issuer)


GUIDES = (
    Guide("quickstart", "Quickstart", "From an app to a first token in five minutes.", quickstart),
    Guide("pkce", "PKCE", "A secret for each login, so that a stolen code is worth nothing.", pkce),
    Guide("scopes", "Scopes", "What an app may ask for, and what it gets.", scopes),
    Guide("refresh", "Refresh", "How tokens are renewed, what to store, and what ends a connection.", refresh),
    Guide("revocation", "Revocation", "How an app gives tokens back, and what ends them otherwise.", revocation),
    Guide("errors", "Errors", "Every error, what it means, and what to do.", errors),
    Guide("limits", "Limits", "How often an app may call, and how it sees what is left.", limits),
    Guide("tokens", "Checking tokens", "How an API refuses a bad token: nginx, Python, or any language.", tokens),
    Guide("mcp", "MCP", "Connecting an MCP client, and what an MCP server must do.", mcp),
)


def told(name: str) -> tuple[str, str, str, str]:
    """A row of the guide about limits."""
    limit = LIMITS[name]
    return (
        name,
        f"{DEFAULT_SHARE} percent of calls" if name == "share" else f"{limit.most:,}",
        duration(limit.seconds),
        limit.counts,
    )


def duration(seconds: int) -> str:
    """In the largest unit that it is a whole number of."""
    length, unit = next((length, unit) for length, unit in UNITS if seconds % length == 0 and seconds >= length)
    count = seconds // length
    return f"{count:,} {unit}{'s' if count != 1 else ''}"
