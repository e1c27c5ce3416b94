# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 N1 where servers get a credential that was retrieved for their caller."""
import json
import unittest

from canary import Canary
from idp import Idp, needs_idp


class WithCredentials(Canary):
    """Children get a credential that was retrieved for their caller."""

    env = {"LOG_FORMAT": "json", "OAUTH_ENV": "API_TOKEN", "AUDIT_LOG": "{home}/audit.log"}

    def prepare(self):
        self.idp = Idp().start()
        self.addCleanup(self.idp.__exit__)
        self.good = self.caller("good")
        return self.settings(self.credentials.new)

    def caller(self, name):
        token_ = self.idp.mint(sub=name, email=f"{name}@example.com", email_verified=True)
        self.credentials.planted[token_.rpartition(".")[2]] = f"token of {name}"
        return {"Authorization": "Bearer " + token_}

    def ask(self, name):
        self.keep(name, self.bridge.post("/tools/tell", {"secret": "x"},
                                         headers=self.caller(name)))

    def check_files(self):
        events = [json.loads(line)["event"]
                  for line in dict(self.files_of_bridge())["audit.log"].splitlines()]
        self.assertIn("exchange", events)


@needs_idp
class Brokered(WithCredentials, unittest.TestCase):
    def settings(self, new):
        self.idp.broker("far", tokens={"access_token": new("brokered token"),
                                       "refresh_token": new("brokered refresh token")})
        return self.idp.env(KEYCLOAK_PROVIDER_ALIAS="far")

    def more(self):
        for status in (400, 401, 403, 500):
            self.idp.broker("far", status=status)
            self.ask(f"refused-{status}")
        for mode in ("drop", "garbage", "down"):
            self.idp.mode("broker", mode)
            self.ask(f"mode-{mode}")
        self.idp.well()
        self.idp.broker("far", tokens={"access_token": 7, "error": self.credentials.new("lie")})
        self.ask("lied-to")


@needs_idp
class Exchanged(WithCredentials, unittest.TestCase):
    def settings(self, new):
        secret = new("client secret")
        self.idp.client("bridge", secret)
        return self.idp.env(OAUTH_ENABLE_TOKEN_EXCHANGE="true", OAUTH_CLIENT_ID="bridge",
                            OAUTH_CLIENT_SECRET=secret, KEYCLOAK_PROVIDER_ALIAS="far",
                            OAUTH_TOKEN_EXCHANGE_AUDIENCE="far-api")

    def more(self):
        for number, error in enumerate(("access_denied", "invalid_grant", "invalid_client")):
            self.idp.set(exchangeError={"status": 400, "body": {
                "error": error, "error_description": self.credentials.new(error)}})
            self.ask(f"denied-{number}")
        self.idp.set(exchangeError={"status": 500, "body": {"oops": self.credentials.new("oops")}})
        self.ask("failed")


@needs_idp
class StoredKeys(WithCredentials, unittest.TestCase):
    def settings(self, new):
        self.idp.store_key("good@example.com", "mail", new("stored key"))
        return self.idp.env(AUTH_PROVIDER="user-api-key", AUTH_TOKENS_INTERNAL_URL=self.idp.url,
                            MCP_CONNECTION_ID="mail", INTERNAL_API_SECRET=new("store secret"),
                            USER_API_KEY_ALLOWED_CLIENTS="test-client")

    def more(self):
        self.ask("keyless")
        self.idp.mode("store", "down", status=500)
        self.ask("unlucky")


if __name__ == "__main__":
    unittest.main()
