# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium through chromedriver's WebDriver interface (W3C WebDriver), without packages."""
import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

from bridge import SLOW, wait_for

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1400,1100"]
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
needs_browser = unittest.skipUnless(CHROMIUM and DRIVER, "chromium or chromedriver is missing")


class Browser:
    """One browser window; use it with `with`."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="bridge-browser-", ignore_cleanup_errors=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.driver = subprocess.Popen([DRIVER, f"--port={self.port}"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(self.is_ready, 20, "chromedriver")
            options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={self.profile.name}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
            answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self.path = "/session/" + answer["sessionId"]
        except BaseException:
            self.driver.kill()
            self.driver.wait()
            self.profile.cleanup()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", self.path)
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()

    def is_ready(self):
        try:
            return self.ask("GET", "/status")["ready"]
        except OSError:
            return False

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60 * SLOW)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{path}: {value['error']}: {value['message'][:500]}")
        return value

    def open(self, address):
        self.ask("POST", self.path + "/url", {"url": address})

    def run(self, script, *arguments):
        return self.ask("POST", self.path + "/execute/sync",
                        {"script": script, "args": list(arguments)})

    def delete_cookies(self):
        self.ask("DELETE", self.path + "/cookie")

    def title(self):
        return self.ask("GET", self.path + "/title")

    def find(self, selector, seconds=15):
        """Waits for the first element that the CSS selector matches."""
        def found():
            elements = self.ask("POST", self.path + "/elements",
                                {"using": "css selector", "value": selector})
            return elements and elements[0][ELEMENT]
        return wait_for(found, seconds, f"an element {selector}")

    def click(self, selector):
        self.show(selector)
        self.ask("POST", f"{self.path}/element/{self.find(selector)}/click", {})

    def fill(self, selector, text):
        element = f"{self.path}/element/{self.find(selector)}"
        self.ask("POST", element + "/clear", {})
        self.ask("POST", element + "/value", {"text": text})

    def text(self, selector):
        return self.ask("GET", f"{self.path}/element/{self.find(selector)}/text")

    def problems(self):
        """What the page complained about in its console."""
        log = self.ask("POST", self.path + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """The address of every request made since the last question, those after loading and
        those that were refused included."""
        log = self.ask("POST", self.path + "/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in log]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    def show(self, selector):
        """Scrolls the element into the middle of the window."""
        self.find(selector)
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)

    def size(self, width, height):
        self.ask("POST", self.path + "/window/rect", {"width": width, "height": height})

    def screenshot(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", self.path + "/screenshot")))
