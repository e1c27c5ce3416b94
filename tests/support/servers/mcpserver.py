# SPDX-License-Identifier: GPL-3.0-or-later
"""A small MCP server over stdio for the fixtures beside this file. Standard library only.

    server = Server("probe")

    @server.tool("argv", schema())
    def argv(call):
        return "\\n".join(sys.argv)

    server.main(parser)

Every request is handled in a thread of its own, so calls overlap and cancels arrive. All legacy
revisions are answered; with --modern the server speaks 2026-07-28 as well, with --modern-only it
knows nothing else. --record appends every message received to a file, for tests to read.
"""
import argparse
import json
import os
import sys
import threading
import time

LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


class ToolError(Exception):
    """Becomes a result with isError; `content` replaces the usual single text block."""

    def __init__(self, text="", content=None):
        super().__init__(text)
        self.content = [text_block(text)] if content is None else content


class RpcError(Exception):
    """Becomes a JSON-RPC error."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.error = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


class InputRequired(Exception):
    """Modern revision: the call ends with input_required and is tried again with the answers."""

    def __init__(self, requests, state):
        super().__init__("input required")
        self.result = {"resultType": "input_required", "inputRequests": requests,
                       "requestState": state}


def schema(*required, **properties):
    """schema("a", a="integer", b={"type": "array"}): an object schema; a text is a type."""
    described = {name: {"type": value} if isinstance(value, str) else value
                 for name, value in properties.items()}
    return {"type": "object", "properties": described, "required": list(required)}


def text_block(text):
    return {"type": "text", "text": text}


def arguments_parser(description):
    """A parser with the flags that every fixture shares."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--modern", action="store_true", help="speak 2026-07-28 too")
    parser.add_argument("--modern-only", action="store_true", help="refuse initialize")
    parser.add_argument("--record", metavar="FILE", help="append every message received")
    parser.add_argument("--page", type=int, default=0, metavar="N", help="N entries a page")
    parser.add_argument("--ttl", type=int, metavar="MS", help="ttlMs of modern results")
    return parser


