"""A browser without a window, and what a test must know of a page that it opened."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MEND = "install Chromium or Chrome, or run `python -m playwright install chromium`"

#: What the policy of a page stopped, told by the page itself.
WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (event) => window.stopped.push(event.violatedDirective));
"""

#: Says what is wrong with a layout.
FAULTS = Path(__file__).with_name("layout_faults.js").read_text(encoding="utf-8")


@contextmanager
def started():
    """A browser, for as long as it is needed; where there is none, the test skips."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        missing("playwright is not installed: pip install 'pytest-evalbars[test]'")
    with sync_playwright() as tool:
        browser = _start(tool)
        yield browser
        browser.close()


def _start(tool):
    """A browser, the system's own or playwright's."""
    from playwright.sync_api import Error  # noqa: PLC0415

    found = next(filter(None, map(shutil.which, NAMES)), None) or tool.chromium.executable_path
    if not Path(found).exists():
        missing(f"there is no browser: {MEND}")
    try:
        return tool.chromium.launch(executable_path=found, args=["--no-sandbox"])
    except Error as error:
        missing(f"{found} does not start ({str(error).splitlines()[0]}): {MEND}")


def missing(reason):
    """Skip, or fail where a browser must be."""
    if os.environ.get("EVALBARS_BROWSER") == "required":
        pytest.fail(f"EVALBARS_BROWSER=required, and {reason}")
    pytest.skip(reason)


class Watched:
    """A page, and all that it did which it should not do."""

    def __init__(self, context, path, *, before=""):
        self.context, self.faults = context, []
        context.on("page", self.watch)
        context.add_init_script(WATCH + before)
        self.page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.path = path
        self.page.goto(path.as_uri())

    def watch(self, page):
        if len(self.context.pages) > 1:
            self.faults.append("another page was opened")
        page.on("dialog", self.dialog)
        page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self.request)

    def dialog(self, dialog):
        self.faults.append(f"dialog: {dialog.type} {dialog.message}")
        dialog.accept()

    def request(self, request):
        if request.url != self.path.as_uri() and not request.url.startswith("blob:"):
            self.faults.append(f"request: {request.url[:100]}")

    def text(self, place):
        """What is read at a place of the page."""
        return self.page.locator(place).inner_text()

    def press(self, *keys):
        """Press keys; after a label, wait until the page takes the next one."""
        for key in keys:
            self.page.keyboard.press(key)
            if key in "123u":
                self.page.wait_for_timeout(210)

    def enter(self, rater):
        """Begin as one of the raters of the plan."""
        self.page.locator("#raters button", has_text=rater).first.click()

    def clean(self):
        """Assert that nothing ran, was loaded or was stopped."""
        stopped, ran = self.page.evaluate("[window.stopped, window.ran ?? 0]")
        assert (stopped, ran, self.faults) == ([], 0, []), (stopped, ran, self.faults)

    def layout(self):
        """Assert that what is shown can be read and used, in this window."""
        found = self.page.evaluate(FAULTS)
        assert found == [], "\n".join(found)


def drawn(png):
    """The share of a screenshot's bytes that differ from those beside them: nearly none, where it is blank."""
    place, packed = 8, b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            packed += png[place + 8 : place + 8 + length]
        place += 12 + length
    raw = zlib.decompress(packed)
    return 1 - raw.count(0) / len(raw)
