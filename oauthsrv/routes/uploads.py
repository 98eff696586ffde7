"""Forms with a file (multipart/form-data, RFC 7578), read as strictly as those without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bottle import HTTPResponse, request
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from oauthsrv import logos
from oauthsrv.oauth.parameters import MOST_FIELDS
from oauthsrv.routes import forms
from oauthsrv.routes.developer.own import own_app
from oauthsrv.routes.forms import Form, posted_bytes, too_much, unreadable
from oauthsrv.routes.guards import Door
from oauthsrv.routes.page_guards import has_token, is_from_our_page
from oauthsrv.store import limits
from oauthsrv.store.limits import Attempt, TooMany

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

FORM_TYPE = "multipart/form-data"
MAX_BYTES = 1 << 20  # as much as a worker takes
MAX_HEADER_BYTES = 2 << 10

LOGO = "logo"


def with_logo(server: Server, door: Door) -> Door:
    """The form behind this guard may have a logo among its fields: it arrives drawn anew, as text.

    So every page on its way can carry it. No other form takes files. Reading one costs little; drawing it costs much,
    so nobody gets that done whose form another site may have sent, or who has nothing to do with the app.
    """

    def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse:
        content_type, options = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
        if content_type == FORM_TYPE:
            typed, file = multipart_form(posted_bytes(MAX_BYTES), options.get("boundary", ""))
            if file and (has_token(typed, visitor) or is_from_our_page()):
                if "client_id" in url:
                    own_app(server, visitor, url["client_id"])
                typed = Form([*typed.pairs, (LOGO, drawn(server, visitor, file))])
            forms.keep(typed)
        answer: HTTPResponse = door(server, visitor, **url)
        return answer

    return guarded


def drawn(server: Server, visitor: Visitor, file: bytes) -> str:
    try:
        limits.take(server.redis, Attempt("logo_user", visitor.user.user_id))
    except TooMany:
        return logos.REFUSED + "too_many"
    return logos.as_text(file)


def multipart_form(body: bytes, boundary: str) -> tuple[Form, bytes]:
    """Fields in the order they came, and the chosen file, which counts instead of the logo that the form carried."""
    fields: list[tuple[str, str]] = []
    logo = b""
    try:
        for segment, content in segments(body, boundary):
            if not segment.name:
                raise unreadable("form", "A part of it has no name.")
            if segment.filename is None:
                fields.append((text(segment.name.encode()), text(content)))
            elif segment.name == LOGO and not logo:
                logo = content
            else:
                raise unreadable("form", "It holds a file where none is asked for.")
    except (MultipartError, UnicodeError) as error:
        raise unreadable("form", "Its parts cannot be told apart, or are not UTF-8.") from error
    if (length := sum(len(value) for _, value in fields)) > forms.MAX_BYTES:
        raise too_much(length, forms.MAX_BYTES)
    typed = forms.checked(fields, "form")
    return Form(typed.without(LOGO)) if logo else typed, logo


def segments(body: bytes, boundary: str) -> Iterator[tuple[MultipartSegment, bytes]]:
    with PushMultipartParser(
        boundary,
        content_length=len(body),
        max_segment_count=MOST_FIELDS,
        max_header_size=MAX_HEADER_BYTES,
        strict=True,
    ) as parser:
        content = bytearray()
        for event in parser.parse(body):
            if isinstance(event, MultipartSegment):
                segment, content = event, bytearray()
            elif event is None:
                yield segment, bytes(content)
            else:
                content += event


def text(content: bytes) -> str:
    """Raises UnicodeError."""
    if b"\0" in content:
        # PostgreSQL's text cannot hold it, and nobody means it.
        raise unreadable("form", "A field holds a NUL character.")
    return content.decode("utf-8")