class Call:
    """What a handler may know about its request and do while it runs."""

    def __init__(self, server, message):
        self.server = server
        self.id = self.reply_id = message["id"]
        self.params = message.get("params") or {}
        self.args = self.params.get("arguments") or {}
        self.meta = self.params.get("_meta") or {}
        self.modern = META + "protocolVersion" in self.meta
        self.cancelled = threading.Event()

    def progress(self, progress, total=None, message=None):
        token = self.meta.get("progressToken")
        if token is None:
            return
        params = {"progressToken": token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        self.server.notify("notifications/progress", params)

    def log(self, level, data, logger=None):
        wanted = self.meta.get(META + "logLevel") if self.modern else self.server.log_level
        if wanted is None or LEVELS.index(level) < LEVELS.index(wanted):
            return
        params = {"level": level, "data": data}
        if logger:
            params["logger"] = logger
        self.server.notify("notifications/message", params)

    def ask(self, method, params, timeout=600):
        """A request to the client, e.g. elicitation/create; returns its result."""
        if self.modern:
            answers = self.params.get("inputResponses")
            if answers and "answer" in answers:
                return answers["answer"]
            raise InputRequired({"answer": {"method": method, "params": params}}, "asked")
        answer = self.server.request(method, params, self.cancelled, timeout)
        if "error" in answer:
            raise RpcError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def elicit(self, message, requested, **more):
        return self.ask("elicitation/create",
                        {"message": message, "requestedSchema": requested, **more})


class Server:
    def __init__(self, name, version="1.0"):
        self.info = {"name": name, "version": version}
        self.capabilities = {"tools": {}}
        self.tools, self.prompts, self.resources, self.templates = {}, {}, {}, []
        self.handlers = {"ping": lambda call: {}, "initialize": self.initialize,
                         "tools/list": self.lister("tools"), "tools/call": self.call_tool,
                         "logging/setLevel": self.set_level}
        self.options = argparse.Namespace(modern=False, modern_only=False, record=None, page=0,
                                          ttl=None)
        self.log_level = "debug"
        self.writing = threading.Lock()
        self.calls, self.pending, self.last_id = {}, {}, 0

    # --- what a fixture declares ---------------------------------------------------------------

    def tool(self, name, input_schema=None, **more):
        """Decorator; the function gets the Call and returns a text, content blocks or a result."""
        def add(function):
            entry = {"name": name, "description": (function.__doc__ or name).strip(),
                     "inputSchema": input_schema or schema()}
            entry.update(more)
            self.tools[name] = (entry, function)
            return function
        return add

    def prompt(self, name, *arguments, **more):
        """Decorator; the function gets the arguments and returns a list of messages."""
        self.capabilities.setdefault("prompts", {})
        self.handlers.setdefault("prompts/list", self.lister("prompts"))
        self.handlers.setdefault("prompts/get", self.get_prompt)

        def add(function):
            described = [{"name": a.rstrip("?"), "required": not a.endswith("?")}
                         for a in arguments]
            self.prompts[name] = ({"name": name, "arguments": described, **more}, function)
            return function
        return add

    def resource(self, uri, name, contents, template=False, **more):
        """`contents` is a list of content blocks or a function of the URI that returns one."""
        self.capabilities.setdefault("resources", {})
        self.handlers.setdefault("resources/list", self.lister("resources"))
        self.handlers.setdefault("resources/templates/list", self.lister("templates"))
        self.handlers.setdefault("resources/read", self.read_resource)
        if template:
            self.templates.append(({"uriTemplate": uri, "name": name, **more}, contents))
        else:
            self.resources[uri] = ({"uri": uri, "name": name, **more}, contents)

    # --- requests ------------------------------------------------------------------------------

    def initialize(self, call):
        wanted = call.params.get("protocolVersion")
        version = wanted if wanted in LEGACY else LEGACY[-1]
        return {"protocolVersion": version, "capabilities": self.capabilities,
                "serverInfo": self.info}

    def discover(self, call):
        versions = [MODERN] if self.options.modern_only else [MODERN] + LEGACY[::-1]
        return {"supportedVersions": versions, "capabilities": self.capabilities,
                "_meta": {META + "serverInfo": self.info}}

    def lister(self, kind):
        def answer(call):
            table = getattr(self, kind)
            entries = [entry for entry, _ in (table.values() if isinstance(table, dict) else table)]
            size = self.options.page or len(entries) or 1
            start = int(call.params.get("cursor") or 0)
            key = "resourceTemplates" if kind == "templates" else kind
            result = {key: entries[start:start + size]}
            if start + size < len(entries):
                result["nextCursor"] = str(start + size)
            return result
        return answer

    def call_tool(self, call):
        name = call.params.get("name")
        if name not in self.tools:
            raise ToolError(f"Unknown tool: {name}")
        result = self.tools[name][1](call)
        if isinstance(result, str):
            result = [text_block(result)]
        if isinstance(result, list):
            result = {"content": result}
        return {"content": [], "isError": False, **result}

    def get_prompt(self, call):
        if call.params.get("name") not in self.prompts:
            raise RpcError(-32602, f"Unknown prompt: {call.params.get('name')}")
        entry, function = self.prompts[call.params["name"]]
        for argument in entry["arguments"]:
            if argument["required"] and argument["name"] not in call.args:
                raise RpcError(-32602, f"Missing required arguments: {argument['name']}")
        return {"messages": function(call.args)}

    def read_resource(self, call):
        uri = call.params.get("uri", "")
        contents = self.resources.get(uri, (None, None))[1]
        for entry, found in self.templates:
            if contents is None and uri.startswith(entry["uriTemplate"].split("{")[0]):
                contents = found
        if contents is None:
            raise RpcError(-32602 if call.modern else -32002, f"Resource not found: {uri}")
        return {"contents": contents(uri) if callable(contents) else contents}

    def set_level(self, call):
        self.log_level = call.params["level"]
        return {}

    # --- messages ------------------------------------------------------------------------------

    def write(self, message):
        self.write_raw(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def write_raw(self, data):
        with self.writing:
            try:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            except (BrokenPipeError, ValueError):
                pass  # the client left; its EOF on stdin ends this program

    def notify(self, method, params=None):
        message = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        self.write(message)

    def request(self, method, params, cancelled, timeout):
        slot = {"arrived": threading.Event()}
        self.last_id += 1
        identifier = f"ask-{self.last_id}"
        self.pending[identifier] = slot
        self.write({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        end = time.monotonic() + timeout
        while not slot["arrived"].wait(0.02):
            if cancelled.is_set() or time.monotonic() > end:
                raise ToolError("The question was not answered")
        return slot["message"]

    def handle(self, call, method):
        message = {"jsonrpc": "2.0"}
        try:
            result = self.find_handler(call, method)(call)
            message["result"] = self.finish(call, method, result)
        except ToolError as error:
            message["result"] = self.finish(call, method,
                                            {"isError": True, "content": error.content})
        except InputRequired as asked:
            message["result"] = asked.result
        except RpcError as error:
            message["error"] = error.error
        self.calls.pop(call.id, None)
        message["id"] = call.reply_id
        if not call.cancelled.is_set():
            self.write(message)

    def find_handler(self, call, method):
        modern = self.options.modern or self.options.modern_only
        if method == "server/discover" and modern:
            return self.discover
        version = call.meta.get(META + "protocolVersion")
        if modern and version is not None and version != MODERN:
            raise RpcError(-32022, "Unsupported protocol version",
                           {"supported": [MODERN], "requested": version})
        gone = self.options.modern_only and (method in ("initialize", "logging/setLevel", "ping")
                                             or version is None)
        if gone or method not in self.handlers:
            raise RpcError(-32601, "Method not found")
        return self.handlers[method]

    def finish(self, call, method, result):
        if call.modern or method == "server/discover":
            result = {"resultType": "complete", **result}
            if method != "tools/call" and method != "prompts/get":
                result.setdefault("ttlMs", self.options.ttl or 0)
                result.setdefault("cacheScope", "public")
        return result

    def receive(self, line):
        message = json.loads(line)
        method = message.get("method")
        if method is None:
            slot = self.pending.pop(message.get("id"), None)
            if slot:
                slot["message"] = message
                slot["arrived"].set()
        elif "id" in message:
            call = Call(self, message)
            self.calls[call.id] = call
            threading.Thread(target=self.handle, args=(call, method), daemon=True).start()
        elif method == "notifications/cancelled":
            call = self.calls.get((message.get("params") or {}).get("requestId"))
            if call:
                call.cancelled.set()

    def main(self, parser=None, options=None):
        self.options = options or (parser or arguments_parser(self.info["name"])).parse_args()
        self.record({"started": os.getpid()})
        for line in sys.stdin.buffer:
            if line.strip():
                self.record(line)
                self.receive(line)

    def record(self, entry):
        """One line of JSON per message; `started` marks each new process of the fixture."""
        if not self.options.record:
            return
        data = entry if isinstance(entry, bytes) else json.dumps(entry).encode() + b"\n"
        with open(self.options.record, "ab", buffering=0) as file:
            file.write(data)
