"""The parts of a refused request that may be kept: redirect URIs, scopes, resources, nothing secret (rule 1).

It cuts too much rather than too little: a developer can guess the rest of a URI, but no secret may be kept.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from oauthsrv.oauth.authorization_request import PARAMETERS
from oauthsrv.oauth.errors import OAuthError
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.oauth.resources import MOST
from oauthsrv.oauth.scopes import SCOPE

LONGEST = 500
LOOKED_AT = 2_000  # characters; longer text is cut before anything looks at it
ENCODED_AT_MOST = 5  # times; what is encoded more often is treated as a secret
CUT = "…"  # in no URI, so nobody registers a cut one by mistake

# Codes, tokens and secrets issued here, wherever they are.
OURS = re.compile(r"(?:oat|ort|oac|odc|sec)_", re.I)
# Usual names of secret parameters.
SECRET_NAME = re.compile(
    "code|state|token|secret|pass|pw|user|assertion|verifier|ticket|jwt|key|session|sid|sig|auth|nonce|otp|pin", re.I
)
RANDOM_VALUE = re.compile(r"(?=[A-Za-z_+/-]*[0-9])[A-Za-z0-9_+/-]{20,}|[A-Za-z0-9_+/-]{32,}")
# Many paths contain words, versions and UUIDs.
RANDOM_PART = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}|[A-Za-z0-9]{32,}")
# Both alphabets of base64. Plain words between its symbols are a path, not a secret.
RUN = re.compile(r"[A-Za-z0-9_+/-]{22,}")
BETWEEN = re.compile(r"[_+/-]")
WORD = re.compile(r"[A-Z]?[a-z]*|[A-Z]*|[0-9]*")
KINDS = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]")))
MIXED_AT_MOST = 15  # characters of a run that belong to no plain word

# user:password@, which never belongs in a redirect URI.
USER = re.compile(r"(?:^|(?<=/))[^/?#]+(?:@|%(?:25)*40)")
# Scheme, host and port, if they are plain: no host has an underscore, but all secrets issued here do.
HOST = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?://(?:\[[0-9A-Fa-f:.]*\]|[^/?#;&=,|:%_\[\]]*)(?::[0-9]{1,5})?(?=[/?#;&=,|]|\Z))?"
)
PART = re.compile(r"[^/]+")
# Characters that begin a query, or are used as if they did.
QUERY = re.compile(r"[?#;&=,|:]|%(?:25)*(?:3f|23|3b|26|3d|2c|7c|3a)", re.I)
SEPARATOR = re.compile(r"([?#;&=,|:/])")
AFTER_A_NAME = frozenset("=,|:")

# The parameter names that may be kept: known ones, not whatever a client sent.
NAMES = PARAMETERS | {"grant_type", "code", "code_verifier", "refresh_token", "token", "client_secret"}
NAMES |= {"client_assertion", "client_assertion_type", "device_code"}


def redacted(error: OAuthError, parameters: Parameters) -> str:
    """The parts of the refused request that may be kept."""
    if error.about:
        return error.about if error.about in NAMES else ""
    return value_of(PROBLEMS[error.problem].shows, parameters) if error.problem in PROBLEMS else ""


def value_of(name: str, parameters: Parameters) -> str:
    if name == "scope":
        return redact_scopes(part for text in parameters.all(name) for part in text[:LOOKED_AT].split(" "))
    return " ".join(map(redact_uri, parameters.all(name)[:MOST]))[:LONGEST] if name else ""


def redact_scopes(parts: Iterable[str]) -> str:
    """The parts that look like scopes, as many as fit."""
    kept = ""
    for part in parts:
        if not SCOPE.fullmatch(part) or is_secret(plain(part)):
            continue
        longer = f"{kept} {part}".strip()
        if len(longer) > LONGEST:
            break
        kept = longer
    return kept


def redact_uri(text: str) -> str:
    """The URI, cut before anything in its path, query or fragment that could be a secret."""
    text = USER.sub(f"{CUT}@", text[:LOOKED_AT])
    end = secret_begins(text)
    kept = text if end is None else text[:end] + CUT
    kept = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in kept)
    return kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + CUT


def secret_begins(text: str) -> int | None:
    """The start of the first path segment that may contain a secret; the end of the path if there is none."""
    host = HOST.match(text)
    start = host.end() if host and not is_random(host[0]) else 0
    rest = text[start:]
    query = QUERY.search(rest)
    end = query.start() if query else len(rest)
    if not may_hide(rest) and not RANDOM_VALUE.search(plain(rest[end:])):
        return None
    first = next((part.start() for part in PART.finditer(rest, 0, end) if may_hide(part[0])), end)
    return start if may_hide(rest[:first]) else start + first


def may_hide(text: str) -> bool:
    """Whether it may contain a secret, judging by its name or its look."""
    text = plain(text)
    if is_secret(text) or unquote(text) != text:
        return True
    pieces = SEPARATOR.split(text)
    named = zip(pieces[::2], pieces[1::2], strict=False)
    return any(mark in AFTER_A_NAME and SECRET_NAME.search(name) for name, mark in named)


def is_secret(text: str) -> bool:
    return bool(OURS.search(text) or RANDOM_PART.search(text)) or is_random(text)


def is_random(text: str) -> bool:
    """Whether it contains a long run of digits and letters of both cases that are not words."""
    for run in RUN.findall(text):
        mixed = sum(len(part) for part in BETWEEN.split(run) if not WORD.fullmatch(part))
        if mixed > MIXED_AT_MOST and all(kind.search(run) for kind in KINDS):
            return True
    return False


def plain(text: str) -> str:
    """The text, decoded up to ENCODED_AT_MOST times, as a URI within a URI is percent-encoded once more."""
    for _ in range(ENCODED_AT_MOST):
        decoded = unquote(text)
        if decoded == text:
            break
        text = decoded
    return text
