"""Whether a server can start on this PostgreSQL, and what to do if not."""

import contextlib
import logging
import re
from typing import Any

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn
from psycopg2.extras import NamedTupleCursor

from oauthsrv.store import CannotStart
from oauthsrv.store.database import sql, targets

log = logging.getLogger(__name__)

OLDEST = 15

# Connection errors of libpq have no code: a pattern of their text, and what to do.
REMEDIES = (
    (r"password authentication failed|no password supplied|SASL", "Check its user and password"),
    (r"database .+ does not exist|no such database", "Create the database, or correct its name in the URL"),
    (r"role .+ does not exist|no such user", "Create the role, or correct the user in the URL"),
    (r"not permitted to log in", "Allow it: ALTER ROLE … LOGIN"),
    (
        r"too many clients|remaining connection slots|too many connections|no more connections",
        "Raise max_connections or the limit of the role or database, or lower OAUTHSRV_WORKERS or OAUTHSRV_THREADS",
    ),
    (r"no pg_hba\.conf entry|pg_hba\.conf rejects", "Allow this machine, user and database in its pg_hba.conf"),
    (r"SSL|TLS|certificate", "Check sslmode, sslrootcert and the certificates"),
    (r"unsupported startup parameter", "Set ignore_startup_parameters in the pooler, or leave options= out of the URL"),
    (r"could not translate host name", "Check the host in the URL"),
    (r"not accept(ing|ed) connections|starting up|shutting down|in recovery mode", "Try again once it has started"),
    (r"read-only|not primary|in hot standby", "The URL must point to the primary"),
    (r"timeout expired|timed out|No route|unreachable", "Check host, port and firewall"),
    (r"refused|No such file|could not connect|closed the connection", "Start PostgreSQL, or check the host and port"),
    (r"invalid|missing|percent-encoded", "Correct the URL (write / : @ # %% in a password as %2F %3A %40 %23 %25)"),
)
OTHERWISE = "PostgreSQL's log says more"

CONNECTIONS_OF_WORKER = 3  # housekeeping, and two that find out whether PostgreSQL is back


def connect(url: str) -> Connection:
    """Connect for the start, without a deadline. Raises CannotStart."""
    try:
        hosts = targets(url)
        # With a single host, `check_server` explains better why it is refused.
        return connect_to(url) if len(hosts) == 1 else connect_to_first(hosts)
    except (psycopg2.Error, UnicodeError) as error:
        raise refusal_of(error) from None


def connect_to_first(hosts: list[dict[str, str]]) -> Connection:
    for host in hosts[:-1]:
        with contextlib.suppress(psycopg2.OperationalError):
            return connect_to(**host)
    return connect_to(**hosts[-1])


def connect_to(url: str | None = None, **target: str) -> Connection:
    dsn = make_dsn(url, **target | {"client_encoding": "UTF8", "application_name": "oauthsrv"})
    connection: Connection = psycopg2.connect(dsn, cursor_factory=NamedTupleCursor)
    return connection


def refusal_of(error: Exception) -> CannotStart:
    """The reason as PostgreSQL gives it, which contains no password, and what to do."""
    text = " ".join(str(error).split())
    if isinstance(error, psycopg2.ProgrammingError | UnicodeError) and not getattr(error, "pgcode", None):
        # libpq quotes the part of the URL it cannot read, which may be a password.
        text = re.sub(r'"[^"]*"', "“…”", text)
    text = text.removesuffix(" Is the server running on that host and accepting TCP/IP connections?")
    text = text.removesuffix(" Is the server running locally and accepting connections on that socket?")
    reason = re.sub(r"^.*?(FATAL|ERROR): +", "", text) if "FATAL" in text or "ERROR" in text else text
    remedy = next((remedy for cause, remedy in REMEDIES if re.search(cause, text, re.I)), OTHERWISE)
    return refusal(f"PostgreSQL cannot be used: {reason}", remedy.replace("%%", "%"))


