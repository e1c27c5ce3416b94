# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 G: POST /tools/{tool}/stream."""
import time
import unittest

from bridge import SLOW, Bridge, fixture, parallel, records, wait_for
from case import BridgeCase, ModesMixin


def kinds(events):
    return [event["type"] for event in events]


class Demo(ModesMixin, BridgeCase):
    def stream(self, tool, arguments=None, **how):
        return self.bridge.stream(tool, arguments, session=self.session, **how)

    def test_the_headers_are_those_of_an_event_stream(self):
        """G1"""
        stream = self.stream("hello")
        self.assertEqual(stream.status, 200)
        self.assertEqual(stream.headers["Content-Type"], "text/event-stream; charset=utf-8")
        self.assertEqual(stream.headers["Cache-Control"], "no-cache")
        self.assertEqual(stream.headers["X-Accel-Buffering"], "no")
        self.assertEqual(kinds(stream.events()), ["result"])

    def test_progress_and_logs_come_in_order_before_the_result(self):
        """G2"""
        events = self.stream("report_progress_and_logs").events()
        progress = [event for event in events if event["type"] == "progress"]
        self.assertEqual([event["progress"] for event in progress], [20, 40, 60, 80, 100])
        self.assertEqual({event["total"] for event in progress}, {5})
        self.assertTrue(all(event["message"] for event in progress))
        logs = [event for event in events if event["type"] == "log"]
        self.assertEqual([event["level"] for event in logs], ["info"] * 5)
        self.assertEqual(kinds(events[:-1]).count("result"), 0)
        self.assertEqual(kinds(events)[0:2].count("progress"), 1)
        result = events[-1]
        self.assertEqual(result["type"], "result")
        self.assertEqual(result["data"]["content"][0]["text"], "Done")

    def test_events_come_while_the_tool_runs(self):
        """G2"""
        began = time.monotonic()
        stream = self.stream("report_progress_and_logs")
        stream.next_event()
        self.assertLess(time.monotonic() - began, 1.5 * SLOW)
        stream.close()

    def test_a_failing_tool_is_a_result(self):
        """G3"""
        events = self.stream("error", {"message": "boom"}).events()
        self.assertEqual(kinds(events), ["result"])
        self.assertIs(events[0]["data"]["isError"], True)
        self.assertIn("boom", events[0]["data"]["content"][0]["text"])

    def test_structured_content_is_in_the_result(self):
        """§5.1"""
        events = self.stream("add", {"a": 2, "b": 3}).events()
        self.assertEqual(events[-1]["data"]["structuredContent"], {"result": 5})

    def test_wrong_requests_get_real_statuses(self):
        """§5.1 [P]"""
        self.assertEqual(self.stream("add", b"[1]").status, 422)
        self.assertEqual(self.stream("hello", headers={"x-inxm-mcp-session": "bogus"}).status, 404)
        self.assertEqual(self.stream("hello", {"_user_feedback": "x"}).status, 409)

    def test_an_unknown_tool_is_refused(self):
        """§5.1 [P]: 404, or an error event when the tools were not known yet"""
        self.bridge.get("/tools", session=self.session)
        stream = self.stream("doesnotexist")
        self.assertEqual(stream.status, 404)


class DemoInSession(Demo):
    in_session = True


class LateStatus(BridgeCase):
    env = {"STREAM_EARLY_STATUS": "false"}

    def test_failures_may_be_events_as_in_the_reference(self):
        """§5.1"""
        stream = self.bridge.stream("hello", session="bogus")
        self.assertEqual(stream.status, 200)
        (event,) = stream.events()
        self.assertEqual(event["type"], "error")
        self.assertEqual(event["data"]["status"], 404)
        self.assertIn("message", event["data"])


class Logs(ModesMixin, BridgeCase):
    server = fixture("logs")

    def events(self, tool, arguments=None):
        return self.bridge.stream(tool, arguments, session=self.session).events()

    def test_keys_without_a_value_are_left_out(self):
        """G5"""
        progress = [event for event in self.events("bare_progress") if event["type"] == "progress"]
        self.assertEqual(progress, [{"type": "progress", "progress": 1},
                                    {"type": "progress", "progress": 2.5}])
        logs = [event for event in self.events("texts") if event["type"] == "log"]
        self.assertEqual(logs[:2], [{"type": "log", "level": "info", "data": "words"},
                                    {"type": "log", "level": "info", "data": 7}])

    def test_logs_of_all_levels_are_relayed_with_their_logger(self):
        """§5.1"""
        logs = [event for event in self.events("all_levels") if event["type"] == "log"]
        levels = [event["level"] for event in logs]
        wanted = ["info", "notice", "warning", "error", "critical", "alert", "emergency"]
        self.assertEqual([level for level in levels if level != "debug"], wanted)
        self.assertEqual({event["logger_name"] for event in logs}, {"fixture"})

    def test_a_thousand_events_keep_their_order(self):
        events = self.events("report", {"count": 1000})
        steps = [event["progress"] for event in events if event["type"] == "progress"]
        self.assertEqual(steps, list(range(1, 1001)))
        self.assertEqual(kinds(events)[-1], "result")

    def test_progress_after_the_result_is_dropped(self):
        events = self.events("late_progress")
        self.assertEqual(kinds(events), ["result"])

    def test_log_data_does_not_reach_the_bridges_own_log(self):
        """§8, §9.4: only its shape is logged"""
        self.events("all_levels", {"secret": "canary-4711"})
        self.assertNotIn("canary-4711", self.bridge.log())

    def test_parallel_streams_get_their_own_events(self):
        def run(count):
            return sum(event["type"] == "progress"
                       for event in self.events("report", {"count": count, "pause": 0.01}))
        self.assertEqual(parallel([lambda n=n: run(n) for n in (3, 5, 8)]), [3, 5, 8])


