"""A request and its response for the console: line by line as they were sent, with every secret shortened."""

import re

import orjson

from oauthsrv.oauth.parameters import encode
from oauthsrv.routes.forms import FORM_TYPE
from oauthsrv.routes.itself import OwnRequest, OwnResponse, Pairs

LONGEST = 1500  # characters of a body, as the transcript travels with the browser
# Tokens of one app differ at the end: they begin alike, and a refresh token begins with its handle.
OURS = re.compile(r"\b((?:oat|ort|oac|sec)_)[A-Za-z0-9._~-]*([A-Za-z0-9._~-]{4})")
# All other headers are the same in every response.
HEADERS = re.compile(
    r"content-type|cache-control|location|www-authenticate|retry-after|ratelimit(-policy)?|x-oauth-.+", re.IGNORECASE
)


def shown_request(sent: OwnRequest, issuer: str) -> str:
    is_form = sent.method == "POST"
    address = sent.path if is_form else with_query(sent.path, sent.fields)
    lines = [f"{sent.method} {address} HTTP/1.1", f"Host: {issuer.partition('://')[2]}"]
    lines += [f"{name}: {value}" for name, value in sent.headers]
    if is_form:
        lines += [f"Content-Type: {FORM_TYPE}", "", "\n&".join(encode([field]) for field in sent.fields)]
    return "\n".join(lines)


def with_query(path: str, fields: Pairs) -> str:
    return f"{path}\n  ?" + "\n  &".join(encode([field]) for field in fields) if fields else path


def shown_response(response: OwnResponse) -> str:
    lines = [f"HTTP/1.1 {response.status}"]
    lines += [f"{name}: {value}" for name, value in response.headers if HEADERS.fullmatch(name)]
    try:
        body = orjson.dumps(orjson.loads(response.body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        body = response.body.decode("utf-8", "replace")
    if len(body) > LONGEST:
        body = body[:LONGEST] + "\n…"
    return "\n".join([*lines, "", body] if body else lines)


def without_secrets(text: str, *others: str) -> str:
    """Shorten our secrets as in `oat_…1a2b`; `others` are secrets without such a prefix."""
    for secret in filter(None, others):
        text = text.replace(secret, f"…{secret[-4:]}")
    return OURS.sub(r"\1…\2", text)
