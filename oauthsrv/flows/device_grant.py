"""The device grant: a device makes a request, its user answers in a browser, the device polls (RFC 8628, rule 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.consent import give_grant
from oauthsrv.flows.invalidation import families_revoked
from oauthsrv.flows.issuing import TokenRequest, redeem
from oauthsrv.flows.refusals import NotDone
from oauthsrv.oauth import scopes, user_codes
from oauthsrv.oauth.credentials import digest, is_device_code, new_device_code
from oauthsrv.oauth.errors import AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, SlowDown
from oauthsrv.oauth.records import AuthorizationCode, Client, DeviceRequest
from oauthsrv.server import Server
from oauthsrv.store import device_codes
from oauthsrv.store.database import transaction
from oauthsrv.store.device_codes import StoredDevice
from oauthsrv.store.limits import Attempt
from oauthsrv.store.sessions import Session

PATH = "/device"
LIFETIME, INTERVAL, SLOWER = 900, 5, 5  # seconds (§3.2, §3.5)
# The connection's name on the user's pages.
CONNECTION = "Device"
ANSWERED = "This code was already used, or it has expired."


@dataclass(frozen=True, slots=True)
class DeviceQuestion:
    """A device's request, found by a user who holds its code: what they decide about."""

    client: Client
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    user_code: str
    stored: StoredDevice


# The device requests


def start(server: Server, request: DeviceRequest) -> dict[str, Any]:
    """The response of §3.2, for a request whose client and scopes were checked."""
    device_code = new_device_code()
    while True:
        user_code = user_codes.new_user_code()
        if device_codes.add(server.redis, device_code, hashed(server, user_code), request, LIFETIME, INTERVAL):
            break
    address, shown = f"{server.settings.issuer}{PATH}", user_codes.shown(user_code)
    return {
        "device_code": device_code,
        "user_code": shown,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={shown}",
        "expires_in": LIFETIME,
        "interval": INTERVAL,
    }


def hashed(server: Server, user_code: str) -> bytes:
    return user_codes.hash_user_code(user_code, server.installation.key)


# The user answers


def find(server: Server, user_code: str) -> DeviceQuestion | None:
    """The request of this code, with the scopes its client may still have; InvalidScope if there are none."""
    stored = device_codes.find(server.redis, hashed(server, user_code))
    client = server.clients.find_client(stored.request.client_id) if stored else None
    if stored is None or client is None:
        return None
    still = scopes.narrow(stored.request.scopes, None, client.scopes)
    return DeviceQuestion(client, still, stored.request.resources, user_code, stored)


def allow(
    server: Server, device: DeviceQuestion, allowed: Sequence[str], subject: str, session: Session, *, by: Actor
) -> None:
    """Give a grant, and the device the code to exchange. No consent is remembered: each device asks again.

    The request is claimed first, so that if two users hold the code only one gives a grant.
    """
    if not device_codes.claim(server.redis, device.stored, session.user_id):
        raise NotDone(ANSWERED)
    with transaction(server.database) as db:
        given = give_grant(db, device, allowed, session, by=by, device="yes")
    if given is None:
        raise NotDone("Your session or the app ended in the meantime.")
    families_revoked(server, given.ended_families)
    code = code_of(device, given.grant_id, allowed, subject, session)
    if not device_codes.allow(server.redis, device.stored, code):
        raise NotDone(ANSWERED)


def code_of(
    device: DeviceQuestion, grant_id: str, allowed: Sequence[str], subject: str, session: Session
) -> AuthorizationCode:
    """The record that the device exchanges for tokens, like an authorization code."""
    return AuthorizationCode(
        client_id=device.client.client_id,
        grant_id=grant_id,
        subject=subject,
        scopes=tuple(allowed),
        resources=device.resources,
        redirect_uri="",
        code_challenge=None,
        browser=CONNECTION,
        session_began_at=session.began_at.isoformat(),
    )


def deny(server: Server, device: DeviceQuestion, user_id: str, *, by: Actor) -> None:
    if not device_codes.deny(server.redis, device.stored):
        raise NotDone(ANSWERED)
    with transaction(server.database) as db:
        audit(db, "grant.denied", by, client_id=device.client.client_id, user_id=user_id)


# The device polls


def poll(request: TokenRequest) -> dict[str, Any]:
    """Tokens for the first poll after the user allowed it; a later poll ends them, as with a code (rule 2)."""
    text, client_id = request.parameters.require("device_code"), request.client.client_id
    if not is_device_code(text):
        raise InvalidGrant("not a device code of ours", problem="device_code_malformed")
    polled = device_codes.poll(request.server.redis, text, client_id, SLOWER)
    if polled.client_id is None:
        raise ExpiredToken
    if polled.client_id != client_id:
        raise InvalidGrant("another client's device code", problem="device_code_of_another")
    if polled.code is not None:
        return redeem(request, polled.code, digest(text))
    if request.meter:
        request.meter.charge_sender(Attempt("token_connection", digest(text).hex()))
    if polled.is_denied:
        raise AccessDenied
    raise SlowDown if polled.is_early else AuthorizationPending
