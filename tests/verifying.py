"""A check of a token by a proxy: the request, and what a refusal says."""

from __future__ import annotations

from urllib.parse import urlencode

from webtest import TestResponse

from browser import Browser


def verify(browser: Browser, token: str | None, **asked: str) -> TestResponse:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return browser.get(f"/oauth/verify?{urlencode(asked)}", headers=headers)


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_int, answer.json["error"]


def challenge(answer: TestResponse) -> str:
    return str(answer.headers["WWW-Authenticate"])
