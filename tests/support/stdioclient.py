# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare MCP client that starts a program and speaks on its stdin and stdout.

    with StdioClient([PROGRAM, "connect", url]) as client:
        client.initialize()
        client.result("tools/list")
"""
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time

from bridge import COMPLAINTS, SLOW
from mcpclient import LEGACY, META, MODERN, message


class StdioClient:
    def __init__(self, command, env=None, read=True):
        self.directory = tempfile.TemporaryDirectory(prefix="bridge-stdio-")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.directory.name, "LANG": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.env.update(env or {})
        self.log_path = os.path.join(self.directory.name, "stderr.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in command], env=self.env,
                                            cwd=self.directory.name, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log)
        self.lines = queue.Queue()
        self.aside = []      # what came before the answer that was waited for
        self.garbage = []    # lines that are no JSON: there must be none
        self.last_id = 0
        if read:
            self.start_reading()

    def start_reading(self):
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            try:
                self.lines.put(json.loads(line))
            except ValueError:
                self.garbage.append(line)
        self.lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            status, seconds = self.end()
            if kind is None and (status != 0 or self.garbage or COMPLAINTS.search(
                    self.log().encode())):
                raise AssertionError(f"ended with {status} after {seconds:.1f} s, garbage "
                                     f"{self.garbage}\n{self.log()}")
        finally:
            self.directory.cleanup()

    def end(self, how=None):
        """Closes stdin (or sends a signal); returns exit status and the seconds it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            if how is None:
                try:
                    self.process.stdin.close()
                except BrokenPipeError:
                    pass
            else:
                self.process.send_signal(how)
            try:
                self.process.wait(10 * SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return "killed", time.monotonic() - began
        return self.process.returncode, time.monotonic() - began

    def terminate(self):
        return self.end(signal.SIGTERM)

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def command_line(self):
        with open(f"/proc/{self.process.pid}/cmdline") as file:
            return file.read()

    # --- messages ------------------------------------------------------------------------------

    def write(self, text):
        self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
        self.process.stdin.flush()

    def send(self, one):
        self.write(json.dumps(one) + "\n")

    def next(self, seconds=15):
        """The next message; None when the program has ended."""
        try:
            return self.lines.get(timeout=seconds * SLOW)
        except queue.Empty:
            raise AssertionError(f"nothing came within {seconds * SLOW} s\n{self.log()}") from None

    def ask(self, method, params=None):
        """Sends a request and returns its id."""
        self.last_id += 1
        self.send(message(method, params, self.last_id))
        return self.last_id

    def answer(self, ident, seconds=15):
        """The response to a request; what comes before it goes to `aside`."""
        while True:
            one = self.next(seconds)
            if one is None:
                raise AssertionError("the program ended before it answered\n" + self.log())
            if one.get("id") == ident and "method" not in one:
                return one
            self.aside.append(one)

    def request(self, method, params=None, seconds=15):
        return self.answer(self.ask(method, params), seconds)

    def result(self, method, params=None):
        answer = self.request(method, params)
        if "result" not in answer:
            raise AssertionError(f"{method}: {answer}\n{self.log()}")
        return answer["result"]

    def error(self, method, params=None):
        answer = self.request(method, params)
        if "error" not in answer:
            raise AssertionError(f"{method}: {answer}")
        return answer["error"]

    def notify(self, method, params=None):
        self.send(message(method, params))

    def initialize(self, capabilities=None, revision=LEGACY[0]):
        result = self.result("initialize", {
            "protocolVersion": revision, "capabilities": capabilities or {},
            "clientInfo": {"name": "stdio-client", "version": "1"}})
        self.notify("notifications/initialized")
        return result

    def call(self, tool, arguments=None, **params):
        return self.request("tools/call", {"name": tool, "arguments": arguments or {}, **params})

    def text(self, tool, arguments=None):
        answer = self.call(tool, arguments)
        if "result" not in answer:
            raise AssertionError(f"{tool}: {answer}\n{self.log()}")
        return answer["result"]["content"][0]["text"]


def modern(params=None, capabilities=None, **meta):
    """`params` of a request of revision 2026-07-28."""
    return {**(params or {}), "_meta": {
        META + "protocolVersion": MODERN, META + "clientCapabilities": capabilities or {},
        META + "clientInfo": {"name": "stdio-client", "version": "1"}, **meta}}
