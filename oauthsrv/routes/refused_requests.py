"""The page about an authorization request that can't be answered: a plain sentence, and details for developers."""

from typing import NamedTuple

from oauthsrv.oauth.errors import InvalidRequestUri, OAuthError
from oauthsrv.pages import PageError
from oauthsrv.routes.callers import activity_link
from oauthsrv.routes.checked_requests import name_of_refused_client
from oauthsrv.routes.request import Request


class RefusalTexts(NamedTuple):
    """`{app}` is the app's name on the page, and `{product}` what the user signs in to."""

    title: str
    text: str
    todo: str
    for_team: str = ""  # instead of `todo`, for developers of the app


CANT_CONNECT = "Can’t connect {app}"
LATER = "Go back to the app and try again later. If it happens again, contact the app’s developer."

SUSPENDED = RefusalTexts(
    CANT_CONNECT,
    "This app is suspended, so it can’t use anyone’s {product} account right now.",
    "If you need it, contact the app’s developer.",
    "You develop this app. Keep its tokens: they’ll work again when it’s reactivated. Contact an administrator.",
)
# By the error's problem (oauth.problems).
TEXTS = {
    # Apps keep the client_id they registered themselves with, and few register again on their own.
    "client_unknown": RefusalTexts(
        "This app isn’t registered here",
        "It may have been deleted, for example because nobody used it for a long time.",
        "In the app, remove this connection and connect again. Many apps then register themselves again. "
        "If that doesn’t help, contact the app’s developer.",
    ),
    "suspended": SUSPENDED,
    "not_approved": RefusalTexts(
        CANT_CONNECT,
        "{product} hasn’t approved it yet. Until then, only its developers can connect it.",
        "If you need it, contact the app’s developer.",
    ),
    **dict.fromkeys(
        ("document_unusable", "document_not_listed", "host_blocked", "no_scopes_for_self_registered"),
        RefusalTexts(CANT_CONNECT, "{product} can’t accept the details this app provided.", LATER),
    ),
}
START_AGAIN = RefusalTexts(
    "Start again", "This request was already used, or it has expired.", "Go back to the app and start again."
)
UNAVAILABLE = RefusalTexts(CANT_CONNECT, "{product} can’t answer right now. Nothing was shared.", LATER)
OTHERWISE = RefusalTexts(
    CANT_CONNECT,
    "The app made a mistake when it sent you here. You did nothing wrong, and nothing was shared.",
    "Go back to the app and try again. If it happens again, send the details below to the app’s developer.",
)


def texts_of(error: OAuthError) -> RefusalTexts:
    if isinstance(error, InvalidRequestUri):
        return START_AGAIN
    return TEXTS.get(error.problem, UNAVAILABLE if error.status >= 500 else OTHERWISE)


def refused_page(request: Request, error: OAuthError) -> PageError:
    texts, link = texts_of(error), activity_link(request)
    known = {"app": name_of_refused_client(request) or "this app", "product": request.brand.name}
    return PageError(
        400 if error.status < 500 else error.status,
        texts.title.format(**known),
        texts.text.format(**known),
        todo=(link and texts.for_team) or texts.todo,
        link=link,
        retry_after=5 if error.status == 503 else None,
        details=(error.description, f"Error: {error.error}. Request: {request.request_id}."),
    )
