"""Previews of what users see: the real pages with sample data, for no account. They post nothing.

A preview is rendered for its own request, without a session or token, as there is no one to act for.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.brand import Brand
from oauthsrv.flows import catalog
from oauthsrv.flows.consent import Reputation, summary_of
from oauthsrv.oauth.records import Client
from oauthsrv.pages import not_found, render
from oauthsrv.pages.events import end_reason
from oauthsrv.routes.consent import others_text
from oauthsrv.routes.forms import Form
from oauthsrv.routes.request import Request
from oauthsrv.server import Server

SAMPLE_USER = SimpleNamespace(
    user_id="", name="Robin Sample", email="robin.sample@example.com", is_admin=False, created_at=datetime.now(UTC)
)
LINK = re.compile(r'(<a\b[^>]*?) href="[^"#][^"]*"')
SAMPLE_SCOPES = 4  # of the catalog
SAMPLE_NAME = "Sample App"
SAMPLE_OTHERS = 42


@dataclass(frozen=True)
class PreviewRequest:
    """The parts of a request that pages read (pages.PageRequest), without a user."""

    brand: Brand
    path: str
    preview: Sequence[tuple[str, str]]  # addresses and labels of the other previews, and of the way out
    visitor: Any = None
    form_token: str = ""
    done: str | None = None
    waiting: Sequence[Any] = ()
    leads_away: bool = False


class SampleRequest(NamedTuple):
    """The request that a consent page is about (oauth.consent.Requested)."""

    client: Client
    scopes: tuple[str, ...]
    resources: tuple[str, ...] = ()


class Preview(NamedTuple):
    name: str
    label: str
    show: Callable[[Server, PreviewRequest], HTTPResponse]
    user: Any = SAMPLE_USER


def show_consent(server: Server, preview: PreviewRequest, client: Client | None = None) -> HTTPResponse:
    """Show the page as a user who never allowed the app sees it, without the warning before a new app's page."""
    client = client or sample_client(server)
    uri = next(iter(client.redirect_uris), "https://app.example.com/callback")
    summary = summary_of(server, SampleRequest(client, client.scopes), uri)
    reputation = Reputation(
        "An app that shows how this page looks.", "https://app.example.com", long_ago(), False, SAMPLE_OTHERS
    )
    return render(
        "authorize/consent",
        preview,
        summary=summary,
        reputation=reputation,
        others=others_text(SAMPLE_OTHERS),
        form=Form.of(scope=[one.scope for one in summary.optional if not one.is_sensitive]),
        left_out_before=False,
        csrf="",
        other_account="/login",
    )


def sample_client(server: Server) -> Client:
    scopes = [scope.scope for scope in catalog.offered(server)][:SAMPLE_SCOPES]
    return Client(
        client_id="cli_" + "0" * 32,
        name=SAMPLE_NAME,
        type="confidential",
        redirect_uris=("https://app.example.com/callback",),
        scopes=tuple(scopes),
        secret_hashes=(),
        skips_pkce=False,
        owner_id="",
        owner_name="Sample Developer",
        approved=True,
        suspended=False,
        optional_scopes=frozenset(scopes[1:]) & frozenset(scopes[-1:]),
        verified=True,
    )


def show_connected(server: Server, preview: PreviewRequest) -> HTTPResponse:
    scopes = catalog.offered(server)[:SAMPLE_SCOPES]
    app = SimpleNamespace(
        grant_id="sample",
        client_id="cli_" + "0" * 32,
        client_name=SAMPLE_NAME,
        logo_version=None,
        verified=True,
        suspended=False,
        alarmed_at=None,
        owner_name="Sample Developer",
        registered_from="",
        descriptions=[scope.user_text for scope in scopes],
        sensitive=[scope.user_text for scope in scopes if scope.is_sensitive],
        scopes=[scope.scope for scope in scopes],
        created_at=long_ago(),
        last_used_at=datetime.now(UTC) - timedelta(hours=2),
        last_used_from=None,
        connections=2,
    )
    return render("account/apps", preview, active=[app], ended=[], why=end_reason)


def show_sign_in(server: Server, preview: PreviewRequest) -> HTTPResponse:
    is_open = server.settings.signup == "open"
    signup_address = "/signup" if is_open else None
    return render(
        "session/sign_in",
        preview,
        form=Form(),
        r="",
        waiting=SAMPLE_NAME,
        continue_address=None,
        signup_address=signup_address,
    )


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=40)


PREVIEWS = (
    Preview("consent", "Consent", show_consent),
    Preview("connected-apps", "Connected apps", show_connected),
    Preview("sign-in", "Sign in", show_sign_in, user=None),
)


def without_links(answer: HTTPResponse) -> HTTPResponse:
    """The page without its own links, as samples have no pages."""
    above, end, page = str(answer.body).partition("</aside>")
    answer.body = above + end + LINK.sub(r"\1", page)
    return answer


def show_preview(request: Request) -> HTTPResponse:
    """Show administrators what users see of the product."""
    found = next((one for one in PREVIEWS if one.name == request.url["name"]), None)
    if found is None:
        raise not_found("preview", ("/admin/setup", "Setup"))
    links = [*((f"/admin/preview/{one.name}", one.label) for one in PREVIEWS), ("/admin/setup", "Close")]
    return without_links(found.show(request.server, PreviewRequest(request.brand, request.path, links, found.user)))


def show_of_app(request: Request) -> HTTPResponse:
    """Show an app's developers what its users are asked."""
    app = request.app
    links = [(f"/developer/apps/{app.client_id}", "Close")]
    preview = PreviewRequest(request.brand, request.path, links, SAMPLE_USER)
    client = request.server.clients.find_client(app.client_id)
    return without_links(show_consent(request.server, preview, client))
