# SPDX-License-Identifier: GPL-3.0-or-later
"""/docs in a real browser: find a tool, try it out, read the answer. Offline by nature: the tests
have no other host, and a request to one is a failure."""
import json
from urllib.parse import quote

from bridge import fixture
from pages import OPEN, PageCase, block
from prefixproxy import PrefixProxy


def servers_file(**commands):
    return json.dumps({"mcpServers": {name: {"command": command[0], "args": command[1:]}
                                      for name, command in commands.items()}})


class Docs(PageCase):
    def test_the_tools_are_listed_first(self):
        self.open_docs()
        self.assertEqual(self.browser.title(), "MCP Bridge")
        self.assertIn("Discovered tools", self.browser.text(".opblock-tag-section"))
        for tool in ("add", "hello", "error", "call_counter", "report_progress_and_logs"):
            self.assertIn("/tools/" + tool, self.browser.text(".opblock-tag-section"))
        self.shoot("docs")

    def test_add_can_be_tried_out_and_shows_5(self):
        self.open_operation("/tools/add")
        self.shoot("docs-add")
        self.fill_body({"a": 2, "b": 3})
        status, body = self.execute()
        self.shoot("docs-add-5")
        self.assertEqual(status, 200)
        self.assertRegex(body, r'"result":\s*5')
        self.assertEqual(self.request_address(), self.origin + "/tools/add")

    def test_execute_works_at_once_with_the_prefilled_example(self):
        self.open_operation("/tools/add")
        self.assertEqual(self.execute()[0], 200)

    def test_a_bad_call_shows_the_error_shape(self):
        self.allowed.append("status of 400")
        self.open_operation("/tools/add")
        self.fill_body({"a": 2})
        status, body = self.execute()
        self.shoot("docs-error")
        self.assertEqual(status, 400)
        for part in ('"detail"', '"error": "invalid_arguments"', '"status_code": 400', '"request_id"'):
            self.assertIn(part, body)

    def test_a_session_keeps_its_state_through_the_header(self):
        session = self.bridge.start_session()
        self.open_operation("/tools/call_counter")
        self.browser.fill(OPEN + ' tr[data-param-name="x-inxm-mcp-session"] input', session)
        self.assertRegex(self.execute()[1], r'"result":\s*1')
        self.bridge.call("call_counter", session=session)
        self.open_operation("/tools/call_counter")
        self.browser.fill(OPEN + ' tr[data-param-name="x-inxm-mcp-session"] input', session)
        self.assertRegex(self.execute()[1], r'"result":\s*3')
        self.shoot("docs-session")

    def test_a_session_can_be_started_on_the_page(self):
        self.open_operation("/session/start")
        status, body = self.execute()
        self.assertEqual(status, 200)
        self.assertIn('"session_id"', body)

    def test_any_tool_can_be_called_by_its_name(self):
        self.open_operation("/tools/{tool}")
        self.browser.fill(OPEN + ' tr[data-param-name="tool"] input', "hello")
        status, body = self.execute()
        self.assertEqual(status, 200)
        self.assertIn("Hello", body)

    def test_a_listing_is_shown(self):
        self.open_operation("/tools", "get")
        status, body = self.execute()
        self.assertEqual(status, 200)
        self.assertIn("inputSchema", body)

    def test_the_pages_link_to_each_other(self):
        self.open_docs()
        self.browser.click(".bridge-bar a[href=redoc]")
        self.browser.find("#redoc")
        self.browser.click(".bridge-bar a[href=docs]")
        self.browser.find("#swagger-ui .opblock")

    def test_a_slash_behind_the_address_does_no_harm(self):
        self.browser.open(self.origin + "/docs/")
        self.browser.find(".opblock")

    def test_it_fits_a_narrow_window(self):
        self.browser.size(420, 900)
        try:
            self.open_operation("/tools/add")
            self.shoot("docs-narrow")
            self.assertLessEqual(self.browser.run("return document.body.scrollWidth"), 420)
        finally:
            self.browser.size(1400, 1100)


class UnderABasePath(PageCase):
    env = {"MCP_BASE_PATH": "/api/v1"}

    def test_a_tool_is_called_from_the_page_at_either_address(self):
        for prefix in ("", "/api/v1"):
            with self.subTest(prefix):
                self.open_operation("/tools/add", prefix=prefix)
                self.fill_body({"a": 2, "b": 3})
                status, body = self.execute()
                self.assertEqual(status, 200)
                self.assertRegex(body, r'"result":\s*5')
                self.assertEqual(self.request_address(), self.origin + "/api/v1/tools/add")


