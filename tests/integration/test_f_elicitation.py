# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 F: tools that ask the user something, over plain REST."""
import json

from bridge import fixture, records, wait_for
from case import BridgeCase

ROOMY = ["--max-sessions-per-user", "1000"]


class AskingCase(BridgeCase):
    server = fixture("elicit", "--record", "{home}/record")
    args = ROOMY

    def setUp(self):
        self.session = self.bridge.start_session()

    def tearDown(self):
        self.bridge.post("/session/close", session=self.session)

    def ask(self, tool, arguments=None):
        """Calls the tool and returns the question it answers with."""
        answer = self.bridge.call(tool, arguments, session=self.session)
        detail = self.assertError(answer, 409)["detail"]
        self.assertEqual(detail["error"], "feedback_required")
        self.assertIs(detail["awaiting_feedback"], True)
        return detail

    def reply(self, tool, feedback, key="_user_feedback"):
        return self.bridge.call(tool, {key: feedback}, session=self.session)

    def outcome(self, tool, feedback):
        """Asks and answers; returns what the server got."""
        self.ask(tool)
        return self.assertStatus(self.reply(tool, feedback), 200).json["structuredContent"]

    def content(self, tool, feedback):
        outcome = self.outcome(tool, feedback)
        self.assertEqual(outcome["action"], "accept")
        return outcome["content"]

    def effects(self):
        answer = self.bridge.call("effects", session=self.session)
        return json.loads(answer.json["content"][0]["text"])


