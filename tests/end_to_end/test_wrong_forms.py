"""Every form in real Chromium, sent with what it cannot take: it says so at the field, and keeps all that was typed."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from end_to_end.example import Example
from end_to_end.running import eventually
from every_page import ADMIN_APP, ADMINISTRATOR, APP, DEVELOPER, SIGNED_OUT, USER, Page

LONG = "x" * 2001


class Sent(NamedTuple):
    """What is typed into the fields of a form, by name, and which of its fields are then complained of."""

    who: str
    path: str
    button: str
    typed: dict[str, str]
    wrong: set[str]
    of: str = "Slack Connector"
    query: str = ""


BAD_APP = {
    "name": "",
    "description": "Kept, “as it was” & <typed>",
    "home_page": "javascript:alert(1)",
    "redirect_uris": "http://app.example/callback\nhttps://app.example/#top",
}
FORMS = (
    Sent(SIGNED_OUT, "/signup", "Create account", {"email": "ada@", "name": "Ada", "password": "short"},
         {"email", "password"}),
    Sent(SIGNED_OUT, "/signup", "Create account", {"email": "", "name": "", "password": ""}, {"email", "password"}),
    Sent(USER, "/account/profile", "Save", {"name": " "}, {"name"}),
    Sent(USER, "/account/password", "Change password", {"password": "wrong", "new_password": "correct horse"},
         {"password"}),
    Sent(USER, "/account/password", "Change password", {"password": "", "new_password": "short"},
         {"password", "new_password"}),
    Sent(DEVELOPER, "/developer/apps/new", "Register the app", BAD_APP,
         {"name", "home_page", "redirect_uris", "scopes"}, query="?type=confidential"),
    Sent(DEVELOPER, APP + "/edit", "Save", BAD_APP, {"name", "home_page", "redirect_uris"}),
    Sent(DEVELOPER, APP + "/team", "Create an invitation link", {"email": "nobody"}, {"email"}),
    Sent(DEVELOPER, APP + "/delete", "Delete the app", {"name": "slack"}, {"name"}),
    Sent(DEVELOPER, APP + "/transfer", "Offer the app", {}, {"member"}),
    Sent(DEVELOPER, APP + "/secrets/retire", "Delete the secret", {}, {"secret"}),
    Sent(ADMINISTRATOR, ADMIN_APP + "/suspend", "Suspend the app", {"reason": LONG}, {"reason"}),
    Sent(ADMINISTRATOR, ADMIN_APP + "/suspend", "Reject the app", {"reason": ""}, {"reason"},
         "Helpful Assistant (MCP)", "?from=review"),
    Sent(ADMINISTRATOR, ADMIN_APP + "/limit", "Save", {"limit": "many", "share": "101", "token_limit": ""},
         {"limit", "share", "token_limit"}),
    Sent(ADMINISTRATOR, "/admin/scopes/new", "Add the scope", {"scope": "two words", "description": ""},
         {"scope", "description"}),
    Sent(ADMINISTRATOR, "/admin/scopes/edit", "Save", {"description": ""}, {"description"},
         query="?scope=read:billing"),
    Sent(ADMINISTRATOR, "/admin/apis/new", "Register the API", {"name": "", "resource": "api"}, {"name", "resource"}),
    Sent(ADMINISTRATOR, "/admin/apis/<client_id>/edit", "Save", {"name": ""}, {"name"}, "Product API"),
)  # fmt: skip


def form_with(page: Any, button: str) -> Any:
    return page.locator("main form", has=page.get_by_role("button", name=button, exact=True))


@pytest.mark.parametrize("sent", FORMS, ids=lambda sent: f"{sent.path}-{sent.button}-{len(sent.wrong)}")
def test_a_form_that_is_refused_says_why_at_the_field_and_loses_nothing(
    example: Example, chromium: Any, sent: Sent
) -> None:
    window, _ = example.shown(chromium, Page("", sent.path, sent.who, sent.of, sent.query))
    page = window.page
    form = form_with(page, sent.button)
    form.evaluate("form => form.noValidate = true")  # what the browser checks first is no part of this
    boxes = "[type=radio]:not([name=type]), [type=checkbox]"  # what is built decides which fields there are
    form.evaluate("(form, boxes) => form.querySelectorAll(boxes).forEach(box => box.checked = false)", boxes)
    for name, text in sent.typed.items():
        field = form.locator(f"[name={name}]")
        field.evaluate("field => field.removeAttribute('maxlength')")
        field.fill(text)
    with page.expect_navigation():
        form.get_by_role("button", name=sent.button, exact=True).click()

    form = form_with(page, sent.button)
    assert form.get_by_role("alert").inner_text()
    marked = form.evaluate("form => [...form.querySelectorAll('.error')].map(error => error.id)")
    assert set(marked) >= {f"{name}-error" for name in sent.wrong}
    for name in sent.wrong:
        assert form.locator(f"#{name}-error").inner_text()
        described = form.locator(f"[aria-describedby~='{name}-error']")
        assert described.count() == 1
        assert described.get_attribute("aria-invalid") == "true"
    for name, text in sent.typed.items():
        field = form.locator(f"[name={name}]")
        is_password = field.get_attribute("type") == "password"
        assert field.input_value() == ("" if is_password else text)
    if sent.wrong & sent.typed.keys():
        eventually(lambda: page.evaluate("document.activeElement.name") in sent.wrong)  # typing goes on there
    assert window.complaints == []


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(example: Example, chromium: Any) -> None:
    window, _ = example.shown(chromium, Page("", "/developer/apps/new", DEVELOPER, query="?type=public"))
    field = window.page.locator("input[type=file]")
    field.set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": b"x" * (3 << 20)})
    assert "at most 512 KiB" in field.evaluate("field => field.validationMessage")
    field.set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": b"x" * 1000})
    assert field.evaluate("field => field.checkValidity()")
