"""The values in guides' samples: those of the reader's app, or placeholders; never a secret."""

from typing import Any, NamedTuple

from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.routes.developer.literals import literal
from oauthsrv.routes.pending import login_address
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import AppRow

YOUR_CLIENT_ID = "your-client-id"
YOUR_REDIRECT_URI = "https://app.example.com/callback"
MOST_APPS = 50  # to choose from


class Sample(NamedTuple):
    """The values, and the reader's apps to choose from, newest first."""

    client_id: str
    redirect_uri: str
    scope: str
    is_public: bool = False
    app: AppRow | None = None
    apps: tuple[Any, ...] = ()
    sign_in: str = ""  # the address of the sign-in page, for a reader who isn't signed in

    @property
    def credentials(self) -> str:
        """curl's options to authenticate the app."""
        return f"-d client_id={self.client_id}" if self.is_public else f'-u "{self.client_id}:$CLIENT_SECRET"'

    @staticmethod
    def in_shell(text: str) -> str:
        return literal("shell", text)

    @staticmethod
    def in_code(text: str) -> str:
        """A literal that is valid in Python, JavaScript and Kotlin."""
        return literal("javascript", text)


def placeholders(request: Request) -> Sample:
    scopes = [scope for scope in request.server.published.latest.scopes if scope != OFFLINE_ACCESS]
    return Sample(YOUR_CLIENT_ID, YOUR_REDIRECT_URI, scopes[0] if scopes else "read:data")


def sample_of(request: Request, chosen: str) -> Sample:
    """The values of the app `chosen` if it is the reader's, otherwise of their newest app."""
    if request.visitor is None:
        return placeholders(request)._replace(sign_in=login_address(request, request.path))
    with reading(request.server.database) as db:
        apps = tuple(sql.developer.clients(db, user_id=request.user.user_id, before=None, rows=MOST_APPS))
        newest = next((app for app in apps if app.client_id == chosen), apps[0] if apps else None)
        app = sql.clients.overview(db, client_id=newest.client_id) if newest else None
    return placeholders(request) if app is None else of_app(placeholders(request), app, apps)


def of_app(placeholder: Sample, app: AppRow, apps: tuple[Any, ...]) -> Sample:
    return Sample(
        client_id=app.client_id,
        redirect_uri=next(iter(app.redirect_uris), placeholder.redirect_uri),
        scope=next(iter(app.scopes), placeholder.scope),
        is_public=app.type == "public",
        app=app,
        apps=apps,
    )
