# SPDX-License-Identifier: GPL-3.0-or-later
"""AUTH_BAD_TOKENS_PER_MINUTE: a flood of made-up tokens costs little and harms nobody else."""
import unittest

from idp import IdpCase, needs_idp


@needs_idp
class Floods(IdpCase):
    env = {"AUTH_BAD_TOKENS_PER_MINUTE": "20", "TRUSTED_PROXIES": "127.0.0.1",
           "OAUTH_CLIENT_ID": "bridge", "OAUTH_CLIENT_SECRET": "secret-of-the-bridge"}

    def who(self, token, address):
        return self.bridge.get("/oauth/userinfo", token=token,
                               headers={"X-Forwarded-For": f"1.2.3.4, {address}"})

    def flood(self, address, make):
        return [self.who(make(i), address) for i in range(40)]

    def test_forged_tokens_end_in_429(self):
        good = self.idp.mint(sub="alice")
        self.assertStatus(self.who(good, "198.51.100.1"), 200)
        forged = self.idp.mint(how={"spoil": "signature"}, sub="mallory")
        head, _, signature = forged.rpartition(".")
        turned = self.flood("198.51.100.1",
                            lambda i: f"{head}.{chr(65 + i % 26)}{chr(65 + i // 26)}{signature[2:]}")
        self.assertEqual({answer.status for answer in turned[:20]}, {401})
        self.assertEqual({answer.status for answer in turned[20:]}, {429})
        self.assertError(turned[-1], 429, "too_many_requests")
        self.assertLessEqual(int(turned[-1].headers["Retry-After"]), 60)
        self.assertGreaterEqual(int(turned[-1].headers["Retry-After"]), 1)
        # Good ones go on, old and new ones, at the same address and at another.
        self.assertStatus(self.who(good, "198.51.100.1"), 200)
        self.assertStatus(self.who(self.idp.mint(sub="carol"), "198.51.100.1"), 200)
        self.assertStatus(self.who(self.idp.mint(sub="bob"), "198.51.100.2"), 200)
        self.assertEqual(self.bridge.log().count("198.51.100.1 showed 20 different bad tokens"), 1)

    def test_the_issuer_is_not_asked_about_a_flood(self):
        self.idp.forget()
        turned = self.flood("198.51.100.9", lambda i: f"made-up-{i}")
        self.assertEqual(len(self.idp.seen("introspect")), 20)
        self.assertEqual({answer.status for answer in turned[20:]}, {429})
        self.assertStatus(self.who(self.idp.opaque(sub="carol"), "198.51.100.10"), 200)
        self.assertStatus(self.who(self.idp.opaque(sub="dave"), "198.51.100.9"), 429)


@needs_idp
class Undeclared(IdpCase):
    """A proxy that nobody named: its clients are one address."""
    env = {"AUTH_BAD_TOKENS_PER_MINUTE": "5", "OAUTH_CLIENT_ID": "bridge",
           "OAUTH_CLIENT_SECRET": "secret-of-the-bridge"}

    def test_good_tokens_go_on_and_the_operator_is_told_once(self):
        def get(token, client):
            return self.bridge.get("/oauth/userinfo", token=token,
                                   headers={"X-Forwarded-For": client})
        self.assertStatus(get(self.idp.mint(sub="alice"), "198.51.100.1"), 200)
        turned = [get(f"made-up-{i}", "198.51.100.66").status for i in range(8)]
        self.assertEqual(turned, [401] * 5 + [429] * 3)
        for who in ("bob", "carol"):
            self.assertStatus(get(self.idp.mint(sub=who), "198.51.100.2"), 200)
        self.assertEqual(self.bridge.log().count("127.0.0.1 carry X-Forwarded-For"), 1)


if __name__ == "__main__":
    unittest.main()
