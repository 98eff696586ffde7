"""This server's values in guides: its lifetimes, limits, scopes and APIs, from the code and the settings."""

from typing import Any, NamedTuple

from oauthsrv.flows import catalog, device_grant
from oauthsrv.flows.client_credentials import UNUSED_DAYS
from oauthsrv.flows.clients.known import KNOWN
from oauthsrv.flows.issuing import FAMILIES_PER_GRANT
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.routes.callers import LIMITED
from oauthsrv.routes.developer.quickstart import chosen, example, shown_language
from oauthsrv.routes.developer.rfcs import RFCS
from oauthsrv.routes.developer.starts import WEB
from oauthsrv.routes.guards import limit_headers
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS, Window
from oauthsrv.store.usage import DEFAULT_SHARE, SHARED_FROM

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))

Values = dict[str, Any]


def quickstart(request: Request) -> Values:
    """A quickstart without an app: its programs run once its client ID and secret are filled in."""
    plainest = sorted(catalog.offered(request.server), key=lambda row: row.is_sensitive)[:1]
    kind, language = chosen(request)
    start = example(request.server, kind or WEB, [row.scope for row in plainest])
    return {
        "quickstart": start,
        "language": shown_language(start, language),
        "code_lives": duration(request.server.settings.code_ttl),
    }


def scopes(request: Request) -> Values:
    return {"offline_access": OFFLINE_ACCESS}


class ScopeRow(NamedTuple):
    """A scope of the catalog, the APIs that accept it, and which apps may request it."""

    scope: Any
    apis: list[str]
    apps: str


def reference(request: Request) -> Values:
    """The catalog in its present state."""
    server = request.server
    apis = list(server.apis.all().values())
    return {
        "scopes": [
            ScopeRow(row, [api.name for api in apis if row.scope in api.scopes], may_request(server, row))
            for row in catalog.all_scopes(server)
        ],
        "apis": apis,
        "offline_access": OFFLINE_ACCESS,
        "is_reviewed": server.settings.app_review,
    }


def may_request(server: Server, scope: Any) -> str:
    if scope.deprecated:
        return "Apps that have it already"
    settings = server.settings
    by_themselves = settings.registration != "off" or settings.client_documents != "off"
    return "Every app" if scope.for_self_registered or not by_themselves else "Apps registered by a developer"


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
        "sample_window": sample,
        "resets_in": duration(sample.resets_in),
    }


def limit_row(name: str) -> tuple[str, str, str, str]:
    limit = LIMITS[name]
    most = f"{DEFAULT_SHARE} percent of calls" if name == "share" else f"{limit.most:,}"
    return name, most, duration(limit.seconds), limit.counts


def duration(seconds: int) -> str:
    """A duration in the largest unit of which it is a whole number."""
    length, unit = next((length, unit) for length, unit in UNITS if seconds % length == 0 and seconds >= length)
    count = seconds // length
    return f"{count:,} {unit}{'s' if count != 1 else ''}"


def unused(request: Request) -> Values:
    return {"unused_days": UNUSED_DAYS}


def known_clients(request: Request) -> Values:
    return {"clients": KNOWN}


def rfcs(request: Request) -> Values:
    return {"rfcs": RFCS}
