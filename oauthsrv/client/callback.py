"""The loopback listener that the browser returns to: it accepts one answer and shows a page (RFC 8252 §7.3)."""

import base64
import contextlib
import errno
import hashlib
import html
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from urllib.parse import parse_qs

from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.values import OAuthProvider

# A code, or the reason why there is none.
Outcome: TypeAlias = str | Trouble


class Unrelated(Trouble):
    """An answer that does not belong to this login, which keeps waiting."""


SLOWEST = 10.0  # seconds that a connection may stay silent
ANSWERS = {"code", "error", "state"}
# Errors of an address family that this machine does not have.
NO_SUCH_FAMILY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}

STYLE = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}"
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{heading}</title><style>{style}</style></head>
<body><h1>{heading}</h1><p>{text}</p></body></html>
"""


class CallbackListener:
    """Open ports; the browser returns to `redirect_uri`. The first answer to this login counts.

    `read` turns an answer's query into an outcome, and `report` gets it once the page has been sent.
    """

    def __init__(self, servers: "list[LoopbackServer]", provider: OAuthProvider) -> None:
        self.port: int = servers[0].server_address[1]
        self.path = provider.redirect_path
        self.redirect_uri = redirect_uri(provider, self.port)
        self.servers = servers
        self.lock = threading.Lock()
        self.is_serving = self.is_answered = False

    def serve(self, read: Callable[[str], Outcome], report: Callable[[Outcome], None]) -> None:
        """Answer the browser from now on."""
        self.read, self.report, self.is_serving = read, report, True
        for server in self.servers:
            server.listener = self
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, query: str) -> Outcome | None:
        """The outcome of an answer; None if an earlier answer counted."""
        with self.lock:
            if self.is_answered:
                return None
            outcome = self.read(query)
            self.is_answered = not isinstance(outcome, Unrelated)
            return outcome


class LoopbackServer(ThreadingHTTPServer):
    """A server with a thread per connection, so that one that sends nothing, or half a request, blocks no other."""

    daemon_threads = True
    # On Windows this would let two programs listen on one port; elsewhere it only skips the wait after the last one.
    allow_reuse_address = sys.platform != "win32"
    listener: CallbackListener

    def __init__(self, family: socket.AddressFamily, host: str, port: int) -> None:
        self.address_family = family
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # HTTPServer's own method would look up the name of 127.0.0.1.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a broken connection: the browser opens another."""


class Handler(BaseHTTPRequestHandler):
    server: LoopbackServer
    timeout = SLOWEST

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path != self.server.listener.path or not ANSWERS & set(parse_qs(query, keep_blank_values=True)):
            # A browser that wants an icon, a port scan, or a person who typed the address.
            self.show(404, "Nothing here", "This address waits for the answer to a login.")
            return
        outcome = self.server.listener.take(query)
        if outcome is None:
            self.show(409, "Already answered", "This login is already complete. You can close this page.")
            return
        try:
            if isinstance(outcome, str):
                self.show(200, "Almost done", "You can close this page and go back to the terminal.")
            elif outcome.failure.code is ErrorCode.AUTH_CANCELLED:
                self.show(200, "Not allowed", "Nothing was allowed. You can close this page.")
            else:
                self.show(400, "This did not work", outcome.failure.error)
        finally:
            self.server.listener.report(outcome)

    def show(self, status: int, heading: str, text: str) -> None:
        page = PAGE.format(heading=html.escape(heading), text=html.escape(text), style=STYLE).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        # The page's address contains the code.
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(page)
            self.connection.shutdown(socket.SHUT_WR)

    def version_string(self) -> str:
        return "oauthsrv-client"

    def log_message(self, *args: object) -> None:
        """Log nothing, as the address contains the code."""


def redirect_uri(provider: OAuthProvider, port: int) -> str:
    return f"http://{provider.redirect_host}:{port}{provider.redirect_path}"


@contextlib.contextmanager
def listening(provider: OAuthProvider) -> Iterator[CallbackListener]:
    """Listen on the first of the provider's ports that is free; if none is, on any, if the provider allows that."""
    listener = CallbackListener(open_servers(provider), provider)
    try:
        yield listener
    finally:
        for server in listener.servers:
            if listener.is_serving:
                server.shutdown()
            server.server_close()


def open_servers(provider: OAuthProvider) -> list[LoopbackServer]:
    for port in (*provider.redirect_ports, *((0, 0, 0) if provider.any_free_port else ())):
        try:
            return on_port(provider.redirect_host, port)
        except OSError:  # in use, or reserved by the system
            continue
    ports = ", ".join(map(str, provider.redirect_ports))
    raise Trouble(
        f"{provider.display_name} can answer on port {ports} only, and no such port is free. "
        "End the program that uses it, or another login that is waiting, and start again."
    )


def on_port(host: str, port: int) -> list[LoopbackServer]:
    """Listen on both loopback addresses for `localhost`, as a browser may use either, so both must be free."""
    servers = [LoopbackServer(socket.AF_INET, "127.0.0.1", port)]
    if host == "localhost" and socket.has_ipv6:
        try:
            servers.append(LoopbackServer(socket.AF_INET6, "::1", servers[0].server_address[1]))
        except OSError as error:
            if error.errno not in NO_SUCH_FAMILY:
                servers[0].server_close()
                raise
    return servers
