"""A request and its answer as the console shows them: line by line as they went, with every secret cut short."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

import orjson

from oauthsrv.routes.forms import FORM_TYPE
from oauthsrv.routes.itself import Answer, Asking, Pairs

SHOWN = 4  # characters of a secret
LONGEST = 1500  # characters of a body: the transcript travels with the browser
SECRET_NAMES = frozenset({"code", "code_verifier", "token", "refresh_token", "client_secret", "state"})
OURS = re.compile(rf"\b((?:oat|ort|oac|sec)_)[A-Za-z0-9._~-]*([A-Za-z0-9._~-]{{{SHOWN}}})")
# What tells a developer something; the others are the same on every answer.
HEADERS = re.compile(
    r"content-type|cache-control|location|www-authenticate|retry-after|ratelimit(-policy)?|x-oauth-.+", re.IGNORECASE
)


@dataclass(frozen=True)
class Exchange:
    """`advice` says what a refusal means; empty where all went as it should."""

    step: str
    request: str
    status: str
    answer: str
    advice: str = ""


def exchange(step: str, asking: Asking, answer: Answer, issuer: str, advice: str = "") -> Exchange:
    return Exchange(step, shown_request(asking, issuer), answer.status, shown_answer(answer), advice)


def shown_request(asking: Asking, issuer: str) -> str:
    lines = [f"{asking.method} {address(asking.path, asking.query)} HTTP/1.1", f"Host: {issuer.partition('://')[2]}"]
    lines += [f"{name}: {masked_credentials(value)}" for name, value in asking.headers]
    if asking.form:
        lines += [f"Content-Type: {FORM_TYPE}", "", parameters(asking.form)]
    return "\n".join(lines)


def shown_answer(answer: Answer) -> str:
    lines = [f"HTTP/1.1 {answer.status}"]
    lines += [f"{name}: {header(name, value)}" for name, value in answer.headers if HEADERS.fullmatch(name)]
    body = masked_text(pretty(answer.body))
    if len(body) > LONGEST:
        body = body[:LONGEST] + "\n…"
    return "\n".join([*lines, "", body] if body else lines)


def header(name: str, value: str) -> str:
    """A redirect's parameters one a line: its code and state are cut short too."""
    if name.lower() != "location":
        return masked_text(value)
    path, _, query = value.partition("?")
    return address(path, tuple(parse_qsl(query, keep_blank_values=True)))


def address(path: str, query: Pairs) -> str:
    return f"{path}\n  ?{parameters(query, '  ')}" if query else path


def parameters(pairs: Iterable[tuple[str, str]], indent: str = "") -> str:
    """One a line, encoded as they are sent; a cut secret is not encoded."""
    return f"\n{indent}&".join(
        f"{name}={masked(value) if name in SECRET_NAMES else quote(value, safe='')}" for name, value in pairs
    )


def masked(secret: str) -> str:
    """`oat_…1a2b`. The end tells two tokens of one app apart: they begin alike, and a refresh token with its handle."""
    if len(secret) <= 4 * SHOWN:
        return "…"
    return masked_text(secret) if OURS.fullmatch(secret) else f"…{secret[-SHOWN:]}"


def masked_credentials(value: str) -> str:
    scheme, _, credentials = value.partition(" ")
    if scheme != "Basic":
        return f"{scheme} {masked(credentials)}"
    client_id, _, secret = b64decode(credentials).decode().partition(":")
    # Whatever was typed there by mistake is not ours to show the end of.
    return f"Basic base64({client_id}:{masked(secret) if OURS.fullmatch(secret) else '…'})"


def masked_text(text: str) -> str:
    return OURS.sub(r"\1…\2", text)


def pretty(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
