# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the pages share: one browser and one bridge for all tests of a class."""
import json
import os

from bridge import BIN_DIR, wait_for
from browser import Browser, needs_browser
from case import BridgeCase

SHOTS = os.environ.get("BRIDGE_SCREENSHOTS",
                       os.path.join(os.path.dirname(BIN_DIR), "screenshots"))
OPEN = ".opblock.is-open"
ANSWER = OPEN + " .live-responses-table .response"


def block(path, method="post"):
    """The operation of /docs for this path of the document."""
    return f'.opblock-{method} .opblock-summary-path[data-path="{path}"]'


@needs_browser
class PageCase(BridgeCase):
    """`self.browser` is at no particular page. Afterwards every test's page is looked over: no
    console message, nothing asked of another host."""

    expected_problems = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = Browser()
        try:
            cls.browser.__enter__()
        except BaseException:
            super().tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            cls.browser.__exit__()
        finally:
            super().tearDownClass()

    def setUp(self):
        self.browser.delete_cookies()
        self.browser.problems()
        self.browser.requests()
        self.allowed = list(self.expected_problems)

    def tearDown(self):
        own = (f"{self.origin}/", "data:", f"blob:{self.origin}/")
        # The browser's own pages (chrome:) load while it starts; they never leave the machine.
        self.assertEqual([a for a in self.browser.requests()
                          if not a.startswith((*own, "chrome:", "chrome-untrusted:"))], [])
        self.assertEqual([p for p in self.browser.problems()
                          if not any(allowed in p for allowed in self.allowed)], [])

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.bridge.port}"

    def shoot(self, name):
        self.browser.screenshot(os.path.join(SHOTS, name + ".png"))

    def open_docs(self, prefix=""):
        # A fresh document even when only the fragment would change.
        self.browser.open("about:blank")
        self.browser.open(f"{self.origin}{prefix}/docs")
        self.browser.find(".opblock")

    def open_operation(self, path, method="post", prefix=""):
        self.open_docs(prefix)
        self.browser.click(block(path, method))
        self.browser.find(OPEN + " button.execute")

    def fill_body(self, value):
        self.browser.fill(OPEN + " textarea.body-param__text",
                          value if isinstance(value, str) else json.dumps(value))

    def execute(self):
        """Presses Execute; returns status and body as the page shows them."""
        self.browser.click(OPEN + " button.execute")
        status = wait_for(lambda: self.browser.text(ANSWER + " .response-col_status"),
                          what="the status on the page").split()[0]
        self.browser.show(ANSWER)
        return int(status), self.browser.text(ANSWER + " .response-col_description")

    def request_address(self):
        return self.browser.text(OPEN + " .request-url pre")