class BehindAProxy(PageCase):
    """One that serves the bridge below a prefix of its own."""

    def setUp(self):
        self.proxy = PrefixProxy(self.bridge.port, "/tools/bridge")
        self.proxy.__enter__()
        self.addCleanup(self.proxy.__exit__)
        super().setUp()

    @property
    def origin(self):
        return self.proxy.origin

    def test_a_tool_is_called_through_the_proxy(self):
        self.open_operation("/tools/add", prefix="/tools/bridge")
        self.assertEqual(self.execute()[0], 200)
        self.assertEqual(self.request_address(), self.origin + "/tools/bridge/tools/add")


class TwoServers(PageCase):
    args = ("--config", "{home}/servers.json")
    files = {"servers.json": servers_file(first=fixture("probe"), second=fixture("counter"),
                                          broken=["/does/not/exist"])}

    def test_both_have_their_tools_and_the_second_can_be_called(self):
        self.open_docs()
        page = self.browser.text("#swagger-ui")
        for part in ("Tools of first", "/tools/read_env", "Tools of second",
                     "/servers/second/tools/call_counter"):
            self.assertIn(part, page)
        self.shoot("docs-two-servers")
        self.browser.click(block("/servers/second/tools/call_counter"))
        status, body = self.execute()
        self.assertEqual(status, 200)
        self.assertRegex(body, r'"count":\s*1')
        self.shoot("docs-second-server")

    def test_the_page_tells_of_a_server_that_is_missing(self):
        self.open_docs()
        self.assertIn("broken", self.browser.text(".information-container"))


class HardSchemas(PageCase):
    server = fixture("schemas")

    def open_schema(self):
        body = OPEN + " .opblock-section-request-body"
        self.browser.click(body + " .tablinks[data-name=model]")
        self.browser.show(body + " .model-box")

    def try_example(self, tool, shot=None):
        self.open_operation("/tools/" + quote(tool, safe=""))
        if shot:
            self.shoot(shot)
        status, body = self.execute()
        self.assertEqual(status, 200, body)
        return body

    def test_tools_with_odd_names_can_be_called(self):
        for name in ("with space", "a/b", "gr\u00fc\u00dfe", "q?x=1&y#z", "per%cent", "{braces}",
                     "<b>bold</b>"):
            with self.subTest(name):
                self.assertIn("echo", self.try_example(name))
        self.shoot("docs-odd-name")

    def test_recursion_and_references_are_shown(self):
        self.assertIn('"root"', self.try_example("tree", "docs-tree"))
        self.open_schema()
        self.shoot("docs-tree-schema")
        self.assertNotIn("Could not resolve", self.browser.text("#swagger-ui"))

    def test_draft_07_is_shown(self):
        self.assertIn('"from"', self.try_example("draft07", "docs-draft07"))

    def test_sixty_properties_are_shown(self):
        body = self.try_example("wide", "docs-wide")
        self.assertIn('"p00"', body)
        self.assertIn('"p59"', body)

    def test_a_description_keeps_its_lines_and_runs_no_code(self):
        self.open_operation("/tools/weather")
        self.assertIn("Give a city.\nOne per call.",
                      self.browser.text(OPEN + " .opblock-description"))
        self.assertRegex(self.browser.text(OPEN + " .opblock-description"), r"Args:\n\s{4}city")
        self.browser.show(OPEN + " .opblock-description")
        self.shoot("docs-description")
        self.open_operation("/tools/hostile")
        self.assertIn("<script>", self.browser.text(OPEN + " .opblock-description"))
        self.check_no_code_ran()
        self.open_schema()
        self.shoot("docs-hostile-schema")
        self.assertIn("List<T>", self.browser.text(OPEN + " .opblock-section-request-body"))
        self.check_no_code_ran()

    def check_no_code_ran(self):
        self.assertEqual(self.browser.title(), "MCP Bridge")
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('[onerror], a[href^=javascript]').length"), 0)


class Nothing(PageCase):
    env = {"EXCLUDE_TOOLS": "*"}

    def test_the_page_tells_when_there_are_no_tools(self):
        self.open_docs()
        self.shoot("docs-empty")
        self.assertIn("no tools", self.browser.text("#swagger-ui"))
