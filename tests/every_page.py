"""Every page there is, as the gallery and the checks of accessibility open it on the data of `run.py demo`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from oauthsrv.routes.developer.docs import GUIDES

SIGNED_OUT, USER, DEVELOPER, ADMINISTRATOR, NEWCOMER = "", "uma", "dora", "ada", "hugo"

Step = Callable[[Any], None]


class Page(NamedTuple):
    """`path` as the map writes it; `of` is the app, API or guide that it is about, `person` the user."""

    name: str
    path: str
    who: str = SIGNED_OUT
    of: str = "Slack Connector"
    query: str = ""
    then: Step | None = None  # what is done on it before it is looked at
    status: int = 200  # of the answer, before that
    person: str = "Vera Voorbeeld"


def sends(button: str, within: str = "main", /, **fields: str) -> Step:
    """Fills fields by name and sends the form, whatever the browser itself would say to that."""

    def step(page: Any) -> None:
        form = page.locator(f"{within} form", has=page.get_by_role("button", name=button, exact=True))
        form.evaluate("form => form.noValidate = true")
        for name, value in fields.items():
            form.locator(f"[name={name}]").fill(value)
        with page.expect_navigation():
            form.get_by_role("button", name=button, exact=True).click()

    return step


def presses(*names: str) -> Step:
    """Goes on by buttons or links, one after the other."""

    def step(page: Any) -> None:
        for name in names:
            control = page.get_by_role("button", name=name, exact=True).or_(
                page.get_by_role("link", name=name, exact=True)
            )
            with page.expect_navigation():
                control.first.click()

    return step


def registers(page: Any) -> None:
    page.locator("[name=type][value=confidential]").check()
    page.get_by_label("Name", exact=True).fill("Notes in the Margin")
    page.locator("[name=redirect_uris]").fill("http://127.0.0.1:9000/callback")
    page.locator("[name=scopes][value='read:profile']").check()
    presses("Register the app")(page)


def registers_wrongly(page: Any) -> None:
    page.locator("main form").evaluate("form => form.noValidate = true")
    page.locator("[name=redirect_uris]").fill("http://app.example/callback\nhttps://app.example/#top")
    page.locator("[name=home_page]").fill("javascript:alert(1)")
    presses("Register the app")(page)


def enters_code(page: Any) -> None:
    """Of a device that has just requested one, for the app in the address."""
    parts = urlsplit(page.url)
    address = f"{parts.scheme}://{parts.netloc}/oauth/device_authorization"
    device = page.request.post(address, form={"client_id": parse_qs(parts.query)["app"][0]}).json()
    sends("Continue", user_code=device["user_code"].lower())(page)


def allows_device(page: Any) -> None:
    enters_code(page)
    presses("Allow")(page)


def question(redirect_uri: str, scope: str = "", more: str = "") -> str:
    """The query of an authorization request."""
    asked = f"&scope={scope.replace(' ', '%20')}" if scope else ""
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
    return (
        f"?response_type=code&client_id=<client_id>&redirect_uri={redirect_uri}{asked}&state=s"
        f"&code_challenge={challenge}&code_challenge_method=S256{more}"
    )


APP = "/developer/apps/<client_id>"
SLACK_BACK = "https://slack-connector.example/oauth/callback"
LOCAL_BACK = "http://127.0.0.1:9/callback"
ADMIN_APP = "/admin/apps/<client_id>"
ADMIN_USER = "/admin/users/<user_id>"

PAGES = (
    # Whoever comes by
    Page("start", "/"),
    Page("start-signed-in", "/", USER),
    Page("sign-in", "/login"),
    Page("sign-in-wrong", "/login", then=sends("Sign in", email="ada@demo.example", password="Wrong password")),
    Page("sign-in-start-again", "/login", query="?r=x", status=400),
    Page("sign-up", "/signup"),
    Page("sign-up-wrong", "/signup", then=sends("Create account", email="ada@", name="", password="short")),
    Page("welcome-over", "/welcome", query="?link=lnk_none", status=404),
    Page("reset-over", "/reset", query="?link=lnk_none", status=404),
    Page("not-found", "/none", status=404),
    # Consent
    Page("consent-verified", "/oauth/authorize", NEWCOMER, query=question(SLACK_BACK, more="&prompt=consent")),
    Page(
        "consent-unverified",
        "/oauth/authorize",
        USER,
        of="Figures at a Glance",
        query=question("https://figures.example/callback", "read:data read:billing offline_access", "&prompt=consent"),
    ),
    Page("consent-terminal", "/oauth/authorize", USER, of="Terminal", query=question(LOCAL_BACK)),
    Page("consent-sign-in", "/oauth/authorize", query=question(SLACK_BACK)),
    Page("consent-account", "/oauth/authorize", USER, query=question(SLACK_BACK, more="&prompt=select_account")),
    Page("consent-password", "/oauth/authorize", USER, query=question(SLACK_BACK, more="&prompt=login")),
    Page("consent-wrong-redirect", "/oauth/authorize", query=question(SLACK_BACK + "/"), status=400),
    Page("consent-own-wrong-redirect", "/oauth/authorize", DEVELOPER, query=question(SLACK_BACK + "/"), status=400),
    Page("consent-suspended", "/oauth/authorize", USER, of="Mail Merge Plus",
         query=question("https://mail-merge.example/oauth2/return"), status=400),
    Page("consent-not-approved", "/oauth/authorize", USER, of="Helpful Assistant (MCP)",
         query=question("http://127.0.0.1:9/oauth/callback"), status=400),
    # Devices
    Page("device", "/device", USER),
    Page("device-sign-in", "/device", query="?user_code=WDJB-MJHT"),
    Page("device-code", "/device", USER, query="?user_code=WDJB-MJHT"),
    Page("device-wrong", "/device", USER, then=sends("Continue", user_code="WDJB-MJH")),
    Page("device-consent", "/device", USER, of="Status Board", query="?app=<client_id>", then=enters_code),
    Page("device-consent-verified", "/device", NEWCOMER, of="Terminal", query="?app=<client_id>", then=enters_code),
    Page("device-allowed", "/device", NEWCOMER, of="Terminal", query="?app=<client_id>", then=allows_device),
    Page("device-done", "/device/done", USER),
    # A person's own account
    Page("account", "/account", USER),
    Page("account-apps", "/account/apps", USER),
    Page("account-apps-none", "/account/apps", DEVELOPER),
    Page("account-app", "/account/apps/<grant_id>", USER, of="Warehouse Export"),
    Page("account-report", "/account/report/<client_id>", USER, of="Warehouse Export"),
    Page("account-app-ended", "/account/apps/<grant_id>", USER, of="Old Importer"),
    Page("account-sessions", "/account/sessions", USER),
    Page("account-waiting", "/account/waiting", DEVELOPER),
    Page("account-waiting-nothing", "/account/waiting", NEWCOMER),
    Page("account-history", "/account/history", USER),
    Page("account-profile", "/account/profile", USER),
    Page("account-profile-wrong", "/account/profile", USER, then=sends("Save", name=" ")),
    Page("account-password", "/account/password", USER),
    Page("account-password-wrong", "/account/password", USER,
         then=sends("Change password", password="Wrong password", new_password="short")),
    Page("account-administrator-over", "/account/administrator", USER, query="?link=lnk_none", status=404),
    # The developer portal
    Page("developer", "/developer", DEVELOPER),
    Page("developer-apps", "/developer/apps", DEVELOPER),
    Page("developer-apps-none", "/developer/apps", NEWCOMER),
    Page("developer-new", "/developer/apps/new", DEVELOPER),
    Page("developer-new-service", "/developer/apps/new", DEVELOPER, query="?type=confidential.service"),
    Page("developer-new-wrong", "/developer/apps/new", DEVELOPER, query="?type=public", then=registers_wrongly),
    Page("developer-created", "/developer/apps/new", DEVELOPER, then=registers),
    Page("developer-app", APP, DEVELOPER),
    Page("developer-app-new", APP, DEVELOPER, of="Survey Forms"),
    Page("developer-app-public", APP, DEVELOPER, of="Pocket Calendar"),
    Page("developer-app-waiting", APP, "ines", of="Helpful Assistant (MCP)"),
    Page("developer-app-member", APP, "emil"),
    Page("developer-app-gone", APP, "emil", of="Old Importer", status=404),
    Page("developer-first-request", APP + "/first-request", DEVELOPER, of="Survey Forms"),
    Page("developer-first-request-over", APP + "/first-request", DEVELOPER),
    Page("developer-preview", APP + "/preview", DEVELOPER),
    Page("developer-events", APP + "/events", DEVELOPER),
    Page("developer-edit", APP + "/edit", DEVELOPER),
    Page("developer-edit-waiting", APP + "/edit", DEVELOPER, of="Zapier Connector"),
    Page("developer-secrets", APP + "/secrets", DEVELOPER),
    Page("developer-secrets-one", APP + "/secrets", DEVELOPER, of="Zapier Connector"),
    Page("developer-secrets-added", APP + "/secrets", DEVELOPER, of="Survey Forms",
         then=presses("Add a second secret")),
    Page("developer-secrets-public", APP + "/secrets", DEVELOPER, of="Pocket Calendar"),
    Page("developer-secrets-retire", APP + "/secrets/retire", DEVELOPER, query="?secret=<hint>"),
    Page("developer-authentication", APP + "/authentication", DEVELOPER),
    Page("developer-authentication-wrong", APP + "/authentication", DEVELOPER,
         then=sends("Save", jwks="-----BEGIN PUBLIC KEY-----", jwks_uri="http://keys.example")),
    Page("developer-authentication-public", APP + "/authentication", DEVELOPER, of="Pocket Calendar"),
    Page("developer-activity", APP + "/activity", DEVELOPER),
    Page("developer-error", "/developer/errors/<request_id>", query="?error=invalid_grant"),
    Page("developer-error-signed-in", "/developer/errors/<request_id>", DEVELOPER, query="?error=invalid_grant"),
    Page("developer-activity-none", APP + "/activity", "ines", of="Helpful Assistant (MCP)"),
    Page("developer-doctor", APP + "/doctor", DEVELOPER),
    Page("developer-doctor-new", APP + "/doctor", DEVELOPER, of="Survey Forms"),
    Page("developer-usage", APP + "/usage", DEVELOPER),
    Page("developer-usage-week", APP + "/usage", DEVELOPER, of="Zapier Connector", query="?span=week"),
    Page("developer-usage-month", APP + "/usage", "emil", of="Invoice Robot", query="?span=month"),
    Page("developer-usage-none", APP + "/usage", DEVELOPER, of="Survey Forms"),
    Page("developer-users", APP + "/users", DEVELOPER),
    Page("developer-end-tokens", APP + "/danger", DEVELOPER, then=presses("Revoke all tokens")),
    Page("developer-team", APP + "/team", DEVELOPER),
    Page("developer-team-member", APP + "/team", "emil"),
    Page("developer-team-invited", APP + "/team", DEVELOPER,
         then=sends("Create an invitation link", email="new@demo.example")),
    Page("developer-join-over", "/developer/join", USER, query="?link=lnk_none", status=404),
    Page("developer-team-leave", APP + "/team", "emil", then=presses("Leave")),
    Page("developer-team-remove", APP + "/team", DEVELOPER, then=presses("Remove Emil Ejemplo")),
    Page("developer-danger", APP + "/danger", DEVELOPER),
    Page("developer-danger-member", APP + "/danger", "emil"),
    Page("developer-transfer", APP + "/transfer", DEVELOPER),
    Page("developer-transfer-offered", APP + "/transfer", DEVELOPER, of="Zapier Connector"),
    Page("developer-offer", "/developer/transfers/<client_id>", "emil", of="Zapier Connector"),
    Page("developer-own-access", APP + "/own-access", DEVELOPER),
    Page("developer-delete", APP + "/delete", DEVELOPER),
    Page("developer-try", APP + "/try", DEVELOPER),
    Page("developer-try-step", APP + "/try", DEVELOPER, of="Terminal",
         then=presses("Add it to this app", "Send request", "Allow")),
    Page("developer-try-nothing", "/developer/try/callback", DEVELOPER, status=403),
    Page("developer-quickstart", APP + "/quickstart", DEVELOPER),
    *(
        Page(f"developer-quickstart-{name}", APP + "/quickstart", DEVELOPER, of="Terminal", query=f"?language={name}")
        for name in ("express", "browser", "android", "client")
    ),
    Page("developer-docs", "/developer/docs"),
    Page("developer-docs-search", "/developer/docs/search", query="?q=refresh+token"),
    Page("developer-docs-search-nothing", "/developer/docs/search", query="?q=zebra"),
    Page("developer-docs-with-values", "/developer/docs/<name>", DEVELOPER, of="refresh"),
    *(Page(f"developer-docs-{guide.name}", "/developer/docs/<name>", of=guide.name) for guide in GUIDES),
    # Administration
    Page("admin", "/admin", ADMINISTRATOR),
    Page("admin-refused", "/admin", USER, status=403),
    Page("admin-overview", "/admin/overview", ADMINISTRATOR),
    Page("admin-search", "/admin/search", ADMINISTRATOR),
    Page("admin-search-found", "/admin/search", ADMINISTRATOR, then=sends("Search everything", searched="er")),
    Page("admin-setup", "/admin/setup", ADMINISTRATOR),
    Page("admin-preview-consent", "/admin/preview/<name>", ADMINISTRATOR, of="consent"),
    Page("admin-preview-apps", "/admin/preview/<name>", ADMINISTRATOR, of="connected-apps"),
    Page("admin-preview-sign-in", "/admin/preview/<name>", ADMINISTRATOR, of="sign-in"),
    Page("admin-users", "/admin/users", ADMINISTRATOR),
    Page("admin-users-found", "/admin/users", ADMINISTRATOR, query="?q=beispiel"),
    Page("admin-users-none", "/admin/users", ADMINISTRATOR, query="?q=nobody"),
    Page("admin-users-new", "/admin/users/new", ADMINISTRATOR),
    Page("admin-users-added", "/admin/users/new", ADMINISTRATOR,
         then=sends("Add the user", email="new.person@demo.example")),
    Page("admin-user", ADMIN_USER, ADMINISTRATOR),
    Page("admin-user-edit", ADMIN_USER + "/edit", ADMINISTRATOR),
    Page("admin-user-delete", ADMIN_USER + "/delete", ADMINISTRATOR, person="Dora Developer"),
    Page("admin-user-disabled", ADMIN_USER, ADMINISTRATOR, person="Walter Beispiel"),
    Page("admin-user-disable", ADMIN_USER, ADMINISTRATOR, then=presses("Disable the user")),
    Page("admin-user-revoke", ADMIN_USER, ADMINISTRATOR, then=presses("Revoke all access")),
    Page("admin-apps", "/admin/apps", ADMINISTRATOR),
    Page("admin-apps-sorted", "/admin/apps", ADMINISTRATOR, query="?sort=refusals"),
    Page("admin-app-users", ADMIN_APP + "/users", ADMINISTRATOR),
    Page("admin-app", ADMIN_APP, ADMINISTRATOR),
    Page("admin-app-incident", ADMIN_APP + "/incident", ADMINISTRATOR, of="Invoice Robot"),
    Page("admin-app-suspended", ADMIN_APP, ADMINISTRATOR, of="Mail Merge Plus"),
    Page("admin-app-waiting", ADMIN_APP, ADMINISTRATOR, of="Helpful Assistant (MCP)"),
    Page("admin-app-verify", ADMIN_APP, ADMINISTRATOR, of="Timesheets", then=presses("Verify the app")),
    Page("admin-app-reject-change", ADMIN_APP + "/reject-change", ADMINISTRATOR, of="Zapier Connector"),
    Page("admin-app-suspend", ADMIN_APP + "/suspend", ADMINISTRATOR),
    Page("admin-app-limit", ADMIN_APP + "/limit", ADMINISTRATOR),
    Page("admin-own-access", ADMIN_APP + "/own-access", ADMINISTRATOR),
    Page("admin-app-end-tokens", ADMIN_APP, ADMINISTRATOR, then=presses("Revoke all tokens")),
    Page("admin-review", "/admin/review", ADMINISTRATOR),
    Page("admin-review-next", "/admin/review/next", ADMINISTRATOR),
    Page("admin-scopes", "/admin/scopes", ADMINISTRATOR),
    Page("admin-scopes-new", "/admin/scopes/new", ADMINISTRATOR),
    Page("admin-scopes-edit", "/admin/scopes/edit", ADMINISTRATOR, query="?scope=read:billing"),
    Page("admin-scopes-retire", "/admin/scopes/edit", ADMINISTRATOR, query="?scope=webhooks",
         then=presses("Deprecate the scope")),
    Page("admin-registration", "/admin/registration", ADMINISTRATOR),
    Page("admin-registration-token", "/admin/registration/tokens/new", ADMINISTRATOR),
    Page("admin-registration-token-made", "/admin/registration/tokens/new", ADMINISTRATOR,
         then=sends("Create token", name="Partner")),
    Page("admin-registration-uris", "/admin/registration/uris", ADMINISTRATOR),
    Page("admin-apis", "/admin/apis", ADMINISTRATOR),
    Page("admin-apis-new", "/admin/apis/new", ADMINISTRATOR),
    Page("admin-api-created", "/admin/apis/new", ADMINISTRATOR,
         then=sends("Register the API", name="Reports API", resource="https://reports.demo.example")),
    Page("admin-api", "/admin/apis/<client_id>", ADMINISTRATOR, of="Product API"),
    Page("admin-api-edit", "/admin/apis/<client_id>/edit", ADMINISTRATOR, of="Product API"),
    Page("admin-api-secret", "/admin/apis/<client_id>", ADMINISTRATOR, of="Billing API",
         then=presses("Add a second secret")),
    Page("admin-api-delete", "/admin/apis/<client_id>/delete", ADMINISTRATOR, of="Product API"),
    Page("admin-connects", "/admin/connects", ADMINISTRATOR),
    Page("admin-reports", "/admin/reports", ADMINISTRATOR),
    Page("admin-names", "/admin/names", ADMINISTRATOR),
    Page("admin-hosts", "/admin/hosts", ADMINISTRATOR),
    Page("admin-hosts-wrong", "/admin/hosts", ADMINISTRATOR, then=sends("Allow host", host="two words")),
    Page("admin-hosts-block", "/admin/hosts", ADMINISTRATOR, then=sends("Block", blocked_host="evil.example")),
    Page("admin-log", "/admin/log", ADMINISTRATOR),
    Page("admin-log-app", "/admin/log", ADMINISTRATOR, query="?app=Invoice+Robot"),
)  # fmt: skip

# What a browser does not show but saves.
FILES = {
    *(f"/admin/{name}.csv" for name in ("users", "apps", "apis", "scopes", "review", "hosts", "reports", "names")),
    *("/admin/apps/<client_id>/users.csv", "/admin/registration/tokens.csv", "/admin/registration/hosts.csv"),
    *("/admin/log.csv", APP + "/activity.csv", APP + "/usage.csv"),
}
