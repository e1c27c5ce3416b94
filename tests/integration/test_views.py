# SPDX-License-Identifier: GPL-3.0-or-later
"""Views: named subsets of what the servers offer (resources/docs/mcp.md, "Views")."""
import json
import os
import unittest

from bridge import methods, run_once, wait_for
from mcpclient import LegacyClient, ModernClient
from reloading import ReloadCase, entry


def all_servers(**more):
    """`shelf` has prompts and resources, `tally` writes down what is called."""
    return {"shelf": entry("watched", "--changes", "changes", "--record", "shelf"),
            "tally": entry("counter", "--tools", "read,write,wipe", "--file", "called",
                           "--record", "tally"),
            "other": entry("counter", "--tools", "read", "--file", "called",
                           "--record", "other"), **more}


VIEWS = {
    "reader": {"description": "What may be read",
               "servers": {"tally": {"tools": ["re*", "w*"], "excludeTools": ["wipe", "write"]},
                           "shelf": {"tools": False, "prompts": False,
                                     "resources": ["test://a", "test://docs/*"]}}},
    "whole": {"servers": ["tally", "shelf"]},
    "mute": {"servers": {"shelf": {"tools": [], "prompts": False, "resources": False}}},
}


class ViewsCase(ReloadCase):
    servers = all_servers()
    settings = {"views": VIEWS}

    def client(self, view, kind=ModernClient, **how):
        path = f"/views/{view}/mcp" if view else "/mcp"
        made = kind(self.bridge, path, **how)
        self.addCleanup(made.close)
        if kind is LegacyClient:
            made.initialize()
        return made

    def both(self, view, **how):
        for kind in (ModernClient, LegacyClient):
            with self.subTest(view=view, era=kind.__name__):
                yield self.client(view, kind, **how)

    def names(self, client, what="tools"):
        key = "uri" if what == "resources" else "name"
        return [item[key] for item in client.result(f"{what}/list")[what]]

    def error(self, client, method, params):
        answer = client.post(method, params)
        body = answer.json if hasattr(answer, "text") else answer.messages()[-1]
        self.assertIn("error", body)
        return answer.status, body["error"]

    def called(self):
        path = self.bridge.path("called")
        return open(path).read().split() if os.path.exists(path) else []

    def views(self, **changed):
        """Adds or replaces views (None removes one) and reloads."""
        merged = {**self.current[1]["views"], **changed}
        return self.reload(settings={"views": {
            name: view for name, view in merged.items() if view is not None}})


