"""/developer/apps/<client_id>/doctor: whether an app is set up well, one small function per question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, Protocol

from bottle import HTTPResponse

from oauthsrv.flows.clients import known
from oauthsrv.flows.clients.authentication import uses_secrets
from oauthsrv.oauth.client_authentication import PRIVATE_KEY_JWT
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, has_users
from oauthsrv.oauth.problems import OF_CALLS, PROBLEMS
from oauthsrv.oauth.redirect_uris import is_native
from oauthsrv.pages import render
from oauthsrv.routes.developer.secrets import SecretRow, whether_to_delete
from oauthsrv.routes.request import Request
from oauthsrv.store.assertions import KnownKeys, find_keys
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import AppRow

DAYS = 7
NEARLY = 80  # percent of the hour's calls
ORDER = ("bad", "warn", "good")
# A user who said no, or was not signed in, is no problem of the setup.
NO_FAULT = frozenset({"access_denied", "consent_required", "login_required", "grant_ended"})


class ProblemRow(Protocol):
    """A row of the query refusals.problems."""

    problem: str
    is_known: bool
    count: int


@dataclass(frozen=True)
class Facts:
    """The facts for all checks, read once."""

    app: AppRow
    was_allowed: bool
    secrets: Sequence[SecretRow]
    loaded: KnownKeys  # from the app's jwks_uri
    problems: Sequence[ProblemRow]
    reviewed: bool
    grace: int
    now: datetime
    # The columns of the query developer.facts.
    members: int
    has_exchanged: bool
    reuses: int
    repeats: int
    busiest_hour: int
    unused_scopes: Sequence[str]


def read_facts(request: Request) -> Facts:
    app, server = request.app, request.server
    loaded = find_keys(server.redis, app.jwks_uri) if app.jwks_uri else KnownKeys()
    with reading(server.database) as db:
        return Facts(
            app,
            was_allowed=sql.developer.was_ever_allowed(db, client_id=app.client_id),
            secrets=sql.clients.secrets(db, client_id=app.client_id),
            loaded=loaded,
            problems=sql.refusals.problems(db, client_id=app.client_id, days=DAYS),
            reviewed=server.settings.app_review,
            grace=server.settings.refresh_grace,
            now=datetime.now(UTC),
            **sql.developer.facts(db, client_id=app.client_id)._asdict(),
        )


class Finding(NamedTuple):
    """`folder` is the app's page where it is fixed; `link` says what to do there."""

    verdict: str  # one of ORDER
    text: str
    folder: str = ""  # and link and title: where they differ from those of the check
    link: str = ""
    title: str = ""


bad, warn, good = (partial(Finding, verdict) for verdict in ORDER)


def counted(count: int, one: str = "time", many: str = "times") -> str:
    return f"{count:,} {one if count == 1 else many}"


def check_suspended(facts: Facts) -> Finding:
    if not facts.app.suspended:
        return good("The app works.")
    reason = f" Reason: {facts.app.suspend_reason}" if facts.app.suspend_reason else ""
    text = f"Users can’t connect it and its tokens are refused until an administrator reactivates it.{reason}"
    return bad(text, title="Suspended")


def check_approved(facts: Facts) -> Finding:
    if facts.app.approved or not facts.reviewed:
        return good("Any user can connect the app.")
    text = "Until an administrator approves the app, only its developers can connect it."
    return warn(text, title="Waiting for approval")


def check_grants(facts: Facts) -> Finding:
    text = f"It may use {', '.join(facts.app.grant_types)}."
    if AUTHORIZATION_CODE not in facts.app.grant_types or REFRESH_TOKEN in facts.app.grant_types:
        return good(text)
    return warn(f"{text} Without refresh_token, users connect it again when an access token expires.")


def check_own_access(facts: Facts) -> Finding:
    if CLIENT_CREDENTIALS not in facts.app.grant_types:
        return good("The app always acts for a user.")
    if not facts.app.own_scopes:
        return bad("It may use client_credentials, but no administrator has opened any scopes to it. Ask one.")
    return good(f"It can use {', '.join(facts.app.own_scopes)} for itself.")


def check_redirect_uris(facts: Facts) -> Finding:
    if AUTHORIZATION_CODE not in facts.app.grant_types:
        return good("It sends no users to be asked, so it needs none.")
    local = sum(map(is_native, facts.app.redirect_uris))
    is_public, are_all_local = facts.app.type == "public", local == len(facts.app.redirect_uris)
    if is_public and are_all_local:
        return good(
            "Users return to their own device, where any program could receive the code, so they are asked each time."
        )
    if is_public or not local:
        return good("Users return to https addresses.")
    if are_all_local:
        return warn(
            "All of them are on the developer’s own computer, so only they can connect the app. Add one with https."
        )
    return warn(
        f"{counted(local, 'address', 'addresses')} on the developer’s own computer besides those with https. "
        "Once the app is live, remove those it doesn’t need."
    )


