"""The fields of apps and APIs as people type them, checked whole: everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oauthsrv import logos
from oauthsrv.flows import names
from oauthsrv.flows.names import Problems
from oauthsrv.oauth.redirect_uris import check_redirect_uri, consent_host, is_at
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.oauth.uris import UriRefused, check_home_page, refused

NAME_MAX = 80


DESCRIPTION_MAX = 1000


REDIRECT_URIS_MAX = 20


UNKNOWN_SCOPES_TOLD = 5


CONSOLE_CALLBACK = "/developer/try/callback"  # of this server, which any app may be sent back to


@dataclass(frozen=True)
class TypedApp:
    """The fields of an app as somebody typed them; `logo` is as logos.as_text gives it, or empty."""

    name: str = ""
    description: str = ""
    home_page: str = ""
    type: str = ""
    redirect_uris: Sequence[str] = ()
    scopes: Sequence[str] = ()
    skips_pkce: bool = False
    optional_scopes: Sequence[str] = ()
    logo: str = ""
    drops_logo: bool = False


@dataclass(frozen=True)
class CheckedApp:
    """The fields of an app, all good. Without a `logo` it keeps the one that it has, unless it drops it."""

    name: str
    description: str
    home_page: str
    type: str
    redirect_uris: list[str]
    scopes: list[str]
    skips_pkce: bool
    optional_scopes: list[str] = field(default_factory=list)
    logo: bytes | None = None
    drops_logo: bool = False


def lines(text: str) -> list[str]:
    """The lines of a text area, their own spaces at both ends left out; empty ones stay, so that numbers fit."""
    return [line.strip(" \t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


# An app


def check_client(
    typed: TypedApp, known_scopes: Iterable[str], issuer: str, *, each_uri: str = "Line"
) -> CheckedApp | Problems:
    """`issuer` is the address of this server; `each_uri` names one redirect URI in a message: "Line 2: …"."""
    problems = Problems()
    scopes = check_scopes(typed.scopes, known_scopes, problems)
    checked = CheckedApp(
        name=check_name(typed.name, problems),
        description=check_description(typed.description, problems),
        home_page=check_site(typed.home_page, problems),
        type=check_type(typed.type, problems),
        redirect_uris=check_redirect_uris(typed.redirect_uris, typed.type, issuer, each_uri, problems),
        scopes=scopes,
        skips_pkce=typed.skips_pkce,
        optional_scopes=check_optional_scopes(typed.optional_scopes, scopes, problems),
        logo=check_logo(typed.logo, problems),
        drops_logo=typed.drops_logo,
    )
    if not checked.scopes and "scopes" not in problems:
        problems.add("scopes", "Choose at least one: an app can ask for nothing that is not chosen here.")
    if typed.skips_pkce and typed.type == "public":
        problems.add("skips_pkce", "A public app has no secret, so PKCE is all that protects it: it cannot do without.")
    return problems or checked


def check_name(text: str, problems: Problems) -> str:
    name = names.one_line(text, NAME_MAX)
    if reason := names.name_problem(name, NAME_MAX):
        problems.add("name", reason)
    return name


def check_description(text: str, problems: Problems) -> str:
    description = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if reason := names.text_problem(description, DESCRIPTION_MAX, layout="\n\t"):
        problems.add("description", reason)
    return description


def check_site(text: str, problems: Problems) -> str:
    site = text.strip(" \t")
    if not site:
        return ""
    try:
        return check_home_page(site)
    except UriRefused as reason:
        problems.add("home_page", f"{reason}.")
        return site


def check_type(text: str, problems: Problems) -> str:
    if text not in ("confidential", "public"):
        problems.add("type", "Choose confidential or public: can your app keep a secret?")
    return text


def check_redirect_uris(
    typed: Sequence[str], client_type: str, issuer: str, each: str, problems: Problems
) -> list[str]:
    # An app whose type is still to be chosen may turn out public, which allows more.
    allowed_to = client_type if client_type == "confidential" else "public"
    good: list[str] = []
    given = [(number, text) for number, text in enumerate(typed, 1) if text]
    if not given:
        problems.add("redirect_uris", "Give at least one: where users come back to after they allowed your app.")
    if len(given) > REDIRECT_URIS_MAX:
        # Before they are checked one by one, and each gets its message.
        problems.add("redirect_uris", f"At most {REDIRECT_URIS_MAX} addresses; these are {len(given):,}.")
        return good
    for number, text in given:
        try:
            uri = check_one_redirect_uri(text, allowed_to, issuer)
        except UriRefused as reason:
            problems.add("redirect_uris", f"{each} {number}, {reason}.")
        else:
            if uri not in good:
                good.append(uri)
    return good


def check_one_redirect_uri(text: str, client_type: str, issuer: str) -> str:
    """Raises UriRefused, for an address of ours too: under our name a consent page would say who gets the answer."""
    uri = check_redirect_uri(text, client_type)
    if is_at(uri, issuer) and uri != issuer + CONSOLE_CALLBACK:
        raise refused(text, "it is an address of this server: give one where your app takes the answer")
    return uri


def check_scopes(typed: Sequence[str], known: Iterable[str], problems: Problems) -> list[str]:
    known = list(known)
    unknown = [scope for scope in dict.fromkeys(typed) if scope not in known]
    for scope in unknown[:UNKNOWN_SCOPES_TOLD]:
        if scope == OFFLINE_ACCESS:
            problems.add("scopes", f"Leave out {OFFLINE_ACCESS}: every app may ask for it.")
        else:
            problems.add("scopes", f"There is no scope “{scope[:100]}”. There are: {', '.join(known)}.")
    return [scope for scope in known if scope in typed]


def check_optional_scopes(typed: Sequence[str], scopes: Sequence[str], problems: Problems) -> list[str]:
    """`scopes` are those of the app."""
    beyond = [scope for scope in dict.fromkeys(typed) if scope not in scopes]
    if beyond:
        told = ", ".join(scope[:100] for scope in beyond[:UNKNOWN_SCOPES_TOLD])
        problems.add(
            "optional_scopes", f"Not among the scopes of the app: {told}. Choose it there too, or untick it here."
        )
    elif scopes and set(typed) >= set(scopes):
        problems.add(
            "optional_scopes", "Untick at least one: what users allow in any case is what your app cannot do without."
        )
    return [scope for scope in scopes if scope in typed]


def check_logo(text: str, problems: Problems) -> bytes | None:
    if not text:
        return None
    try:
        return logos.of_text(text)
    except logos.LogoRefused as reason:
        problems.add("logo", str(reason))
        return None


FIELDS = ("name", "description", "home_page", "redirect_uris", "scopes", "optional_scopes", "skips_pkce")


@dataclass(frozen=True)
class Version:
    """All of an app that its developers change; `logo` is a new picture, `drops_logo` says to have none."""

    name: str
    description: str
    home_page: str
    redirect_uris: Sequence[str]
    scopes: Sequence[str]
    optional_scopes: Sequence[str]
    skips_pkce: bool
    logo: bytes | None = None
    drops_logo: bool = False


def version_of(app: CheckedApp | Any) -> Version:
    """Of what was typed and checked, or of a row of an app."""
    fields = {field: getattr(app, field) for field in FIELDS}
    return Version(**fields, logo=getattr(app, "logo", None), drops_logo=getattr(app, "drops_logo", False))


def proposed(app: Any, proposal: Any) -> Version:
    """The app as it would be; `proposal` is a row of sql.proposals.find."""
    fields = {field: getattr(proposal, field) for field in FIELDS if field != "description"}
    logo = bytes(proposal.logo) if proposal.logo is not None else None
    return Version(description=app.description, **fields, logo=logo)


def without_additions(old: Version, new: Version, issuer: str) -> Version:
    """What of `new` can be in force before anybody looked at it. Its redirect URIs or required scopes may be none."""
    scopes = [scope for scope in new.scopes if scope in old.scopes]
    return Version(
        name=old.name,
        description=new.description,
        home_page=old.home_page if new.home_page else "",
        redirect_uris=[uri for uri in new.redirect_uris if is_known(uri, old, issuer)],
        scopes=scopes,
        optional_scopes=[scope for scope in scopes if scope in (*new.optional_scopes, *old.optional_scopes)],
        skips_pkce=old.skips_pkce and new.skips_pkce,
        drops_logo=new.drops_logo and new.logo is None,
    )


def is_known(uri: str, old: Version, issuer: str) -> bool:
    """Whether it is the app's already, or at a host that is; the console's callback leads back to ourselves."""
    hosts = {consent_host(known) for known in old.redirect_uris}
    return uri in old.redirect_uris or consent_host(uri) in hosts or uri == issuer + CONSOLE_CALLBACK


def differences(old: Version, new: Version) -> list[str]:
    """The fields in which they differ; the order of what is chosen is no difference."""
    changed = [field for field in FIELDS if comparable(getattr(old, field)) != comparable(getattr(new, field))]
    return [*changed, "logo"] if new.logo is not None or new.drops_logo else changed


def comparable(value: Any) -> Any:
    return value if isinstance(value, str | bool) else sorted(value)


def ends_verification(old: Version, new: Version, changed: Sequence[str], issuer: str) -> bool:
    """Whoever verified the app knew it by its name, home page and logo, with its hosts and scopes, and with PKCE."""
    return (
        not {"name", "home_page", "logo"}.isdisjoint(changed)
        or not all(is_known(uri, old, issuer) for uri in new.redirect_uris)
        or not set(new.scopes) <= set(old.scopes)
        or (new.skips_pkce and not old.skips_pkce)
    )
