"""A form whose record was changed after the form was opened: the saved values beside the entered ones."""

from collections.abc import Iterable

from oauthsrv.flows.apis import ApiFields
from oauthsrv.flows.catalog import ScopeFields
from oauthsrv.flows.clients.authentication import AuthenticationFields
from oauthsrv.flows.clients.fields import ClientFields
from oauthsrv.flows.fields import rows
from oauthsrv.flows.managed_accounts import PersonFields
from oauthsrv.routes.forms import Conflict, FieldDifference, Form

RECORDS = (ClientFields, AuthenticationFields, ApiFields, ScopeFields, PersonFields)
LABELS = {
    **{name: row.label for record in RECORDS for name, row in rows(record).items()},
    "limit": "Calls per hour",
    "share": "Largest share of one user (percent)",
    "token_limit": "Token requests per minute",
    "access_ttl": "Access token lifetime (seconds)",
    "refresh_ttl": "Refresh token lifetime if unused (seconds)",
}


def superseded(typed: Form, now: Form) -> Form:
    """`typed` again, with its differences from `now`, the form as filled today; submitting it overwrites them."""
    typed.conflict = Conflict(
        [
            FieldDifference(label, as_text(name, now.all(name)), as_text(name, typed.all(name)))
            for name, label in LABELS.items()
            if lines(now.all(name)) != lines(typed.all(name))
        ]
    )
    typed.shown = now.shown
    return typed


def lines(values: Iterable[str]) -> list[str]:
    """The lines of the values, sorted, as the order of boxes and empty lines make no difference."""
    return sorted(line for value in values for text in value.splitlines() if (line := text.strip()))


def as_text(name: str, values: tuple[str, ...]) -> list[str]:
    found = [line for value in values for text in value.splitlines() if (line := text.strip())]
    if name == "logo":
        return ["the picture you chose"] if found else ["no new picture"]
    return found or ["–"]
