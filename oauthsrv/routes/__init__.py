"""The map of every URL: method, path, guards from the outside in, handler. It reads like a security review."""

from collections.abc import Iterable, Iterator

from oauthsrv.routes import (
    authorize,
    consent,
    device,
    device_authorization,
    files,
    introspect,
    metadata,
    previews,
    pushed,
    register,
    revoke,
    session,
    token,
    verify,
)
from oauthsrv.routes.account import apps as connected_apps
from oauthsrv.routes.account import profile, reports, waiting
from oauthsrv.routes.admin.map import ADMIN
from oauthsrv.routes.authorize import oauth_page, resent_as_get
from oauthsrv.routes.consent import question_again, refusal_sent
from oauthsrv.routes.developer import (
    activity,
    authentication,
    console,
    docs,
    doctor,
    errors,
    first_request,
    people,
    quickstart,
    secrets,
    settings,
    transfers,
    usage,
)
from oauthsrv.routes.developer import apps as own_apps
from oauthsrv.routes.developer import own_access as own
from oauthsrv.routes.guards import (
    BY_SCRIPTS,
    Entry,
    cors,
    limited,
    nothing_here,
    oauth_json,
    only,
    preflight,
    recorded,
)
from oauthsrv.routes.page_guards import (
    confirmed,
    confirmed_if,
    csrf,
    headers_alone,
    leads_away,
    opens,
    page,
    per_user,
    shows_again,
    signed_in,
    sure,
    with_secret,
)
from oauthsrv.routes.register import admitted
from oauthsrv.routes.rights import of_owner, of_team
from oauthsrv.routes.session import signed_in_meanwhile
from oauthsrv.routes.uploads import with_logo
from oauthsrv.routes.verify import bearer

METADATA = "/.well-known/oauth-authorization-server"
# The same facts, for clients that know no other address (RFC 8414 §5).
CONFIGURATION = "/.well-known/openid-configuration"
RESOURCE = "/.well-known/oauth-protected-resource/<client_id>"
WELL_KNOWN = "/.well-known/<path:path>"
REPORT = "/account/report/<client_id>"
OWN_ACCESS = "/developer/apps/<client_id>/own-access"


def other_methods(*methods: str, of: Iterable[str]) -> Iterator[Entry]:
    """Entries for the other methods of what scripts of any page may call by `methods`."""
    for path in of:
        yield "OPTIONS", path, [cors], preflight(*methods)
        yield "ANY", path, [cors, oauth_json], only(*methods)


