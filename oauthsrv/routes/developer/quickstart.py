"""/developer/apps/<client_id>/quickstart: programs that sign users in, with the app's own values."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from bottle import HTTPResponse

from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, DEFAULT
from oauthsrv.oauth.redirect_uris import LOOPBACK
from oauthsrv.pages import render
from oauthsrv.routes.developer.literals import literal
from oauthsrv.routes.developer.samples import YOUR_CLIENT_ID
from oauthsrv.routes.developer.starts import (
    BROWSER,
    KINDS,
    MOBILE,
    STARTS,
    TERMINAL,
    WEB,
    AppKind,
    FirstToken,
    Language,
)
from oauthsrv.routes.request import Request
from oauthsrv.server import Server

# The port for a loopback redirect URI without one, as any port will do (RFC 8252 §7.3).
PORT = 8976
# A path that can be a route of any framework, a file, and a path of our own client.
SIMPLE_PATH = re.compile(r"(?:/(?!\.)[A-Za-z0-9._~-]+)*/?")
# Paths that our sample web apps use already.
ROUTES_OF_SAMPLES = {None, "/", "/sign-in", "/sign-out"}
# What to add to an app whose redirect URIs no program could use, by the kind of program.
ADDED = {"server": "http://127.0.0.1/callback", "device": "com.example.app:/callback"}
# `run.py demo-api --origin …`: a script needs an API whose responses it may read.
DEMO_API = "http://127.0.0.1:9000/api/profile"
YOUR_SECRET = "your-client-secret"  # noqa: S105 (a placeholder)


class Listens(NamedTuple):
    """Where our own client waits for the browser: its provider's redirect_host and redirect_path."""

    host: str
    path: str


@dataclass(frozen=True)
class Quickstart:
    """The values in the programs of one kind. `redirect_uri` is None if they can't use any of the app's."""

    kind: AppKind
    kinds: tuple[AppKind, ...]  # that the app can be
    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    scopes: tuple[str, ...]
    redirect_uri: str | None
    on_this_machine: bool
    listens: Listens | None
    grant_types: tuple[str, ...] = DEFAULT
    apis: tuple[str, ...] = ()

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
        """A name for our client, which stores tokens under it, so two apps must not share one."""
        return f"app-{self.client_id[-8:]}" if self.client_id.startswith("cli_") else "my-app"

    @property
    def variables(self) -> str:
        """The prefix of our client's environment variables for this service."""
        return self.service.upper().replace("-", "_")

    @property
    def path(self) -> str | None:
        """The path the app listens at, if any framework can."""
        parts = urlsplit(self.redirect_uri or "")
        is_simple = self.redirect_uri and not parts.query and SIMPLE_PATH.fullmatch(parts.path)
        return (parts.path or "/") if is_simple else None

    @property
    def page(self) -> str:
        """The file that a server of static files sends for that path."""
        path = (self.path or "/").lstrip("/")
        return path if path.endswith(".html") else f"{path.rstrip('/')}/index.html".lstrip("/")

    @property
    def host(self) -> str:
        match = LOOPBACK.fullmatch(self.redirect_uri or "")
        return match["host"].strip("[]") if match else "127.0.0.1"

    @property
    def port(self) -> int:
        match = LOOPBACK.fullmatch(self.redirect_uri or "")
        return int(match["port"]) if match else PORT

    @property
    def origin(self) -> str:
        """The origin of the page behind the redirect URI, as browsers send it."""
        parts = urlsplit(self.redirect_uri or "")
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def added(self) -> str:
        """A redirect URI that its programs can use."""
        return ADDED[self.kind.returns]

    @property
    def scheme(self) -> str:
        return (self.redirect_uri or "").partition(":")[0]

    @property
    def api(self) -> str:
        """The address that programs call: one that accepts any good token; for a script, one that lets it read."""
        return next(iter(self.apis), DEMO_API) if self.kind is BROWSER else f"{self.issuer}/oauth/verify"

    def runs(self, language: Language) -> bool:
        """Whether the program can be reached at the redirect URI."""
        check = RUNS.get(language.name)
        return check(self) if check else self.path is not None

    def filled(self, text: str) -> str:
        """A language's file name or command, with the values filled in."""
        return text.format(host=self.host, port=self.port, page=self.page)

    def literal(self, language: str, value: str | tuple[str, ...]) -> str:
        return literal(language, value)


RUNS: dict[str, Callable[[Quickstart], bool]] = {
    "flask": lambda q: q.path not in ROUTES_OF_SAMPLES,
    "express": lambda q: q.path not in ROUTES_OF_SAMPLES,
    "client": lambda q: q.listens == Listens("127.0.0.1", "/callback"),
    "python": lambda q: q.listens is not None,
    "curl": lambda q: q.redirect_uri is not None,
    "android": lambda q: q.redirect_uri is not None,
    "ios": lambda q: q.redirect_uri is not None,
}


