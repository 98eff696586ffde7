"""What an API installs to check bearer tokens: `pip install 'oauthsrv[guard]'`. It imports nothing of the server.

    guard = Guard("https://login.example.com", client_id="cli_…", client_secret="sec_…")
    token = guard.check(text, scopes=("read:data",))        # a Token, or a Refused is raised

`guard.protect(app, rules)` is a WSGI middleware for Flask, Django and others; `BottlePlugin(guard)` is for Bottle.
"""

from oauthsrv.guard.guard import Guard, check
from oauthsrv.guard.plugin import BottlePlugin
from oauthsrv.guard.refusals import (
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    Refused,
    TokenMissing,
    TooManyRequests,
    Unavailable,
)
from oauthsrv.guard.tokens import Token

__all__ = [
    "BottlePlugin",
    "Guard",
    "InsufficientScope",
    "InvalidRequest",
    "InvalidToken",
    "Refused",
    "Token",
    "TokenMissing",
    "TooManyRequests",
    "Unavailable",
    "check",
]
