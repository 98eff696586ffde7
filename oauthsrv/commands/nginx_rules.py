"""The scopes that calls need: rules such as `GET /api/billing read:billing`, and their lines in nginx's map."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

from oauthsrv.commands import Refused

METHODS = re.compile(r"\*|[A-Za-z]+(,[A-Za-z]+)*")
# Characters without a meaning in nginx's regular expressions and quoted strings, or escaped below.
PATH = re.compile(r"/([\w.~:@%-]+(/[\w.~:@%-]+)*/?)?")
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
OPEN = "-"
APPS = "+apps"

# The demo API's rules, which show the operator what to write if no rule is given.
EXAMPLES = (
    "GET /api/profile read:profile",
    "PUT /api/profile write:profile",
    "GET /api/data read:data",
    "POST /api/data write:data",
    "GET /api/billing read:billing",
)


class Rule(NamedTuple):
    text: str
    methods: frozenset[str]  # empty: all
    path: str
    scopes: tuple[str, ...]  # empty: open to everyone
    apps: bool = False  # also for tokens that apps got for themselves, without a user

    def covers(self, other: "Rule") -> bool:
        """Whether it leaves nothing to a later rule."""
        wider = not self.methods or (bool(other.methods) and other.methods <= self.methods)
        below = other.path.lower().startswith(self.path.rstrip("/").lower() + "/")
        return wider and (below or other.path.lower() == self.path.lower())

    @property
    def line(self) -> str:
        """A line of the map, whose keys are a method, a space and a path."""
        methods = "|".join(sorted(self.methods)) if self.methods else "[A-Z_-]+"
        methods = f"(?:{methods})" if len(self.methods) > 1 else methods
        # A name ends before a character that cannot be part of one: billing.json, billing:export, billing(1).
        end = "" if self.path == "/" else r"(?![\w-])"
        needed = "%20".join(quote(scope, safe=":/~") for scope in self.scopes) or OPEN
        apps = "&apps=yes" if self.apps else ""
        return f'"~*^{methods} {pattern(self.path)}{end}" "{needed}{apps}";'


def map_lines(texts: Sequence[str], below: str) -> list[str]:
    """The lines of the map, of which the first match decides; `below` is the API's path. Raises Refused."""
    rules = [parse(text, below) for text in texts or default_rules(below)]
    for number, later in enumerate(rules):
        for earlier in rules[:number]:
            if earlier.covers(later):
                raise Refused(
                    f"--rule is wrong: {later.text!r} never applies, because {earlier.text!r} comes before it. "
                    "The first rule that matches decides: put the narrower one first"
                )
    return [rule.line for rule in rules]


def default_rules(below: str) -> tuple[str, ...]:
    return EXAMPLES if below == "/api" else tuple(text.replace(" /api/", " /") for text in EXAMPLES)


def parse(text: str, below: str) -> Rule:
    parts = text.split()
    if len(parts) < 3:
        raise wrong(text, "it needs a method, a path and a scope")
    methods, path, *scopes = [part for part in parts if part != APPS]
    if APPS in parts and (parts[-1] != APPS or not scopes or scopes == [OPEN]):
        raise wrong(text, f"{APPS} comes last, after the scopes")
    if not METHODS.fullmatch(methods):
        raise wrong(text, f"{methods!r} is neither a comma-separated list of methods nor *")
    if not PATH.fullmatch(path):
        raise wrong(
            text,
            f"{path!r} is not a path of letters, digits and -._~:@ (it covers everything below it, so it needs no *)",
        )
    if not (path + "/").startswith(below.rstrip("/") + "/"):
        raise wrong(text, f"nginx passes only paths below {below}/ to the API")
    if scopes != [OPEN] and not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise wrong(text, f"{' '.join(scopes)!r} is not a scope")
    # HEAD is checked like GET.
    named = frozenset("GET" if method == "HEAD" else method for method in methods.upper().split(",")) - {"*"}
    return Rule(text, named, path.rstrip("/") or "/", () if scopes == [OPEN] else tuple(scopes), APPS in parts)


def wrong(text: str, why: str) -> Refused:
    return Refused(f"--rule is wrong: {text!r}: {why}. Example: --rule 'GET,POST /api/reports read:reports'")


def pattern(path: str) -> str:
    """The decoded path as a regular expression over bytes; nginx ignores case for ASCII only."""
    return "".join(
        character if character.isascii() and (character.isalnum() or character in "/_-") else either(character)
        for character in unquote(path)
    )


def either(character: str) -> str:
    spellings = dict.fromkeys((character, character.lower(), character.upper()))
    escaped = ["".join(rf"\x{byte:02x}" for byte in spelling.encode()) for spelling in spellings]
    return escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})"
