"""Joins everything into one WSGI application."""

import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bottle

from oauthsrv import deadline, request_ids
from oauthsrv.addresses import counted_address, counted_network, sender_address
from oauthsrv.config import Settings
from oauthsrv.flows.housekeeping import Housekeeper
from oauthsrv.routes import MAP
from oauthsrv.routes.address import check_address, check_size
from oauthsrv.routes.error_pages import error_page
from oauthsrv.routes.guards import Guard, Handler, is_for_programs, plain_error
from oauthsrv.routes.request import Request
from oauthsrv.server import Known, Server

log = logging.getLogger(__name__)


class Application:
    """What a worker process serves, with what runs beside it."""

    answers_too_large = True

    def __init__(self, server: Server) -> None:
        self.server = server
        self.wsgi = wsgi(server)
        self._housekeeper = Housekeeper(server)
        self._housekeeper.start()

    def sender(self, environ: Mapping[str, str]) -> str:
        """Waiting requests take turns by this: an IPv4 address, or an IPv6 network."""
        address = sender_address(environ, self.server.settings.trusted_proxies)
        return counted_network(counted_address(address))

    def close(self) -> None:
        self._housekeeper.stop()
        self.server.close()


def make_app(settings: Settings, known: Known) -> Application:
    """For one process, after it was forked; on databases that are migrated, with both URLs in the settings."""
    assert settings.database_url
    assert settings.redis_url
    return Application(
        Server.open(settings, database_url=settings.database_url, redis_url=settings.redis_url, known=known)
    )


def wsgi(server: Server) -> Callable[..., Any]:
    app = bottle.Bottle()
    for method, path, guards, handler in MAP:
        app.route(path, method, endpoint(server, guards, handler))
    app.add_hook("before_request", lambda: check_address(bottle.request.environ))
    app.add_hook("before_request", lambda: check_size(bottle.request.environ))
    app.default_error_handler = functools.partial(answer_error, server)
    return functools.partial(answer_request, app)


def answer_request(app: bottle.Bottle, environ: dict[str, Any], start_response: Any) -> Any:
    """Every request has a deadline and an id."""
    environ[deadline.ARRIVED] = arrived = environ.get(deadline.ARRIVED) or time.monotonic()
    with deadline.until(arrived + deadline.REQUEST_SECONDS), request_ids.answering(environ) as request_id:
        return app(environ, request_ids.with_request_id(request_id, start_response))


def endpoint(server: Server, guards: Sequence[Guard], handler: Handler) -> Callable[..., bottle.HTTPResponse]:
    """The handler behind its guards, the first of them outermost, as Bottle calls it."""
    for guard in reversed(guards):
        handler = functools.partial(guard, handler=handler)
    return lambda **url: handler(Request(server, bottle.request.environ, url))


def answer_error(server: Server, error: bottle.HTTPError) -> Any:
    """An address that is not on the map, or an exception that no guard caught."""
    request = Request(server, bottle.request.environ, {})
    if error.exception is not None:
        log.error("%s %s", request.method, request.path, exc_info=error.exception)
    path = request.environ["bottle.raw_path"]  # request.path leaves out what is not UTF-8
    status = error.status_code
    answer = plain_error(request, path, status) if is_for_programs(path) else error_page(request, status)
    if allowed := error.get_header("Allow"):
        answer.set_header("Allow", allowed)
    for name, value in answer.headerlist:
        bottle.response.set_header(name, value)
    bottle.response.status = answer.status
    return answer.body
