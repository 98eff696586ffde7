"""A double click submits a form once, and shows the result (rule 13).

A browser shows only the answer to the second click. So for a moment the same form gets the first answer again: the
page, with its secret, or the redirect, with its code. It is sealed with the form itself, whose token no one else knows
and no database has (rule 1). Only a browser's last answer is kept, so nothing that another form has undone is reported
as done.
"""

import logging
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from oauthsrv import deadline
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.pages import PageError, PageResponse
from oauthsrv.routes.browsers import session_of
from oauthsrv.routes.forms import Unreadable
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable, repeats
from oauthsrv.store.authorization import can_redeem

log = logging.getLogger(__name__)

DONE = (200, 303)  # refused forms can be sent again
SPARE = 0.4  # seconds that a second click needs for its answer
# The parts of a request that its answer's cookies depend on.
COOKIES = ("browser", "wants_cookie", "cookie_seconds", "known", "known_changed", "pre_session", "wants_pre_session")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer; `session` if only a signed-in user may see it, `code` if it brings one to an app."""

    status: int
    body: str
    headers: list[tuple[str, str]]
    done: str | None
    cookies: dict[str, Any]
    session: bool
    code: str

    def is_true(self, request: Request) -> bool:
        """Whether its session has not ended since, and its code was neither used nor revoked."""
        if self.session and session_of(request.server, self.cookies["browser"]) is None:
            return False
        return not self.code or can_redeem(request.server.redis, request.server.database, self.code)

    def answer(self, request: Request) -> PageResponse:
        for name, value in self.cookies.items():
            setattr(request, name, value)
        answer = PageResponse(self.body, self.status)
        for name, value in self.headers:
            answer.set_header(name, value)
        answer.done = self.done
        return answer


# Contains the fields' names, so that an answer from another version of the server is not read.
PURPOSE = " ".join(("oauthsrv answer to a form:", *Kept.__annotations__, *COOKIES)).encode()


def once(request: Request, handler: Handler) -> PageResponse:
    """The answer of the handler; or the first one again, for which the second click waits."""
    redis, browser, form = request.server.redis, request.browser, form_text(request)
    while not repeats.begin(redis, digest(form)):
        if deadline.left() < SPARE:
            raise under_way()
        repeats.await_end(redis, digest(form))
    try:
        if again := first_answer(request):
            return again
        answer: PageResponse = handler(request)
        keep(request, browser, form, answer)
        return answer
    finally:
        end(request, form)


def first_answer(request: Request) -> PageResponse | None:
    """What this browser was answered a moment ago, if it was to this very form, and is still true."""
    try:
        form = form_text(request)
    except Unreadable:  # it has a file, which is read only for signed-in users
        return None
    sealed = repeats.find(request.server.redis, digest(request.browser))
    found = unseal(form, request.browser, sealed, PURPOSE)
    kept = Kept(**orjson.loads(zlib.decompress(found))) if found else None
    return kept.answer(request) if kept and kept.is_true(request) else None


def form_text(request: Request) -> str:
    return orjson.dumps([request.path, request.query_string, request.form.pairs]).decode()


def keep(request: Request, browser: str, form: str, answer: PageResponse) -> None:
    """Keep it for the browser that sent the form, under the cookie it had and the one it gets."""
    is_done = answer.status_code in DONE and answer.in_force
    if not (is_done or answer.is_repeated) or not isinstance(answer.body, str):
        return
    content = zlib.compress(orjson.dumps(kept_of(request, answer)))
    if len(content) > repeats.LONGEST:
        return
    sealed = {digest(one): seal(form, one, content, PURPOSE) for one in (browser, request.browser)}
    try:
        repeats.keep(request.server.redis, sealed)
    except StoreUnavailable as error:  # what was done is done
        log.warning("a second click will not find its answer: %s", error)


def repeated(answer: PageResponse, is_attempt: bool = True) -> PageResponse:
    """Mark a refusal that the same form is to get again, so that a double click on a wrong password is one attempt.

    The repeated answer reveals nothing new: the password is part of the form.
    """
    answer.is_repeated = is_attempt
    return answer


def kept_of(request: Request, answer: PageResponse) -> Kept:
    return Kept(
        answer.status_code,
        answer.body,
        list(answer.headers.allitems()),
        answer.done,
        {name: getattr(request, name) for name in COOKIES},
        request.session is not None or request.cookie_seconds is not None,
        request.issued_code,
    )


def end(request: Request, form: str) -> None:
    try:
        repeats.end(request.server.redis, digest(form))
    except StoreUnavailable as error:
        log.warning("a second click will not get this answer: %s", error)


def under_way() -> PageError:
    return PageError(
        503,
        "Still working on it",
        "You sent this a moment ago, and it isn’t finished yet. It won’t be done twice.",
        todo="Wait a few seconds, go back, and check whether it was done. If not, submit again.",
        retry_after=5,
    )
