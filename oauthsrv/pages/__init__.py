"""Pages: Mako, and what every page has: the headers that protect it, the redirect, the message after a redirect."""

import html
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from bottle import HTTPResponse

from oauthsrv.brand import Brand, static
from oauthsrv.places import STATIC, TEMPLATES

# Mako would import Pygments, for error pages that are never shown: a tenth of the start.
sys.modules.setdefault("mako.ext.pygmentplugin", None)  # type: ignore[arg-type]

from mako.lookup import TemplateLookup  # noqa: E402

# `shown` instead of Mako's own `h`: what people typed is shown again, and HTML may not hold control characters.
LOOKUP = TemplateLookup(
    directories=[str(TEMPLATES)],
    default_filters=["shown"],
    imports=[
        "from urllib.parse import quote",
        "from oauthsrv.pages import ago, count_text, moment_text, number, shown",
        "from oauthsrv.pages import sidebars",
        "from oauthsrv.pages.icons import ICONS",
        "from oauthsrv.pages.guide_text import anchor",
        "from oauthsrv.pages.highlighting import CODE_LANGUAGES, highlighted",
        "from oauthsrv.wheel import FILE as WHEEL_FILE",
    ],
    strict_undefined=True,
    input_encoding="utf-8",
    filesystem_checks=False,
)

# What HTML forbids even as a character reference: C0 and C1 controls, surrogates, noncharacters.
NOT_IN_HTML = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)


# A fixed list of files: a path from a request never reaches the file system.
STATIC_FILES = {
    "oauthsrv.css": static((STATIC / "oauthsrv.css").read_bytes(), "text/css; charset=utf-8"),
    "oauthsrv.js": static((STATIC / "oauthsrv.js").read_bytes(), "text/javascript; charset=utf-8"),
}

# Messages after a redirect. A cookie has only the key, so that nobody can make a page show a text of theirs;
# route modules add their own: `DONE.update(app_added="…")`.
DONE: dict[str, str] = {}


class PageRequest(Protocol):
    """What the layout reads from a request."""

    @property
    def visitor(self) -> Any: ...

    @property
    def form_token(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def done(self) -> str | None: ...

    @property
    def waiting(self) -> Sequence[Any]: ...

    @property
    def preview(self) -> Sequence[tuple[str, str]]: ...

    @property
    def brand(self) -> Brand: ...

    @property
    def leads_away(self) -> bool: ...


class PageError(Exception):
    """A response that is a page about what went wrong: every such page says what to do."""

    def __init__(
        self,
        status: int,
        title: str,
        text: str,
        *,
        todo: str = "",
        link: tuple[str, str] | None = None,
        retry_after: int | None = None,
        details: Sequence[str] = (),
    ) -> None:
        """`todo` says what to do; `link` is (address, text); `details` are for developers, a paragraph each."""
        super().__init__(title)
        self.status = status
        self.title = title
        self.text = text
        self.todo = todo
        self.link = link
        self.retry_after = retry_after
        self.details = details


def not_found(what: str = "page", link: tuple[str, str] | None = None) -> PageError:
    return PageError(
        404,
        "Not found",
        f"There is no such {what}, or it is not yours to see.",
        todo="Check the address, or go on from here.",
        link=link,
    )


class PageResponse(HTTPResponse):  # type: ignore[misc]
    done: str | None = None  # a key of DONE, after a redirect
    in_force = True  # what was done; or else it is to be repeated
    is_repeated = False  # a refusal that a second click on the same form gets again


def render(
    template: str,
    request: PageRequest,
    *,
    http_status: int = 200,
    no_referrer: bool = False,
    **values: Any,
) -> PageResponse:
    """The page `template` (a path in templates/ without .mako) with `values` as its arguments.

    `no_referrer`: the address or the content has something secret in it.
    """
    files = STATIC_FILES | request.brand.files
    body = LOOKUP.get_template(f"/{template}.mako").render(
        request=request,
        brand=request.brand,
        static={name: f"/static/{name}?v={file.version}" for name, file in files.items()},
        **values,
    )
    answer = PageResponse(body, http_status)
    answer.content_type = "text/html; charset=utf-8"
    answer.set_header("Content-Security-Policy", content_security_policy(request.leads_away))
    if no_referrer:
        answer.set_header("Referrer-Policy", "no-referrer")
    return protected(answer)


def render_error(error: PageError, request: PageRequest) -> PageResponse:
    answer = render("error", request, http_status=error.status, error=error)
    if error.retry_after is not None:
        answer.set_header("Retry-After", str(error.retry_after))
    return answer


def redirect(path: str, *, done: str | None = None) -> PageResponse:
    """303 to a path of ours; relative, so that neither Host nor a proxy can change where it leads.

    `done` is a key of DONE: the next page says so.
    """
    answer = PageResponse("", 303, Location=path)
    if done is not None:
        assert done in DONE, done
        answer.done = done
    return protected(answer)


def content_security_policy(leads_away: bool = False) -> str:
    """The policy of a page; it has no form-action if the page's forms lead to an app.

    Chromium applies it to every redirect after a form, those of the app included, which may lead anywhere.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self' data:",
            "script-src 'self'",
            *([] if leads_away else ["form-action 'self'"]),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def protected(answer: PageResponse) -> PageResponse:
    """The headers of every page, where the page has not set its own."""
    # No Cross-Origin-Opener-Policy: it would cut an app off from the window that it opened for authorization.
    for name, value in (
        ("Content-Security-Policy", content_security_policy()),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
    ):
        if name not in answer.headers:
            answer.set_header(name, value)
    return answer


def shown(text: object) -> str:
    """`text` for HTML, between tags or in a quoted attribute."""
    return NOT_IN_HTML.sub("\N{REPLACEMENT CHARACTER}", html.escape(str(text)))


def moment_text(at: datetime) -> str:
    """A time as people read it; UTC, since we do not know where they are."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


# From how many seconds on a distance in time is shown in which unit.
UNITS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))


def ago(at: datetime, now: datetime | None = None) -> str:
    """A time as its distance from now: "3 hours ago", "in 2 days"."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    for length, unit in UNITS:
        count = int(abs(seconds) // length)
        if count:
            distance = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{distance} ago" if seconds > 0 else f"in {distance}"
    return "just now" if seconds >= 0 else "in a moment"


def number(count: int) -> str:
    """A whole number as people read it."""
    return f"{count:,}"


STOPS = (1_000, 10_000)  # where queries stop to count (shown_count)


def count_text(count: int | None) -> str:
    """A number that can be very large: exact, or a figure of the last day, or where the query stopped to count."""
    if count is None:
        return "not counted yet"
    if count - 1 in STOPS:
        return f"more than {number(count - 1)}"
    return number(count) if count <= STOPS[-1] else f"about {number(round(count, 3 - len(str(count))))}"
