"""Administrators' lists as CSV files: the page's list with its filter, at most ROWS_OF_FILE rows; audited."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows.audit import audit
from oauthsrv.routes import csv_file
from oauthsrv.routes.csv_file import columns
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS_OF_FILE = 10_000


def download(request: Request, name: str, cells: csv_file.Columns, rows: Iterable[list[Any]]) -> HTTPResponse:
    filters = sorted(key for key, value in request.query.pairs if value.strip())
    if request.method == "HEAD":
        return csv_file.download(name, cells, ())
    with reading(request.server.database) as db:
        audit(db, "list.downloaded", request.actor, list=name, filtered_by=filters)
    return csv_file.download(name, cells, rows)


def parts(read: Callable[[Any, int], list[Any]], key: str) -> Iterator[list[Any]]:
    return csv_file.pages(read, key, ROWS_OF_FILE)


class PlainList(NamedTuple):
    """A list without a filter: page by page after the column `key`, or without one all at once."""

    name: str  # of the file
    columns: csv_file.Columns
    query: Callable[..., Any]
    key: str = ""
    place: str = "before"  # the query's parameter for the last row of the page before

    def read(self, db: Any, at: Any, rows: int) -> list[Any]:
        return list(self.query(db, **{self.place: at, "rows": rows} if self.key else {}))


def plain(of: PlainList) -> Handler:
    def handler(request: Request) -> HTTPResponse:
        def read(at: Any, rows: int) -> list[Any]:
            with reading(request.server.database) as db:
                return of.read(db, at, rows)

        return download(request, of.name, of.columns, parts(read, of.key) if of.key else [read(None, 0)])

    handler.__name__ = handler.__qualname__ = f"download({of.name})"
    return handler


apis, scopes, waiting, registration_tokens, reports, protected_names = map(
    plain,
    (
        PlainList("apis", columns("client_id name resource scopes registered=created_at"), sql.apis.every, "resource"),
        PlainList(
            "scopes",
            columns("scope description sensitive=is_sensitive deprecated for_self_registered apps=clients users"),
            sql.scopes.with_holders,
        ),
        PlainList(
            "review",
            columns("client_id name owner=owner_email redirect_uris scopes registered=created_at"),
            sql.admin.waiting_clients,
            "client_id",
            "after",
        ),
        PlainList(
            "initial-access-tokens",
            columns(
                "name ending=hint approves created=made_at created_by expires=expires_at apps=clients "
                "last_used=last_used_at",
                created_by=lambda token: token.maker_name or "Command line",
            ),
            sql.registration_tokens.every,
            "token_id",
        ),
        PlainList(
            "reports",
            columns("app=name client_id reason comment reported_by=email at=reported_at"),
            sql.reports.page,
            "report_id",
        ),
        PlainList("protected-names", columns("name"), sql.protected_names.every),
    ),
)

HOSTS: csv_file.Columns = {
    "host": lambda row: row.host,
    "is": lambda row: "allowed" if hasattr(row, "added_at") else "blocked",
    "since": lambda row: row.added_at if hasattr(row, "added_at") else row.blocked_at,
    "by": lambda row: row.added_by if hasattr(row, "added_at") else row.blocked_by,
}
SELF_REGISTERED = columns("host apps=clients ever_connected=used last_registered=last_at")


def hosts(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        rows = [*sql.hosts.documents(db, rows=ROWS_OF_FILE), *sql.hosts.blocked(db, rows=ROWS_OF_FILE)]
    return download(request, "hosts", HOSTS, [rows])


def registration_hosts(request: Request) -> HTTPResponse:
    text = request.query.text("q")
    with reading(request.server.database) as db:
        rows = list(sql.admin.hosts(db, text=text, rows=ROWS_OF_FILE))
    return download(request, "hosts-of-self-registered-apps", SELF_REGISTERED, [rows])
