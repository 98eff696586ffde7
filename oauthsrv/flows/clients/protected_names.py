"""Names that users trust: no app can have a name that looks like one, unless an administrator gives it the name."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from oauthsrv.flows import names, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients.fields import NAME_MAX
from oauthsrv.flows.fields import LINES, Checking, row
from oauthsrv.flows.refusals import check_unchanged
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

MOST = 500


def check_names(typed: Sequence[str], checking: Checking) -> list[str]:
    given = [(number, names.one_line(text, NAME_MAX)) for number, text in enumerate(typed, 1) if text.strip()]
    if len(given) > MOST:
        checking.problems.add("names", f"Enter at most {MOST} names. This list has {len(given):,}.")
        return []
    for number, name in given:
        if problem := names.name_problem(name, NAME_MAX):
            checking.problems.add("names", f"Line {number}: {problem}")
    return sorted({name for _, name in given})


@dataclass(frozen=True)
class ProtectedNames:
    names: Sequence[str] = row("Protected names", LINES, check_names)


def current(server: Server) -> ProtectedNames:
    with reading(server.database) as db:
        return ProtectedNames([row.name for row in sql.protected_names.every(db)])


def change(server: Server, new: ProtectedNames, *, by: Actor, seen: str | None = None) -> None:
    """Change the list. Apps that already have such a name keep it."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        sql.installation.lock(db)  # no one else changes the list, which may be empty
        old = [row.name for row in sql.protected_names.every(db)]
        check_unchanged(seen, asdict(ProtectedNames(old)))
        added, removed = sorted({*new.names} - {*old}), sorted({*old} - {*new.names})
        if added or removed:
            sql.protected_names.add(db, names=added)
            sql.protected_names.delete(db, names=removed)
            audit(db, "names.changed", by, added=added, removed=removed)
