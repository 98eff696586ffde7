"""The library that an API installs to check bearer tokens, with the extra `guard`. It imports nothing of the server.

    guard = Guard("https://login.example.com", client_id="cli_…", client_secret="sec_…")
    token = guard.check(text, scopes=("read:data",))        # a Token, or a Refused is raised

`guard.protect(app, rules)` is a WSGI middleware, `guard.asgi(app, rules)` one for ASGI, `BottlePlugin(guard)` is for
Bottle; `oauthsrv.guard.fastapi`, `.flask` and `.django` have a `Require` for single routes.
"""

from oauthsrv.guard.bottle_plugin import BottlePlugin
from oauthsrv.guard.guard import Guard, check
from oauthsrv.guard.refusals import (
    AccessDenied,
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
    "AccessDenied",
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
