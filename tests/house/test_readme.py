"""README: its tables and commands are those of the code."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

from oauthsrv import __main__ as command_line
from oauthsrv import config
from oauthsrv.routes import MAP, Entry
from oauthsrv.routes.developer import docs
from oauthsrv.routes.developer.rfcs import RFCS
from sources import PACKAGE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return re.split(r"\n#", re.split(rf"\n##+ {heading}\n", README)[1])[0]


def rows(heading: str) -> list[list[str]]:
    """The rows of the one table under a heading."""
    table = [line.strip("| ").split(" | ") for line in section(heading).splitlines() if line.startswith("|")]
    assert len(table) > 2, f"no table under {heading}"
    return [[cell.strip() for cell in row] for row in table[2:]]


def test_every_setting_is_in_the_readme_with_its_default_and_no_other() -> None:
    listed = {row[0].strip("`"): row[1].strip("`") for row in rows("Settings")}
    expected = {setting.name: setting.default for setting in config.SETTINGS}
    expected |= {"DATABASE_URL": "embedded", "REDIS_URL": "embedded"}
    expected["OAUTHSRV_ISSUER"] = "http:// and the listen address"
    unset = {f"OAUTHSRV_{name}" for name in ("LOGO", "SUPPORT_URL", "TERMS_URL", "PRIVACY_URL", "TRUSTED_PROXIES")}
    expected |= dict.fromkeys(unset, "none")
    expected["OAUTHSRV_ACCENT"] = "blue"
    expected["OAUTHSRV_KEY"] = "a file in the data folder"
    assert listed == expected


def commands() -> Iterator[str]:
    def visit(parser: Any) -> Iterator[str]:
        inner = [action for action in parser._actions if hasattr(action, "_name_parser_map")]
        for action in inner:
            for name, child in action.choices.items():
                yield from (f"{name} {rest}".strip() for rest in visit(child))
        if not any(action.required for action in inner):  # also without a word after it
            yield ""

    return visit(command_line.command_line())


def test_every_command_is_in_the_readme_and_no_other() -> None:
    listed = set()
    for line in re.findall(r"^    run\.py (.+)", section("Commands"), re.M):
        words = itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z|-]*", word), line.split("  ")[0].split())
        listed.update(map(" ".join, itertools.product(*(word.split("|") for word in words))))
    assert listed == set(commands()) - {""}


def test_what_runs_for_everybody_is_the_command_of_the_readme() -> None:
    _run, test = re.findall(r"^    (.*\.venv.* && .*)$", section("Start it"), re.M)[:2]
    assert f"{{ {test}; }}" in (ROOT / ".ci/run").read_text()


def test_every_package_is_in_the_readme_and_every_one_there_exists() -> None:
    listed = {row[0].strip("`/") for row in rows("Packages")}
    packages = {f"oauthsrv/{path.name}" for path in PACKAGE.iterdir() if any(path.glob("*"))} - {"oauthsrv/__pycache__"}
    assert listed == packages | {"sql/migrations", "sql/queries", "templates", "tests"}


# "Follow a request"


def walks() -> list[tuple[list[Entry], list[tuple[int, str]]]]:
    """The entries of the map that a list names before it, and its lines: depth and function."""
    found = []
    for head, lines in re.findall(r"^(`[A-Z]+ /.+)\n\n((?: {4}.+\n)+)", section("Follow a request"), re.M):
        named = re.findall(r"`([A-Z]+) (/\S+)`", head)
        entries = [entry for entry in MAP if (entry[0], entry[1]) in named]
        assert len(entries) == len(named), head
        steps = re.findall(r"^ {4}((?:  )*)([\w.]+)", lines, re.M)
        assert len(steps) == lines.count("\n"), head
        found.append((entries, [(len(indent) // 2, name) for indent, name in steps]))
    return found


def definition(name: str) -> tuple[ast.Module, ast.FunctionDef]:
    """Of `package.module.function` or `package.module.Class.method`."""
    parts = name.split(".")
    at = next(
        number for number in range(len(parts), 0, -1) if PACKAGE.joinpath(*parts[:number]).with_suffix(".py").is_file()
    )
    scope: ast.Module | ast.ClassDef | ast.FunctionDef
    scope = module = ast.parse(PACKAGE.joinpath(*parts[:at]).with_suffix(".py").read_text(encoding="utf-8"))
    for part in parts[at:]:
        kinds = ast.ClassDef | ast.FunctionDef
        scope = next(node for node in scope.body if isinstance(node, kinds) and node.name == part)
    assert isinstance(scope, ast.FunctionDef), name
    return module, scope


def named_by(name: str) -> set[str]:
    """The names in a function's source, and those in the tables of its module that it reads."""
    module, function = definition(name)
    names = {ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Name | ast.Attribute)}
    tables = [
        node.value
        for node in module.body
        if (isinstance(node, ast.Assign) and names & {ast.unparse(target) for target in node.targets})
        or (isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in names and node.value)
    ]
    return names | {ast.unparse(node) for table in tables for node in ast.walk(table) if isinstance(node, ast.expr)}


def is_called(name: str, by: str) -> bool:
    if name.startswith("sql."):
        return name in named_by(by)
    definition(name)
    return any(each.split(".")[-1] == name.split(".")[-1] for each in named_by(by))


def test_a_request_is_followed_three_times_in_at_most_ten_lines() -> None:
    assert [len(steps) <= 10 for _, steps in walks()] == [True] * 3


def test_the_first_functions_of_a_walk_are_guards_and_handlers_of_the_map() -> None:
    for entries, steps in walks():
        of_map = {
            f"{function.__module__}.{function.__qualname__}".removeprefix("oauthsrv.").partition(".<locals>")[0]
            for _, _, guards, handler in entries
            for function in (*guards, handler)
        }
        handlers = {f"{handler.__module__}.{handler.__name__}".removeprefix("oauthsrv.") for *_, handler in entries}
        first = {name for depth, name in steps if depth == 0}
        assert handlers <= first <= of_map


def test_each_function_of_a_walk_is_called_by_the_one_above_it() -> None:
    for _, steps in walks():
        above: list[str] = []
        for depth, name in steps:
            assert depth <= len(above), name
            del above[depth:]
            assert definition(name) if depth == 0 else is_called(name, above[-1]), f"{above[-1:]} does not call {name}"
            above.append(name)


def test_every_rfc_with_an_endpoint_is_in_the_readme_and_no_other() -> None:
    expected = [[row.rfc, row.sections, f"`{row.endpoint}`", f"`{row.test}`"] for row in RFCS if row.endpoint]
    assert rows("RFCs") == expected


def test_the_guides_in_the_readme_exist() -> None:
    named = re.findall(rf"{docs.PATH}/([a-z]+)", README)
    assert named
    also = re.findall("`([a-z]+)`", section("More in the portal"))
    assert {*named, *also} <= {guide.name for guide in docs.GUIDES}


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= 24 * 1024