# What gives power, or cannot be undone, is `confirmed`: it asks for the password again. What stops harm never is.
# `opens` and `shows_again` show a form with the same functions; `sure` asks before a button that has no form.
MAP: tuple[Entry, ...] = (
    # The protocol. Its callers prove themselves by client credentials; consent is a page.
    ("GET", METADATA, [cors, oauth_json], metadata.show),
    ("GET", CONFIGURATION, [cors, oauth_json], metadata.show),
    ("GET", RESOURCE, [cors, oauth_json], metadata.show_api),
    *other_methods("GET", "HEAD", of=(METADATA, CONFIGURATION, RESOURCE)),
    ("OPTIONS", WELL_KNOWN, [cors], preflight("GET", "HEAD")),
    ("ANY", WELL_KNOWN, [cors, oauth_json], nothing_here),
    ("GET", "/oauth/authorize", [page, leads_away, oauth_page], authorize.show),
    ("HEAD", "/oauth/authorize", [page], headers_alone),
    (
        "POST",
        "/oauth/authorize",
        [page, leads_away, oauth_page, resent_as_get, question_again, signed_in, csrf, refusal_sent],
        consent.decide,
    ),
    ("POST", "/oauth/par", [cors, oauth_json, recorded, limited("par")], pushed.push),
    ("POST", "/oauth/token", [cors, oauth_json, recorded, limited("token")], token.exchange),
    ("POST", "/oauth/device_authorization", [oauth_json, recorded, limited("token")], device_authorization.start),
    ("ANY", "/oauth/device_authorization", [oauth_json], only("POST")),
    ("GET", "/device", [page, signed_in], device.show),
    ("POST", "/device", [page, oauth_page, signed_in, csrf, shows_again(device.code_page)], device.ask),
    ("POST", "/device/answer", [page, oauth_page, signed_in, csrf, shows_again(device.code_page)], device.decide),
    ("GET", "/device/done", [page, signed_in], device.show_done),
    ("POST", "/oauth/revoke", [cors, oauth_json, recorded, limited("revoke")], revoke.revoke),
    ("POST", "/oauth/register", [cors, oauth_json, admitted], register.register),
    *other_methods("POST", of=BY_SCRIPTS),
    ("POST", "/oauth/introspect", [oauth_json, recorded], introspect.introspect),
    ("GET", "/oauth/verify", [oauth_json, bearer, recorded], verify.verify),
    ("ANY", "/oauth/verify", [oauth_json], only("GET", "HEAD")),
    ("ANY", "/oauth/introspect", [oauth_json], only("POST")),
    # Signing in.
    ("GET", "/", [page], session.show_start),
    ("GET", "/static/<file>", [], files.send_static),
    ("GET", "/logos/<client_id>", [], files.send_logo),
    ("GET", "/login", [page, leads_away], session.show_sign_in),
    (
        "POST",
        "/login",
        [page, leads_away, signed_in_meanwhile, csrf, shows_again(session.sign_in_page)],
        session.do_sign_in,
    ),
    ("POST", "/logout", [page, csrf], session.do_sign_out),
    ("GET", "/signup", [page, leads_away], session.show_sign_up),
    ("POST", "/signup", [page, leads_away, csrf, shows_again(session.sign_up_page)], session.do_sign_up),
    ("GET", "/welcome", [page], session.show_welcome),
    ("POST", "/welcome", [page, csrf, shows_again(session.welcome_page)], session.become_first_administrator),
    ("GET", "/reset", [page], session.show_reset),
    ("POST", "/reset", [page, csrf, shows_again(session.reset_page)], session.reset),
    # A person's own account.
    ("GET", "/account", [page, signed_in], connected_apps.start),
    ("GET", "/account/apps", [page, signed_in], connected_apps.show_apps),
    ("GET", "/account/apps/<grant_id>", [page, signed_in], connected_apps.show_app),
    ("POST", "/account/apps/<grant_id>/end", [page, signed_in, csrf], connected_apps.end_app),
    (
        "POST",
        "/account/apps/<grant_id>/devices/<family_id>/end",
        [page, signed_in, csrf],
        connected_apps.end_connection,
    ),
    ("GET", REPORT, [page, signed_in], opens(reports.report_page)),
    (
        "POST",
        REPORT,
        [page, signed_in, csrf, shows_again(reports.report_page), per_user("report_user")],
        reports.report,
    ),
    ("GET", "/account/sessions", [page, signed_in], profile.show_sessions),
    ("POST", "/account/sessions", [page, signed_in, csrf], profile.sign_out_elsewhere),
    ("POST", "/account/sessions/<session_id>/end", [page, signed_in, csrf], profile.end_session),
    ("GET", "/account/waiting", [page, signed_in], waiting.show_waiting),
    ("POST", "/account/waiting", [page, signed_in, csrf], waiting.mark_reuse_seen),
    ("GET", "/account/history", [page, signed_in], profile.show_history),
    ("GET", "/account/profile", [page, signed_in], profile.show_profile),
    (
        "POST",
        "/account/profile",
        [page, signed_in, csrf, shows_again(profile.profile_page, profile.filled), per_user("rename_user")],
        profile.change_profile,
    ),
    ("GET", "/account/password", [page, signed_in], profile.show_password),
    ("POST", "/account/password", [page, signed_in, csrf, shows_again(profile.password_page)], profile.change_password),
    ("GET", "/account/administrator", [page, signed_in], profile.show_invitation),
    ("POST", "/account/administrator", [page, signed_in, csrf, confirmed], profile.accept),
    # The developer portal.
    ("GET", "/developer", [page, signed_in], own_apps.start),
    ("GET", "/developer/apps", [page, signed_in], own_apps.show_apps),
    ("GET", "/developer/apps/new", [page, signed_in], opens(settings.new_page, settings.empty)),
    (
        "POST",
        "/developer/apps",
        [page, signed_in, with_logo, csrf, confirmed, shows_again(settings.new_page)],
        settings.add_app,
    ),
    ("GET", "/developer/apps/<client_id>", [page, signed_in, of_team], own_apps.show_app),
    ("GET", "/developer/apps/<client_id>/first-request", [page, signed_in, of_team], first_request.show_first_request),
    ("GET", "/developer/apps/<client_id>/preview", [page, signed_in, of_team], previews.show_of_app),
    ("GET", "/developer/apps/<client_id>/events", [page, signed_in, of_team], own_apps.show_events),
    ("GET", "/developer/apps/<client_id>/edit", [page, signed_in, of_team], settings.show_edit),
    (
        "POST",
        "/developer/apps/<client_id>/edit",
        [
            *(page, signed_in, with_logo, csrf, of_team, confirmed_if(settings.gives_power)),
            shows_again(settings.edit_page, settings.current_form),
        ],
        settings.change_app,
    ),
    ("POST", "/developer/apps/<client_id>/withdraw-change", [page, signed_in, csrf, of_team], settings.withdraw_change),
    ("GET", "/developer/apps/<client_id>/secrets", [page, signed_in, of_team], secrets.show_secrets),
    ("POST", "/developer/apps/<client_id>/secrets", [page, signed_in, csrf, of_team, confirmed], secrets.add_secret),
    (
        "GET",
        "/developer/apps/<client_id>/secrets/retire",
        [page, signed_in, of_team],
        opens(secrets.delete_page, secrets.filled),
    ),
    (
        "POST",
        "/developer/apps/<client_id>/secrets/retire",
        [page, signed_in, csrf, of_team, shows_again(secrets.delete_page)],
        secrets.delete,
    ),
    (
        "GET",
        "/developer/apps/<client_id>/authentication",
        [page, signed_in, of_team],
        opens(authentication.edit_page, authentication.filled),
    ),
    (
        "POST",
        "/developer/apps/<client_id>/authentication",
        [
            *(page, signed_in, csrf, of_team, confirmed),
            shows_again(authentication.edit_page, authentication.current_form),
        ],
        authentication.change,
    ),
    ("GET", "/developer/apps/<client_id>/activity", [page, signed_in, of_team], activity.show_activity),
    ("GET", "/developer/apps/<client_id>/activity.csv", [page, signed_in, of_team], activity.download),
    ("GET", "/developer/apps/<client_id>/doctor", [page, signed_in, of_team], doctor.show_doctor),
    ("GET", "/developer/apps/<client_id>/usage", [page, signed_in, of_team], usage.show_usage),
    ("GET", "/developer/apps/<client_id>/usage.csv", [page, signed_in, of_team], usage.download),
    ("GET", "/developer/apps/<client_id>/users", [page, signed_in, of_team], own_apps.show_users),
    ("GET", OWN_ACCESS, [page, signed_in, of_team], opens(own.show, own.current)),
    (
        "POST",
        OWN_ACCESS,
        [page, signed_in, csrf, of_owner, confirmed_if(own.chooses_more), shows_again(own.show, own.current)],
        own.choose,
    ),
    ("POST", f"{OWN_ACCESS}/<family_id>/end", [page, signed_in, csrf, of_team], own.end_connection),
    (
        "POST",
        "/developer/apps/<client_id>/end-tokens",
        [page, signed_in, csrf, of_owner, sure(own_apps.revoking)],
        own_apps.end_tokens,
    ),
    ("GET", "/developer/apps/<client_id>/team", [page, signed_in, of_team], opens(people.team_page)),
    (
        "POST",
        "/developer/apps/<client_id>/team",
        [page, signed_in, csrf, of_owner, confirmed, shows_again(people.team_page)],
        people.invite,
    ),
    (
        "POST",
        "/developer/apps/<client_id>/team/invitations/<link_id>/withdraw",
        [page, signed_in, csrf, of_owner],
        people.withdraw,
    ),
    ("GET", "/developer/join", [page], people.show_invitation),
    ("POST", "/developer/join", [page, signed_in, csrf, confirmed], people.join),
    ("POST", "/developer/join/decline", [page, signed_in, csrf], people.decline),
    (
        "POST",
        "/developer/apps/<client_id>/team/leave",
        [page, signed_in, csrf, of_team, sure(people.leaving)],
        people.leave,
    ),
    (
        "POST",
        "/developer/apps/<client_id>/team/<user_id>/remove",
        [page, signed_in, csrf, of_owner, sure(people.removing)],
        people.remove,
    ),
    ("GET", "/developer/apps/<client_id>/danger", [page, signed_in, of_team], own_apps.show_danger),
    (
        "GET",
        "/developer/apps/<client_id>/transfer",
        [page, signed_in, of_owner],
        opens(transfers.transfer_page, transfers.current_transfer),
    ),
    (
        "POST",
        "/developer/apps/<client_id>/transfer",
        [
            *(page, signed_in, csrf, of_owner, confirmed),
            shows_again(transfers.transfer_page, transfers.current_transfer),
        ],
        transfers.transfer,
    ),
    ("POST", "/developer/apps/<client_id>/transfer/withdraw", [page, signed_in, csrf, of_owner], transfers.withdraw),
    ("GET", "/developer/transfers/<client_id>", [page, signed_in], transfers.show_offer),
    ("POST", "/developer/transfers/<client_id>/accept", [page, signed_in, csrf, confirmed], transfers.accept),
    ("POST", "/developer/transfers/<client_id>/decline", [page, signed_in, csrf], transfers.decline),
    ("GET", "/developer/apps/<client_id>/delete", [page, signed_in, of_owner], opens(own_apps.delete_page)),
    (
        "POST",
        "/developer/apps/<client_id>/delete",
        [page, signed_in, csrf, of_owner, confirmed, shows_again(own_apps.delete_page)],
        own_apps.delete,
    ),
    ("GET", "/developer/apps/<client_id>/try", [page, signed_in, of_team], console.show_start),
    ("POST", "/developer/apps/<client_id>/try", [page, signed_in, csrf, of_team], console.take_step),
    (
        "POST",
        "/developer/apps/<client_id>/try/redirect-uri",
        [page, signed_in, csrf, of_team, confirmed],
        console.add_redirect_uri,
    ),
    ("GET", "/developer/try/callback", [page, with_secret, signed_in], console.show_answer),
    ("HEAD", "/developer/try/callback", [page], headers_alone),
    ("GET", "/developer/apps/<client_id>/quickstart", [page, signed_in, of_team], quickstart.show),
    ("GET", "/developer/errors/<request_id>", [page], errors.show_error),
    # Guides, for everybody.
    ("GET", "/developer/docs", [page], docs.index),
    ("GET", "/developer/docs/search", [page], docs.show_search),
    ("GET", "/developer/docs/<name>", [page], docs.show_guide),
    *ADMIN,
    # Whether the process lives, and whether it can work.
    ("GET", "/healthz", [oauth_json], metadata.alive),
    ("GET", "/readyz", [oauth_json], metadata.ready),
)
