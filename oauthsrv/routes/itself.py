"""A request from this server to itself, through all its guards, so that the console shows what really happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from oauthsrv.oauth.parameters import encode
from oauthsrv.request_ids import REQUEST_ID
from oauthsrv.routes.forms import FORM_TYPE
from oauthsrv.routes.request import Request
from oauthsrv.routes.responding import body_of, respond

# The key in WSGI's environ for the router of all requests.
ROUTER = "oauthsrv.router"

Pairs = tuple[tuple[str, str], ...]

# Parts of the outer request: the new one comes from the same address, so the same limits count it, and its refusal is
# found by the same ID.
KEPT = (
    REQUEST_ID,
    *("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"),
    *("wsgi.version", "wsgi.url_scheme", "wsgi.errors", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once"),
)


@dataclass(frozen=True)
class OwnRequest:
    """A request without cookies, as an app would send it. `fields` are its query or its form."""

    method: str
    path: str
    fields: Pairs = field(default=(), repr=False)
    headers: Pairs = field(default=(), repr=False)


@dataclass(frozen=True)
class OwnResponse:
    status: str  # the code and its phrase
    headers: Pairs
    body: bytes = field(default=b"", repr=False)


def send(sent: OwnRequest, outer: Request) -> OwnResponse:
    """Send a request in this thread, without a network, so that it cannot be redirected to another address."""
    answer = respond(outer.server, outer.environ[ROUTER], environ_of(sent, outer.environ))
    body = b"".join(body_of(answer))
    return OwnResponse(answer.status_line, tuple(answer.headerlist), body)


def environ_of(sent: OwnRequest, outer: Mapping[str, Any]) -> dict[str, Any]:
    is_form = sent.method == "POST"
    body = encode(sent.fields).encode() if is_form else b""
    return {
        **{name: outer[name] for name in KEPT if name in outer},
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.headers},
        ROUTER: outer[ROUTER],
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": sent.path,
        "QUERY_STRING": "" if is_form else encode(sent.fields),
        "CONTENT_TYPE": FORM_TYPE if is_form else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
