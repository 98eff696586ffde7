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
from oauthsrv.routes.admin.map import MAP as ADMIN
from oauthsrv.routes.areas import Area
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
from oauthsrv.routes.rights import developed, of_owner, of_team
from oauthsrv.routes.session import already_signed_in
from oauthsrv.routes.uploads import with_logo
from oauthsrv.routes.verify import bearer

METADATA = "/.well-known/oauth-authorization-server"
# The same document, for clients that know no other address (RFC 8414 §5).
CONFIGURATION = "/.well-known/openid-configuration"
RESOURCE = "/.well-known/oauth-protected-resource/<client_id>"
WELL_KNOWN = "/.well-known/<path:path>"

ACCOUNT, DEVELOPER = Area("/account"), Area("/developer")
APP = "/developer/apps/<client_id>"
TEAM, OWNER = Area(APP, (of_team,)), Area(APP, (of_owner,))
# What only an app has that is developed here.
DEVELOPING_TEAM, DEVELOPING_OWNER = Area(APP, (of_team, developed)), Area(APP, (of_owner, developed))


def other_methods(*methods: str, of: Iterable[str]) -> Iterator[Entry]:
    """Entries for all other methods of endpoints that scripts of any page may call by `methods`."""
    for path in of:
        yield "OPTIONS", path, [cors], preflight(*methods)
        yield "ANY", path, [cors, oauth_json], only(*methods)


