"""An example product API behind the guard: each route names the scope it needs. Data is kept in memory."""

import json
import threading
from collections.abc import Collection
from typing import Any

from bottle import Bottle, HTTPResponse, request, response

from oauthsrv.guard import BottlePlugin, Guard

MOST_ITEMS = 100  # per user
MOST_USERS = 1000
FIELDS = {"display_name": 80, "language": 20}  # name: longest value


class DemoApi:
    """The WSGI application of one process. Close it when the process exits."""

    def __init__(self, guard: Guard, origins: Collection[str] = ()) -> None:
        """Scripts at `origins`, written as browsers send them, may call it."""
        self._guard = guard
        self._lock = threading.Lock()
        self._people: dict[str, dict[str, Any]] = {}
        self.wsgi = Bottle()
        self.wsgi.install(BottlePlugin(guard, origins=origins, preflight="answer" if origins else "pass"))
        self.wsgi.get("/api/profile", callback=self.show_profile, scopes="read:profile")
        self.wsgi.put("/api/profile", callback=self.change_profile, scopes="write:profile")
        self.wsgi.get("/api/data", callback=self.show_data, scopes="read:data")
        self.wsgi.post("/api/data", callback=self.add_data, scopes="write:data")
        self.wsgi.get("/api/billing", callback=self.show_billing, scopes="read:billing")
        self.wsgi.default_error_handler = show_error

    def close(self) -> None:
        self._guard.close()

    def show_profile(self) -> dict[str, Any]:
        return {"subject": subject(), **self._person()["profile"]}

    def change_profile(self) -> dict[str, Any] | HTTPResponse:
        sent = sent_object()
        if sent is None or not sent.keys() <= FIELDS.keys():
            return refusal(400, f"Send a JSON object with any of {', '.join(FIELDS)}.")
        if not all(isinstance(value, str) and len(value) <= FIELDS[name] for name, value in sent.items()):
            return refusal(
                400,
                "Each value is a string; at most " + ", ".join(f"{m} characters for {n}" for n, m in FIELDS.items()),
            )
        self._person()["profile"].update(sent)
        return self.show_profile()

    def show_data(self) -> dict[str, Any]:
        return {"items": list(self._person()["items"])}

    def add_data(self) -> dict[str, Any] | HTTPResponse:
        sent = sent_object()
        if sent is None or not isinstance(sent.get("text"), str) or len(sent["text"]) > 1000:
            return refusal(400, "Send a JSON object with “text”, a string of at most 1000 characters.")
        items = self._person()["items"]
        if len(items) >= MOST_ITEMS:
            return refusal(409, f"There are {MOST_ITEMS} items already.")
        items.append({"number": len(items) + 1, "text": sent["text"]})
        response.status = 201
        return dict(items[-1])

    def show_billing(self) -> dict[str, Any]:
        return {"plan": "team", "currency": "EUR", "invoices": [{"number": "2026-001", "amount": "49.00"}]}

    def _person(self) -> dict[str, Any]:
        """The data of the token's user. Above MOST_USERS, the user who came first is dropped."""
        with self._lock:
            if subject() not in self._people:
                if len(self._people) >= MOST_USERS:
                    del self._people[next(iter(self._people))]
                self._people[subject()] = {"profile": {"display_name": "", "language": "en"}, "items": []}
            return self._people[subject()]


def subject() -> str:
    """The token's user, or the app if the token has no user."""
    token = request.environ["oauthsrv.token"]
    return str(token.subject or token.client_id)


def sent_object() -> dict[str, Any] | None:
    try:
        sent = request.json
    except HTTPResponse:  # Bottle's, for a body that isn't JSON
        return None
    return sent if isinstance(sent, dict) else None


def refusal(status: int, why: str) -> HTTPResponse:
    return HTTPResponse({"error": "invalid_request", "error_description": why}, status)


def show_error(error: Any) -> str:
    response.content_type = "application/json"
    return json.dumps({"error": error.status_line, "error_description": f"Nothing here answers {request.method}."})
