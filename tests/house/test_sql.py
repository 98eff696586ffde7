"""Queries, tables and keys of Redis."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.database import reading
from queries import PLANNED, QUERIES, Query, of_kind, value_of
from sources import (
    MIGRATIONS,
    PACKAGE,
    PRODUCT,
    QUERY_FILES,
    at,
    package_of,
    short,
    texts,
    tree,
)

STATEMENT = re.compile(
    r"\s*((SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|GRANT|TRUNCATE|EXPLAIN|LOCK|SET|LISTEN|NOTIFY)\s"
    r"|(?i:select\s.*\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s))",
    re.DOTALL,
)


def test_no_sql_in_python() -> None:
    found = {(short(path), text) for path in PRODUCT for text in texts(path) if STATEMENT.match(text)}
    # What makes the role and the database that queries need.
    assert {(path, text) for path, text in found if not text.startswith("CREATE ROLE ")} == set()
    assert {path for path, _ in found} <= {"oauthsrv/embedded/postgres.py"}


def test_only_the_store_executes_statements() -> None:
    calls = [
        (path, node)
        for path in PRODUCT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    executes = [(path, call) for path, call in calls if call.func.attr in {"execute", "executemany"} and call.args]
    assert executes
    assert [at(path, call) for path, call in executes if package_of(path) != "store"] == []


def plan(server: Server, query: Query) -> Any:
    values = {name: value_of(name, query) for name in query.parameters}
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query.text}", values)
        return cursor.fetchone()[0][0]["Plan"]


@of_kind(*PLANNED)
def test_every_query_is_understood_by_the_database(server: Server, query: Query) -> None:
    assert plan(server, query)


@of_kind("SELECT")
def test_every_list_has_an_order_and_an_end(query: Query) -> None:
    """What a statement changed and returns is bounded by what it changed."""
    if re.search(r"^RETURNING ", query.text, re.M):
        return
    assert re.search(r"^ORDER BY .+\nLIMIT \S+(\nFOR .+)?;?\Z", query.text.strip(), re.M), query.text


def test_every_query_is_used_and_every_used_one_is_there() -> None:
    used = {".".join(found) for path in PRODUCT for found in re.findall(r"\bsql\.(\w+)\.(\w+)", path.read_text())}
    assert used == {query.name for query in QUERIES}


def statements(path: Path) -> str:
    return re.sub(r"--.*", "", path.read_text())


def test_what_writes_a_table_stands_in_one_file() -> None:
    """Reads that only pages need are files of their own; demo.sql and bench.sql write whole rows."""
    files: dict[str, set[str]] = {}
    for path in QUERY_FILES:
        for table in re.findall(r"^ *(?:INSERT INTO|UPDATE|DELETE FROM) (\S+)", statements(path), re.M):
            files.setdefault(table, set()).add(path.stem)
    assert {table: stems for table, stems in files.items() if len(stems - {"bench", "demo"}) != 1} == {}
    assert not {"account", "admin", "developer"} & set().union(*files.values())


def test_what_a_decision_may_rest_on_is_called_lock() -> None:
    """What any other query read may be stale before it is used: nothing keeps it from changing."""
    locks = re.compile(r"^FOR (NO KEY )?(UPDATE|SHARE)\b(?! SKIP)", re.M)
    for query in QUERIES:
        reads_alone = not re.search(r"^(INSERT|UPDATE|DELETE|SET|LOCK) ", query.text, re.M)
        name = query.name.split(".")[1]
        if reads_alone and not query.name.startswith(("migrations.", "demo.")):
            assert bool(locks.search(query.text)) == name.startswith("lock"), query.name


def test_columns_are_named_and_keywords_are_upper_case() -> None:
    for path in (*QUERY_FILES, *MIGRATIONS):
        code = re.sub(r"--.*|'[^']*'|\"[^\"]*\"", "", path.read_text())
        assert not re.search(r"SELECT\s+(\w+\.)?\*", code), short(path)
        assert not re.search(r"\b(select|insert|update|delete|from|where|returning|order by|limit)\s", code), short(
            path
        )


def test_every_table_says_what_it_is_and_every_time_has_a_zone() -> None:
    text = "\n".join(path.read_text() for path in MIGRATIONS)
    for kind in ("TABLE", "VIEW"):
        found = re.findall(rf"^CREATE {kind} (\S+) ", text, re.M)
        assert found
        assert set(found) <= set(re.findall(rf"^COMMENT ON {kind} (\S+) IS '.+';", text, re.M))
    assert not re.search(r"\b(timestamp|varchar|char|serial|json)\b(?!z)", re.sub(r"'[^']*'", "", text))


def test_every_limit_that_is_named_is_in_the_table_of_limits_and_no_other() -> None:
    texts_of_product = [path.read_text() for path in PRODUCT]

    def named(where: str) -> set[str]:
        return {name for text in texts_of_product for name in re.findall(rf"\b{where}\(\"(\w+)\"", text)}

    metered = named("limited")
    of_tokens = metered - {"par"}  # where nothing shows a connection
    parts = {f"{name}_{part}" for name in of_tokens for part in ("share", "connection")}
    assert named("Attempt") | named("per_user") | metered | parts == set(limits.LIMITS)


def test_every_kind_of_redis_key_is_described() -> None:
    described = set(re.findall(r"^(\w)  ", (PACKAGE / "store/redis.py").read_text(), re.M))
    used = {
        kind
        for path in PRODUCT
        for kind in re.findall(r"key\((?:redis, )?\"(\w+)\", ", path.read_text())
        if package_of(path) == "store"
    }
    assert used
    assert used == described
