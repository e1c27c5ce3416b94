# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages /docs and /redoc in a real browser; screenshots go to BRIDGE_SHOTS."""
import json
import os
import unittest

from bridge import Bridge, wait_for
from browser import Browser, needs_browser

SHOTS = os.environ.get("BRIDGE_SHOTS", "")
# Under a base path the operations may name it or leave it to the document's server entry.
ADD = '.opblock-summary-path[data-path$="/tools/add"]'
BLOCK = ".opblock.is-open"


@needs_browser
class Docs(unittest.TestCase):
    def shoot(self, browser, name):
        if SHOTS:
            browser.screenshot(os.path.join(SHOTS, name + ".png"))

    def check_page(self, browser, bridge):
        """Nothing came from elsewhere and nothing was complained about."""
        self.assertEqual(browser.title(), "MCP Bridge")
        own = f"http://127.0.0.1:{bridge.port}/"
        self.assertEqual([a for a in browser.addresses() if not a.startswith((own, "data:", "blob:"))],
                         [])
        self.assertEqual(browser.problems(), [])

    def try_add(self, browser, bridge, prefix=""):
        browser.open(f"http://127.0.0.1:{bridge.port}{prefix}/docs")
        browser.click(ADD)
        browser.fill(BLOCK + " textarea.body-param__text", json.dumps({"a": 2, "b": 3}))
        self.shoot(browser, "docs-filled")
        browser.click(BLOCK + " button.execute")
        answer = wait_for(lambda: browser.text(BLOCK + " .live-responses-table .response"),
                          what="the answer on the page")
        browser.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})",
                    BLOCK + " .live-responses-table")
        self.shoot(browser, "docs-answered")
        self.assertIn("200", answer)
        self.assertRegex(answer, r'"result":\s*5')

    def test_add_can_be_tried_out_and_shows_5(self):
        with Bridge() as bridge, Browser() as browser:
            self.try_add(browser, bridge)
            self.check_page(browser, bridge)

    def test_it_works_under_a_base_path_too(self):
        with Bridge(env={"MCP_BASE_PATH": "/api/v1"}) as bridge, Browser() as browser:
            self.try_add(browser, bridge, "/api/v1")
            self.check_page(browser, bridge)

    def test_the_reading_view_shows_every_tool(self):
        with Bridge() as bridge, Browser() as browser:
            bridge.get("/tools")
            browser.open(f"http://127.0.0.1:{bridge.port}/redoc")
            wait_for(lambda: "call_counter" in browser.text("#redoc"), what="the list of tools")
            self.shoot(browser, "redoc")
            self.check_page(browser, bridge)

    def test_a_links_to_b_and_back(self):
        with Bridge() as bridge, Browser() as browser:
            browser.open(f"http://127.0.0.1:{bridge.port}/docs")
            browser.click(".bridge-bar a[href=redoc]")
            browser.find("#redoc")
            browser.click(".bridge-bar a[href=docs]")
            browser.find("#swagger-ui")
