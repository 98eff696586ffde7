"""The id of each request: in its response, in every line it logs, and in the activity of the app that sent it.

It is always generated here: X-Request-Id from a sender or proxy is ignored, or anyone could choose the id of another
request.
"""

import re
import secrets
import threading
from typing import Any

HEADER = "X-Request-Id"
# The key in WSGI's environ for the id of the request.
REQUEST_ID = "oauthsrv.request_id"
REQUEST_ID_TEXT = re.compile(r"req_[0-9a-f]{32}")


class _Answering(threading.local):
    request_id = ""


_thread = _Answering()


def new_request_id() -> str:
    return "req_" + secrets.token_bytes(16).hex()


def is_request_id(text: str) -> bool:
    return REQUEST_ID_TEXT.fullmatch(text) is not None


def current_request_id() -> str:
    """The id of the request that this thread answers; empty outside of one."""
    return _thread.request_id


def begin(environ: dict[str, Any]) -> str:
    """Give the request that this thread answers from here on an id of its own."""
    _thread.request_id = environ[REQUEST_ID] = request_id = new_request_id()
    return request_id


def end() -> None:
    _thread.request_id = ""
