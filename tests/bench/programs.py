# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs under measurement and what /proc tells about them. Linux only."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")


class Programs:
    def __init__(self, folder):
        folder = os.path.abspath(folder)
        self.bridge = os.path.join(folder, "mcp-bridge")
        self.load = os.path.join(folder, "bench-load")
        self.child = os.path.join(folder, "bench-child")
        self.auth = os.path.join(folder, "bench-auth")
        self.exchange = os.path.join(folder, "bench-exchange")
        for path in (self.bridge, self.load, self.child, self.auth, self.exchange):
            if not os.access(path, os.X_OK):
                raise SystemExit(f"{path} is missing: run ./dev bench, which builds it")

    def load_command(self, mode, options):
        command = [self.load, mode]
        for name, value in options.items():
            if value is not None:
                for one in value if isinstance(value, list) else [value]:
                    command += ["--" + name.replace("_", "-"), str(one)]
        if mode in ("pipe", "fresh"):
            command += ["--", self.child]
        return command

    def run_load(self, mode, **options):
        """One run of bench-load; its line of JSON as a dictionary."""
        done = subprocess.run(self.load_command(mode, options), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=300, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench-load {mode} failed, see above")
        return json.loads(done.stdout)


class Holder:
    """Streams kept open: `with Holder(programs, …)` returns once all are."""

    def __init__(self, programs, **options):
        self.command = programs.load_command("hold", options)

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"held\n":
            raise SystemExit("bench-load hold failed, see above")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Bridge:
    """A bridge in front of bench-child, its log in a file, every default but the limits on counts
    left alone. `reuse` lets calls without a session share one process."""

    def __init__(self, programs, reuse=False, **settings):
        self.programs, self.reuse = programs, reuse
        self.port = free_port()
        self.home = tempfile.TemporaryDirectory(prefix="bridge-bench-")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home.name, "LANG": "C.UTF-8",
                    "MAX_SESSIONS_PER_USER": "1000", "MAX_CONNECTIONS_PER_ADDRESS": "0"}
        self.env.update({name: str(value) for name, value in settings.items()})

    def __enter__(self):
        self.log = open(os.path.join(self.home.name, "log"), "wb")
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [self.programs.bridge, "--port", str(self.port), *self.server()], env=self.env,
            cwd=self.home.name, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - begin > 60:
                raise SystemExit("the bridge does not start:\n" + self.tail())
            time.sleep(0.001)
        self.start_us = (time.monotonic() - begin) * 1e6
        return self

    def __exit__(self, *_):
        if self.process.poll() is not None:
            sys.stderr.write(f"the bridge ended with status {self.process.returncode}:\n"
                             + self.tail())
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.home.cleanup()

    def server(self):
        if not self.reuse:
            return ["--", self.programs.child]
        path = os.path.join(self.home.name, "config.json")
        with open(path, "w") as file:
            json.dump({"mcpServers": {"echo": {"command": self.programs.child, "reuse": True}}},
                      file)
        return ["--config", path]

    def answers(self):
        try:
            return self.ask("GET", "/health")[0] == 200
        except OSError:
            return False

    def tail(self):
        with open(self.log.name, errors="replace") as file:
            return "".join(file.readlines()[-20:])

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body and json.dumps(body),
                               {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def load(self, mode="http", **options):
        return self.programs.run_load(mode, port=self.port, **options)

    def start_sessions(self, name, count):
        self.load(path="/session/start", body='{"session_id":"%s{n}"}' % name, count=count)

    def close_sessions(self, name, count):
        self.load(path="/session/%s{n}/close" % name, body="{}", count=count)

    def warm(self):
        """How many children wait in the warm pool."""
        return self.ask("GET", "/servers")[1]["servers"][0]["warm"]

    def cpu_us(self):
        """Processor time so far of the bridge and of its living children."""
        return process_cpu_us(self.process.pid), sum(
            process_cpu_us(pid) for pid in children_of(self.process.pid))

    def rss_kb(self):
        return memory_kb(self.process.pid)["Rss"]


def children_of(parent):
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and int(stat_fields(entry)[1]) == parent:
                found.append(int(entry))
        except OSError:
            pass  # it ended meanwhile
    return found


def stat_fields(pid):
    """/proc/<pid>/stat from the state on."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


def process_cpu_us(pid):
    """To the nanosecond where the kernel keeps schedstat, else in clock ticks."""
    try:
        total = 0
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                total += int(file.read().split()[0])
        return total / 1e3
    except OSError:
        fields = stat_fields(pid)
        return (int(fields[11]) + int(fields[12])) * TICK_US


def memory_kb(pid):
    """Rss, Pss, Private_Dirty and so on."""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            words = line.split()
            if len(words) == 3 and words[2] == "kB":
                found[words[0].rstrip(":")] = int(words[1])
    return found
