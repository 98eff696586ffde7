"""POST /oauth/device_authorization: a device requests a code for its user to enter in a browser (RFC 8628 §3.1)."""

import time

from bottle import HTTPResponse

from oauthsrv.addresses import counted_network
from oauthsrv.flows import device_grant
from oauthsrv.oauth.authorization_request import Supported, UncheckedRequest, check_resource, check_scope
from oauthsrv.oauth.errors import UnauthorizedClient
from oauthsrv.oauth.grant_types import DEVICE_CODE, check_may_use
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client, DeviceRequest
from oauthsrv.routes.callers import metered_client, presented_client, sent_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request
from oauthsrv.store.limits import Attempt


def start(request: Request) -> HTTPResponse:
    parameters = sent_parameters(request)
    client, *_ = metered_client(request, parameters, presented_client(request, parameters))
    check_connects(client)
    wanted = checked_request(request, client, parameters)
    # A public client only names itself, and each request is kept until it expires.
    counted = request.counted_address
    request.meter.charge_sender(Attempt("device_address", counted), Attempt("device_network", counted_network(counted)))
    return json_response(device_grant.start(request.server, wanted))


def check_connects(client: Client) -> None:
    """Raise UnauthorizedClient if no user could connect a device of this client."""
    check_may_use(client, DEVICE_CODE)
    if client.owner_disabled:
        raise UnauthorizedClient("its owner is disabled", problem="developer_disabled")


def checked_request(request: Request, client: Client, parameters: Parameters) -> DeviceRequest:
    """Check scopes and resources as in an authorization request."""
    known = request.server.apis.all() if parameters.all("resource") else {}
    unchecked = UncheckedRequest(parameters, client, Supported((), (), known))
    return DeviceRequest(
        client.client_id, check_scope(unchecked), check_resource(unchecked), request.address, int(time.time())
    )