def quickstart_of(
    issuer: str,
    client_id: str,
    secret: str | None,
    redirect_uris: Collection[str],
    scopes: Collection[str],
    grant_types: Collection[str] = DEFAULT,
    *,
    kind: AppKind | None = None,
    kinds: tuple[AppKind, ...] | None = None,
    apis: Collection[str] = (),
) -> Quickstart:
    """`secret` is the secret or a placeholder; None for an app without one. `kind`: the chosen one, if any."""
    kinds = kinds or kinds_of(secret)
    kind = kind if kind in kinds else probable_kind(secret, redirect_uris)
    loopback = [uri for uri in redirect_uris if LOOPBACK.fullmatch(uri)]
    listening = next((uri for uri in loopback if listens_at(uri)), None)
    uri = redirect_uri_of(kind, listening, [*loopback, *redirect_uris])
    return Quickstart(
        kind=kind,
        kinds=kinds,
        issuer=issuer,
        client_id=client_id,
        secret=secret,
        scopes=tuple(scopes),
        redirect_uri=with_port(uri) if uri else None,
        on_this_machine=bool(loopback),
        listens=listens_at(listening) if listening else None,
        grant_types=tuple(grant_types),
        apis=tuple(apis),
    )


def redirect_uri_of(kind: AppKind, listening: str | None, redirect_uris: Sequence[str]) -> str | None:
    """The redirect URI in the samples: on a phone one with the app's own scheme, elsewhere one to listen at."""
    own = kind is MOBILE
    fitting = (uri for uri in redirect_uris if uri.startswith("http") != own)
    return next(fitting, None) if own else listening or next(fitting, None)


def kinds_of(secret: str | None) -> tuple[AppKind, ...]:
    """The kinds that an app can be: without a secret, those that run on other people's machines."""
    return tuple(kind for kind in KINDS if secret is None or kind.keeps_secret)


def probable_kind(secret: str | None, redirect_uris: Collection[str]) -> AppKind:
    """The app's most likely kind, as a redirect URI says where it runs."""
    if secret is not None:
        return WEB
    if any(not uri.startswith("http") for uri in redirect_uris):
        return MOBILE
    return BROWSER if any(uri.startswith("https:") for uri in redirect_uris) else TERMINAL


def chosen(request: Request) -> tuple[AppKind | None, Language | None]:
    """The language in the address, and its kind."""
    name = request.query.get("language")
    found = [(kind, language) for kind in KINDS for language in kind.languages if language.name == name]
    return found[0] if found else (None, None)


def apis_of(server: Server, scopes: Collection[str]) -> list[str]:
    """Addresses of APIs that accept tokens with any of these scopes."""
    every = sorted(server.apis.all().items())
    return [uri for uri, api in every if uri.startswith("http") and not api.scopes.isdisjoint(scopes)][:3]


def listens_at(uri: str) -> Listens | None:
    match = LOOPBACK.fullmatch(uri)
    if match is None or match["host"] == "[::1]" or not match["rest"] or not SIMPLE_PATH.fullmatch(match["rest"]):
        return None
    return Listens(match["host"], match["rest"])


def with_port(uri: str) -> str:
    match = LOOPBACK.fullmatch(uri)
    if match is None or match["port"]:
        return uri
    return f"http://{match['host']}:{PORT}{match['rest'] or ''}"


def show_quickstart(request: Request) -> HTTPResponse:
    app, server = request.app, request.server
    secret = None if app.type == "public" else YOUR_SECRET
    kind, language = chosen(request)
    quickstart = quickstart_of(
        server.settings.issuer,
        app.client_id,
        secret,
        app.redirect_uris,
        app.scopes,
        app.grant_types,
        kind=kind,
        apis=apis_of(server, app.scopes),
    )
    return render(
        "developer/quickstart",
        request,
        app=app,
        quickstart=quickstart,
        language=shown_language(quickstart, language),
    )


def shown_language(quickstart: Quickstart, language: Language | None) -> Language:
    return language if language in quickstart.kind.languages else quickstart.kind.languages[0]


def example(server: Server, kind: AppKind, scopes: Collection[str]) -> Quickstart:
    """A guide's quickstart, without an app: the values of a new app, with placeholders."""
    secret = YOUR_SECRET if kind is WEB else None
    issuer, uris = server.settings.issuer, list(ADDED.values())
    return quickstart_of(issuer, YOUR_CLIENT_ID, secret, uris, scopes, kind=kind, kinds=KINDS)