class Elicitation(AskingCase):
    def test_without_a_session_a_question_cannot_be_answered(self):
        """F1"""
        detail = self.assertError(self.bridge.call("ask_name"), 409)["detail"]
        self.assertEqual(detail["error"], "feedback_required")
        self.assertIs(detail["requires_session"], True)
        self.assertIsNone(detail["resume_token"])
        self.assertEqual(detail["elicitation"]["message"], "What is your name?")

    def test_an_answered_question_lets_the_same_call_go_on(self):
        """F2: the side effect happens once"""
        detail = self.ask("pay", {"amount": 5})
        self.assertIs(detail["requires_session"], False)
        self.assertEqual(detail["resume_token"], self.session)
        elicitation = detail["elicitation"]
        self.assertEqual(elicitation["message"], "Pay 5?")
        self.assertEqual(elicitation["requestedSchema"]["required"], ["confirm"])
        self.assertIn("meta", elicitation)
        answer = self.reply("pay", '<user_feedback id="1"> yes please </user_feedback>')
        self.assertStatus(answer, 200)
        self.assertEqual(answer.json["content"][0]["text"], "Paid: yes please")
        self.assertEqual(answer.json["structuredContent"], {"effects": 1})
        self.assertEqual(self.effects()["effects"], 1)

    def test_accept_decline_and_cancel_may_be_said_in_json_and_in_words(self):
        """F3"""
        accept = '{"action": "accept", "content": {"name": "Ann"}}'
        self.assertEqual(self.content("ask_name", accept), {"name": "Ann"})
        self.assertEqual(self.content("ask_name", '{"content": {"name": "Bo"}}'), {"name": "Bo"})
        self.assertEqual(self.content("ask_name", '{"name": "Cy"}'), {"name": "Cy"})
        for feedback, action in (('{"action": "decline"}', "decline"), ("decline", "decline"),
                                 ("reject", "decline"), ("no", "decline"), ("NO", "decline"),
                                 ('{"action": "cancel"}', "cancel"), ("cancel", "cancel"),
                                 ("dismiss", "cancel")):
            with self.subTest(feedback):
                self.assertEqual(self.outcome("ask_name", feedback), {"action": action})

    def test_a_wrong_answer_may_be_corrected(self):
        """F4"""
        self.ask("ask_integer")
        problem = self.assertError(self.reply("ask_integer", "a few"), 400)
        self.assertEqual(problem["detail"]["error"], "invalid_feedback")
        self.assertEqual(problem["detail"]["elicitation"]["message"], "How many?")
        answer = self.assertStatus(self.reply("ask_integer", "3"), 200)
        self.assertEqual(answer.json["structuredContent"]["content"], {"count": 3})

    def test_an_answer_nobody_waits_for_is_refused(self):
        """F5"""
        for tool in ("ask_name", "plain"):
            detail = self.assertError(self.reply(tool, "x"), 409)["detail"]
            self.assertEqual(detail["error"], "feedback_not_expected")
        detail = self.assertError(self.bridge.call("ask_name", {"_user_feedback": "x"}), 409)["detail"]
        self.assertEqual(detail["error"], "feedback_requires_session")

    def test_an_answer_is_used_only_once(self):
        self.outcome("ask_name", "Ann")
        self.assertError(self.reply("ask_name", "Ann"), 409)

    def test_a_question_for_arrays_or_objects_is_unsupported(self):
        """F6"""
        for tool in ("ask_array", "ask_object"):
            with self.subTest(tool):
                answer = self.bridge.call(tool, session=self.session)
                if answer.status == 409:
                    answer = self.reply(tool, "[1]")
                detail = self.assertError(answer, 400)["detail"]
                self.assertEqual(detail["error"], "unsupported_elicitation_schema")
                self.assertIn("elicitation", detail)
                self.assertStatus(self.bridge.call("plain", session=self.session), 200)
                self.tearDown()
                self.setUp()

    def test_texts_become_values_of_the_asked_type(self):
        """F7"""
        cases = (("ask_name", "Ann Lee", {"name": "Ann Lee"}), ("ask_name", "7", {"name": "7"}),
                 ("ask_integer", "12", {"count": 12}), ("ask_number", "2.5", {"amount": 2.5}),
                 ("ask_number", "3", {"amount": 3}), ("ask_boolean", "yes", {"sure": True}),
                 ("ask_boolean", "off", {"sure": False}), ("ask_boolean", "TRUE", {"sure": True}),
                 ("ask_boolean", "0", {"sure": False}), ("ask_color", "green", {"color": "green"}),
                 ("ask_number_enum", "2", {"size": 2}), ("ask_one_of", "5", {"length": 5}),
                 ("ask_one_of", "short", {"length": "short"}),
                 ("ask_any_of", "later", {"when": "later"}), ("ask_titled", "s", {"plan": "s"}))
        for tool, feedback, content in cases:
            with self.subTest(tool=tool, feedback=feedback):
                self.assertEqual(self.content(tool, feedback), content)

    def test_values_outside_the_asked_type_are_refused(self):
        """F7"""
        cases = (("ask_integer", "1.5"), ("ask_number", "much"), ("ask_boolean", "perhaps"),
                 ("ask_color", "pink"), ("ask_number_enum", "9"), ("ask_one_of", "medium"),
                 ("ask_titled", "m"), ("ask_two", '{"age": 3}'), ("ask_multi", "[]"),
                 ("ask_multi", '["cheese", "ham"]'))
        for tool, feedback in cases:
            with self.subTest(tool=tool, feedback=feedback):
                self.ask(tool)
                self.assertError(self.reply(tool, feedback), 400, "invalid_feedback")
                self.assertStatus(self.reply(tool, "cancel"), 200)

    def test_an_object_is_a_good_answer_too(self):
        """F8"""
        self.assertEqual(self.content("ask_two", {"name": "Ann", "age": 7}),
                         {"name": "Ann", "age": 7})
        answer = {"action": "accept", "content": {"name": "Bo", "age": 8}}
        self.assertEqual(self.content("ask_two", answer), {"name": "Bo", "age": 8})

    def test_a_choice_of_several_values_is_supported(self):
        """§4: multi-select enums"""
        feedback = '{"toppings": ["cheese", "olives"]}'
        self.assertEqual(self.content("ask_multi", feedback), {"toppings": ["cheese", "olives"]})

    def test_a_question_may_be_a_page_to_visit(self):
        """§4: URL mode"""
        detail = self.ask("ask_url")
        self.assertEqual(detail["elicitation"]["mode"], "url")
        self.assertEqual(detail["elicitation"]["url"], "https://login.example/start")
        answer = self.assertStatus(self.reply("ask_url", "done"), 200)
        self.assertEqual(answer.json["structuredContent"]["action"], "accept")

    def test_a_question_without_words_keeps_its_schema(self):
        """§4"""
        detail = self.ask("ask_silently")
        self.assertIn("name", detail["elicitation"]["requestedSchema"]["properties"])

    def test_the_feedback_key_is_recognised_in_any_case_and_removed(self):
        """§1.1"""
        for key in ("user_feedback", "_USER_Feedback"):
            self.ask("ask_name")
            answer = self.assertStatus(self.reply("ask_name", " Ann ", key), 200)
            self.assertEqual(answer.json["structuredContent"]["content"], {"name": "Ann"})

    def test_an_empty_answer_counts_as_none(self):
        """§1.1: the call is a new one, which asks again"""
        self.assertError(self.reply("ask_name", "  "), 409, "feedback_required")

    def test_another_tool_cannot_take_the_answer(self):
        """§4"""
        self.ask("ask_name")
        answer = self.reply("ask_color", "red")
        self.assertEqual(self.assertError(answer, 409)["detail"]["error"], "feedback_tool_mismatch")
        self.assertStatus(self.reply("ask_name", "Ann"), 200)

    def test_a_tool_may_ask_twice(self):
        first = self.ask("ask_twice")
        self.assertEqual(first["elicitation"]["message"], "First?")
        second = self.assertError(self.reply("ask_twice", "one"), 409)["detail"]
        self.assertEqual(second["elicitation"]["message"], "Second?")
        answer = self.assertStatus(self.reply("ask_twice", "two"), 200)
        self.assertEqual(json.loads(answer.json["content"][0]["text"]), {"a": "one", "b": "two"})

    def test_other_calls_of_the_session_run_while_a_tool_waits(self):
        self.ask("ask_name")
        self.assertStatus(self.bridge.call("plain", session=self.session), 200)
        self.assertStatus(self.reply("ask_name", "Ann"), 200)

    def test_another_session_cannot_answer(self):
        """§4: scoped to the session"""
        self.ask("ask_name")
        other = self.bridge.start_session()
        answer = self.bridge.call("ask_name", {"_user_feedback": "x"}, session=other)
        self.assertEqual(self.assertError(answer, 409)["detail"]["error"], "feedback_not_expected")
        self.bridge.post("/session/close", session=other)
        self.assertStatus(self.reply("ask_name", "Ann"), 200)

    def test_a_failing_tool_after_the_answer_is_told_as_usual(self):
        self.ask("pay", {"amount": 1})
        self.assertIn("Not paid", self.assertError(self.reply("pay", "decline"), 422)["detail"])


