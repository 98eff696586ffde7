"""What the doctor checks of an app's set-up: one small function for each question, over facts that were read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.oauth.redirect_uris import is_native
from oauthsrv.routes.developer.secrets import whether_to_delete

Verdict = Literal["bad", "warn", "good"]
ORDER: tuple[Verdict, ...] = ("bad", "warn", "good")

NEARLY = 80  # percent of the hour's calls


class Secret(NamedTuple):
    hint: str
    last_used_at: datetime | None
    last_used_from: str | None = None


class TopProblem(NamedTuple):
    name: str
    times: int


@dataclass(frozen=True, slots=True)
class Facts:
    """An app as the checks see it. `secrets` are the oldest first; `reviewed`: new apps are reviewed here."""

    type: str
    redirect_uris: tuple[str, ...]
    home_page: str
    skips_pkce: bool
    suspended: bool
    suspend_reason: str
    approved: bool
    reviewed: bool
    verified: bool
    has_logo: bool
    members: int
    was_allowed: bool
    has_exchanged: bool
    reuses: int
    busiest_hour: int
    calls_per_hour: int
    unused_scopes: tuple[str, ...]
    secrets: tuple[Secret, ...]
    top_problem: TopProblem | None
    now: datetime


class Finding(NamedTuple):
    """`folder` is where it is fixed, a page of the app; the words on the link say what one does there."""

    verdict: Verdict
    title: str
    text: str
    folder: str = ""
    link: str = ""


def check_suspended(facts: Facts) -> Finding:
    if not facts.suspended:
        return Finding("good", "Not suspended", "The app works.")
    reason = f" Reason: {facts.suspend_reason}" if facts.suspend_reason else ""
    text = f"Users can’t connect it and its tokens are refused until an administrator reactivates it.{reason}"
    return Finding("bad", "Suspended", text)


def check_approved(facts: Facts) -> Finding:
    if facts.approved or not facts.reviewed:
        return Finding("good", "Open to everyone", "Any user can connect the app.")
    text = "Until an administrator approves the app, only its developers can connect it."
    return Finding("warn", "Waiting for approval", text)


def check_redirect_uris(facts: Facts) -> Finding:
    title = "Redirect URIs"
    if not all(map(is_native, facts.redirect_uris)):
        local = sum(map(is_native, facts.redirect_uris))
        if facts.type == "confidential" and local:
            text = (
                f"{of(local, 'address', 'addresses')} on the developer’s own computer besides those with https. "
                "Once the app is live, remove those it doesn’t need."
            )
            return Finding("warn", title, text, "/edit", "Change the redirect URIs")
        return Finding("good", title, "Users return to https addresses.")
    if facts.type == "confidential":
        text = "All of them are on the developer’s own computer, so only they can connect the app. Add one with https."
        return Finding("warn", title, text, "/edit", "Change the redirect URIs")
    text = "Users return to their own device, where any program could receive the code, so they are asked each time."
    return Finding("good", title, text)


def check_pkce(facts: Facts) -> Finding:
    if not facts.skips_pkce:
        return Finding("good", "PKCE", "Required (S256): a stolen code is useless.")
    text = "Not required: a stolen code can be used by anyone who has the client secret."
    return Finding("bad", "PKCE", text, "/edit", "Require PKCE")


def check_home_page(facts: Facts) -> Finding:
    if facts.home_page:
        return Finding("good", "Home page", "Users can look up who requests access.")
    text = "The app has none, so users can’t look up who requests access."
    return Finding("warn", "Home page", text, "/edit", "Add a home page")


def check_logo(facts: Facts) -> Finding:
    if facts.has_logo:
        return Finding("good", "Logo", "Users recognize the app when it requests access.")
    return Finding("warn", "Logo", "The app has none: users see the first letter of its name.", "/edit", "Add a logo")


def check_verified(facts: Facts) -> Finding:
    if facts.verified:
        return Finding("good", "Verified", "Users see that administrators have verified you as the developer.")
    text = "Users see that this app isn’t verified. Ask an administrator to verify it."
    return Finding("warn", "Not verified", text)


def check_secrets(facts: Facts) -> Finding:
    title = "Client secrets"
    if facts.type == "public":
        return Finding("good", title, "Public apps have none.")
    if not facts.secrets:
        text = "The app has none, so it can’t get tokens."
        return Finding("bad", title, text, "/secrets", "Add a secret")
    if len(facts.secrets) > 1:
        old, new = facts.secrets
        advice = whether_to_delete(old, new, facts.now)
        folder, link = ("/secrets/retire", "Delete a secret") if advice.is_safe else ("/secrets", "See the secrets")
        return Finding("warn", title, advice.text, folder, link)
    (only,) = facts.secrets
    if only.last_used_at is None:
        text = f"The secret ending in {only.hint} was never used. Your app hasn’t authenticated yet."
        return Finding("warn", title, text, "/quickstart", "See how to use it")
    return Finding("good", title, f"The app uses the one ending in {only.hint}.")


def check_first_tokens(facts: Facts) -> Finding:
    title = "First tokens"
    if facts.has_exchanged:
        return Finding("good", title, "The app has exchanged a code for tokens.")
    if facts.was_allowed:
        text = "A user allowed the app, but it never exchanged a code. Check its callback and its token request."
        return Finding("bad", title, text, "/activity", "See what was refused")
    text = "No user has connected the app yet. Try it yourself."
    return Finding("warn", title, text, "/try", "Try it")


def check_refresh_reuse(facts: Facts) -> Finding:
    title = "Refresh tokens"
    if not facts.reuses:
        return Finding("good", title, "None was reused in the last 30 days.")
    text = (
        f"{of(facts.reuses, 'connection was', 'connections were')} revoked in the last 30 days because an old refresh "
        "token was reused. Store the new one of every response, and let one process at a time refresh."
    )
    return Finding("bad", title, text, "/activity?problem=refresh_reused", "See when")


def check_top_problem(facts: Facts) -> Finding:
    title = "Refused requests"
    top = facts.top_problem
    if top is None or top.name not in PROBLEMS:
        return Finding("good", title, "None in the last 7 days.")
    problem = PROBLEMS[top.name]
    text = f"Most often in the last 7 days ({of(top.times, 'time', 'times')}): {problem.what} {problem.fix}"
    return Finding("warn", title, text, f"/activity?problem={top.name}", "See them")


def check_limit(facts: Facts) -> Finding:
    title = "Calls per hour"
    percent = 100 * facts.busiest_hour // facts.calls_per_hour
    text = f"The busiest hour of the last 7 days took {percent} percent of the {facts.calls_per_hour:,} calls allowed."
    if facts.busiest_hour > facts.calls_per_hour:
        return Finding("bad", title, f"{text} Spread them, or ask for a higher limit.", "/usage", "See the usage")
    if percent >= NEARLY:
        return Finding("warn", title, f"{text} Spread them before calls are refused.", "/usage", "See the usage")
    return Finding("good", title, text)


def check_unused_scopes(facts: Facts) -> Finding:
    title = "Scopes"
    if not facts.was_allowed or not facts.unused_scopes:
        return Finding("good", title, "No unused scopes found.")
    unused = ", ".join(facts.unused_scopes)
    text = f"No user granted {unused}. Remove scopes that your app doesn’t request."
    return Finding("warn", title, text, "/edit", "Change the scopes")


def check_team(facts: Facts) -> Finding:
    if facts.members:
        return Finding("good", "Team", f"{of(facts.members + 1, 'person', 'people')} can manage the app.")
    text = "Only the owner can manage the app. If they are away, nobody can replace a leaked secret."
    return Finding("warn", "Team", text, "/team", "Invite someone")


CHECKS: tuple[Callable[[Facts], Finding], ...] = (
    check_suspended,
    check_approved,
    check_redirect_uris,
    check_pkce,
    check_secrets,
    check_first_tokens,
    check_refresh_reuse,
    check_top_problem,
    check_limit,
    check_unused_scopes,
    check_home_page,
    check_logo,
    check_verified,
    check_team,
)


def findings(facts: Facts) -> list[Finding]:
    """What is bad first, then what could be better, then what is good."""
    return sorted((check(facts) for check in CHECKS), key=lambda finding: ORDER.index(finding.verdict))


def top_problem(counted: list[Any], app_type: str) -> TopProblem | None:
    """Unauthenticated requests count only for a public app, which has no others.

    A user who said no, or was not signed in, is not a problem of the setup.
    """
    for row in counted:
        if (row.is_known or app_type == "public") and row.problem not in NO_FAULT:
            return TopProblem(row.problem, row.count)
    return None


NO_FAULT = frozenset({"access_denied", "consent_required", "login_required", "grant_ended"})


def of(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
