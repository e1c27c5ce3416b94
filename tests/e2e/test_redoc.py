# SPDX-License-Identifier: GPL-3.0-or-later
"""/redoc in a real browser: the reading view of the same document."""
from bridge import fixture, wait_for
from pages import PageCase


class RedocCase(PageCase):
    def open_redoc(self, wanted, prefix="", fragment=""):
        self.browser.open("about:blank")
        self.browser.open(f"{self.origin}{prefix}/redoc{fragment}")
        wait_for(lambda: wanted in self.browser.text("#redoc"), what=f"{wanted} on the page")
        return self.browser.text("#redoc")


class Redoc(RedocCase):
    def test_it_shows_every_tool_with_its_schema(self):
        page = self.open_redoc("Add two numbers")
        self.shoot("redoc")
        for part in ("/tools/call_counter", "First summand", "Second summand", "Discovered tools"):
            self.assertIn(part, page)
        self.assertEqual(self.browser.title(), "MCP Bridge")

    def test_an_operation_can_be_linked_to(self):
        self.open_redoc("First summand", fragment="#operation/call_add")
        self.shoot("redoc-add")

    def test_it_shows_the_full_address_of_an_operation(self):
        self.open_redoc("Add two numbers")
        found = self.browser.run("return document.getElementById('redoc').textContent")
        self.assertIn(self.origin + "/tools/add", found)


class UnderABasePath(RedocCase):
    env = {"MCP_BASE_PATH": "/api/v1"}

    def test_the_addresses_are_right_at_either_address_of_the_page(self):
        for prefix in ("", "/api/v1"):
            with self.subTest(prefix):
                self.open_redoc("Add two numbers", prefix)
                found = self.browser.run("return document.getElementById('redoc').textContent")
                self.assertIn(self.origin + "/api/v1/tools/add", found)


class HardSchemas(RedocCase):
    server = fixture("schemas")

    def test_odd_tools_are_shown_and_run_no_code(self):
        page = self.open_redoc("Called tree")
        for part in ("Called wide", "Called draft07", "p59", "<script>", "List<T>"):
            self.assertIn(part, page)
        self.assertNotIn("Something went wrong", page)
        self.assertEqual(self.browser.title(), "MCP Bridge")
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('[onerror], a[href^=javascript]').length"), 0)
        self.shoot("redoc-hard")
