"""What happened, and how many days ago: rows of tables, and what chance adds."""

import itertools
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from oauthsrv.demo.apps import APPS, BILLING_API, PRODUCT_API, SCOPES, WEBHOOKS, App
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

# Days ago; a function of flows; who calls it, for what.
CALLS = (
    Act(180, apis.add, ("ada", PRODUCT_API)),
    Act(179, catalog.add, ("ada", "read:contacts", ScopeFields("Read your contacts", 90, True))),
    Act(150, review.verify, ("ada", "Zapier Connector")),
    Act(128.5, apis.add, ("ada", BILLING_API)),
    Act(120, review.verify, ("ada", "Slack Connector")),
    Act(101, apis.add, ("ada", WEBHOOKS)),
    Act(89, set_limits, ("ada", "Zapier Connector", Limits(5000, None, 6000))),
    Act(86, set_limits, ("ada", "Warehouse Export", Limits(1000, 25, 6000))),
    Act(70, review.verify, ("ada", "Invoice Robot")),
    Act(64, set_limits, ("ada", "Invoice Robot", Limits(1200, None, 6000))),
    Act(62, catalog.deprecate, ("ada", "read:contacts")),
    Act(60, review.verify, ("ada", "Pocket Calendar")),
    Act(41, revocations.revoke_client_tokens, ("ada", "Invoice Robot")),
    Act(33, revocations.revoke_user, ("ada", "vera")),  # she lost her laptop
    Act(26, accounts.change_name, ("zita", "zita", "Zita Példa")),
    Act(CLOSED["Old Importer"], revocations.delete_client, ("emil", "Old Importer")),
    Act(CLOSED["Mail Merge Plus"], partial(review.suspend_client, reason=REASON), ("ada", "Mail Merge Plus")),
    Act(CLOSED["walter"], revocations.disable_user, ("ada", "walter")),  # he left the company
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

SIGN_INS = {"user.signed_in": 15, "user.signed_out": 5, "user.sign_in_failed": 1}  # of each so many

# How some connections end, in turn; the first with an old refresh token, another with its code, sent again.
ENDS: tuple[tuple[Any, ...], ...] = (
    (Example.use, 0),
    (Example.revoke, "client_revoked"),
    (Example.expire, "expired"),
    (Example.revoke, "user"),
    (Example.exchange,),
    (Example.expire, "too_many_families"),
    (Example.disconnect,),
)


def history() -> list[Act]:
    """The earliest first."""
    chance = Chance()
    acts = [Act(days, Example.call, (flow, *of)) for days, flow, of in CALLS]
    acts += [*OTHERS, *(act for app in APPS.values() for act in development(app))]
    acts += (act for person in PEOPLE.values() for act in chance.sign_ins(person))
    acts += (act for app in APPS.values() for person in chance.users(app) for act in chance.connections(app, person))
    return sorted(acts, key=lambda act: -act.days)


def development(app: App) -> Iterator[Act]:
    yield Act(app.created, Example.register, (app.name,))
    if app.created > 1:
        yield Act(app.created - 0.6, Example.call, (review.approve, "ada", app.name))
    yield Act(app.created / 3 if app.created > 30 else app.created - 0.1, Example.change, (app.name,))
    for member in TEAMS.get(app.name, ()):
        yield Act(app.created - 5, Example.invite, (app.name, member))
        yield Act(app.created - 5.4, Example.join, (app.name, member))


class Chance(random.Random):
    """Seeded, so that every example has the same history."""

    def __init__(self) -> None:
        super().__init__(2121)
        self.ends = itertools.cycle(ENDS)

    def sign_ins(self, person: Person) -> Iterator[Act]:
        yield Act(person.signed_up, Example.sign_up, (person.first,))
        earliest, latest = min(person.signed_up, DAYS), CLOSED.get(person.first, 0)
        for action in self.choices(tuple(SIGN_INS), tuple(SIGN_INS.values()), k=int((earliest - latest) / 5)):
            yield Act(self.uniform(latest, earliest), Example.note, (action, person.first))

    def users(self, app: App) -> list[Person]:
        """Uma is a user of almost every app: she is the one to sign in as."""
        others = [person for person in PEOPLE.values() if person is not USER and person.first != app.owner]
        return [USER, *self.sample(others, app.users - 1)] if app.users else []

    def connections(self, app: App, person: Person) -> Iterator[Act]:
        """One person's connections, on up to three devices; what ends one of them or all is another act."""
        latest = max(CLOSED.get(name, 0.0) for name in (app.name, person.first))
        earliest = min(DAYS, app.created - 1, person.signed_up) - 0.2
        for _ in range(self.choices((1, 2, 3), (5, 3, 2))[0] if earliest > latest else 0):
            one, began = Connected(app.name, person.first), self.uniform(latest, earliest)
            ticked = [scope.rstrip("?") for scope in SCOPES[app.name].split() if self.random() < 0.75]
            yield Act(began, Example.connect, (one, ticked, self.choice(BROWSERS)))
            # Mostly used today, and never so long ago that it would have expired.
            yield Act(latest + min(began - latest, REFRESH_DAYS - 2) * self.random() ** 4, Example.use, (one,))
            if self.random() < 0.25:
                yield from self.end(one, began, latest)

    def end(self, one: Connected, began: float, latest: float) -> Iterator[Act]:
        end, *how = next(self.ends)
        unused = REFRESH_DAYS if how == ["expired"] else 0
        if began - unused > latest:
            ended = began - 0.0003 if end is Example.exchange else self.uniform(latest, began - unused)
            yield Act(ended + unused, Example.use, (one,))
            yield Act(ended, end, (one, *how))
