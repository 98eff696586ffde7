"""An example installation (`run.py demo`): 40 users, 12 apps and 90 days of usage."""

from datetime import UTC, datetime, timedelta

from oauthsrv.demo.example import Example
from oauthsrv.demo.history import history
from oauthsrv.demo.people import PEOPLE
from oauthsrv.demo.refusals import write_refusals
from oauthsrv.demo.usage import write_usage
from oauthsrv.flows.refusals import NotDone
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

EMAILS = [person.email for person in PEOPLE.values()]


def fill(server: Server, password: str) -> bool:
    """Whether the example was made now. If it was there already, its people only get the password. Raises NotDone."""
    password_hash = server.passwords.hash(password)
    with reading(server.database) as db:
        users = sql.demo.users(db, emails=EMAILS)
    if users.others:
        raise NotDone(
            "there are users here who are not the demo's: it only fills empty databases. "
            "Give it databases of its own with OAUTHSRV_DATA_DIR=demo"
        )
    if users.without_password:
        raise NotDone(
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
    server, acts = example.server, history()
    made, meant = [], [now - timedelta(days=act.days) for act in acts]
    server.database.waits_for_disk = False
    for act in acts:
        with reading(server.database) as db:
            example.now = sql.deadlines.clock(db)
        made.append(example.now)
        act.do(example, *act.of)
    list(server.marks.flush())
    with transaction(server.database) as db:
        sql.demo.move(db, made=made, meant=meant)
        sql.demo.move_ended_families(db, made=made, meant=meant)
        sql.figures.forget_days(db)
    write_refusals(example, now)
    write_usage(example, now)
    server.database.waits_for_disk = True