def check_known_clients(facts: Facts) -> Finding:
    """Check settings for known clients; one is meant if a redirect URI is its own."""
    app = facts.app
    settings = known.AppSettings(app.redirect_uris, app.authentication_methods, app.grant_types)
    meant = {client.title: known.lacks(client, settings) for client in known.meant_for(settings)}
    if lacking := [f"{title}: {', '.join(lacks)}." for title, lacks in meant.items() if lacks]:
        return warn(" ".join(lacking))
    if not meant:
        return good("No redirect URI is one of Claude, ChatGPT, Zapier or another known client.")
    return good(f"Its settings fit {', '.join(meant)}.")


def check_devices(facts: Facts) -> Finding:
    if DEVICE_CODE not in facts.app.grant_types:
        return good("Off: nobody can ask users to enter a code for this app.")
    if facts.app.verified:
        return good("Users connect a device with a code, and are asked each time.")
    return warn(
        "Anyone can ask users to enter a code for this app, and they see that it isn’t verified. "
        "Turn it off if no device needs it, or ask an administrator to verify the app."
    )


def check_pkce(facts: Facts) -> Finding:
    if facts.app.skips_pkce:
        return bad("Not required: a stolen code can be used by anyone who has the client secret.")
    return good("Required (S256): a stolen code is useless.")


def check_secrets(facts: Facts) -> Finding:
    if facts.app.type == "public":
        return good("Public apps have none.")
    if not uses_secrets(facts.app):
        return good("The app signs assertions with its own key instead.")
    if not facts.secrets:
        return bad("The app has none, so it can’t get tokens.")
    if len(facts.secrets) > 1:
        old, new = facts.secrets
        advice = whether_to_delete(old, new, facts.now)
        where = ("/secrets/retire", "Delete a secret") if advice.is_safe else ("/secrets", "See the secrets")
        return warn(advice.text, *where)
    (only,) = facts.secrets
    if only.last_used_at is None:
        text = f"The secret ending in {only.hint} was never used. Your app hasn’t authenticated yet."
        return warn(text, "/quickstart", "See how to use it")
    return good(f"The app uses the one ending in {only.hint}.")


def check_keys(facts: Facts) -> Finding:
    app, loaded = facts.app, facts.loaded
    if PRIVATE_KEY_JWT not in app.authentication_methods:
        return good("Not used.")
    if row := next((row for row in facts.problems if row.problem.startswith("assertion_")), None):
        return warn(f"Refused {in_last_days(row)}", f"/activity?problem={row.problem}", "See when")
    if app.jwks is not None:
        return good(f"{counted(len(app.jwks['keys']), 'key', 'keys')}, pasted in this portal.")
    if loaded.failure:
        return bad(f"They could not be loaded when they were last needed: {loaded.failure}.")
    if not loaded.keys:
        return warn("They haven’t been loaded yet: that happens when your app first sends an assertion.")
    return good(f"{counted(len(loaded.keys), 'key', 'keys')} loaded from the app’s address.")


def check_first_tokens(facts: Facts) -> Finding:
    if not has_users(facts.app.grant_types):
        return good("The app needs no user for its tokens.")
    if facts.has_exchanged:
        return good("The app has exchanged a code for tokens.")
    if facts.was_allowed:
        return bad("A user allowed the app, but it never exchanged a code. Check its callback and its token request.")
    return warn("No user has connected the app yet. Try it yourself.", "/try", "Try it")


def check_refresh_reuse(facts: Facts) -> Finding:
    if not facts.reuses:
        return good("None was reused in the last 30 days.")
    return bad(
        f"{counted(facts.reuses, 'connection was', 'connections were')} revoked in the last 30 days because an old "
        "refresh token was reused. Store the new one of every response, and let one process at a time refresh."
    )


def check_repeats(facts: Facts) -> Finding:
    if not facts.repeats:
        return good("The app uses each refresh token once.")
    text = (
        f"Its connections sent a refresh token again {counted(facts.repeats)} after using it, and got the same next "
        "one. Store the refresh token of every response before you use its access token."
    )
    if facts.app.keeps_successor:
        return warn(text)
    text += f" That works only for {facts.grace} seconds, unless you allow it in the settings."
    return warn(text, "/edit", "Change the settings")


def check_top_problem(facts: Facts) -> Finding:
    """The most frequent one; unauthenticated requests count only for a public app, which has no others."""
    its_own = (row for row in facts.problems if row.is_known or facts.app.type == "public")
    top = next((row for row in its_own if row.problem not in NO_FAULT), None)
    if top is None or top.problem not in PROBLEMS:
        return good("None in the last 7 days.")
    is_call = top.problem in OF_CALLS
    title, filtered = ("Refused API calls", "calls=yes&") if is_call else ("Failed OAuth requests", "")
    link = f"/activity?{filtered}problem={top.problem}"
    return warn(f"Most often {in_last_days(top)}", link, "See them", title)


