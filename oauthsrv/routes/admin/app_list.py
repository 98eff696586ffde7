"""/admin/apps and /admin/apps.csv: every app, filtered and sorted.

A list sorted by anything but age contains only the first RANKED apps, as sorting all would mean counting all.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.pages import render
from oauthsrv.routes import csv_file
from oauthsrv.routes.admin import lists
from oauthsrv.routes.pager import Pages, address, paged
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 50
RANKED = 200
STATUSES = {
    "active": "Active",
    "suspended": "Suspended",
    "verified": "Verified",
    "unverified": "Not verified",
    "orphaned": "Owner disabled or deleted",
}
WAITING = {"waiting": "Waiting for approval"}
REGISTERED_BY = {"person": "A developer", "registration": "Itself", "document": "Its document"}


class AppOrder(NamedTuple):
    label: str
    column: str  # that the list is sorted by
    first: Callable[..., list[Any]] | None = None  # the ids of the first ones; None: by age, page by page


ORDERS = {
    "": AppOrder("Newest", "Registered"),
    "oldest": AppOrder("Oldest", "Registered", sql.admin.oldest),
    "users": AppOrder("Most users", "Users", sql.admin.most_users),
    "calls": AppOrder("Most calls in 24 hours", "Calls", sql.admin.most_calls),
    "refusals": AppOrder("Most refused calls in 24 hours", "Refused", sql.admin.most_refused),
    "reuses": AppOrder("Most token reuse in 30 days", "Token reuse", sql.admin.most_reused),
}
COLUMNS = csv_file.columns(
    "client_id name type suspended approved verified owner users "
    "calls_in_24_hours=calls refused_in_24_hours=refusals token_reuse_in_30_days=reuses registered=created_at",
    owner=lambda app: app.owner_email or f"registered itself, from {app.registered_from}",
)


def show_apps(request: Request) -> HTTPResponse:
    query = request.query
    apps, more = sorted_page(request) if order_of(request).first else page_by_age(request)
    filters = ("q", "status", "by", "host")
    return render(
        "admin/apps",
        request,
        form=query,
        apps=apps,
        more=more,
        filtered=any(query.text(name) for name in filters),
        statuses=[("", "All"), *statuses(request).items()],
        registered_by=[("", "Anyone"), *REGISTERED_BY.items()],
        orders=[(name, order.label) for name, order in ORDERS.items()],
        column=order_of(request).column,
        ranked=RANKED if order_of(request).first else 0,
        file=address(request, "/admin/apps.csv", without="before"),
    )


def order_of(request: Request) -> AppOrder:
    return ORDERS.get(request.query.get("sort"), ORDERS[""])


def statuses(request: Request) -> dict[str, str]:
    return STATUSES | WAITING if request.reviews_apps else STATUSES


def search(request: Request, before: str | None, rows: int, client_ids: list[str] | None = None) -> list[Any]:
    """The apps that match the filter, newest first."""
    query = request.query
    status, registered_by = query.get("status"), query.get("by")
    with reading(request.server.database) as db:
        found: list[Any] = sql.admin.search_clients(
            db,
            text=query.text("q"),
            status=status if status in statuses(request) else None,
            registered_by=registered_by if registered_by in REGISTERED_BY else None,
            host=query.text("host").lower(),
            reviewed=request.reviews_apps,
            client_ids=client_ids,
            before=before,
            rows=rows,
        )
    return found


def page_by_age(request: Request) -> tuple[list[Any], Pages]:
    found = search(request, request.query.get("before") or None, ROWS + 1)
    return paged(request, found, ROWS, "client_id")


def sorted_apps(request: Request) -> list[Any]:
    """The first RANKED apps in the chosen order, and then the newest, as many as fit."""
    order = order_of(request)
    assert order.first
    with reading(request.server.database) as db:
        ids = [row.client_id for row in (*order.first(db, rows=RANKED), *sql.admin.newest(db, rows=RANKED))]
    ranks = {client_id: rank for rank, client_id in enumerate(list(dict.fromkeys(ids))[:RANKED])}
    return sorted(search(request, None, RANKED, list(ranks)), key=lambda app: ranks[app.client_id])


def sorted_page(request: Request) -> tuple[list[Any], Pages]:
    apps, last = sorted_apps(request), request.query.get("before")
    at = next((number for number, app in enumerate(apps, 1) if app.client_id == last), 0)
    return paged(request, apps[at : at + ROWS + 1], ROWS, "client_id")


def download(request: Request) -> HTTPResponse:
    if order_of(request).first:
        return lists.download(request, "apps", COLUMNS, [sorted_apps(request)])
    return lists.download(request, "apps", COLUMNS, lists.parts(lambda *at: search(request, *at), "client_id"))
