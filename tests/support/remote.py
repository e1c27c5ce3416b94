# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts servers/remote.py and a bridge in front of it."""
import os
import subprocess
import sys
import tempfile

from bridge import DEMO, HERE, SLOW, Bridge, records, wait_for
from case import BridgeCase


class Remote:
    """A running remote MCP server over the fixture command `upstream`."""

    def __init__(self, upstream, flags=()):
        self.directory = tempfile.TemporaryDirectory(prefix="bridge-remote-")
        self.record = self.path("record")
        ready = self.path("ready")
        command = [sys.executable, "-BS", os.path.join(HERE, "servers", "remote.py"),
                   "--ready", ready, "--record", self.record, *map(str, flags), "--", *upstream]
        command = [word.replace("{remote}", self.directory.name) for word in command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(ready), what="the remote server")
        with open(ready) as file:
            self.url = file.read()

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def seen(self, method=None, rpc=None):
        """What it was sent, oldest first."""
        return [one for one in records(self.record)
                if (method is None or one["method"] == method)
                and (rpc is None or (one["message"] or {}).get("method") == rpc)]

    def forget(self):
        open(self.record, "w").close()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()


def values(entry, name):
    """All values of a header of a recorded request, in any case."""
    return [value for key, value in entry["headers"] if key.lower() == name.lower()]


class RemoteCase(BridgeCase):
    """Set `upstream` (a fixture command), `remote_flags` and `route`; `env` may hold {remote},
    the address of the server."""

    upstream = ()
    remote_flags = ()
    route = "/mcp"
    server = DEMO

    @classmethod
    def setUpClass(cls):
        cls.remote = Remote(cls.upstream, cls.remote_flags)
        env = {"MCP_REMOTE_SERVER": cls.remote.url + cls.route, **cls.env}
        cls.bridge = Bridge(DEMO, env, cls.args, files=cls.files)
        try:
            cls.bridge.start()
        except BaseException:
            cls.remote.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.remote.stop()


# How a remote server can be spoken to: what RemoteCase has to be told.
WAYS = {"legacy": {"remote_flags": ["--era", "legacy"]},
        "modern": {"remote_flags": ["--era", "modern"], "added": len('"resultType":"complete",')},
        "sse": {"route": "/sse"}}


def remote_twins(module, *bases, ways=WAYS, **more):
    """Puts into `module`, which is a dict, the tests of `bases` once for each of `ways` with a
    remote server in front of their fixture. {home} in its command becomes the remote's folder."""
    for base in bases:
        for way, flags in ways.items():
            name = f"Far{base.__name__}_{way}"
            upstream = [word.replace("{home}", "{remote}") for word in base.server]
            module[name] = type(name, (base, RemoteCase), {
                "setUpClass": classmethod(lambda cls: RemoteCase.setUpClass.__func__(cls)),
                "tearDownClass": classmethod(lambda cls: RemoteCase.tearDownClass.__func__(cls)),
                "__module__": module["__name__"], "upstream": upstream, "server": DEMO,
                **flags, **more})


__all__ = ["Remote", "RemoteCase", "SLOW", "WAYS", "remote_twins", "values"]
