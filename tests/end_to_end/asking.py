"""What an app does: it asks for authorization, exchanges the code, and refreshes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from end_to_end.running import SECONDS, App, Listener, Service, answered


@dataclass
class Asked:
    """An authorization request, as an app makes it."""

    service: Service
    app: App
    redirect_uri: str
    verifier: str = field(default_factory=lambda: generate_token(48))
    state: str = field(default_factory=lambda: generate_token(20))

    def address(self, **more: str) -> str:
        parameters = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "read:profile read:data",
            "state": self.state,
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return f"{self.service.origin}/oauth/authorize?{urlencode(parameters | more)}"

    def exchange(self, back: str) -> dict[str, Any]:
        came = answered(back)
        assert (came["state"], came["iss"]) == (self.state, self.service.origin)
        form = {
            "grant_type": "authorization_code",
            "code": came["code"],
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            "client_id": self.app.client_id,
        }
        secret = {"client_secret": self.app.client_secret} if self.app.client_secret else {}
        answer = requests.post(f"{self.service.origin}/oauth/token", form | secret, timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def refresh(self, token: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": self.app.client_id}
        secret = {"client_secret": self.app.client_secret} if self.app.client_secret else {}
        return requests.post(f"{self.service.origin}/oauth/token", form | secret, timeout=SECONDS)


def call(product: Listener, token: str) -> int:
    """The status of a product's API for this token."""
    return requests.get(product.origin, headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS).status_code
