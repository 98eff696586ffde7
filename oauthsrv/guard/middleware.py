"""A WSGI middleware: in front of Flask, Django or any other application, which stays as it is (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from oauthsrv.guard.calls import Call, Environ, forget_identity, question, tell
from oauthsrv.guard.cors import Cors, Headers
from oauthsrv.guard.refusals import Refused
from oauthsrv.guard.rules import Given, Rules

if TYPE_CHECKING:
    from oauthsrv.guard.guard import Guard

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

REASONS = {
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


class Protected:
    """An application that only calls with a good token reach.

    `rules`: (methods, path, scopes), the first that fits decides. Methods are names with spaces between them, or `*`;
    GET stands for HEAD too. A path stands for itself and all below it, and a rule also holds for other spellings of its
    path (case, `.json`). Scopes are a list or a text with spaces, all needed; `()` takes any good token, and None lets
    everybody in. What no rule covers is refused with 403, without a token with 401.

        app.wsgi_app = guard.protect(app.wsgi_app, [
            ("GET", "/api/profile", "read:profile"),
            ("PUT", "/api/profile", "write:profile"),
            ("GET", "/healthz", None),
        ])

    `origins`, `preflight`: see `cors.Cors`. The application finds a Token at `environ["oauthsrv.token"]`, and the same
    as `X-OAuth-Subject`, `X-OAuth-Client`, `X-OAuth-Scope` and `X-OAuth-Expires` (seconds since the epoch), as behind
    nginx; a caller's own headers of such names never reach it. A refusal is a JSON answer with the headers of RFC 6750.
    """

    def __init__(
        self,
        guard: Guard,
        app: Application,
        rules: Iterable[Given],
        *,
        origins: Collection[str] = (),
        preflight: str = "pass",
    ) -> None:
        self._guard = guard
        self._app = app
        self._rules = Rules(rules)
        self._cors = Cors(origins, preflight)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        forget_identity(environ)
        call = Call.of_environ(environ)
        if (headers := self._cors.answer(call)) is not None:
            return answer(204, headers, b"", call, start_response)
        try:
            asked = question(self._rules, call)
            token = None if asked is None else self._guard.check(asked.token, asked.scopes)
        except Refused as refused:
            self._guard.with_metadata(refused)
            headers = [*refused.headers, *self._cors.on_refusal(call.origin)]
            return answer(refused.status, headers, refused.body, call, start_response)
        if token is not None:
            tell(token, environ)

        def with_headers(status: str, headers: Headers, *more: Any) -> Any:
            added = [*(token.limits if token else ()), *self._cors.on_answer(call.origin, headers)]
            return start_response(status, [*headers, *added], *more)

        return self._app(environ, with_headers)


def answer(status: int, headers: Headers, body: bytes, call: Call, start_response: Callable[..., Any]) -> list[bytes]:
    length = [("Content-Length", str(len(body)))] if body else []
    start_response(f"{status} {REASONS[status]}", [*headers, *length])
    return [] if call.method == "HEAD" else [body]
