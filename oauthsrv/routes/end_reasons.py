"""Why access ended: each reason that a grant or family is ended for, in the words of who reads it."""

from __future__ import annotations

from typing import NamedTuple

from oauthsrv.flows.issue import FAMILIES_PER_GRANT


class Words(NamedTuple):
    """`advice` is for the app's developer: how to keep it from happening, or what has to be done now."""

    for_user: str
    for_developer: str  # and for administrators
    advice: str = ""


END_REASONS = {
    "user": Words("You ended it.", "The user ended it"),
    "client_revoked": Words("The app gave it back, as it does when you sign out there.", "The app gave it back"),
    "client_deleted": Words("The app was deleted.", "The app was deleted"),
    "client_tokens_ended": Words(
        "All access of this app was ended by its developer or an administrator.", "All tokens of the app were ended"
    ),
    "user_disabled": Words("Your account was disabled.", "The user’s account was disabled"),
    "user_revoked": Words(
        "An administrator ended all access to your account.", "All access to the user’s account was ended"
    ),
    "reused": Words(
        "Somebody may have used a copy of this app’s access. We ended it to be safe.",
        "A refresh token that had been replaced was used again",
        "Store the new refresh token of every answer, and let one process at a time refresh.",
    ),
    "code_replayed": Words(
        "The code it was set up with was used a second time, as happens when it was copied. We ended it to be safe.",
        "A code was exchanged twice",
        "Exchange each code once.",
    ),
    "too_many_families": Words(
        f"The app was on more than {FAMILIES_PER_GRANT} devices, and had not been used on this one for the longest.",
        f"A user had more than {FAMILIES_PER_GRANT} connections, and this was the longest unused",
        "Refresh the tokens you have, rather than asking for authorization again.",
    ),
    "expired": Words(
        "It ended by itself: it was not used for long, or was very old.",
        "Its refresh token expired unused",
        "The user has to allow the app again.",
    ),
}
UNKNOWN = Words("It was ended.", "It was ended")


def why_ended(reason: str) -> Words:
    return END_REASONS.get(reason, UNKNOWN)
