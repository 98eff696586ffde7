"""Guides as text: the anchors of their headings, and the passages that search looks through."""

import functools
import re
from html.parser import HTMLParser
from typing import NamedTuple

from oauthsrv.places import TEMPLATES

HEADING = re.compile(r'\$\{guide\.heading\("([^"]+)"\)\}')
# What ends a word.
BLOCKS = {
    *("article", "section", "div", "p", "pre", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "tr", "td", "th", "details", "summary"),
}
# Elements with an id that are passages of their own, and the element that holds their title.
PASSAGES = {"h2": "h2", "h3": "h3", "tr": "td", "dt": "dt"}


class Heading(NamedTuple):
    title: str
    anchor: str


class Passage(NamedTuple):
    """Part of a guide: from one anchor to the next. The first has neither title nor anchor."""

    title: str
    anchor: str
    text: str

    @property
    def fragment(self) -> str:
        return f"#{self.anchor}" if self.anchor else ""


def anchor(title: str) -> str:
    """The id of a heading: “What to store” is #what-to-store."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("’", "")).strip("-")


@functools.cache
def source(name: str) -> str:
    """The template of a guide."""
    return (TEMPLATES / "docs" / f"{name}.mako").read_text(encoding="utf-8")


def headings(name: str) -> list[Heading]:
    """The second-level headings of a guide, in order, as its template has them."""
    return [Heading(title, anchor(title)) for title in HEADING.findall(source(name))]


def is_personal(name: str) -> bool:
    """Whether a guide has samples with the values of an app."""
    return "${sample." in source(name)


def passages(page: str) -> list[Passage]:
    """The passages of a guide's page, without what is around its article."""
    reader = ArticleReader()
    reader.feed(page)
    found = [Passage(tidy(each.title), each.anchor, tidy(each.text)) for each in reader.found]
    return [passage for passage in found if passage.title or passage.text]


def tidy(parts: list[str]) -> str:
    return " ".join("".join(parts).split())


class Collected(NamedTuple):
    """A passage while its page is read."""

    anchor: str
    title: list[str]
    text: list[str]


class ArticleReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Collected] = []
        self.heading = self.passage = Collected("", [], [])
        self.is_inside = False
        self.title_ends = ""  # the element that holds the title of this passage, while it is open
        self.is_label = False  # of a block of code, which is no text of the guide

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.is_label = known.get("class") == "code-head" or self.is_label
        if tag == "article":
            self.is_inside = True
            self.begin(Collected("", [], []), tag)
        elif self.is_inside and known.get("id") and tag in PASSAGES:
            self.begin(Collected(str(known["id"]), [], []), tag)
        if tag in BLOCKS:
            self.handle_data(" ")

    def begin(self, passage: Collected, tag: str) -> None:
        self.found.append(passage)
        self.passage, self.title_ends = passage, PASSAGES.get(tag, "")
        if tag != "tr":
            self.heading = passage

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.is_inside = False
        elif tag == "p":
            self.is_label = False
        elif tag == self.title_ends:
            self.title_ends = ""
        elif tag == "tr":
            self.passage = self.heading

    def handle_data(self, data: str) -> None:
        if self.is_inside and not self.is_label:
            (self.passage.title if self.title_ends else self.passage.text).append(data)