class Filtering(ViewsCase):
    def test_only_what_is_in_the_view_is_listed(self):
        for client in self.both("reader"):
            self.assertEqual(self.names(client), ["tally__read"])
            self.assertEqual(self.names(client, "resources"), ["test://a"])
            self.assertEqual(self.names(client, "prompts"), [])
        for client in self.both("whole"):
            self.assertEqual(self.names(client), ["shelf__first", "tally__read", "tally__write",
                                                  "tally__wipe"])
            self.assertEqual(self.names(client, "resources"), ["test://a", "test://b"])
            self.assertEqual(self.names(client, "prompts"), ["shelf__greeting"])
        for client in self.both("mute"):
            for what in ("tools", "prompts", "resources"):
                self.assertEqual(self.names(client, what), [])
        self.assertEqual(len(self.names(self.client(None))), 5)

    def test_a_tool_of_the_view_is_called(self):
        for client in self.both("reader"):
            self.assertEqual(client.call("tally__read", {"a": 1})["structuredContent"]["args"],
                             {"a": 1})
        self.assertEqual(self.called(), ["read", "read"])

    def test_a_hidden_tool_is_like_a_missing_one_and_its_server_hears_nothing(self):
        for client in self.both("reader"):
            missing = self.error(client, "tools/call", {"name": "tally__none", "arguments": {}})
            self.assertEqual(missing[1]["code"], -32602)
            for name in ("tally__wipe", "tally__write", "shelf__first", "other__read", "read"):
                self.assertEqual(self.error(client, "tools/call", {"name": name,
                                                                   "arguments": {}}), missing)
        self.assertEqual(self.called(), [])
        for name in ("shelf", "tally", "other"):
            self.assertNotIn("tools/call", methods(self.bridge.path(name)))
        self.assertNotIn("tools/list", methods(self.bridge.path("other")))

    def test_hidden_prompts_and_resources_are_like_missing_ones(self):
        for client in self.both("reader"):
            missing = self.error(client, "prompts/get", {"name": "shelf__none"})
            self.assertEqual(self.error(client, "prompts/get", {"name": "shelf__greeting"}),
                             missing)
            missing = self.error(client, "resources/read", {"uri": "test://none"})
            for uri in ("test://b", "bridge://shelf/test://b", "test://docs/../b",
                        "bridge://shelf/test://docs/%2e%2e/b"):
                status, error = self.error(client, "resources/read", {"uri": uri})
                self.assertEqual((status, error["code"], error["message"]),
                                 (missing[0], missing[1]["code"], missing[1]["message"]), uri)
            self.assertEqual(client.result("resources/read", {"uri": "test://a"})["contents"][0][
                "text"], "content")
            self.assertEqual(client.result("resources/read", {"uri": "bridge://shelf/test://a"})[
                "contents"][0]["text"], "content")
            completing = {"argument": {"name": "x", "value": ""}}
            hidden = self.error(client, "completion/complete", {
                **completing, "ref": {"type": "ref/prompt", "name": "shelf__greeting"}})
            none = self.error(client, "completion/complete", {
                **completing, "ref": {"type": "ref/prompt", "name": "shelf__none"}})
            self.assertEqual(hidden, none)
        self.assertNotIn("prompts/get", methods(self.bridge.path("shelf")))

    def test_features_nothing_of_is_shown_are_not_announced(self):
        self.assertEqual(set(self.client("mute", LegacyClient).server["capabilities"])
                         & {"tools", "prompts", "resources"}, set())
        discovered = self.client("reader").result("server/discover")["capabilities"]
        self.assertNotIn("prompts", discovered)
        self.assertIn("tools", discovered)
        self.assertIn("resources", discovered)

    def test_hidden_resources_are_not_subscribed_to(self):
        legacy = self.client("reader", LegacyClient)
        status, error = self.error(legacy, "resources/subscribe", {"uri": "test://b"})
        self.assertEqual(error["code"], -32002)
        legacy.result("resources/subscribe", {"uri": "test://a"})
        modern = self.client("reader").post("subscriptions/listen", {
            "notifications": {"resourceSubscriptions": ["test://a", "test://b"]}})
        acknowledged = modern.next_message().json["params"]["notifications"]
        self.assertEqual(acknowledged["resourceSubscriptions"], ["test://a"])

    def test_servers_outside_of_the_view_are_neither_started_nor_degrading(self):
        self.change(broken=entry("crash"))
        for client in self.both("whole"):
            self.assertNotIn("mcp-bridge/degraded", client.result("tools/list").get("_meta", {}))

    def test_a_view_of_the_only_server_uses_its_own_names(self):
        self.reload({"tally": self.servers["tally"]},
                    {"views": {"reader": {"servers": {"tally": {"tools": ["read"]}}}}})
        for client in self.both("reader"):
            self.assertEqual(self.names(client), ["read"])
            client.call("read")
            self.assertEqual(self.error(client, "tools/call", {"name": "wipe"})[1]["code"], -32602)


class Borders(ViewsCase):
    settings = {"views": VIEWS, "MCP_SESSION_TOOLS": True}

    def test_an_unknown_view_is_404(self):
        for view in ("nowhere", "Reader", "re%2Fader", "tally"):
            for client in (ModernClient(self.bridge, f"/views/{view}/mcp"),
                           LegacyClient(self.bridge, f"/views/{view}/mcp")):
                answer = client.post("tools/list")
                self.assertEqual((answer.status, answer.json["error"]["code"]), (404, -32600))
            self.assertEqual(self.bridge.get(f"/views/{view}").json["error"], "server_not_found")
            self.assertEqual(self.bridge.get(f"/views/{view}/tools").status, 404)
        # A view is no server.
        self.assertEqual(self.bridge.get("/servers/reader").status, 404)
        self.assertEqual(LegacyClient(self.bridge, "/servers/views%2Freader/mcp").post("ping").status,
                         404)

    def test_a_session_of_one_view_is_unknown_in_others(self):
        inside = self.client("reader", LegacyClient)
        for path in ("/views/whole/mcp", "/mcp", "/servers/tally/mcp"):
            outside = LegacyClient(self.bridge, path)
            outside.session = inside.session
            answer = outside.post("tools/list")
            self.assertEqual(answer.status, 404, path)
        widest = self.client(None, LegacyClient)
        inside.session = widest.session
        self.assertEqual(inside.post("tools/list").status, 404)

    def test_a_handle_of_one_view_is_unknown_in_others(self):
        client = self.client("reader")
        names = self.names(client)
        self.assertEqual(names, ["bridge__start_session", "bridge__end_session", "tally__read"])
        handle = client.call("bridge__start_session")["structuredContent"]["session"]
        given = {"Mcp-Bridge-Session": handle}
        for count in (1, 2):
            result = client.call("tally__read", headers=given)
            self.assertEqual(result["structuredContent"]["count"], count)
        hidden = client.post("tools/call", {"name": "tally__wipe", "arguments": {}}, headers=given)
        self.assertEqual(hidden.json["error"]["code"], -32602)
        for view in ("whole", None):
            answer = self.client(view).post("tools/list", headers=given)
            self.assertEqual((answer.status, answer.json["error"]["code"]), (400, -32602))
        ended = client.call("bridge__end_session", {"session": handle})
        self.assertTrue(ended["structuredContent"]["ended"])

    def test_a_rest_session_brings_a_view_no_more_than_its_rules_allow(self):
        session = self.start("tally")
        client = self.client("reader")
        given = {"Mcp-Bridge-Session": session}
        self.call("tally", "read", session=session)
        result = client.call("tally__read", headers=given)
        self.assertEqual(result["structuredContent"]["count"], 2)
        answer = client.post("tools/call", {"name": "tally__wipe", "arguments": {}}, headers=given)
        self.assertEqual(answer.json["error"]["code"], -32602)
        foreign = self.start("other")
        answer = client.post("tools/list", headers={"Mcp-Bridge-Session": foreign})
        self.assertEqual((answer.status, answer.json["error"]["code"]), (400, -32602))

    def test_a_question_asked_in_one_view_is_not_answered_in_another(self):
        self.change(asking=entry("elicit"))
        self.views(one={"servers": ["asking"]}, two={"servers": ["asking"]})
        how = {"capabilities": {"elicitation": {"form": {}}}}
        one, two = self.client("one", **how), self.client("two", **how)
        tool = "asking__ask_name"
        asked = one.call(tool)
        self.assertEqual(asked["resultType"], "input_required")
        key = list(asked["inputRequests"])[0]
        retry = {"name": tool, "arguments": {}, "requestState": asked["requestState"],
                 "inputResponses": {key: {"action": "decline"}}}
        self.assertEqual(self.error(two, "tools/call", retry)[1]["code"], -32602)
        self.assertEqual(one.result("tools/call", retry)["resultType"], "complete")


