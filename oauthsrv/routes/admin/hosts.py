"""/admin/hosts: hosts where apps may have metadata documents, and hosts whose self-registered apps are blocked."""

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import hosts
from oauthsrv.pages import redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    host_listed="The host is allowed: apps with a metadata document there can connect.",
    host_listed_already="That host was allowed already.",
    host_unlisted="The host is no longer allowed. Connected users stay connected.",
    host_blocked="The host is blocked: its self-registered apps are suspended.",
    host_unblocked="The host is no longer blocked, and its apps work again.",
)

LIST = "/admin/hosts"
SHOWN_AT_MOST = 500


def hosts_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        listed = list(sql.hosts.documents(db, rows=SHOWN_AT_MOST))
        blocked = list(sql.hosts.blocked(db, rows=SHOWN_AT_MOST))
    return render(
        "admin/hosts",
        request,
        http_status=status,
        form=form,
        blocks=bool(form.all("blocked_host")),
        listed=listed,
        blocked=blocked,
        accepted=request.server.settings.client_documents,
    )


def empty_form(request: Request) -> Form:
    """The empty form, with the host that another page suggests blocking."""
    return Form.of(blocked_host=request.query.get("block"))


def list_host(request: Request) -> HTTPResponse:
    host = hosts.check_host(request.form.get("host"), "host")
    is_new = hosts.list_host(request.server, host, by=request.actor)
    return redirect(LIST, done="host_listed" if is_new else "host_listed_already")


def unlist_host(request: Request) -> HTTPResponse:
    hosts.unlist_host(request.server, request.form.get("listed"), by=request.actor)
    return redirect(LIST, done="host_unlisted")


def block_host(request: Request) -> HTTPResponse:
    host = hosts.check_host(request.form.get("blocked_host"), "blocked_host")
    return changed(LIST, "host_blocked", hosts.block_host(request.server, host, by=request.actor))


def unblock_host(request: Request) -> HTTPResponse:
    in_force = hosts.unblock_host(request.server, request.form.get("blocked"), by=request.actor)
    return changed(LIST, "host_unblocked", in_force)
