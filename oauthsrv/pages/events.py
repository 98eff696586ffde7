"""What the audit log says to administrators, developers and users: a row for each action and each end reason."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from oauthsrv.flows.issuing import FAMILIES_PER_GRANT
from oauthsrv.oauth.problems import PROBLEMS


class EndReason(NamedTuple):
    """Why a grant or a family ended. `advice` is for developers."""

    user: str
    developer: str  # and for administrators
    advice: str = ""


COPIED = "Someone may have copied this app’s access, so we disconnected it."
CONNECT_AGAIN = "Ask the user to connect the app again."
END_REASONS = {
    "user": EndReason("You disconnected it.", "The user disconnected the app"),
    "client_revoked": EndReason(
        "The app disconnected itself, usually because you signed out there.", "The app revoked its token"
    ),
    "client_deleted": EndReason("The app was deleted.", "The app was deleted"),
    "client_tokens_ended": EndReason(
        "The app’s developer or an administrator disconnected all users.", "All tokens of the app were revoked"
    ),
    "user_disabled": EndReason("Your account was disabled.", "The user’s account was disabled"),
    "user_revoked": EndReason("An administrator disconnected all your apps.", "All access of the user was revoked"),
    "user_deleted": EndReason("Your account was deleted.", "The user’s account was deleted"),
    "administrator": EndReason("An administrator disconnected it.", "An administrator disconnected the user"),
    "reused": EndReason(COPIED, "A refresh token was reused", PROBLEMS["refresh_reused"].fix),
    "code_replayed": EndReason(COPIED, "An authorization code was reused", PROBLEMS["code_used"].fix),
    "too_many_families": EndReason(
        f"The app had more than {FAMILIES_PER_GRANT} connections, and this one was unused the longest.",
        f"The user had more than {FAMILIES_PER_GRANT} connections, and this one was unused the longest",
        "Refresh the tokens you have instead of requesting authorization again.",
    ),
    "team_revoked": EndReason("The app’s developers disconnected it.", "The app’s developers revoked it"),
    "expired": EndReason("Expired.", "The refresh token expired", CONNECT_AGAIN),
}


def end_reason(name: str) -> EndReason:
    return END_REASONS.get(name) or EndReason("It was disconnected.", "Unknown reason")


class Action(NamedTuple):
    """Texts of one action. In those for users, {who} is “You” or “An administrator”, and {app} the name of the app."""

    name: str
    title: str  # for administrators, and for the developers of the app it happened to
    user: str = ""  # for the user it happened to; the title and the app if empty
    others: str = ""  # instead of `user` if someone else did it
    warning: str = ""  # beside it
    advice: str = ""  # for developers
    end_reason: str = ""  # of the connection that ended for safety: its texts are the hints
    is_decision: bool = False  # only administrators do it to an app
    is_automatic: bool = False  # the server does it by itself


A_CONNECTION_ENDED = "A connection of {app} ended"
ACTIONS = (
    Action("user.signed_up", "Account created", "{who} created this account"),
    Action("user.signed_in", "Signed in", "You signed in"),
    Action("user.sign_in_failed", "Sign-in failed", "Failed attempt to sign in", warning="Was this you?"),
    Action("user.signed_out", "Signed out", "You signed out"),
    Action("user.session_ended", "Another browser signed out", "You signed out another browser"),
    Action("user.changed", "Account changed", "{who} changed your profile"),
    Action("user.password_changed", "Password changed", "You changed your password and signed out every other browser"),
    Action("user.reset_link_made", "Password reset link created", "{who} created a link to reset your password"),
    Action("user.password_reset", "Password reset", "Your password was reset with a link", warning="Was this you?"),
    Action("user.disabled", "User disabled", "{who} disabled your account and disconnected all your apps"),
    Action("user.enabled", "User enabled", "{who} enabled your account"),
    Action("user.deleted", "User deleted", "Your account was deleted"),
    Action("user.sessions_ended", "Signed out everywhere", "{who} signed you out of every browser"),
    Action("user.revoked", "Sessions and access revoked", "{who} ended your sessions and disconnected all your apps"),
    Action("user.admin_invited", "Administrator invited", "{who} invited you to become an administrator"),
    Action("user.made_admin", "Administrator added", "You became an administrator"),
    Action("user.admin_removed", "Administrator removed", "{who} removed your administrator rights"),
    Action("client.created", "App registered"),
    Action("client.registered", "App registered itself"),
    Action("client.changed", "App changed"),
    Action("client.registered_itself", "App registered itself", is_automatic=True),
    Action("client.document_changed", "App changed by its metadata document", is_automatic=True),
    Action("client.deleted", "App deleted"),
    Action("client.reaped", "Unused app deleted", is_automatic=True),
    Action("client.suspended", "App suspended", advice="Its tokens work again after reactivation.", is_decision=True),
    Action("client.reactivated", "App reactivated", is_decision=True),
    Action("client.approved", "App approved", is_decision=True),
    Action("client.change_proposed", "Changes proposed"),
    Action("client.change_withdrawn", "Proposed changes withdrawn"),
    Action("client.change_approved", "Proposed changes approved", is_decision=True),
    Action("client.change_rejected", "Proposed changes rejected", is_decision=True),
    Action("client.verified", "App verified", is_decision=True),
    Action("client.unverified", "Verification removed", is_decision=True),
    Action("client.secret_added", "Client secret added"),
    Action("client.secret_retired", "Client secret deleted"),
    Action("client.limit_changed", "Limits changed", is_decision=True),
    Action("client.own_access_changed", "Access without a user changed"),
    Action("client.own_access_used", "First token without a user"),
    Action("client.tokens_ended", "All tokens of the app revoked", advice="Ask your users to connect the app again."),
    Action("client.member_invited", "Member invited"),
    Action("client.member_joined", "Member joined"),
    Action("client.member_declined", "Invitation declined"),
    Action("client.invitation_withdrawn", "Invitation withdrawn"),
    Action("client.member_left", "Member left"),
    Action("client.member_removed", "Member removed"),
    Action("client.transfer_offered", "Transfer to another owner offered"),
    Action("client.transfer_declined", "Transfer to another owner declined"),
    Action("client.transfer_withdrawn", "Transfer to another owner withdrawn"),
    Action("client.transferred", "App transferred to another owner"),
    Action("grant.given", "App connected", "You connected {app}"),
    Action("grant.denied", "Device denied", "You denied access to {app} on a device"),
    Action("grant.ended", "App disconnected", "You disconnected {app}", "{app} was disconnected"),
    Action("family.reused", "Refresh token reused: connection revoked", A_CONNECTION_ENDED, end_reason="reused"),
    Action("family.code_replayed", "Code reused: connection revoked", A_CONNECTION_ENDED, end_reason="code_replayed"),
    Action("family.ended", "Connection ended", "You ended a connection of {app}", A_CONNECTION_ENDED),
    Action("token.revoked", "Access token revoked"),
    Action("api.created", "API registered"),
    Action("api.changed", "API changed"),
    Action("api.secret_added", "API secret added"),
    Action("api.secret_deleted", "API secret deleted"),
    Action("api.secret_replaced", "API secret replaced"),  # in rows of earlier versions
    Action("api.deleted", "API deleted"),
    Action("list.downloaded", "List downloaded"),
    Action("secret.looked_up", "Token or secret looked up", is_decision=True),
    Action("registration.token_made", "Initial access token created"),
    Action("registration.token_revoked", "Initial access token revoked"),
    Action("registration.host_removed", "Self-registered apps of a host deleted"),
    Action("reports.closed", "Reports about an app closed"),
    Action("names.changed", "Protected names changed"),
    Action("registration.uris_changed", "List of redirect URIs changed"),
    Action("scope.added", "Scope added"),
    Action("scope.changed", "Scope changed"),
    Action("scope.retired", "Scope deprecated"),
    Action("scope.restored", "Scope restored"),
    Action("host.listed", "Host of metadata documents allowed"),
    Action("host.unlisted", "Host of metadata documents no longer allowed"),
    Action("host.blocked", "Host blocked"),
    Action("host.unblocked", "Host unblocked"),
)
BY_NAME = {action.name: action for action in ACTIONS}


def action_of(event: Any) -> Action:
    return BY_NAME.get(event.action) or Action(event.action, event.action)


class PageLink(NamedTuple):
    """A user, app or API; `path` is their page, if they still have one."""

    name: str
    path: str = ""


class EventLine(NamedTuple):
    """One line of a table of events; what its reader doesn't see is empty."""

    at: datetime
    text: str
    hints: list[str]
    by: PageLink = PageLink("")
    address: str = ""
    browser: str = ""
    subjects: tuple[PageLink, ...] = ()
    warning: str = ""


