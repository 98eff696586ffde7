"""Forty people whom nobody can take for real ones, and how often they sign in."""

from __future__ import annotations

from typing import NamedTuple

from oauthsrv.demo.records import HISTORY, Records
from oauthsrv.oauth.credentials import new_user_id


class Person(NamedTuple):
    """Times are in days ago."""

    name: str
    signed_up: float
    disabled: float | None = None
    revoked: float | None = None

    @property
    def first(self) -> str:
        return self.name.split()[0].lower()

    @property
    def email(self) -> str:
        return f"{self.first}@demo.example"


PEOPLE = (
    Person("Ada Example", 200),  # the administrator
    Person("Dora Developer", 190),  # most apps are hers
    Person("Uma User", 170),  # allowed most of them
    Person("Emil Ejemplo", 185),
    Person("Zoe Zkouška", 120),
    Person("Bruno Sample", 180),
    Person("Clara Muster", 176),
    Person("Walter Beispiel", 171, disabled=12),  # he left the company
    Person("Vera Voorbeeld", 166, revoked=33),  # she lost her laptop
    Person("Elif Örnek", 160),
    Person("Filippo Esempio", 151),
    Person("Giulia Prova", 149),
    Person("Hanna Exempel", 140),
    Person("Igor Primer", 133),
    Person("Jana Príklad", 130),
    Person("Kasia Przykład", 126),
    Person("Liam Specimen", 118),
    Person("Maja Eksempel", 111),
    Person("Noor Placeholder", 108),
    Person("Oskar Esimerkki", 101),
    Person("Paula Modelo", 97),
    Person("Quentin Exemple", 95),
    Person("Rosa Amostra", 91),
    Person("Sven Prov", 88),
    Person("Tariq Mithal", 83),
    Person("Ugo Campione", 77),
    Person("Viktor Minta", 71),
    Person("Wanda Wzór", 66),
    Person("Xenia Paradigma", 61),
    Person("Yusuf Deneme", 58),
    Person("Zita Példa", 72),
    Person("Anouk Échantillon", 47),
    Person("Birger Stickprov", 40),
    Person("Chiara Dimostrazione", 34),
    Person("Daan Testpersoon", 29),
    Person("Eva Ukázka", 23),
    Person("Farid Namuna", 17),
    Person("Greta Demonstration-Longname", 11),
    Person("Hugo Demo", 6),
    Person("Ines Nueva", 0.4),
)
ADMINISTRATOR, DEVELOPER, USER = PEOPLE[:3]
EMAILS = [person.email for person in PEOPLE]

BROWSERS = (
    "Firefox on Windows", "Chrome on Windows", "Edge on Windows", "Safari on Mac", "Chrome on Mac", "Firefox on Linux",
    "Safari on iPhone", "Chrome on Android", "Samsung Internet on Android", "Safari on iPad",
)  # fmt: skip


def address_of(person: Person) -> str:
    """From the ranges that are kept for documentation (RFC 5737, RFC 3849)."""
    number = PEOPLE.index(person)
    if number % 5 == 4:
        return f"2001:db8:{number + 10:x}::{number * 37 + 11:x}"
    return f"203.0.113.{number + 20}"


def sign_up(records: Records, password_hash: str) -> None:
    for person in PEOPLE:
        user_id = records.user_ids[person.first] = new_user_id()
        records.add(
            "users",
            user_id=user_id,
            subject=new_user_id().removeprefix("usr_"),
            email=person.email,
            name=person.name,
            password_hash=password_hash,
            is_admin=person is ADMINISTRATOR,
            created_at=records.ago(person.signed_up),
            disabled_at=records.ago(person.disabled),
        )
        told = {"actor": person.first, "user": person.first, "address": address_of(person)}
        records.event(person.signed_up, "user.signed_up", **told)
        for days in sign_ins(records, person):
            if records.chance.random() < 0.07:
                records.event(days + 0.0005, "user.sign_in_failed", user=person.first, address=told["address"])
            records.event(days, "user.signed_in", **told)
            if records.chance.random() < 0.3:
                records.event(days - 0.03, "user.signed_out", **told)
    offboard(records)


def sign_ins(records: Records, person: Person) -> list[float]:
    """In days ago; nobody disabled signs in."""
    last = person.disabled or 0
    days = min(person.signed_up, HISTORY) - 0.01
    found = []
    while days > last + 0.04:
        found.append(days)
        days -= records.chance.uniform(1, 12)
    return found


def offboard(records: Records) -> None:
    """What an administrator did to people, and what they did to their accounts."""
    by = {"actor": ADMINISTRATOR.first, "address": address_of(ADMINISTRATOR)}
    records.event(ADMINISTRATOR.signed_up, "user.made_admin", user=ADMINISTRATOR.first)
    for person in PEOPLE:
        if person.disabled:
            records.event(person.disabled, "user.disabled", user=person.first, **by)
        if person.revoked:
            records.event(person.revoked, "user.revoked", user=person.first, **by)
    for person, days in zip(PEOPLE[1:9:2], (81, 44, 27, 9), strict=True):
        told = {"actor": person.first, "user": person.first, "address": address_of(person)}
        records.event(days, "user.password_changed", **told)
    records.event(58, "user.changed", actor="zita", user="zita", address=address_of(PEOPLE[30]), changed=["name"])
