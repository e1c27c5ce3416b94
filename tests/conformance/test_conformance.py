# SPDX-License-Identifier: GPL-3.0-or-later
"""The official conformance suite against a server, directly and through the bridge: what passes
directly passes through the bridge."""
import glob
import json
import os
import re
import subprocess
import tempfile
import unittest

from bridge import DEMO, SLOW, Bridge
from nodejs import NODE, Scripts, Service, module, needs_clients, version_of
from page import check_page
from recorder import Recorder

HERE = os.path.dirname(os.path.abspath(__file__))
SUITE = "@modelcontextprotocol/conformance"
REVISIONS = ["2025-06-18", "2025-11-25", "2026-07-28"]
BAD = ("FAILURE", "WARNING")

# Checks of an optional feature that the bridge's answer gives no occasion for: it answers at once
# in JSON where the server by itself opens a stream. (The streams have tests of their own.)
NO_OCCASION = {
    "server-sse-streams-functional", "server-sse-priming-event", "server-sse-retry-field",
    "server-sse-disconnect-resume",
}

# A request without a session has a server of its own there, which ends with it. What changed is
# told when that server had been running for a while, else not (SHOULD): starting servers announce
# lists that everybody has already.
OWN_SERVER = {f"sep-2575-server-sends-{what}-list-changed-on-subscription"
              for what in ("tools", "prompts")}

# A server of the legacy era cannot do what these checks of the modern one want.
LEGACY_SERVER = {
    "sep-2322-elicitation-incomplete":
        "only modern servers name their questions; the bridge makes up names",
    "sep-2322-elicitation-complete":
        "only modern servers name their questions; the bridge makes up names",
    "sep-2322-ignore-unexpected-params":
        "only modern servers name their questions; the bridge makes up names",
    "sep-2322-respect-client-capabilities":
        "the tool reads the capabilities from metadata that only modern requests have",
    "sep-2575-server-rejects-undeclared-capability":
        "the server itself turns the missing capability into a failed tool call",
    "sep-2575-missing-capability-http-400":
        "the server itself turns the missing capability into a failed tool call",
}


def load(folder):
    """The worst status of each check: {(scenario, check id, name): (status, message)}."""
    order = ["SKIPPED", "INFO", "SUCCESS", *reversed(BAD)]
    found = {}
    for path in glob.glob(os.path.join(folder, "*", "checks.json")):
        scenario = re.match(r"server-(.*)-20\d\d-\d\d-\d\dT", os.path.basename(os.path.dirname(path)))
        with open(path) as file:
            for check in json.load(file):
                key = (scenario.group(1), check["id"], check["name"])
                new = (check["status"], check.get("errorMessage") or "")
                if key not in found or order.index(new[0]) > order.index(found[key][0]):
                    found[key] = new
    return found


def run_suite(url, revision, which=("--suite", "all")):
    with tempfile.TemporaryDirectory(prefix="bridge-conformance-") as folder:
        done = subprocess.run(
            [NODE, module(SUITE, "dist", "index.js"), "server", "--url", url, *which,
             "--spec-version", revision, "--output-dir", folder],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=170 * SLOW, cwd=folder)
        checks = load(folder)
    if not checks:
        raise AssertionError(f"the suite did not run:\n{done.stdout.decode(errors='replace')}")
    return checks


def run_patiently(url, revision):
    """The suite gives some answers half a second, so on a busy machine it gets a second try."""
    checks = run_suite(url, revision)
    for scenario in sorted({key[0] for key, told in checks.items() if told[0] in BAD}):
        checks = {key: told for key, told in checks.items() if key[0] != scenario}
        checks.update(run_suite(url, revision, ("--scenario", scenario)))
    return checks


class Direct:
    """What the server does by itself; run once for all tests."""

    scripts = None
    results = {}


def setUpModule():
    if not NODE:
        return
    Direct.scripts = Scripts(HERE)
    with Service(Direct.scripts.command("everything.mjs", "--http")) as service:
        for revision in REVISIONS:
            Direct.results[revision] = run_patiently(service.url, revision)


def tearDownModule():
    if Direct.scripts:
        Direct.scripts.directory.cleanup()