def event_line(event: Any) -> EventLine:
    """What happened, without who did it."""
    return EventLine(event.at, action_of(event).title, [details(event)], address=event.address or "")


def administrator_line(event: Any) -> EventLine:
    actor = link("/admin/users/", event.actor_id, event.actor_email) or PageLink(not_a_user(event))
    user = None if event.user_id == event.actor_id else link("/admin/users/", event.user_id, event.user_email)
    client = link("/admin/apis/" if event.is_api else "/admin/apps/", event.client_id, event.client_name)
    if client and event.is_deleted:
        client = PageLink(client.name)
    return event_line(event)._replace(by=actor, subjects=tuple(filter(None, (user, client))))


def link(folder: str, its_id: str | None, name: str | None) -> PageLink | None:
    if its_id is None:
        return None
    return PageLink(name, folder + its_id) if name else PageLink(its_id)


def not_a_user(event: Any) -> str:
    if action_of(event).is_automatic:
        return "Server"
    return "App" if is_by_app(event) else "Not signed in" if is_by_visitor(event) else "Command line"


def is_by_app(event: Any) -> bool:
    return event.actor_id is None and event.address is not None and not event.action.startswith("user.")


def is_by_visitor(event: Any) -> bool:
    """A person who wasn't signed in."""
    return event.actor_id is None and event.address is not None and event.action.startswith("user.")


