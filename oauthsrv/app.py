"""Joins everything into one WSGI application."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bottle

from oauthsrv import deadline, request_ids
from oauthsrv.addresses import counted_address, counted_network, sender_address
from oauthsrv.config import Settings
from oauthsrv.flows.housekeeping import Housekeeper
from oauthsrv.routes import MAP
from oauthsrv.routes.guards import Guard, Handler
from oauthsrv.routes.itself import ROUTER
from oauthsrv.routes.responding import respond, whole
from oauthsrv.server import Known, Server


class Application:
    """The application that a worker process serves, with everything that runs beside it."""

    answers_too_large = True

    def __init__(self, server: Server) -> None:
        self.server = server
        self.wsgi = wsgi(server)
        self._housekeeper = Housekeeper(server)
        self._housekeeper.start()

    def sender(self, environ: Mapping[str, str]) -> str:
        """The sender for the queue of waiting requests: an IPv4 address, or an IPv6 network."""
        address = sender_address(environ, self.server.settings.trusted_proxies)
        return counted_network(counted_address(address))

    def close(self) -> None:
        self._housekeeper.stop()
        self.server.close()


def make_app(settings: Settings, known: Known) -> Application:
    """Make one process's application after the fork; databases must be migrated, and both URLs set."""
    assert settings.database_url
    assert settings.redis_url
    return Application(
        Server.open(settings, database_url=settings.database_url, redis_url=settings.redis_url, known=known)
    )


def wsgi(server: Server) -> Callable[..., Any]:
    return functools.partial(answer_request, server, MAP_ROUTER)


class MapRouter(bottle.Router):  # type: ignore[misc]
    """The whole map, compiled once: Bottle compiles every pattern again with each that is added."""

    def __init__(self) -> None:
        super().__init__()
        for method, path, guards, handler in MAP:
            self.add(path, method, guarded(guards, handler))
        for method in self.dyna_routes:
            super()._compile(method)

    def _compile(self, method: str) -> None:
        pass


def guarded(guards: Sequence[Guard], handler: Handler) -> Handler:
    """The handler behind its guards, the first of them outermost."""
    for guard in reversed(guards):
        handler = functools.partial(guard, handler=handler)
    return handler


def answer_request(server: Server, router: bottle.Router, environ: dict[str, Any], start_response: Any) -> Any:
    """Answer one request, under a deadline and with an id."""
    environ[deadline.ARRIVED] = arrived = environ.get(deadline.ARRIVED) or time.monotonic()
    environ[ROUTER] = router
    request_id = request_ids.begin(environ)
    try:
        with deadline.until(arrived + deadline.REQUEST_SECONDS):
            answer = respond(server, router, environ)
            headers, body = whole(answer)
        start_response(answer.status_line, [*headers, (request_ids.HEADER, request_id)])
        return () if environ["REQUEST_METHOD"] == "HEAD" else body
    finally:
        request_ids.end()


MAP_ROUTER = MapRouter()