class LogsInSession(Logs):
    in_session = True


class ModernLogs(BridgeCase):
    server = fixture("logs", "--modern-only")

    def test_the_modern_revision_streams_alike(self):
        """Progress and logs of 2026-07-28 need the request's own opt-in"""
        events = self.bridge.stream("report", {"count": 2}).events()
        self.assertEqual(kinds(events), ["progress", "log", "progress", "log", "result"])


class Hidden(BridgeCase):
    server = fixture("counter", "--tools", "open,hidden", "--file", "{home}/calls")
    env = {"EXCLUDE_TOOLS": "hidden"}

    def test_a_hidden_tool_is_never_called(self):
        """G4, D3"""
        for warm in range(2):
            hidden, missing = self.bridge.stream("hidden"), self.bridge.stream("missing")
            self.assertEqual(hidden.status, missing.status)
            hidden.events() if hidden.status == 200 else None
            self.bridge.get("/tools")
        self.assertEqual(self.bridge.stream("hidden").status, 404)
        self.bridge.stream("open").events()
        with open(self.bridge.path("calls")) as calls:
            self.assertEqual(calls.read().split(), ["open"])


class Asking(BridgeCase):
    server = fixture("elicit")

    def test_a_question_ends_the_stream_and_the_answer_continues_the_call(self):
        """G6"""
        session = self.bridge.start_session()
        events = self.bridge.stream("pay", {"amount": 3}, session=session).events()
        self.assertEqual(kinds(events), ["feedback_required"])
        data = events[0]["data"]
        self.assertEqual(data["error"], "feedback_required")
        self.assertEqual(data["resume_token"], session)
        self.assertEqual(data["elicitation"]["message"], "Pay 3?")
        events = self.bridge.stream("pay", {"_user_feedback": "ok"}, session=session).events()
        self.assertEqual(kinds(events), ["result"])
        self.assertEqual(events[0]["data"]["structuredContent"], {"effects": 1})
        self.bridge.post("/session/close", session=session)

    def test_without_a_session_the_event_says_so(self):
        """G6, F1"""
        (event,) = self.bridge.stream("ask_name").events()
        self.assertEqual(event["type"], "feedback_required")
        self.assertIs(event["data"]["requires_session"], True)
        self.assertNotIn("resume_token", {k: v for k, v in event["data"].items() if v is not None})


class Leaving(ModesMixin, BridgeCase):
    server = fixture("slow", "--events", "{home}/events", "--progress")
    args = ["--warm-pool", "0"]

    def test_a_client_that_leaves_cancels_the_call(self):
        """G7"""
        label = f"G7 {self.in_session}"
        stream = self.bridge.stream("sleep", {"seconds": 60, "label": label}, session=self.session)
        self.assertEqual(stream.next_event()["type"], "progress")
        stream.close()

        if self.session:
            wait_for(lambda: {"cancelled": label} in records(self.bridge.path("events")),
                     what="the cancel")
        else:  # the child was for this call only, so it goes
            wait_for(lambda: not self.bridge.children(), what="the end of the child")
        self.assertStatus(self.call("echo", {"text": "x"}), 200)


class LeavingInSession(Leaving):
    in_session = True


class Silent(unittest.TestCase):
    def test_a_silent_tool_gets_heartbeats(self):
        """G8"""
        with Bridge(fixture("slow"), env={"STREAM_HEARTBEAT_SECONDS": "0.2"}) as bridge:
            stream = bridge.stream("sleep", {"seconds": 1.5})
            events = stream.events()
            self.assertEqual(kinds(events), ["result"])
            self.assertGreaterEqual(stream.comments, 3)

    def test_a_tool_that_takes_too_long_ends_the_stream_with_an_error(self):
        """§5.1: error.data.status"""
        with Bridge(fixture("slow"), args=["--tool-timeout", "1"]) as bridge:
            (event,) = bridge.stream("sleep", {"seconds": 30}).events()
            self.assertEqual((event["type"], event["data"]["status"]), ("error", 504))

    def test_a_child_that_dies_ends_the_stream_with_an_error(self):
        """§5.1"""
        with Bridge(fixture("crash")) as bridge:
            (event,) = bridge.stream("exit").events()
            self.assertEqual((event["type"], event["data"]["status"]), ("error", 502))
