"""Registering apps and APIs: one story for the portal, the admin pages and the command line.

What was typed is checked whole, so that a person sees everything that is wrong at once. Each change
is one transaction with its audit event; then the client's stamp is struck, then it is answered (SPEC §5.6).
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from oauthsrv.flows import endings
from oauthsrv.flows.endings import Actor, audit
from oauthsrv.oauth.credentials import digest, new_client_id, new_client_secret
from oauthsrv.oauth.redirect_uris import LOOPBACK, check_redirect_uri
from oauthsrv.oauth.resources import check_resource_uri
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.oauth.uris import UriRefused, check_home_page
from oauthsrv.store.database import reading, sql, transaction

if TYPE_CHECKING:
    from oauthsrv.server import Server

NAME_MAX = 80
DESCRIPTION_MAX = 1000
REDIRECT_URIS_MAX = 20
LIMIT_MAX = 100_000_000
SECRETS_MAX = 2

# A name stands on the consent page: these could turn the text around it, or hide in it.
DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SEPARATORS_AND_CONTROLS = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})


class Problems(dict[str, list[str]]):
    """Field → what is wrong with it and what to do."""

    def add(self, field: str, message: str) -> None:
        self.setdefault(field, []).append(message)


class NoSuchApp(LookupError):
    """There is no such app, or there is none any more."""


class NotDone(Exception):
    """A change that cannot be made as things are; the message tells a person why and what to do."""


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


class Credentials(NamedTuple):
    """A new client or API; the secret can be shown now and never again."""

    client_id: str
    client_secret: str | None

    def __repr__(self) -> str:
        return f"Credentials({self.client_id})"


def lines(text: str) -> list[str]:
    """The lines of a text area, their own spaces at both ends left out; empty ones stay, so that numbers fit."""
    return [line.strip(" \t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def catalogue(server: Server) -> list[Any]:
    """Every scope there is, in the order it is shown."""
    with reading(server.database) as db:
        return sql.apps.catalogue(db)  # type: ignore[no-any-return]


# Checking an app


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
    name = one_line(text)
    if not any(unicodedata.category(character)[0] in "LNS" for character in name):
        problems.add("name", "Give it a name, with at least one letter or digit.")
    elif len(name) > NAME_MAX:
        problems.add("name", f"At most {NAME_MAX} characters; this has {len(name)}.")
    if bad := unprintable(name):
        problems.add("name", f"It holds a character that cannot be shown ({bad}). Leave it out.")
    return name


def one_line(text: str) -> str:
    """`text` as a name is kept: in one spelling of its accents, with single spaces."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def check_description(text: str, problems: Problems) -> str:
    description = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(description) > DESCRIPTION_MAX:
        problems.add("description", f"At most {DESCRIPTION_MAX:,} characters; this has {len(description):,}.")
    if bad := unprintable(description.replace("\n", "").replace("\t", "")):
        problems.add("description", f"It holds a character that cannot be shown ({bad}). Leave it out.")
    return description


def unprintable(text: str) -> str | None:
    """The first character that has no place in a line of text, by its number."""
    for character in text:
        if unicodedata.category(character) in SEPARATORS_AND_CONTROLS or DIRECTION_MARKS.match(character):
            return f"U+{ord(character):04X}"
    return None


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
    for number, text in enumerate(typed, 1):
        if not text:
            continue
        try:
            uri = check_redirect_uri(text, allowed_to)
        except UriRefused as refused:
            problems.add("redirect_uris", f"{each} {number}, {refused}.")
        else:
            if uri not in good:
                good.append(uri)
    if not any(typed):
        problems.add("redirect_uris", "Give at least one: where users come back to after they allowed your app.")
    elif len(good) > REDIRECT_URIS_MAX:
        problems.add("redirect_uris", f"At most {REDIRECT_URIS_MAX} addresses; these are {len(good)}.")
    return good


