"""Rule 13: until the password is given again nothing is written, whatever the handler is."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import administrators, catalog, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, hosts, own_access, review, transfers
from oauthsrv.routes import MAP
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import reading, sql
from portal import an_hour_passes, filled, invite, member

WORDS = catalog.ScopeFields("Read orders", 30, False)


class Stage:
    """What the forms are about."""

    def __init__(self, server: Server, browser: Browser, root: make.User) -> None:
        self.server, self.browser, self.root = server, browser, root

    def app(self, **more: Any) -> str:
        return make.app(self.server, self.root, **more).client_id

    def form(self, page: str, action: str, **typed: Any) -> Any:
        """The form on that page which posts to `action`, filled."""
        form = next(one for one in self.browser.get(page).forms.values() if one.action == action)
        for name, value in typed.items():
            form[name] = value
        return form


def own(stage: Stage, page: str, action: str = "", /, **typed: Any) -> Any:
    """Of a page of an app of one's own."""
    path = f"/developer/apps/{stage.app()}"
    return stage.form(f"{path}/{page}", f"{path}/{action or page}", **typed)


def of_admin(stage: Stage, path: str, page: str, action: str, /, **typed: Any) -> Any:
    return stage.form(f"/admin/{path}{page}", f"/admin/{path}{action}", **typed)


def joining(stage: Stage) -> Any:
    owner = make.user(stage.server)
    link = invite(stage.server, owner, make.app(stage.server, owner).client_id, stage.root)
    return stage.form(f"/developer/join?link={link}", "/developer/join")


def invited_administrator(stage: Stage) -> Any:
    """Not of the administrator, who is one already."""
    user, theirs = make.user(stage.server), stage.browser.another()
    play.sign_in(theirs, user)
    an_hour_passes(stage.server, theirs)
    address = administrators.invite(stage.server, user.user_id, by=Actor())
    return Stage(stage.server, theirs, user).form(
        address.removeprefix(stage.server.settings.issuer), "/account/administrator"
    )


def new_app(stage: Stage) -> Any:
    return filled(stage.browser.get("/developer/apps/new"))


def settings(stage: Stage) -> Any:
    return own(stage, "edit", redirect_uris="https://app.example/callback\nhttps://app.example/other")


def authentication(stage: Stage) -> Any:
    return own(stage, "authentication", jwks_uri="", allows_endpoint_audience=True)


def chosen_access(stage: Stage) -> Any:
    app, none = make.machine(stage.server, owner=stage.root), own_access.Access((), ())
    own_access.choose_access(stage.server, app.client_id, none, by=Actor())
    path = f"/developer/apps/{app.client_id}/own-access"
    form = stage.form(path, path)
    form.set("scopes", True, index=0)
    return form


def opened_access(stage: Stage) -> Any:
    form = of_admin(stage, f"apps/{stage.app()}", "/own-access", "/own-access")
    form.set("scopes", True, index=0)
    return form


def transfer(stage: Stage) -> Any:
    client_id = stage.app()
    path = f"/developer/apps/{client_id}/transfer"
    mate = member(stage.server, stage.root, client_id)
    return stage.form(path, path, member=mate.user_id)


def transferred(stage: Stage) -> Any:
    owner = make.user(stage.server)
    client_id = make.app(stage.server, owner).client_id
    by = Actor(make.user(stage.server, admin=True).user_id)
    transfers.offer(stage.server, client_id, stage.root.user_id, owner_id=owner.user_id, by=by)
    path = f"/developer/transfers/{client_id}"
    return stage.form(path, f"{path}/accept")


def of_user(stage: Stage, page: str, action: str, /, **typed: Any) -> Any:
    return of_admin(stage, f"users/{make.user(stage.server).user_id}", page, action, **typed)


def enabled(stage: Stage) -> Any:
    user = make.user(stage.server)
    revocations.disable_user(stage.server, user.user_id, by=Actor())
    return of_admin(stage, f"users/{user.user_id}", "", "/enable")


def of_app(stage: Stage, action: str, /, *, page: str = "", **more: Any) -> Any:
    return of_admin(stage, f"apps/{stage.app(**more)}", page, action)


def approved_change(stage: Stage) -> Any:
    owner = make.user(stage.server)
    app = make.app(stage.server, owner)
    other = "https://other.example/callback"
    changes.add_redirect_uri(stage.server, app.client_id, other, by=Actor(owner.user_id))
    return stage.form("/admin/review", f"/admin/apps/{app.client_id}/approve-change")


def verified(stage: Stage) -> Any:
    return play.form_with(of_app(stage, "/verify").submit(), "sure")


def reactivated(stage: Stage) -> Any:
    client_id = stage.app()
    review.suspend_client(stage.server, client_id, by=Actor())
    return of_admin(stage, f"apps/{client_id}", "", "/reactivate")


def new_scope(stage: Stage) -> Any:
    typed = {"scope": f"rehearse:{secrets.token_hex(4)}", "description": "Read it"}
    return of_admin(stage, "scopes", "/new", "", **typed)


def scope(stage: Stage) -> str:
    name = f"rehearse:{secrets.token_hex(4)}"
    catalog.add(stage.server, name, WORDS, by=Actor())
    return name


def restored(stage: Stage) -> Any:
    name = scope(stage)
    catalog.deprecate(stage.server, name, by=Actor())
    return of_admin(stage, "scopes", f"/edit?scope={name}", "/restore")


def new_api(stage: Stage) -> Any:
    form = of_admin(stage, "apis", "/new", "", name="Orders", resource=f"https://{secrets.token_hex(4)}.example")
    form.set("scopes", True, index=0)
    return form


