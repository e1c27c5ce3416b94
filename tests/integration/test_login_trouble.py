# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log tells of logins that failed: the provider's code, and nothing a stranger wrote."""
import unittest
import urllib.parse

from bridge import wait_for
from idp import IdpCase, needs_idp

PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "none"}


@needs_idp
class FailedLogins(IdpCase):
    env = {"OAUTH_CLIENT_ID": "bridge-client", "OAUTH_CLIENT_SECRET": "bridge-secret-0815"}

    def fail(self, **back):
        """Begins a login and comes back with `back`; the log since, and what is secret in it."""
        before = len(self.bridge.log())
        begun = self.bridge.get("/oauth/login", headers=PAGE)
        self.assertStatus(begun, 302)
        asked = urllib.parse.urlsplit(begun.headers["Location"])
        state = dict(urllib.parse.parse_qsl(asked.query))["state"]
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        query = urllib.parse.urlencode({"state": state, "iss": self.idp.issuer(), **back})
        answer = self.bridge.get("/oauth/callback?" + query, headers={**PAGE, "Cookie": cookie})
        self.assertGreaterEqual(answer.status, 400)
        said = wait_for(lambda: [text for text in [self.bridge.log()[before:]]
                                 if "/oauth/callback" in text], what="the access log")[0]
        self.assertNotIn(state, said)
        self.assertNotIn(state, answer.text)
        return said

    def test_tell_the_code_of_the_provider(self):
        self.assertIn("provider_error=access_denied", self.fail(error="access_denied"))

    def test_tell_nothing_that_is_no_code(self):
        for error in ("a\nb INFO forged", "x" * 100, "<b>", "code=secret value"):
            with self.subTest(error=error):
                said = self.fail(error=error, error_description="described-by-a-stranger")
                self.assertIn('provider_error="not a code"', said)
                for text in (error, "forged", "described-by-a-stranger"):
                    self.assertNotIn(text, said)

    def test_tell_why_a_code_was_not_taken(self):
        said = self.fail(code="code-nobody-gave")
        self.assertIn("provider_error=invalid_grant", said)
        self.assertIn("provider_status=400", said)
        self.assertNotIn("code-nobody-gave", said)


if __name__ == "__main__":
    unittest.main()
