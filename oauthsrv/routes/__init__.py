"""The map of every URL: method, path, guards from the outside in, door. It reads like a security review."""

from __future__ import annotations

from oauthsrv.routes import account, authorize, health, home, introspect, metadata, revoke, session, token
from oauthsrv.routes.authorize import oauth_page, resent_as_get
from oauthsrv.routes.guards import Door, Guard, cors, oauth_json, only, preflight
from oauthsrv.routes.page_guards import csrf, page, signed_in

Entry = tuple[str, str, list[Guard], Door]

METADATA = "/.well-known/oauth-authorization-server"

MAP: tuple[Entry, ...] = (
    # The protocol. Its callers prove themselves by client credentials; consent is a page.
    ("GET", METADATA, [cors, oauth_json], metadata.show),
    ("OPTIONS", METADATA, [cors], preflight),
    ("ANY", METADATA, [cors, oauth_json], only("GET")),
    ("GET", "/oauth/authorize", [page, oauth_page], authorize.show),
    ("POST", "/oauth/authorize", [page, oauth_page, resent_as_get, signed_in, csrf], authorize.decide),
    ("POST", "/oauth/token", [cors, oauth_json], token.exchange),
    ("OPTIONS", "/oauth/token", [cors], preflight),
    ("ANY", "/oauth/token", [cors, oauth_json], only("POST")),
    ("POST", "/oauth/revoke", [cors, oauth_json], revoke.revoke),
    ("OPTIONS", "/oauth/revoke", [cors], preflight),
    ("ANY", "/oauth/revoke", [cors, oauth_json], only("POST")),
    ("POST", "/oauth/introspect", [oauth_json], introspect.introspect),
    ("ANY", "/oauth/introspect", [oauth_json], only("POST")),
    # Signing in.
    ("GET", "/", [page], home.show),
    ("GET", "/static/<file>", [], home.send_file),
    ("GET", "/login", [page], session.show_sign_in),
    ("POST", "/login", [page, csrf], session.do_sign_in),
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
    # Whether the process lives, and whether it can work.
    ("GET", "/healthz", [oauth_json], health.alive),
    ("GET", "/readyz", [oauth_json], health.ready),
)
