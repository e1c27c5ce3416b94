#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misbehaves in the way --how names; without it only the tools misbehave."""
import json
import os
import signal
import sys
import time

from mcpserver import RpcError, Server, arguments_parser, schema

WAYS = {
    "none": "start like a good server",
    "exit": "exit with status 3 at once, after a line on stderr",
    "garbage": "print lines that are not JSON, then nothing",
    "silent": "read everything, answer nothing",
    "refuse": "answer initialize with an error",
    "wrong-id": "answer every request under another id",
    "flood": "write 32 MB to stderr, then behave",
    "long-line": "answer initialize in a line of 50 MB",
    "utf8": "print half a UTF-8 character in a line, then nothing",
    "stubborn": "behave, but ignore the end of stdin and SIGTERM",
    "version": "answer initialize with an unknown protocol version",
}
server = Server("crash")


@server.tool("ok")
def ok(call):
    """Works."""
    return "ok"


@server.tool("exit", schema(status="integer", message="string"))
def leave(call):
    """Exits in the middle of the call, after a line on stderr."""
    print(call.args.get("message", "giving up"), file=sys.stderr, flush=True)
    os._exit(call.args.get("status", 7))


@server.tool("kill")
def kill(call):
    """Dies by a signal in the middle of the call."""
    os.kill(os.getpid(), signal.SIGKILL)


@server.tool("hang")
def hang(call):
    """Never answers and ignores cancels."""
    time.sleep(3600)


@server.tool("garbage")
def garbage(call):
    """Writes lines that are not JSON, then never answers."""
    server.write_raw(b"Traceback (most recent call last):\n{\"half\": \n")
    time.sleep(3600)


@server.tool("noise")
def noise(call):
    """Writes a line that is not JSON, then answers properly."""
    server.write_raw(b"Listening on stdio\n")
    return "after the noise"


@server.tool("utf8")
def utf8(call):
    """Writes a line of broken UTF-8, then never answers."""
    server.write_raw(b'{"jsonrpc":"2.0","id":' + json.dumps(call.id).encode()
                     + b',"result":{"content":[{"type":"text","text":"caf\xc3"}]}}\n')
    time.sleep(3600)


@server.tool("split_utf8")
def split_utf8(call):
    """Writes a good answer cut in the middle of a character, with a pause between the halves."""
    answer = {"jsonrpc": "2.0", "id": call.id,
              "result": {"content": [{"type": "text", "text": "caf\u00e9"}], "isError": False}}
    data = json.dumps(answer, ensure_ascii=False).encode()
    cut = data.index(b"\xc3") + 1
    server.write_raw(data[:cut])
    time.sleep(0.2)
    server.write_raw(data[cut:] + b"\n")
    time.sleep(3600)


@server.tool("long_line", schema(megabytes="integer"))
def long_line(call):
    """Writes one line of many megabytes (default 50), then never answers."""
    server.write_raw(b"x" * (call.args.get("megabytes", 50) * 1000000) + b"\n")
    time.sleep(3600)


@server.tool("wrong_id")
def wrong_id(call):
    """Answers under an id that nobody asked with, then under the right one."""
    server.write({"jsonrpc": "2.0", "id": 424242, "result": {"content": []}})
    return "right"


@server.tool("flood", schema(megabytes="integer"))
def flood(call):
    """Writes many megabytes to stderr (default 16), then answers."""
    for _ in range(call.args.get("megabytes", 16) * 1000):
        sys.stderr.write("e" * 999 + "\n")
    sys.stderr.flush()
    return "flooded"


@server.tool("close_stdout")
def close_stdout(call):
    """Closes stdout and stays alive."""
    os.close(1)
    time.sleep(3600)


def misbehave(how):
    if how == "exit":
        print("cannot open the database", file=sys.stderr, flush=True)
        sys.exit(3)
    if how in ("garbage", "utf8"):
        server.write_raw(b"hello, I am not JSON\n" * 3 if how == "garbage" else b'"caf\xc3\n')
        sys.stdin.buffer.read()
    if how == "silent":
        sys.stdin.buffer.read()
    if how == "flood":
        for _ in range(32000):
            sys.stderr.write("e" * 999 + "\n")
        print("flooded", file=sys.stderr, flush=True)
    if how == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def initialize(call, how, inner):
    if how == "refuse":
        raise RpcError(-32603, "no licence for this server")
    if how == "long-line":
        server.write_raw(b"x" * 50000000 + b"\n")
    result = inner(call)
    if how == "version":
        result["protocolVersion"] = "1999-01-01"
    if how == "wrong-id":
        call.reply_id = "somebody else"
    return result


parser = arguments_parser(__doc__)
parser.add_argument("--how", choices=WAYS, default="none",
                    help="; ".join(f"{name}: {what}" for name, what in WAYS.items()))
parser.add_argument("--once", metavar="FILE", help="misbehave only while FILE does not exist")
options = parser.parse_args()
if options.once and options.how != "none":
    if os.path.exists(options.once):
        options.how = "none"
    else:
        open(options.once, "w").close()
misbehave(options.how)
normal = server.handlers["initialize"]
server.handlers["initialize"] = lambda call: initialize(call, options.how, normal)
server.main(options=options)
if options.how == "stubborn":
    while True:
        time.sleep(3600)
