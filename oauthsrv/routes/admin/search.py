"""/admin/search: everything by an email, a name, an id, or a token found somewhere.

The search is posted and never part of an address, as it may contain a secret.
"""

import re
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import lookup, revocations
from oauthsrv.flows.refusals import NotFound
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.credentials import is_family_id
from oauthsrv.pages import redirect, render
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 20
ID = re.compile(r"(?:cli|usr|fam|gra)_[0-9a-f]{32}")

pages.DONE.update(connection_revoked="The connection was revoked: none of its tokens work.")


class Hits(NamedTuple):
    users: list[Any]
    apps: list[Any]
    apis: list[Any]

    @property
    def only_page(self) -> str | None:
        """The page of the hit, if there is exactly one; else None."""
        found = [f"/admin/users/{user.user_id}" for user in self.users]
        found += [f"/admin/apps/{app.client_id}" for app in self.apps]
        found += [f"/admin/apis/{api.client_id}" for api in self.apis]
        return found[0] if len(found) == 1 else None


def show_lookup(request: Request) -> HTTPResponse:
    return render("admin/search", request, text="", finding=None, hits=None)


def search(request: Request) -> HTTPResponse:
    text = request.form.text("searched")
    finding = lookup.find(request.server, text, by=request.actor)
    if finding is not None:
        return render("admin/search", request, no_referrer=True, text="", finding=finding, hits=None)
    its_page, hits = page_of_id(request, text), None
    if its_page is None and text:
        hits = find(request, text)
        its_page = hits.only_page
    return redirect(its_page) if its_page else render("admin/search", request, text=text, finding=None, hits=hits)


def find(request: Request, text: str) -> Hits:
    filters = {"status": None, "registered_by": None, "host": "", "reviewed": False, "client_ids": None, "before": None}
    with reading(request.server.database) as db:
        users = sql.admin.search_users(db, text=text, status=None, before=None, rows=ROWS)
        apps = sql.admin.search_clients(db, text=text, rows=ROWS, **filters)
        apis = [api for api in sql.apis.records(db) if text.lower() in f"{api.name} {api.resource}".lower()]
    return Hits(users, apps, apis[:ROWS])


def page_of_id(request: Request, text: str) -> str | None:
    """The page about an id; a connection or grant is on its user's page, or else on its app's."""
    pasted = ID.search(text)
    if pasted is None:
        return None
    with reading(request.server.database) as db:
        found = sql.admin.named(db, id=pasted[0])
    if found is None:
        return None
    if found.user_id:
        return f"/admin/users/{found.user_id}"
    return f"/admin/{'apis' if found.is_api else 'apps'}/{found.client_id}"


def end_connection(request: Request) -> HTTPResponse:
    server, family_id = request.server, request.url["family_id"]
    found = lookup.connection(server, family_id) if is_family_id(family_id) else None
    if found is None:
        raise NotFound(family_id)
    in_force = revocations.revoke_family(
        server,
        family_id,
        "administrator",
        by=request.actor,
        user_id=found.user_id,
        client_id=found.client_id,
        needs=Role.ADMINISTRATOR,
    )
    back = f"/admin/users/{found.user_id}" if found.user_id else f"/admin/apps/{found.client_id}"
    return changed(back, "connection_revoked", in_force)
