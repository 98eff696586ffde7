"""/device: a user enters the code that a device shows, and decides (RFC 8628 §3.3, §5.4; rule 14)."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.addresses import counted_address, counted_network
from oauthsrv.flows import device_grant
from oauthsrv.flows.consent import ConsentSummary, Reputation, needs_warning, reputation_of, summary_of
from oauthsrv.flows.device_grant import ANSWERED, PATH, DeviceQuestion
from oauthsrv.flows.refusals import FieldsRefused, NotDone
from oauthsrv.oauth import user_codes
from oauthsrv.oauth.client_authentication import check_not_suspended
from oauthsrv.oauth.consent import allowed, are_usable
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.errors import InvalidRequest
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.routes.callers import attribute
from oauthsrv.routes.checked_requests import check_reviewed
from oauthsrv.routes.consent import others_text
from oauthsrv.routes.device_authorization import check_connects
from oauthsrv.routes.forms import Form
from oauthsrv.routes.pending import login_address
from oauthsrv.routes.request import Request
from oauthsrv.store import limits
from oauthsrv.store.limits import Attempt

DONE = f"{PATH}/done"

pages.DONE.update(
    device_allowed="Allowed. Your device will connect within a few seconds.",
    device_denied="Denied. The device has no access to your account.",
)


# The code


def show_code_page(request: Request) -> HTTPResponse:
    """A link that contains the code only fills it in: its user still compares it with the device (§3.3.1)."""
    typed = request.query.get("user_code")
    code = user_codes.read_user_code(typed)
    return code_page(request, Form.of(user_code=user_codes.shown(code) if code else typed))


def code_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    is_filled = request.method == "GET" and bool(form.get("user_code"))
    return render("device/code", request, http_status=status, no_referrer=True, form=form, is_filled=is_filled)


def entered_device(request: Request) -> DeviceQuestion:
    """The request with the entered code; wrong codes are counted, so that none is found by guessing (§5.1)."""
    code = user_codes.read_user_code(request.form.get("user_code"))
    if code is None:
        raise FieldsRefused(
            {"user_code": ["A code has 8 letters and no vowels, as in WDJB-MJHT. Compare it with your device."]}
        )
    counted = request.counted_address
    taken = limits.take(
        request.server.redis,
        Attempt("user_code_user", request.user.user_id),
        Attempt("user_code_address", counted),
        Attempt("user_code_network", counted_network(counted)),
    )
    device = device_grant.find(request.server, code)
    if device is None:
        raise FieldsRefused({"user_code": ["No device shows this code, or it expired. Compare it with your device."]})
    limits.give_back(request.server.redis, *taken)
    check_open(request, device)
    return device


def check_open(request: Request, device: DeviceQuestion) -> None:
    """Raise if this user can't answer the request, or can't any longer."""
    attribute(request, device.client, Parameters(()), endpoint=PATH)
    check_not_suspended(device.client)
    check_connects(device.client)
    check_reviewed(request, device.client)
    if device.stored.is_answered or device.stored.user_id not in (None, request.user.user_id):
        raise not_connected(ANSWERED)


def not_connected(why: str) -> PageError:
    return PageError(
        409,
        "Nothing was connected",
        why,
        todo="If your device isn’t connected, start again there, and enter the new code.",
        link=(PATH, "Enter another code"),
    )


# The decision


def ask(request: Request) -> HTTPResponse:
    device = entered_device(request)
    summary = summary_of(request.server, device)
    reputation = reputation_of(request.server, device.client, request.user.user_id)
    is_warned = request.form.get("shown") == shown_hash(device, summary)
    if not is_warned and needs_warning(request.server, device.client, reputation, summary.sensitive):
        return warning_page(request, device, summary, reputation)
    ticked = [one.scope for one in summary.optional if not one.is_sensitive]
    return consent_page(request, device, Form.of(scope=ticked))


def warning_page(
    request: Request, device: DeviceQuestion, summary: ConsentSummary, reputation: Reputation
) -> HTTPResponse:
    """Show the warning, whose form sends the code again, with the hash of what it was about."""
    return render(
        "device/warning",
        request,
        no_referrer=True,
        summary=summary,
        form=Form.of(user_code=user_codes.shown(device.user_code)).showing(shown_hash(device, summary)),
        reputation=reputation,
        others=others_text(reputation.others),
    )


def consent_page(request: Request, device: DeviceQuestion, form: Form, status: int = 200) -> HTTPResponse:
    """Show the consent page; earlier decisions don't count, as nothing proves which device asks."""
    summary, client = summary_of(request.server, device), device.client
    reputation = reputation_of(request.server, client, request.user.user_id)
    stored = device.stored.request
    address = f"{PATH}?{urlencode({'user_code': user_codes.shown(device.user_code)})}"
    return render(
        "device/consent",
        request,
        http_status=status,
        no_referrer=True,
        summary=summary,
        form=form.showing(shown_hash(device, summary)),
        user_code=user_codes.shown(device.user_code),
        address=stored.address,
        by_server=not client.is_public,
        is_near=is_near(stored.address, request.address),
        requested_at=datetime.fromtimestamp(stored.requested_at, UTC),
        reputation=reputation,
        others=others_text(reputation.others),
        other_account=login_address(request, address, ask="choose"),
    )


def is_near(device: str, browser: str) -> bool | None:
    """Whether both are in one network; None if they can't be compared, as one uses IPv6 and the other doesn't."""
    if (":" in device) != (":" in browser):
        return None
    return counted_address(device) == counted_address(browser)


def shown_hash(device: DeviceQuestion, summary: ConsentSummary) -> str:
    """A hash of what the page shows, as the decision is about exactly that."""
    return digest(f"{device.stored.hash} {summary.digest()}").hex()


def decide(request: Request) -> HTTPResponse:
    form, device = request.form, entered_device(request)
    try:
        if form.get("decision") == "deny":
            device_grant.deny(request.server, device, request.user.user_id, by=request.actor)
            return redirect(DONE, done="device_denied")
        if form.get("decision") != "allow":
            raise InvalidRequest(description="decision must be allow or deny.")
        return allow(request, device, form)
    except NotDone as error:
        raise not_connected(str(error)) from None


def allow(request: Request, device: DeviceQuestion, form: Form) -> HTTPResponse:
    if form.get("shown") != shown_hash(device, summary_of(request.server, device)):
        return consent_page(request, device, form.with_problem("The app has changed since. Decide again."), 409)
    scopes = allowed(device, form.all("scope"))
    if not are_usable(scopes):
        return consent_page(request, device, form.with_problem("Choose at least one, or choose Deny."), 422)
    assert request.session is not None
    user = request.user
    device_grant.allow(request.server, device, scopes, user.subject, request.session, by=request.actor)
    return redirect(DONE, done="device_allowed")


def show_done(request: Request) -> HTTPResponse:
    return render("device/done", request)
