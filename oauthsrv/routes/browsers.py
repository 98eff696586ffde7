"""The browser behind a page: its cookies, its session, users who signed in with it before, its name."""

import hmac
import re
from collections.abc import Mapping
from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.routes.request import KNOWN_USERS, Request, new_browser
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.database import reading, sql
from oauthsrv.store.sessions import Session

COOKIE = "oauthsrv"
KNOWN_COOKIE = "oauthsrv-known"
DONE_COOKIE = "oauthsrv-done"
PRE_SESSION_COOKIE = "oauthsrv-pre"

BROWSER = re.compile(r"[A-Za-z0-9_-]{43}\Z")
MARK = re.compile(r"(usr_[0-9a-f]{32})\.([0-9a-f]{16})\.([0-9a-f]{64})\Z")

KNOWN_SECONDS = 400 * 86_400  # browsers keep no cookie longer
DONE_SECONDS = 60

# Names in User-Agent headers; most browsers name others too, so the first match counts.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def load_browser(request: Request) -> None:
    """Read the request's cookies; no database is queried."""
    browser, pre_session = cookie(request, COOKIE), cookie(request, PRE_SESSION_COOKIE)
    request.is_new = not BROWSER.match(browser)
    request.browser = new_browser() if request.is_new else browser
    request.browser_name = browser_name(str(request.environ.get("HTTP_USER_AGENT", "")))
    request.known = read_marks(request.server.installation.browser_key, cookie(request, KNOWN_COOKIE))
    request.done = pages.DONE.get(cookie(request, DONE_COOKIE))
    request.pre_session = pre_session if BROWSER.match(pre_session) else ""


def load_session(request: Request) -> None:
    """Load the session and its user. Raises StoreUnavailable."""
    if not request.is_new and (found := session_of(request.server, request.browser)):
        request.session, request.visitor = found


def session_of(server: Server, browser: str) -> tuple[Session, Any] | None:
    """The session and user of the browser with this secret, if the session has not ended."""
    session = sessions.find(server.redis, browser)
    if session is None:
        return None
    with reading(server.database) as db:
        user = sql.users.find(db, user_id=session.user_id)
    is_good = user and user.disabled_at is None and session.outlives(user.sessions_ended_at)
    return (session, user) if is_good else None


def browser_name(user_agent: str) -> str:
    """A known browser and system, such as “Firefox on Windows”, never the header's text; empty if neither is known."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system


def set_cookies(request: Request, answer: HTTPResponse) -> None:
    if request.wants_cookie:
        set_cookie(request.server, answer, COOKIE, request.browser, request.cookie_seconds)
    if request.wants_pre_session:
        set_cookie(request.server, answer, PRE_SESSION_COOKIE, request.pre_session, None)
    if request.known_changed:
        marks = write_marks(request.server.installation.browser_key, request.known)
        set_cookie(request.server, answer, KNOWN_COOKIE, marks, KNOWN_SECONDS)
    if isinstance(answer, pages.PageResponse) and answer.done:
        set_cookie(request.server, answer, DONE_COOKIE, answer.done, DONE_SECONDS)
    elif request.done and answer.status_code != 303:
        set_cookie(request.server, answer, DONE_COOKIE, "", 0)


# Cookies


def cookie_name(server: Server, name: str) -> str:
    # Only this very host can set a cookie named __Host-, over https; no other host of the domain can.
    return ("__Host-" if server.settings.is_secure else "") + name + server.settings.cookie_suffix


def cookie(request: Request, name: str) -> str:
    """Read a cookie by hand, as Bottle's parser fails on names that other programs on this host use.

    The last of several counts: browsers put one that a neighbor planted, for a longer path or earlier, first.
    """
    wanted, found = cookie_name(request.server, name), ""
    for part in str(request.environ.get("HTTP_COOKIE", "")).split(";"):
        key, _, value = part.strip().partition("=")
        if key == wanted:
            found = value
    return found


def set_cookie(server: Server, answer: HTTPResponse, name: str, value: str, seconds: int | None) -> None:
    """Set a cookie; values are ours and need no quotes. Without `seconds` it lasts until the browser closes."""
    attributes = [f"{cookie_name(server, name)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if seconds is not None:
        attributes.append(f"Max-Age={seconds}")
    if server.settings.is_secure:
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
