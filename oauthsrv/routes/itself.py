"""A request from this server to itself, through all its guards, so that the console shows what really happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from bottle import HTTPResponse

from oauthsrv.request_ids import REQUEST_ID
from oauthsrv.routes.forms import FORM_TYPE
from oauthsrv.routes.request import Request
from oauthsrv.routes.responding import respond, whole

# The key in WSGI's environ for the router of all requests.
ROUTER = "oauthsrv.router"

# Parts of the outer request: the new one comes from the same address, so the same limits count it, and its refusal is
# found by the same ID.
KEPT = (ROUTER, REQUEST_ID, "REMOTE_ADDR", "HTTP_X_FORWARDED_FOR")


@dataclass(frozen=True)
class OwnRequest:
    """A request without cookies, as an app would send it. `fields` are its query or its form, encoded."""

    method: str
    path: str
    fields: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)

    @property
    def is_form(self) -> bool:
        return self.method == "POST"

    @property
    def address(self) -> str:
        return f"{self.path}?{self.fields}" if self.fields else self.path


def send(sent: OwnRequest, outer: Request) -> HTTPResponse:
    """Send a request in this thread, without a network, so that it cannot be redirected to another address."""
    answer = respond(outer.server, outer.environ[ROUTER], environ_of(sent, outer.environ))
    _, body = whole(answer)
    answer.body = b"".join(body)
    return answer


def environ_of(sent: OwnRequest, outer: Mapping[str, Any]) -> dict[str, Any]:
    body = sent.fields.encode() if sent.is_form else b""
    return {
        **{name: outer[name] for name in KEPT if name in outer},
        **({"HTTP_AUTHORIZATION": sent.authorization} if sent.authorization else {}),
        "REQUEST_METHOD": sent.method,
        "PATH_INFO": sent.path,
        "QUERY_STRING": "" if sent.is_form else sent.fields,
        "CONTENT_TYPE": FORM_TYPE if sent.is_form else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
