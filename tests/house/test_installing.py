"""Pages never say to install this package by its name: no index has it, and there somebody else could take its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sources import PRODUCT, TEMPLATES, package_of, short

# Without a place after it: pip would ask the index.
BY_NAME = re.compile(r"""pip3? install[^\n]*?['"\s]oauthsrv(?:\[[^\]]*\])?(?! @ )['"\s]""")
# Says it only where the package is installed, and pip finds it there.
INSTALLED = {"__main__"}
FILES = [*TEMPLATES, *(path for path in PRODUCT if package_of(path) not in INSTALLED)]


@pytest.mark.parametrize("path", FILES, ids=short)
def test_no_text_says_to_install_this_package_by_its_name_alone(path: Path) -> None:
    assert BY_NAME.findall(path.read_text(encoding="utf-8")) == []
