"""Ends whatever a test run started, however the run ends: also at Ctrl-C, kill -9 or a timeout.

Everything that tests start inherits TMPDIR, a folder of this run alone, so all of it can be found by that name.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GRACE = 20.0  # seconds for a run that ended to stop what it started by itself


def start() -> int:
    """Make the folder of this run, and a reaper that waits for the end of this process; the pipe that tells it."""
    folder = tempfile.mkdtemp(prefix="oas-t-")
    os.chmod(folder, 0o711)  # the databases' user may pass
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    reads, writes = os.pipe()  # held by this process alone: children do not inherit it
    subprocess.Popen(
        [sys.executable, __file__, folder],
        stdin=reads,
        start_new_session=True,  # Ctrl-C is for the tests
        env={name: value for name, value in os.environ.items() if name != "TMPDIR"},
    )
    os.close(reads)
    return writes


def started_by(folder: str) -> list[int]:
    mark = os.fsencode(folder)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # gone, or another user's
            continue
        if mark in text and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def end_all(folder: str) -> None:
    deadline = time.monotonic() + GRACE
    while started_by(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    while left := started_by(folder):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.read()
    end_all(sys.argv[1])
