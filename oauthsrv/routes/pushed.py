"""POST /oauth/par: a client pushes an authorization request, and sends its user with a reference to it (RFC 9126)."""

import secrets

from bottle import HTTPResponse

from oauthsrv.addresses import counted_network
from oauthsrv.oauth.authorization_request import check, trusted_redirect
from oauthsrv.oauth.authorization_response import RedirectError
from oauthsrv.oauth.errors import InvalidRequest
from oauthsrv.routes.callers import metered_client, presented_client, sent_parameters
from oauthsrv.routes.forms import Unreadable
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request
from oauthsrv.routes.sent_requests import LONGEST, REFERENCE, known, pushed_name, supported
from oauthsrv.store.authorization import PUSHED_TTL, remember_pushed
from oauthsrv.store.limits import Attempt


def push(request: Request) -> HTTPResponse:
    """Check the request like the authorization endpoint, and keep it for a minute.

    It is checked again when it is used, as the client may have changed by then.
    """
    sent = sent_parameters(request)
    client, *_ = metered_client(request, sent, presented_client(request, sent))
    counted = request.counted_address
    request.meter.charge_sender(Attempt("par_address", counted), Attempt("par_network", counted_network(counted)))
    if sent.get("request_uri") is not None:
        raise InvalidRequest(problem="request_uri_pushed")
    parameters = known(sent)
    if len(parameters.encoded()) > LONGEST:
        raise Unreadable(413, f"The request has more than {LONGEST:,} characters.")
    redirect = trusted_redirect(parameters, client, request.server.settings.issuer)
    try:
        check(parameters, client, redirect, supported(request, parameters))
    except RedirectError as refusal:
        raise refusal.error from refusal
    reference = secrets.token_urlsafe(32)
    remember_pushed(request.server.redis, pushed_name(client.wire_id, reference), parameters.encoded())
    return json_response({"request_uri": REFERENCE + reference, "expires_in": PUSHED_TTL}, 201)
