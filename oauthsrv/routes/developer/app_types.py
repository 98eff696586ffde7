"""Types of apps, a row each: the form of a new app begins with the type, which decides what is filled in."""

from collections.abc import Sequence
from typing import NamedTuple

from oauthsrv.oauth.grant_types import CLIENT_CREDENTIALS, DEFAULT


class AppType(NamedTuple):
    """`value` is the type of a client and, after a dot, what distinguishes it on the page."""

    value: str
    icon: str
    title: str
    text: str
    grant_types: tuple[str, ...] = DEFAULT


APP_TYPES = (
    AppType(
        "confidential",
        "server",
        "Web app",
        "Runs on your server, which keeps a client secret. Users return to your https address.",
    ),
    AppType(
        "public",
        "browser",
        "Single-page app",
        "Runs in the browser, or as an extension. Anyone can read its code, so it gets no secret; PKCE protects it.",
    ),
    AppType(
        "public.device",
        "phone",
        "Mobile or desktop app",
        "Runs on users’ devices, without a secret. Users return to com.example.app:/… or http://127.0.0.1.",
    ),
    AppType(
        "public.terminal",
        "terminal",
        "Command line",
        "A tool on users’ computers, without a secret. It listens on http://127.0.0.1, on any port.",
    ),
    AppType(
        "confidential.service",
        "sync",
        "Server to server",
        "Acts for itself, without a user. It gets a client secret, and an administrator gives it scopes.",
        (CLIENT_CREDENTIALS,),
    ),
)


def find(value: str) -> AppType | None:
    return next((one for one in APP_TYPES if one.value == value), None)


def chosen_grants(value: str, typed: Sequence[str]) -> Sequence[str]:
    """The grant types as typed; if they are still the form's initial ones, those of the type."""
    chosen = find(value)
    return chosen.grant_types if chosen and set(typed) == set(DEFAULT) else typed
