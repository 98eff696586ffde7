"""Actions on a list's ticked rows: one page asks about all of them by name, then each is handled separately."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import deadline, pages
from oauthsrv.flows import revocations
from oauthsrv.flows.clients import review
from oauthsrv.flows.refusals import NotDone, NotFound
from oauthsrv.flows.rights import Role
from oauthsrv.pages import PageError
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

MOST = 50  # as many as a page of a list has
LEFT_OVER = 0.3  # seconds of the request's time, for making the answer

pages.DONE.update(
    apps_suspended="The selected apps are suspended until you reactivate them.",
    apps_revoked="All tokens of the selected apps were revoked.",
    users_disabled="The selected users are disabled, and all their apps are disconnected.",
    users_revoked="The selected users are signed out everywhere, and all their apps are disconnected.",
    grants_ended="The app is disconnected from the selected users’ accounts.",
)


class TickedAction(NamedTuple):
    """`perform` is called with the request and each row; `consequence` is about all of them."""

    title: str
    consequence: str
    button: str
    done: str
    perform: Callable[[Request, Any], bool]


class TickedList(NamedTuple):
    path: str
    find: Callable[..., list[Any]]  # the rows with these ids; each has an `id` and a `name`
    actions: Mapping[str, TickedAction]


def suspend(request: Request, app: Any) -> bool:
    return review.suspend_client(request.server, app.id, by=request.actor)


def revoke_tokens(request: Request, app: Any) -> bool:
    return revocations.revoke_client_tokens(request.server, app.id, by=request.actor, waits=False)


def disable(request: Request, user: Any) -> bool:
    return revocations.disable_user(request.server, user.id, by=request.actor)


def revoke(request: Request, user: Any) -> bool:
    return revocations.revoke_user(request.server, user.id, by=request.actor)


def disconnect(request: Request, grant: Any) -> bool:
    by, needs = request.actor, Role.ADMINISTRATOR
    return revocations.revoke_grant(request.server, grant.id, grant.user_id, "administrator", by=by, needs=needs)


APPS = TickedList(
    "/admin/apps",
    sql.admin.names_of_clients,
    {
        "suspend": TickedAction(
            "Suspend these apps?",
            "Takes effect immediately: users can’t connect them, and their tokens are refused until you reactivate "
            "them.",
            "Suspend them all",
            "apps_suspended",
            suspend,
        ),
        "revoke": TickedAction(
            "Revoke all tokens of these apps?",
            "Every code and token is revoked immediately, for every user. You can’t undo this: each user has to "
            "connect the app again.",
            "Revoke all their tokens",
            "apps_revoked",
            revoke_tokens,
        ),
    },
)
USERS = TickedList(
    "/admin/users",
    sql.admin.names_of_users,
    {
        "disable": TickedAction(
            "Disable these users?",
            "They are signed out everywhere and can’t sign in again until you enable them. All apps they connected are "
            "disconnected.",
            "Disable them all",
            "users_disabled",
            disable,
        ),
        "revoke": TickedAction(
            "Revoke all access of these users?",
            "They are signed out everywhere, and all apps they connected are disconnected. You can’t undo this. They "
            "can sign in and connect apps again.",
            "Revoke all their access",
            "users_revoked",
            revoke,
        ),
    },
)
GRANTS = TickedList(
    "/admin/apps/{client_id}/users",
    sql.admin.names_of_grants,
    {
        "revoke": TickedAction(
            "Disconnect the app from these users?",
            "Its tokens for them stop working immediately. You can’t undo this; they can connect the app again.",
            "Disconnect them all",
            "grants_ended",
            disconnect,
        ),
    },
)


def action_of(of: TickedList, request: Request) -> TickedAction:
    try:
        return of.actions[request.form.get("action")]
    except KeyError:
        raise PageError(422, "Nothing to do", "Choose what to do.", link=back_to(of, request)) from None


def rows_of(of: TickedList, request: Request) -> list[Any]:
    """The ticked rows that still exist. Raises PageError if none is ticked, or too many are."""
    ids, link = list(dict.fromkeys(request.form.all("ticked"))), back_to(of, request)
    if len(ids) > MOST:
        raise PageError(422, "Too many are selected", f"Select at most {MOST} at once.", link=link)
    with reading(request.server.database) as db:
        found = of.find(db, ids=ids)
    if not found:
        raise PageError(422, "Nothing is selected", "Select at least one row of the list.", link=link)
    return found


def back_to(of: TickedList, request: Request) -> tuple[str, str]:
    return of.path.format(**request.url), "Back to the list"


def question_about(of: TickedList) -> Callable[[Request], SureQuestion]:
    def question(request: Request) -> SureQuestion:
        action = action_of(of, request)
        names = [row.name for row in rows_of(of, request)]
        return SureQuestion(
            action.title, [action.consequence], action.button, back_to(of, request)[0], items=names
        )  # fmt: skip

    question.__name__ = f"ticked {of.path}"
    return question


def perform(of: TickedList) -> Handler:
    def handler(request: Request) -> HTTPResponse:
        action, in_force, left = action_of(of, request), True, list[str]()
        for row in rows_of(of, request):
            try:
                if deadline.left() < LEFT_OVER:
                    raise NotDone("there was no time left. Select it again.")
                in_force = action.perform(request, row) and in_force
            except NotFound:  # gone in the meantime
                continue
            except NotDone as reason:
                left.append(f"{row.name}: {reason}")
        if left:
            raise PageError(409, "Not everything was done", " ".join(left), link=back_to(of, request))
        return changed(back_to(of, request)[0], action.done, in_force)

    handler.__name__ = handler.__qualname__ = "perform"
    return handler
