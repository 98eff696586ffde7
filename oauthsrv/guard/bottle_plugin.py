"""A Bottle plugin: each route declares the scopes it needs, also in mounted and merged applications."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from oauthsrv.guard.calls import Call, forget_identity, presented_in, set_identity
from oauthsrv.guard.cors import Cors
from oauthsrv.guard.middleware import WsgiProtection
from oauthsrv.guard.refusals import AccessDenied, Refused
from oauthsrv.guard.rules import SHOWN, check_address, parse_scopes

if TYPE_CHECKING:
    from oauthsrv.guard.guard import Guard

log = logging.getLogger(__name__)

# A key in the environ of a call whose response has all headers that browsers need.
IS_COMPLETE = "oauthsrv.is_complete"


class RouteOptions(NamedTuple):
    scopes: tuple[str, ...] | None  # None if it names none
    is_public: bool
    apps: bool = False


class BottlePlugin:
    """`app.install(BottlePlugin(guard))`, then `@app.get("/api/data", scopes="read:data")`.

    `scopes`: a list or a string with spaces, all needed; `scopes=()` accepts any token that is good for this API. With
    `apps=True` too, tokens that apps got for themselves, without a user, are accepted as well. A route with
    `public=True` is open to everyone, and one with neither is closed to everyone. Mounted and merged applications of
    Bottle are guarded too; another WSGI application is mounted with `scopes` or `public`, or behind `guard.protect`.
    Wrong options raise ValueError or TypeError where the route is defined.
    `known`: names of options that other plugins of the application use.

    `origins`, `preflight`: see `cors.Cors`. The route finds a Token at `request.environ["oauthsrv.token"]`; identity
    headers that a caller sends never reach it. A refusal is a JSON response with the headers of RFC 6750 §3.
    """

    name = "oauthsrv"
    api = 2

    def __init__(
        self,
        guard: Guard,
        *,
        origins: Collection[str] = (),
        preflight: str = "pass",
        known: Collection[str] = (),
    ) -> None:
        self._guard = guard
        self._cors = Cors(origins, preflight)
        self._known = frozenset(known)

    def setup(self, app: Any) -> None:
        """Examine each route when it is added, including routes of applications that are mounted or merged later."""
        if any(isinstance(plugin, BottlePlugin) for plugin in app.plugins):
            raise ValueError("this application already has a guard")
        for route in list(app.routes):
            self._examine(route, app)
        add_route = app.add_route

        def examined(route: Any) -> None:
            self._examine(route, app)
            add_route(route)

        object.__setattr__(app, "add_route", examined)
        app.add_hook("before_request", self._answer_preflight)
        app.add_hook("after_request", self._add_headers)

    def apply(self, callback: Callable[..., Any], route: Any) -> Callable[..., Any]:
        if is_guarded(route.callback):
            return callback  # a mounted application
        return self._guarded(callback, self._options(route))

    # Where a route is defined

    def _examine(self, route: Any, app: Any) -> None:
        from bottle import Bottle

        options = self._options(route)
        is_closed = options.scopes is None and not options.is_public
        target = route.config.get("mountpoint.target")
        if isinstance(target, Bottle):
            self._install_in(target)
            if is_closed:
                route.callback = mark(route.callback)  # each of its routes is checked instead
                return
        elif isinstance(target, WsgiProtection) and options.scopes is None:
            route.callback = mark(route.callback)
            return
        elif target is not None and is_closed:
            raise ValueError(
                f"{route.rule}: a mounted application needs scopes=… or public=True, or guard.protect(app, rules)"
            )
        if target is not None:
            # Bottle skips all plugins at a mount.
            route.callback = mark(self._guarded(route.callback, options))
        elif skips(route, self):
            raise ValueError(f"{route.rule}: skip=… would open it to everyone. Use public=True for that")
        if route.app is not app:
            self._install_in(route.app)
            route.reset()

    def _install_in(self, app: Any) -> None:
        if not any(isinstance(plugin, BottlePlugin) for plugin in app.plugins):
            app.install(self)

    def _options(self, route: Any) -> RouteOptions:
        """Read a route's options. Raises ValueError or TypeError for a mistake."""
        where = f"{route.method} {route.rule}"
        config = dict(route.config)
        for name in config.keys() - route.app.config.keys() - {"scopes", "public", "apps"} - self._known:
            if not name.startswith("mountpoint."):
                raise ValueError(
                    f"{where}: {name}=… is unknown. A route has scopes=… or public=True; "
                    f'BottlePlugin(guard, known=["{name}"]) if another plugin has it'
                )
        is_public, apps = config.get("public", False), config.get("apps", False)
        for name, value in (("public", is_public), ("apps", apps)):
            if not isinstance(value, bool):
                raise TypeError(f"{where}: {name} must be True or False, not {value!r}")
        if apps and "scopes" not in config:
            raise ValueError(f"{where}: apps=True needs scopes=…")
        if "scopes" not in config:
            return RouteOptions(None, is_public)
        if is_public:
            raise ValueError(f"{where}: it has both public=True and scopes=…: use one of them")
        try:
            return RouteOptions(parse_scopes(config["scopes"]), False, apps)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{where}: {error}") from None

    # Calls

    def _guarded(self, callback: Callable[..., Any], options: RouteOptions) -> Callable[..., Any]:
        from bottle import HTTPResponse, request, response

        @functools.wraps(callback)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            environ = request.environ
            forget_identity(environ)
            try:
                token = None if options.is_public else self._check(environ, options)
            except Refused as refused:
                self._guard.with_metadata(refused)
                answer = HTTPResponse(refused.body, refused.status)
                for name, value in (*refused.headers, *self._cors.on_refusal(environ.get("HTTP_ORIGIN", ""))):
                    answer.add_header(name, value)
                environ[IS_COMPLETE] = True
                return answer
            if token is not None:
                set_identity(token, environ)
                for name, value in token.limits:
                    response.set_header(name, value)
            return callback(*args, **kwargs)

        return guarded

    def _check(self, environ: dict[str, Any], options: RouteOptions) -> Any:
        call = Call.of_environ({**environ, "PATH_INFO": environ.get("bottle.raw_path", environ["PATH_INFO"])})
        check_address(call.path, call.raw)
        if call.is_preflight:
            return None
        text = presented_in(environ)
        if options.scopes is None:
            log.warning(
                "no rule: the route for %s %s has neither scopes nor public=True",
                ascii(call.method)[:SHOWN],
                ascii(call.path)[:SHOWN],
            )
            raise AccessDenied("no rule")
        return self._guard.check(text, options.scopes, apps=options.apps)

    def _answer_preflight(self) -> None:
        from bottle import HTTPResponse, request

        headers = self._cors.preflight_headers(Call.of_environ(request.environ))
        if headers is not None:
            request.environ[IS_COMPLETE] = True
            answer = HTTPResponse(status=204)
            for name, value in headers:
                answer.add_header(name, value)
            raise answer

    def _add_headers(self) -> None:
        from bottle import request, response

        if not request.environ.get(IS_COMPLETE):
            request.environ[IS_COMPLETE] = True  # or an application that this one is mounted in would add them again
            for name, value in self._cors.on_response(request.environ.get("HTTP_ORIGIN", ""), response.headerlist):
                response.add_header(name, value)


def skips(route: Any, plugin: BottlePlugin) -> bool:
    skipped = route.skiplist
    return True in skipped or plugin in skipped or BottlePlugin in skipped or plugin.name in skipped


def mark(callback: Any) -> Any:
    """Wrap a callback that the plugin has examined, to note that it needs no further check."""

    @functools.wraps(callback)
    def marked(*args: Any, **kwargs: Any) -> Any:
        return callback(*args, **kwargs)

    marked.is_guarded = True  # type: ignore[attr-defined]
    return marked


def is_guarded(callback: Any) -> bool:
    return getattr(callback, "is_guarded", False)
