# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 I: prompts and resources."""
import json
import unittest
from urllib.parse import quote

from bridge import Bridge, fixture, run_once
from case import BridgeCase, ModesMixin

CONFIGURED = [
    {"name": "shout", "title": "Shout", "description": "Shouts",
     "arguments": [{"name": "word", "required": True}],
     "template": {"role": "user", "content": "{word}! {{braces}} {word}"}},
    {"name": "from_file", "title": "", "description": "", "arguments": [],
     "template": {"file": "prompt.txt", "content": "not this"}},
    {"name": "greeting", "title": "", "description": "", "arguments": [],
     "template": {"content": "shadowed"}},
]


class Prompts(ModesMixin, BridgeCase):
    def test_greets(self):
        """I1"""
        answer = self.assertStatus(self.post("/prompts/greeting", {"name": "John"}), 200)
        message = answer.json["messages"][0]
        self.assertEqual((message["role"], message["content"]["text"]), ("user", "Hello, John!"))
        self.assertIs(answer.json["isError"], False)

    def test_lists(self):
        body = self.assertStatus(self.get("/prompts"), 200).json
        self.assertEqual([prompt["name"] for prompt in body["prompts"]], ["greeting"])
        self.assertIn("nextCursor", body)

    def test_wrong_prompt_requests_have_their_statuses(self):
        """I2"""
        self.assertError(self.post("/prompts/unknown"), 404)
        self.assertError(self.post("/prompts/greeting"), 400)
        self.assertError(self.post("/prompts/greeting", {"name": ["x"]}), 400)
        self.assertError(self.post("/prompts/greeting", b"[1]"), 422)
        self.assertStatus(self.post("/prompts/greeting", {"name": "again"}), 200)


class PromptsInSession(Prompts):
    in_session = True


class ConfiguredPrompts(ModesMixin, BridgeCase):
    env = {"SYSTEM_DEFINED_PROMPTS": json.dumps(CONFIGURED), "PROMPTS_DIR": "{home}"}
    files = {"prompt.txt": "from the file"}

    def text(self, name, arguments=None):
        answer = self.assertStatus(self.post(f"/prompts/{name}", arguments), 200)
        return answer.json["messages"][0]["content"]["text"]

    def test_a_configured_prompt_is_rendered(self):
        """I3"""
        self.assertEqual(self.text("shout", {"word": "hey"}), "hey! {braces} hey")
        answer = self.post("/prompts/shout", {"word": "{word.__class__}"})
        self.assertIn("{word.__class__}", answer.json["messages"][0]["content"]["text"])

    def test_a_file_beats_the_content_and_configured_shadows_the_server(self):
        """I3"""
        self.assertEqual(self.text("from_file"), "from the file")
        self.assertEqual(self.text("greeting"), "shadowed")

    def test_a_missing_argument_is_400(self):
        """I3"""
        self.assertError(self.post("/prompts/shout"), 400)

    def test_the_listing_has_both_and_hides_the_template(self):
        """§1.4"""
        answer = self.get("/prompts")
        self.assertEqual([prompt["name"] for prompt in answer.json["prompts"]].count("shout"), 1)
        self.assertNotIn("template", answer.text)


class ConfiguredPromptsInSession(ConfiguredPrompts):
    in_session = True


class ConfiguredOnly(ModesMixin, BridgeCase):
    server = fixture("noprompts")
    env = {"SYSTEM_DEFINED_PROMPTS": json.dumps(CONFIGURED[:1])}

    def test_a_server_without_prompts_offers_the_configured_ones(self):
        """I4"""
        body = self.assertStatus(self.get("/prompts"), 200).json
        self.assertEqual([prompt["name"] for prompt in body["prompts"]], ["shout"])
        self.assertError(self.post("/prompts/other"), 404)
        self.assertStatus(self.post("/prompts/shout", {"word": "x"}), 200)


class ConfiguredOnlyInSession(ConfiguredOnly):
    in_session = True


class PromptConfiguration(unittest.TestCase):
    def test_bad_definitions_stop_the_start(self):
        """I3 [P]: validated at startup"""
        outside = [{**CONFIGURED[1], "template": {"file": "../../../../etc/hostname"}}]
        for value in (json.dumps(outside), "[{]", '[{"title": "no name"}]'):
            with self.subTest(value):
                status, output = run_once(env={"SYSTEM_DEFINED_PROMPTS": value,
                                               "PROMPTS_DIR": "{home}"})
                self.assertEqual(status, 2, output)
                self.assertIn("SYSTEM_DEFINED_PROMPTS", output)

    def test_a_missing_file_is_500_when_the_prompt_is_asked_for(self):
        """I3"""
        missing = [{**CONFIGURED[1], "template": {"file": "nowhere.txt"}}]
        env = {"SYSTEM_DEFINED_PROMPTS": json.dumps(missing), "PROMPTS_DIR": "{home}"}
        with Bridge(env=env) as bridge:
            answer = bridge.post("/prompts/from_file")
            self.assertEqual(answer.status, 500, answer)
            self.assertNotIn(bridge.home, answer.text)


