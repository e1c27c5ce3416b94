# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 N4: the metrics of §9.1."""
import re

from bridge import fixture, wait_for
from case import BridgeCase


class Metrics(BridgeCase):
    server = fixture("dialects")

    def test_all_names_are_there_with_moving_values(self):
        """N4"""
        closed = self.bridge.metric("mcp_sessions_closed_total")
        session = self.bridge.start_session()
        self.bridge.call("obeys")
        self.bridge.call("terminal", session=session)
        self.bridge.get("/nowhere")
        self.bridge.post("/session/close", session=session)
        answer = self.assertStatus(self.bridge.get("/metrics"), 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
        names = set(re.findall(r"^(\w+)", answer.text, re.M))
        for name in ("http_requests_total", "http_request_size_bytes_count",
                     "http_response_size_bytes_count", "http_request_duration_highr_seconds_bucket",
                     "http_request_duration_seconds_bucket", "http_requests_in_progress",
                     "fastapi_app_info_info", "process_resident_memory_bytes",
                     "mcp_sessions_active", "mcp_sessions_created_total",
                     "mcp_sessions_closed_total", "mcp_tool_calls_total",
                     "mcp_tool_call_duration_seconds_bucket", "mcp_tool_errors_total"):
            with self.subTest(name):
                self.assertIn(name, names)
        metric = self.bridge.metric
        self.assertGreaterEqual(metric("mcp_tool_calls_total", tool="obeys", status="success"), 1)
        self.assertGreaterEqual(metric("mcp_tool_calls_total", tool="terminal", status="error"), 1)
        self.assertGreaterEqual(metric("mcp_tool_errors_total", tool="terminal",
                                       error_type="downstream_execution_error"), 1)
        self.assertEqual(metric("mcp_sessions_closed_total"), closed + 1)
        self.assertGreaterEqual(metric("http_requests_total", handler="none", status="4xx"), 1)
        self.assertGreaterEqual(metric("http_requests_total", handler="/tools/{tool}",
                                       method="POST", status="2xx")
                                + metric("http_requests_total", handler="/tools/{name}",
                                         method="POST", status="2xx"), 1)

    def test_active_sessions_go_up_and_down(self):
        """N4"""
        self.assertEqual(self.bridge.metric("mcp_sessions_active"), 0)
        session = self.bridge.start_session()
        self.assertEqual(self.bridge.metric("mcp_sessions_active"), 1)
        self.bridge.post("/session/close", session=session)
        wait_for(lambda: self.bridge.metric("mcp_sessions_active") == 0)

    def test_invented_names_make_no_labels(self):
        """N4"""
        self.bridge.get("/tools")
        for index in range(20):
            self.bridge.call(f"invented_{index}")
            self.bridge.get(f"/invented/{index}")
        text = self.bridge.get("/metrics").text
        self.assertNotIn("invented", text)
        self.assertNotIn("user_id", text)

    def test_calls_of_streams_count_too(self):
        before = self.bridge.metric("mcp_tool_calls_total", tool="obeys")
        self.bridge.stream("obeys").events()
        wait_for(lambda: self.bridge.metric("mcp_tool_calls_total", tool="obeys") == before + 1)


class NoMetrics(BridgeCase):
    env = {"PROMETHEUS_ENABLED": "false"}

    def test_metrics_can_be_switched_off(self):
        self.assertError(self.bridge.get("/metrics"), 404)
        self.assertStatus(self.bridge.call("hello"), 200)
