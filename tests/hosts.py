"""A host of the public Internet, as a fetcher sees it: a real TLS server on loopback, a name, and a resolver."""

from __future__ import annotations

import contextlib
import datetime
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from oauthsrv.fetching import Fetcher

PUBLIC = "93.184.215.14"  # where the resolver says that every name is
Handler = Callable[[socket.socket], None]


def response(body: Any, *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", f"Content-Type: {kind}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


class Host:
    """Serves what `answers` has for a path: bytes, or a function that gets the connection after the request."""

    def __init__(self, name: str, *, secure: bool = True) -> None:
        self.name = name
        self.answers: dict[str, bytes | Handler] = {}
        self.requests: list[str] = []
        self.connected_to: list[tuple[str, int]] = []
        self.resolved: list[str] = []
        self.addresses = [PUBLIC]
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.trust = self._make_certificates() if secure else None
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"https://{self.name}" if self.trust else f"http://127.0.0.1:{self.port}"

    def serve(self, path: str, body: Any, *headers: str, **how: str) -> str:
        """Serve JSON there from now on; the URL."""
        self.answers[path] = response(body, *headers, **how)
        return self.origin + path

    def count(self, path: str) -> int:
        return sum(1 for request in self.requests if request.startswith(f"GET {path} "))

    def connect(self, fetcher: Fetcher) -> None:
        """The Internet of this fetcher consists of this host alone."""
        fetcher.resolve = self.resolve
        fetcher.connect = self.accept
        if self.trust is not None:
            fetcher.trust = self.trust

    def resolve(self, name: str, _port: int) -> list[str]:
        self.resolved.append(name)
        return self.addresses

    def accept(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected_to.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            connection = self._context.wrap_socket(plain, server_side=True) if self.trust else plain
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    if not (more := connection.recv(4096)):
                        return
                    request += more
                self.requests.append(request.decode())
                path = request.split(b" ")[1].decode()
                answer = self.answers.get(path, response({}, status="404 Not Found"))
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)

    def _make_certificates(self) -> Callable[[], ssl.SSLContext]:
        """An authority that only this test trusts, and the host's certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = signed(self.name, key)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "both.pem"
            file.write_bytes(
                certificate
                + key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(file)
        return lambda: ssl.create_default_context(cadata=certificate.decode())


def signed(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


@contextlib.contextmanager
def host(name: str = "documents.example", *, secure: bool = True) -> Iterator[Host]:
    made = Host(name, secure=secure)
    try:
        yield made
    finally:
        made.close()