@needs_clients
class Directly(unittest.TestCase):
    def test_the_server_by_itself_fails_nowhere(self):
        for revision, checks in Direct.results.items():
            bad = {key: told for key, told in checks.items() if told[0] in BAD}
            self.assertEqual(bad, {}, revision)
            scenarios = {key[0] for key in checks}
            self.assertGreaterEqual(len(scenarios), 27, (revision, sorted(scenarios)))
            print(f"     {revision}: {len(scenarios)} scenarios, {len(checks)} checks")

    def test_the_page_says_so(self):
        check_page(self, "mcp-conformance.md", page())


def page():
    with open(os.path.join(HERE, "conformance.md")) as file:
        text = file.read()
    lines = []
    for revision, checks in Direct.results.items():
        count = len({key[0] for key in checks})
        lines.append(f"| {revision} | {count} | {count} |")
    reasons = {}
    for check, why in LEGACY_SERVER.items():
        reasons.setdefault(why, []).append(f"`{check}`")
    legacy = ["With a server of the legacy era behind the bridge, in revision 2026-07-28:", ""]
    legacy += [f"- {', '.join(checks)}: {why}" for why, checks in reasons.items()]
    values = {"suite": version_of(SUITE), "server": version_of("@modelcontextprotocol/server"),
              "table": "\n".join(lines), "legacy": "\n".join(legacy),
              "chancy": ", ".join(f"`{check}`" for check in sorted(OWN_SERVER)),
              "occasion": ", ".join(f"`{check}`" for check in sorted(NO_OCCASION))}
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


class Through:
    """Mixed into a test case. `era` is that of the server behind the bridge; `known` has the
    checks of the modern revision that cannot pass, and why, `chancy` those that may."""

    era = "both"
    known = {}
    chancy = set()
    longMessage = True

    def bridge(self):
        raise NotImplementedError

    def check(self, revision):
        with self.bridge() as bridge, Recorder(bridge) as recorder:
            through = run_patiently(recorder.url + "/servers/default/mcp", revision)
            valid = recorder.report()
        known = self.known if revision == REVISIONS[-1] else {}
        bad, seen = [], set()
        for key, (status, _) in sorted(Direct.results[revision].items()):
            if status != "SUCCESS":
                continue
            got, message = through.get(key, ("ABSENT", ""))
            if got == "SUCCESS" or (got in ("ABSENT", "INFO") and key[1] in NO_OCCASION):
                continue
            seen.add(key[1])
            if key[1] in self.chancy:
                continue
            if key[1] not in known:
                bad.append(f"{' / '.join(key)}: {got} {message}")
        self.assertEqual(valid["problems"], [], "messages that break their schema")
        self.assertEqual(bad, [], f"pass directly, but not through the bridge ({revision})")
        self.assertEqual(set(known) - seen, set(), "these pass: take them off the list")

    def test_2025_11_25(self):
        self.check("2025-11-25")

    def test_2026_07_28(self):
        self.check("2026-07-28")


class ThroughStdio(Through):
    def bridge(self):
        return Bridge(Direct.scripts.command("everything.mjs", "--era", self.era),
                      args=["--warm-pool", "4"])


class ThroughHttp(Through):
    def bridge(self):
        service = Service(Direct.scripts.command("everything.mjs", "--http", "--era", self.era))
        self.addCleanup(service.stop)
        return Bridge(DEMO, {"MCP_REMOTE_SERVER": service.url})


@needs_clients
class Stdio(ThroughStdio, unittest.TestCase):
    """Speaks both eras, as it does directly."""

    chancy = OWN_SERVER

    def test_2025_06_18(self):
        self.check("2025-06-18")


@needs_clients
class Http(ThroughHttp, unittest.TestCase):
    def test_2025_06_18(self):
        self.check("2025-06-18")


@needs_clients
class LegacyStdio(ThroughStdio, unittest.TestCase):
    era = "legacy"
    known = LEGACY_SERVER
    chancy = OWN_SERVER


@needs_clients
class LegacyHttp(ThroughHttp, unittest.TestCase):
    era = "legacy"
    known = LEGACY_SERVER


