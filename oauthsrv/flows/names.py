"""Names and other texts that people type. Others see them, also on consent pages, so none may deceive."""

import re
import unicodedata

from oauthsrv.flows.lookalikes import skeletons

# Unicode categories that are not shown: controls, direction marks and other invisible characters, line separators,
# surrogates, private use.
NOT_SHOWN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
# Letters, marks and symbols that look like a space or like nothing, in other categories: Hangul fillers, the grapheme
# joiner, Khmer inherent vowels, Mongolian and other variation selectors, the empty Braille pattern and musical note.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\ufffc"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0000-\U000e0fff]"
)
JOINERS = "\u200c\u200d"  # which some scripts need

# A claim that only this server may make about a developer.
CLAIMED = "verified"
CLAIM = re.compile(rf"{CLAIMED}|[✓✔☑✅🗸🗹]", re.IGNORECASE)

MARKS_AT_MOST = 4  # per letter: more would cover the lines above and below
JOINED_AT_MOST = 4  # characters that normalizing joins into one; Unicode guarantees no more (UAX #15)


def one_line(text: str, most: int) -> str:
    """`text` as a stored name of at most `most` characters: its accents normalized, its spaces single.

    A name too long for any normalization is returned unchanged, to be refused: normalizing it would take too long.
    """
    name = " ".join(text.split())
    return unicodedata.normalize("NFC", name) if len(name) <= most * JOINED_AT_MOST else name


def name_problem(name: str, most: int) -> str | None:
    if not name:
        return "Enter a name."
    if len(name) > most:
        return f"A name has at most {most} characters here; this has {len(name):,}."
    if bad := unshown(name):
        return f"The character {bad} can’t be shown in a name. Leave it out."
    if not any(unicodedata.category(character)[0] in "LN" and character.isalnum() for character in name):
        return "A name needs a letter or digit."
    if has_stacked_marks(name):
        return f"A letter can have at most {MARKS_AT_MOST} marks here."
    if claims(name):
        return "Leave out “verified” and check marks: only this server shows who is verified."
    return None


def claims(name: str) -> bool:
    """Whether the name claims to be verified, also in letters that only look like those of the word."""
    if CLAIM.search(unicodedata.normalize("NFKC", re.sub(f"[{JOINERS}]", "", name))):
        return True
    # The table of lookalikes is loaded only for names that need it.
    return not name.isascii() and any(word in seen for word in skeletons(CLAIMED) for seen in skeletons(name))


def text_problem(text: str, most: int, layout: str = "") -> str | None:
    """What is wrong with a text other than a name; `layout` are the control characters it may contain."""
    if len(text) > most:
        return f"At most {most:,} characters; this has {len(text):,}."
    if bad := unshown(text, layout):
        return f"It contains a character that can’t be shown ({bad}). Leave it out."
    return None


def unshown(text: str, layout: str = "") -> str | None:
    """The code point of the first character that can't be shown."""
    for character in text:
        is_shown = unicodedata.category(character) not in NOT_SHOWN and not BLANK.match(character)
        if not is_shown and character not in JOINERS + layout:
            return f"U+{ord(character):04X}"
    return None


def has_stacked_marks(name: str) -> bool:
    """Whether more marks follow each other than any script uses."""
    marks = ("M" if unicodedata.category(character)[0] == "M" else " " for character in name)
    return "M" * (MARKS_AT_MOST + 1) in "".join(marks)