def check_scopes(typed: Sequence[str], known: Iterable[str], problems: Problems) -> list[str]:
    known = list(known)
    for scope in dict.fromkeys(typed):
        if scope == OFFLINE_ACCESS:
            problems.add("scopes", f"Leave out {OFFLINE_ACCESS}: every app may ask for it.")
        elif scope not in known:
            problems.add("scopes", f"There is no scope “{scope[:100]}”. There are: {', '.join(known)}.")
    return [scope for scope in known if scope in typed]


# An app's life


def add_app(
    server: Server, app: CheckedApp, owner_id: str, *, by: Actor, approved: bool, form_token: str | None = None
) -> Credentials | None:
    """The new app's credentials; None if this very form has made its app before (`made_by` tells which).

    The app's id is derived from the form's token, so its primary key lets a form that is sent
    again, by a reload or a second click, make nothing.
    """
    client_id = made_by(server, owner_id, form_token) if form_token else new_client_id()
    secret = new_client_secret() if app.type == "confidential" else None
    with transaction(server.database) as db:
        added = sql.register.add_client(
            db,
            client_id=client_id,
            name=app.name,
            description=app.description,
            home_page=app.home_page,
            type=app.type,
            redirect_uris=app.redirect_uris,
            scopes=app.scopes,
            skips_pkce=app.skips_pkce,
            owner_id=owner_id,
            approved=approved,
        )
        if added is None:
            return None
        if secret is not None:
            sql.register.add_secret(db, client_id=client_id, secret_hash=digest(secret), hint=hint_of(secret))
        audit(db, "client.created", by, user_id=owner_id, client_id=client_id, name=app.name, type=app.type)
    return Credentials(client_id, secret)


def made_by(server: Server, user_id: str, form_token: str) -> str:
    """The id of what this user's form makes: nobody can choose it, and the same form gives the same."""
    message = f"{user_id} {form_token}".encode()
    return "cli_" + hmac.digest(server.installation.browser_key, b"form " + message, "sha256")[:16].hex()


def change_app(server: Server, client_id: str, app: CheckedApp, *, by: Actor) -> bool:
    """Whether it is in force already. The type stays what it is."""
    with transaction(server.database) as db:
        old = locked(db, client_id)
        if app.type != old.type:
            raise NotDone(f"This app is {old.type}, and its type never changes. Register another app instead.")
        changed = [field for field in CHANGEABLE if getattr(app, field) != getattr(old, field)]
        if changed:
            sql.register.change_client(db, client_id=client_id, **{field: getattr(app, field) for field in CHANGEABLE})
            audit(db, "client.changed", by, user_id=old.owner_id, client_id=client_id, changed=changed)
    # Struck even if nothing changed: repeating a change that was recorded only brings it into force.
    return endings.client_changed(server, client_id)


CHANGEABLE = ("name", "description", "home_page", "redirect_uris", "scopes", "skips_pkce")


class NewSecret(NamedTuple):
    text: str
    in_force: bool

    def __repr__(self) -> str:
        return "NewSecret(…)"


def add_secret(server: Server, client_id: str, *, by: Actor, seen: Sequence[str] | None = None) -> NewSecret:
    """A second secret, shown now and never again; both work until one is retired.

    `seen` are the hints on the page that asks: if the app has others meanwhile, nothing is made,
    so a form that is sent again makes no second one.
    """
    with transaction(server.database) as db:
        old = locked(db, client_id)
        if old.type != "confidential":
            raise NotDone("A public app has no secret: it could not keep it.")
        hints = [secret.hint for secret in sql.register.secrets(db, client_id=client_id)]
        if len(hints) >= SECRETS_MAX:
            raise NotDone("This app has two secrets already. Retire the one that is no longer used first.")
        if seen is not None and sorted(seen) != sorted(hints):
            raise NotDone("The secrets of this app changed since that page was opened. Look again, then add one.")
        secret = new_client_secret()
        while hint_of(secret) in hints:  # the hint is what tells the two apart
            secret = new_client_secret()
        sql.register.add_secret(db, client_id=client_id, secret_hash=digest(secret), hint=hint_of(secret))
        sql.register.note_change(db, client_id=client_id)
        audit(db, "client.secret_added", by, user_id=old.owner_id, client_id=client_id, hint=hint_of(secret))
    return NewSecret(secret, endings.client_changed(server, client_id))


