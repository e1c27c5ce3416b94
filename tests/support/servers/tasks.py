#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tools as tasks: in the experimental form of 2025-11-25, or with --modern-only by the extension
io.modelcontextprotocol/tasks. What a task does, the test says: it waits for a file `--gate`.ID, and
`end` in it is how the task ends: `ok`, `fault` (isError), `error` (JSON-RPC), `slow` (progress first) or `ask`,
which asks the user and ends with the answer."""
import os
import threading
import time

from mcpserver import META, RpcError, Server, ToolError, arguments_parser, schema, text_block

EXTENSION = META + "tasks"
RELATED = META + "related-task"
STAMP = "2026-01-01T00:00:00Z"
server = Server("tasks")
tasks = {}
TERMINAL = ("completed", "failed", "cancelled")
QUESTION = {"message": "Which one?", "requestedSchema": schema("pick", pick="string")}


class Task:
    def __init__(self, call):
        self.key = f"task-{len(tasks) + 1}"
        self.modern = call.modern
        self.call = call
        self.label = call.args.get("label", "")
        self.status, self.message = "working", "begun"
        self.result = self.error = None
        self.asking, self.given = None, None
        self.changed = threading.Condition()
        tasks[self.key] = self
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        gate = f"{options.gate}.{self.label}"
        while self.status == "working" and not os.path.exists(gate):
            time.sleep(0.02)
        end = "ok"
        while os.path.exists(gate) and not (end := open(gate).read().strip()):
            time.sleep(0.02)
        if end == "ask":
            with self.changed:
                self.asking = "which"
                self.move("input_required", "asks")
                self.changed.wait_for(lambda: self.given is not None)
                self.asking = None
                self.move("working", "was told")
            self.finish(f"{self.label} got {self.given.get('action')}: {self.given.get('content')}")
        elif end == "error":
            self.error = {"code": -32050, "message": "the task broke", "data": {"why": "told to"}}
            self.move("failed", "broke")
        elif end == "slow":
            for step in (1, 2, 2, 3):
                self.call.progress(step, 3)
            self.finish(f"{self.label} crawled")
        elif end == "fault":
            self.result = {"content": [text_block("could not")], "isError": True}
            self.move("completed" if self.modern else "failed", "could not")
        else:
            self.finish(f"{self.label} done")

    def finish(self, text):
        self.result = {"content": [text_block(text)], "isError": False}
        self.move("completed", "done")

    def move(self, status, message):
        with self.changed:
            if self.status in TERMINAL:
                return
            self.status, self.message = status, message
            self.changed.notify_all()
        if not self.modern:
            server.notify("notifications/tasks/status", self.described())

    def described(self):
        """Task; with what comes with its status in the modern form."""
        task = {"taskId": self.key, "status": self.status, "statusMessage": self.message,
                "createdAt": STAMP, "lastUpdatedAt": STAMP}
        if not self.modern:
            return {**task, "ttl": options.task_ttl, "pollInterval": 50}
        task.update({"ttlMs": options.task_ttl, "pollIntervalMs": 50})
        if self.status == "completed":
            task["result"] = self.result
        elif self.status == "failed":
            task["error"] = self.error
        elif self.status == "input_required":
            task["inputRequests"] = {self.asking: {"method": "elicitation/create",
                                                   "params": {"mode": "form", **QUESTION}}}
        return task


def begins(call):
    if not call.modern:
        return "task" in call.params
    declared = (call.meta.get(META + "clientCapabilities") or {}).get("extensions") or {}
    return EXTENSION in declared


@server.tool("work", schema(label="string"), execution={"taskSupport": "required"})
def work(call):
    if begins(call):
        return Task(call)
    if call.modern:
        raise RpcError(-32021, "Missing required client capability",
                       {"requiredCapabilities": {"extensions": {EXTENSION: {}}}})
    raise RpcError(-32601, "The tool runs as a task only")


@server.tool("maybe", schema(label="string"), execution={"taskSupport": "optional"})
def maybe(call):
    return Task(call) if begins(call) and not call.modern else "at once"


@server.tool("plain")
def plain(call):
    if begins(call) and not call.modern:
        raise RpcError(-32601, "The tool runs as no task")
    return "plain"


def call_tool(call):
    if call.params.get("name") not in server.tools:
        raise ToolError("Unknown tool")
    made = server.tools[call.params["name"]][1](call)
    if not isinstance(made, Task):
        return {"content": [text_block(made)], "isError": False}
    if call.modern:
        return {**made.described(), "resultType": "task"}
    return {"task": made.described(), "_meta": {RELATED: {"taskId": made.key}, "kept": True}}


def find(call):
    task = tasks.get(call.params.get("taskId"))
    if task is None:
        raise RpcError(-32602, "Failed to retrieve task: Task not found")
    return task


def update(call):
    task = find(call)
    with task.changed:
        if task.asking in call.params["inputResponses"]:
            task.given = call.params["inputResponses"][task.asking]
            task.changed.notify_all()
    return {}


def cancel(call):
    task = find(call)
    if task.status in TERMINAL and not task.modern:
        raise RpcError(-32602, f"Cannot cancel task: already {task.status}")
    task.move("cancelled", "was told to")
    return {} if task.modern else task.described()


def result_of(call):
    """Blocks until the task is over, and asks what it wants to know meanwhile."""
    task = find(call)
    while task.status not in TERMINAL and not call.cancelled.is_set():
        if task.asking and task.given is None:
            given = call.ask("elicitation/create", {
                **QUESTION, "_meta": {RELATED: {"taskId": task.key}}})
            with task.changed:
                task.given = given
                task.changed.notify_all()
        time.sleep(0.02)
    if task.error:
        raise RpcError(task.error["code"], task.error["message"], task.error["data"])
    if task.result is None:
        raise RpcError(-32602, f"The task was {task.status}")
    return {**task.result, "_meta": {RELATED: {"taskId": task.key}}}


parser = arguments_parser(__doc__)
parser.add_argument("--gate", metavar="FILE", required=True)
parser.add_argument("--task-ttl", type=int, metavar="MS", default=None)
parser.add_argument("--no-cancel", action="store_true", help="tasks cannot be cancelled")
options = parser.parse_args()
server.handlers.update({"tools/call": call_tool, "tasks/get": lambda call: find(call).described()})
if not options.no_cancel:
    server.handlers["tasks/cancel"] = cancel
if options.modern_only:
    server.capabilities["extensions"] = {EXTENSION: {}}
    server.handlers["tasks/update"] = update
    for entry, _ in server.tools.values():
        entry.pop("execution", None)
else:
    server.capabilities["tasks"] = {"requests": {"tools": {"call": {}}}}
    if not options.no_cancel:
        server.capabilities["tasks"]["cancel"] = {}
    server.handlers["tasks/result"] = result_of
server.main(options=options)
