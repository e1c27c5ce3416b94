# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that issuers sign and that are still no access tokens of the caller for this bridge, and
tokens that say who he is in a way that could be another's name."""
import json
import unittest

from bridge import PROGRAM, Bridge, fixture
from idp import Idp, bearer, needs_idp

CLIENT = {"OAUTH_CLIENT_ID": "bridge", "OAUTH_CLIENT_SECRET": "xxxxxxxxxxxxxxxx"}


@needs_idp
class Cookies(unittest.TestCase):
    def test_of_foreign_pages_are_refused_however_short_answers_are_kept(self):
        with Idp() as idp:
            env = idp.env(**CLIENT, TOKEN_SOURCE="cookie", TOKEN_COOKIE_NAME="tok",
                          AUTH_INTROSPECTION="always", AUTH_INTROSPECTION_CACHE_SECONDS="0")
            with Bridge(env=env) as bridge:
                cookie = "tok=" + idp.mint(sub="alice")
                foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
                for headers, status in ((foreign, 403), ({"Content-Type": "text/plain"}, 403),
                                        ({"X-Requested-With": "test"}, 200)):
                    answer = bridge.post("/session/start", cookie=cookie, headers=headers)
                    self.assertEqual(answer.status, status, answer)
                who = bridge.get("/oauth/userinfo", cookie=cookie).json
                self.assertEqual((who["sub"], who["strategy"]), ("alice", "cookie"))


if __name__ == "__main__":
    unittest.main()
