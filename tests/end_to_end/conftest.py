"""One server for all end-to-end tests: `python run.py` as a process of its own, with databases of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from end_to_end.chromium import Open, Window, launched
from end_to_end.example import Example
from end_to_end.running import App, Installation, Person, Service


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Callable[[], Path]]:
    """Folders with short paths that the database's user may pass."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="oas-")))
        made[-1].chmod(0o711)
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def service(short_folder: Callable[[], Path]) -> Iterator[Service]:
    """The running server. At the end of the tests it gets a signal to stop, and nothing of it may stay behind."""
    running = Service(Installation(short_folder()))
    try:
        running.until_ready()
        yield running
        processes = running.processes()
        assert len(running.installation.databases()) == 2
        assert running.stop() == 0
        assert not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        assert running.installation.databases() == {}
        assert not [line for line in running.errors if "Traceback" in line or " ERROR " in line]
    finally:
        running.kill()


@pytest.fixture(scope="session")
def developer(service: Service) -> Person:
    return service.added_person("--name", "Dora Developer")


@pytest.fixture(scope="session")
def api(service: Service) -> App:
    return service.api()


@pytest.fixture(scope="module")
def example(short_folder: Callable[[], Path]) -> Iterator[Example]:
    """Another one, full of what `run.py demo` tells."""
    example = Example(short_folder())
    yield example
    example.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as browser:
        yield browser


@pytest.fixture
def new_window(chromium: Any, service: Service) -> Iterator[Open]:
    """Another person's browser each time. At the end none may have had anything to complain of."""
    opened: list[tuple[Any, Window]] = []

    def open_one(**how: Any) -> Window:
        context = chromium.new_context(ignore_https_errors=True, **how)
        window = Window(context.new_page(), service.origin)
        opened.append((context, window))
        return window

    yield open_one
    for context, window in opened:
        context.close()
        assert window.complaints == []


@pytest.fixture
def window(new_window: Open) -> Window:
    return new_window()


# For foreign client libraries

CALLBACK = "https://app.example/callback"


@pytest.fixture(scope="module")
def confidential(service: Service, developer: Person) -> App:
    return service.app(developer, CALLBACK)


@pytest.fixture(scope="module")
def public(service: Service, developer: Person) -> App:
    return service.app(developer, "http://127.0.0.1/callback", type="public", name="Command Line App")


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    """One for all: signing up takes longer than everything else here."""
    return service.person().sign_up()
