"""Pages never say to install this package by its name: no index has it, and there anyone could take its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sources import PRODUCT, ROOT, TEMPLATES, short

# Without a place after it: pip would ask the index.
BY_NAME = re.compile(r"""pip3? install[^\n]*?['"\s]oauthsrv(?:\[[^\]]*\])?(?! @ )['"\s]""")
FILES = [*TEMPLATES, *PRODUCT, ROOT / "README.md"]


@pytest.mark.parametrize("path", FILES, ids=short)
def test_no_text_says_to_install_this_package_by_its_name_alone(path: Path) -> None:
    assert BY_NAME.findall(path.read_text(encoding="utf-8")) == []
