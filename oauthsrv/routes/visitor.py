"""Who is at the other end of a page: the browser's cookie, its session, its user, its address."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse, request

from oauthsrv import pages
from oauthsrv.addresses import counted_address
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.sign_in import Browser, NewSession
from oauthsrv.oauth import base64url
from oauthsrv.oauth.credentials import digest
from oauthsrv.routes.user_agent import browser_name
from oauthsrv.store import sessions
from oauthsrv.store.database import reading, sql
from oauthsrv.store.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oauthsrv.server import Server

log = logging.getLogger(__name__)

COOKIE = "oauthsrv"
KNOWN_COOKIE = "oauthsrv-known"
DONE_COOKIE = "oauthsrv-done"
PRE_SESSION_COOKIE = "oauthsrv-pre"

BROWSER = re.compile(r"[A-Za-z0-9_-]{43}\Z")
MARK = re.compile(r"(usr_[0-9a-f]{32})\.([0-9a-f]{16})\.([0-9a-f]{64})\Z")

KNOWN_USERS = 5  # in one browser: the latest
KNOWN_SECONDS = 400 * 86_400  # browsers keep no cookie longer
DONE_SECONDS = 60


@dataclass(eq=False)
class Visitor:
    # The secret in the cookie. With a record in Redis it is a session, without one it only carries the CSRF token.
    browser: str = field(repr=False)
    address: str
    path: str
    # What the browser calls itself, in our words.
    browser_name: str = ""
    session: Session | None = None
    user: Any = None
    # The browser's own id for each user that signed in with it before.
    known: dict[str, str] = field(default_factory=dict, repr=False)
    done: str | None = None

    # Marks this browser's sign-ins under way: it stays through signing in and out, so that every tab can go on.
    pre_session: str = field(default="", repr=False)
    wants_pre_session: bool = False

    is_new: bool = False  # it sent no cookie of ours
    wants_cookie: bool = False
    cookie_seconds: int | None = None
    known_changed: bool = False

    @property
    def csrf(self) -> str:
        """The token of every form: nothing is stored for it, and it goes with the cookie."""
        self.wants_cookie = self.wants_cookie or self.is_new
        return base64url.encode(hmac.digest(self.browser.encode(), b"csrf", "sha256"))

    @property
    def pre_session_hash(self) -> str:
        if not self.pre_session:
            self.pre_session, self.wants_pre_session = new_browser(), True
        return base64url.encode(digest(self.pre_session)[:16])

    @property
    def actor(self) -> Actor:
        """For the audit log."""
        return Actor(self.user.user_id if self.user else None, self.address)

    @property
    def as_browser(self) -> Browser:
        counted = counted_address(self.address)
        return Browser(self.address, counted, self.browser, self.session, self.known, self.browser_name)

    def enter(self, entered: NewSession) -> None:
        """Signed in: another cookie, and the mark of a browser that is known from now on."""
        self.browser, self.wants_cookie, self.cookie_seconds = entered.secret, True, sessions.LONGEST
        mark = self.known.pop(entered.user_id, None) or secrets.token_hex(8)
        self.known = dict([*self.known.items(), (entered.user_id, mark)][-KNOWN_USERS:])
        self.known_changed = True

    def leave(self) -> None:
        """Signed out: another cookie, which is no session."""
        self.browser, self.wants_cookie, self.cookie_seconds = new_browser(), True, None
        self.session = self.user = None


def new_browser() -> str:
    return secrets.token_urlsafe(32)


def stranger(server: Server) -> Visitor:
    """The visitor without what the databases know: for a page that says they are away."""
    known_browser = cookie(server, COOKIE)
    pre_session = cookie(server, PRE_SESSION_COOKIE)
    is_new = not BROWSER.match(known_browser)
    return Visitor(
        browser=new_browser() if is_new else known_browser,
        address=sender(request.environ, server.settings.trusted_proxies),
        path=request.path,
        browser_name=browser_name(str(request.environ.get("HTTP_USER_AGENT", ""))),
        known=read_marks(server.installation.browser_key, cookie(server, KNOWN_COOKIE)),
        done=pages.DONE.get(cookie(server, DONE_COOKIE)),
        pre_session=pre_session if BROWSER.match(pre_session) else "",
        is_new=is_new,
    )


def meet(server: Server) -> Visitor:
    visitor = stranger(server)
    if visitor.is_new:
        return visitor
    session = sessions.find(server.redis, visitor.browser)
    if session is None:
        return visitor
    with reading(server.database) as db:
        user = sql.users.find(db, user_id=session.user_id)
    if user and user.disabled_at is None and session.outlives(user.sessions_ended_at):
        visitor.session, visitor.user = session, user
    return visitor


def set_cookies(server: Server, visitor: Visitor, answer: HTTPResponse) -> None:
    if visitor.wants_cookie:
        set_cookie(server, answer, COOKIE, visitor.browser, visitor.cookie_seconds)
    if visitor.wants_pre_session:
        set_cookie(server, answer, PRE_SESSION_COOKIE, visitor.pre_session, None)
    if visitor.known_changed:
        marks = write_marks(server.installation.browser_key, visitor.known)
        set_cookie(server, answer, KNOWN_COOKIE, marks, KNOWN_SECONDS)
    if isinstance(answer, pages.Redirect):
        if answer.done:
            set_cookie(server, answer, DONE_COOKIE, answer.done, DONE_SECONDS)
    elif visitor.done:
        set_cookie(server, answer, DONE_COOKIE, "", 0)


# Cookies


def is_secure(server: Server) -> bool:
    return server.settings.issuer.startswith("https://")


def cookie_name(server: Server, name: str) -> str:
    # A cookie named __Host- was set by this very host over https, and by no other under the same domain.
    return ("__Host-" if is_secure(server) else "") + name + server.settings.cookie_suffix


def cookie(server: Server, name: str) -> str:
    """Read by hand: Bottle's parser fails on the names that other programs on this host give their cookies.

    Of several the last counts: browsers send one that a neighbour planted for a longer path, or earlier, first.
    """
    wanted, found = cookie_name(server, name), ""
    for part in str(request.environ.get("HTTP_COOKIE", "")).split(";"):
        key, _, value = part.strip().partition("=")
        if key == wanted:
            found = value
    return found


def set_cookie(server: Server, answer: HTTPResponse, name: str, value: str, seconds: int | None) -> None:
    """Values are ours and need no quotes. Without `seconds` it lasts until the browser is closed."""
    attributes = [f"{cookie_name(server, name)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if seconds is not None:
        attributes.append(f"Max-Age={seconds}")
    if is_secure(server):
        attributes.append("Secure")
    answer.add_header("Set-Cookie", "; ".join(attributes))


# Marks of a browser that signed in before: user id, the browser's random id, signature.


def write_marks(key: bytes, known: Mapping[str, str]) -> str:
    return "~".join(f"{user_id}.{mark}.{signature(key, user_id, mark)}" for user_id, mark in known.items())


def read_marks(key: bytes, text: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for part in text[:2000].split("~")[:KNOWN_USERS]:
        match = MARK.match(part)
        if match and hmac.compare_digest(match[3], signature(key, match[1], match[2])):
            known[match[1]] = match[2]
    return known


def signature(key: bytes, user_id: str, mark: str) -> str:
    return hmac.digest(key, f"known {user_id}.{mark}".encode(), "sha256").hex()


# The sender's address


def sender(environ: Mapping[str, Any], trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The address of who sent this request; X-Forwarded-For is believed from trusted proxies alone.

    Each proxy adds at the right whom it got the request from, so the right-most address that is
    no trusted proxy's is the last one that somebody we believe has seen.
    """
    address = read_address(str(environ.get("REMOTE_ADDR", "")))
    if address is None:
        return "unknown"
    hops = [hop for hop in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    if hops and not any(address in network for network in trusted):
        ignored.notice(str(address))
    for hop in reversed(hops[-20:]):
        if not any(address in network for network in trusted):
            break
        before = read_address(hop)
        if before is None:
            break
        address = before
    return str(address)


class Ignored:
    """Says once in a process that a forwarded address was not believed: a forgotten setting makes all one sender."""

    def __init__(self) -> None:
        self._is_said = False

    def notice(self, peer: str) -> None:
        if self._is_said:
            return
        self._is_said = True
        log.warning(
            "X-Forwarded-For from %s is ignored, and limits count that address instead. If it is a proxy of yours, set "
            "OAUTHSRV_TRUSTED_PROXIES=%s",
            peer,
            peer,
        )


ignored = Ignored()


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Also as some proxies write it: with a port, in brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