class Forgotten(AskingCase):
    args = [*ROOMY, "--elicitation-timeout", "1"]

    def test_a_question_nobody_answers_is_cancelled_downstream(self):
        """F9"""
        self.ask("ask_name")

        def cancelled():
            answers = [entry.get("result", {}) for entry in records(self.bridge.path("record"))]
            return {"action": "cancel"} in answers
        wait_for(cancelled, what="the cancel")
        answer = self.reply("ask_name", "late")
        self.assertEqual(self.assertError(answer, 409)["detail"]["error"], "feedback_not_expected")
        self.assertStatus(self.bridge.call("plain", session=self.session), 200)


class Rerun(AskingCase):
    env = {"ELICITATION_MODE": "rerun"}

    def test_the_tool_runs_anew_with_the_answer_in_rerun_mode(self):
        """§4: the reference's semantics on request"""
        self.ask("pay", {"amount": 2})
        answer = self.bridge.call("pay", {"amount": 2, "_user_feedback": "ok"}, session=self.session)
        self.assertStatus(answer, 200)
        self.assertEqual(answer.json["content"][0]["text"], "Paid: ok")
        self.assertEqual(answer.json["structuredContent"], {"effects": 2})


class Modern(AskingCase):
    """The same over 2026-07-28, where a call ends with input_required and is tried again."""

    server = fixture("elicit", "--modern-only")

    def test_a_question_of_the_modern_revision_is_asked_and_answered_alike(self):
        self.assertEqual(self.content("ask_name", "Ann"), {"name": "Ann"})
        self.assertEqual(self.outcome("ask_color", "no"), {"action": "decline"})
        self.ask("pay", {"amount": 5})
        answer = self.assertStatus(self.reply("pay", "ok"), 200)
        self.assertEqual(answer.json["structuredContent"], {"effects": 1})

    def test_without_a_session_it_cannot_be_answered_either(self):
        detail = self.assertError(self.bridge.call("ask_name"), 409)["detail"]
        self.assertIs(detail["requires_session"], True)
