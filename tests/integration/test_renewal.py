# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that end while a session lives: renewed in place where the server reads them with
each call, else the server is opened anew as SESSION_CREDENTIAL_EXPIRY says
(resources/docs/credentials.md, "How long it lasts")."""
import json
import os
import threading
import time
import unittest

from bridge import fixture, parallel, records, wait_for
from farcase import FarCase
from idp import IdpCase, needs_idp
from remote import values

ALIAS = {"KEYCLOAK_PROVIDER_ALIAS": "github"}


class Broker:
    def gives(self, token, seconds):
        self.idp.broker("github", tokens={"access_token": token, "expires_in": seconds})

    def setUp(self):
        super().setUp()
        self.idp.well()
        self.idp.forget()

    def begun(self, name, first="short-1", seconds=2):
        """A session whose credential ends soon."""
        self.gives(first, seconds)
        token = self.idp.mint(sub=name)
        session = self.bridge.start_session(token=token)
        self.addCleanup(self.bridge.post, "/session/close", session=session, token=token)
        return token, session

    def ended(self):
        """The credential of begun() has ended."""
        time.sleep(2.2)


class Child(Broker, IdpCase):
    """It reads its environment at its start only."""

    env = {**ALIAS, "OAUTH_ENV": "GITHUB_TOKEN"}

    def token_of(self, token, session):
        return self.bridge.call("read_env", {"name": "GITHUB_TOKEN"}, token=token,
                                session=session)


@needs_idp
class Reopened(Child):
    server = fixture("probe")

    def test_calls_at_the_same_time_share_one_renewal_and_one_start(self):
        token, session = self.begun("bob")
        self.assertEqual(self.token_of(token, session).result, "short-1")
        self.ended()
        self.gives("long-2", 300)
        self.idp.forget()
        self.idp.mode("broker", "slow", delayMs=300)
        before = self.bridge.metric("mcp_server_starts_total")
        answers = parallel([lambda: self.token_of(token, session) for _ in range(6)])
        self.assertEqual({one.result for one in answers}, {"long-2"})
        self.assertEqual(len(self.idp.seen("broker")), 1)
        self.assertEqual(self.bridge.metric("mcp_server_starts_total") - before, 1)
        self.assertIn("true", [one.headers["X-Session-Restarted"] for one in answers])

    def test_a_renewal_that_fails_leaves_nothing_to_call_and_is_tried_again(self):
        token, session = self.begun("carol")
        pid = json.loads(self.bridge.call("pid", token=token, session=session).json["content"][0][
            "text"])["pid"]
        self.ended()
        self.idp.mode("broker", "down")
        answer = self.token_of(token, session)
        self.assertError(answer, 503, "idp_unavailable")
        self.assertIn("Retry-After", answer.headers)
        wait_for(lambda: pid not in self.bridge.children(), what="the end of the old server")
        self.idp.well()
        self.gives("long-2", 300)
        answer = wait_for(lambda: (lambda one: one if one.status == 200 else None)(
            self.token_of(token, session)), what="the new token")
        self.assertEqual(answer.result, "long-2")
        self.assertEqual(answer.headers["X-Session-Restarted"], "true")

    def test_a_refusal_tells_the_caller_what_to_do(self):
        token, session = self.begun("dora")
        self.ended()
        self.idp.broker("github", status=403)
        answer = self.token_of(token, session)
        self.assertError(answer, 401, "not_connected")
        self.assertIn("github", answer.detail)
        self.assertNotIn("short-1", answer.text)


@needs_idp
class Running(Child):
    server = fixture("slow", "--events", "{home}/events")

    def test_a_call_under_way_is_not_cut_off(self):
        token, session = self.begun("bob")
        answers = []
        call = threading.Thread(target=lambda: answers.append(self.bridge.call(
            "sleep", {"seconds": 4, "label": "long"}, token=token, session=session)))
        call.start()
        events = self.bridge.path("events")
        wait_for(lambda: os.path.exists(events) and {"started": "long"} in records(events),
                 what="the call")
        self.gives("long-2", 300)
        self.ended()
        self.assertStatus(self.bridge.call("echo", {"text": "beside"}, token=token,
                                           session=session), 200)
        call.join()
        self.assertStatus(answers[0], 200)
        self.assertNotIn("X-Session-Restarted", answers[0].headers)
        after = self.assertStatus(self.bridge.call("echo", {"text": "after"}, token=token,
                                                   session=session), 200)
        self.assertEqual(after.headers["X-Session-Restarted"], "true")


@needs_idp
class Closed(Child):
    server = fixture("probe")
    env = {**Child.env, "SESSION_CREDENTIAL_EXPIRY": "close"}

    def test_the_session_ends_with_its_credential(self):
        token, session = self.begun("bob")
        self.ended()
        self.gives("long-2", 300)
        answer = self.token_of(token, session)
        self.assertError(answer, 410, "session_not_found")
        self.assertIn("start a new one", answer.detail)


@needs_idp
class Kept(Child):
    server = fixture("probe")
    env = {**Child.env, "SESSION_CREDENTIAL_EXPIRY": "keep"}

    def test_the_server_goes_on_with_what_it_has(self):
        token, session = self.begun("bob")
        self.ended()
        self.gives("long-2", 300)
        answer = self.assertStatus(self.token_of(token, session), 200)
        self.assertEqual(answer.result, "short-1")
        self.assertNotIn("X-Session-Restarted", answer.headers)


@needs_idp
class Argument(Broker, IdpCase):
    server = fixture("oauthtool")
    env = ALIAS

    def given(self, token, session):
        answer = self.bridge.call("whoami", {}, token=token, session=session)
        self.assertNotIn("X-Session-Restarted", answer.headers)
        return answer

    def shown(self, answer):
        self.assertStatus(answer, 200)
        return json.loads(answer.json["content"][0]["text"])["args"]["oauth_token"]

    def test_it_is_renewed_in_place_and_once(self):
        token, session = self.begun("bob")
        self.assertEqual(self.shown(self.given(token, session)), "short-1")
        self.ended()
        self.gives("long-2", 300)
        self.idp.forget()
        self.idp.mode("broker", "slow", delayMs=300)
        answers = parallel([lambda: self.given(token, session) for _ in range(6)])
        self.assertEqual({self.shown(one) for one in answers}, {"long-2"})
        self.assertEqual(len(self.idp.seen("broker")), 1)

    def test_a_renewal_that_fails_keeps_the_tool_from_being_called(self):
        token, session = self.begun("carol")
        self.assertStatus(self.given(token, session), 200)
        self.ended()
        self.idp.mode("broker", "down")
        answer = self.given(token, session)
        self.assertError(answer, 503, "idp_unavailable")
        self.assertIn("Retry-After", answer.headers)
        self.idp.well()
        self.gives("long-2", 300)
        wait_for(lambda: self.given(token, session).status == 200, what="the new token")


class Remote(Broker):
    header = "Authorization"
    pattern = "Bearer {token}"

    @classmethod
    def settings(cls):
        return {**ALIAS, "MCP_REMOTE_BEARER_TOKEN": "shared-token-4711"}

    def value(self, token):
        return [self.pattern.replace("{token}", token)]

    def call(self, token, session):
        return self.bridge.call("argv", token=token, session=session)

    def test_it_is_renewed_in_place_and_once(self):
        token, session = self.begun("bob")
        self.assertStatus(self.call(token, session), 200)
        self.assertEqual(values(self.last(), self.header), self.value("short-1"))
        self.ended()
        self.gives("long-2", 300)
        self.idp.forget()
        self.remote.forget()
        self.idp.mode("broker", "slow", delayMs=300)
        answers = parallel([lambda: self.call(token, session) for _ in range(6)])
        for one in answers:
            self.assertStatus(one, 200)
            self.assertNotIn("X-Session-Restarted", one.headers)
        calls = self.remote.seen(rpc="tools/call")
        self.assertEqual(len(calls), 6)
        for one in calls:
            self.assertEqual(values(one, self.header), self.value("long-2"))
        self.assertEqual(len(self.idp.seen("broker")), 1)
        if self.header != "Authorization":
            self.assertEqual([values(one, "Authorization") for one in calls], [[]] * 6)

    def test_a_renewal_that_fails_sends_nothing(self):
        token, session = self.begun("carol")
        self.assertStatus(self.call(token, session), 200)
        self.ended()
        self.idp.mode("broker", "down")
        self.remote.forget()
        answer = self.call(token, session)
        self.assertError(answer, 503, "idp_unavailable")
        self.assertIn("Retry-After", answer.headers)
        self.assertEqual(self.remote.seen(rpc="tools/call"), [])
        self.idp.well()
        self.gives("long-2", 300)
        wait_for(lambda: self.call(token, session).status == 200, what="the new token")
        self.assertEqual(values(self.last(), self.header), self.value("long-2"))


@needs_idp
class Header(Remote, FarCase):
    pass


@needs_idp
class Template(Remote, FarCase):
    header = "X-Remote-Key"
    pattern = "key={token}; type=Bearer"

    @classmethod
    def settings(cls):
        return {**super().settings(), "MCP_REMOTE_AUTH_HEADER_NAME": cls.header,
                "MCP_REMOTE_AUTH_HEADER_VALUE_TEMPLATE": "key={token}; type={token_type}"}


if __name__ == "__main__":
    unittest.main()