def in_last_days(row: ProblemRow) -> str:
    return f"in the last 7 days ({counted(row.count)}): {PROBLEMS[row.problem].what} {PROBLEMS[row.problem].fix}"


def check_limit(facts: Facts) -> Finding:
    most = facts.app.calls_per_hour
    percent = 100 * facts.busiest_hour // most
    text = f"The busiest hour of the last 7 days took {percent} percent of the {most:,} calls allowed."
    if facts.busiest_hour > most:
        return bad(f"{text} Spread them, or ask for a higher limit.")
    return warn(f"{text} Spread them before calls are refused.") if percent >= NEARLY else good(text)


def check_unused_scopes(facts: Facts) -> Finding:
    if not facts.was_allowed or not facts.unused_scopes:
        return good("No unused scopes found.")
    return warn(f"No user granted {', '.join(facts.unused_scopes)}. Remove scopes that your app doesn’t request.")


def check_home_page(facts: Facts) -> Finding:
    if facts.app.home_page:
        return good("Users can look up who requests access.")
    return warn("The app has none, so users can’t look up who requests access.")


def check_logo(facts: Facts) -> Finding:
    if facts.app.logo_version:
        return good("Users recognize the app when it requests access.")
    return warn("The app has none: users see the first letter of its name.")


def check_verified(facts: Facts) -> Finding:
    if facts.app.verified:
        return good("Users see that administrators have verified you as the developer.")
    return warn("Users see that this app isn’t verified. Ask an administrator to verify it.", title="Not verified")


def check_team(facts: Facts) -> Finding:
    if facts.members:
        return good(f"{counted(facts.members + 1, 'person', 'people')} can manage the app.")
    return warn("Only the owner can manage the app. If they are away, nobody can replace a leaked secret.")


class Check(NamedTuple):
    judge: Callable[[Facts], Finding]
    title: str
    folder: str = ""
    link: str = ""
    of_users: bool = False  # about what users see: nobody sees an app that acts only for itself

    def find(self, facts: Facts) -> Finding:
        found = self.judge(facts)
        found = found._replace(title=found.title or self.title)
        return found if found.verdict == "good" or found.link else found._replace(folder=self.folder, link=self.link)


CHECKS = {
    "suspended": Check(check_suspended, "Not suspended"),
    "approved": Check(check_approved, "Open to everyone", of_users=True),
    "grants": Check(check_grants, "How it gets tokens", "/edit", "Let it stay connected"),
    "own_access": Check(check_own_access, "Access without a user", "/own-access", "See what is open"),
    "redirect_uris": Check(check_redirect_uris, "Redirect URIs", "/edit", "Change the redirect URIs"),
    "known_clients": Check(check_known_clients, "Connects with", "/edit", "Change the settings"),
    "devices": Check(check_devices, "Devices", "/edit", "Change how it gets tokens"),
    "pkce": Check(check_pkce, "PKCE", "/edit", "Require PKCE"),
    "secrets": Check(check_secrets, "Client secrets", "/secrets", "Add a secret"),
    "keys": Check(check_keys, "Keys for signed assertions", "/authentication", "See the address"),
    "first_tokens": Check(check_first_tokens, "First tokens", "/activity", "See what was refused"),
    "refresh_reuse": Check(check_refresh_reuse, "Refresh tokens", "/activity?problem=refresh_reused", "See when"),
    "repeats": Check(check_repeats, "Repeated refresh tokens"),
    "top_problem": Check(check_top_problem, "Failed requests"),
    "limit": Check(check_limit, "Calls per hour", "/usage", "See the usage"),
    "unused_scopes": Check(check_unused_scopes, "Scopes", "/edit", "Change the scopes"),
    "home_page": Check(check_home_page, "Home page", "/edit", "Add a home page", of_users=True),
    "logo": Check(check_logo, "Logo", "/edit", "Add a logo", of_users=True),
    "verified": Check(check_verified, "Verified", of_users=True),
    "team": Check(check_team, "Team", "/team", "Invite someone"),
}


def findings(facts: Facts) -> list[Finding]:
    """The findings: first the bad, then what could be better, then the good."""
    found = [each.find(facts) for each in CHECKS.values() if not each.of_users or has_users(facts.app.grant_types)]
    return sorted(found, key=lambda finding: ORDER.index(finding.verdict))


def show_doctor(request: Request) -> HTTPResponse:
    found = findings(read_facts(request))
    bad, warn, good = ([finding for finding in found if finding.verdict == verdict] for verdict in ORDER)
    return render("developer/doctor", request, app=request.app, bad=bad, warn=warn, good=good)
