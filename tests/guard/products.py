"""Example APIs behind the guard, as products write them in each framework; real servers start them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import bottle
import flask

from oauthsrv.guard import BottlePlugin, Guard

RULES = [
    ("GET,POST", "/api/data", "read:data"),
    ("GET", "/api/billing", "read:billing"),
    ("GET", "/api/stream", "read:data"),
    ("GET", "/api/socket", "read:data"),
    ("GET", "/healthz", None),
]


def seen(subject: str | None, headers: Any) -> dict[str, Any]:
    """What the application sees of the caller."""
    return {"subject": subject, "header": headers.get("x-oauth-subject")}


# WSGI


def flask_app() -> Any:
    app = flask_views(guarded=False)
    app.wsgi_app = Guard.from_environment().protect(app.wsgi_app, RULES)
    return app


def flask_views(*, guarded: bool = True) -> Any:
    from oauthsrv.guard.flask import Require

    require = Require(Guard.from_environment()) if guarded else lambda *scopes: lambda view: view
    app = flask.Flask(__name__)

    @app.route("/api/data", methods=["GET", "POST"])
    @require("read:data")
    def data() -> Any:
        token = flask.request.environ["oauthsrv.token"]
        return seen(token.subject, flask.request.headers) | {"sent": len(flask.request.get_data())}

    @app.get("/api/billing")
    @require("read:billing")
    async def billing() -> Any:
        return {}

    @app.get("/healthz")
    def healthz() -> str:
        return "well"

    return app


def bottle_app() -> Any:
    app, child = bottle.Bottle(), bottle.Bottle()
    app.install(BottlePlugin(Guard.from_environment()))

    def data() -> Any:
        return seen(bottle.request.environ["oauthsrv.token"].subject, bottle.request.headers) | {
            "sent": len(bottle.request.body.read())
        }

    child.route("/data", ["GET", "POST"], callback=data, scopes="read:data")
    child.get("/billing", callback=dict, scopes="read:billing")
    app.mount("/api/", child)
    app.get("/healthz", callback=lambda: "well", public=True)
    return app


def django_settings() -> None:
    from django.conf import settings

    if not settings.configured:
        settings.configure(ROOT_URLCONF="guard.products", ALLOWED_HOSTS=["*"], SECRET_KEY="x", MIDDLEWARE=[])
        import django

        django.setup()


urlpatterns: list[Any] = []


def django_routes(data: Any, billing: Any) -> None:
    from django.http import HttpResponse
    from django.urls import path

    urlpatterns[:] = [
        path("api/data", data),
        path("api/billing", billing),
        path("healthz", lambda request: HttpResponse("well")),
    ]


def django_json(request: Any, token: Any) -> Any:
    from django.http import JsonResponse

    return JsonResponse(seen(token.subject, request.headers) | {"sent": len(request.body)})


def django_wsgi() -> Any:
    """Views with a decorator."""
    django_settings()
    from django.core.wsgi import get_wsgi_application

    from oauthsrv.guard.django import Require

    require = Require(Guard.from_environment())

    @require("read:data")
    def data(request: Any) -> Any:
        return django_json(request, request.META["oauthsrv.token"])

    @require("read:billing")
    def billing(request: Any) -> Any:
        return django_json(request, None)

    django_routes(data, billing)
    return get_wsgi_application()


def django_asgi_views() -> Any:
    django_settings()
    from django.core.asgi import get_asgi_application

    from oauthsrv.guard.django import Require

    require = Require(Guard.from_environment())

    @require("read:data")
    async def data(request: Any) -> Any:
        return django_json(request, request.META["oauthsrv.token"])

    @require("read:billing")
    async def billing(request: Any) -> Any:
        return django_json(request, None)

    django_routes(data, billing)
    return get_asgi_application()


def django_asgi() -> Any:
    django_settings()
    from django.core.asgi import get_asgi_application
    from django.views.decorators.csrf import csrf_exempt

    @csrf_exempt
    async def data(request: Any) -> Any:
        return django_json(request, request.scope["oauthsrv.token"])

    django_routes(data, data)
    return Guard.from_environment().asgi(get_asgi_application(), RULES)


# ASGI


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    note("began")
    yield
    note("ended")


def note(line: str) -> None:
    import os

    if path := os.environ.get("NOTES"):
        with Path(path).open("a") as notes:
            notes.write(line + "\n")


def starlette_app() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
    from starlette.routing import Route, WebSocketRoute

    async def data(request: Any) -> Any:
        body = await request.body()
        return JSONResponse(seen(request.scope["oauthsrv.token"].subject, request.headers) | {"sent": len(body)})

    async def billing(request: Any) -> Any:
        return JSONResponse({})

    async def healthz(request: Any) -> Any:
        return PlainTextResponse("well")

    async def stream(request: Any) -> Any:
        async def parts() -> AsyncIterator[str]:
            for number in range(3):
                yield f"{number}\n"
                await asyncio.sleep(0.3)

        return StreamingResponse(parts())

    async def socket(socket: Any) -> None:
        await socket.accept()
        await socket.send_json({"subject": socket.scope["oauthsrv.token"].subject})
        await socket.close()

    routes = [
        Route("/api/data", data, methods=["GET", "POST"]),
        Route("/api/billing", billing),
        Route("/api/stream", stream),
        Route("/healthz", healthz),
        WebSocketRoute("/api/socket", socket),
        WebSocketRoute("/api/unruled", socket),
    ]
    return Guard.from_environment().asgi(Starlette(routes=routes, lifespan=lifespan), RULES)


def fastapi_app(guard: Guard | None = None) -> Any:
    from fastapi import Depends, FastAPI, Request

    from oauthsrv.guard.fastapi import Require

    require = Require(guard or Guard.from_environment())
    app = FastAPI()

    @app.api_route("/api/data", methods=["GET", "POST"])
    async def data(request: Request, token: Any = Depends(require("read:data"))) -> Any:
        return seen(token.subject, request.headers) | {"sent": len(await request.body())}

    @app.get("/api/billing", dependencies=[Depends(require("read:billing"))])
    def billing() -> Any:
        return {}

    @app.get("/healthz")
    async def healthz() -> str:
        return "well"

    return app


def fastapi_behind() -> Any:
    from fastapi import FastAPI, Request

    app = FastAPI(lifespan=lifespan)

    @app.api_route("/api/data", methods=["GET", "POST"])
    async def data(request: Request) -> Any:
        return seen(request.scope["oauthsrv.token"].subject, request.headers) | {"sent": len(await request.body())}

    @app.get("/healthz")
    async def healthz() -> str:
        return "well"

    return Guard.from_environment().asgi(app, RULES)


def litestar_app() -> Any:
    from litestar import Litestar, Request, get, post

    async def answer(request: Request[Any, Any, Any]) -> dict[str, Any]:
        token: Any = request.scope["oauthsrv.token"]
        return seen(token.subject, request.headers) | {"sent": len(await request.body())}

    @get("/api/data")
    async def data(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return await answer(request)

    @post("/api/data", status_code=200)
    async def send_data(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return await answer(request)

    @get("/healthz")
    async def healthz() -> str:
        return "well"

    return Guard.from_environment().asgi(Litestar([data, send_data, healthz]), RULES)