def developer_line(event: Any, reader_id: str, app: Any, member_ids: Collection[str] = ()) -> EventLine:
    """No user of the app is named, and addresses are the reader's own or a confidential app's.

    A public app runs on its users' devices, so its addresses are theirs.
    """
    action = action_of(event)
    is_shown = event.actor_id == reader_id or (app.type == "confidential" and is_by_app(event))
    return EventLine(
        at=event.at,
        text=action.title,
        hints=[details(event), action.advice or end_reason(action.end_reason).advice],
        by=PageLink(role(event, reader_id, app.owner_id, member_ids)),
        address=event.address or "" if is_shown else "",
    )


def role(event: Any, reader_id: str, owner_id: str, member_ids: Collection[str]) -> str:
    """The developer or administrator who did it; users are not named."""
    if not event.action.startswith("client."):
        return ""
    if event.actor_id is None:
        return not_a_user(event)
    if event.actor_id in (reader_id, owner_id):
        return {owner_id: "Owner", reader_id: "You"}[event.actor_id]
    if event.actor_id in member_ids:
        return "Member"
    return "Administrator" if action_of(event).is_decision else "Administrator or former member"


def history(events: Iterable[Any], user_id: str) -> list[EventLine]:
    """The lines of a user's own history, where failed sign-ins in a row are one."""
    return [user_line(list(run), user_id) for _, run in groupby(events, key=repeated)]


def repeated(event: Any) -> Any:
    if event.action == "user.sign_in_failed":
        return event.address, event.details.get("browser")
    return event.event_id


def user_line(run: list[Any], user_id: str) -> EventLine:
    """No other person is named; addresses are the user's own, or of sign-in attempts to the account."""
    event, action = run[0], action_of(run[0])
    is_own = event.actor_id == user_id or is_by_visitor(event)
    return EventLine(
        at=event.at,
        text=user_text(event, is_own) + (f", {len(run):,} times in a row" if len(run) > 1 else ""),
        hints=[user_hint(event, is_own)],
        address=event.address or "" if is_own else "",
        browser=event.details.get("browser") or "",
        warning="for your security" if action.end_reason else action.warning,
    )


def user_text(event: Any, is_own: bool) -> str:
    action, app = action_of(event), event.client_name
    if not action.user:
        return f"{action.title}: {app}" if app else action.title
    text = action.user if is_own else action.others or action.user
    return text.format(who="You" if is_own else "An administrator", app=app or "an app")


def user_hint(event: Any, is_own: bool) -> str:
    action = action_of(event)
    if event.action == "grant.given":
        where = "On a device. " if event.details.get("device") else ""
        return f"{where}It can: {', '.join(event.descriptions)}" if event.descriptions else where.strip()
    if event.action == "user.session_ended":
        return str(event.details.get("ended") or "")
    if action.end_reason or (not is_own and "reason" in event.details):
        return end_reason(action.end_reason or event.details["reason"]).user
    if event.details.get("everywhere"):
        return details(event)
    if event.action.startswith("client.") and not is_own:
        return "By an administrator or another developer of the app" if event.actor_id else "By an administrator"
    return ""


LABELS = {
    "email_before": "email before",
    "redirect_uris": "redirect URIs",
    "grant_types": "how it gets tokens",
    "opened_scopes": "scopes opened",
    "opened_resources": "APIs opened",
    "own_scopes": "scopes turned on",
    "own_resources": "APIs turned on",
    "skips_pkce": "PKCE",
    "keeps_successor": "repeated refresh tokens",
    "authentication_methods": "ways to authenticate",
    "jwks": "public keys",
    "jwks_uri": "address of the keys",
    "allows_endpoint_audience": "audience of assertions",
    "is_sensitive": "sensitivity",
    "for_self_registered": "for self-registered apps",
    "demands_audience": "required audience",
    "access_ttl": "access token lifetime (seconds)",
    "refresh_ttl": "refresh token lifetime (seconds)",
    "grant_share_percent": "percent of calls for one user",
}
# How a value in the details of an event reads; any other follows its key.
VALUES: dict[str, Callable[[Any], str]] = {
    "changed": lambda fields: ", ".join(map(label, fields)),
    "hint": "ending in {}".format,
    "reason": lambda name: end_reason(name).developer,
    "browser": str,
    "told": "“{}”".format,
    "sensitive": lambda is_so: "sensitive" if is_so else "not sensitive",
    "everywhere": lambda _: "every other browser",
    "device": lambda _: "on a device",
}


def label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " "))


def details(event: Any) -> str:
    """The details of an event as one line."""
    known = limits(event.details) if event.action == "client.limit_changed" else event.details
    return "; ".join(detail(key, value) for key, value in known.items() if value not in (None, "", []))


def limits(known: dict[str, Any]) -> dict[str, str]:
    if "now" in known:  # as written when calls were the only limit
        known = {"calls_per_hour": [known["before"], known["now"]]}
    numbers = {
        name: ["default" if number is None else f"{number:,}" for number in pair] for name, pair in known.items()
    }
    return {name: f"{before} → {now}" for name, (before, now) in numbers.items()}


def detail(key: str, value: Any) -> str:
    if key in VALUES:
        return VALUES[key](value)
    return f"{label(key)}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
