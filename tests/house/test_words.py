"""Plain English: words that no code, comment, page, query or test uses. README's glossary has the words to use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sources import PRODUCT, QUERY_FILES, ROOT, TEMPLATES, TESTS, short

# Whole words and phrases, in lower case, also as parts of names.
FORBIDDEN = (
    # Building metaphors: a handler, a package, a use case.
    *("doors?", "rooms?", "story|stories"),
    # Idioms of nobody's English: say, show, report; find, see; another user, signed out; delete; again; superseded …
    *("told|telling", "meets?|met", "strangers?", "strikes?|struck|striking", "anew", "overtaken?|overtakes"),
    *("onwards?", "whom", "put off|puts off|putting off", "the one of now", "at home", "let in|lets in"),
    *("beforehand", "hereafter", "hereby", "thereof", "therein", "thereby", "whilst", "upon", "shall"),
    # Say who: the user, another request, an attacker; say when, or leave it out.
    *("somebody", "meanwhile"),
    # A marker, active, revocations, revoked, fix, reveal.
    *("signs? of life", "living (?:grants?|famil(?:y|ies)|connections?|rows?|ones?)", "endings"),
    *("mend(?:s|ed|ing)?", "betray(?:s|ed)?"),
    # US spelling.
    *("e[- ]mails?", "for ever", "any more", "behaviours?", "colours?", "favours?", "honours?", "neighbours?", "grey"),
    *("centre", "licence", "programme", "labelled", "travelled", "catalogues?"),
    r"(?:author|recogn|organ|normal|initial|serial|summar|real|minim|optim|custom|general|util|sanit)is(?:e|es|ed|ing)",
)
# In names of the product; in sentences they can be right.
FORBIDDEN_IN_NAMES = (
    "asked|asks",
    "sights?",
    "concerns?",
    "words",
    "put",
    "whose",
    "anybody|everybody|nobody",
)

# The key of a reason in the audit log's details, which rows of earlier versions have too: file → text.
FIXED = {
    "oauthsrv/flows/clients/changes.py": "told=reason",
    "oauthsrv/flows/clients/review.py": "told=reason",
    "oauthsrv/pages/events.py": '"told": ',
    "tests/routes/test_proposals.py": '{"told": ',
}

SHIPPED = [
    *PRODUCT,
    *(ROOT / name for name in ("README.md", "setup.cfg", "run.py")),
    *QUERY_FILES,
    *TEMPLATES,
    *sorted((ROOT / "oauthsrv").rglob("*.mako")),
    *sorted((ROOT / "oauthsrv/static").glob("*.*")),
    *(path for path in TESTS if path != Path(__file__)),
]


def in_words(text: str) -> str:
    """In lower case; names are split where they are joined."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).replace("_", " ").lower()


def any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b")


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """What a module gives a name: functions, classes, parameters, variables, and the module itself."""
    yield 0, path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def hits(words: re.Pattern[str], texts: Iterator[tuple[int, str]], path: Path) -> list[str]:
    return [
        f"{short(path)}:{number}: {', '.join(found)}"
        for number, text in texts
        if (found := words.findall(in_words(text)))
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=short)
def test_a_text_has_no_forbidden_word(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    kept = ((number, line) for number, line in lines if FIXED.get(short(path), "\n") not in line)
    assert hits(any_of(FORBIDDEN), kept, path) == []


@pytest.mark.parametrize("path", PRODUCT, ids=short)
def test_a_name_has_no_forbidden_word(path: Path) -> None:
    assert hits(any_of((*FORBIDDEN, *FORBIDDEN_IN_NAMES)), names_in(path), path) == []


def test_words_are_found_in_names_and_sentences() -> None:
    words = any_of(FORBIDDEN)
    assert words.findall(in_words("def told_to(stranger: Door): # Whom it may concern, anew")) == [
        *("told", "stranger", "door", "whom", "anew"),
    ]
    assert words.findall(in_words("outdoors, mushroom, history, metadata, striking_out")) == ["striking"]
