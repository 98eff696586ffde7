"""A request of this server to itself, through all its guards: what the developers' console shows is what happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from bottle import request, response

from oauthsrv.oauth.parameters import encode
from oauthsrv.request_ids import REQUEST_ID
from oauthsrv.routes.forms import FORM_TYPE

Pairs = tuple[tuple[str, str], ...]

# Of the request that is being answered: the new one comes from the same address, so the same limits count it, and
# its refusal is found by the same ID.
KEPT = (
    REQUEST_ID,
    *("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"),
    *("wsgi.version", "wsgi.url_scheme", "wsgi.errors", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once"),
)


@dataclass(frozen=True)
class OwnRequest:
    """Sent without cookies, as an app would send it. `fields` are its query or its form."""

    method: str
    path: str
    fields: Pairs = field(default=(), repr=False)
    headers: Pairs = field(default=(), repr=False)


@dataclass(frozen=True)
class OwnResponse:
    status: str  # the code with its phrase
    headers: Pairs
    body: bytes = field(default=b"", repr=False)


def send(sent: OwnRequest) -> OwnResponse:
    """In this thread and without a network, so a request cannot be redirected to another address."""
    outer = request.environ
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [status, headers]

    try:
        body = b"".join(request.app.wsgi(environ_of(sent, outer), start_response))
    finally:
        # Bottle keeps one request and one response a thread, and these are now the inner ones. Pages set nothing
        # on the response before they are done, so an empty one is what was there.
        request.bind(outer)
        response.bind()
    return OwnResponse(started[0], tuple(started[1]), body)


def environ_of(sent: OwnRequest, outer: Mapping[str, Any]) -> dict[str, Any]:
    is_form = sent.method == "POST"
    body = encode(sent.fields).encode() if is_form else b""
    return {
        **{name: outer[name] for name in KEPT if name in outer},
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.headers},
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": sent.path,
        "QUERY_STRING": "" if is_form else encode(sent.fields),
        "CONTENT_TYPE": FORM_TYPE if is_form else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
