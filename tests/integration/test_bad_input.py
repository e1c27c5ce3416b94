# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed HTTP, JSON and names: a clear 4xx, and nobody else is disturbed."""
import json
import re

from bridge import parallel
from case import BridgeCase

HEAD = b"Host: localhost\r\n"


class BadInput(BridgeCase):
    def setUp(self):
        self.session = self.bridge.start_session()

    def tearDown(self):
        """Whatever came before, the session and the bridge still work."""
        self.assertEqual(self.bridge.call("add", {"a": 2, "b": 3}, session=self.session).result, 5)
        self.bridge.post("/session/close", session=self.session)

    def status_of(self, data):
        """The status of the first answer to these bytes; the bridge has to close."""
        received = self.bridge.raw(data)
        self.assertTrue(received.startswith(b"HTTP/1."), received[:200])
        return int(received.split(b" ")[1])

    def test_bad_json_is_422_or_400(self):
        deep = b'{"a":' * 1000 + b"1" + b"}" * 1000
        bodies = (b"{", b'{"a":1,}', b'{"a":1}x', b"nul", b'{"a":\x00}', b'{"a":"\x00"}',
                  b'{"a":"\xff"}', b'{"a":"\xc3"}', b'{"\xed\xa0\x80":1}', b"\xef\xbb\xbf{", deep,
                  b"[" * 100000, b'{"a":1e999999}', b'{"a":' + b"1" * 100000 + b"}", b" ", b"\x00")
        for body in bodies:
            with self.subTest(body[:30]):
                answer = self.bridge.post("/tools/add", body, session=self.session)
                self.assertIn(answer.status, (400, 413, 422), answer)
                self.assertError(answer, answer.status)

    def test_duplicate_keys_and_unknown_fields_do_no_harm(self):
        answer = self.bridge.post("/tools/add", b'{"a":1,"a":2,"b":3}', session=self.session)
        self.assertIn(answer.status, (200, 400, 422), answer)
        answer = self.bridge.call("add", {"a": 1, "b": 2, "__proto__": {}, "": 0, "c" * 1000: 1})
        self.assertIn(answer.status, (200, 400), answer)

    def test_wrong_types_are_400(self):
        for value in (None, [], {}, "", True, 1.5, "one", -0.5):
            with self.subTest(value):
                answer = self.bridge.call("add", {"a": value, "b": 1}, session=self.session)
                self.assertError(answer, 400)

    def test_another_media_type_is_refused(self):
        """§1.1: a non-JSON content type is 422"""
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = self.bridge.post("/tools/add", b'{"a":1,"b":2}', headers={"Content-Type": kind})
            self.assertError(answer, 422)
        answer = self.bridge.post("/tools/add", b'{"a":1,"b":2}',
                                  headers={"Content-Type": "application/json; charset=utf-8"})
        self.assertStatus(answer, 200)

    def test_names_cannot_be_tricked_by_percent_encoding(self):
        for name in ("..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%2fadd", "add%00", "%00", "%",
                     "%zz", "%ff%fe", "add%0d%0aX-Injected:%20yes", "%25%32%65", "add%2fschema",
                     "\u00e4".encode().hex(), "a" * 4000):
            with self.subTest(name[:40]):
                for path in (f"/tools/{name}", f"/session/{name}/status", f"/resources/{name}"):
                    answer = self.bridge.get(path)
                    self.assertIn(answer.status, (400, 404, 405, 414), (path, answer))
                    self.assertIsNone(answer.headers["X-Injected"])
                    self.assertIn("detail", answer.json)
        self.assertEqual(self.bridge.post("/tools/%61dd", {"a": 1, "b": 2}).result, 3)

    def test_a_huge_head_is_431_and_a_huge_line_414(self):
        big = b"GET /health HTTP/1.1\r\n" + HEAD + b"X-Big: " + b"x" * 1000000 + b"\r\n\r\n"
        self.assertEqual(self.status_of(big), 431)
        many = b"GET /health HTTP/1.1\r\n" + HEAD + b"X-A: 1\r\n" * 500 + b"\r\n"
        self.assertEqual(self.status_of(many), 431)
        line = b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n"
        self.assertEqual(self.status_of(line), 414)

    def test_lost_framing_is_400_and_closes(self):
        post = b"POST /tools/hello HTTP/1.1\r\n" + HEAD
        cases = {
            "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            "no version": b"GET /health\r\n\r\n",
            "bad version": b"GET /health HTTP/9.9\r\n" + HEAD + b"\r\n",
            "both lengths": post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "two lengths": post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
            "bad length": post + b"Content-Length: 2x\r\n\r\n{}",
            "negative length": post + b"Content-Length: -1\r\n\r\n",
            "bad chunk": post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            "unknown coding": post + b"Transfer-Encoding: gzip, identity\r\n\r\n{}",
            "folded field": b"GET /health HTTP/1.1\r\n" + HEAD + b"X-A: 1\r\n  2\r\n\r\n",
            "blank in a name": b"GET /health HTTP/1.1\r\n" + HEAD + b"X A: 1\r\n\r\n",
            "no host": b"GET /health HTTP/1.1\r\n\r\n",
            "two hosts": b"GET /health HTTP/1.1\r\n" + HEAD + HEAD + b"\r\n",
        }
        for name, data in cases.items():
            with self.subTest(name):
                received = self.bridge.raw(data)
                status = int(received.split(b" ")[1])
                self.assertIn(status, (400, 501, 505), received[:200])
                self.assertEqual(len(re.findall(rb"HTTP/1\.[01] \d{3} ", received)), 1,
                                 "only one answer")
                body = received.split(b"\r\n\r\n", 1)[1]
                self.assertIn("detail", json.loads(body))

    def test_half_requests_do_no_harm(self):
        for data in (b"", b"G", b"GET /health HTT", b"POST /tools/add HTTP/1.1\r\n" + HEAD
                     + b"Content-Length: 100\r\n\r\n{"):
            with self.bridge.connect() as peer:
                peer.sendall(data)
        self.assertStatus(self.bridge.get("/health"), 200)

    def test_a_foreign_host_is_refused(self):
        """Design §5: DNS rebinding"""
        answer = self.bridge.get("/tools", headers={"Host": "evil.example"})
        self.assertIn(answer.status, (400, 403, 421))

    def test_a_foreign_origin_is_refused_or_gets_no_permission(self):
        """Design §5"""
        answer = self.bridge.call("hello", headers={"Origin": "https://evil.example"})
        self.assertTrue(answer.status in (400, 403)
                        or answer.headers["Access-Control-Allow-Origin"] is None)

    def test_bad_requests_beside_good_ones(self):
        def good(n):
            return self.bridge.call("add", {"a": n, "b": n}, session=self.session).result

        def bad():
            return self.bridge.raw(b"BREW / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
        results = parallel([lambda n=n: good(n) for n in range(10)] + [bad] * 10)
        self.assertEqual(results[:10], [2 * n for n in range(10)])


class Connections(BridgeCase):
    def test_pipelined_requests_are_answered_in_order(self):
        """Design §5"""
        one = b"POST /tools/add HTTP/1.1\r\n" + HEAD + b"Content-Length: %d\r\n\r\n%s"
        bodies = [json.dumps({"a": n, "b": 1000}).encode() for n in range(5)]
        data = b"".join(one % (len(body), body) for body in bodies)
        last = b"GET /health HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"
        received = self.bridge.raw(data + last).decode()
        places = [received.index(f'"{1000 + n}"') for n in range(5)]
        self.assertEqual(places, sorted(places))
        self.assertGreater(received.index("healthy"), places[-1])

    def test_http_1_0_and_connection_close_end_the_connection(self):
        """Design §5"""
        for data in (b"GET /health HTTP/1.0\r\n" + HEAD + b"\r\n",
                     b"GET /health HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"):
            received = self.bridge.raw(data)
            self.assertIn(b" 200 ", received.split(b"\r\n")[0])
            self.assertTrue(received.rstrip().endswith(b"}"))

    def test_chunked_bodies_and_expect_continue_work(self):
        data = (b"POST /tools/add HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n"
                b"Connection: close\r\n\r\n6\r\n{\"a\":1\r\n7\r\n,\"b\":2}\r\n0\r\n\r\n")
        self.assertIn(b'"result":3', self.bridge.raw(data).replace(b" ", b""))
        with self.bridge.connect() as peer:
            peer.sendall(b"POST /tools/add HTTP/1.1\r\n" + HEAD + b"Content-Length: 13\r\n"
                         b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
            first = peer.recv(1000)
            self.assertIn(b" 100 ", first.split(b"\r\n")[0])
            peer.sendall(b'{"a":1,"b":2}')
            self.assertIn(b" 200 ", peer.recv(65536).split(b"\r\n")[0])


class Cors(BridgeCase):
    env = {"CORS_ORIGINS": "https://app.example"}

    def test_a_preflight_is_answered_for_allowed_origins(self):
        """§1.1"""
        headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST",
                   "Access-Control-Request-Headers": "content-type"}
        answer = self.bridge.request("OPTIONS", "/tools/add", headers=headers)
        self.assertIn(answer.status, (200, 204), answer)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "https://app.example")
        self.assertIn("POST", answer.headers["Access-Control-Allow-Methods"])
        answer = self.bridge.call("hello", headers={"Origin": "https://app.example"})
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "https://app.example")

    def test_other_origins_get_no_permission(self):
        answer = self.bridge.request("OPTIONS", "/tools/add", headers={
            "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
        self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])
