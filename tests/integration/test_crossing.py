# SPDX-License-Identifier: GPL-3.0-or-later
"""Two users whose calls carry the same JSON-RPC ids at the same time: every answer has to come with
its own id and its own argument. Randomised; BRIDGE_SEED asks the same again.

Each user has connections for everything that can cross: two legacy sessions with several calls in
flight (one of them in a revision that has batches), stateless modern requests, REST calls without a
session and in one. Now and then one is dropped in mid-call. What is stateless goes to one process
that all share (`reuse` in the server's definition), because a process for each of so many calls
would make this a test of fork(): so the answers of both users come out of the same pipe, and out of
order."""
import collections
import itertools
import json
import os
import random
import re
import selectors
import socket
import sys
import time
import unittest

from bridge import SLOW, Bridge
from client import token
from mcpclient import BOTH, META, MODERN, LegacyClient, ModernClient, message

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CALLS = 100_000 if SLOW == 1 else 10_000
IDS = [*range(48), *map(str, range(48))]  # 7 and "7" are two ids
SERVER = '''
"""Echoes in random order: answers are shuffled, and some wait for those of later calls. Every
argv[1]-th answer (0 = none) goes out with the text of the one before it."""
import json, os, random, select, sys
every, count, last, held, rest = int(sys.argv[1]), 0, "", [], b""
tools = [{"name": "echo", "inputSchema": {"type": "object"}}]
while True:
    if held and not select.select([0], [], [], 0.001)[0]:
        more = b""
    else:
        more = os.read(0, 65536)
        if not more:
            break
    *lines, rest = (rest + more).split(b"\\n")
    for asked in filter(None, map(json.loads, filter(None, lines))):
        method, params = asked["method"], asked.get("params", {})
        result = {}
        if method == "tools/call":
            count, now = count + 1, params["arguments"]["text"]
            text = last if every and count % every == 0 else now
            last, result = now, {"content": [{"type": "text", "text": text}]}
        elif method == "tools/list":
            result = {"tools": tools}
        elif method == "initialize":
            result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
                      "serverInfo": {"name": "shuffled", "version": "1"}}
        if "id" in asked:
            held.append(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}) + "\\n")
    random.shuffle(held)
    now = len(held) - random.randrange(3) if more else len(held)
    out, held = "".join(held[:max(now, 0)]).encode(), held[max(now, 0):]
    while out:
        out = out[os.write(1, out):]
'''


def head(fields):
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items())


class Kind:
    """How a connection asks: `make` gives path, body, more header fields and what the answer must
    hold, which is a text for each id (of REST None); `done` gets that back when it was answered."""

    may_leave = True  # closing the connection ends the calls, so their ids are free at once

    def __init__(self, user, dice):
        self.user, self.dice = user, dice
        self.fields = {"Authorization": "Bearer " + token(user)}

    def text(self, numbers=itertools.count()):
        length = self.dice.choice((0, 0, 9, 80, 700)) if self.dice.random() < 0.99 else 20_000
        return f"{self.user} {next(numbers)} " + "x" * length

    def call(self, id, text, **more):
        return message("tools/call", {"name": "echo", "arguments": {"text": text}, **more}, id)

    def done(self, expected):
        pass


class Legacy(Kind):
    """A session; with `batches` most requests hold several calls."""

    may_leave = False

    def __init__(self, user, dice, bridge, revision, batches=False):
        super().__init__(user, dice)
        client = LegacyClient(bridge, revision=revision)
        client.extra = dict(self.fields)
        client.initialize()
        self.fields.update(client.fields())
        self.batches, self.free = batches, list(IDS)

    def ids(self, count):
        taken = self.dice.sample(self.free, count)
        self.free = [id for id in self.free if id not in taken]
        return taken

    def make(self):
        many = self.batches and self.dice.random() < 0.8
        expected = {id: self.text() for id in self.ids(self.dice.randint(2, 20) if many else 1)}
        calls = [self.call(*pair) for pair in expected.items()]
        accept = "text/event-stream" if self.dice.random() < 0.1 else BOTH
        return "/mcp", calls if many else calls[0], {"Accept": accept}, expected

    def done(self, expected):
        self.free += expected


class Modern(Kind):
    meta = ModernClient(None).meta()

    def make(self):
        id, text = self.dice.choice(IDS[:3]), self.text()
        accept = "text/event-stream" if self.dice.random() < 0.1 else BOTH
        return "/mcp", self.call(id, text, _meta=self.meta), {
            "Accept": accept, "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call",
            "Mcp-Name": "echo"}, {id: text}


class Rest(Kind):
    def __init__(self, user, dice, path="/tools/echo"):
        super().__init__(user, dice)
        self.path = path

    def make(self):
        text = self.text()
        return self.path, {"text": text}, {}, {None: text}


