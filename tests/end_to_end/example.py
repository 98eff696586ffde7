"""A server of its own, filled by `run.py demo`, and the pages of the table with its ids in their addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg2

from end_to_end.chromium import Window
from end_to_end.running import Installation, Person, Service
from every_page import SIGNED_OUT, Page
from oauthsrv.embedded import databases

# What a path of the map can name; `of` is what the page is about.
NAMED = {
    "client_id": """
        SELECT client_id FROM client WHERE name = %(of)s UNION ALL SELECT client_id FROM api WHERE name = %(of)s
    """,
    "user_id": """SELECT user_id FROM "user" WHERE name = %(person)s""",
    "grant_id": """
        SELECT grant_id FROM "grant" JOIN "user" USING (user_id) JOIN client USING (client_id)
        WHERE email = 'uma@demo.example' AND client.name = %(of)s ORDER BY "grant".created_at DESC
    """,
    "request_id": """
        SELECT request_ids[1] FROM refusal JOIN client USING (client_id)
        WHERE name = %(of)s AND request_ids <> '{}' ORDER BY last_at DESC LIMIT 1
    """,
    "hint": """
        SELECT hint FROM client_secret JOIN client USING (client_id)
        WHERE name = %(of)s ORDER BY client_secret.created_at
    """,
    "name": "SELECT %(of)s",
}


class Example:
    """Runs until it is closed; people are signed in once, each in a browser of their own."""

    def __init__(self, folder: Path) -> None:
        installation = Installation(folder)
        self.service = Service(installation, OAUTHSRV_APP_REVIEW="on")
        try:
            self.service.until_ready()
            self.password = installation.made("demo")["password"]
        except BaseException:
            self.service.kill()
            raise
        self.people: dict[str, Person] = {}
        self.windows: dict[str, Window] = {}

    def close(self) -> None:
        try:
            assert self.service.stop() == 0
        finally:
            self.service.kill()

    def person(self, first_name: str) -> Person:
        if first_name not in self.people:
            person = Person(self.service.origin, f"{first_name}@demo.example", self.password)
            self.people[first_name] = person.sign_in()
        return self.people[first_name]

    def address(self, page: Page) -> str:
        with databases(self.service.installation.data) as found:
            db = psycopg2.connect(found.database_url)
            try:
                return re.sub(r"<(\w+)>", lambda named: self.value(db, named[1], page), page.path + page.query)
            finally:
                db.close()

    @staticmethod
    def value(db: Any, name: str, page: Page) -> str:
        with db.cursor() as cursor:
            cursor.execute(NAMED[name], {"of": page.of, "person": page.person})
            return str(cursor.fetchone()[0])

    def shown(self, chromium: Any, page: Page) -> tuple[Window, int]:
        """The person's window, on that page, and the status of its answer."""
        window = self.window_of(chromium, page.who)
        window.complaints.clear()
        window.page.set_viewport_size({"width": 1280, "height": 720})
        window.page.emulate_media(color_scheme="light")
        status = window.page.goto(self.service.origin + self.address(page)).status
        if page.then:
            page.then(window.page)
        return window, status

    def window_of(self, chromium: Any, who: str) -> Window:
        """One for all pages: a new one would cost as much as everything that is looked at there."""
        if who not in self.windows:
            page = chromium.new_context(reduced_motion="reduce").new_page()
            window = self.windows[who] = Window(page, self.service.origin)
            if who != SIGNED_OUT:
                window.enter(self.person(who))
        return self.windows[who]
