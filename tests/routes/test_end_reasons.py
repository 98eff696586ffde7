"""The words for why access ended."""

from __future__ import annotations

import re

from oauthsrv.flows.issue import FAMILIES_PER_GRANT
from oauthsrv.places import PACKAGE, SQL
from oauthsrv.routes.end_reasons import END_REASONS, why_ended

# Functions that are told why, as their argument, from wherever they are called.
TOLD_WHY = r"(?:end_grant|end_family|begin_of_user|_end_access_of_\w+)"


def test_every_reason_that_is_written_has_its_words_and_no_other() -> None:
    code = "\n".join(
        path.read_text() for room in ("flows", "routes", "store") for path in (PACKAGE / room).rglob("*.py")
    )
    queries = "\n".join(path.read_text() for path in (SQL / "queries").glob("*.sql"))
    written = set(re.findall(rf'{TOLD_WHY}\([^)]*?"([a-z_]+)"', code))
    written |= set(re.findall(r'\breason="([a-z_]+)"', code))
    written |= set(re.findall(r"SET [^;]*end_reason = '([a-z_]+)'", queries))
    assert written == set(END_REASONS)


def test_a_reason_has_words_for_each_reader() -> None:
    assert all(words.for_user.endswith(".") and words.for_developer for words in END_REASONS.values())
    assert f" {FAMILIES_PER_GRANT} devices" in END_REASONS["too_many_families"].for_user
    assert why_ended("older_than_this_table").for_user == "It was ended."
