"""A double click does a thing once and shows its result (rule 13).

The second answer of a form that works once would say that its link is spent, that someone else changed the record, or
that there is nothing left to do, and a browser shows only the second answer. The first one is kept for a moment, sealed
with the form itself, which holds the secret of this browser's pages (rule 1).
"""

import json
import logging

from bottle import HTTPResponse

from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.pages import PageError, RedirectResponse, redirect
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable, repeats
from oauthsrv.store.redis import Redis

log = logging.getLogger(__name__)

PURPOSE = b"oauthsrv answer of a form"
REFUSED = (404, 409, 422)


def once(request: Request, handler: Handler) -> HTTPResponse:
    """The answer of the handler; or, where it refuses what the same form has just done, the first answer again."""
    redis = request.server.redis
    # With the CSRF token in it the form is this browser's, and nobody else can guess it or its hash.
    form = json.dumps([request.path, request.form.pairs])
    is_first = repeats.begin(redis, digest(form))
    if not is_first:
        repeats.await_end(redis, digest(form))  # or this one would be done first, and the first one refused
    answer = None
    try:
        answer = handler(request)
        if answer.status_code in REFUSED:
            answer = first_answer(redis, form, is_first) or answer
        return answer
    except PageError as error:
        if error.status in REFUSED and (again := first_answer(redis, form, is_first)):
            return again
        raise
    finally:
        end(redis, form, answer)


def first_answer(redis: Redis, form: str, is_first: bool) -> HTTPResponse | None:
    """The answer of the form that did something; None if none did, or if it takes too long."""
    if not is_first:
        repeats.await_end(redis, digest(form))  # it may have committed, and not noted it yet
    found = unseal(form, "", repeats.find_done(redis, digest(form)), PURPOSE)
    if found is None:
        return None
    location, done = json.loads(found)
    return redirect(location, done=done)


def end(redis: Redis, form: str, answer: HTTPResponse | None) -> None:
    try:
        if isinstance(answer, RedirectResponse):
            kept = json.dumps([answer.get_header("Location"), answer.done]).encode()
            repeats.note_done(redis, digest(form), seal(form, "", kept, PURPOSE))
        else:
            repeats.note_not_done(redis, digest(form))
    except StoreUnavailable as error:  # what was done is done
        log.warning("a second click will not find its answer: %s", error)
