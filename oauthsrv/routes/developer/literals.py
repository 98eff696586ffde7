"""A value as a literal of a program's language: whatever it contains, it stays a value there."""

import re
import shlex
from collections.abc import Callable
from urllib.parse import quote

# Characters without a meaning inside quotes, in any of these languages, in a script inside HTML, and in a comment.
PLAIN = re.compile(r"[A-Za-z0-9 ._~:/?#@=,+-]*")
# All other characters are written by their number. Values are ASCII (rule 4, RFC 6749 §3.3), so numbers are short.
BY_NUMBER = {
    "python": "\\u{:04x}",
    "javascript": "\\u{:04x}",
    "kotlin": "\\u{:04x}",
    "swift": "\\u{{{:x}}}",
    "xml": "&#{};",
}
LISTS = {"python": "[{}]", "javascript": "[{}]", "kotlin": "listOf({})", "swift": "[{}]"}


def literal(language: str, value: str | tuple[str, ...]) -> str:
    if not isinstance(value, str):
        return LISTS[language].format(", ".join(literal(language, each) for each in value))
    return WHOLE[language](value) if language in WHOLE else f'"{by_number(value, BY_NUMBER[language])}"'


def by_number(value: str, form: str) -> str:
    return "".join(each if PLAIN.fullmatch(each) else form.format(ord(each)) for each in value)


# Literals that are not quoted: a shell's word, a part of an address.
WHOLE: dict[str, Callable[[str], str]] = {
    "shell": shlex.quote,
    "address": lambda value: quote(value, safe=""),
}
