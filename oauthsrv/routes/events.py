"""Events of the audit log in the words of pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from oauthsrv.routes.end_reasons import why_ended

# Action → what happened. Every action that is written stands here; a test of the log says so.
WORDS = {
    "user.signed_up": "Account made",
    "user.signed_in": "Signed in",
    "user.sign_in_failed": "Sign-in failed",
    "user.signed_out": "Signed out",
    "user.session_ended": "Signed out in another browser",
    "user.changed": "Account changed",
    "user.password_changed": "Password changed",
    "user.reset_link_made": "Password reset link made",
    "user.password_reset": "Password changed with a reset link",
    "user.disabled": "Account disabled",
    "user.enabled": "Account enabled",
    "user.revoked": "All sessions and app access ended",
    "user.admin_invited": "Invited to become an administrator",
    "user.made_admin": "Made an administrator",
    "user.admin_removed": "No administrator any more",
    "client.created": "App registered",
    "client.changed": "App changed",
    "client.deleted": "App deleted",
    "client.suspended": "App suspended",
    "client.reactivated": "App reactivated",
    "client.approved": "App approved",
    "client.change_proposed": "Changes proposed",
    "client.change_withdrawn": "Proposed changes withdrawn",
    "client.change_approved": "Proposed changes approved",
    "client.change_rejected": "Proposed changes rejected",
    "client.verified": "App verified",
    "client.unverified": "Verification taken back",
    "client.secret_added": "Secret added",
    "client.secret_retired": "Secret retired",
    "client.limit_changed": "Limit changed",
    "client.tokens_ended": "All tokens of the app ended",
    "client.member_invited": "Invited to the team",
    "client.member_joined": "Joined the team",
    "client.member_declined": "Invitation declined",
    "client.invitation_withdrawn": "Invitation withdrawn",
    "client.member_left": "Left the team",
    "client.member_removed": "Removed from the team",
    "client.transferred": "App transferred to another owner",
    "grant.given": "A user allowed the app",
    "grant.ended": "A user’s access ended",
    "family.reused": "Refresh token used again",
    "family.code_replayed": "Code used again",
    "family.ended": "Tokens of one device ended",
    "token.revoked": "Access token revoked",
    "api.created": "API registered",
    "api.changed": "API changed",
    "api.secret_replaced": "Secret of an API replaced",
    "api.deleted": "API deleted",
    "scope.added": "Scope added",
    "scope.changed": "Scope changed",
    "scope.retired": "Scope retired",
    "scope.restored": "Scope brought back",
}

# What a developer of the app should know or do about it.
ADVICE = {
    "family.reused": "A refresh token that had been replaced was used again: it was stolen, or your app keeps an old "
    "one. All tokens of that connection were ended, and its user has to connect again. Store the new refresh token of "
    "every answer, and let one process at a time refresh.",
    "family.code_replayed": "A code that had been exchanged was sent again: it leaked, or your app sends it twice. "
    "All tokens of that connection were ended. Exchange each code once, and never repeat a request that was answered.",
    "client.suspended": "Nothing of the app works until an administrator reactivates it.",
    "client.tokens_ended": "Every user has to allow the app again.",
}

# In these the other end is the app itself, so the address of a confidential one tells its developer something.
SENT_BY_THE_APP = frozenset({"family.reused", "family.code_replayed", "family.ended", "token.revoked"})

# What members of its team do, and who is none any more may have done.
DONE_BY_MEMBERS = frozenset(
    {
        "client.created",
        "client.changed",
        "client.change_proposed",
        "client.change_withdrawn",
        "client.secret_added",
        "client.secret_retired",
        "client.member_joined",
        "client.member_declined",
        "client.member_left",
        "client.member_invited",
        "client.transferred",
    }
)

FIELDS = {
    "name": "name",
    "description": "description",
    "home_page": "home page",
    "redirect_uris": "redirect URIs",
    "scopes": "scopes",
    "optional_scopes": "scopes that users may leave out",
    "logo": "logo",
    "owner_name": "name of the owner",
    "skips_pkce": "PKCE",
    "position": "position",
    "is_sensitive": "whether it is sensitive",
    "demands_audience": "whether tokens have to name it",
}


class Told(NamedTuple):
    """One event as a page shows it."""

    at: datetime
    what: str
    who: str
    address: str
    details: str
    advice: str


def told_to_developer(events: Iterable[Any], visitor_id: str, app: Any, team: Collection[str] = ()) -> list[Told]:
    """Events of one app; its users are not named, and addresses are the app's or the visitor's own.

    `team` are the ids of its members.
    """
    return [
        Told(
            at=event.at,
            what=words(event.action),
            who=by_whom(event, visitor_id, app.owner_id, team),
            address=event.address or "" if is_theirs(event, visitor_id, app) else "",
            details=details(event),
            advice=ADVICE.get(event.action, ""),
        )
        for event in events
    ]


class Party(NamedTuple):
    """Who or what an event speaks of; `path` leads to their page, or is empty if there is none any more."""

    name: str
    path: str


class ToldToAdmin(NamedTuple):
    at: datetime
    what: str
    details: str
    address: str
    actor: Party
    concerning: list[Party]  # the user it happened to, unless it was their own doing; the app or API


def told_to_admin(events: Iterable[Any]) -> list[ToldToAdmin]:
    return [
        ToldToAdmin(
            at=event.at,
            what=words(event.action),
            details=details(event),
            address=event.address or "",
            actor=party(event.actor_id, event.actor_email, "/admin/users/") or Party(who_is_no_user(event), ""),
            concerning=[found for found in (user_party(event), client_party(event)) if found],
        )
        for event in events
    ]


def party(its_id: str | None, name: str | None, folder: str) -> Party | None:
    if its_id is None:
        return None
    return Party(name, folder + its_id) if name else Party(its_id, "")


def who_is_no_user(event: Any) -> str:
    if event.address is None:
        return "the command line"
    return "somebody not signed in" if event.action.startswith("user.") else "the app"


def user_party(event: Any) -> Party | None:
    return None if event.user_id == event.actor_id else party(event.user_id, event.user_email, "/admin/users/")


def client_party(event: Any) -> Party | None:
    found = party(event.client_id, event.client_name, "/admin/apis/" if event.is_api else "/admin/apps/")
    return Party(found.name, "") if found and event.is_deleted else found


def is_theirs(event: Any, visitor_id: str, app: Any) -> bool:
    """Whether it came from the app itself, or from the visitor: any other address is not theirs to see.

    A public app runs at its users, and so its addresses are theirs.
    """
    if event.actor_id is None:
        return app.type == "confidential" and event.action in SENT_BY_THE_APP
    return bool(event.actor_id == visitor_id)


def by_whom(event: Any, visitor_id: str, owner_id: str, team: Collection[str]) -> str:
    if not event.action.startswith("client."):
        return ""
    if event.actor_id is None:
        return "the command line"
    if event.actor_id == visitor_id:
        return "you"
    if event.actor_id == owner_id:
        return "its owner"
    if event.actor_id in team:
        return "a member of its team"
    return "a former member, or an administrator" if event.action in DONE_BY_MEMBERS else "an administrator"


def words(action: str) -> str:
    return WORDS.get(action, action)


def details(event: Any) -> str:
    """The details of an event as one line."""
    known: dict[str, Any] = event.details
    if event.action == "client.limit_changed":
        return "; ".join(limit_change(known))
    return "; ".join(detail(key, value) for key, value in known.items() if value not in (None, "", []))


def limit_change(known: dict[str, Any]) -> Iterator[str]:
    if "now" in known:  # as it was written when calls were the only limit
        known = {"calls_per_hour": [known["before"], known["now"]]}
    for name, pair in known.items():
        unset = "the default" if name == "grant_share_percent" else "none"
        before, now = (unset if number is None else f"{number:,}" for number in pair)
        yield f"from {before} to {now} {LIMITS[name]}"


LIMITS = {
    "calls_per_hour": "calls per hour",
    "grant_share_percent": "percent of them for one user",
    "token_requests_per_minute": "requests at the token endpoint per minute",
}


def detail(key: str, value: Any) -> str:
    if key == "changed":
        return ", ".join(FIELDS.get(field, str(field)) for field in value)
    if key == "hint":
        return f"ending in {value}"
    if key == "reason":
        return why_ended(value).for_developer
    if key == "browser":
        return str(value)
    if key == "told":
        return f"“{value}”"
    if key == "sensitive":
        return "sensitive" if value else "not sensitive"
    if key == "everywhere":
        return "in every browser"
    if isinstance(value, list):
        return f"{spoken(key)}: {', '.join(map(str, value))}"
    return f"{spoken(key)}: {value}"


def spoken(word: object) -> str:
    return str(word).replace("_", " ")
