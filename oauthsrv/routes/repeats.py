"""A double click does a thing once and shows its result, where the form itself works only once (rule 13).

Such a form carries a one-time link, or the hash of what it was shown with. Sent twice, its second answer would say
that the link is spent, or that someone else changed the record, and a browser shows the second answer alone.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from bottle import HTTPResponse, request

from oauthsrv.oauth.credentials import digest
from oauthsrv.pages import PageError, Redirect, redirect
from oauthsrv.routes.forms import Form
from oauthsrv.routes.guards import Door
from oauthsrv.store import StoreUnavailable, repeats

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

log = logging.getLogger(__name__)

# What makes a form work once.
WORK_ONCE = ("link", "seen", "shown")
REFUSED = (404, 409)


def once(server: Server, door: Door, visitor: Visitor, typed: Form, **url: str) -> HTTPResponse | str:
    """The answer of the door; or, where it refuses what the same form has just done, the first answer again."""
    if not any(typed.get(name) for name in WORK_ONCE):
        answer: HTTPResponse | str = door(server, visitor, **url)
        return answer
    # The CSRF token is among what is hashed, so the form is this browser's, and nobody else can guess the hash.
    form_hash = digest(json.dumps([request.path, typed.pairs]))
    is_first = repeats.begin(server.redis, form_hash)
    if not is_first:
        repeats.await_end(server.redis, form_hash)  # or this one would be done first, and the first one refused
    answer = ""
    try:
        answer = door(server, visitor, **url)
        if isinstance(answer, HTTPResponse) and answer.status_code in REFUSED:
            answer = answer_of_other(server, form_hash, is_first) or answer
        return answer
    except PageError as error:
        if error.status in REFUSED and (again := answer_of_other(server, form_hash, is_first)):
            return again
        raise
    finally:
        end(server, form_hash, answer)


def answer_of_other(server: Server, form_hash: bytes, is_first: bool) -> HTTPResponse | None:
    """Of the one that did something; None if none did, or it takes too long."""
    if not is_first:
        repeats.await_end(server.redis, form_hash)  # it may have committed, and not noted it yet
    found = repeats.find_done(server.redis, form_hash)
    return redirect(found[0], done=found[1]) if found else None


def end(server: Server, form_hash: bytes, answer: HTTPResponse | str) -> None:
    try:
        if isinstance(answer, Redirect):
            repeats.note_done(server.redis, form_hash, answer.get_header("Location"), answer.done)
        else:
            repeats.note_not_done(server.redis, form_hash)
    except StoreUnavailable as error:  # what was done is done
        log.warning("a second click will not find its answer: %s", error)
