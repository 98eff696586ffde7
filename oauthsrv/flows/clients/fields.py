"""The fields of a client, one row each, with what a change of each means for review and verification (rule 14)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oauthsrv import logos
from oauthsrv.flows import fields, names
from oauthsrv.flows.fields import BOX, CHOICES, LINES, PICTURE, TEXT, Change, Checking, as_set, row
from oauthsrv.oauth.grant_types import AUTHORIZATION_CODE, DEFAULT, GRANTS, REFRESH_TOKEN, has_users
from oauthsrv.oauth.redirect_uris import check_redirect_uri, consent_host, is_at
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.oauth.uris import UriRefused, refused
from oauthsrv.oauth.uris import check_home_page as check_web_page

NAME_MAX = 80
DESCRIPTION_MAX = 1000
REDIRECT_URIS_MAX = 20
UNKNOWN_SCOPES_MAX = 5  # how many a message names

CONSOLE_CALLBACK = "/developer/try/callback"  # on this server; any app may use it


# Checks


def check_name(text: str, checking: Checking) -> str:
    name = names.one_line(text, NAME_MAX)
    if problem := names.name_problem(name, NAME_MAX):
        checking.problems.add("name", problem)
    return name


def check_description(text: str, checking: Checking) -> str:
    description = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if problem := names.text_problem(description, DESCRIPTION_MAX, layout="\n\t"):
        checking.problems.add("description", problem)
    return description


def check_home_page(text: str, checking: Checking) -> str:
    site = text.strip(" \t")
    try:
        return check_web_page(site) if site else ""
    except UriRefused as reason:
        checking.problems.add("home_page", f"{reason}.")
        return site


def check_type(text: str, checking: Checking) -> str:
    if text not in ("confidential", "public"):
        checking.problems.add("type", "Choose what you’re building. This decides whether the app gets a client secret.")
    return text


def check_grant_types(typed: Sequence[str], checking: Checking) -> list[str]:
    """The grant types, in the order of the table."""
    grants = {name: grant for name, grant in GRANTS.items() if name in typed}
    if len(grants) < len(set(typed)):
        checking.problems.add("grant_types", f"The grant types are {', '.join(GRANTS)}.")
    elif not grants.keys() - {REFRESH_TOKEN}:
        checking.problems.add("grant_types", "Choose at least one way for the app to get its first token.")
    elif REFRESH_TOKEN in grants and not has_users(grants):
        checking.problems.add("grant_types", "Clear refresh_token: without users there are no refresh tokens.")
    if checking.typed.get("type") == "public" and any(grant.needs_secret for grant in grants.values()):
        checking.problems.add("grant_types", "A public app has no secret, so it can’t act for itself.")
    return list(grants)


def check_redirect_uris(typed: Sequence[str], checking: Checking) -> list[str]:
    # An app whose type is still to be chosen may turn out public, which allows more.
    client_type = "confidential" if checking.typed.get("type") == "confidential" else "public"
    good: list[str] = []
    given = [(number, text) for number, text in enumerate(typed, 1) if text]
    grants = checking.good["grant_types"]
    if not given and (AUTHORIZATION_CODE in grants or not grants):
        checking.problems.add("redirect_uris", "Enter at least one: where users return after they decide.")
    if len(given) > REDIRECT_URIS_MAX:
        # Before they are checked one by one, and each gets its message.
        checking.problems.add("redirect_uris", f"At most {REDIRECT_URIS_MAX} addresses; these are {len(given):,}.")
        return good
    for number, text in given:
        try:
            good.append(check_one_redirect_uri(text, client_type, checking.issuer, checking.listed_uris))
        except UriRefused as reason:
            checking.problems.add("redirect_uris", f"{checking.each_uri} {number}, {reason}.")
    return list(dict.fromkeys(good))


def check_one_redirect_uri(text: str, client_type: str, issuer: str, listed_uris: Collection[str] = ()) -> str:
    """Check a redirect URI. Raises UriRefused, also for our own: consent pages would say that the code goes to us."""
    uri = check_redirect_uri(text, client_type, listed_uris)
    if is_at(uri, issuer) and uri != issuer + CONSOLE_CALLBACK:
        raise refused(text, "it is an address of this server: enter one of your app")
    return uri


def check_scopes(typed: Sequence[str], checking: Checking) -> list[str]:
    """The scopes that are in the catalog, in its order."""
    known = checking.known_scopes
    for scope in [scope for scope in dict.fromkeys(typed) if scope not in known][:UNKNOWN_SCOPES_MAX]:
        if scope == OFFLINE_ACCESS:
            checking.problems.add("scopes", f"Leave out {OFFLINE_ACCESS}: every app may request it.")
        else:
            checking.problems.add("scopes", f"There is no scope “{scope[:100]}”. There are: {', '.join(known)}.")
    return [scope for scope in known if scope in typed]


def check_some_scopes(typed: Sequence[str], checking: Checking) -> list[str]:
    scopes = check_scopes(typed, checking)
    if not scopes and "scopes" not in checking.problems:
        checking.problems.add("scopes", "Choose at least one scope.")
    return scopes


def check_optional_scopes(typed: Sequence[str], checking: Checking) -> list[str]:
    scopes = checking.good["scopes"]
    if beyond := [scope for scope in dict.fromkeys(typed) if scope not in scopes]:
        listed = ", ".join(scope[:100] for scope in beyond[:UNKNOWN_SCOPES_MAX])
        checking.problems.add(
            "optional_scopes", f"Not among the app’s scopes: {listed}. Choose it there too, or clear it here."
        )
    elif scopes and set(typed) >= set(scopes):
        checking.problems.add("optional_scopes", "Clear at least one: an app has at least one required scope.")
    return [scope for scope in scopes if scope in typed]


def check_pkce(skips: bool, checking: Checking) -> bool:
    if skips and checking.typed.get("type") == "public":
        checking.problems.add("skips_pkce", "A public app has no secret, so it must use PKCE.")
    return skips


def check_logo(text: str, checking: Checking) -> bytes | None:
    """Read `text`, as made by logos.as_text."""
    try:
        return logos.of_text(text) if text else None
    except logos.LogoRefused as reason:
        checking.problems.add("logo", str(reason))
        return None


# The table


@dataclass(frozen=True)
class ClientFields:
    """Everything that developers choose about a client. Without a new `logo` it keeps its logo, unless it drops it."""

    name: str = row("Name", TEXT, check_name, Change.IDENTIFIES)
    description: str = row("Description", TEXT, check_description)
    home_page: str = row("Home page", TEXT, check_home_page, Change.IDENTIFIES)
    type: str = row("Type", TEXT, check_type)
    grant_types: Sequence[str] = row("How it gets tokens", CHOICES, check_grant_types, Change.GIVES_POWER, DEFAULT)
    redirect_uris: Sequence[str] = row("Redirect URIs", LINES, check_redirect_uris, Change.GIVES_POWER)
    scopes: Sequence[str] = row("Scopes", CHOICES, check_some_scopes, Change.GIVES_POWER)
    optional_scopes: Sequence[str] = row("Optional scopes", CHOICES, check_optional_scopes, Change.REVIEWED)
    skips_pkce: bool = row("This app can’t use PKCE", BOX, check_pkce, Change.GIVES_POWER)
    keeps_successor: bool = row("May repeat refresh tokens", BOX)
    logo: bytes | None = row("Logo", PICTURE, check_logo, Change.IDENTIFIES)
    drops_logo: bool = row("Remove the logo", BOX)

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of the table `client` that a change writes."""
        return fields.columns(self, COLUMNS)


