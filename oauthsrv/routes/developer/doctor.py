"""/developer/apps/<client_id>/doctor: whether an app is set up well, one small function for each question."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows.clients import known
from oauthsrv.flows.clients.authentication import uses_secrets
from oauthsrv.oauth.client_authentication import PRIVATE_KEY_JWT
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, has_users
from oauthsrv.oauth.problems import OF_CALLS, PROBLEMS
from oauthsrv.oauth.redirect_uris import is_native
from oauthsrv.pages import render
from oauthsrv.routes.developer.secrets import whether_to_delete
from oauthsrv.routes.request import Request
from oauthsrv.store.assertions import KnownKeys, find_keys
from oauthsrv.store.database import reading, sql

DAYS = 7
NEARLY = 80  # percent of the hour's calls
ORDER = ("bad", "warn", "good")
# A user who said no, or was not signed in, is not a problem of the setup.
NO_FAULT = frozenset({"access_denied", "consent_required", "login_required", "grant_ended"})

Facts = Any  # the columns of an app and of the query developer.facts, and what facts_of adds


class Finding(NamedTuple):
    """`folder` is where it is fixed, a page of the app; `link` says what one does there."""

    verdict: str  # one of ORDER
    title: str
    text: str
    folder: str = ""
    link: str = ""


def show_doctor(request: Request) -> HTTPResponse:
    found = findings(facts_of(request))
    bad, warn, good = ([finding for finding in found if finding.verdict == verdict] for verdict in ORDER)
    return render("developer/doctor", request, app=request.app, bad=bad, warn=warn, good=good)


def facts_of(request: Request) -> Facts:
    """Read once for all checks."""
    app = request.app
    with reading(request.server.database) as db:
        row = sql.developer.facts(db, client_id=app.client_id)
        was_allowed = sql.developer.was_ever_allowed(db, client_id=app.client_id)
        secrets = sql.clients.secrets(db, client_id=app.client_id)
        counted = sql.refusals.problems(db, client_id=app.client_id, days=DAYS)
    return SimpleNamespace(
        **(app._asdict() | row._asdict()),
        was_allowed=was_allowed,
        secrets=secrets,
        known_keys=find_keys(request.server.redis, app.jwks_uri) if app.jwks_uri else None,
        top_problem=top_problem(counted, app.type),
        refused_assertion=next((row for row in counted if row.problem.startswith("assertion_")), None),
        reviewed=request.server.settings.app_review,
        grace=request.server.settings.refresh_grace,
        now=datetime.now(UTC),
    )


def top_problem(counted: list[Any], app_type: str) -> Any:
    """The row of the most frequent problem, or None.

    Unauthenticated requests count only for a public app, which has no others.
    """
    its_own = (row for row in counted if row.is_known or app_type == "public")
    return next((row for row in its_own if row.problem not in NO_FAULT), None)


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


def check_grants(facts: Facts) -> Finding:
    title, grants = "How it gets tokens", ", ".join(facts.grant_types)
    if AUTHORIZATION_CODE not in facts.grant_types or REFRESH_TOKEN in facts.grant_types:
        return Finding("good", title, f"It may use {grants}.")
    text = f"It may use {grants}. Without refresh_token, users connect it again when an access token expires."
    return Finding("warn", title, text, "/edit", "Let it stay connected")


def check_own_access(facts: Facts) -> Finding:
    title = "Access without a user"
    if CLIENT_CREDENTIALS not in facts.grant_types:
        return Finding("good", title, "The app always acts for a user.")
    if not facts.own_scopes:
        text = "It may use client_credentials, but no administrator has opened any scopes to it. Ask one."
        return Finding("bad", title, text, "/own-access", "See what is open")
    return Finding("good", title, f"It can use {', '.join(facts.own_scopes)} for itself.")


def check_redirect_uris(facts: Facts) -> Finding:
    title = "Redirect URIs"
    if AUTHORIZATION_CODE not in facts.grant_types:
        return Finding("good", title, "It sends no users to be asked, so it needs none.")
    local = sum(map(is_native, facts.redirect_uris))
    all_local, is_public = local == len(facts.redirect_uris), facts.type == "public"
    if is_public and all_local:
        text = (
            "Users return to their own device, where any program could receive the code, so they are asked each time."
        )
        return Finding("good", title, text)
    if is_public or not local:
        return Finding("good", title, "Users return to https addresses.")
    if all_local:
        text = "All of them are on the developer’s own computer, so only they can connect the app. Add one with https."
    else:
        text = (
            f"{of(local, 'address', 'addresses')} on the developer’s own computer besides those with https. "
            "Once the app is live, remove those it doesn’t need."
        )
    return Finding("warn", title, text, "/edit", "Change the redirect URIs")


def check_known_clients(facts: Facts) -> Finding:
    """A client is meant if one of the redirect URIs is its own."""
    settings = known.AppSettings(facts.redirect_uris, facts.authentication_methods, facts.grant_types)
    meant = known.meant_for(settings)
    lacking = [f"{client.title}: {', '.join(lacks)}." for client in meant if (lacks := known.lacks(client, settings))]
    if lacking:
        return Finding("warn", "Connects with", " ".join(lacking), "/edit", "Change the settings")
    if not meant:
        return Finding(
            "good", "Connects with", "No redirect URI is one of Claude, ChatGPT, Zapier or another known client."
        )
    fitting = ", ".join(client.title for client in meant)
    return Finding("good", "Connects with", f"Its settings fit {fitting}.")


def check_devices(facts: Facts) -> Finding:
    title = "Devices"
    if DEVICE_CODE not in facts.grant_types:
        return Finding("good", title, "Off: nobody can ask users to enter a code for this app.")
    if facts.verified:
        return Finding("good", title, "Users connect a device with a code, and are asked each time.")
    text = (
        "Anyone can ask users to enter a code for this app, and they see that it isn’t verified. "
        "Turn it off if no device needs it, or ask an administrator to verify the app."
    )
    return Finding("warn", title, text, "/edit", "Change how it gets tokens")


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
    if facts.logo_version:
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
    if not uses_secrets(facts):
        return Finding("good", title, "The app signs assertions with its own key instead.")
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


def check_keys(facts: Facts) -> Finding:
    title = "Keys for signed assertions"
    if PRIVATE_KEY_JWT not in facts.authentication_methods:
        return Finding("good", title, "Not used.")
    if facts.refused_assertion:
        problem, count = PROBLEMS[facts.refused_assertion.problem], facts.refused_assertion.count
        text = f"Refused in the last 7 days ({of(count, 'time', 'times')}): {problem.what} {problem.fix}"
        return Finding("warn", title, text, f"/activity?problem={facts.refused_assertion.problem}", "See when")
    if facts.jwks_uri is None:
        return Finding("good", title, f"{of(len(facts.jwks['keys']), 'key', 'keys')}, pasted in this portal.")
    return check_loaded_keys(title, facts.known_keys)


def check_loaded_keys(title: str, known: KnownKeys) -> Finding:
    if known.failure:
        text = f"They could not be loaded when they were last needed: {known.failure}."
        return Finding("bad", title, text, "/authentication", "See the address")
    if not known.keys:
        text = "They haven’t been loaded yet: that happens when your app first sends an assertion."
        return Finding("warn", title, text, "/authentication", "See the address")
    return Finding("good", title, f"{of(len(known.keys), 'key', 'keys')} loaded from the app’s address.")


def check_first_tokens(facts: Facts) -> Finding:
    title = "First tokens"
    if not has_users(facts.grant_types):
        return Finding("good", title, "The app needs no user for its tokens.")
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


def check_repeats(facts: Facts) -> Finding:
    title = "Repeated refresh tokens"
    if not facts.repeats:
        return Finding("good", title, "The app uses each refresh token once.")
    text = (
        f"Its connections sent a refresh token again {of(facts.repeats, 'time', 'times')} after using it, and got the "
        "same next one. Store the refresh token of every response before you use its access token."
    )
    if facts.keeps_successor:
        return Finding("warn", title, text)
    text += f" That works only for {facts.grace} seconds, unless you allow it in the settings."
    return Finding("warn", title, text, "/edit", "Change the settings")


def check_top_problem(facts: Facts) -> Finding:
    top = facts.top_problem
    if top is None or top.problem not in PROBLEMS:
        return Finding("good", "Failed requests", "None in the last 7 days.")
    problem, is_call = PROBLEMS[top.problem], top.problem in OF_CALLS
    title = "Refused API calls" if is_call else "Failed OAuth requests"
    text = f"Most often in the last 7 days ({of(top.count, 'time', 'times')}): {problem.what} {problem.fix}"
    return Finding("warn", title, text, f"/activity?{'calls=yes&' if is_call else ''}problem={top.problem}", "See them")


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
    check_grants,
    check_own_access,
    check_redirect_uris,
    check_known_clients,
    check_devices,
    check_pkce,
    check_secrets,
    check_keys,
    check_first_tokens,
    check_refresh_reuse,
    check_repeats,
    check_top_problem,
    check_limit,
    check_unused_scopes,
    check_home_page,
    check_logo,
    check_verified,
    check_team,
)
# Of what users see; nobody sees an app that acts only for itself.
FOR_USERS = frozenset({check_approved, check_home_page, check_logo, check_verified})


def findings(facts: Facts) -> list[Finding]:
    """What is bad first, then what could be better, then what is good."""
    relevant = [check for check in CHECKS if check not in FOR_USERS or has_users(facts.grant_types)]
    return sorted((check(facts) for check in relevant), key=lambda finding: ORDER.index(finding.verdict))


def of(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
