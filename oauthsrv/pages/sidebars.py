"""What is beside a page: links to related pages, in groups. A new page is a row here."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class SidebarLink(NamedTuple):
    path: str  # of an app's page: below the app
    label: str
    of_owned: bool = False  # only for apps that have an owner


class LinkGroup(NamedTuple):
    label: str
    entries: Sequence[SidebarLink]


ACCOUNT = (
    LinkGroup(
        "",
        (
            SidebarLink("/account/apps", "Connected apps"),
            SidebarLink("/account/sessions", "Sessions"),
            SidebarLink("/account/waiting", "Waiting for you"),
        ),
    ),
    LinkGroup(
        "You",
        (
            SidebarLink("/account/profile", "Profile"),
            SidebarLink("/account/password", "Password"),
            SidebarLink("/account/history", "Security history"),
        ),
    ),
)
ADMIN = (
    LinkGroup(
        "",
        (
            SidebarLink("/admin/overview", "Overview"),
            SidebarLink("/admin/review", "Review"),
            SidebarLink("/admin/reports", "Reports"),
            SidebarLink("/admin/log", "Audit log"),
            SidebarLink("/admin/setup", "Setup"),
            SidebarLink("/admin/preview/consent", "View as a user"),
        ),
    ),
    LinkGroup(
        "Manage",
        (SidebarLink("/admin/apps", "Apps"), SidebarLink("/admin/users", "Users"), SidebarLink("/admin/apis", "APIs")),
    ),
    LinkGroup(
        "Access rules",
        (
            SidebarLink("/admin/scopes", "Scopes"),
            SidebarLink("/admin/registration", "Self-registered"),
            SidebarLink("/admin/hosts", "Hosts"),
            SidebarLink("/admin/names", "Protected names"),
            SidebarLink("/admin/connects", "Connects with"),
        ),
    ),
)
DEVELOPER = (
    LinkGroup("", (SidebarLink("/developer/apps", "Your apps"), SidebarLink("/developer/apps/new", "Register an app"))),
    LinkGroup("Help", (SidebarLink("/developer/docs", "Guides"),)),
)
# Of guides: filled by the module that knows them (routes.developer.docs).
GUIDES: list[LinkGroup] = []
APP = (
    LinkGroup("", (SidebarLink("", "Overview"),)),
    LinkGroup(
        "Build",
        (
            SidebarLink("/quickstart", "Quickstart", of_owned=True),
            SidebarLink("/edit", "Settings", of_owned=True),
            SidebarLink("/secrets", "Credentials", of_owned=True),
            SidebarLink("/try", "Try it", of_owned=True),
        ),
    ),
    LinkGroup(
        "Run",
        (
            SidebarLink("/activity", "Activity"),
            SidebarLink("/usage", "Usage"),
            SidebarLink("/users", "Connections"),
            SidebarLink("/events", "Events"),
            SidebarLink("/doctor", "Doctor"),
        ),
    ),
    LinkGroup("Own", (SidebarLink("/team", "Team", of_owned=True), SidebarLink("/danger", "Danger zone"))),
)


class PortalApp(Protocol):
    client_id: str
    owner_id: str | None


def of_app(app: PortalApp) -> list[LinkGroup]:
    return [
        LinkGroup(label, [entry._replace(path=f"/developer/apps/{app.client_id}{entry.path}") for entry in entries])
        for label, rows in APP
        if (entries := [row for row in rows if app.owner_id or not row.of_owned])
    ]


def current(groups: Sequence[LinkGroup], path: str) -> SidebarLink | None:
    """The entry with the longest path that `path` is at or below."""
    entries = [entry for group in groups for entry in group.entries]
    above = (entry for entry in entries if f"{path}/".startswith(f"{entry.path}/"))
    return max(above, key=lambda entry: len(entry.path), default=None)
