"""Forms with a file (multipart/form-data, RFC 7578), read as strictly as those without."""

from collections.abc import Iterator

from bottle import HTTPResponse
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from oauthsrv import logos
from oauthsrv.oauth.parameters import MOST_FIELDS
from oauthsrv.routes import forms
from oauthsrv.routes.forms import Form, Unreadable, posted_bytes, too_large
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import team_app
from oauthsrv.store import limits
from oauthsrv.store.limits import Attempt, TooMany

FORM_TYPE = "multipart/form-data"
MAX_BYTES = 1 << 20  # as much as a worker accepts
MAX_HEADER_BYTES = 2 << 10

LOGO = "logo"


def with_logo(request: Request, handler: Handler) -> HTTPResponse:
    """Let a form contain a logo. The handler finds the re-encoded picture among the fields, as text.

    As text, it can pass through every page that asks something before the form is done. No other form takes files. Only
    pictures from members of the app's team are re-encoded, and never from a form that another site may have sent:
    reading a file is cheap, drawing it is not.
    """
    content_type, options = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    if content_type == FORM_TYPE:
        form, file = multipart_form(posted_bytes(request.environ, MAX_BYTES), options.get("boundary", ""))
        if file and (request.has_csrf_token(form) or request.is_from_our_page):
            if "client_id" in request.url:
                request.app = team_app(request, request.url["client_id"])
            form = Form([*form.pairs, (LOGO, drawn(request, file))])
        request.form = form
    return handler(request)


def drawn(request: Request, file: bytes) -> str:
    try:
        limits.take(request.server.redis, Attempt("logo_user", request.user.user_id))
    except TooMany:
        return logos.REFUSED + "too_many"
    return logos.as_text(file)


def multipart_form(body: bytes, boundary: str) -> tuple[Form, bytes]:
    """The fields in their order, and the chosen file, which replaces the logo that the form carried."""
    fields: list[tuple[str, str]] = []
    logo = b""
    try:
        for segment, content in segments(body, boundary):
            if not segment.name:
                raise Unreadable(400, "A part of it has no name.")
            if segment.filename is None:
                fields.append((text(segment.name.encode()), text(content)))
            elif segment.name == LOGO and not logo:
                logo = content
            else:
                raise Unreadable(400, "It has a file in a field that takes none.")
    except (MultipartError, UnicodeError) as error:
        raise Unreadable(400, "Its parts can’t be separated, or are not UTF-8.") from error
    if (length := sum(len(value) for _, value in fields)) > forms.MAX_BYTES:
        raise too_large(length, forms.MAX_BYTES)
    typed = forms.checked(fields)
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
        # PostgreSQL's text cannot hold it, and no one means it.
        raise Unreadable(400, "A field has a NUL character.")
    return content.decode("utf-8")
