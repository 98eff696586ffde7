"""Guards that judge who may do what to an app, a user or an API, and load it: of_team, of_owner, admin.

Guards judge before the handler; flows judge changes again under the lock. A right that was lost in between leads to the
same page here.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.lookup import holds_secret
from oauthsrv.flows.refusals import NotAllowed, NotDone, NotFound
from oauthsrv.oauth.credentials import is_client_id, is_user_id
from oauthsrv.pages import PageError, moment_text, not_found, redirect
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import AppRow

pages.DONE.update(
    secret_in_address="That filter is part of the page’s address, where a token or secret must not be. Paste it here.",  # noqa: S106
)


def of_team(request: Request, handler: Handler) -> HTTPResponse:
    """Admit the app's owner, its team and administrators; for everyone else the app does not exist."""
    if not hasattr(request, "app"):
        request.app = team_app(request, request.url["client_id"])
    try:
        return handler(request)
    except NotFound:
        raise no_such_app() from None
    except NotAllowed:
        raise owners_alone(team_app(request, request.app.client_id)) from None
    except NotDone as reason:
        link = (f"/developer/apps/{request.app.client_id}", "Back to the app")
        raise PageError(409, "Nothing was changed", str(reason), link=link) from None


def of_owner(request: Request, handler: Handler) -> HTTPResponse:
    """Admit the app's owner and administrators, who decide about team, owner and deletion."""

    def checked(request: Request) -> HTTPResponse:
        if not may_manage(request):
            raise owners_alone(request.app)
        return handler(request)

    return of_team(request, checked)


def developed(request: Request, handler: Handler) -> HTTPResponse:
    """Refuse an app that registered itself, which has no settings, credentials or team; behind `of_team`."""
    if request.app.owner_id is None:
        raise PageError(
            409,
            "This app registered itself",
            "Nobody here develops it, so there are no settings, credentials or members to change.",
            todo="You can suspend it, limit it and revoke its tokens.",
            link=(f"/admin/apps/{request.app.client_id}", "Manage it"),
        )
    return handler(request)


def admin(request: Request, handler: Handler) -> HTTPResponse:
    """Admit administrators, with the app, user or API that the path names."""
    check_admin(request)
    if request.method == "GET" and any(holds_secret(value) for _, value in request.query.pairs):
        return redirect("/admin/search", done="secret_in_address")
    section = section_of(request)
    try:
        if section.key in request.url:
            load(request)
        return handler(request)
    except NotAllowed:
        raise PageError(
            403,
            "You’re no longer an administrator",
            "Someone removed your administrator rights before this was saved, so nothing was changed.",
            todo="If you still need them, ask another administrator.",
        ) from None
    except NotFound:
        raise not_found(section.noun, (section.path, f"All {section.noun}s")) from None
    except NotDone as reason:
        named = request.url.get(section.key)
        link = (f"{section.path}/{named}", f"Back to the {section.noun}") if named else None
        raise PageError(409, "Nothing was changed", str(reason), link=link) from None


def check_admin(request: Request) -> None:
    if request.visitor is None or not request.user.is_admin:
        raise PageError(
            403,
            "For administrators only",
            "You aren’t an administrator.",
            todo="Ask an administrator for access, or sign in with another account.",
        )


class Section(NamedTuple):
    """The administrators' pages below one path."""

    noun: str
    path: str
    attribute: str = ""  # of the request, for what the path names
    key: str = ""  # the part of the path that is its id
    is_id: Callable[[str], bool] = bool
    find: Callable[..., Any] | None = None


SECTIONS = (
    Section("user", "/admin/users", "person", "user_id", is_user_id, sql.users.find),
    Section("API", "/admin/apis", "api", "client_id", is_client_id, sql.apis.find),
    Section("scope", "/admin/scopes"),
    Section("app", "/admin/apps", "app", "client_id", is_client_id, sql.clients.overview),
)


def section_of(request: Request) -> Section:
    """The section of the request; pages of no other section are about apps."""
    return next((section for section in SECTIONS if request.path.startswith(section.path)), SECTIONS[-1])


def load(request: Request) -> Any:
    """Load the user, API or app that the path names into the request. Raises NotFound."""
    section = section_of(request)
    its_id, found = request.url[section.key], None
    if section.find and section.is_id(its_id):
        with reading(request.server.database) as db:
            found = section.find(db, **{section.key: its_id})
    if not found:
        raise NotFound
    setattr(request, section.attribute, found)
    return found


# What the path names


def team_app(request: Request, client_id: str) -> AppRow:
    """The app. Raises PageError for people outside its team."""
    if not is_client_id(client_id):
        raise no_such_app()
    user = request.user
    with reading(request.server.database) as db:
        app: AppRow | None = sql.clients.overview(db, client_id=client_id)
        if app is None:
            deleted = sql.developer.deleted_client(
                db, client_id=client_id, user_id=user.user_id, is_admin=bool(user.is_admin)
            )
            raise deleted_app(deleted) if deleted else no_such_app()
        is_owner = user.is_admin or app.owner_id == user.user_id
        if not is_owner and not sql.team.is_member(db, client_id=client_id, user_id=user.user_id):
            raise no_such_app()
    return app


def may_manage(request: Request) -> bool:
    """Whether the app behind `of_team` is the user's own, or they are an administrator."""
    return bool(request.user.is_admin or request.app.owner_id == request.user.user_id)


def owner_id(request: Request) -> str:
    """The owner of the request's app; behind `developed` it has one."""
    assert request.app.owner_id is not None
    return request.app.owner_id


# Error pages


def owners_alone(app: AppRow) -> PageError:
    return PageError(
        403,
        "Only the owner of the app can do this",
        f"You are a member of the team of {app.name}. Only its owner, {app.owner_name} ({app.owner_email}), "
        "can manage the team, revoke all tokens, turn PKCE off, transfer the app or delete it.",
        todo="Ask the owner to do it.",
        link=(f"/developer/apps/{app.client_id}", "Back to the app"),
    )


def no_such_app() -> PageError:
    return not_found("app", ("/developer/apps", "Your apps"))


def deleted_app(deleted: Any) -> PageError:
    return PageError(
        404,
        "This app was deleted",
        f"{deleted.name} was deleted on {moment_text(deleted.deleted_at)}. All its tokens were revoked, and its "
        "client ID never works again.",
        todo="To continue, register it again. Users then have to connect it again.",
        link=("/developer/apps", "Your apps"),
    )
