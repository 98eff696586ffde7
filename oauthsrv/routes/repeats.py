"""A double click does a thing once and shows its result, where the form itself works only once (rule 13).

Such a form carries a one-time link, the hash of what it was shown with, or the answer to "are you sure". Sent twice,
its second answer would say that the link is spent, that someone else changed the record, or that there is nothing
left to do, and a browser shows only the second answer.
"""

import json
import logging

from bottle import HTTPResponse

from oauthsrv.oauth.credentials import digest
from oauthsrv.pages import PageError, RedirectResponse, redirect
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable, repeats
from oauthsrv.store.redis import Redis

log = logging.getLogger(__name__)

# What makes a form work once.
WORK_ONCE = ("link", "seen", "shown", "sure")
REFUSED = (404, 409)


def once(request: Request, handler: Handler) -> HTTPResponse:
    """The answer of the handler; or, where it refuses what the same form has just done, the first answer again."""
    form, redis = request.form, request.server.redis
    if not any(form.get(name) for name in WORK_ONCE):
        return handler(request)
    # The CSRF token is among what is hashed, so the form is this browser's, and nobody else can guess the hash.
    form_hash = digest(json.dumps([request.path, form.pairs]))
    is_first = repeats.begin(redis, form_hash)
    if not is_first:
        repeats.await_end(redis, form_hash)  # or this one would be done first, and the first one refused
    answer = None
    try:
        answer = handler(request)
        if answer.status_code in REFUSED:
            answer = first_answer(redis, form_hash, is_first) or answer
        return answer
    except PageError as error:
        if error.status in REFUSED and (again := first_answer(redis, form_hash, is_first)):
            return again
        raise
    finally:
        end(redis, form_hash, answer)


def first_answer(redis: Redis, form_hash: bytes, is_first: bool) -> HTTPResponse | None:
    """The answer of the form that did something; None if none did, or if it takes too long."""
    if not is_first:
        repeats.await_end(redis, form_hash)  # it may have committed, and not noted it yet
    found = repeats.find_done(redis, form_hash)
    return redirect(found[0], done=found[1]) if found else None


def end(redis: Redis, form_hash: bytes, answer: HTTPResponse | None) -> None:
    try:
        if isinstance(answer, RedirectResponse):
            repeats.note_done(redis, form_hash, answer.get_header("Location"), answer.done)
        else:
            repeats.note_not_done(redis, form_hash)
    except StoreUnavailable as error:  # what was done is done
        log.warning("a second click will not find its answer: %s", error)
