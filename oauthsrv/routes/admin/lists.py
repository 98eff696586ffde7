"""Lists of administrators as CSV files: what the page shows with its filter, at most ROWS_OF_FILE rows; audited."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bottle import HTTPResponse

from oauthsrv.flows.audit import audit
from oauthsrv.routes import csv_file
from oauthsrv.routes.csv_file import timestamp
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS_OF_FILE = 10_000


def download(request: Request, name: str, columns: csv_file.Columns, rows: Iterable[list[Any]]) -> HTTPResponse:
    filters = sorted(key for key, value in request.query.pairs if value.strip())
    if request.method == "HEAD":
        return csv_file.download(name, columns, ())
    with reading(request.server.database) as db:
        audit(db, "list.downloaded", request.actor, list=name, filtered_by=filters)
    return csv_file.download(name, columns, rows)


def parts(read: Callable[[Any, int], list[Any]], key: str) -> Iterator[list[Any]]:
    return csv_file.pages(read, key, ROWS_OF_FILE)


def every(request: Request, query: Callable[..., Any], key: str, *, place: str = "before") -> Iterator[list[Any]]:
    """All rows of a query, page by page; its parameter `place` says after which row, by the column `key`."""

    def read(at: Any, rows: int) -> list[Any]:
        with reading(request.server.database) as db:
            return list(query(db, **{place: at}, rows=rows))

    return parts(read, key)


# Lists without a filter


APIS: csv_file.Columns = {
    "client_id": lambda api: api.client_id,
    "name": lambda api: api.name,
    "resource": lambda api: api.resource,
    "scopes": lambda api: " ".join(api.scopes),
    "registered": lambda api: timestamp(api.created_at),
}
SCOPES: csv_file.Columns = {
    "scope": lambda scope: scope.scope,
    "description": lambda scope: scope.description,
    "sensitive": lambda scope: scope.is_sensitive,
    "deprecated": lambda scope: scope.deprecated,
    "for_self_registered": lambda scope: scope.for_self_registered,
    "apps": lambda scope: scope.clients,
    "users": lambda scope: scope.users,
}
WAITING: csv_file.Columns = {
    "client_id": lambda app: app.client_id,
    "name": lambda app: app.name,
    "owner": lambda app: app.owner_email,
    "redirect_uris": lambda app: " ".join(app.redirect_uris),
    "scopes": lambda app: " ".join(app.scopes),
    "registered": lambda app: timestamp(app.created_at),
}
TOKENS: csv_file.Columns = {
    "name": lambda token: token.name,
    "ending": lambda token: token.hint,
    "approves": lambda token: token.approves,
    "created": lambda token: timestamp(token.made_at),
    "created_by": lambda token: token.maker_name or "Command line",
    "expires": lambda token: timestamp(token.expires_at),
    "apps": lambda token: token.clients,
    "last_used": lambda token: timestamp(token.last_used_at),
}


HOSTS: csv_file.Columns = {
    "host": lambda row: row.host,
    "is": lambda row: "allowed" if hasattr(row, "added_at") else "blocked",
    "since": lambda row: timestamp(row.added_at if hasattr(row, "added_at") else row.blocked_at),
    "by": lambda row: row.added_by if hasattr(row, "added_at") else row.blocked_by,
}
SELF_REGISTERED: csv_file.Columns = {
    "host": lambda row: row.host,
    "apps": lambda row: row.clients,
    "ever_connected": lambda row: row.used,
    "last_registered": lambda row: timestamp(row.last_at),
}

REPORTS: csv_file.Columns = {
    "app": lambda report: report.name,
    "client_id": lambda report: report.client_id,
    "reason": lambda report: report.reason,
    "comment": lambda report: report.comment,
    "reported_by": lambda report: report.email,
    "at": lambda report: timestamp(report.reported_at),
}
NAMES: csv_file.Columns = {"name": lambda row: row.name}


def apis(request: Request) -> HTTPResponse:
    return download(request, "apis", APIS, every(request, sql.apis.every, "resource"))


def scopes(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        return download(request, "scopes", SCOPES, [sql.scopes.with_holders(db)])


def waiting(request: Request) -> HTTPResponse:
    return download(request, "review", WAITING, every(request, sql.admin.waiting_clients, "client_id", place="after"))


def registration_tokens(request: Request) -> HTTPResponse:
    return download(request, "initial-access-tokens", TOKENS, every(request, sql.registration_tokens.every, "token_id"))


def reports(request: Request) -> HTTPResponse:
    return download(request, "reports", REPORTS, every(request, sql.reports.page, "report_id"))


def protected_names(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        return download(request, "protected-names", NAMES, [sql.protected_names.every(db)])


def hosts(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        rows = [*sql.hosts.documents(db, rows=ROWS_OF_FILE), *sql.hosts.blocked(db, rows=ROWS_OF_FILE)]
    return download(request, "hosts", HOSTS, [rows])


def registration_hosts(request: Request) -> HTTPResponse:
    text = request.query.text("q")
    with reading(request.server.database) as db:
        rows = list(sql.admin.hosts(db, text=text, rows=ROWS_OF_FILE))
    return download(request, "hosts-of-self-registered-apps", SELF_REGISTERED, [rows])
