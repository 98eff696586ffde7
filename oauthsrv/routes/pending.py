"""The continuation of a sign-in: the parameter `r`, sealed and short (rule 13).

Short, as nginx with its default buffers takes 4 KiB of headers. Sealed under OAUTHSRV_KEY, so no one else can make
one; each tab has its own. `s…` contains the sealed request itself, `k…` names one in Redis.
"""

import re
import secrets
import time
from typing import NamedTuple

import orjson

from oauthsrv.addresses import counted_network
from oauthsrv.oauth import base64url
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.pages import PageError
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.authorization import find_pending, remember_pending
from oauthsrv.store.limits import Attempt

SHORT = 1_000  # bytes of a request that are sealed into an address
LONGEST = 8 << 10
SECONDS = 3600
PURPOSE = b"oauthsrv pending request"
SEALED = re.compile(r"s[A-Za-z0-9_-]{40,2000}")
KEPT = re.compile(r"k[A-Za-z0-9_-]{32}")

AUTHORIZE = "/oauth/authorize"


class Pending(NamedTuple):
    """`path` is ours, with its query. `ask`: "login", the password again; "choose", this account or another; or "".

    `email` is the account that the app expects. `pushed` is the name of a pushed request, which is never written
    into an address.
    """

    path: str
    ask: str = ""
    email: str = ""
    pushed: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether its address alone is enough."""
        return is_short(self.path) and not self.pushed


class Opened(NamedTuple):
    """The content of an `r`."""

    pending: Pending
    pre_session: str
    until: int

    def is_good(self, request: Request) -> bool:
        """Whether it has not expired, and belongs to this browser."""
        return self.is_in_time and secrets.compare_digest(self.pre_session, request.pre_session_hash)

    @property
    def is_in_time(self) -> bool:
        return time.time() < self.until


def login_address(request: Request, path: str, *, ask: str = "", email: str = "") -> str:
    """The address of the sign-in page, which leads back to `path`, one of ours."""
    waiting = Pending(path, ask, email, request.pushed)
    return f"/login?r={sealed_address(request, waiting, request.pre_session_hash)}"


def sealed_address(request: Request, pending: Pending, pre_session: str = "") -> str:
    """The `r` of a request; without `pre_session` it does not lead through a sign-in.

    Raises TooMany, and PageError if it is too long.
    """
    check_length(pending.path)
    content = orjson.dumps([list(pending), pre_session, int(time.time()) + SECONDS])
    sealed = seal(request.server.installation.key, request.server.installation.id, content, PURPOSE)
    if is_short(pending.path):
        return "s" + base64url.encode(sealed)
    limits.take(request.server.redis, *attempts(request))
    ticket = secrets.token_urlsafe(24)
    remember_pending(request.server.redis, ticket, sealed, SECONDS)
    return "k" + ticket


def attempts(request: Request) -> list[Attempt]:
    """The limits for requests kept in Redis: the user's, or the network's for visitors who aren't signed in."""
    if request.visitor is not None:
        return [Attempt("pending_user", request.user.user_id)]
    counted = request.as_browser.counted
    network = counted_network(counted)
    networks = [] if network == counted else [Attempt("pending_network", network)]
    return [Attempt("pending_address", counted), *networks]


def open_address(server: Server, r: str) -> Opened | None:
    """Open an `r`; None if this server did not seal it, or Redis no longer has it."""
    sealed: bytes | None = None
    if SEALED.fullmatch(r):
        sealed = base64url.decode(r[1:], len(r[1:]) * 3 // 4)
    elif KEPT.fullmatch(r):
        sealed = find_pending(server.redis, r[1:])
    content = sealed and unseal(server.installation.key, server.installation.id, sealed, PURPOSE)
    if not content:
        return None
    pending, pre_session, until = orjson.loads(content)
    return Opened(Pending(*pending[: len(Pending._fields)]), pre_session, until)


def find(request: Request, r: str) -> Pending | None:
    """The place this browser was going to: the start page without `r`; None if `r` is no longer valid."""
    if not r:
        return Pending("/")
    opened = open_address(request.server, r)
    return opened.pending if opened and opened.is_good(request) else None


def check(request: Request, r: str) -> Pending:
    """Find the same place, or raise the page that says how to continue."""
    pending = find(request, r)
    if pending is None:
        opened = open_address(request.server, r)
        raise start_again(next_address(opened.pending, r) if opened else None)
    return pending


def next_address(pending: Pending, r: str) -> str:
    """The address to continue at; long and pushed requests keep their `r`."""
    return pending.path if pending.is_plain else f"{AUTHORIZE}?r={r}"


def is_short(path: str) -> bool:
    return len(path) <= SHORT


def check_length(path: str) -> None:
    """Refuse a long address, except for authorization requests, which can be found again by `r`."""
    if is_short(path) or (len(path) <= LONGEST and path.startswith(AUTHORIZE + "?")):
        return
    raise PageError(
        414,
        "This address is too long",
        "You have to sign in first, and this address is too long to return to.",
        todo="Sign in, then open it again.",
        link=("/login", "Sign in"),
    )


def start_again(address: str | None) -> PageError:
    return PageError(
        400,
        "Start again",
        "This page was open for more than an hour, or it was opened in another browser.",
        todo="Continue to start again." if address else "Go back to the app or page you came from, and start again.",
        link=(address, "Continue") if address else ("/login", "Sign in"),
    )
