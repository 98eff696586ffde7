"""python -m oauthsrv.bench: what it prints works."""

from __future__ import annotations

import json

import pytest

import make
from browser import Browser
from oauthsrv.bench import __main__ as bench
from oauthsrv.embedded import Databases

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
VARIABLES = {
    "OAUTHSRV_KEY": make.KEY,
    "SCOPE": "read:data",
    "REDIRECT_URI": "https://bench.example/callback",
    "PKCE_CHALLENGE": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636, appendix B
    **dict.fromkeys(("N_CODES", "N_ACCESS", "N_REFRESH"), "2"),
}


def test_its_tokens_and_codes_work(
    found: Databases, browser: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (VARIABLES | {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}).items():
        monkeypatch.setenv(name, value)
    bench.init()
    capsys.readouterr()
    bench.mint()
    printed = json.loads(capsys.readouterr().out)
    assert {kind: len(texts) for kind, texts in printed.items()} == {"access": 2, "refresh": 2, "codes": 2}

    browser.authorization = ("Basic", (bench.CLIENT_ID, bench.CLIENT_SECRET))
    for rest in printed["access"]:
        assert browser.post("/oauth/introspect", {"token": bench.ACCESS_TOKEN_HEAD + rest}).json["active"]
    for token in printed["refresh"]:
        assert browser.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token}).status_int == 200
    for code in printed["codes"]:
        sent = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        assert browser.post("/oauth/token", sent).status_int == 200
