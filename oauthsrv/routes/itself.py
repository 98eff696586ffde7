"""A request of this server to itself, through all its guards: what the developers' console shows is what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from bottle import request, response

from oauthsrv.oauth.parameters import encode
from oauthsrv.routes.forms import FORM_TYPE

Pairs = tuple[tuple[str, str], ...]

# Of the request that is being answered: the new one comes from the same address, so the same limits count it.
KEPT = (
    *("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"),
    *("wsgi.version", "wsgi.url_scheme", "wsgi.errors", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once"),
)


@dataclass(frozen=True)
class Asking:
    """A request. No cookie goes with it: it comes from an app, not from the browser."""

    method: str
    path: str
    query: Pairs = field(default=(), repr=False)
    headers: Pairs = field(default=(), repr=False)
    form: Pairs = field(default=(), repr=False)


@dataclass(frozen=True)
class Answer:
    """`status` is the whole of it: 200 OK."""

    status: str
    headers: Pairs
    body: bytes = field(default=b"", repr=False)

    @property
    def status_code(self) -> int:
        return int(self.status[:3])


def ask_itself(asking: Asking) -> Answer:
    """In this thread and without a network, so there is no address that a request could be bent to."""
    outer = request.environ
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [status, headers]

    try:
        body = b"".join(request.app.wsgi(environ_of(asking, outer), start_response))
    finally:
        # Bottle keeps one request and one response a thread, and these are now the inner ones. Pages set nothing
        # on the response before they are done, so an empty one is what was there.
        request.bind(outer)
        response.bind()
    return Answer(started[0], tuple(started[1]), body)


def environ_of(asking: Asking, outer: Mapping[str, Any]) -> dict[str, Any]:
    body = encode(asking.form).encode()
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asking.headers}
    return {
        **{name: outer[name] for name in KEPT if name in outer},
        **headers,
        "REQUEST_METHOD": asking.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": asking.path,
        "QUERY_STRING": encode(asking.query),
        "CONTENT_TYPE": FORM_TYPE if asking.form else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
