# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a bridge as its users do and speaks HTTP to it. Standard library only.

    with Bridge(server=fixture("probe"), env={"MCP_ENV_A": "1"}) as bridge:
        answer = bridge.post("/tools/read_env", {"name": "A"})

The program is taken from BRIDGE_BIN_DIR. BRIDGE_SLOW=1 (sanitizer builds) stretches every limit.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from client import Client

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN_DIR = os.environ.get("BRIDGE_BIN_DIR", os.path.join(ROOT, "build", "dev", "bin"))
PROGRAM = os.path.join(BIN_DIR, "mcp-bridge")
SLOW = 6 if os.environ.get("BRIDGE_SLOW") == "1" else 1
SF = "x-inxm-mcp-session"
DEMO = ()
COMPLAINTS = re.compile(rb"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|ASSERT")


def fixture(name, *flags):
    """The command of a fixture server of tests/support/servers."""
    return [sys.executable, "-BS", os.path.join(HERE, "servers", name + ".py"), *map(str, flags)]


def wait_for(condition, seconds=10, what="the condition"):
    """Polls until `condition()` is true and returns its value."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds * SLOW} s")
        time.sleep(0.02)


def processes_of(home):
    """The processes whose HOME is `home`: a bridge and, as it passes HOME on, all its children."""
    mark = b"HOME=" + home.encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                marked = mark in file.read().split(b"\0")
            with open(f"/proc/{entry}/stat") as file:
                zombie = file.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if marked and not zombie:
            found.append(int(entry))
    return found


class Bridge(Client):
    """One running bridge; use it with `with`. `server` is the MCP server's command, DEMO (none)
    means the embedded one. {home} in arguments and variables becomes the scratch folder. Only
    PATH comes from the surrounding environment."""

    running = []

    def __init__(self, server=DEMO, env=None, args=(), ready=True, files=None):
        super().__init__("127.0.0.1", 0, timeout=20 * SLOW)
        self.directory = tempfile.TemporaryDirectory(prefix="bridge-test-")
        self.home = self.directory.name
        self.log_path = os.path.join(self.home, "stderr.log")
        for name, text in (files or {}).items():
            with open(self.path(name), "w") as file:
                file.write(text)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home, "LANG": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.env.update({name: self.fill(value) for name, value in (env or {}).items()})
        self.command = [PROGRAM, "--port", "0", *map(self.fill, args)]
        if server:
            self.command += ["--", *map(self.fill, server)]
        self.ready = ready
        self.process = None

    def path(self, name):
        """A path in the bridge's own scratch folder, which is also its HOME."""
        return os.path.join(self.home, name)

    def fill(self, text):
        return str(text).replace("{home}", self.home)

    # --- life ----------------------------------------------------------------------------------

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.stop(check=kind is None)
        finally:
            self.directory.cleanup()

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.env, cwd=self.home,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        Bridge.running.append(self)
        try:
            self.port = wait_for(self.find_port, 20, "the bridge's listening line")
            if self.ready:
                wait_for(lambda: self.get("/health").status == 200, 20, "/health")
        except BaseException:
            sys.stderr.write(self.log_tail())
            self.stop(check=False)
            raise

    def find_port(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the bridge ended with status {self.process.returncode}")
        found = re.search(r"listens on http://(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)", self.log())
        return found and int(found.group(1))

    def stop(self, check=True):
        """SIGTERM; fails when the bridge does not end well or leaves a process behind."""
        if self in Bridge.running:
            Bridge.running.remove(self)
        if self.process is None:
            return
        self.close_streams()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(15 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "none: it had to be killed"
        orphans = processes_of(self.home)
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)
        self.process = None
        if not check:
            return
        complaint = COMPLAINTS.search(self.log().encode())
        if status != 0 or orphans or complaint:
            raise AssertionError(f"the bridge ended with status {status} and left {len(orphans)} "
                                 f"processes behind\n{self.log_tail()}")

    # --- looking inside ------------------------------------------------------------------------

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def log_tail(self, lines=int(os.environ.get("BRIDGE_LOG_LINES", "60"))):
        tail = self.log().splitlines()[-lines:]
        return "".join(f"    | {line[:500]}\n" for line in tail)

    def children(self):
        """Process ids of everything the bridge started and that still lives."""
        return [pid for pid in processes_of(self.home) if pid != self.process.pid]

    def metric(self, name, **labels):
        """The sum of a metric's samples that carry these labels; 0 when there is none."""
        total = 0.0
        for line in self.get("/metrics").text.splitlines():
            found = re.match(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if found and found.group(1) == name:
                have = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found.group(2) or ""))
                if all(have.get(key) == value for key, value in labels.items()):
                    total += float(found.group(3))
        return total

    # --- sessions ------------------------------------------------------------------------------

    def start_session(self, body=None, **how):
        """Returns the id of a new session."""
        answer = self.post("/session/start", body, **how)
        if answer.status != 200:
            raise AssertionError(f"no session: {answer.status} {answer.text}")
        return answer.json["session_id"]

    def call(self, tool, arguments=None, session=None, **how):
        return self.post(f"/tools/{tool}", {} if arguments is None else arguments,
                         session=session, **how)


def run_once(args=(), env=None, server=DEMO, seconds=20, files=None, listen=True):
    """Runs a bridge that is expected to end by itself; returns (status, all its output). Without
    `listen` the port is left to the environment."""
    bridge = Bridge(server, env, args, files=files)
    if not listen:
        del bridge.command[1:3]
    with bridge.directory:
        done = subprocess.run(bridge.command, env=bridge.env, cwd=bridge.home, timeout=seconds * SLOW,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace")


def parallel(functions):
    """Runs the functions at the same time; returns their values in order, or raises the first
    exception."""
    results = [None] * len(functions)

    def run(index, function):
        try:
            results[index] = (function(), None)
        except BaseException as error:  # handed to the caller below
            results[index] = (None, error)
    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _, error in results:
        if error:
            raise error
    return [value for value, _ in results]


def records(path):
    """The messages that a fixture wrote with --record or --events, oldest first."""
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def methods(path):
    """The method names among records(path)."""
    return [entry["method"] for entry in records(path) if "method" in entry]
