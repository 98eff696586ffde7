"""Real Chromium, and a window in which a person looks at our pages."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from end_to_end.running import PASSWORD, SECONDS, Person
from every_page import presses
from missing import skip_or_fail

try:
    from playwright import sync_api as playwright
except ImportError:
    playwright = None

# The first one is Chromium without what a screen needs: a page costs it half as much.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",  # it refuses to run as root otherwise; it sees our own pages alone
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MILLISECONDS = SECONDS * 1000
LAUNCHED: list[Any] = []
# Chromium writes one for each page whose status is an error, as those are that a test asks for.
STATUS_LINE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d ")


@contextlib.contextmanager
def launched(*options: str) -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if playwright is None:
        skip_or_fail("playwright is missing: pip install -e '.[dev]'")
    if program is None:
        skip_or_fail("Chromium is missing: install it, for example with apt-get install chromium")
    with playwright.sync_playwright() as player:
        playwright.expect.set_options(timeout=MILLISECONDS)
        browser = player.chromium.launch(executable_path=program, args=[*OPTIONS, *options])
        LAUNCHED.append(browser)
        yield browser
        LAUNCHED.remove(browser)
        browser.close()


def open_pages() -> Iterator[str]:
    """The address and the visible text of each, for the report of a test that failed."""
    for page in [page for browser in LAUNCHED for context in browser.contexts for page in context.pages]:
        with contextlib.suppress(playwright.Error):
            yield f"{page.url}\n{page.inner_text('body', timeout=2000)}"


@dataclass
class Window:
    """One person's browser, on the page it shows; whatever Chromium complains of is kept."""

    page: Any
    origin: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(MILLISECONDS)
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and not STATUS_LINE.match(message.text):
            self.complaints.append(message.text)

    def open(self, path: str) -> Any:
        return self.page.goto(path if "://" in path else self.origin + path)

    def heading(self) -> str:
        (heading,) = self.page.locator("h1").all_inner_texts()
        return str(heading)

    def shows(self, heading: str) -> None:
        """Wait for the heading: the browser may still be loading the page."""
        playwright.expect(self.page.locator("h1")).to_have_text(heading)

    def click(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).click()

    def press(self, name: str) -> None:
        """A button or a link that leads to another page."""
        presses(name)(self.page)

    def type(self, label: str, text: str) -> None:
        """Type once the field has the focus: a page gives it when it is drawn, sometimes after it has loaded."""
        playwright.expect(self.page.get_by_label(label)).to_be_focused()
        self.page.keyboard.type(text)

    def is_at(self, prefix: str) -> str:
        """Waits until the page of that address is shown; its whole address."""
        self.page.wait_for_url(re.compile(re.escape(prefix) + r"(?:[?#].*)?\Z"))
        return str(self.page.url)

    def sign_up(self, name: str = "Ada Example") -> str:
        email = f"{secrets.token_hex(5)}@example.com"
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.click("button", "Create account")
        return email

    def sign_in(self, person: Person) -> None:
        self.page.get_by_label("Email").fill(person.email)
        self.page.get_by_label("Password").fill(person.password)
        self.click("button", "Sign in")

    def enter(self, person: Person) -> None:
        """With the session that this person has already: signing in takes longer than most tests."""
        cookies = [{"name": one.name, "value": one.value, "url": self.origin} for one in person.browser.cookies]
        self.page.context.add_cookies(cookies)

    def width(self) -> tuple[int, int]:
        """What the page would need, and what there is."""
        needed, there = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        return needed, there


Open = Callable[..., Window]
