"""What tests of the developer portal do again and again."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from webtest import TestResponse

import make
import play
from browser import COOKIE, Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import team
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.database import reading, sql


def owned(server: Server, owner: make.User, **more: Any) -> str:
    return make.app(server, owner, **more).client_id


def apps_of(server: Server, user: make.User) -> list[Any]:
    with reading(server.database) as db:
        return list(sql.developer.clients(db, user_id=user.user_id, before=None, rows=100))


def invite(server: Server, owner: make.User, client_id: str, person: make.User) -> str:
    """The secret of the link, as the one-time page showed it."""
    by = Actor(owner.user_id, "192.0.2.1")
    address = team.invite(server, client_id, person.email, owner_id=owner.user_id, by=by, counted=owner.user_id)
    return address.partition("?link=")[2]


def member(server: Server, owner: make.User, client_id: str, *, name: str = "Mia Member") -> make.User:
    """A person who joined the team of the app."""
    person = make.user(server, name=name)
    link = invite(server, owner, client_id, person)
    team.join(server, link, by=Actor(person.user_id, "192.0.2.1"))
    return person


def csrf_of(browser: Browser) -> str:
    return str(play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value)


def filled(page: TestResponse, **fields: str) -> Any:
    form = play.form_with(page, "redirect_uris")
    form["name"] = "Zap Connector"
    form["redirect_uris"] = "https://zap.example/cb"
    if "type" in form.fields:
        form["type"] = "confidential"
    form.set("scopes", True, index=0)
    for name, value in fields.items():
        form[name] = value
    return form


def text_of(page: TestResponse, element_id: str) -> str:
    return str(page.html.find(id=element_id).get_text())


def error_at(page: TestResponse, field: str) -> str:
    assert page.status_int in (422, 429), page
    return text_of(page, f"{field}-error")


def figures(page: TestResponse) -> dict[str, str]:
    """The figures of a page by their labels."""
    return {
        figure.find(class_="figure-label").get_text(): figure.find(class_="figure-value").get_text().strip()
        for figure in page.html.find_all(class_="figure")
    }


def a_moment_passes(server: Server) -> None:
    """After which a form that is sent again is a new click."""
    redis = server.redis.connection()
    for key in redis.keys(server.redis.key("o", "*")):
        redis.delete(key)


def an_hour_passes(server: Server, browser: Browser) -> None:
    """Since the password was given in this browser."""
    a_moment_passes(server)
    key = sessions.key(server.redis, browser.cookies[COOKIE])
    redis = server.redis.connection()
    record = sessions.read(redis.get(key))
    earlier = dataclasses.replace(record, confirmed_at=datetime.now(UTC) - timedelta(hours=1))
    redis.set(key, orjson.dumps(earlier), keepttl=True)
