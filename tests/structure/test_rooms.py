# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may know whom (resources/docs/architecture.md, "Rooms"), read from the include lines."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A room may include itself and what stands here; `common/*` below `server/*` always.
COMMON = {
    "base": set(),
    "async": {"base"},
    "eventloop": set(),
    "json": {"base"},
    "logging": {"base"},
    "config": {"base", "async", "json", "logging"},
    "jsonrpc": {"base", "async", "json", "logging"},
    "httpclient": {"base", "async", "logging"},
    "mcp": {"base", "async", "json", "jsonrpc", "logging", "httpclient"},
    "stdio": set(),
    "crypto": {"base"},
    "plugins": {"base"},
}
SERVER = {
    "http": set(),
    "telemetry": set(),
    "demo": set(),
    "cli": {"audit", "auth", "credentials"},
    "upstream": {"telemetry"},
    "sessions": {"upstream", "telemetry"},
    "egress": set(),
    "audit": set(),
    "auth": {"egress"},
    "login": {"auth", "egress"},
    "policy": {"auth"},
    "credentials": {"auth", "egress", "upstream"},
    "gate": {"http", "auth", "policy", "credentials", "audit", "upstream", "telemetry"},
    "routes": {"http", "sessions", "upstream", "telemetry", "gate", "auth", "login",
               "policy", "credentials", "audit"},
    "gateway": {"http", "sessions", "upstream", "telemetry", "gate", "auth", "policy",
                "credentials"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]((?:common|server|console|resources)/[^">]+)[">]',
                     re.MULTILINE)


def sources(folder):
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in {".h", ".cpp"}:
            yield path, path.read_text(encoding="utf-8")


def includes(folder):
    for path, text in sources(folder):
        for target in INCLUDE.findall(text):
            yield path.relative_to(ROOT), target


class Rooms(unittest.TestCase):
    def test_common_rooms_reach_only_downwards(self):
        for room, allowed in COMMON.items():
            for path, target in includes(f"common/{room}"):
                top, other = target.split("/")[:2]
                with self.subTest(path=str(path), target=target):
                    self.assertEqual(top, "common")
                    self.assertIn(other, allowed | {room})

    def test_server_rooms_reach_only_downwards(self):
        for room, allowed in SERVER.items():
            for path, target in includes(f"server/{room}"):
                top, other = target.split("/")[:2]
                if top == "common" or (room == "routes" and top == "resources"):
                    continue
                with self.subTest(path=str(path), target=target):
                    self.assertEqual(top, "server")
                    self.assertIn(other, allowed | {room})

    def test_every_room_is_known_to_this_test(self):
        for top, known in (("common", COMMON), ("server", SERVER)):
            rooms = {path.name for path in (ROOT / top).iterdir() if path.is_dir()}
            self.assertEqual(rooms, set(known))

    def test_only_the_listener_knows_qt_http_server(self):
        knowing = [str(path.relative_to(ROOT)) for top in ("common", "server")
                   for path, text in sources(top)
                   if re.search(r"#\s*include\s+<(QtHttpServer|Q\w*HttpServer)", text)]
        self.assertLessEqual(set(knowing), {"server/http/listener.h", "server/http/listener.cpp"})
        self.assertTrue(knowing)

    def test_operating_system_headers_stay_in_their_files(self):
        system = re.compile(r"#\s*include\s+<(unistd\.h|sys/\w+\.h|windows\.h|fcntl\.h|signal\.h|"
                            r"csignal|dirent\.h|netinet/\w+\.h)>")
        for top in ("common", "server"):
            for path, text in sources(top):
                if not re.search(r"_(unix|win)\.(cpp|h)$", path.name):
                    with self.subTest(path=str(path.relative_to(ROOT))):
                        self.assertIsNone(system.search(text))

    def test_nothing_blocks_the_event_loop(self):
        # A destructor that runs when the event loop has ended collects a killed child's status.
        allowed = {"server/upstream/childprocess.cpp": "m_process.waitForFinished(1'000);"}
        waiting = re.compile(r"waitFor(Started|Finished|ReadyRead|BytesWritten|Connected|"
                             r"Disconnected)\(|QEventLoop\b|processEvents\(|\b[mu]?sleep\(|"
                             r"sleep_for")
        for top in ("common", "server"):
            for path, text in sources(top):
                code = re.sub(r"//[^\n]*", "", text)
                if path.name.startswith("epolldispatcher_"):  # is the loop itself
                    code = re.sub(r"\bprocessEvents\(|\bQEventLoop\b", "", code)
                code = code.replace(allowed.get(str(path.relative_to(ROOT)), "\0"), "", 1)
                with self.subTest(path=str(path.relative_to(ROOT))):
                    self.assertIsNone(waiting.search(code))

    def test_every_source_file_names_its_licence(self):
        for top in ("common", "server", "tests", "resources/web"):
            for path, text in sources(top):
                with self.subTest(path=str(path.relative_to(ROOT))):
                    self.assertTrue(text.startswith("// SPDX-License-Identifier: GPL-3.0-or-later"))


if __name__ == "__main__":
    unittest.main()
