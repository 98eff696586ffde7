"""Templates: which are used, what they are given, and what they may contain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oauthsrv.pages.icons import ICONS
from oauthsrv.routes.developer.docs import GUIDES
from oauthsrv.routes.developer.starts import KINDS
from sources import (
    PACKAGE,
    PRODUCT,
    ROOT,
    TEMPLATES,
    package_of,
    short,
    texts,
    tree,
)

NAMES_A_TEMPLATE = re.compile(r'(?:<%inherit|<%namespace|<%include)[^>]*\bfile="/([\w/]+)\.mako"')


def pages_named(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"render", "pages.render"}:
            yield node


# A guide's template is named by its row (tests/routes/test_docs.py holds its arguments to it).
GUIDE = "f'docs/{guide.name}'"
RENDERED = [(path, call) for path in PRODUCT for call in pages_named(path) if ast.unparse(call.args[0]) != GUIDE]


def test_every_page_that_is_shown_has_a_template_and_every_template_is_used() -> None:
    there = {path.relative_to(ROOT / "templates").with_suffix("").as_posix() for path in TEMPLATES}
    shown = {ast.literal_eval(call.args[0]) for _, call in RENDERED} | {f"docs/{guide.name}" for guide in GUIDES}
    assert shown <= there
    used_by_templates = {name for path in TEMPLATES for name in NAMES_A_TEMPLATE.findall(path.read_text())}
    # A program of the quickstart is named by its row.
    assert there == shown | used_by_templates | {
        f"quickstart/{language.name}" for kind in KINDS for language in kind.languages
    }


@pytest.mark.parametrize(
    ("path", "call"), RENDERED, ids=[f"{ast.literal_eval(call.args[0])}-{call.lineno}" for _, call in RENDERED]
)
def test_a_page_is_given_the_arguments_it_asks_for_and_no_others(path: Path, call: ast.Call) -> None:
    template = (ROOT / "templates" / f"{ast.literal_eval(call.args[0])}.mako").read_text()
    asked = re.search(r'<%page args="([^"]*)"', template)
    given = {keyword.arg for keyword in call.keywords} - {"http_status", "no_referrer"}
    assert None not in given, "arguments are given by name"
    assert given == set(asked[1].replace(" ", "").split(",") if asked else ()), f"{short(path)}:{call.lineno}"


def in_templates(*patterns: str) -> list[str]:
    return [
        f"{short(path)}: {found}"
        for path in TEMPLATES
        for pattern in patterns
        for found in re.findall(f"(?i){pattern}", path.read_text())
    ]


def test_templates_escape_everything_and_hold_no_code() -> None:
    assert in_templates(r"\|\s*n\b", r"<%!?\s", r"<%text", r"\bfilter=", r"expression_filter", r"\bbuffered=") == []


def test_a_cell_of_a_table_says_of_what_it_is() -> None:
    """On a narrow screen cells stand below each other, each with the head of its column."""
    tables = in_templates(r"(?s)<%show:table [^\n]*?heads=\"\$\{\[.*?</%show:table>")
    assert tables
    for table in tables:
        heads = re.findall(r"'([^']*)'", table.partition("heads=")[2].partition("}")[0])
        cells = re.findall(r"<td[ >]", table)
        assert re.findall(r'<td data-label="([^"]*)"', table) == heads, table.partition("\n")[0]
        assert len(cells) == len(heads), table.partition("\n")[0]


def test_numbers_are_below_the_end_of_their_head() -> None:
    for table in in_templates(r"(?s)<%show:table [^\n]*?heads=\"\$\{\[.*?</%show:table>"):
        named = re.search(r'numbers="\$\{\[(.*?)\]\}"', table)
        numbers = re.findall(r'<td data-label="([^"]*)" class="number\b', table)
        assert numbers == re.findall(r"'([^']*)'", named[1] if named else ""), table.partition("\n")[0]


def test_pages_have_one_word_for_an_email() -> None:
    assert in_templates(r"\bmail address", r"(?<!e-)\bmail\b (?:or|and)") == []


def test_pages_have_one_apostrophe_one_dash_and_a_word_for_percent() -> None:
    """’ in a word, – between numbers and in an empty cell. Programs to copy, and comments, are no text of a page."""
    typed = r"[A-Za-z]'[a-z]", r"—", r"[0-9}]%[^\w ]"
    pages = [path for path in TEMPLATES if path.parent.name != "quickstart"]
    lines = [(path, line) for path in pages for line in path.read_text().splitlines() if not line.startswith("##")]
    # In Python a text of several words is for people; what is one word is a name, a header or a pattern.
    modules = [path for path in PRODUCT if package_of(path) in {"routes", "pages"}]
    lines += [(path, text) for path in modules for text in texts(path) if re.fullmatch(r"(?s)[A-Z“].* .*", text)]
    assert [f"{short(path)}: {line}" for path, line in lines if any(re.search(sign, line) for sign in typed)] == []


STYLESHEET = re.sub(r"(?s)/\*.*?\*/", "", (PACKAGE / "static/oauthsrv.css").read_text())
WITH_RULES = {name for rule in re.findall(r"([^{}]+){", STYLESHEET) for name in re.findall(r"\.([a-z][a-z-]*)", rule)}


def test_the_stylesheet_is_short_and_all_of_it_is_in_a_layer() -> None:
    lines = (PACKAGE / "static/oauthsrv.css").read_text().splitlines()
    assert len(lines) <= 1250
    top = [line for line in lines if line and line[0] not in " }/"]
    assert all(re.match(r"@layer [\w, ]+[;{]", line) for line in top), top


def test_every_class_has_a_rule_and_every_rule_a_use() -> None:
    pages = "\n".join(path.read_text() for path in TEMPLATES)
    named = {
        word for words in re.findall(r'class="([^"]*)"', pages) for word in re.sub(r"\$\{.*?\}", "", words).split()
    }
    assert named - WITH_RULES == set()
    # What is chosen when the page is made: an argument or a kind() of a template, a verdict, a legend, the script's.
    chosen = [
        PACKAGE / name
        for name in ("static/oauthsrv.js", "pages/charts.py", "pages/highlighting.py", "routes/developer/doctor.py")
    ]
    quoted = re.findall(r"""["'>]([a-z][a-z -]*)["'<]""", pages + "\n".join(path.read_text() for path in chosen))
    assert WITH_RULES - named - {word for words in quoted for word in words.split()} == set()


def test_templates_have_no_style_and_no_script_of_their_own() -> None:
    assert in_templates(r"\sstyle\s*=", r"<style", r"\son[a-z]+\s*=", r"javascript:", r"<script(?![^>]*\ssrc=)") == []


def test_every_icon_that_a_template_names_is_drawn() -> None:
    named = {name for text in in_templates(r"icons\.icon\(\"[^\"]*\"") for name in re.findall(r'"([^"]*)"', text)}
    assert named <= set(ICONS)


def test_every_form_that_posts_is_made_by_the_part_that_cannot_forget_its_token() -> None:
    forms = in_templates(r"<form\b[^>]*>", r"\bformaction\b")
    assert [form for form in forms if 'method="get"' not in form] == [
        'templates/parts/form.mako: <form method="post" action="${action}"\\\n'
        '% if id:\n id="${id}"\\\n% endif\n% if upload:\n enctype="multipart/form-data"\\\n% endif\n>'
    ]


def test_pages_name_the_command_that_is_installed() -> None:
    """Only those who have the source have `run.py`."""
    assert in_templates(r"(?m)^(?!##).*\brun\.py\b") == []
