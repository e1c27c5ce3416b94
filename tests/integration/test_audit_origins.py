# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose lines of the audit log are: clients behind proxies and those who leave."""
import os
import socket
import time
import unittest

from auditcase import AuditLines
from bridge import SLOW, fixture, wait_for
from idp import IdpCase, needs_idp
from mcpclient import ModernClient
from reloading import ReloadCase, entry

ADMIN = "0123456789abcdef0123456789abcdef"
CLIENT = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}


class OriginCase(AuditLines, IdpCase):
    server = fixture("counter")
    env = {"AUDIT_LOG": "{home}/audit.jsonl", "AUDIT_TOOL_CALLS": "true", "ADMIN_TOKEN": ADMIN,
           "OAUTH_CLIENT_ID": "bridge-client", "OAUTH_CLIENT_SECRET": "bridge-secret-0815",
           "MAX_SESSIONS_PER_USER": "1"}

    def addresses(self):
        """Of lines of each kind that come of a request."""
        token = self.idp.mint(sub="alice")
        modern = ModernClient(self.bridge)
        params = {"name": "call_counter", "arguments": {}}
        self.bridge.start_session(token=token)
        asked = (("refusal", self.bridge.get("/tools", token="no-token", headers=CLIENT)),
                 ("admin_action", self.bridge.get("/admin/config", token=ADMIN, headers=CLIENT)),
                 ("login", self.bridge.get("/oauth/callback?code=x&state=y", headers=CLIENT)),
                 ("tool_call", self.bridge.post("/tools/call_counter", {}, token=token,
                                                headers=CLIENT)),
                 ("tool_call", modern.post("tools/call", params, headers={
                     **CLIENT, "Authorization": f"Bearer {token}"})),
                 ("rate_limited", self.bridge.post("/session/start", token=token,
                                                   headers=CLIENT)))
        return {self.line(event, request_id=answer.headers["X-Request-Id"])["address"]
                for event, answer in asked}


@needs_idp
class Proxied(OriginCase):
    env = {**OriginCase.env, "TRUSTED_PROXIES": "127.0.0.1"}

    def test_lines_have_the_address_of_the_client(self):
        self.assertEqual(self.addresses(), {"203.0.113.7"})

    def test_one_client_of_a_proxy_hides_nobody_else(self):
        for client in ("203.0.113.1", "203.0.113.2"):
            for _ in range(3):
                self.bridge.get("/tools", token="x", headers={"X-Forwarded-For": client})
            wait_for(lambda at=client: self.lines("refusal", address=at), what=client)


@needs_idp
class Undeclared(OriginCase):
    def test_lines_have_the_address_of_the_connection(self):
        self.assertEqual(self.addresses(), {"127.0.0.1"})


class Left(AuditLines, ReloadCase):
    servers = {"one": entry("counter")}
    env = {"AUDIT_LOG": "{home}/audit.jsonl", "ADMIN_TOKEN": ADMIN}

    def test_a_reload_goes_on_without_who_asked_for_it(self):
        os.unlink(self.path)
        os.mkfifo(self.path)  # it takes its time
        with socket.create_connection(("127.0.0.1", self.bridge.port), timeout=20 * SLOW) as client:
            client.sendall(b"POST /admin/reload HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                           b"Content-Length: 0\r\nAuthorization: Bearer " + ADMIN.encode()
                           + b"\r\n\r\n")
            time.sleep(0.3)
        line = self.line("admin_action", action="POST /admin/reload")
        self.assertNotIn("success", line)
        self.assertEqual(line["reason"], "cancelled")
        self.write({"two": entry("probe")})
        wait_for(lambda: "cause=" in self.bridge.log(), what="the reload")


if __name__ == "__main__":
    unittest.main()
