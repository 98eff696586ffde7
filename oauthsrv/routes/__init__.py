"""The map of every URL: method, path, guards from the outside in, door. It reads like a security review."""

from __future__ import annotations

from oauthsrv.routes import (
    account,
    authorize,
    health,
    home,
    introspect,
    metadata,
    revoke,
    session,
    token,
    verify,
)
from oauthsrv.routes.admin import apis, apps, log, overview, users
from oauthsrv.routes.authorize import asked_anew, oauth_page, resent_as_get
from oauthsrv.routes.developer import apps as own_apps
from oauthsrv.routes.developer import credentials, ending
from oauthsrv.routes.developer import settings as app_settings
from oauthsrv.routes.guards import Door, Guard, cors, oauth_json, only, preflight
from oauthsrv.routes.page_guards import admin, confirmed, csrf, page, signed_in
from oauthsrv.routes.session import signed_in_meanwhile
from oauthsrv.routes.verify import bearer

Entry = tuple[str, str, list[Guard], Door]

METADATA = "/.well-known/oauth-authorization-server"

MAP: tuple[Entry, ...] = (
    # The protocol. Its callers prove themselves by client credentials; consent is a page.
    ("GET", METADATA, [cors, oauth_json], metadata.show),
    ("OPTIONS", METADATA, [cors], preflight),
    ("ANY", METADATA, [cors, oauth_json], only("GET")),
    ("GET", "/oauth/authorize", [page, oauth_page], authorize.show),
    ("POST", "/oauth/authorize", [page, oauth_page, resent_as_get, asked_anew, signed_in, csrf], authorize.decide),
    ("POST", "/oauth/token", [cors, oauth_json], token.exchange),
    ("OPTIONS", "/oauth/token", [cors], preflight),
    ("ANY", "/oauth/token", [cors, oauth_json], only("POST")),
    ("POST", "/oauth/revoke", [cors, oauth_json], revoke.revoke),
    ("OPTIONS", "/oauth/revoke", [cors], preflight),
    ("ANY", "/oauth/revoke", [cors, oauth_json], only("POST")),
    ("POST", "/oauth/introspect", [oauth_json], introspect.introspect),
    ("GET", "/oauth/verify", [oauth_json, bearer], verify.verify),
    ("ANY", "/oauth/verify", [oauth_json], only("GET")),
    ("GET", "/.well-known/oauth-protected-resource/<client_id>", [cors, oauth_json], verify.show_resource),
    ("ANY", "/oauth/introspect", [oauth_json], only("POST")),
    # Signing in.
    ("GET", "/", [page], home.show),
    ("GET", "/static/<file>", [], home.send_file),
    ("GET", "/login", [page], session.show_sign_in),
    ("POST", "/login", [page, signed_in_meanwhile, csrf], session.do_sign_in),
    ("POST", "/logout", [page, csrf], session.do_sign_out),
    ("GET", "/signup", [page], session.show_sign_up),
    ("POST", "/signup", [page, csrf], session.do_sign_up),
    ("GET", "/welcome", [page], session.show_welcome),
    ("POST", "/welcome", [page, csrf], session.take_welcome),
    # A person's own account.
    ("GET", "/account", [page, signed_in], account.show),
    ("GET", "/account/apps", [page, signed_in], account.show_apps),
    ("POST", "/account/apps/<grant_id>/end", [page, signed_in, csrf], account.end_app),
    ("GET", "/account/profile", [page, signed_in], account.show_profile),
    ("POST", "/account/profile", [page, signed_in, csrf], account.change_profile),
    ("GET", "/account/password", [page, signed_in], account.show_password),
    ("POST", "/account/password", [page, signed_in, csrf], account.change_password),
    ("GET", "/account/sessions", [page, signed_in], account.show_sessions),
    ("POST", "/account/sessions", [page, signed_in, csrf], account.sign_out_elsewhere),
    # The developer portal.
    ("GET", "/developer", [page, signed_in], own_apps.start),
    ("GET", "/developer/apps", [page, signed_in], own_apps.show_apps),
    ("GET", "/developer/apps/new", [page, signed_in], own_apps.new_app),
    ("POST", "/developer/apps", [page, signed_in, csrf, confirmed], own_apps.add_app),
    ("GET", "/developer/apps/<client_id>", [page, signed_in], own_apps.show_app),
    ("GET", "/developer/apps/<client_id>/edit", [page, signed_in], app_settings.edit_app),
    ("POST", "/developer/apps/<client_id>/edit", [page, signed_in, csrf, confirmed], app_settings.change_app),
    ("POST", "/developer/apps/<client_id>/secrets", [page, signed_in, csrf, confirmed], credentials.add_secret),
    ("GET", "/developer/apps/<client_id>/secrets/retire", [page, signed_in], credentials.ask_retire),
    (
        "POST",
        "/developer/apps/<client_id>/secrets/retire",
        [page, signed_in, csrf, confirmed],
        credentials.retire_secret,
    ),
    ("GET", "/developer/apps/<client_id>/delete", [page, signed_in], ending.ask_delete),
    ("POST", "/developer/apps/<client_id>/delete", [page, signed_in, csrf, confirmed], ending.delete),
    # Administration.
    ("GET", "/admin", [page, signed_in, admin], overview.start),
    ("GET", "/admin/overview", [page, signed_in, admin], overview.show),
    ("GET", "/admin/users", [page, signed_in, admin], users.show_users),
    ("GET", "/admin/users/<user_id>", [page, signed_in, admin], users.show_user),
    ("GET", "/admin/users/<user_id>/disable", [page, signed_in, admin], users.ask_disable),
    ("POST", "/admin/users/<user_id>/disable", [page, signed_in, admin, csrf], users.disable),
    ("POST", "/admin/users/<user_id>/enable", [page, signed_in, admin, csrf, confirmed], users.enable),
    ("GET", "/admin/users/<user_id>/revoke", [page, signed_in, admin], users.ask_revoke),
    ("POST", "/admin/users/<user_id>/revoke", [page, signed_in, admin, csrf], users.revoke),
    ("POST", "/admin/users/<user_id>/make-admin", [page, signed_in, admin, csrf, confirmed], users.make_admin),
    ("POST", "/admin/users/<user_id>/remove-admin", [page, signed_in, admin, csrf, confirmed], users.remove_admin),
    ("GET", "/admin/apps", [page, signed_in, admin], apps.show_apps),
    ("GET", "/admin/apps/<client_id>", [page, signed_in, admin], apps.show_app),
    ("POST", "/admin/apps/<client_id>/approve", [page, signed_in, admin, csrf], apps.approve),
    ("POST", "/admin/apps/<client_id>/suspend", [page, signed_in, admin, csrf], apps.suspend),
    ("POST", "/admin/apps/<client_id>/reactivate", [page, signed_in, admin, csrf], apps.reactivate),
    ("POST", "/admin/apps/<client_id>/limit", [page, signed_in, admin, csrf], apps.limit),
    ("GET", "/admin/apps/<client_id>/end-tokens", [page, signed_in, admin], apps.ask_end_tokens),
    ("POST", "/admin/apps/<client_id>/end-tokens", [page, signed_in, admin, csrf], apps.end_tokens),
    ("GET", "/admin/apis", [page, signed_in, admin], apis.show_apis),
    ("GET", "/admin/apis/new", [page, signed_in, admin], apis.new_api),
    ("POST", "/admin/apis", [page, signed_in, admin, csrf, confirmed], apis.add_api),
    ("GET", "/admin/apis/<client_id>", [page, signed_in, admin], apis.show_api),
    ("GET", "/admin/log", [page, signed_in, admin], log.show),
    # Whether the process lives, and whether it can work.
    ("GET", "/healthz", [oauth_json], health.alive),
    ("GET", "/readyz", [oauth_json], health.ready),
)
