"""Forty people with names that nobody takes for real."""

from typing import NamedTuple


class Person(NamedTuple):
    name: str
    number: int

    @property
    def first(self) -> str:
        """What the other tables call this person."""
        return self.name.split()[0].lower()

    @property
    def email(self) -> str:
        return f"{self.first}@demo.example"

    @property
    def address(self) -> str:
        """An address from the ranges reserved for documentation (RFC 5737, RFC 3849)."""
        if self.number % 5 == 4:
            return f"2001:db8:{self.number + 10:x}::{self.number * 37 + 11:x}"
        return f"203.0.113.{self.number + 20}"

    @property
    def signed_up(self) -> float:
        """The number of days since the person signed up."""
        return 200 - 5.1 * self.number


NAMES = (
    *("Ada Example", "Dora Developer", "Uma User", "Emil Ejemplo", "Zoe Zkouška", "Bruno Sample", "Clara Muster"),
    *("Walter Beispiel", "Vera Voorbeeld", "Elif Örnek", "Filippo Esempio", "Giulia Prova", "Hanna Exempel"),
    *("Igor Primer", "Jana Príklad", "Kasia Przykład", "Liam Specimen", "Maja Eksempel", "Noor Placeholder"),
    *("Oskar Esimerkki", "Paula Modelo", "Quentin Exemple", "Rosa Amostra", "Sven Prov", "Tariq Mithal"),
    *("Ugo Campione", "Viktor Minta", "Wanda Wzór", "Xenia Paradigma", "Yusuf Deneme", "Zita Pelda"),
    *("Anouk Échantillon", "Birger Stickprov", "Chiara Dimostrazione", "Daan Testpersoon", "Eva Ukázka"),
    *("Farid Namuna", "Greta Demonstration-Longname", "Hugo Demo", "Ines Nueva"),
)
PEOPLE = {person.first: person for person in (Person(name, number) for number, name in enumerate(NAMES))}
ADMINISTRATOR, DEVELOPER, USER = PEOPLE["ada"], PEOPLE["dora"], PEOPLE["uma"]

BROWSERS = (
    *("Firefox on Windows", "Chrome on Windows", "Edge on Windows", "Safari on Mac", "Chrome on Mac"),
    *("Firefox on Linux", "Safari on iPhone", "Chrome on Android", "Samsung Internet on Android", "Safari on iPad"),
)
