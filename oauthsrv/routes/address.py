"""The address of a request, checked before any lookup: what cannot be read exactly as sent is refused (rule 12).

WSGI passes a decoded path. Handlers would get it without its invalid UTF-8, Bottle's patterns overlook a line end, and
waitress drops fragments, tabs, and leading slashes: each of these would make one address answer as another.
"""

import re
from collections.abc import Mapping
from typing import Any

from bottle import HTTPError

from oauthsrv.oauth.parameters import BROKEN_ESCAPE

# The key in WSGI's environ for the path with its invalid UTF-8.
RAW_PATH = "oauthsrv.raw_path"
PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)+/?")
PLAIN_TARGET = re.compile(r"(?:/[A-Za-z0-9._~-]+)+/?(?:\?[!\"$-~]*)?")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# The part before the path if a request was sent as to a proxy (RFC 9112 §3.2.2).
ORIGIN = re.compile(r"https?://[^/?#]+", re.IGNORECASE)


def check_address(environ: Mapping[str, Any]) -> None:
    """Refuse an address. Raises HTTPError: 400 if it is malformed, 404 if it could be taken for another."""
    path = environ[RAW_PATH]
    if not PLAIN_PATH.fullmatch(path):
        check_path(path)
    target = environ.get("REQUEST_URI")  # as it was sent, if the server passes it on
    if target is not None and not PLAIN_TARGET.fullmatch(target):
        check_target(target)


def check_path(path: str) -> None:
    """`path` is as WSGI gives it: decoded, one character per byte."""
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
    # A decoded %2f would split the path like a slash.
    if "//" in path or "%2f" in path.lower():
        raise HTTPError(404)
