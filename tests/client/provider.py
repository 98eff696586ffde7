"""A small OAuth provider for the client's tests: what the real server has not (yet), and what no server should do."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

Form = dict[str, str]
Answer = tuple[int, str, str]


def as_json(values: object, status: int = 200) -> Answer:
    return status, "application/json", json.dumps(values)


def as_form(values: dict[str, str], status: int = 200) -> Answer:
    """As GitHub answers."""
    return status, "application/x-www-form-urlencoded; charset=utf-8", urlencode(values)


def refused(error: str, description: str = "", status: int = 400) -> Answer:
    return as_json({"error": error, "error_description": description}, status)


@dataclass
class Received:
    """A request that came in."""

    method: str
    path: str
    query: Form
    form: Form
    body: str = field(repr=False)
    basic: tuple[str, str] | None
    authorization: str


class Provider:
    """It allows everything at once, rotates refresh tokens, and refuses one that was used before.

    What it does otherwise is set by a test: `metadata` and `callback` change what it says; an entry in `instead`
    answers for a path; one in `tokens` changes the token answer.
    """

    def __init__(self, path: str = "") -> None:
        self.received: list[Received] = []
        self.counts: Counter[str] = Counter()
        self.metadata: dict[str, Any] = {}
        self.callback: dict[str, str | None] = {}
        self.tokens: dict[str, Any] = {}
        self.instead: dict[str, Callable[[Received], Answer | None]] = {}
        self.codes: dict[str, Form] = {}
        self.refresh_tokens: set[str] = set()
        self.living: set[str] = set()
        self.clients: dict[str, dict[str, Any]] = {}
        self.device_answers: list[str] = []
        self.retry_after = ""  # of answers that are none
        self.own = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.answer()

            def do_DELETE(self) -> None:
                self.answer()

            def answer(self) -> None:
                status, kind, text = provider.answer(self.read())
                body = text.encode()
                self.send_response(status)
                self.send_header("Location" if status == 303 else "Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if provider.retry_after and status >= 400:
                    self.send_header("Retry-After", provider.retry_after)
                self.end_headers()
                self.wfile.write(body)

            def read(self) -> Received:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                path, _, query = self.path.partition("?")
                authorization = self.headers.get("Authorization", "")
                basic = None
                if authorization.startswith("Basic "):
                    name, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
                    basic = unquote_plus(name), unquote_plus(secret)
                is_form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
                form = dict(parse_qsl(body)) if is_form else {}
                return Received(self.command, path, dict(parse_qsl(query)), form, body, basic, authorization)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: object) -> None:
                """A client that went away."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.issuer = self.origin + path
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Its responses

    def answer(self, received: Received) -> Answer:
        with self.own:
            self.received.append(received)
            self.counts[received.form.get("grant_type") or received.path] += 1
        instead = self.instead.get(received.path)
        answer = instead(received) if instead else None
        if answer is not None:
            return answer
        handlers = {
            "/authorize": self.authorize,
            "/token": self.token,
            "/revoke": self.revoke,
            "/register": self.register,
            "/device": self.device,
            "/api": self.api,
        }
        if received.path.startswith("/.well-known/oauth-authorization-server"):
            return as_json(self.described()) if self.issuer.endswith(received.path[39:]) else as_json({}, 404)
        if received.path.startswith("/clients/") and received.method == "DELETE":
            return as_json({}, 204 if self.clients.pop(received.path[9:], None) else 404)
        handler = handlers.get(received.path)
        return handler(received) if handler else as_json({"no": "such page"}, 404)

    def described(self) -> dict[str, Any]:
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token",
            "revocation_endpoint": f"{self.origin}/revoke",
            "registration_endpoint": f"{self.origin}/register",
            "device_authorization_endpoint": f"{self.origin}/device",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "authorization_response_iss_parameter_supported": True,
        }
        return {name: value for name, value in (described | self.metadata).items() if value is not None}

    def authorize(self, received: Received) -> Answer:
        code = secrets.token_urlsafe(8)
        self.codes[code] = received.query
        response = {"code": code, "state": received.query["state"], "iss": self.issuer} | self.callback
        address = received.query["redirect_uri"] + "?" + urlencode({k: v for k, v in response.items() if v is not None})
        return 303, address, ""

    def token(self, received: Received) -> Answer:
        form = received.form
        if form["grant_type"] == "authorization_code":
            request = self.codes.pop(form["code"], None)
            if request is None:
                return refused("invalid_grant", "no such code")
            made = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
            if made.rstrip("=") != request["code_challenge"] or form["redirect_uri"] != request["redirect_uri"]:
                return refused("invalid_grant", "PKCE or redirect URI")
            return self.new_tokens(request.get("scope"))
        if form["grant_type"] == "refresh_token":
            with self.own:
                if form["refresh_token"] not in self.refresh_tokens:
                    return refused("invalid_grant", "used before, or unknown")
                self.refresh_tokens.remove(form["refresh_token"])
            return self.new_tokens(form.get("scope"))
        if form["grant_type"] == DEVICE:
            error = self.device_answers.pop(0) if self.device_answers else ""
            return refused(error) if error else self.new_tokens("from:device")
        return refused("unsupported_grant_type")

    def new_tokens(self, scope: str | None = None) -> Answer:
        access, refresh = "at-" + secrets.token_urlsafe(8), "rt-" + secrets.token_urlsafe(8)
        response = {"access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh}
        response |= {"scope": scope} if scope else {}
        response |= self.tokens
        with self.own:
            self.living.add(response["access_token"])
            self.refresh_tokens.add(refresh)
        return as_json({name: value for name, value in response.items() if value is not None})

    def revoke(self, received: Received) -> Answer:
        with self.own:
            self.refresh_tokens.discard(received.form["token"])
            self.living.discard(received.form["token"])
        return 200, "text/plain", ""

    def register(self, received: Received) -> Answer:
        client_id = "dyn-" + secrets.token_urlsafe(6)
        self.clients[client_id] = json.loads(received.body)
        response = {
            **self.clients[client_id],
            "client_id": client_id,
            "registration_client_uri": f"{self.origin}/clients/{client_id}",
            "registration_access_token": "reg-" + client_id,
        }
        return as_json(response, 201)

    def device(self, received: Received) -> Answer:
        return as_json(
            {
                "device_code": "device-" + secrets.token_urlsafe(8),
                "user_code": "WDJB-MJHT",
                "verification_uri": f"{self.origin}/device-page",
                "verification_uri_complete": f"{self.origin}/device-page?user_code=WDJB-MJHT",
                "expires_in": 60,
                "interval": 0.01,
            }
        )

    def api(self, received: Received) -> Answer:
        """A resource server: it knows which access tokens live."""
        token = received.authorization.removeprefix("Bearer ")
        if token not in self.living:
            return 401, "text/plain", "who are you"
        return 200, "text/plain", f"hello, you sent {received.body!r}"

    def last(self, path: str) -> Received:
        return next(one for one in reversed(self.received) if urlsplit(one.path).path == path)
