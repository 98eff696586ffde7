"""The repository and its modules: names, docstrings, waiting, and a test for each rule."""

from __future__ import annotations

import ast
import fnmatch
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from oauthsrv import places
from oauthsrv.flows.clients import fields
from oauthsrv.store.database import sql
from sources import (
    PACKAGE,
    PRODUCT,
    ROOT,
    SETUP,
    TESTS,
    at,
    short,
    tree,
)


def test_the_top_level_holds_what_the_map_names_and_nothing_else() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    found = {path.name for path in ROOT.iterdir() if not any(fnmatch.fnmatch(path.name, name) for name in ignored)}
    assert found - {".git"} == {
        *("setup.cfg", "pyproject.toml", "run.py", "README.md", "LICENSE"),
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


# A docstring that begins so needs the name before it: it says neither what a thing is nor what it does.
FRAGMENT = re.compile(
    r"(?:of|for|with(?:out|in)?|in(?:to|side)?|on|at|by|from|to|as|after|before|until|while|during|under|between|beyond"
    r"|beside|against|like|per|since|through|also|so|if|or|and|but|only|because|unless)\b",
    re.IGNORECASE,
)


def test_a_docstring_is_no_fragment_that_needs_the_name_before_it() -> None:
    found = [
        at(path, node.body[0])
        for path in PRODUCT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and FRAGMENT.match(ast.get_docstring(node) or "")
    ]
    assert found == []
    assert FRAGMENT.match("For the log.")
    assert not FRAGMENT.match("Format the log.")


def test_no_module_has_a_name_that_says_nothing() -> None:
    says_nothing = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert [short(path) for path in (*PRODUCT, *TESTS) if says_nothing & {path.stem, path.parent.name}] == []


def test_no_module_is_longer_than_400_lines() -> None:
    assert [short(path) for path in (*PRODUCT, *TESTS) if len(path.read_text().splitlines()) > 400] == []


LONG_FUNCTIONS = 37  # only ever gets smaller


def test_functions_are_short() -> None:
    """One longer than 25 lines does two things, unless all it does is to name what it passes on."""
    functions = (
        (path, node)
        for path in PRODUCT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = [at(path, node) for path, node in functions if (node.end_lineno or 0) - node.lineno >= 25]
    assert len(long) <= LONG_FUNCTIONS, long


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
        *("oauthsrv/commands/progress.py", "oauthsrv/bench/site.py"),  # commands that a person watches
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
    # A client that registers itself is judged by its token, if it has one.
    locks = ("rights.lock(", "registration_tokens.use(", "team.owned_by(")
    judges = {name for name, source in sources.items() if any(lock in source for lock in locks)}
    changes = {name: source for name, source in sources.items() if "with transaction(" in source}
    assert [
        name
        for name, source in changes.items()
        if name not in judges and not any(f"{judge}(" in source for judge in judges)
    ] == []


def test_every_field_of_a_client_is_saved() -> None:
    assert {*fields.COLUMNS, "client_id", "stays_verified"} == set(sql.clients.change.parameters)
    assert set(fields.REVIEWED_COLUMNS) < set(fields.COLUMNS)


RULES = range(1, 17)


def said_by_tests() -> Iterator[str]:
    """Names and docstrings of all tests but those of this folder."""
    for path in TESTS:
        if path.parent != Path(__file__).parent:
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
