"""Where the files that are not Python lie: templates, SQL, the stylesheet."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def room(name: str) -> Path:
    """The folder `name`: inside the package in an installed wheel, beside it in a checkout.

    Found by path, as importlib.resources fails in the default editable install.
    """
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


TEMPLATES = room("templates")
SQL = room("sql")
STATIC = PACKAGE / "static"
