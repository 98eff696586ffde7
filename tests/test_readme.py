"""README: its tables and commands are those of the code."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from oauthsrv import __main__ as command_line
from oauthsrv import config
from oauthsrv.routes import MAP
from oauthsrv.routes.developer import docs
from test_house import PACKAGE, ROOT, is_under

README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The rows of the one table under a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    assert len(table) > 2, f"no table under {heading}"
    return [[cell.strip() for cell in row] for row in table[2:]]


def test_every_setting_is_in_the_readme_with_its_default_and_no_other() -> None:
    listed = {row[0].strip("`"): row[1].strip("`") for row in rows("Settings")}
    expected = {setting.name: setting.default for setting in config.SETTINGS}
    expected |= {"DATABASE_URL": "embedded", "REDIS_URL": "embedded"}
    expected["OAUTHSRV_ISSUER"] = "http:// and the listen address"
    expected["OAUTHSRV_TRUSTED_PROXIES"] = "none"
    expected["OAUTHSRV_KEY"] = "a file in the data folder"
    assert listed == expected


def commands() -> Iterator[str]:
    def visit(parser: Any) -> Iterator[str]:
        inner = [action for action in parser._actions if hasattr(action, "_name_parser_map")]
        for action in inner:
            for name, child in action.choices.items():
                deeper = list(visit(child))
                yield from (f"{name} {rest}" for rest in deeper) if deeper else (name,)

    return visit(command_line.command_line())


def test_every_command_is_in_the_readme_and_no_other() -> None:
    section = README.partition("\n## Commands\n")[2].partition("\n## ")[0]
    listed = set()
    for line in re.findall(r"^    run\.py (.+)", section, re.M):
        words = line.split("  ")[0].split()
        listed.add(" ".join(itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z-]*", word), words)))
    assert listed == set(commands())


def test_what_runs_for_everybody_is_the_command_of_the_readme() -> None:
    _run, test = re.findall(r"^    (.*\.venv.* && .*)$", README.partition("\n## Start it\n")[2], re.M)[:2]
    assert f"{{ {test}; }}" in (ROOT / ".ci/run").read_text()


def test_every_package_is_in_the_readme_and_every_one_there_exists() -> None:
    listed = {row[0].strip("`/") for row in rows("Packages")}
    packages = {f"oauthsrv/{path.name}" for path in PACKAGE.iterdir() if any(path.glob("*"))} - {"oauthsrv/__pycache__"}
    assert listed == packages | {"sql/migrations", "sql/queries", "templates", "tests"}


def test_every_path_of_the_map_is_in_the_readme() -> None:
    section = README.partition("\n## URLs\n")[2].partition("\n## ")[0]
    listed = re.findall(r"`(/[^`]*)`", section)
    for _, path, _, _ in MAP:
        assert any(path == known or (known.endswith("/…") and is_under(path, known[:-2])) for known in listed), path
    for known in listed:
        assert any(path == known or is_under(path, known.removesuffix("/…")) for _, path, _, _ in MAP), known


def test_the_guides_in_the_readme_exist() -> None:
    named = re.findall(rf"{docs.PATH}/([a-z]+)", README)
    assert named
    assert set(named) <= {guide.name for guide in docs.GUIDES}
