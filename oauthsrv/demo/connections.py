"""Who allowed which app, on how many devices, and how that ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from oauthsrv.demo.apps import APPS, App, server_of
from oauthsrv.demo.people import BROWSERS, PEOPLE, USER, Person, address_of
from oauthsrv.demo.records import HISTORY, Records
from oauthsrv.demo.registering import some_hash
from oauthsrv.oauth.credentials import new_family_id, new_grant_id
from oauthsrv.oauth.redirect_uris import consent_host

REFRESH_DAYS = 30
# After these a person may allow the app once more.
CAN_BEGIN_AGAIN = {"user", "user_revoked", "client_tokens_ended"}
# Further devices went one of these ways, in turn.
FAMILY_EVENTS = {
    "reused": "family.reused",
    "code_replayed": "family.code_replayed",
    "client_revoked": "family.ended",
    "user": "family.ended",
}


class Grant(NamedTuple):
    """What one person allowed one app, in days ago; `end` is when and why it ended."""

    app: App
    person: Person
    began: float
    end: tuple[float, str] | None

    @property
    def over(self) -> float:
        """Since when nothing is used any more."""
        return max(self.end[0] if self.end else 0.0, self.app.suspended or 0.0)


def connect(records: Records) -> None:
    for app in APPS:
        for person in allowing(records, app):
            for grant in grants(records, app, person):
                add_grant(records, grant)


def allowing(records: Records, app: App) -> list[Person]:
    """The user of the demo is nearly always among them."""
    others = [person for person in PEOPLE if person is not USER and person.first != app.owner]
    chosen = records.chance.sample(others, max(0, app.users - 1))
    return [USER, *chosen] if app.users else []


def grants(records: Records, app: App, person: Person) -> Iterator[Grant]:
    """One after the other: at most one lives."""
    earliest = min(HISTORY, app.created - 1, person.signed_up) - 0.2
    latest = max(person.disabled or 0, app.suspended or 0, app.deleted or 0)
    began = latest + (earliest - latest) * records.chance.random() ** 0.6
    while latest < began <= earliest:
        grant = Grant(app, person, began, ending(records, app, person, began))
        yield grant
        if grant.end is None or grant.end[1] not in CAN_BEGIN_AGAIN or records.chance.random() < 0.4:
            return
        began = latest + (grant.end[0] - latest) * records.chance.uniform(0.3, 0.95)


def ending(records: Records, app: App, person: Person, began: float) -> tuple[float, str] | None:
    """The first thing that happened after it began."""
    things = [
        (person.disabled, "user_disabled"),
        (person.revoked, "user_revoked"),
        (app.tokens_ended, "client_tokens_ended"),
        (app.deleted, "client_deleted"),
        (began * records.chance.random() if records.chance.random() < 0.15 else None, "user"),
    ]
    return max(((days, reason) for days, reason in things if days is not None and days < began), default=None)


def add_grant(records: Records, grant: Grant) -> None:
    app, person, began, end = grant
    left_out = [scope for scope in app.optional if records.chance.random() < 0.25]
    scopes = [scope for scope in app.scopes if scope not in left_out]
    grant_id = new_grant_id()
    used = min(add_families(records, grant, grant_id, scopes), default=None)
    records.add(
        "grants",
        grant_id=grant_id,
        user_id=records.user_ids[person.first],
        client_id=records.client_ids[app.name],
        scopes=scopes,
        created_at=records.ago(began),
        last_used_at=records.ago(used),
        last_used_from=sender(app, person) if used is not None else None,
        ended_at=records.ago(end[0]) if end else None,
        end_reason=end[1] if end else None,
    )
    records.add(
        "consents",
        grant_id=grant_id,
        redirect_host=consent_host(app.redirect_uris[0]),
        resources=[],
        scopes=scopes,
        declined=left_out,
        given_at=records.ago(began),
    )
    told = {"actor": person.first, "user": person.first, "app": app.name, "address": address_of(person)}
    records.event(began, "grant.given", **told, scopes=scopes, resources=[])
    if end and end[1] == "user":
        records.event(end[0], "grant.ended", **told, reason="user")


def sender(app: App, person: Person) -> str:
    """An app's own server, or the device that a public app runs on."""
    return server_of(app) if app.type == "confidential" else address_of(person)


def add_families(records: Records, grant: Grant, grant_id: str, scopes: list[str]) -> list[float]:
    """When each device was last used."""
    number = records.chance.choices((1, 2, 3), (5, 3, 2))[0]
    begins = [grant.began, *(records.chance.uniform(grant.over, grant.began) for _ in range(number - 1))]
    return [add_family(records, grant, grant_id, scopes, began) for began in begins]


def add_family(records: Records, grant: Grant, grant_id: str, scopes: list[str], began: float) -> float:
    app, person = grant.app, grant.person
    used, end = last_use(records, grant, began)
    records.add(
        "families",
        family_id=new_family_id(),
        grant_id=grant_id,
        client_id=records.client_ids[app.name],
        subject=next(row["subject"] for row in records.tables["users"] if row["email"] == person.email),
        scopes=scopes,
        resources=[],
        code_hash=some_hash(),
        handle_hash=some_hash(),
        current_hash=some_hash(),
        generation=1 + int((began - used) * records.chance.uniform(2, 20)),
        browser=records.chance.choice(BROWSERS),
        address=sender(app, person),
        created_at=records.ago(began),
        last_used_at=records.ago(used),
        expires_at=records.ago(used - REFRESH_DAYS),
        ended_at=records.ago(end[0]) if end else None,
        end_reason=end[1] if end else None,
    )
    if end and end != grant.end and end[1] in FAMILY_EVENTS:
        is_theirs = end[1] == "user"
        records.event(
            end[0],
            FAMILY_EVENTS[end[1]],
            actor=person.first if is_theirs else None,
            user=person.first,
            app=app.name,
            address=address_of(person) if is_theirs else sender(app, person),
            **({"reason": end[1]} if FAMILY_EVENTS[end[1]] == "family.ended" else {}),
        )
    return used


def last_use(records: Records, grant: Grant, began: float) -> tuple[float, tuple[float, str] | None]:
    """When a device was last used; and when and why it ended, if it did. The first one stays as long as the grant."""
    chance, over = records.chance, grant.over
    if began != grant.began and chance.random() < 0.4:
        reason = next(records.family_ends)
        if reason == "code_replayed":
            return began, (max(over, began - 0.0003), reason)
        if reason != "expired":
            ended = chance.uniform(over, began)
            return (began + ended) / 2, (ended, reason)
        if began - over > REFRESH_DAYS:
            ended = chance.uniform(over, began - REFRESH_DAYS)
            return ended + REFRESH_DAYS, (ended, reason)
    # Mostly today, and never so long ago that it has expired meanwhile.
    used = over + min(began - over, REFRESH_DAYS - 2.0) * chance.random() ** 4
    if over and grant.end is None and over > REFRESH_DAYS - 2:  # suspended for longer than that
        return used, (used - REFRESH_DAYS, "expired")
    return used, grant.end