# What gives power, or cannot be undone, is `confirmed`: it asks for the password again. What stops harm never is.
# An area has the guards that all of it has in common, from `page` to rights, with `csrf` before what is posted.
# `opens` and `shows_again` show a form with the same functions; `sure` asks before a button that has no form.
MAP: tuple[Entry, ...] = (
    # The protocol. Its callers prove themselves by client credentials; consent is a page.
    ("GET", METADATA, [cors, oauth_json], metadata.show_metadata),
    ("GET", CONFIGURATION, [cors, oauth_json], metadata.show_metadata),
    ("GET", RESOURCE, [cors, oauth_json], metadata.show_api),
    *other_methods("GET", "HEAD", of=(METADATA, CONFIGURATION, RESOURCE)),
    ("OPTIONS", WELL_KNOWN, [cors], preflight("GET", "HEAD")),
    ("ANY", WELL_KNOWN, [cors, oauth_json], nothing_here),
    ("GET", "/oauth/authorize", [page, leads_away, oauth_page], authorize.begin),
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
    ("GET", "/device", [page, signed_in], device.show_code_page),
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
        [page, leads_away, already_signed_in, csrf, shows_again(session.sign_in_page)],
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
    ACCOUNT.get("", connected_apps.start),
    ACCOUNT.get("/apps", connected_apps.show_apps),
    ACCOUNT.get("/apps/<grant_id>", connected_apps.show_app),
    ACCOUNT.post("/apps/<grant_id>/end", connected_apps.end_app),
    ACCOUNT.post("/apps/<grant_id>/devices/<family_id>/end", connected_apps.end_connection),
    *ACCOUNT.form("/report/<client_id>", reports.report_page, reports.report, inside=(per_user("report_user"),)),
    ACCOUNT.get("/sessions", profile.show_sessions),
    ACCOUNT.post("/sessions", profile.sign_out_elsewhere),
    ACCOUNT.post("/sessions/<session_id>/end", profile.end_session),
    ACCOUNT.get("/waiting", waiting.show_waiting),
    ACCOUNT.post("/waiting", waiting.mark_reuse_seen),
    ACCOUNT.get("/history", profile.show_history),
    *ACCOUNT.form(
        "/profile",
        profile.profile_page,
        profile.change_profile,
        current=profile.filled,
        inside=(per_user("rename_user"),),
    ),
    *ACCOUNT.form("/password", profile.password_page, profile.change_password),
    ACCOUNT.get("/administrator", profile.show_invitation),
    ACCOUNT.post("/administrator", profile.accept, confirmed),
    # The developer portal.
    DEVELOPER.get("", own_apps.start),
    DEVELOPER.get("/apps", own_apps.show_apps),
    DEVELOPER.get("/apps/new", opens(settings.new_page, settings.empty)),
    (
        "POST",
        "/developer/apps",
        [page, signed_in, with_logo, csrf, confirmed, shows_again(settings.new_page)],
        settings.add_app,
    ),
    TEAM.get("", own_apps.show_app),
    TEAM.get("/first-request", first_request.show_first_request),
    TEAM.get("/preview", previews.show_of_app),
    TEAM.get("/events", own_apps.show_events),
    DEVELOPING_TEAM.get("/edit", settings.show_edit),
    (
        "POST",
        "/developer/apps/<client_id>/edit",
        [
            *(page, signed_in, with_logo, csrf, of_team, developed, confirmed_if(settings.gives_power)),
            shows_again(settings.edit_page, settings.current_form),
        ],
        settings.change_app,
    ),
    DEVELOPING_TEAM.post("/withdraw-change", settings.withdraw_change),
    DEVELOPING_TEAM.get("/secrets", secrets.show_secrets),
    DEVELOPING_TEAM.post("/secrets", secrets.add_secret, confirmed),
    *DEVELOPING_TEAM.form("/secrets/retire", secrets.delete_page, secrets.delete, filled=secrets.filled),
    *DEVELOPING_TEAM.form(
        "/authentication",
        authentication.edit_page,
        authentication.change,
        confirmed,
        current=authentication.current_form,
    ),
    TEAM.get("/activity", activity.show_activity),
    TEAM.get("/activity.csv", activity.download),
    TEAM.get("/doctor", doctor.show_doctor),
    TEAM.get("/usage", usage.show_usage),
    TEAM.get("/usage.csv", usage.download),
    TEAM.get("/users", own_apps.show_users),
    TEAM.get("/own-access", opens(own.access_page, own.current)),
    OWNER.post("/own-access", own.choose, confirmed_if(own.chooses_more), shows_again(own.access_page, own.current)),
    TEAM.post("/own-access/<family_id>/end", own.end_connection),
    OWNER.post("/end-tokens", own_apps.end_tokens, sure(own_apps.revoking)),
    DEVELOPING_TEAM.get("/team", opens(people.team_page)),
    DEVELOPING_OWNER.post("/team", people.invite, confirmed, shows_again(people.team_page)),
    DEVELOPING_OWNER.post("/team/invitations/<link_id>/withdraw", people.withdraw),
    ("GET", "/developer/join", [page], people.show_invitation),
    DEVELOPER.post("/join", people.join, confirmed),
    DEVELOPER.post("/join/decline", people.decline),
    DEVELOPING_TEAM.post("/team/leave", people.leave, sure(people.leaving)),
    DEVELOPING_OWNER.post("/team/<user_id>/remove", people.remove, sure(people.removing)),
    TEAM.get("/danger", own_apps.show_danger),
    *DEVELOPING_OWNER.form(
        "/transfer", transfers.transfer_page, transfers.transfer, confirmed, current=transfers.current_transfer
    ),
    DEVELOPING_OWNER.post("/transfer/withdraw", transfers.withdraw),
    DEVELOPER.get("/transfers/<client_id>", transfers.show_offer),
    DEVELOPER.post("/transfers/<client_id>/accept", transfers.accept, confirmed),
    DEVELOPER.post("/transfers/<client_id>/decline", transfers.decline),
    *OWNER.form("/delete", own_apps.delete_page, own_apps.delete, confirmed),
    DEVELOPING_TEAM.get("/try", console.show_start),
    DEVELOPING_TEAM.post("/try", console.take_step),
    DEVELOPING_TEAM.post("/try/redirect-uri", console.add_redirect_uri, confirmed),
    ("GET", "/developer/try/callback", [page, with_secret, signed_in], console.show_answer),
    ("HEAD", "/developer/try/callback", [page], headers_alone),
    DEVELOPING_TEAM.get("/quickstart", quickstart.show_quickstart),
    ("GET", "/developer/errors/<request_id>", [page], errors.show_error),
    # Guides, open to everyone.
    ("GET", "/developer/docs", [page], docs.index),
    ("GET", "/developer/docs/search", [page], docs.show_search),
    ("GET", "/developer/docs/<name>", [page], docs.show_guide),
    *ADMIN,
    # Whether the process is alive, and whether it can work.
    ("GET", "/healthz", [oauth_json], metadata.alive),
    ("GET", "/readyz", [oauth_json], metadata.ready),
)
