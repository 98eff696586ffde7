"""/developer/errors/<request_id>: the page that a response's error_uri leads to (RFC 6749 §4.1.2.1, §5.2).

The app's team sees the request. Everyone else reads what the code in the address means: the page is the same whether
or not there is such a request (rule 11), and nothing is looked up for visitors who aren't signed in.
"""

from typing import Any

from bottle import HTTPResponse

from oauthsrv.oauth.problems import BY_CODE, OF_THE_SERVER, PROBLEMS
from oauthsrv.pages import render
from oauthsrv.request_ids import is_request_id
from oauthsrv.routes.developer.activity import refusal_line
from oauthsrv.routes.pending import login_address
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import team_app
from oauthsrv.store.database import reading, sql

CODES = BY_CODE | OF_THE_SERVER | {"not_found": PROBLEMS["address_unknown"]}
# The RFC and section that define each code; codes missing here are this server's own.
DEFINED = {
    **dict.fromkeys(("invalid_client", "invalid_grant", "unsupported_grant_type"), ("6749", "5.2")),
    **dict.fromkeys(("invalid_request", "unauthorized_client", "invalid_scope"), ("6749", "5.2")),
    **dict.fromkeys(("unsupported_response_type", "access_denied"), ("6749", "4.1.2.1")),
    **dict.fromkeys(("server_error", "temporarily_unavailable"), ("6749", "4.1.2.1")),
    **dict.fromkeys(("invalid_token", "insufficient_scope"), ("6750", "3.1")),
    **dict.fromkeys(("invalid_redirect_uri", "invalid_client_metadata"), ("7591", "3.2.2")),
    **dict.fromkeys(("authorization_pending", "slow_down", "expired_token"), ("8628", "3.5")),
    "invalid_target": ("8707", "2"),
    **dict.fromkeys(("invalid_request_uri", "request_not_supported", "request_uri_not_supported"), ("9101", "7")),
    "too_many_requests": ("6585", "4"),
}


def show_error(request: Request) -> HTTPResponse:
    row = find_refusal(request) if request.visitor else None
    return help_page(request) if row is None else refusal_page(request, row)


def find_refusal(request: Request) -> Any:
    """The request, if this person develops its app."""
    request_id, user = request.url["request_id"], request.user
    if not is_request_id(request_id):
        return None
    with reading(request.server.database) as db:
        return sql.refusals.of_request(db, request_id=request_id, user_id=user.user_id, is_admin=bool(user.is_admin))


def refusal_page(request: Request, row: Any) -> HTTPResponse:
    request.app = team_app(request, row.client_id)
    line = refusal_line(request, row)
    return render("developer/refusal", request, app=request.app, line=line, request_id=request.url["request_id"])


def address_of(request: Request) -> str:
    """The address of this page, with known parts only."""
    request_id, code = request.url["request_id"], request.query.get("error")
    if not is_request_id(request_id):
        return "/developer"
    return f"/developer/errors/{request_id}?error={code}" if code in CODES else f"/developer/errors/{request_id}"


def help_page(request: Request) -> HTTPResponse:
    """Explain the code in the address; any other text there is ignored."""
    code = request.query.get("error")
    return render(
        "developer/error",
        request,
        code=code if code in CODES else "",
        problem=CODES.get(code),
        defined=DEFINED.get(code),
        sign_in="" if request.visitor else login_address(request, address_of(request)),
    )
