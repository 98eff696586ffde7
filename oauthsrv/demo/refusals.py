"""Refused requests of every kind: each problem that the server can name happens to some app."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from oauthsrv.demo.apps import APPS
from oauthsrv.demo.example import Example
from oauthsrv.demo.people import PEOPLE
from oauthsrv.oauth.authentication_problems import AT_AUTHENTICATION
from oauthsrv.oauth.problems import AT_APIS, AT_AUTHORIZATION, AT_TOKEN, BY_CODE, PROBLEMS
from oauthsrv.request_ids import new_request_id
from oauthsrv.store.refusals import REQUESTS_KEPT, Group, Response, Seen

AUTHORIZE, TOKEN, VERIFY = "/oauth/authorize", "/oauth/token", "/oauth/verify"
UNKNOWN_SENDER = "192.0.2.5"


class Refusal(NamedTuple):
    days: float  # ago
    app: str
    problem: str
    sent: str = ""
    number: int = 1
    developer: str = ""  # whose own browser sent it


NOTABLE = (
    Refusal(
        0.02, "Slack Connector", "redirect_uri_mismatch", "https://slack-connector.example/oauth/callback/", 3, "dora"
    ),
    Refusal(0.03, "Invoice Robot", "calls_limit", "", 152),
    Refusal(0.05, "Survey Forms", "redirect_uri_mismatch", "http://localhost:8080/callback?from=form", 2, "dora"),
    Refusal(0.1, "Zapier Connector", "refresh_superseded"),
    Refusal(0.1, "Helpful Assistant (MCP)", "not_approved", "", 4),
    Refusal(0.2, "Terminal", "scope_malformed", "", 1, "dora"),
    Refusal(0.3, "Slack Connector", "redirect_uri_mismatch", "https://slack-connector.example.invalid/<b>take</b>", 41),
    Refusal(0.4, "Slack Connector", "secret_wrong", "", 12),
    Refusal(0.6, "Zapier Connector", "insufficient_scope", "write:data", 18),
    Refusal(0.7, "Pocket Calendar", "verifier_wrong"),
    Refusal(0.9, "Zapier Connector", "redirect_uri_mismatch", "https://zapier.example/dashboard/auth/return/App1/", 7),
    Refusal(1.0, "Invoice Robot", "calls_limit", "", 97),
    Refusal(1.1, "Zapier Connector", "refresh_ended", "", 2),
    Refusal(2.0, "Invoice Robot", "calls_limit", "", 120),
    Refusal(2.5, "Mail Merge Plus", "suspended", "", 6),
)

# Every other problem happens to one of these, in turn.
CONFIDENTIAL = ("Zapier Connector", "Slack Connector", "Timesheets", "Invoice Robot", "Warehouse Export")
PUBLIC = ("Pocket Calendar", "Terminal", "Figures at a Glance")
OF_PUBLIC_APPS = {"secret_not_expected", "introspection_public"}
OF_NO_APP = {"client_unknown", "credentials_of_api"}
AT_AUTHORIZE = {
    *AT_AUTHORIZATION,
    *("unsupported_response_type", "request_not_supported", "request_uri_not_supported"),
    *("access_denied", "consent_required", "login_required"),
}
# Of requests that nobody reads, so they prove nothing.
UNREAD = {
    "address_unknown": Response(404, "not_found"),
    "method_not_supported": Response(405, "invalid_request"),
    "not_a_form": Response(415, "invalid_request"),
}
LIMITS_REACHED = {name for name in PROBLEMS if name.endswith("_limit")}
AT_VERIFY = {*AT_APIS, "insufficient_scope", "invalid_token"}
SENT = {
    "address_unknown": "/.well-known/oauth-authorization-server/mcp",
    "code_redirect_uri": "https://app.example/return/",
    "scope_unknown": "read:everything",
    "invalid_scope": "read:data,write:data",
    "scope_beyond": "read:data read:billing",
    "resource_unknown": "https://api.demo.example/v1",
    "resource_malformed": "api.demo.example",
    "invalid_target": "https://api.example.com",
    "target_beyond": "https://billing.demo.example",
    "wrong_audience": "https://hooks.demo.example",
}


def refused() -> Iterator[Refusal]:
    yield from NOTABLE
    others = PROBLEMS.keys() - OF_NO_APP - {row.problem for row in NOTABLE}
    for number, problem in enumerate(sorted(others)):
        apps = PUBLIC if problem in OF_PUBLIC_APPS else CONFIDENTIAL
        days, count = (number * 0.15) ** 2 + 0.5, (1, 1, 2, 3, 6)[number % 5]
        yield Refusal(days, apps[number % len(apps)], problem, SENT.get(problem, ""), count)


def endpoint_of(problem: str) -> str:
    if problem == "address_unknown":
        return "/.well-known/"
    if problem in AT_AUTHORIZE:
        return AUTHORIZE
    return VERIFY if problem in AT_VERIFY else TOKEN


def response_of(problem: str, endpoint: str) -> Response:
    """The server's usual response to this problem at that endpoint."""
    if problem in UNREAD:
        return UNREAD[problem]
    if problem in LIMITS_REACHED:
        return Response(429, "too_many_requests")
    if problem in AT_AUTHENTICATION:
        return Response(401, "invalid_client")
    if problem in BY_CODE:
        return Response({"insufficient_scope": 403, "invalid_token": 401}.get(problem, 400), problem)
    if endpoint == VERIFY:
        return Response(401, "invalid_token")
    is_of_code = problem in AT_TOKEN or problem == "grant_ended"
    return Response(400, "invalid_grant" if is_of_code else "invalid_request")


def write_refusals(example: Example, now: datetime) -> None:
    for row in sorted(refused(), reverse=True):
        endpoint, last_at = endpoint_of(row.problem), (now - timedelta(days=row.days)).timestamp()
        # Authenticated: with the app's secret, or with one of its tokens at an API, which does not say from where.
        has_secret = endpoint == TOKEN and row.app in CONFIDENTIAL and row.problem not in (*AT_AUTHENTICATION, *UNREAD)
        address = APPS[row.app].address if has_secret else "" if endpoint == VERIFY else UNKNOWN_SENDER
        if row.developer:
            address = PEOPLE[row.developer].address
        group = Group(
            client_id=example.ids[row.app],
            is_authenticated=has_secret or endpoint == VERIFY,
            endpoint=endpoint,
            problem=row.problem,
            sent=row.sent,
            user_id=example.ids.get(row.developer),
        )
        got = response_of(row.problem, endpoint)
        ids = [new_request_id() for _ in range(min(row.number, REQUESTS_KEPT))]
        seen = Seen(row.number, last_at - 864 * row.number, last_at, address, has_secret, got.status, got.error, ids)
        example.server.refusals.write({group: seen})
