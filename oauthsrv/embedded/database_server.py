"""What PostgreSQL and Valkey have in common: one process starts a server, others find it, the last one stops it.

A running server holds a lock on its own data folder: it inherits the descriptor. So the kernel answers
whether one is alive, whatever pid files say, and a second one on the same data cannot be started.
"""

import os
import signal
import socket
import struct
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from pathlib import Path

from oauthsrv.embedded.folders import DataFolder, EmbeddedError
from oauthsrv.embedded.locks import folder_lock, tries, try_alone

TIME_LIMIT = 60.0  # seconds to come up or to go down
GENTLE_LIMIT = 10.0  # seconds to go down before being made to
PROBE_LIMIT = 5  # seconds that one question may take
LOG_LIMIT = 1 << 20  # bytes; a longer log moves to `.1` at the next start
QUOTED_LINES = 8
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}  # nothing of ours, such as PGOPTIONS, PGDATA or a secret

children: list[subprocess.Popen[bytes]] = []  # the servers this process started, whoever stops them


class DatabaseServer(ABC):
    name: str
    folder: Path
    socket: Path
    stop_signal: signal.Signals
    last_signal: signal.Signals  # for one that hangs: what was committed is on disk and is read again at the next start

    def __init__(self, data_folder: DataFolder) -> None:
        self.data_folder = data_folder
        self.was_started = False
        self.sent: set[signal.Signals] = set()

    @abstractmethod
    def make_folder(self) -> None: ...

    @abstractmethod
    def check_folder(self) -> None: ...

    @abstractmethod
    def remove_stale(self) -> None: ...

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    def start_unless_running(self) -> None:
        if not os.path.lexists(self.folder):
            self.make_folder()
        with folder_lock(self.folder) as lock:
            if try_alone(lock):
                self.check_folder()
                self.remove_stale()
                self.launch(lock)

    def launch(self, lock: int) -> None:
        """Start the server in its own session, so that Ctrl-C in our terminal ends us and not the database under us."""
        log = self.open_log()
        try:
            child = subprocess.Popen(  # noqa: S603  the program is the wheel's, no shell
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=ENVIRONMENT,
                pass_fds=[lock],
                start_new_session=True,
                umask=0o077,
                **self.data_folder.account.identity,
            )
        finally:
            os.close(log)
        children.append(child)
        self.was_started = True

    def await_answer(self) -> None:
        """Wait until it answers; one that was stopping, or was orphaned, is started again."""
        for _ in tries(TIME_LIMIT):
            if self.answers():
                return
            if not self.is_running():
                if self.was_started:
                    raise EmbeddedError(f"{self.name} did not start. {self.end_of_log()}")
                self.start_unless_running()
        raise EmbeddedError(
            f"{self.name} is running on {self.folder} but does not answer at {self.socket}. {self.end_of_log()}"
        )

    def is_running(self) -> bool:
        if not self.folder.is_dir():
            return False
        with folder_lock(self.folder) as lock:
            return not try_alone(lock)

    def begin_stop(self) -> None:
        self.send(self.stop_signal)

    def await_stop(self) -> None:
        for how, patience in ((self.stop_signal, GENTLE_LIMIT), (self.last_signal, TIME_LIMIT)):
            for _ in tries(patience):
                if not self.is_running():
                    reap()
                    return
                self.send(how)
        raise EmbeddedError(f"{self.name} on {self.folder} did not stop. {self.end_of_log()}")

    def send(self, how: signal.Signals) -> None:
        """Once each, and only to the process that the kernel names as the one that listens on our socket."""
        if how not in self.sent and (pid := listener(self.socket)):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            self.sent.add(how)

    def open_log(self) -> int:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        return self.data_folder.account.open(self.log, os.O_WRONLY | os.O_APPEND)

    def end_of_log(self) -> str:
        try:
            with self.log.open(errors="replace") as log:
                lines = "".join(deque(log, maxlen=QUOTED_LINES))
        except FileNotFoundError:
            lines = ""
        return f"The end of {self.log}:\n{lines or '(nothing)'}"


def reap() -> None:
    children[:] = [child for child in children if child.poll() is None]


def listener(path: Path) -> int | None:
    """The process that listens on a Unix socket, as the kernel names it; None if nobody does, or nobody we can see."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_LIMIT)
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return None
        if sys.platform == "darwin":
            level, local_peerpid = 0, 2
            (pid,) = struct.unpack("i", probe.getsockopt(level, local_peerpid, 4))
        else:
            pid, _, _ = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid or None