class Rest(ViewsCase):
    def test_views_are_listed_and_described(self):
        views = self.bridge.get("/views").json["views"]
        self.assertEqual([view["name"] for view in views], ["mute", "reader", "whole"])
        reader = {"name": "reader", "description": "What may be read",
                  "servers": ["shelf", "tally"], "url": "/views/reader",
                  "mcp_url": "/views/reader/mcp", "tools_url": "/views/reader/tools"}
        self.assertEqual(views[1], reader)
        self.assertEqual(self.bridge.get("/views/reader").json, reader)
        listed = self.bridge.get("/views/reader/tools").json
        self.assertEqual([tool["name"] for tool in listed["tools"]], ["tally__read"])
        self.assertEqual(self.bridge.post("/views", {}).status, 405)

    def test_they_are_in_the_openapi_document(self):
        paths = self.bridge.get("/openapi.json").json["paths"]
        for path in ("/views", "/views/{view}", "/views/{view}/tools"):
            self.assertIn("get", paths[path])
        self.assertEqual(paths["/views/{view}/tools"]["get"]["parameters"][0]["name"], "view")


class Reloading(ViewsCase):
    def test_the_report_names_views_that_changed(self):
        report = self.views(new={"servers": ["other"]}, whole={"servers": ["shelf"]}, mute=None)
        self.assertEqual(report["status"], "reloaded")
        self.assertEqual(report["views"], {"added": ["new"], "changed": ["whole"],
                                           "removed": ["mute"]})
        self.assertEqual(report["unchanged"], ["shelf", "tally", "other"])
        again = self.reload()
        self.assertEqual(again["status"], "unchanged")
        self.assertNotIn("views", again)

    def test_an_open_session_sees_the_new_rules_and_hears_of_them(self):
        legacy, modern = self.client("reader", LegacyClient), self.client("reader")
        bystander = self.client("whole", LegacyClient)
        silent = bystander.listen()
        stream = legacy.listen()
        listening = modern.post("subscriptions/listen", {
            "notifications": {"toolsListChanged": True}})
        listening.next()
        legacy.call("tally__read")
        self.assertEqual(self.error(legacy, "tools/call", {"name": "tally__write"})[1]["code"],
                         -32602)
        self.views(reader={"servers": {"tally": {"tools": ["write"]}, "other": {}}})
        heard = {stream.next_message().json["method"] for _ in range(3)}
        self.assertEqual(heard, {f"notifications/{what}/list_changed"
                                 for what in ("tools", "prompts", "resources")})
        self.assertEqual(listening.next_message().json["method"],
                         "notifications/tools/list_changed")
        for client in (legacy, modern):
            self.assertEqual(self.names(client), ["tally__write", "other__read"])
            client.call("tally__write")
            self.assertEqual(self.error(client, "tools/call", {"name": "tally__read"})[1]["code"],
                             -32602)
            self.assertEqual(self.error(client, "resources/read", {"uri": "test://a"})[1]["code"],
                             -32002 if client is legacy else -32602)
        # The next thing the other view hears is of its own.
        self.views(whole={"servers": ["tally"]})
        for _ in range(3):
            silent.next_message()
        self.assertEqual(self.names(bystander), ["tally__read", "tally__write", "tally__wipe"])

    def test_changes_of_servers_outside_of_the_view_are_not_told(self):
        inside, everything = self.client("reader", LegacyClient), self.client(None, LegacyClient)
        stream, all_told = inside.listen(), everything.listen()
        self.change(other=entry("counter", "--tools", "read,more"))
        for _ in range(3):
            all_told.next_message()
        self.change(tally=entry("counter", "--tools", "read"))
        for _ in range(3):
            all_told.next_message()
        self.assertEqual(inside.send("DELETE", headers=inside.fields()).status, 204)
        self.assertEqual(len(stream.messages()), 3)

    def test_a_resource_that_left_the_view_is_told_of_no_more(self):
        legacy, modern = self.client("whole", LegacyClient), self.client("whole")
        stream = legacy.listen()
        for uri in ("test://a", "test://b"):
            legacy.result("resources/subscribe", {"uri": uri})
        listening = modern.post("subscriptions/listen", {
            "notifications": {"resourceSubscriptions": ["test://a", "test://b"]}})
        listening.next()
        self.views(whole={"servers": {"shelf": {"resources": ["test://b"]}}})
        with open(self.bridge.path("changes"), "a") as file:
            file.write("test://a\ntest://b\n")

        def updated(events):
            while True:
                message = events.next_message().json
                if message["method"] == "notifications/resources/updated":
                    return message["params"]["uri"]
        self.assertEqual(updated(stream), "test://b")
        self.assertEqual(updated(listening), "test://b")

    def test_a_removed_view_ends_what_it_serves(self):
        legacy = self.client("reader", LegacyClient)
        legacy.call("tally__read")
        stream = legacy.listen()
        listening = self.client("reader").post("subscriptions/listen", {
            "notifications": {"toolsListChanged": True}})
        listening.next()
        active = self.bridge.metric("mcp_sessions_active")
        self.assertGreater(active, 0)
        self.views(reader=None)
        stream.events()  # ends
        self.assertEqual(listening.messages()[-1]["result"]["resultType"], "complete")
        self.assertEqual(legacy.post("ping").status, 404)
        wait_for(lambda: self.bridge.metric("mcp_sessions_active") == 0, what="the sessions' end")
        self.views(reader=VIEWS["reader"])
        self.assertEqual(legacy.post("ping").status, 404)
        self.assertEqual(self.names(self.client("reader")), ["tally__read"])

    def test_a_view_may_not_outlive_its_server(self):
        self.write({name: server for name, server in self.servers.items() if name != "shelf"})
        answer = self.bridge.post("/admin/reload")
        self.assertEqual(answer.status, 422)
        self.assertIn("bridge.views.whole.servers", answer.text)
        self.assertEqual(self.names(self.client("reader")), ["tally__read"])

    def test_a_disabled_server_is_left_out_of_views(self):
        self.change(tally={**self.servers["tally"], "disabled": True})
        for client in self.both("reader"):
            self.assertEqual(self.names(client), [])
        self.change(shelf={**self.servers["shelf"], "disabled": True},
                    tally={**self.servers["tally"], "disabled": True})
        for client in self.both("mute"):
            self.assertEqual(self.names(client), [])


class Mistakes(unittest.TestCase):
    def refused(self, views):
        config = {"mcpServers": {"one": entry("counter"), "two": entry("counter")},
                  "bridge": {"views": views}}
        code, error = run_once(["--config", "{home}/config.json"],
                                  files={"config.json": json.dumps(config)})
        self.assertEqual(code, 2, error)
        return error

    def test_every_mistake_is_named_with_its_place_and_the_file(self):
        error = self.refused({"a": {"servers": ["one", "tow"]},
                              "b": {"servers": {"two": {"tools": ["x", ""]}}},
                              "c": 1})
        self.assertIn("3 problems (file: ", error)
        self.assertIn("config.json)", error)
        self.assertIn('file: bridge.views.a.servers: names "tow", which is no server', error)
        self.assertIn("file: bridge.views.b.servers.two.tools: holds an empty pattern", error)
        self.assertIn("file: bridge.views.c: must be an object", error)

    def test_views_are_an_object(self):
        self.assertIn("file: bridge.views: must be an object", self.refused(["a"]))


if __name__ == "__main__":
    unittest.main()