def changed_api(stage: Stage) -> Any:
    form = of_api(stage, "/edit", "/edit")
    form.set("scopes", True, index=5)
    return form


def of_api(stage: Stage, page: str, action: str, /, **typed: Any) -> Any:
    return of_admin(stage, f"apis/{make.api(stage.server).client_id}", page, action, **typed)


def unblocked(stage: Stage) -> Any:
    host = f"{secrets.token_hex(4)}.example"
    hosts.block_host(stage.server, host, by=Actor())
    return stage.form("/admin/hosts", "/admin/hosts/unblock")


APP, ADMIN_APP, USER, API = (
    "/developer/apps/<client_id>",
    "/admin/apps/<client_id>",
    "/admin/users/<user_id>",
    "/admin/apis/<client_id>",
)
FORMS: dict[str, Callable[[Stage], Any]] = {
    "/account/administrator": invited_administrator,
    "/developer/apps": new_app,
    f"{APP}/edit": settings,
    f"{APP}/secrets": lambda stage: own(stage, "secrets"),
    f"{APP}/authentication": authentication,
    f"{APP}/own-access": chosen_access,
    f"{APP}/team": lambda stage: own(stage, "team", email="new@example.com"),
    "/developer/join": joining,
    f"{APP}/transfer": transfer,
    "/developer/transfers/<client_id>/accept": transferred,
    f"{APP}/delete": lambda stage: own(stage, "delete", name="Example App"),
    f"{APP}/try/redirect-uri": lambda stage: own(stage, "try", "try/redirect-uri"),
    "/admin/users": lambda stage: of_admin(stage, "users", "/new", "", email=f"{secrets.token_hex(6)}@example.com"),
    f"{USER}/edit": lambda stage: of_user(stage, "/edit", "/edit", email=f"{secrets.token_hex(6)}@example.com"),
    f"{USER}/delete": lambda stage: of_user(stage, "/delete", "/delete"),
    f"{USER}/enable": enabled,
    f"{USER}/make-admin": lambda stage: of_user(stage, "", "/make-admin"),
    f"{USER}/reset": lambda stage: of_user(stage, "", "/reset"),
    f"{ADMIN_APP}/approve": lambda stage: of_app(stage, "/approve", approved=False),
    f"{ADMIN_APP}/approve-change": approved_change,
    f"{ADMIN_APP}/verify": verified,
    f"{ADMIN_APP}/reactivate": reactivated,
    f"{ADMIN_APP}/limit": lambda stage: of_admin(stage, f"apps/{stage.app()}", "/limit", "/limit", limit="5000"),
    f"{ADMIN_APP}/own-access": opened_access,
    "/admin/registration/tokens": lambda stage: of_admin(stage, "registration/tokens", "/new", "", name="Claude"),
    "/admin/registration/uris": lambda stage: of_admin(
        stage, "registration/uris", "", "", uris=f"app{secrets.token_hex(4)}://there/callback"
    ),
    "/admin/scopes": new_scope,
    "/admin/scopes/edit": lambda stage: of_admin(
        stage, "scopes", f"/edit?scope={scope(stage)}", "/edit", description="Read more"
    ),
    "/admin/scopes/restore": restored,
    "/admin/apis": new_api,
    f"{API}/edit": changed_api,
    f"{API}/secrets": lambda stage: of_api(stage, "", "/secrets"),
    f"{API}/delete": lambda stage: of_api(stage, "/delete", "/delete", name="Example API"),
    "/admin/hosts": lambda stage: of_admin(stage, "hosts", "", "", host=f"{secrets.token_hex(4)}.example"),
    "/admin/hosts/unblock": unblocked,
}


def test_every_form_that_asks_for_the_password_is_tried_here() -> None:
    asking = {"confirmed", "confirmed_if"}
    assert set(FORMS) == {
        path
        for method, path, guards, _ in MAP
        if method == "POST" and asking & {guard.__name__.partition("(")[0] for guard in guards}
    }


@pytest.mark.parametrize("path", FORMS)
def test_nothing_is_written_before_the_password_is_given(
    server: Server, browser: Browser, root: make.User, reviewed: None, path: str
) -> None:
    an_hour_passes(server, browser)
    form = FORMS[path](Stage(server, browser, root))
    before = written(server)
    asked = form.submit()
    assert (asked.status_int, asked.html.h1.get_text()) == (200, "Enter your password")
    assert written(server) == before


def test_rule_13_a_statement_outside_a_transaction_writes_nothing_either(server: Server) -> None:
    user = make.user(server)
    with server.database.rehearsal(), pytest.raises(StoreUnavailable):
        rows.rows(server, "UPDATE \"user\" SET name = 'Mallory' WHERE user_id = %(user_id)s", user_id=user.user_id)
    with reading(server.database) as db:
        assert sql.users.find(db, user_id=user.user_id).name != "Mallory"


def written(server: Server) -> list[Any]:
    """All of PostgreSQL, and what Redis holds besides the count of all forms and their answers."""
    tables = rows.rows(server, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    every = "SELECT md5(string_agg(one::text, ' ' ORDER BY one::text)) FROM"
    hashes = [rows.rows(server, f'{every} "{table.tablename}" AS one') for table in tables]
    redis, left_out = server.redis.connection(), (server.redis.key("l", "form_user"), server.redis.key("o", ""))
    keys = sorted(key for key in redis.keys(server.redis.key("*", "")[:-1] + b"*") if not key.startswith(left_out))
    return [hashes, [(key, redis.dump(key)) for key in keys]]
