"""Search of the guides: the passages that match a query, best first, with the matches marked."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LONGEST_QUERY = 100
MOST_TERMS = 8
MOST_RESULTS = 20
MOST_OF_A_GUIDE = 3
SNIPPET = 200  # characters
# The score of a word by where it is found; in the text, for each of its first few occurrences.
IN_TITLE, IN_HEADING, IN_KEYWORDS, IN_TEXT, MOST_TIMES = 8, 6, 5, 1, 4
EXACT = 100  # the query is the title, heading, error code or scope itself
# Words of a question that don't say what it is about.
COMMON = re.compile("an?|and|are|can|do|does|for|how|i|in|is|it|my|of|on|the|to|what|when|where|which|why|with")
SUFFIX = re.compile(r"(?<=\w{4})(?:ing|ed|es|s)\Z")


class Entry(NamedTuple):
    """Something that can be found: a passage of a guide, an error code, a scope."""

    guide: str
    heading: str
    path: str
    text: str
    keywords: str = ""


class Result(NamedTuple):
    """`snippet` is its text in parts, each with whether it matched."""

    guide: str
    heading: str
    path: str
    snippet: list[tuple[bool, str]]


def terms_of(query: str) -> list[str]:
    """The words to search: without suffixes, so that “refreshing” finds “refresh”, and without common words."""
    said = re.findall(r"\w[\w.:/-]*", query[:LONGEST_QUERY].casefold())
    found = [word for word in said if not COMMON.fullmatch(word)] or said
    return list(dict.fromkeys(SUFFIX.sub("", word.rstrip(".:/-")) for word in found))[:MOST_TERMS]


def search(entries: Sequence[Entry], query: str) -> list[Result]:
    """The entries with all words of the query or, if there are none, with any of them."""
    terms = terms_of(query)
    patterns = [re.compile(rf"(?<!\w){re.escape(term)}", re.IGNORECASE) for term in terms]
    scored = [(entry, scores(entry, patterns)) for entry in entries]
    rare = [rarity(sum(bool(each[number]) for _, each in scored), len(entries)) for number in range(len(terms))]
    matched = [one for one in scored if any(one[1])]
    best = [one for one in matched if all(one[1])] or matched
    wanted = query.strip().casefold()
    ranked = sorted(best, key=lambda one: -total(one[0], one[1], rare, wanted))
    return [result(entry, patterns) for entry in first_of_each(entry for entry, _ in ranked)]


def scores(entry: Entry, patterns: Iterable[re.Pattern[str]]) -> list[int]:
    """The score of each word in this entry."""
    return [
        IN_TITLE * bool(pattern.search(entry.guide))
        + IN_HEADING * bool(pattern.search(entry.heading))
        + IN_KEYWORDS * bool(pattern.search(entry.keywords))
        + IN_TEXT * min(len(pattern.findall(entry.text)), MOST_TIMES)
        for pattern in patterns
    ]


def rarity(having: int, entries: int) -> float:
    """The weight of a word, as one that is everywhere says little."""
    return math.log(1 + entries / (1 + having))


def total(entry: Entry, values: Sequence[int], rare: Sequence[float], wanted: str) -> float:
    is_exact = wanted == (entry.heading or entry.guide).casefold()
    return EXACT * is_exact + sum(value * weight for value, weight in zip(values, rare, strict=True))


def first_of_each(entries: Iterable[Entry]) -> list[Entry]:
    """The best entries, but only a few from each guide."""
    kept: list[Entry] = []
    for entry in entries:
        if sum(one.guide == entry.guide for one in kept) < MOST_OF_A_GUIDE:
            kept.append(entry)
    return kept[:MOST_RESULTS]


def result(entry: Entry, patterns: Sequence[re.Pattern[str]]) -> Result:
    whole = re.compile("|".join(pattern.pattern for pattern in patterns), re.IGNORECASE)
    return Result(entry.guide, entry.heading, entry.path, marked(snippet(entry.text, whole), whole))


def snippet(text: str, pattern: re.Pattern[str]) -> str:
    """The part of the text around the first match, cut between words."""
    if len(text) <= SNIPPET:
        return text
    match = pattern.search(text)
    start = max(0, match.start() - SNIPPET // 3) if match else 0
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = text.rfind(" ", start, start + SNIPPET) if start + SNIPPET < len(text) else len(text)
    return ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")


def marked(text: str, pattern: re.Pattern[str]) -> list[tuple[bool, str]]:
    """The text in parts; matching parts extend to the end of their word."""
    parts, at = [], 0
    for match in re.finditer(rf"(?:{pattern.pattern})\w*", text, re.IGNORECASE):
        parts += [(False, text[at : match.start()]), (True, match[0])]
        at = match.end()
    return [part for part in (*parts, (False, text[at:])) if part[1]]
