"""An example installation (`run.py demo`): 40 users, 12 apps and 90 days of usage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oauthsrv.demo.example import Example
from oauthsrv.demo.history import history
from oauthsrv.demo.people import PEOPLE
from oauthsrv.demo.refusals import write_refusals
from oauthsrv.demo.usage import write_usage
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

EMAILS = [person.email for person in PEOPLE.values()]
MOVES = (
    *(sql.demo.move_users, sql.demo.move_scopes, sql.demo.move_clients, sql.demo.move_secrets, sql.demo.move_members),
    *(
        sql.demo.move_links,
        sql.demo.move_transfers,
        sql.demo.move_proposals,
        sql.demo.move_apis,
        sql.demo.move_grants,
        sql.demo.move_consents,
    ),
    *(sql.demo.move_families, sql.demo.move_ended_families, sql.demo.move_events),
)


class NotFilled(Exception):
    """The message says why, and what to do."""


def fill(server: Server, password: str) -> bool:
    """Whether the example was made now. If it was there before, its people only get the new password."""
    password_hash = server.passwords.hash(password)
    with reading(server.database) as db:
        users = sql.demo.users(db, emails=EMAILS)
    if users.others:
        raise NotFilled(
            "there are users here who are not the demo's: it only fills empty databases. "
            "Give it databases of its own with OAUTHSRV_DATA_DIR=demo"
        )
    if users.without_password:
        raise NotFilled(
            "another process is filling these databases, or was interrupted. "
            "Wait, or give the demo empty ones with OAUTHSRV_DATA_DIR=demo"
        )
    if not users.any:
        make(Example(server), datetime.now(UTC))
    with transaction(server.database) as db:
        sql.demo.set_password(db, password_hash=password_hash, emails=EMAILS)
    return not users.any


def make(example: Example, now: datetime) -> None:
    """Everything happens within seconds; then each moment is moved to the day it belongs to."""
    made, meant = [], []
    example.server.database.waits_for_disk = False
    for act in history():
        with reading(example.server.database) as db:
            example.now = sql.deadlines.clock(db)
        act.do(example, *act.of)
        made.append(example.now)
        meant.append(now - timedelta(days=act.days))
    for _ in example.server.marks.flush():
        pass
    with transaction(example.server.database) as db:
        for move in MOVES:
            move(db, made=made, meant=meant)
        sql.figures.forget_days(db)
    write_refusals(example, now)
    write_usage(example, now)
    example.server.database.waits_for_disk = True
