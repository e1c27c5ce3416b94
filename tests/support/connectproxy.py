# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP proxy as companies have them: CONNECT for https, whole URLs for http. Every name leads to
this machine, so tests can use names that only the proxy knows.

    with ConnectProxy(user="ann:secret") as proxy:
        env = {"HTTPS_PROXY": proxy.url}
        ...
        proxy.seen     # ["CONNECT idp.example:443", …]
"""
import base64
import socket
import threading


class ConnectProxy:
    """`user`: who may pass, as name:password; `refuse`: a status line that everybody gets."""

    def __init__(self, user=None, refuse=None):
        self.user = user
        self.refuse = refuse
        self.seen = []
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        name = self.user.replace("@", "%40") + "@" if self.user else ""
        return f"http://{name}127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for one in [self.listener, *self.sockets]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            while self.one(client):
                pass
        except (OSError, ValueError, IndexError):
            pass
        client.close()

    def one(self, client):
        """Answers one request; true when another may come on the same connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = client.recv(65536)
            if not piece:
                return False
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        method, target = lines[0].decode().split(" ")[:2]
        self.seen.append(f"{method} {target}")
        status = self.refuse or self.unknown(lines)
        if status:
            client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n"
                           "Proxy-Authenticate: Basic realm=\"proxy\"\r\n\r\n".encode())
            return True
        if method == "CONNECT":
            server = self.reach(target)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.join(client, server, rest)
            return False
        authority, slash, path = target.partition("://")[2].partition("/")
        server = self.reach(authority)
        kept = [line for line in lines[1:]
                if line.split(b":")[0].lower() not in (b"connection", b"proxy-connection",
                                                       b"proxy-authorization")]
        first = f"{method} {slash}{path} HTTP/1.1".encode()
        self.join(client, server,
                  b"\r\n".join([first, *kept, b"Connection: close", b"", b""]) + rest, True)
        return False

    def unknown(self, lines):
        wanted = self.user and base64.b64encode(self.user.encode()).decode()
        shown = [line.decode() for line in lines if line.lower().startswith(b"proxy-auth")]
        if not self.user or any(line.endswith(" " + wanted) for line in shown):
            return None
        return "407 Proxy Authentication Required"

    def reach(self, authority):
        port = authority.rpartition(":")[2] if ":" in authority else "80"
        server = socket.create_connection(("127.0.0.1", int(port)))
        self.sockets.append(server)
        return server

    @staticmethod
    def join(client, server, first, closes=False):
        """`closes`: the client is told that nothing comes after the answer."""
        server.sendall(first)

        def pump(source, target):
            head = b"" if source is server and closes else None
            try:
                while piece := source.recv(65536):
                    if head is not None:
                        head += piece
                        if b"\r\n\r\n" not in head:
                            continue
                        piece = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                        head = None
                    target.sendall(piece)
            except OSError:
                pass
            for one in (source, target):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()
        server.close()
