"""Code in color: the languages that pages show, and the colored parts of a block."""

import html
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

LONGEST = 40_000  # characters that are colored: our own programs are shorter


class CodeLanguage(NamedTuple):
    """How a block of code is labeled, and the lexer of Pygments that reads it."""

    title: str
    lexer: str


CODE_LANGUAGES = {
    "shell": CodeLanguage("Shell", "bash"),
    "python": CodeLanguage("Python", "python"),
    "javascript": CodeLanguage("JavaScript", "javascript"),
    "html": CodeLanguage("HTML", "html"),
    "json": CodeLanguage("JSON", "json"),
    "http": CodeLanguage("HTTP", "http"),
    "kotlin": CodeLanguage("Kotlin", "kotlin"),
    "swift": CodeLanguage("Swift", "swift"),
    "xml": CodeLanguage("XML", "xml"),
    "gradle": CodeLanguage("Gradle", "groovy"),
    "toml": CodeLanguage("TOML", "toml"),
    "redis": CodeLanguage("Redis", ""),
    "text": CodeLanguage("Text", ""),
}
# Pygments' name of a kind of token → the class of the stylesheet. The first that fits.
CLASSES = (
    ("Token.Comment", "code-comment"),
    ("Token.Literal.String", "code-string"),
    ("Token.Literal.Number", "code-number"),
    ("Token.Keyword", "code-keyword"),
    ("Token.Operator.Word", "code-keyword"),
    ("Token.Name.Tag", "code-name"),
    ("Token.Name.Attribute", "code-name"),
    ("Token.Name.Variable", "code-name"),
    ("Token.Name.Function", "code-name"),
    ("Token.Name.Class", "code-name"),
)


def highlighted(language: str, markup: str) -> list[tuple[str, str]]:
    """The parts of a block of code as (class, text); without a class they are plain. `markup` is its escaped text."""
    code = html.unescape(markup).strip("\n")
    lexer = CODE_LANGUAGES[language].lexer
    parts = tokens(lexer, code) if lexer and len(code) <= LONGEST else iter([("", code)])
    return [(kind, "".join(text for _, text in run)) for kind, run in groupby(parts, key=lambda part: part[0])]


def tokens(lexer: str, code: str) -> Iterator[tuple[str, str]]:
    # Imported where code is shown: Pygments takes memory that most processes never need.
    from pygments.lexers import get_lexer_by_name

    for kind, text in get_lexer_by_name(lexer, stripnl=False, ensurenl=False).get_tokens(code):
        yield class_of(kind) if text.strip() else "", text


def class_of(kind: Any) -> str:
    name = str(kind)
    return next((css for prefix, css in CLASSES if f"{name}.".startswith(f"{prefix}.")), "")