def retire_secret(server: Server, client_id: str, hint: str, *, by: Actor) -> bool:
    """Whether it is in force already: the secret is refused everywhere."""
    with transaction(server.database) as db:
        old = locked(db, client_id)
        hints = [secret.hint for secret in sql.register.secrets(db, client_id=client_id)]
        if hint in hints:
            if len(hints) == 1:
                raise NotDone(
                    "This is the only secret of this app. Add a second one, move your app to it, then retire this one."
                )
            sql.register.retire_secret(db, client_id=client_id, hint=hint)
            sql.register.note_change(db, client_id=client_id)
            audit(db, "client.secret_retired", by, user_id=old.owner_id, client_id=client_id, hint=hint)
    # A hint that is gone was retired before: said again, it is struck again.
    return endings.client_changed(server, client_id)


def approve(server: Server, client_id: str, *, by: Actor) -> bool:
    """From now on everybody can use the app, where new apps are reviewed."""
    with transaction(server.database) as db:
        old = locked(db, client_id)
        if sql.register.approve(db, client_id=client_id):
            audit(db, "client.approved", by, user_id=old.owner_id, client_id=client_id)
    return endings.client_changed(server, client_id)


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


def set_limit(server: Server, client_id: str, limit: int, *, by: Actor) -> bool:
    """Calls per hour alone."""
    return _change_limits(server, client_id, lambda old: old._replace(calls_per_hour=limit), by)


def set_limits(server: Server, client_id: str, limits: Limits, *, by: Actor) -> bool:
    return _change_limits(server, client_id, lambda _: limits, by)


def _change_limits(server: Server, client_id: str, change: Callable[[Limits], Limits], by: Actor) -> bool:
    with transaction(server.database) as db:
        row = locked(db, client_id)
        old = Limits(row.rate_limit_per_hour, row.grant_share_percent, row.token_limit_per_minute)
        new = change(old)
        if new != old:
            sql.register.set_limits(
                db,
                client_id=client_id,
                limit=new.calls_per_hour,
                share=new.grant_share_percent,
                token_limit=new.token_requests_per_minute,
            )
            pairs = zip(Limits._fields, old, new, strict=True)
            changed = {name: [before, now] for name, before, now in pairs if before != now}
            audit(db, "client.limit_changed", by, user_id=row.owner_id, client_id=client_id, **changed)
    return endings.client_changed(server, client_id)


def locked(db: Any, client_id: str) -> Any:
    """The client's row, which nobody else changes before this transaction ends."""
    row = sql.register.lock_client(db, client_id=client_id)
    if row is None:
        raise NoSuchApp(client_id)
    return row


# APIs


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


def add_api(
    server: Server, api: CheckedApi, *, by: Actor, form_token: str | None = None
) -> Credentials | Problems | None:
    """The new API's credentials for introspection; None if this very form has made it before."""
    client_id = made_by(server, by.actor_id or "", form_token) if form_token else new_client_id()
    secret = new_client_secret()
    with transaction(server.database) as db:
        added = sql.register.add_api(
            db, client_id=client_id, name=api.name, resource=api.resource, scopes=api.scopes, secret_hash=digest(secret)
        )
        if added is None:
            there = sql.register.api_of_resource(db, resource=api.resource)
            if there is None or there.client_id == client_id:
                return None
            return Problems(resource=[f"The API “{there.name}” has this address already. Each API has its own."])
        audit(db, "api.created", by, client_id=client_id, name=api.name, resource=api.resource)
    endings.apis_changed(server)  # or the sweep does it within a minute
    return Credentials(client_id, secret)


def hint_of(secret: str) -> str:
    return secret[-4:]
