"""The part of the map that is an administrator's; see routes/__init__.py."""

from oauthsrv.routes.admin import apis, apps, connects, hosts, log, overview, registration, review, scopes, users
from oauthsrv.routes.developer import own_access as own
from oauthsrv.routes.guards import Entry
from oauthsrv.routes.page_guards import confirmed, confirmed_if, csrf, opens, page, shows_again, signed_in, sure
from oauthsrv.routes.rights import admin

OPENED_ACCESS = "/admin/apps/<client_id>/own-access"

ADMIN: tuple[Entry, ...] = (
    ("GET", "/admin", [page, signed_in, admin], overview.start),
    ("GET", "/admin/overview", [page, signed_in, admin], overview.show),
    ("GET", "/admin/users", [page, signed_in, admin], users.show_users),
    ("GET", "/admin/users/<user_id>", [page, signed_in, admin], users.show_user),
    ("POST", "/admin/users/<user_id>/disable", [page, signed_in, csrf, admin, sure(users.disabling)], users.disable),
    ("POST", "/admin/users/<user_id>/enable", [page, signed_in, csrf, admin, confirmed], users.enable),
    ("POST", "/admin/users/<user_id>/revoke", [page, signed_in, csrf, admin, sure(users.revoking)], users.revoke),
    ("POST", "/admin/users/<user_id>/make-admin", [page, signed_in, csrf, admin, confirmed], users.make_admin),
    ("POST", "/admin/users/<user_id>/reset", [page, signed_in, csrf, admin, confirmed], users.reset),
    ("POST", "/admin/users/<user_id>/remove-admin", [page, signed_in, csrf, admin], users.remove_admin),
    ("GET", "/admin/apps", [page, signed_in, admin], apps.show_apps),
    ("GET", "/admin/apps/<client_id>", [page, signed_in, admin], apps.show_app),
    ("POST", "/admin/apps/<client_id>/approve", [page, signed_in, csrf, admin, confirmed], apps.approve),
    ("POST", "/admin/apps/<client_id>/approve-change", [page, signed_in, csrf, admin, confirmed], apps.approve_change),
    ("GET", "/admin/apps/<client_id>/reject-change", [page, signed_in, admin], opens(apps.reject_page)),
    (
        "POST",
        "/admin/apps/<client_id>/reject-change",
        [page, signed_in, csrf, admin, shows_again(apps.reject_page)],
        apps.reject_change,
    ),
    (
        "POST",
        "/admin/apps/<client_id>/verify",
        [page, signed_in, csrf, admin, sure(apps.verifying), confirmed],
        apps.verify,
    ),
    ("POST", "/admin/apps/<client_id>/unverify", [page, signed_in, csrf, admin], apps.remove_verification),
    ("GET", "/admin/apps/<client_id>/suspend", [page, signed_in, admin], opens(apps.suspend_page, apps.suspend_form)),
    (
        "POST",
        "/admin/apps/<client_id>/suspend",
        [page, signed_in, csrf, admin, shows_again(apps.suspend_page)],
        apps.suspend,
    ),
    ("POST", "/admin/apps/<client_id>/reactivate", [page, signed_in, csrf, admin, confirmed], apps.reactivate),
    ("GET", "/admin/apps/<client_id>/limit", [page, signed_in, admin], opens(apps.limits_page, apps.current_limits)),
    (
        "POST",
        "/admin/apps/<client_id>/limit",
        [
            *(page, signed_in, csrf, admin, confirmed_if(apps.raises_a_limit)),
            shows_again(apps.limits_page, apps.current_limits),
        ],
        apps.limit,
    ),
    ("GET", OPENED_ACCESS, [page, signed_in, admin], opens(own.open_page, own.current_opened)),
    (
        "POST",
        OPENED_ACCESS,
        [page, signed_in, csrf, admin, confirmed_if(own.opens_more), shows_again(own.open_page, own.current_opened)],
        own.open_access,
    ),
    (
        "POST",
        "/admin/apps/<client_id>/end-tokens",
        [page, signed_in, csrf, admin, sure(apps.revoking_tokens)],
        apps.end_tokens,
    ),
    ("GET", "/admin/registration", [page, signed_in, admin], registration.show),
    (
        "GET",
        "/admin/registration/tokens/new",
        [page, signed_in, admin],
        opens(registration.token_page, registration.empty_form),
    ),
    (
        "POST",
        "/admin/registration/tokens",
        [page, signed_in, csrf, admin, confirmed, shows_again(registration.token_page)],
        registration.add_token,
    ),
    (
        "POST",
        "/admin/registration/tokens/<token_id>/revoke",
        [page, signed_in, csrf, admin],
        registration.revoke_token,
    ),
    (
        "GET",
        "/admin/registration/uris",
        [page, signed_in, admin],
        opens(registration.uris_page, registration.current_uris),
    ),
    (
        "POST",
        "/admin/registration/uris",
        [
            *(page, signed_in, csrf, admin, confirmed_if(registration.adds_uris)),
            shows_again(registration.uris_page, registration.current_uris),
        ],
        registration.change_uris,
    ),
    (
        "POST",
        "/admin/registration/hosts/delete",
        [page, signed_in, csrf, admin, sure(registration.removing_host)],
        registration.remove_host,
    ),
    ("GET", "/admin/connects", [page, signed_in, admin], connects.show),
    ("GET", "/admin/review", [page, signed_in, admin], review.show),
    ("GET", "/admin/scopes", [page, signed_in, admin], scopes.show_scopes),
    ("GET", "/admin/scopes/new", [page, signed_in, admin], opens(scopes.new_page, scopes.empty_form)),
    (
        "POST",
        "/admin/scopes",
        [page, signed_in, csrf, admin, confirmed, shows_again(scopes.new_page)],
        scopes.add_scope,
    ),
    ("GET", "/admin/scopes/edit", [page, signed_in, admin], opens(scopes.edit_page, scopes.current_form)),
    (
        "POST",
        "/admin/scopes/edit",
        [
            *(page, signed_in, csrf, admin, confirmed_if(scopes.gives_power)),
            shows_again(scopes.edit_page, scopes.current_form),
        ],
        scopes.change_scope,
    ),
    ("POST", "/admin/scopes/retire", [page, signed_in, csrf, admin, sure(scopes.deprecating)], scopes.deprecate),
    ("POST", "/admin/scopes/restore", [page, signed_in, csrf, admin, confirmed], scopes.restore),
    ("GET", "/admin/apis", [page, signed_in, admin], apis.show_apis),
    ("GET", "/admin/apis/new", [page, signed_in, admin], opens(apis.form_page, apis.empty_form)),
    ("POST", "/admin/apis", [page, signed_in, csrf, admin, confirmed, shows_again(apis.form_page)], apis.add_api),
    ("GET", "/admin/apis/<client_id>", [page, signed_in, admin], apis.show_api),
    ("GET", "/admin/apis/<client_id>/edit", [page, signed_in, admin], opens(apis.form_page, apis.current_form)),
    (
        "POST",
        "/admin/apis/<client_id>/edit",
        [
            *(page, signed_in, csrf, admin, confirmed_if(apis.accepts_more)),
            shows_again(apis.form_page, apis.current_form),
        ],
        apis.change_api,
    ),
    ("POST", "/admin/apis/<client_id>/secrets", [page, signed_in, csrf, admin, confirmed], apis.add_secret),
    (
        "POST",
        "/admin/apis/<client_id>/secrets/delete",
        [page, signed_in, csrf, admin, sure(apis.deleting_secret)],
        apis.delete_secret,
    ),
    ("GET", "/admin/apis/<client_id>/delete", [page, signed_in, admin], opens(apis.delete_page)),
    (
        "POST",
        "/admin/apis/<client_id>/delete",
        [page, signed_in, csrf, admin, confirmed, shows_again(apis.delete_page)],
        apis.delete,
    ),
    ("GET", "/admin/hosts", [page, signed_in, admin], opens(hosts.hosts_page, hosts.empty_form)),
    (
        "POST",
        "/admin/hosts",
        [page, signed_in, csrf, admin, confirmed, shows_again(hosts.hosts_page)],
        hosts.list_host,
    ),
    ("POST", "/admin/hosts/remove", [page, signed_in, csrf, admin], hosts.unlist_host),
    (
        "POST",
        "/admin/hosts/block",
        [page, signed_in, csrf, admin, shows_again(hosts.hosts_page)],
        hosts.block_host,
    ),
    ("POST", "/admin/hosts/unblock", [page, signed_in, csrf, admin, confirmed], hosts.unblock_host),
    ("GET", "/admin/log", [page, signed_in, admin], log.show),
    ("GET", "/admin/log.csv", [page, signed_in, admin], log.download),
)
