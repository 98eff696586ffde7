"""A request and its response as the console shows them: line by line as they were sent, with every secret cut short."""

import re
from collections.abc import Iterable

import orjson

from oauthsrv.oauth.parameters import encode
from oauthsrv.routes.forms import FORM_TYPE
from oauthsrv.routes.itself import OwnRequest, OwnResponse, Pairs

SHOWN = 4  # characters of a secret
LONGEST = 1500  # characters of a body: the transcript travels with the browser
SECRETS = ("state", "code_verifier", "code", "client_secret", "access_token", "refresh_token")
OURS = re.compile(rf"\b((?:oat|ort|oac|sec)_)[A-Za-z0-9._~-]*([A-Za-z0-9._~-]{{{SHOWN}}})")
# The others are the same on every response.
HEADERS = re.compile(
    r"content-type|cache-control|location|www-authenticate|retry-after|ratelimit(-policy)?|x-oauth-.+", re.IGNORECASE
)


def without_secrets(fields: Iterable[tuple[str, str]]) -> Pairs:
    return tuple((name, masked(name, value) if name in SECRETS else value) for name, value in fields)


def masked(name: str, secret: str) -> str:
    """`oat_…1a2b`. The end tells two tokens of one app apart: they begin alike, and a refresh token with its handle."""
    if len(secret) > 4 * SHOWN and OURS.fullmatch(secret):
        return masked_text(secret)
    # What was entered as a client secret by mistake may be a password: not even its end is shown.
    if len(secret) > 4 * SHOWN and name != "client_secret":
        return f"…{secret[-SHOWN:]}"
    return "…" if secret else ""


def masked_text(text: str) -> str:
    return OURS.sub(r"\1…\2", text)


def shown_request(sent: OwnRequest, issuer: str) -> str:
    """`sent` holds no secret in full."""
    is_form = sent.method == "POST"
    address = sent.path if is_form else with_query(sent.path, sent.fields)
    lines = [f"{sent.method} {address} HTTP/1.1", f"Host: {issuer.partition('://')[2]}"]
    lines += [f"{name}: {value}" for name, value in sent.headers]
    if is_form:
        lines += [f"Content-Type: {FORM_TYPE}", "", "\n&".join(encoded(sent.fields))]
    return "\n".join(lines)


def with_query(path: str, fields: Pairs) -> str:
    return f"{path}\n  ?" + "\n  &".join(encoded(fields)) if fields else path


def encoded(fields: Pairs) -> list[str]:
    """As they are sent, but for the mark of what is cut."""
    return [encode([field]).replace("%E2%80%A6", "…") for field in fields]


def shown_response(response: OwnResponse) -> str:
    lines = [f"HTTP/1.1 {response.status}"]
    lines += [f"{name}: {masked_text(value)}" for name, value in response.headers if HEADERS.fullmatch(name)]
    try:
        text = orjson.dumps(orjson.loads(response.body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        text = response.body.decode("utf-8", "replace")
    body = masked_text(text)
    if len(body) > LONGEST:
        body = body[:LONGEST] + "\n…"
    return "\n".join([*lines, "", body] if body else lines)
