"""The folders of templates, SQL and the stylesheet."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `name`: inside the package in an installed wheel, beside it in a checkout.

    Found by path, as importlib.resources fails in the default editable install.
    """
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


TEMPLATES = folder("templates")
SQL = folder("sql")
STATIC = PACKAGE / "static"