class DemoResources(ModesMixin, BridgeCase):
    def test_the_demo_page_is_the_first_resource(self):
        """I5"""
        entry = self.assertStatus(self.get("/resources"), 200).json["resources"][0]
        self.assertEqual((entry["name"], entry["uri"]), ("get_html_index", "html://index"))
        page = self.assertStatus(self.get("/resources/get_html_index"), 200)
        self.assertTrue(page.headers["Content-Type"].startswith("text/html"))
        self.assertEqual(page.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", page.headers["Content-Security-Policy"])
        self.assertIn("<h1>Index</h1>", page.text)

    def test_an_unknown_resource_is_404(self):
        """I6"""
        self.assertError(self.get("/resources/unknown"), 404)


class DemoResourcesInSession(DemoResources):
    in_session = True


class Resources(ModesMixin, BridgeCase):
    server = fixture("blob")

    def test_a_text_comes_with_its_type(self):
        """§6"""
        answer = self.assertStatus(self.get("/resources/text"), 200)
        self.assertEqual(answer.text, "gr\u00fc\u00df dich")
        self.assertEqual(answer.headers["Content-Type"].replace(" ", "").lower(),
                         "text/plain;charset=utf-8")
        answer = self.assertStatus(self.get("/resources/json"), 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/json"))
        answer = self.assertStatus(self.get("/resources/untyped"), 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))

    def test_binary_contents_are_decoded(self):
        """I6"""
        answer = self.assertStatus(self.get("/resources/binary"), 200)
        self.assertEqual(answer.body, bytes(range(256)) * 4)
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_html_is_sandboxed(self):
        """§6: stored scripts must not run on the bridge's origin"""
        answer = self.assertStatus(self.get("/resources/html"), 200)
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])

    def test_empty_contents_are_204_or_404(self):
        """I6"""
        answer = self.assertStatus(self.get("/resources/empty"), 204)
        self.assertEqual(answer.body, b"")
        self.assertIn(self.get("/resources/nothing").status, (204, 404))

    def test_broken_contents_are_502(self):
        self.assertError(self.get("/resources/" + quote("bad base64")), 502)
        self.assertIn(self.get("/resources/broken").status, (500, 502))

    def test_a_media_type_cannot_inject_a_header(self):
        answer = self.get("/resources/crlf")
        self.assertIsNone(answer.headers["X-Injected"])

    def test_odd_names_are_reached_percent_encoded(self):
        """§6"""
        name = quote("odd name/with slash \u00e4", safe="")
        self.assertEqual(self.assertStatus(self.get("/resources/" + name), 200).text, "odd")

    def test_the_first_of_many_contents_is_served(self):
        """§6"""
        self.assertEqual(self.get("/resources/many").text, "first")

    def test_resources_are_read_by_uri_also_from_templates(self):
        """§6"""
        answer = self.get("/resources?uri=" + quote("test://text", safe=""))
        self.assertEqual(self.assertStatus(answer, 200).text, "gr\u00fc\u00df dich")
        answer = self.get("/resources?uri=" + quote("test://greet/Jo", safe=""))
        self.assertEqual(self.assertStatus(answer, 200).text, "Hello Jo")
        self.assertError(self.get("/resources?uri=" + quote("test://unknown", safe="")), 404)

    def test_templates_are_listed(self):
        """§6"""
        body = self.assertStatus(self.get("/resources/templates"), 200).json
        templates = body.get("resourceTemplates") or body.get("templates")
        self.assertEqual(templates[0]["uriTemplate"], "test://greet/{name}")

    def test_the_listing_has_the_whole_entry(self):
        """§1.4"""
        entry = self.get("/resources").json["resources"][0]
        self.assertEqual(entry["title"], "A text")
        self.assertEqual(entry["size"], 9)
        for key in ("name", "title", "uri", "description", "mimeType", "size", "annotations"):
            self.assertIn(key, entry)


class ResourcesInSession(Resources):
    in_session = True


class ConfiguredResources(ModesMixin, BridgeCase):
    server = fixture("blob")
    env = {"SYSTEM_DEFINED_RESOURCES": json.dumps([
        {"name": "note", "uri": "conf://note", "mimeType": "text/plain", "text": "a note"},
        {"name": "listed only", "uri": "conf://listed"}])}

    def test_configured_resources_are_listed_and_read(self):
        """I7"""
        names = [entry["name"] for entry in self.get("/resources").json["resources"]]
        self.assertLessEqual({"note", "listed only", "text"}, set(names))
        self.assertEqual(self.assertStatus(self.get("/resources/note"), 200).text, "a note")
        self.assertError(self.get("/resources/" + quote("listed only")), 404)
        self.assertStatus(self.get("/resources/text"), 200)


class ConfiguredResourcesInSession(ConfiguredResources):
    in_session = True


class Paged(ModesMixin, BridgeCase):
    server = fixture("paged", "--count", 25)

    def test_all_pages_are_followed(self):
        """§3.2 [P]"""
        self.assertEqual(len(self.get("/tools").json), 25)
        self.assertEqual(len(self.get("/prompts").json["prompts"]), 25)
        self.assertEqual(len(self.get("/resources").json["resources"]), 25)
        self.assertEqual(self.call("tool_024").json["content"][0]["text"], "tool 24")
        self.assertEqual(self.get("/resources/resource_024").text, "resource 24")
        self.assertStatus(self.post("/prompts/prompt_024"), 200)


class PagedInSession(Paged):
    in_session = True


class Endless(unittest.TestCase):
    def test_a_list_that_never_ends_is_cut_off(self):
        """§3.2: with a cap"""
        server = fixture("paged", "--endless")
        with Bridge(server, args=["--mcp-request-timeout", "5"]) as bridge:
            answer = bridge.get("/tools", timeout=60)
            self.assertIn(answer.status, (200, 502, 504), answer)
            self.assertEqual(bridge.get("/health").status, 200)
