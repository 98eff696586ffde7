"""One server for all end-to-end tests: `python run.py` as a process of its own, with databases of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

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
    """The running server. At the end of the tests it is told to stop, and nothing of it may stay behind."""
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
