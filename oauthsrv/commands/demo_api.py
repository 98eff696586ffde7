"""oauthsrv demo-api: run an example API behind the guard, for the tour in the README and for experiments."""

import argparse
import os

from oauthsrv import logs
from oauthsrv.commands import Refused
from oauthsrv.config import Settings
from oauthsrv.serving import parent
from oauthsrv.setting_values import check_listen

THREADS = 8


def run(args: argparse.Namespace, settings: Settings) -> int:
    from oauthsrv.demo_api import DemoApi
    from oauthsrv.guard import Guard

    logs.configure()
    try:
        listen = check_listen(args.api_listen)
    except ValueError as error:
        raise Refused(f"--listen is wrong: {error}. Example: --listen 127.0.0.1:9000") from None
    # The server's settings name the server and its Redis; the API's own variables describe the API.
    options = {"issuer": settings.issuer, "redis_url": settings.redis_url}

    def make_app() -> DemoApi:
        return DemoApi(Guard.from_environment(os.environ, **options), args.origins)

    try:
        make_app().close()  # so that an error is reported here, and not by a worker that can't start
    except ValueError as error:
        raise Refused(str(error)) from None
    try:
        listener = parent.bind(listen)
    except parent.CannotListen as error:
        raise Refused(str(error)) from None
    with listener:
        return parent.serve(listener, 1, THREADS, make_app, say_ready)


def say_ready(address: str) -> None:
    print(f"The demo API listens on http://{address}", flush=True)
