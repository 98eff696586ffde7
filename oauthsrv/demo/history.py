"""What happened, and how many days ago: rows of tables, and what chance adds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from oauthsrv.demo.apps import BILLING_API, PRODUCT_API, ROWS, WEBHOOKS, App, optional_scopes
from oauthsrv.demo.example import Connected, Example
from oauthsrv.demo.people import BROWSERS, PEOPLE, USER, Person
from oauthsrv.flows import accounts, apis, catalog, revocations
from oauthsrv.flows.catalog import ScopeFields
from oauthsrv.flows.clients import review
from oauthsrv.flows.clients.limits import Limits, set_limits

DAYS = 90.0  # ago that the first use happened; most people and apps are older
REFRESH_DAYS = 30.0


class Act(NamedTuple):
    days: float  # ago
    do: Callable[..., Any]
    of: tuple[Any, ...]


CLOSED = {"Old Importer": 20, "Mail Merge Plus": 6, "walter": 5}
REASON = "Users report newsletters that they did not ask for. Write to trust@demo.example to talk about it."
ENDED = {"Invoice Robot": 41, "vera": 33}  # all connections, which users may make again

# Days ago; a function of flows; what it is called for, who calls it, its other arguments.
CALLS = (
    Act(180, apis.add, (PRODUCT_API, "ada")),
    Act(179, catalog.add, ("read:contacts", "ada", ScopeFields("Read your contacts", 90, True))),
    Act(150, review.verify, ("Zapier Connector", "ada")),
    Act(128.5, apis.add, (BILLING_API, "ada")),
    Act(120, review.verify, ("Slack Connector", "ada")),
    Act(101, apis.add, (WEBHOOKS, "ada")),
    Act(89, set_limits, ("Zapier Connector", "ada", Limits(5000, None, 6000))),
    Act(86, set_limits, ("Warehouse Export", "ada", Limits(1000, 25, 6000))),
    Act(70, review.verify, ("Invoice Robot", "ada")),
    Act(64, set_limits, ("Invoice Robot", "ada", Limits(1200, None, 6000))),
    Act(62, catalog.deprecate, ("read:contacts", "ada")),
    Act(60, review.verify, ("Pocket Calendar", "ada")),
    Act(26, accounts.change_name, ("zita", "zita", "Zita Példa")),
    Act(ENDED["Invoice Robot"], revocations.revoke_client_tokens, ("Invoice Robot", "ada")),
    Act(ENDED["vera"], revocations.revoke_user, ("vera", "ada")),  # she lost her laptop
    Act(CLOSED["Old Importer"], revocations.delete_client, ("Old Importer", "emil")),
    Act(CLOSED["Mail Merge Plus"], partial(review.suspend_client, reason=REASON), ("Mail Merge Plus", "ada")),
    Act(CLOSED["walter"], revocations.disable_user, ("walter", "ada")),  # he left the company
)
OTHERS = (
    Act(81, Example.note, ("user.password_changed", "dora")),
    Act(44, Example.note, ("user.password_changed", "emil")),
    Act(27, Example.note, ("user.password_changed", "bruno")),
    Act(9, Example.note, ("user.password_changed", "vera")),
    Act(9, Example.add_secret, ("Slack Connector",)),
    Act(2, Example.invite, ("Slack Connector", "bruno")),
    Act(2, Example.invite, ("Timesheets", "uma")),
    Act(1.4, Example.offer, ("Zapier Connector", "emil")),
    Act(1.1, Example.change, ("Zapier Connector", ["https://zaps-next.example/oauth/return"], ["read:billing"])),
)
TEAMS = {"Zapier Connector": ("emil",), "Slack Connector": ("emil", "zoe"), "Timesheets": ("dora", "elif")}

# How connections of further devices end, in turn.
DEVICE_ENDS = ("reused", "client_revoked", "expired", "user", "code_replayed", "too_many_families")


def history() -> list[Act]:
    """The earliest first."""
    chance = Chance()
    acts = [Act(days, Example.call, (flow, *of)) for days, flow, of in CALLS]
    acts += [*OTHERS, *(act for app in ROWS for act in development(app))]
    acts += (act for person in PEOPLE.values() for act in chance.sign_ins(person))
    acts += (act for app in ROWS for person in chance.users(app) for act in chance.connections(app, person))
    return sorted(acts, key=lambda act: -act.days)


def development(app: App) -> Iterator[Act]:
    yield Act(app.created, Example.register, (app.name,))
    if app.created > 1:
        yield Act(app.created - 0.6, Example.call, (review.approve, app.name, "ada"))
    yield Act(app.created / 3 if app.created > 30 else app.created - 0.1, Example.change, (app.name,))
    for member in TEAMS.get(app.name, ()):
        yield Act(app.created - 5, Example.invite, (app.name, member))
        yield Act(app.created - 5.4, Example.join, (app.name, member))


class Chance(random.Random):
    """Seeded, so that every example has the same history."""

    def __init__(self) -> None:
        super().__init__(2121)
        self.ends = itertools.cycle(DEVICE_ENDS)

    def sign_ins(self, person: Person) -> Iterator[Act]:
        yield Act(person.signed_up, Example.sign_up, (person.first,))
        days = min(person.signed_up, DAYS) - 0.01
        while days > CLOSED.get(person.first, 0) + 0.04:
            if self.random() < 0.07:
                yield Act(days + 0.0005, Example.note, ("user.sign_in_failed", person.first))
            yield Act(days, Example.note, ("user.signed_in", person.first))
            if self.random() < 0.3:
                yield Act(days - 0.03, Example.note, ("user.signed_out", person.first))
            days -= self.uniform(1, 12)

    def users(self, app: App) -> list[Person]:
        """Uma is a user of almost every app: she is the one to sign in as."""
        others = [person for person in PEOPLE.values() if person is not USER and person.first != app.owner]
        return [USER, *self.sample(others, app.users - 1)] if app.users else []

    def connections(self, app: App, person: Person) -> Iterator[Act]:
        """What one person allows one app, and perhaps allows again after it ended."""
        of = (app.name, person.first)
        earliest, latest = min(DAYS, app.created - 1, person.signed_up) - 0.2, max(CLOSED.get(name, 0) for name in of)
        began = latest + (earliest - latest) * self.random() ** 0.6
        while latest < began <= earliest:
            own_end = began * self.random() if self.random() < 0.15 else 0.0
            over = max(latest, own_end, *(ENDED[name] for name in of if ENDED.get(name, began) < began))
            declined = [scope for scope in optional_scopes(app) if self.random() < 0.25]
            yield Act(began, Example.allow, (*of, declined))
            yield from self.device(of, began, over)
            for _ in range(self.choices((0, 1, 2), (5, 3, 2))[0]):
                end = next(self.ends) if self.random() < 0.4 else ""
                yield from self.device(of, self.uniform(over, began), over, end)
            if over == own_end > 0:
                yield Act(over, Example.disconnect, of)
            if over == latest or self.random() > 0.4:
                return
            began = latest + (over - latest) * self.uniform(0.3, 0.95)

    def device(self, of: tuple[str, str], began: float, over: float, end: str = "") -> Iterator[Act]:
        """One connection. Without an `end` of its own it ends with all others: `over` days ago, or never if 0."""
        one = Connected(*of)
        yield Act(began, Example.connect, (one, self.choice(BROWSERS)))
        unused = REFRESH_DAYS if end == "expired" else 0
        if not end or over > began - unused:
            # Mostly used today, and never so long ago that it would have expired.
            yield Act(over + min(began - over, REFRESH_DAYS - 2) * self.random() ** 4, Example.use, (one,))
        elif end == "code_replayed":
            yield Act(began - 0.0003, Example.end, (one, end))
        else:
            ended = self.uniform(over, began - unused)
            yield Act(ended + unused, Example.use, (one,))
            yield Act(ended, Example.end, (one, end))