class Lane:
    """A keep-alive connection with two requests on their way, the second one pipelined."""

    def __init__(self, bridge, kind, ready):
        self.kind = kind
        self.fields = head({"Host": f"127.0.0.1:{bridge.port}",
                            "Content-Type": "application/json", **kind.fields})
        self.address, self.ready = ("127.0.0.1", bridge.port), ready
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(self.address, 20 * SLOW)
        self.ready.register(self.socket, selectors.EVENT_READ, self)
        self.waiting, self.received = collections.deque(), b""

    def close(self):
        self.ready.unregister(self.socket)
        self.socket.close()

    def leave(self):
        """Drops what is under way, whose answers must not reach anybody, and comes back; returns
        how many calls that were."""
        lost = sum(map(len, self.waiting))
        self.close()
        self.connect()
        return lost

    def ask(self):
        """Returns how many calls that are."""
        path, body, fields, expected = self.kind.make()
        self.waiting.append(expected)
        data = json.dumps(body, separators=(",", ":"))
        self.socket.sendall(f"POST {path} HTTP/1.1\r\n{self.fields}{head(fields)}"
                            f"Content-Length: {len(data)}\r\n\r\n{data}".encode())
        return len(expected)

    def read(self):
        """Checks the answers that have come."""
        more = self.socket.recv(1 << 18)
        assert more, f"the bridge closed a connection of {self.kind.user}"
        self.received += more
        while (body := self.take()) is not None:
            expected = self.waiting.popleft()
            got = texts(body)
            assert got == expected, f"{type(self.kind).__name__}: {expected} expected, got {got}"
            self.kind.done(expected)

    def take(self):
        """The body of the next answer, None as long as it is not whole."""
        end = self.received.find(b"\r\n\r\n") + 4
        if end < 4:
            return None
        assert self.received.startswith(b"HTTP/1.1 200 "), self.received[:2000]
        length = LENGTH.search(self.received, 0, end)
        body, end = self.plain(end, int(length[1])) if length else self.chunks(end)
        if body is not None:
            self.received = self.received[end:]
        return body

    def plain(self, start, length):
        end = start + length
        return (self.received[start:end] if end <= len(self.received) else None), end

    def chunks(self, at):
        parts = []
        while (line := self.received.find(b"\r\n", at)) >= 0:
            size = int(self.received[at:line], 16)
            at = line + 2 + size + 2
            if at > len(self.received):
                break
            if size == 0:
                return b"".join(parts), at
            parts.append(self.received[line + 2:at - 2])
        return None, at


def texts(body):
    """What an answer says for which id; REST has none."""
    if body[:1] not in (b"{", b"["):
        events = [line[5:] for line in body.decode().splitlines() if line.startswith("data:")]
        found = [json.loads(data) for data in events if data.strip()]
    else:
        found = json.loads(body)
    found = found if isinstance(found, list) else [found]
    flat = [one for part in found for one in (part if isinstance(part, list) else [part])]
    said = {one.get("id"): one.get("result", one)["content"][0]["text"] if "error" not in one
            else one for one in flat}
    assert len(said) == len(flat), f"an id was answered twice: {flat}"
    return said


class Crossing(unittest.TestCase):
    def setUp(self):
        self.seed = int(os.environ.get("BRIDGE_SEED") or random.SystemRandom().getrandbits(32))
        self.dice = random.Random(self.seed)
        self.dropped = 0
        print(f"BRIDGE_SEED={self.seed}", flush=True)

    def bridge(self, wrong=0):
        entry = {"command": sys.executable, "args": ["-BS", "shuffled.py", str(wrong)],
                 "reuse": True}
        return Bridge(args=["--config", "{home}/config.json"], files={
            "shuffled.py": SERVER, "config.json": json.dumps({"mcpServers": {"shuffled": entry}})})

    def kinds(self, bridge, user):
        """(kind, connections)"""
        session = bridge.start_session(token=token(user))
        dice = self.dice
        return [(Legacy(user, dice, bridge, "2025-11-25"), 4),
                (Legacy(user, dice, bridge, "2025-03-26", batches=True), 2),
                (Modern(user, dice), 2), (Rest(user, dice), 1),
                (Rest(user, dice, f"/session/{session}/tools/echo"), 1)]

    def run_calls(self, bridge, calls):
        """Asks until `calls` were answered; returns how many there were of each kind."""
        counts = collections.Counter()
        with selectors.DefaultSelector() as ready:
            lanes = [Lane(bridge, kind, ready) for user in ("alice", "bob")
                     for kind, connections in self.kinds(bridge, user) for _ in range(connections)]
            try:
                self.fill(lanes, counts, calls)
                while any(lane.waiting for lane in lanes):
                    answered = [key.data for key, _ in ready.select(20 * SLOW)]
                    self.assertTrue(answered, "no answer came")
                    for lane in answered:
                        lane.read()
                    self.fill(answered, counts, calls)
            finally:
                for lane in lanes:
                    lane.close()
        return counts

    def fill(self, lanes, counts, calls):
        self.dice.shuffle(lanes)
        for lane in lanes:
            kind = type(lane.kind).__name__
            if lane.waiting and lane.kind.may_leave and self.dice.random() < 0.005:
                counts[kind] -= lane.leave()
                self.dropped += 1
            while len(lane.waiting) < 2 and sum(counts.values()) < calls:
                counts[kind] += lane.ask()

    def test_answers_reach_who_asked(self):
        with self.bridge() as bridge:
            begin = time.monotonic()
            counts = self.run_calls(bridge, CALLS)
            seconds = time.monotonic() - begin
            print(f"{sum(counts.values())} calls in {seconds:.1f} s: {dict(counts)}; "
                  f"{self.dropped} dropped connections")
            self.assertGreaterEqual(sum(counts.values()), CALLS)
            self.assertGreater(min(counts.values()), CALLS / 50)
            self.assertGreater(self.dropped, 0)

    def test_a_foreign_answer_would_be_noticed(self):
        with self.bridge(wrong=50) as bridge:
            with self.assertRaisesRegex(AssertionError, "expected, got"):
                self.run_calls(bridge, 5000)


if __name__ == "__main__":
    unittest.main()
