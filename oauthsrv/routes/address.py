"""The address of a request, before anything is looked up: what cannot be read just as it was sent is refused (rule 12).

WSGI hands on a path that was decoded already. Handlers get it without what is not UTF-8, Bottle's patterns overlook a
line end, and waitress drops fragments, tabs, and slashes in front: each would make one address answer as another.
"""

import re
from collections.abc import Mapping
from typing import Any

from bottle import HTTPError

from oauthsrv import deadline
from oauthsrv.oauth.parameters import BROKEN_ESCAPE

# The key of WSGI's environ for the path before what is not UTF-8 was left out of it.
RAW_PATH = "oauthsrv.raw_path"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What may stand in front of the path where a request is sent as to a proxy (RFC 9112 §3.2.2).
ORIGIN = re.compile(r"https?://[^/?#]+", re.IGNORECASE)


def check_address(environ: Mapping[str, Any]) -> None:
    """Raises HTTPError: 400 for what is no address, 404 for one that could be taken for another."""
    check_path(str(environ.get(RAW_PATH, "")))
    target = environ.get("REQUEST_URI")  # as it was sent, where the server hands it on
    if isinstance(target, str):
        check_target(target)


def check_size(environ: Mapping[str, Any]) -> None:
    """Raises HTTPError: 413 for a request whose body the server didn't take."""
    if environ.get(deadline.TOO_LARGE):
        raise HTTPError(413)


def check_path(path: str) -> None:
    """`path` as WSGI gives it: decoded, one character a byte."""
    try:
        decoded = path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise HTTPError(400) from None
    if CONTROL.search(decoded) or "//" in decoded:
        raise HTTPError(404)


def check_target(target: str) -> None:
    origin = ORIGIN.match(target)
    path = target[origin.end() if origin else 0 :].partition("?")[0]
    is_one = path.startswith("/") or path == ("" if origin else "*")
    if not is_one or "#" in target or CONTROL.search(target) or BROKEN_ESCAPE.search(path):
        raise HTTPError(400)
    # Decoded, an encoded slash would part the path like one that was sent as it is.
    if "//" in path or "%2f" in path.lower():
        raise HTTPError(404)
