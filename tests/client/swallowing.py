"""A proxy that drops responses after the server has done its work."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

SECONDS = 30.0


class Swallowing:
    """Passes everything on to `target`; `swallow` lets the next answers for `path` get lost.

    `how` is what the client sees instead: a connection that breaks, one that stays silent, or a 502.
    """

    def __init__(self, target: str, path: str, how: str = "breaks") -> None:
        self.left = self.swallowed = 0
        self.own = threading.Lock()
        self.done = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                answer = requests.request(
                    self.command, target + self.path, data=body, headers=headers, timeout=SECONDS, allow_redirects=False
                )
                if self.path.partition("?")[0] == path and proxy.takes_one():
                    self.lose()
                    return
                self.send_response(answer.status_code)
                for name in ("Content-Type", "Location", "Set-Cookie"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name].replace(target, proxy.origin))
                text = answer.text.replace(target, proxy.origin).encode()
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = pass_on

            def lose(self) -> None:
                if how == "silent":
                    proxy.done.wait(SECONDS)
                elif how == "502":
                    self.send_response(502)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def swallow(self, number: int) -> None:
        with self.own:
            self.left = number

    def takes_one(self) -> bool:
        with self.own:
            taken = self.left > 0
            self.left -= taken
            self.swallowed += taken
            return taken

    def __enter__(self) -> Swallowing:
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.server.shutdown()
        self.server.server_close()
