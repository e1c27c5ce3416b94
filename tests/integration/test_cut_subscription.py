# SPDX-License-Identifier: GPL-3.0-or-later
"""A remote server of revision 2026-07-28 whose subscription streams break: the bridge opens them
again, and its clients go on hearing of changes."""
import json
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bridge import DEMO, Bridge, wait_for
from case import BridgeCase
from mcpclient import META, MODERN, Events, LegacyClient, ModernClient

URI = "test://watched"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if message["method"] == "subscriptions/listen":
            return self.listen(message)
        answers = {
            "server/discover": {"supportedVersions": [MODERN], "ttlMs": 0, "cacheScope": "private",
                                "capabilities": {"tools": {"listChanged": True},
                                                 "resources": {"subscribe": True}}},
            "tools/list": {"tools": [], "ttlMs": 0, "cacheScope": "public"},
            "resources/list": {"resources": [{"uri": URI, "name": "watched"}], "ttlMs": 0,
                               "cacheScope": "public"},
            "resources/templates/list": {"resourceTemplates": [], "ttlMs": 0,
                                         "cacheScope": "public"}}
        self.reply({"jsonrpc": "2.0", "id": message["id"],
                    "result": {"resultType": "complete", **answers[message["method"]]}})

    def reply(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def listen(self, message):
        if self.server.refuses():
            return self.reply({"error": "not now"}, 503)
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        stream = Stream(self, message["id"], message["params"]["notifications"])
        stream.notify("subscriptions/acknowledged", {"notifications": stream.filter})
        self.server.streams.append(stream)
        stream.closed.wait()


class Stream:
    def __init__(self, handler, id, filter):
        self.handler, self.id, self.filter = handler, id, filter
        self.closed = threading.Event()

    def watches(self):
        return URI in self.filter.get("resourceSubscriptions", [])

    def send(self, message):
        text = json.dumps({"jsonrpc": "2.0", **message})
        self.handler.wfile.write(f"data: {text}\n\n".encode())
        self.handler.wfile.flush()

    def notify(self, method, params):
        self.send({"method": "notifications/" + method,
                   "params": {**params, "_meta": {META + "subscriptionId": self.id}}})


class Remote(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.streams = []
        self.left = 0  # subscriptions to refuse
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def refuses(self):
        self.left -= 1
        return self.left >= 0

    def watching(self):
        return [stream for stream in self.streams if stream.watches()]

    def change(self):
        for stream in self.watching():
            stream.notify("resources/updated", {"uri": URI})

    def cut(self, politely):
        streams, self.streams = self.streams, []
        for stream in streams:
            if politely:
                stream.send({"id": stream.id, "result": {
                    "resultType": "complete", "_meta": {META + "subscriptionId": stream.id}}})
            stream.closed.set()

    def stop(self):
        self.cut(False)
        self.shutdown()
        self.server_close()


class Cut(BridgeCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.remote = Remote()
        self.addCleanup(self.remote.stop)
        port = self.remote.server_address[1]
        self.bridge = Bridge(DEMO, {"MCP_REMOTE_SERVER": f"http://127.0.0.1:{port}/mcp"})
        self.bridge.start()
        self.addCleanup(self.bridge.stop)

    def told(self, stream):
        """The next change of a resource that is told on the stream."""
        got = stream.next_message().json
        while got["method"] == "notifications/tools/list_changed":  # its stream was cut as well
            got = stream.next_message().json
        self.assertEqual(got["method"], "notifications/resources/updated")
        self.assertEqual(got["params"]["uri"], URI)

    def goes_on(self, stream):
        self.remote.change()
        self.told(stream)
        for politely, refused in ((False, 0), (True, 0), (False, 2)):
            with self.subTest(politely=politely, refused=refused):
                self.remote.left = refused
                self.remote.cut(politely)
                wait_for(self.remote.watching, 30, "the subscription to be opened again")
                self.told(stream)  # what happened in between is not known
                self.remote.change()
                self.told(stream)

    def test_a_modern_client_goes_on_hearing_of_changes(self):
        client = ModernClient(self.bridge, "/mcp")
        self.addCleanup(client.close)
        stream = client.post("subscriptions/listen",
                             {"notifications": {"resourceSubscriptions": [URI]}}, id=1)
        self.assertIsInstance(stream, Events, stream)
        acknowledged = stream.next_message().json
        self.assertEqual(acknowledged["params"]["notifications"], {"resourceSubscriptions": [URI]})
        self.goes_on(stream)

    def test_a_legacy_client_goes_on_hearing_of_changes(self):
        client = LegacyClient(self.bridge, "/mcp")
        client.initialize()
        self.addCleanup(client.close)
        stream = client.listen()
        self.assertEqual(client.result("resources/subscribe", {"uri": URI}), {})
        self.goes_on(stream)

    def test_closing_the_clients_stream_closes_the_servers(self):
        client = ModernClient(self.bridge, "/mcp")
        self.addCleanup(client.close)
        stream = client.post("subscriptions/listen",
                             {"notifications": {"resourceSubscriptions": [URI]}}, id=1)
        stream.next_message()
        self.remote.cut(False)
        wait_for(self.remote.watching, 30, "the subscription to be opened again")
        stream.close()
        before = len(self.remote.streams)
        self.remote.cut(False)
        time.sleep(1.5)
        self.assertEqual(self.remote.watching(), [], before)


if __name__ == "__main__":
    unittest.main()
