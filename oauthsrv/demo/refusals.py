"""Refused requests of every kind: each problem that the server can name happens to some app."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from oauthsrv.demo.apps import APPS
from oauthsrv.demo.example import Example
from oauthsrv.demo.people import PEOPLE
from oauthsrv.oauth.authentication_problems import AT_AUTHENTICATION
from oauthsrv.oauth.problems import AT_APIS, AT_AUTHORIZATION, AT_TOKEN, BY_CODE, PROBLEMS
from oauthsrv.request_ids import new_request_id
from oauthsrv.store.refusals import REQUESTS_KEPT, Group, Seen

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


# Where the server most often answers these problems: status, error ("": the problem is the code of one), and whether
# the app has proved who it is by then, with its secret or, at an API, with one of its tokens. The first row that fits.
KINDS: tuple[tuple[Collection[str], str, int, str, bool], ...] = (
    (["address_unknown"], "/.well-known/", 404, "not_found", False),
    (["method_not_supported"], TOKEN, 405, "invalid_request", False),
    (["not_a_form"], TOKEN, 415, "invalid_request", False),
    (["proof_limit"], TOKEN, 429, "too_many_requests", False),
    (["par_limit"], AUTHORIZE, 429, "too_many_requests", False),
    (["calls_limit", "share_limit"], VERIFY, 429, "too_many_requests", True),
    ([name for name in PROBLEMS if name.endswith("_limit")], TOKEN, 429, "too_many_requests", True),
    (["insufficient_scope"], VERIFY, 403, "", True),
    ([*AT_APIS, "invalid_token"], VERIFY, 401, "invalid_token", True),
    (AT_AUTHORIZATION, AUTHORIZE, 400, "invalid_request", False),
    (["access_denied", "consent_required", "login_required"], AUTHORIZE, 400, "", False),
    (["unsupported_response_type", "request_not_supported", "request_uri_not_supported"], AUTHORIZE, 400, "", False),
    ([*AT_AUTHENTICATION, "invalid_client"], TOKEN, 401, "invalid_client", False),
    ([*AT_TOKEN, "grant_ended"], TOKEN, 400, "invalid_grant", True),
    (BY_CODE, TOKEN, 400, "", True),
    (PROBLEMS, TOKEN, 400, "invalid_request", True),
)


def refused() -> Iterator[Refusal]:
    yield from NOTABLE
    others = PROBLEMS.keys() - OF_NO_APP - {row.problem for row in NOTABLE}
    for number, problem in enumerate(sorted(others)):
        apps = PUBLIC if problem in OF_PUBLIC_APPS else CONFIDENTIAL
        days, count = (number * 0.15) ** 2 + 0.5, (1, 1, 2, 3, 6)[number % 5]
        yield Refusal(days, apps[number % len(apps)], problem, SENT.get(problem, ""), count)


def write_refusals(example: Example, now: datetime) -> None:
    for row in sorted(refused(), reverse=True):
        _, endpoint, status, error, is_proved = next(kind for kind in KINDS if row.problem in kind[0])
        at_api, has_secret = endpoint == VERIFY, endpoint == TOKEN and is_proved and row.app in CONFIDENTIAL
        # An API does not say from where it was called.
        address = APPS[row.app].address if has_secret else "" if at_api else UNKNOWN_SENDER
        address = PEOPLE[row.developer].address if row.developer else address
        group = Group(
            example.ids[row.app], at_api or has_secret, endpoint, row.problem, row.sent, example.ids.get(row.developer)
        )
        last_at, ids = (now - timedelta(days=row.days)).timestamp(), range(min(row.number, REQUESTS_KEPT))
        known = has_secret, status, error or row.problem, [new_request_id() for _ in ids]
        seen = Seen(row.number, last_at - 864 * row.number, last_at, address, *known)
        example.server.refusals.write({group: seen})
