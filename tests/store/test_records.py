"""What rows and records may be: of a later version, without an owner, without a user."""

from __future__ import annotations

import time
from typing import Any

import orjson
import psycopg2
import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.oauth.credentials import digest, new_access_token, new_grant_id
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from oauthsrv.store import ValueTaken
from oauthsrv.store.clients import client_record
from oauthsrv.store.database import reading, sql
from oauthsrv.store.families import family_record
from oauthsrv.store.rows import ApiRow, AppRow, UserRow

# Records in Redis

JSON_KINDS = ("c", "q", "d", "t", "s")  # as store/redis.py describes them


def written_by_a_later_version(server: Server) -> set[str]:
    """Every record gets a field that this version does not know; the kinds there were."""
    redis = server.redis.connection()
    kinds = set()
    for kind in JSON_KINDS:
        for key in redis.scan_iter(server.redis.key(kind, "*")):
            record: Any = redis.get(key)
            redis.set(key, orjson.dumps(orjson.loads(record) | {"of a later version": 1}), keepttl=True)
            kinds.add(kind)
    return kinds


def test_records_of_a_later_version_are_read(server: Server, browser: Browser, user: make.User) -> None:
    app = make.app(server)
    play.sign_in(browser, user)
    page = play.ask(browser, app)
    assert written_by_a_later_version(server) >= {"s", "q"}
    code = play.answered(play.allow(page))["code"]
    assert written_by_a_later_version(server) >= {"s", "d", "c"}
    assert play.form_with(page, "decision").submit("decision", value="deny").status_int == 409
    tokens = play.exchange(browser, app, code).json
    assert "t" in written_by_a_later_version(server)
    assert play.is_active(browser, app, tokens["access_token"])


# Rows


@pytest.fixture
def app_without_owner(server: Server, browser: Browser) -> make.App:
    app = make.app(server, type="public")
    play.tokens(server, browser, app)
    rows.rows(
        server,
        "UPDATE client SET owner_id = NULL, registered_by = 'registration', changed_at = now() "
        "WHERE client_id = %(client_id)s",
        client_id=app.client_id,
    )
    server.clients.changed(app.client_id)
    return app


def test_a_client_without_owner_is_one_that_registered_itself(server: Server, app_without_owner: make.App) -> None:
    for change in ("registered_by = 'person'", 'owner_id = (SELECT min(user_id) FROM "user")'):
        with pytest.raises(psycopg2.errors.CheckViolation):
            rows.rows(
                server,
                f"UPDATE client SET {change} WHERE client_id = %(client_id)s",
                client_id=app_without_owner.client_id,
            )


def test_a_client_without_owner_is_found_and_listed(server: Server, app_without_owner: make.App) -> None:
    client_id = app_without_owner.client_id
    client = server.clients.find_client(client_id)
    assert client is not None
    assert (client.owner_id, client.owner_name) == (None, None)
    with reading(server.database) as db:
        assert isinstance(client_record(sql.clients.find(db, client_id=client_id)), Client)
        assert sql.clients.overview(db, client_id=client_id).owner_name is None
        listed = (
            sql.clients.every(db, before=None, rows=100),
            sql.admin.search_clients(
                db,
                text="",
                status=None,
                registered_by=None,
                host="",
                reviewed=False,
                client_ids=None,
                before=None,
                rows=100,
            ),
        )
        assert all(client_id in {row.client_id for row in found} for found in listed)


def test_the_pages_that_name_an_owner_show_a_client_without_one(
    server: Server, browser: Browser, app_without_owner: make.App
) -> None:
    another = browser.another()
    play.sign_in(another, make.user(server))
    assert "Allow" in play.ask(another, app_without_owner)
    pages = [another.get("/account/apps")]
    play.allow(play.ask(another, app_without_owner))
    pages.append(another.get("/account/apps"))
    play.sign_in(admin := browser.another(), make.user(server, admin=True))
    pages += [admin.get("/admin/apps"), admin.get(f"/admin/apps/{app_without_owner.client_id}")]
    assert ["None" in page.html.get_text() for page in pages] == [False] * 4


def grant_of_its_own(server: Server, app: make.App, **changes: Any) -> str:
    values = {"grant_id": new_grant_id(0), "client_id": app.client_id, "user_id": None, "self_granted": True}
    rows.rows(
        server,
        'INSERT INTO "grant" (grant_id, client_id, user_id, self_granted, scopes) '
        "VALUES (%(grant_id)s, %(client_id)s, %(user_id)s, %(self_granted)s, '{read:data}')",
        **values | changes,
    )
    return str(values["grant_id"])


def test_a_grant_without_user_is_its_clients_own_and_there_is_one(server: Server, user: make.User) -> None:
    app = make.app(server)
    for changes in ({"self_granted": False}, {"user_id": user.user_id}):
        with pytest.raises(psycopg2.errors.CheckViolation):
            grant_of_its_own(server, app, **changes)
    grant_of_its_own(server, app)
    with pytest.raises(ValueTaken):
        grant_of_its_own(server, app)


def test_a_family_without_subject_is_its_clients_own(server: Server, connection: play.Connection) -> None:
    handle_hash = rows.family(server, connection.refresh_token).handle_hash
    update = (
        "UPDATE family SET subject = NULL, self_granted = %(own)s, own_key = %(key)s "
        "WHERE handle_hash = %(handle_hash)s"
    )
    for own, key in ((False, None), (True, None), (False, b"key")):
        with pytest.raises(psycopg2.errors.CheckViolation):
            rows.rows(server, update, own=own, key=key, handle_hash=handle_hash)
    rows.rows(server, update, own=True, key=b"key", handle_hash=handle_hash)
    with reading(server.database) as db:
        assert family_record(sql.families.find(db, handle_hash=handle_hash), 60).subject is None


def test_an_access_token_without_user_is_good(server: Server, browser: Browser) -> None:
    app = make.machine(server, "read:data")
    now = int(time.time())
    record = {"grant": None, "sub": None, "scopes": ["read:data"], "resources": [], "iat": now, "exp": now + 60}
    text = new_access_token(app.client_id, None)
    server.redis.connection().set(server.tokens.token_key(digest(text)), orjson.dumps(record), ex=60)
    answer = play.introspect(browser, app, text)
    assert answer["active"]
    assert answer["sub"] == app.client_id


def test_a_secret_is_of_a_client_or_an_api(server: Server) -> None:
    with reading(server.database) as db, pytest.raises(psycopg2.errors.CheckViolation, match="client_secret_is_of_one"):
        sql.clients.add_secret(db, client_id="cli_of_nobody", secret_hash=b"of nobody", hint="abcd")


@pytest.mark.parametrize(
    ("row", "query", "key"),
    [
        (AppRow, sql.clients.overview, "client_id"),
        (ApiRow, sql.apis.find, "client_id"),
        (UserRow, sql.users.find, "user_id"),
    ],
)
def test_the_type_of_a_row_has_the_columns_of_its_query(server: Server, row: Any, query: Any, key: str) -> None:
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute(query.sql, {key: "of nobody"})
        assert {column.name for column in cursor.description} == set(row.__annotations__)
