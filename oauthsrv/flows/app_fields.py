"""The fields of apps and APIs as people type them, checked whole: everything that is wrong is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oauthsrv.flows import names
from oauthsrv.oauth.redirect_uris import LOOPBACK, check_redirect_uri
from oauthsrv.oauth.resources import check_resource_uri
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.oauth.uris import UriRefused, check_home_page

NAME_MAX = 80
DESCRIPTION_MAX = 1000
REDIRECT_URIS_MAX = 20
UNKNOWN_SCOPES_TOLD = 5
LIMIT_MAX = 100_000_000


class Problems(dict[str, list[str]]):
    """Field → what is wrong with it and what to do."""

    def add(self, field: str, message: str) -> None:
        self.setdefault(field, []).append(message)


@dataclass(frozen=True)
class TypedApp:
    """The fields of an app as somebody typed them."""

    name: str = ""
    description: str = ""
    home_page: str = ""
    type: str = ""
    redirect_uris: Sequence[str] = ()
    scopes: Sequence[str] = ()
    skips_pkce: bool = False


@dataclass(frozen=True)
class CheckedApp:
    """The fields of an app, all good."""

    name: str
    description: str
    home_page: str
    type: str
    redirect_uris: list[str]
    scopes: list[str]
    skips_pkce: bool


@dataclass(frozen=True)
class TypedApi:
    name: str = ""
    resource: str = ""
    scopes: Sequence[str] = ()


@dataclass(frozen=True)
class CheckedApi:
    name: str
    resource: str
    scopes: list[str]


def lines(text: str) -> list[str]:
    """The lines of a text area, their own spaces at both ends left out; empty ones stay, so that numbers fit."""
    return [line.strip(" \t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


# An app


def check_app(typed: TypedApp, known_scopes: Iterable[str], *, each_uri: str = "Line") -> CheckedApp | Problems:
    """`each_uri` names one redirect URI in a message: "Line 2: …"."""
    problems = Problems()
    checked = CheckedApp(
        name=check_name(typed.name, problems),
        description=check_description(typed.description, problems),
        home_page=check_site(typed.home_page, problems),
        type=check_type(typed.type, problems),
        redirect_uris=check_redirect_uris(typed.redirect_uris, typed.type, each_uri, problems),
        scopes=check_scopes(typed.scopes, known_scopes, problems),
        skips_pkce=typed.skips_pkce,
    )
    if not checked.scopes and "scopes" not in problems:
        problems.add("scopes", "Choose at least one: an app can ask for nothing that is not chosen here.")
    if typed.skips_pkce and typed.type == "public":
        problems.add("skips_pkce", "A public app has no secret, so PKCE is all that protects it: it cannot do without.")
    return problems or checked


def check_name(text: str, problems: Problems) -> str:
    name = names.one_line(text, NAME_MAX)
    if reason := names.why_refused(name, NAME_MAX):
        problems.add("name", reason)
    return name


def check_description(text: str, problems: Problems) -> str:
    description = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(description) > DESCRIPTION_MAX:
        problems.add("description", f"At most {DESCRIPTION_MAX:,} characters; this has {len(description):,}.")
    elif bad := names.unshown(description.replace("\n", "").replace("\t", "")):
        problems.add("description", f"It holds a character that cannot be shown ({bad}). Leave it out.")
    return description


def check_site(text: str, problems: Problems) -> str:
    site = text.strip(" \t")
    if not site:
        return ""
    try:
        return check_home_page(site)
    except UriRefused as refused:
        problems.add("home_page", f"{refused}.")
        return site


def check_type(text: str, problems: Problems) -> str:
    if text not in ("confidential", "public"):
        problems.add("type", "Choose confidential or public: can your app keep a secret?")
    return text


def check_redirect_uris(typed: Sequence[str], client_type: str, each: str, problems: Problems) -> list[str]:
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
            uri = check_redirect_uri(text, allowed_to)
        except UriRefused as refused:
            problems.add("redirect_uris", f"{each} {number}, {refused}.")
        else:
            if uri not in good:
                good.append(uri)
    return good


def check_scopes(typed: Sequence[str], known: Iterable[str], problems: Problems) -> list[str]:
    known = list(known)
    unknown = [scope for scope in dict.fromkeys(typed) if scope not in known]
    for scope in unknown[:UNKNOWN_SCOPES_TOLD]:
        if scope == OFFLINE_ACCESS:
            problems.add("scopes", f"Leave out {OFFLINE_ACCESS}: every app may ask for it.")
        else:
            problems.add("scopes", f"There is no scope “{scope[:100]}”. There are: {', '.join(known)}.")
    return [scope for scope in known if scope in typed]


class Limits(NamedTuple):
    """What an administrator sets for one app; no share means that one user may use the whole hour's calls."""

    calls_per_hour: int
    grant_share_percent: int | None
    token_requests_per_minute: int


def check_limit(text: str) -> int | Problems:
    problems = Problems()
    calls = check_number(text, "limit", "calls per hour", LIMIT_MAX, problems)
    return problems or calls


def check_limits(calls: str, share: str, token_requests: str) -> Limits | Problems:
    """The field of the share may stay empty."""
    problems = Problems()
    limits = Limits(
        check_number(calls, "limit", "calls per hour", LIMIT_MAX, problems),
        check_number(share, "share", "percent", 100, problems) if share else None,
        check_number(token_requests, "token_limit", "requests per minute", LIMIT_MAX, problems),
    )
    return problems or limits


def check_number(text: str, field: str, what: str, most: int, problems: Problems) -> int:
    number = re.sub(r"[ ,_']", "", text)
    if not re.fullmatch(r"[0-9]{1,9}", number) or not 1 <= int(number) <= most:
        problems.add(field, f"Give a whole number of {what}, from 1 to {most:,}.")
        return 0
    return int(number)


# An API


def check_api(typed: TypedApi, known_scopes: Iterable[str]) -> CheckedApi | Problems:
    problems = Problems()
    checked = CheckedApi(
        name=check_name(typed.name, problems),
        resource=check_resource(typed.resource, problems),
        scopes=check_scopes(typed.scopes, known_scopes, problems),
    )
    return problems or checked


def check_resource(text: str, problems: Problems) -> str:
    """The resource URI (RFC 8707 §2) in the one spelling that requests are compared with."""
    resource = text.strip(" \t")
    if not resource:
        problems.add("resource", "Give the address of the API, for example https://api.example.com.")
        return resource
    try:
        resource = check_resource_uri(resource)
        if not resource.startswith("https://") and not LOOPBACK.fullmatch(resource):
            raise UriRefused(text, "it must begin with https://, or with http:// on 127.0.0.1, [::1] or localhost")
    except UriRefused as refused:
        problems.add("resource", f"{refused}.")
    return resource
