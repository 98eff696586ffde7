"""Reports about an app, by users and by the server itself: administrators look at them and close them."""

from typing import NamedTuple

from oauthsrv.flows import names, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.refusals import Problems
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction

COMMENT_MAX = 1000
MOST = 1000  # per app

CLOSE_NAME = "close_name"  # reported by the server itself


class Reason(NamedTuple):
    text: str  # for the person who reports, and for administrators
    needs_comment: bool = False


REASONS = {
    "pretends": Reason("It pretends to be another app or company"),
    "unexpected": Reason("It asks for more than it needs, or did something I didn’t expect"),
    "unwanted": Reason("It sends spam or ads"),
    "other": Reason("Something else", needs_comment=True),
    CLOSE_NAME: Reason("Its name is similar to a name users know"),
}
OF_PEOPLE = {name: reason for name, reason in REASONS.items() if name != CLOSE_NAME}


def report(server: Server, client_id: str, reason: str, comment: str, *, by: Actor) -> None:
    """Record a report, which replaces that person's earlier one. The developers don't see it.

    Raises FieldsRefused, NotFound.
    """
    problems = Problems()
    comment = comment.replace("\r\n", "\n").strip()
    if reason not in OF_PEOPLE:
        problems.add("reason", "Choose what’s wrong with the app.")
    elif REASONS[reason].needs_comment and not comment:
        problems.add("comment", "Describe what’s wrong.")
    if refused := names.text_problem(comment, COMMENT_MAX, layout="\n\t"):
        problems.add("comment", refused)
    problems.check()
    with transaction(server.database) as db:
        rights.lock(db, by, client_id=client_id)
        sql.reports.add(db, client_id=client_id, user_id=by.actor_id, reason=reason, comment=comment, at_most=MOST)


def note_name(db: Connection, client_id: str, close_to: str) -> None:
    """Report what a new name is close to, if anything; the report about the earlier name is deleted in any case."""
    sql.reports.delete_of_server(db, client_id=client_id)
    if close_to:
        sql.reports.add(db, client_id=client_id, user_id=None, reason=CLOSE_NAME, comment=close_to, at_most=MOST)


def close(server: Server, client_id: str, last: int, *, by: Actor) -> None:
    """Close the reports up to `last`, the newest one the administrator saw."""
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.ADMINISTRATOR, client_id=client_id).client
        if number := sql.reports.close(db, client_id=client_id, last=last):
            # Not among the events of the app, which its developers see.
            audit(db, "reports.closed", by, app=client.name, number=number)
