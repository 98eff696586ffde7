"""/developer/apps/<client_id>/quickstart: programs that get a first token, with the app's own values in them."""

import json
import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

from bottle import HTTPResponse

from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEFAULT, DEVICE_CODE
from oauthsrv.oauth.redirect_uris import LOOPBACK
from oauthsrv.pages import render
from oauthsrv.routes.request import Request

# What a loopback redirect URI without a port is tried with: any port will do (RFC 8252 §7.3).
PORT = 8976
# Where our own client can listen, as it reads a provider's redirect_path.
LISTENS_AT = re.compile(r"/[A-Za-z0-9/._~-]*")
YOUR_SECRET = "your-client-secret"  # noqa: S105 (a placeholder)


class Language(NamedTuple):
    name: str
    title: str
    written_in: str
    needs: str
    file: str
    install: str
    run: str


LANGUAGES = (
    Language("curl", "curl", "shell", "bash, curl and openssl", "quickstart.sh", "", "bash quickstart.sh"),
    Language(
        "python",
        "Python",
        "python",
        "Python 3.11 or newer",
        "quickstart.py",
        "",
        "python3 quickstart.py",
    ),
    Language(
        "authlib",
        "Python with Authlib",
        "python",
        "Python",
        "quickstart.py",
        "python3 -m pip install authlib requests",
        "python3 quickstart.py",
    ),
    Language(
        "node",
        "Node",
        "javascript",
        "Node.js 18 or newer, and no packages",
        "quickstart.mjs",
        "",
        "node quickstart.mjs",
    ),
)


class FirstToken(NamedTuple):
    """How a first token comes without a redirect URI. `part` is its program, in templates/quickstart/starts.mako."""

    part: str
    title: str
    before: str
    guide: str


STARTS = {
    CLIENT_CREDENTIALS: FirstToken(
        "own_token",
        "A token of the app’s own",
        "An administrator must have opened scopes to the app first.",
        "/developer/docs/machines",
    ),
    DEVICE_CODE: FirstToken(
        "device",
        "A device without a browser",
        "The program shows an address and a code, and waits until you have allowed it.",
        "/developer/docs/devices",
    ),
}


def chosen_language(request: Request) -> Language:
    name = request.query.get("language")
    return next((language for language in LANGUAGES if language.name == name), LANGUAGES[0])


class Listens(NamedTuple):
    """Where our own client waits for the browser, as its provider says it."""

    host: str
    path: str


@dataclass(frozen=True)
class Quickstart:
    """What stands in the programs. `redirect_uri` is None where no browser could show what comes back."""

    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    scopes: tuple[str, ...]
    redirect_uri: str | None
    on_this_machine: bool
    listens: Listens | None
    grant_types: tuple[str, ...] = DEFAULT

    @property
    def needs_browser(self) -> bool:
        return AUTHORIZATION_CODE in self.grant_types

    @property
    def starts(self) -> list[FirstToken]:
        return [start for name, start in STARTS.items() if name in self.grant_types]

    @property
    def scope(self) -> str:
        return " ".join(self.scopes)

    @property
    def service(self) -> str:
        """A name for our client, which keeps tokens by it: two apps must not share one."""
        return f"app-{self.client_id[-8:]}" if self.client_id.startswith("cli_") else "my-app"

    @staticmethod
    def in_shell(text: str) -> str:
        return shlex.quote(text)

    @staticmethod
    def in_address(text: str) -> str:
        """A value of a query; nothing is left of it that a shell could take for something else."""
        return quote(text, safe="")

    @staticmethod
    def in_code(value: str | tuple[str, ...]) -> str:
        """A literal in Python and JavaScript alike: all of it is ASCII."""
        return json.dumps(value)


def quickstart_of(
    issuer: str,
    client_id: str,
    secret: str | None,
    redirect_uris: Collection[str],
    scopes: Collection[str],
    grant_types: Collection[str] = DEFAULT,
) -> Quickstart:
    """`secret` is the secret itself, or a placeholder; None for an app that has none."""
    loopback = [uri for uri in redirect_uris if LOOPBACK.fullmatch(uri)]
    listening = next((uri for uri in loopback if listens_at(uri)), None)
    uri = listening or next((uri for uri in (*loopback, *redirect_uris) if uri.startswith("http")), None)
    return Quickstart(
        issuer=issuer,
        client_id=client_id,
        secret=secret,
        scopes=tuple(scopes),
        redirect_uri=with_port(uri) if uri else None,
        on_this_machine=bool(loopback),
        listens=listens_at(listening) if listening else None,
        grant_types=tuple(grant_types),
    )


def listens_at(uri: str) -> Listens | None:
    match = LOOPBACK.fullmatch(uri)
    if match is None or match["host"] == "[::1]" or not LISTENS_AT.fullmatch(match["rest"] or ""):
        return None
    return Listens(match["host"], match["rest"])


def with_port(uri: str) -> str:
    match = LOOPBACK.fullmatch(uri)
    if match is None or match["port"]:
        return uri
    return f"http://{match['host']}:{PORT}{match['rest'] or ''}"


def show(request: Request) -> HTTPResponse:
    app, issuer = request.app, request.server.settings.issuer
    secret = None if app.type == "public" else YOUR_SECRET
    return render(
        "developer/quickstart",
        request,
        app=app,
        quickstart=quickstart_of(issuer, app.client_id, secret, app.redirect_uris, app.scopes, app.grant_types),
        language=chosen_language(request),
        languages=LANGUAGES,
    )
