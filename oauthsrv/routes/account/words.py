"""What happened to an account, in the words of the person whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from oauthsrv.routes import events
from oauthsrv.routes.end_reasons import why_ended


class Words(NamedTuple):
    own: str  # the person did it
    others: str  # an administrator, the app or this server did


# What is done to an account: action → what happened. What happens to its owner's apps has the portal's words.
WORDS = {
    "user.signed_up": Words("You made this account", "An administrator made this account"),
    "user.signed_in": Words("You signed in", "You signed in"),
    "user.sign_in_failed": Words("Somebody tried to sign in, and failed", "Somebody tried to sign in, and failed"),
    "user.signed_out": Words("You signed out", "You were signed out"),
    "user.signed_out everywhere": Words("You signed out every other browser", "You were signed out everywhere"),
    "user.session_ended": Words("You signed out another browser", "One of your browsers was signed out"),
    "user.changed": Words("You changed your profile", "An administrator changed your account"),
    "user.password_changed": Words(
        "You changed your password, which signed out every other browser", "An administrator changed your password"
    ),
    "user.reset_link_made": Words(
        "You made a link to choose a new password", "An administrator made a link to choose a new password"
    ),
    "user.password_reset": Words(
        "Your password was changed with a reset link, which signed out every browser",
        "Your password was changed with a reset link, which signed out every browser",
    ),
    "user.disabled": Words(
        "You disabled your account, which ended all sessions and all access of apps",
        "An administrator disabled your account, which ended all sessions and all access of apps",
    ),
    "user.enabled": Words("You enabled your account again", "An administrator enabled your account again"),
    "user.revoked": Words(
        "You ended all your sessions and all access of apps",
        "An administrator ended all your sessions and all access of apps",
    ),
    "user.admin_invited": Words(
        "You invited yourself to become an administrator", "An administrator invited you to become one"
    ),
    "user.made_admin": Words("You became an administrator", "You were made an administrator"),
    "user.admin_removed": Words("You stopped being an administrator", "You are no administrator any more"),
    "grant.given": Words("You allowed {app} to use your account", "{app} was allowed to use your account"),
    "grant.ended": Words("You ended the access of {app}", "The access of {app} ended"),
    "family.ended": Words("You ended the access of {app} on one device", "The access of {app} on one device ended"),
    "family.reused": Words("The access of {app} on one device ended", "The access of {app} on one device ended"),
    "family.code_replayed": Words("The access of {app} on one device ended", "The access of {app} on one device ended"),
}

# Actions that are the reason of the ending which they tell.
REASONS = {"family.reused": "reused", "family.code_replayed": "code_replayed"}

# Nobody was signed in, and whoever it was stood before this account: the address is the person's to know.
AT_THE_DOOR = frozenset({"user.signed_up", "user.made_admin", "user.sign_in_failed", "user.password_reset"})

# What is worth a second look.
WARNINGS = {
    "user.sign_in_failed": "was it you?",
    "user.password_reset": "was it you?",
    "family.reused": "ended to be safe",
    "family.code_replayed": "ended to be safe",
}


class Told(NamedTuple):
    """One line of the history; `times` it happened just like this one after another, the last time `at`."""

    at: datetime
    what: str
    hint: str
    browser: str
    address: str
    times: int
    warning: str


def told_to_user(found: Iterable[Any], user_id: str) -> list[Told]:
    """No other person is named, and addresses are those of this person, or of who tried to sign in as them."""
    return [told(list(run), user_id) for _, run in groupby(found, key=alike)]


def alike(event: Any) -> Any:
    """Guesses of a password come in long rows, which would hide everything else."""
    if event.action == "user.sign_in_failed":
        return event.address, browser(event)
    return event.event_id


def told(run: list[Any], user_id: str) -> Told:
    event = run[0]
    is_own = is_by(event, user_id)
    return Told(
        at=event.at,
        what=what(event, is_own),
        hint=hint(event, is_own),
        browser=browser(event),
        address=event.address or "" if is_own else "",
        times=len(run),
        warning=WARNINGS.get(event.action, ""),
    )


def is_by(event: Any, user_id: str) -> bool:
    if event.actor_id is None:
        return event.action in AT_THE_DOOR and event.address is not None
    return bool(event.actor_id == user_id)


def what(event: Any, is_own: bool) -> str:
    app = event.client_name or "an app"
    known = WORDS.get(event.action + (" everywhere" if event.details.get("everywhere") else ""))
    if known is None:
        return f"{events.words(event.action)}: {app}" if event.client_name else events.words(event.action)
    return (known.own if is_own else known.others).format(app=app)


def hint(event: Any, is_own: bool) -> str:
    if event.action in REASONS:
        return why_ended(REASONS[event.action]).for_user
    if event.action == "grant.given" and event.descriptions:
        return "It can: " + ", ".join(event.descriptions)
    if event.action == "user.session_ended":
        return str(event.details.get("ended") or "")
    if is_own:
        return ""
    if event.action in {"grant.ended", "family.ended"}:
        return why_ended(event.details.get("reason", "")).for_user
    if event.action.startswith("client."):
        return "By an administrator, or by another developer of the app" if event.actor_id else "By an administrator"
    return ""


def browser(event: Any) -> str:
    return str(event.details.get("browser") or "")