def refusal_in_sql(error: psycopg2.Error, role: str, database: str) -> CannotStart:
    """The reason why PostgreSQL refused a statement of the start."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    remedy = OTHERWISE
    if isinstance(error, errors.InsufficientPrivilege):
        remedy = f"Give the role {role} what it lacks: it should own the tables, or the database {database}"
    elif isinstance(error, errors.DiskFull):
        remedy = "Free space on PostgreSQL's disk"
    elif isinstance(error, errors.ReadOnlySqlTransaction):
        remedy = "The URL must point to the primary, and default_transaction_read_only must be off"
    elif isinstance(error, errors.TooManyConnections | errors.OutOfMemory | errors.ConfigurationLimitExceeded):
        remedy = "Raise that limit"
    elif error.pgcode is None:
        return refusal_of(error)
    return refusal(f"PostgreSQL refused to bring the tables up to date: {text}", remedy)


def refusal(reason: str, remedy: str) -> CannotStart:
    return CannotStart.because("DATABASE_URL", reason, remedy)


def check_server(db: Connection) -> Any:
    """Check version, encoding, and that it can be written; the row has more details. Raises CannotStart."""
    server = sql.migrations.server(db)
    if server.version // 10_000 < OLDEST:
        raise refusal(f"PostgreSQL {server.version_text} is too old", f"Use PostgreSQL {OLDEST} or newer")
    if server.is_standby:
        raise refusal("this PostgreSQL is a standby, which is read-only", "The URL must point to the primary")
    if server.is_read_only:
        raise refusal(
            f"the role {server.role} can only read in the database {server.database}",
            "Set default_transaction_read_only to off for the role and the database",
        )
    if server.encoding != "UTF8":
        raise refusal(
            f"the database {server.database} has the encoding {server.encoding}",
            f"Make one with: CREATE DATABASE {server.database} ENCODING 'UTF8' TEMPLATE template0",
        )
    return server


def check_may_create(server: Any) -> None:
    if server.schema is None:
        raise refusal(
            f"the role {server.role} may use no schema of its search_path in the database {server.database}",
            f"Run as its owner: GRANT USAGE, CREATE ON SCHEMA public TO {server.role};",
        )
    if not server.may_create:
        raise refusal(
            f"the role {server.role} may not create tables in the schema {server.schema}",
            f"Run as the owner of the database {server.database}: "
            f"GRANT CREATE ON SCHEMA {server.schema} TO {server.role};",
        )


def check_connections(url: str, workers: int, threads: int) -> None:
    """Check that PostgreSQL allows a connection per thread and a few per worker; a pooler shares fewer among them."""
    with contextlib.closing(connect(url)) as db:
        server = sql.migrations.server(db)
        is_pooled = db.info.backend_pid != server.backend  # then the first is the pooler's own number
    limits = (server.connections, server.connections_of_role, server.connections_of_database)
    allowed = min(limit for limit in limits if limit >= 0)
    needed = workers * (threads + CONNECTIONS_OF_WORKER)
    if needed > allowed and not is_pooled:
        raise CannotStart.because(
            "OAUTHSRV_THREADS",
            f"{workers} workers with {threads} threads may need {needed} connections, and PostgreSQL allows {allowed}",
            "Lower it or OAUTHSRV_WORKERS, raise max_connections, or put pgbouncer in between",
        )


# How long a session may wait (rule 8)

OPTIONAL = {"client_connection_check_interval"}  # not every system can notice that a client is gone


def limits_to_set(db: Connection) -> list[Any]:
    """The time limits that should become settings of the role in this database; each row has its statement.

    Sent with the connection (`options`), they would be refused by pgbouncer, or silently dropped.
    """
    return [limit for limit in sql.migrations.limits(db) if not (limit.is_right or limit.is_stored)]


def set_limit(limit: Any, db: Connection) -> None:
    """Set a limit, which holds for sessions that begin later. If the role may not do it, `check_limits` says so."""
    with db.cursor() as cursor:
        cursor.execute(limit.statement)


def check_limits(db: Connection) -> None:
    """Raise CannotStart, with the SQL to run, if a session of this role could wait forever."""
    limits = sql.migrations.limits(db)
    missing = [limit for limit in limits if not limit.is_set and not limit.is_stored]
    if {limit.name for limit in missing} - OPTIONAL:
        names = ", ".join(limit.name for limit in missing)
        raise refusal(
            f"its sessions have no {names}, and the role may not set them for itself",
            "Run as an administrator: " + " ".join(limit.statement for limit in missing),
        )
    stale = [limit for limit in limits if limit.is_stored and not limit.is_right]
    if stale:
        log.warning(
            "DATABASE_URL: the pooler still holds older sessions without %s. Run RECONNECT in pgbouncer's console, or "
            "wait for server_lifetime",
            ", ".join(limit.name for limit in stale),
        )
