"""One request and who sent it: what every guard and handler is called with."""

import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

from oauthsrv import deadline
from oauthsrv.addresses import counted_address, sender_address
from oauthsrv.brand import Brand
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.browser_sessions import Browser, NewSession
from oauthsrv.flows.metering import Meter
from oauthsrv.oauth import base64url
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from oauthsrv.request_ids import REQUEST_ID
from oauthsrv.routes.forms import Form, read_form, read_query
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, sessions
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import ApiRow, AppRow, UserRow
from oauthsrv.store.sessions import Session

KNOWN_USERS = 5  # in one browser: the latest
PORTAL = ("/account", "/developer", "/admin")
REUSE_DAYS = 7  # that token reuse waits to be seen
WAITING_ROWS = 100


class Attribution(NamedTuple):
    """The client that a refusal of this request is recorded for (routes.callers)."""

    client: Client | str  # or an id that nobody looked up
    parameters: Parameters
    is_authenticated: bool
    endpoint: str
    of_call: bool  # an API or a proxy asks about a call of the app, from its own address

    @property
    def client_id(self) -> str:
        return self.client if isinstance(self.client, str) else self.client.client_id

    @property
    def is_confidential(self) -> bool:
        return isinstance(self.client, Client) and not self.client.is_public


class Request:
    """One request; `url` has the named parts of its path. What few requests set has a default of the class."""

    # The browser; `page` reads it from the cookies. With a record in Redis its secret is a session, without one it
    # only carries the CSRF token.
    browser: str = ""
    browser_name: str = ""
    session: Session | None = None
    visitor: UserRow | None = None  # who is signed in, if anybody is
    # The browser's own id for each user that signed in with it before.
    known: dict[str, str]
    done: str | None = None
    # Identifies this browser's pending sign-ins: it stays through signing in and out, so that every tab can go on.
    pre_session: str = ""
    holds_secret: bool = False  # in its address
    preview: Sequence[tuple[str, str]] = ()  # of a preview alone (routes.previews)
    leads_away: bool = False  # its page has forms that lead to an app
    pushed: str = ""  # the name of the pushed authorization request that it goes on with
    issued_code: str = ""  # goes to the client with the answer

    # Which cookies the response sets.
    is_new: bool = False  # it sent no cookie of ours
    wants_cookie: bool = False
    cookie_seconds: int | None = None
    known_changed: bool = False
    wants_pre_session: bool = False

    # What the path names; loaded by the guard that checks the rights, and unset without it.
    app: AppRow
    api: ApiRow
    person: UserRow

    # At the protocol's endpoints.
    attribution: Attribution | None = None
    proved: str = ""  # the authenticated client, for which the time of the request is counted
    registration_token: str | None = None

    def __init__(self, server: Server, environ: Mapping[str, Any], url: Mapping[str, str]) -> None:
        self.server, self.environ, self.url, self.known = server, environ, url, {}
        self.path = "/" + environ.get("PATH_INFO", "").lstrip("/")
        # The sender's IP address.
        self.address = sender_address(environ, server.settings.trusted_proxies)

    @cached_property
    def meter(self) -> Meter:
        """`limited` sets one with a limit of the client."""
        return Meter(self.server.redis, "", self.counted_address)

    @property
    def user(self) -> UserRow:
        """The signed-in user, for handlers behind the guard `signed_in`."""
        assert self.visitor is not None
        return self.visitor

    @property
    def brand(self) -> Brand:
        return self.server.settings.brand

    @property
    def reviews_apps(self) -> bool:
        """Whether new apps wait for approval here."""
        return self.server.settings.app_review

    @property
    def method(self) -> str:
        return str(self.environ.get("REQUEST_METHOD", "GET")).upper()

    @property
    def query_string(self) -> str:
        return str(self.environ.get("QUERY_STRING", ""))

    @property
    def arrived(self) -> float:
        """When it had arrived whole, by the monotonic clock."""
        return float(self.environ.get(deadline.ARRIVED) or time.monotonic())

    @property
    def request_id(self) -> str:
        return str(self.environ.get(REQUEST_ID, ""))

    @property
    def counted_address(self) -> str:
        """The sender's address as limits count it."""
        return counted_address(self.address)

    @cached_property
    def form(self) -> Form:
        """What was posted; read once."""
        return read_form(self.environ)

    @cached_property
    def query(self) -> Form:
        return read_query(self.environ)

    @cached_property
    def waiting(self) -> list[Any]:
        """What waits for this person, for the badge: nothing on pages of the protocol, or if no database answers."""
        if self.visitor is None or not self.path.startswith(PORTAL):
            return []
        reviewed = bool(self.user.is_admin and self.server.settings.app_review)
        with suppress(StoreUnavailable), reading(self.server.database) as db:
            of = {"user_id": self.user.user_id, "administers": bool(self.user.is_admin), "reviewed": reviewed}
            return list(sql.waiting.of_user(db, **of, days=REUSE_DAYS, rows=WAITING_ROWS))
        return []

    @property
    def is_from_our_page(self) -> bool:
        """A browser says so itself, and no page can make it say so of another's form."""
        return bool(self.environ.get("HTTP_SEC_FETCH_SITE") == "same-origin")

    @property
    def actor(self) -> Actor:
        """The actor for the audit log."""
        return Actor(self.visitor.user_id if self.visitor else None, self.address)

    @property
    def as_browser(self) -> Browser:
        return Browser(
            self.address, self.counted_address, self.browser, self.session, self.known, self.browser_name
        )  # fmt: skip

    @property
    def csrf(self) -> str:
        """What the token of every form begins with: nothing is stored for it, and it changes with the cookie."""
        self.wants_cookie = self.wants_cookie or self.is_new
        return base64url.encode(hmac.digest(self.browser.encode(), b"csrf", "sha256"))

    @cached_property
    def form_token(self) -> str:
        """The token of this page's forms only, so that the same form is known when it comes twice (routes.repeats)."""
        return f"{self.csrf}.{secrets.token_urlsafe(16)}"

    def has_csrf_token(self, form: Form) -> bool:
        sent = form.get("csrf").partition(".")[0]  # after a dot comes what is this page's own
        return hmac.compare_digest(sent.encode(), self.csrf.encode())

    @property
    def pre_session_hash(self) -> str:
        if not self.pre_session:
            self.pre_session, self.wants_pre_session = new_browser(), True
        return base64url.encode(digest(self.pre_session)[:16])

    def sign_in(self, entered: NewSession) -> None:
        """Another cookie, and the mark of a browser that is known from now on."""
        self.browser, self.wants_cookie, self.cookie_seconds = entered.secret, True, sessions.LONGEST
        mark = self.known.pop(entered.user_id, None) or secrets.token_hex(8)
        self.known = dict([*self.known.items(), (entered.user_id, mark)][-KNOWN_USERS:])
        self.known_changed = True

    def sign_out(self) -> None:
        """Another cookie, which is no session."""
        self.browser, self.wants_cookie, self.cookie_seconds = new_browser(), True, None
        self.session = self.visitor = None


def new_browser() -> str:
    return secrets.token_urlsafe(32)
