"""The files of the product and of its tests, for tests that read them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

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
