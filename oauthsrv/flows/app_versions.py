"""What of a changed app is in force at once, and what waits for review: additions wait, removals never do (rule 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oauthsrv.flows.app_fields import CONSOLE_CALLBACK, CheckedApp
from oauthsrv.oauth.redirect_uris import consent_host

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
