"""Names and other texts that people type: they are shown to others, on consent pages too, so none may deceive."""

from __future__ import annotations

import re
import unicodedata

# Unicode categories without a place in a text that is shown: controls, direction marks and other invisible
# characters, lines, surrogates, private use.
NOT_SHOWN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
JOINERS = "\u200c\u200d"  # which some scripts are written with

# What this server alone may say of somebody.
CLAIM = re.compile(r"verified|[✓✔☑✅🗸🗹]", re.IGNORECASE)

JOINED_AT_MOST = 4  # characters that normalising makes one of; Unicode will have no more (UAX #15)


class Problems(dict[str, list[str]]):
    """Field → what is wrong with it and what to do."""

    def add(self, field: str, message: str) -> None:
        self.setdefault(field, []).append(message)


def one_line(text: str, most: int) -> str:
    """`text` as a name of at most `most` characters is kept: in one spelling of its accents, with single spaces.

    What is too long in any spelling stays as it is, to be refused: normalising takes the square of the length.
    """
    name = " ".join(text.split())
    return unicodedata.normalize("NFC", name) if len(name) <= most * JOINED_AT_MOST else name


def name_problem(name: str, most: int) -> str | None:
    if not name:
        return "Enter a name."
    if len(name) > most:
        return f"A name has at most {most} characters here; this has {len(name):,}."
    if bad := unshown(name):
        return f"The character {bad} cannot be shown in a name. Leave it out."
    if not any(unicodedata.category(character)[0] in "LNS" for character in name):
        return "A name has at least one letter or digit."
    if CLAIM.search(unicodedata.normalize("NFKC", re.sub(f"[{JOINERS}]", "", name))):
        return "Leave out “verified” and check marks: only this server says who is verified."
    return None


def text_problem(text: str, most: int, layout: str = "") -> str | None:
    """What is wrong with a text that is no name; it may be laid out with the characters `layout`."""
    if len(text) > most:
        return f"At most {most:,} characters; this has {len(text):,}."
    if bad := unshown(text, layout):
        return f"It holds a character that cannot be shown ({bad}). Leave it out."
    return None


def unshown(text: str, layout: str = "") -> str | None:
    """The first character that has no place in a text that is shown, by its number."""
    for character in text:
        if unicodedata.category(character) in NOT_SHOWN and character not in JOINERS + layout:
            return f"U+{ord(character):04X}"
    return None
