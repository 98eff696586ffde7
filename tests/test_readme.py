"""README: its tables and commands are those of the code."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from oauthsrv import __main__ as command_line
from oauthsrv import config
from oauthsrv.routes.developer import docs
from test_house import PACKAGE, ROOT

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
    listed = set()
    for line in re.findall(r"^    run\.py (.+)", section("Commands"), re.M):
        words = line.split("  ")[0].split()
        listed.add(" ".join(itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z-]*", word), words)))
    assert listed == set(commands())


def test_what_runs_for_everybody_is_the_command_of_the_readme() -> None:
    _run, test = re.findall(r"^    (.*\.venv.* && .*)$", section("Start it"), re.M)[:2]
    assert f"{{ {test}; }}" in (ROOT / ".ci/run").read_text()


def test_every_package_is_in_the_readme_and_every_one_there_exists() -> None:
    listed = {row[0].strip("`/") for row in rows("Packages")}
    packages = {f"oauthsrv/{path.name}" for path in PACKAGE.iterdir() if any(path.glob("*"))} - {"oauthsrv/__pycache__"}
    assert listed == packages | {"sql/migrations", "sql/queries", "templates", "tests"}


def test_the_guides_in_the_readme_exist() -> None:
    named = re.findall(rf"{docs.PATH}/([a-z]+)", README)
    assert named
    assert set(named) <= {guide.name for guide in docs.GUIDES}
