"""Refused requests of every kind: each problem that the server can name happens to some app."""

from __future__ import annotations

from oauthsrv.demo.apps import (
    ASSISTANT,
    CALENDAR,
    DASHBOARD,
    INVOICES,
    MAIL_MERGE,
    SLACK,
    SURVEYS,
    TERMINAL,
    TIMESHEETS,
    WAREHOUSE,
    ZAPIER,
    App,
    server_of,
)
from oauthsrv.demo.records import Records
from oauthsrv.oauth.problems import AT_APIS, AT_AUTHENTICATION, AT_AUTHORIZATION, PROBLEMS

AUTHORIZE, TOKEN, VERIFY = "/oauth/authorize", "/oauth/token", "/oauth/verify"

# Where there is no app to tell it to.
OF_NO_APP = {"client_unknown", "credentials_of_api"}
# What is told to the app in the redirect, beside what only its page can tell.
IN_THE_REDIRECT = {
    *AT_AUTHORIZATION,
    *("unsupported_response_type", "request_not_supported", "request_uri_not_supported"),
    *("access_denied", "consent_required", "login_required"),
}
AT_THE_API = {*AT_APIS, "insufficient_scope", "invalid_token"}

# To whom the others happen, one after the other.
CONFIDENTIAL = (ZAPIER, SLACK, TIMESHEETS, INVOICES, WAREHOUSE)
PUBLIC = (CALENDAR, TERMINAL, DASHBOARD)
HAPPENS_TO = {
    "suspended": (MAIL_MERGE,),
    "code_redirect_uri": (ZAPIER,),
    "secret_not_expected": PUBLIC,
    "introspection_public": PUBLIC,
}

# What was sent, where it is kept.
SENT = {
    "code_redirect_uri": "https://zapier.example/dashboard/auth/oauth/return/",
    "scope_unknown": "read:everything",
    "invalid_scope": "read:data,write:data",
    "scope_beyond": "read:data read:billing",
    "insufficient_scope": "read:billing",
    "resource_unknown": "https://api.demo.example/v1",
    "resource_malformed": "api.demo.example",
    "invalid_target": "https://api.example.com",
    "target_beyond": "https://billing.demo.example",
    "wrong_audience": "https://hooks.demo.example",
}

# Days ago, app, endpoint, problem, what was sent, how often, and the developer whose own browser sent it.
TOLD = (
    (0.02, SLACK, AUTHORIZE, "redirect_uri_mismatch", "https://slack-connector.example/oauth/callback/", 3, "dora"),
    (0.05, SURVEYS, AUTHORIZE, "redirect_uri_mismatch", "http://localhost:8080/callback?from=form", 2, "dora"),
    (0.3, SLACK, AUTHORIZE, "redirect_uri_mismatch", "https://slack-connector.example.invalid/<b>take</b>", 41, None),
    (0.4, SLACK, TOKEN, "secret_wrong", "", 12, None),
    (0.9, ZAPIER, AUTHORIZE, "redirect_uri_mismatch", "https://zapier.example/dashboard/auth/return/App1/", 7, None),
    (0.1, ZAPIER, TOKEN, "refresh_superseded", "", 1, None),
    (0.6, ZAPIER, VERIFY, "insufficient_scope", "write:data", 18, None),
    (1.1, ZAPIER, TOKEN, "refresh_ended", "", 2, None),
    (0.03, INVOICES, VERIFY, "calls_limit", "", 152, None),
    (1.0, INVOICES, VERIFY, "calls_limit", "", 97, None),
    (2.0, INVOICES, VERIFY, "calls_limit", "", 120, None),
    (0.1, ASSISTANT, AUTHORIZE, "not_approved", "", 4, None),
    (0.7, CALENDAR, TOKEN, "verifier_wrong", "", 1, None),
    (0.2, TERMINAL, AUTHORIZE, "scope_malformed", "", 1, "dora"),
)


def refuse(records: Records) -> None:
    for days, app, endpoint, problem, sent, count, developer in TOLD:
        add(records, app, days, endpoint, problem, sent, count, developer)
    others = PROBLEMS.keys() - OF_NO_APP - {problem for _, _, _, problem, _, _, _ in TOLD}
    for number, problem in enumerate(sorted(others)):
        endpoint = endpoint_of(problem)
        apps = HAPPENS_TO.get(problem, CONFIDENTIAL if endpoint == TOKEN else CONFIDENTIAL + PUBLIC)
        app = apps[number % len(apps)]
        days = 60 * records.chance.random() ** 2 + (app.suspended or 0)
        count = records.chance.choice((1, 1, 2, 3, 6))
        add(records, app, days, endpoint, problem, SENT.get(problem, ""), count)


def endpoint_of(problem: str) -> str:
    if problem in IN_THE_REDIRECT:
        return AUTHORIZE
    return VERIFY if problem in AT_THE_API else TOKEN


def add(
    records: Records,
    app: App,
    days: float,
    endpoint: str,
    problem: str,
    sent: str,
    count: int,
    developer: str | None = None,
) -> None:
    """The app proved itself by its secret, or by a token of its own; whoever else sent it is known by network alone.

    Where an API asked about a call, the sender is not known.
    """
    is_proved = endpoint == VERIFY or (
        endpoint == TOKEN and app.type == "confidential" and problem not in AT_AUTHENTICATION
    )
    alike = (app.name, endpoint, problem, sent, developer)
    if not is_proved and alike in records.grouped:
        return
    records.grouped.add(alike)
    records.add(
        "refusals",
        client_id=records.client_ids[app.name],
        is_proved=is_proved,
        endpoint=endpoint,
        problem=problem,
        sent=sent,
        user_id=records.user_ids[developer] if developer else None,
        address=None if endpoint == VERIFY else address_of_sender(app, is_proved, developer),
        count=count,
        first_at=records.ago(days + 0.01 * count),
        last_at=records.ago(days),
    )


def address_of_sender(app: App, is_proved: bool, developer: str | None) -> str:
    if developer:
        return "203.0.113.21"
    return server_of(app) if is_proved and app.type == "confidential" else "192.0.2.0/24"
