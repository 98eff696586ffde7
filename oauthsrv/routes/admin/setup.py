"""/admin/setup: the first steps of an installation, a row each; a step is done when it really is, never by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.addresses import read_address
from oauthsrv.pages import redirect, render
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

PATH = "/admin/setup"
# The catalog after the first start: for each scope, the text for developers and the text for users.
STARTER_SCOPES = {
    "read:profile": ("Read user profile", "See your profile"),
    "write:profile": ("Update user profile", "Change your profile"),
    "read:data": ("Read user data", "See your data"),
    "write:data": ("Create and update data", "Add to and change your data"),
    "read:billing": ("View billing information", "See your billing information"),
    "webhooks": ("Manage webhooks", "Notify other services about your account"),
}

pages.DONE.update(
    setup_hidden="The checklist is no longer on the overview. You can still find it under Setup.",
    setup_shown="The checklist is on the overview until every step is done.",
)


@dataclass(frozen=True)
class SetupFacts:
    settings: Any  # config.Settings
    peer: str  # the address that this request came from: a proxy's, if there is one
    forwarded: bool  # whether the peer says for which address it forwards the request
    apis: int
    has_own_scopes: bool
    is_hidden: bool

    @property
    def is_over_https(self) -> bool:
        """Whether this page came over https: with an https issuer, browsers send the session's cookie only then."""
        return bool(self.settings.is_secure)

    @property
    def is_behind_trusted_proxy(self) -> bool:
        address = read_address(self.peer)
        return self.forwarded and any(address in network for network in self.settings.trusted_proxies if address)

    @property
    def proxy_lines(self) -> Sequence[str]:
        """The missing settings, with the values from this request."""
        lines = []
        if not self.is_over_https:
            lines += ["OAUTHSRV_ISSUER=https://login.example.com"]
        if not self.is_behind_trusted_proxy:
            lines += [f"OAUTHSRV_TRUSTED_PROXIES={self.peer if self.forwarded else '127.0.0.1'}"]
        return [*lines, "oauthsrv nginx --help"]


class SetupStep(NamedTuple):
    """`lines` are settings and commands, shown until it is done; a step that cannot be completed has no `is_done`."""

    title: str
    text: Callable[[SetupFacts], str]
    is_done: Callable[[SetupFacts], bool] | None
    lines: Callable[[SetupFacts], Sequence[str]] = lambda _: ()
    link: tuple[str, str] | None = None


def shell(lines: Sequence[str]) -> str:
    """The lines for a shell that then starts the server."""
    return "\n".join(f"export {line}" if line.startswith("OAUTHSRV_") else line for line in lines)


def is_chosen(*names: str) -> Callable[[SetupFacts], bool]:
    """Whether the operator has set these, even to their defaults."""
    return lambda facts: facts.settings.chosen.issuperset(names)


def proxy_text(facts: SetupFacts) -> str:
    if not facts.is_over_https:
        return f"Browsers reach this server at {facts.settings.issuer}: fine for trying it out on this machine."
    if not facts.is_behind_trusted_proxy:
        return (
            f"Your request came from {facts.peer}, which isn’t a trusted proxy: limits count all users as one address."
        )
    return f"Your request came over https, through the trusted proxy {facts.peer}."


STEPS = (
    SetupStep(
        "Name and logo",
        lambda facts: f"Users see “{facts.settings.name}” on every page. Your own name and logo show where they are.",
        is_chosen("name", "logo"),
        lambda _: (
            "OAUTHSRV_NAME=Acme",
            "OAUTHSRV_LOGO=/srv/acme/logo.svg",
            "OAUTHSRV_SUPPORT_URL=https://acme.example/help",
        ),
        ("/admin/preview/consent", "View as a user"),
    ),
    SetupStep(
        "Scopes",
        lambda _: (
            "What apps can request. The catalog starts with six examples: replace them with what your product has, "
            "each in words users understand."
        ),
        lambda facts: facts.has_own_scopes,
        link=("/admin/scopes", "Edit the scopes"),
    ),
    SetupStep(
        "An API",
        lambda facts: (
            f"APIs that check tokens here: {facts.apis}. Each gets credentials to introspect tokens; "
            "behind nginx it needs none."
        ),
        lambda facts: facts.apis > 0,
        lambda _: ('oauthsrv apis add "Orders API" --resource https://api.example.com --scope read:data',),
        ("/admin/apis/new", "Register an API"),
    ),
    SetupStep(
        "Proxy and TLS",
        proxy_text,
        lambda facts: facts.is_over_https and facts.is_behind_trusted_proxy,
        lambda facts: facts.proxy_lines,
        ("/developer/docs/nginx", "How to put nginx in front"),
    ),
    SetupStep(
        "Mail",
        lambda _: (
            "This server doesn’t send email, and nothing depends on it. Invitations, password reset links and links "
            "for new administrators are shown once, for you to send. Email addresses aren’t verified."
        ),
        None,
    ),
    SetupStep(
        "Who can sign up",
        lambda facts: (
            "Open: anyone who finds this server can create an account."
            if facts.settings.signup == "open"
            else "Closed: administrators create accounts, under Users."
        ),
        is_chosen("signup"),
        lambda _: ("OAUTHSRV_SIGNUP=closed    # or open: either completes this step",),
        ("/admin/users", "Users"),
    ),
    SetupStep(
        "Review of apps",
        lambda facts: (
            "On: users can connect a new app once an administrator has approved it."
            if facts.settings.app_review
            else "Off: users can connect every new app immediately, and see that it isn’t verified."
        ),
        is_chosen("app_review"),
        lambda _: ("OAUTHSRV_APP_REVIEW=on    # or off: either completes this step",),
        ("/admin/review", "Review"),
    ),
)


class SetupState(NamedTuple):
    """The progress of the setup, for the overview."""

    done: int
    of: int
    is_hidden: bool

    @property
    def is_open(self) -> bool:
        return self.done < self.of and not self.is_hidden


def facts_of(request: Request) -> SetupFacts:
    environ = request.environ
    with reading(request.server.database) as db:
        row = sql.installation.setup(db)
        scopes = sql.scopes.every(db)
    return SetupFacts(
        request.server.settings,
        str(environ.get("REMOTE_ADDR", "")),
        bool(environ.get("HTTP_X_FORWARDED_FOR")),
        row.apis,
        has_own(scopes),
        row.hidden,
    )


def has_own(scopes: list[Any]) -> bool:
    """Whether an administrator has changed the catalog that the first start filled."""
    texts = {scope.scope: (scope.description, scope.consent_text) for scope in scopes}
    return texts != STARTER_SCOPES or any(scope.deprecated for scope in scopes)


def state(facts: SetupFacts) -> SetupState:
    results = [step.is_done(facts) for step in STEPS if step.is_done]
    return SetupState(sum(results), len(results), facts.is_hidden)


def state_of(request: Request) -> SetupState:
    return state(facts_of(request))


def show_setup(request: Request) -> HTTPResponse:
    facts = facts_of(request)
    return render("admin/setup", request, facts=facts, steps=STEPS, state=state(facts), shell=shell)


def hide(request: Request) -> HTTPResponse:
    """Hide the checklist, or show it again."""
    is_hidden = request.form.get("hide") == "yes"
    with reading(request.server.database) as db:
        sql.installation.hide_setup(db, hidden=is_hidden)
    return redirect("/admin/overview" if is_hidden else PATH, done="setup_hidden" if is_hidden else "setup_shown")