ROWS = fields.rows(ClientFields)
# The type never changes, and a logo is a row of its own.
COLUMNS = [name for name in ROWS if name not in ("type", "logo", "drops_logo")]
NAMES = {change: [name for name, row in ROWS.items() if row.change is change] for change in Change}
REVIEWED_COLUMNS = [name for name in COLUMNS if ROWS[name].change is not Change.FREE]


def check_client(
    typed: Mapping[str, Any],
    known_scopes: Sequence[str],
    issuer: str,
    *,
    listed_uris: Collection[str] = (),
    each_uri: str = "Line",
) -> ClientFields:
    return fields.check(ClientFields, typed, known_scopes, issuer, each_uri=each_uri, listed_uris=listed_uris)


def current(client: Any) -> ClientFields:
    """The fields of a client, read from its row."""
    return ClientFields(type=client.type, **{name: getattr(client, name) for name in COLUMNS})


def proposed(client: Any, proposal: Any) -> ClientFields:
    """The fields the client would have if `proposal`, a row of sql.proposals.find or None, were approved."""
    if proposal is None:
        return current(client)
    logo = bytes(proposal.logo) if proposal.logo is not None else None
    return replace(current(client), **proposal.fields, logo=logo)


# Comparing


def differences(old: ClientFields, new: ClientFields) -> list[str]:
    """The names of the fields that differ; the order of what is chosen doesn't count."""
    changed = [name for name in COLUMNS if as_set(getattr(old, name)) != as_set(getattr(new, name))]
    return [*changed, "logo"] if new.logo is not None or new.drops_logo else changed


def adds_power(typed: Mapping[str, Any], *known: ClientFields) -> bool:
    """Whether the app could do more than any of `known`: another redirect URI, another scope, or no PKCE."""
    return any(
        as_set(typed[name]).difference(*(as_set(getattr(one, name)) for one in known))
        for name in NAMES[Change.GIVES_POWER]
    )


def additions(name: str, old: ClientFields, new: ClientFields, issuer: str) -> set[Any]:
    """What `new` adds to a field, except redirect URIs at hosts that the client already has, and the console's URI."""
    added = as_set(getattr(new, name)) - as_set(getattr(old, name))
    if name == "redirect_uris":
        hosts = {consent_host(uri) for uri in old.redirect_uris}
        added = {uri for uri in added if consent_host(uri) not in hosts and uri != issuer + CONSOLE_CALLBACK}
    return added


def without_additions(old: ClientFields, new: ClientFields, issuer: str) -> ClientFields:
    """The part of `new` that needs no review; it may have no redirect URI or no required scope."""
    kept: dict[str, Any] = {}
    for name in NAMES[Change.IDENTIFIES]:
        kept[name] = getattr(new, name) and getattr(old, name)
    for name in NAMES[Change.GIVES_POWER]:
        value, added = getattr(new, name), additions(name, old, new, issuer)
        kept[name] = value and not added if isinstance(value, bool) else [one for one in value if one not in added]
    optional = [scope for scope in kept["scopes"] if scope in (*new.optional_scopes, *old.optional_scopes)]
    return replace(new, **kept, optional_scopes=optional)


def ends_verification(old: ClientFields, new: ClientFields, issuer: str) -> bool:
    """Whether what was verified changes: name, home page, logo; or a new host or scope, or PKCE turned off."""
    is_another = not set(NAMES[Change.IDENTIFIES]).isdisjoint(differences(old, new))
    return is_another or any(additions(name, old, new, issuer) for name in NAMES[Change.GIVES_POWER])
