"""What a new password must be: long enough, and not one of the first guesses (rule 1)."""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

LEAST_CHARACTERS = 10
MOST_BYTES = 1024

COMMON = Path(__file__).with_name("common.txt")
SOFTWARE = "oauthsrv"

LEAST_PART = 3  # of an address: shorter ones are in any text
LEAST_ADDED = 6  # characters besides the guessable part
LEAST_UNIT = 6  # of what a password repeats

ADVICE = "Three or four random words make a good password."


def why_refused(password: str, *, product: str, email: str = "") -> str | None:
    """What is wrong with a new password, for the user who typed it; `email` is their own address.

    `product` is the name that pages show.
    """
    # First, as normalizing a long text takes quadratic time.
    if len(password.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return f"Use at most {MOST_BYTES:,} bytes; this has more."
    length = len(unicodedata.normalize("NFC", password))
    if length < LEAST_CHARACTERS:
        return f"Use at least {LEAST_CHARACTERS} characters; this has {length}."
    text = unicodedata.normalize("NFKC", password).casefold()
    if is_common(text):
        return f"Too easy to guess. {ADVICE}"
    if is_made_of(text, [email.casefold(), *parts_of(email)]):
        return f"Don’t use your email address. {ADVICE}"
    if is_made_of(text, [SOFTWARE, *parts_of_name(product)]):
        return f"Don’t use the name of this service. {ADVICE}"
    return None


def is_common(text: str) -> bool:
    """Whether it is on the list, perhaps with a few characters added, or a repetition, or a sequence."""
    stem = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    unit = repeated(text)
    return (
        text in common()
        or (stem in common() and len(text) - len(stem) < LEAST_ADDED)
        or (unit != text and (len(unit) < LEAST_UNIT or is_common(unit)))
        or is_sequence(text)
    )


@functools.cache
def common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def repeated(text: str) -> str:
    """The shortest unit that it repeats, the last time perhaps in part; the text itself if it repeats none."""
    # As in Knuth, Morris and Pratt: the longest beginning that is also an end, for each place.
    longest = [0] * len(text)
    for place in range(1, len(text)):
        length = longest[place - 1]
        while length and text[place] != text[length]:
            length = longest[length - 1]
        longest[place] = length + (text[place] == text[length])
    return text[: len(text) - longest[-1]] if text else text


def is_sequence(text: str) -> bool:
    """Whether each character follows the one before it, up or down: abcdefghij, 9876543210."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    # 0 follows 9, up and down.
    return steps <= {1, -9} or steps <= {-1, 9}


def parts_of(email: str) -> Iterator[str]:
    """The parts of an address: the name before the @ and its parts, and the domain without its last label."""
    local, _, domain = email.casefold().partition("@")
    parts = [local, domain, *re.split(r"[^a-z0-9]+", local), *domain.split(".")[:-1]]
    return (part for part in parts if len(part) >= LEAST_PART)


def parts_of_name(name: str) -> Iterator[str]:
    """A name and its words."""
    parts = name.casefold().split()
    return (part for part in ("".join(parts), *parts) if len(part) >= LEAST_PART)


def is_made_of(text: str, parts: list[str]) -> bool:
    """Whether it is little more than these parts; punctuation between letters makes no difference."""
    left = whole = bare(text)
    for part in sorted(filter(None, map(bare, parts)), key=len, reverse=True):
        left = left.replace(part, "")
    return left != whole and len(left) < LEAST_ADDED


def bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text)
