# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bridge costs MCP clients: the same call over MCP and over REST, and subscriptions."""
import http.client
import json
import time

from measures import ARGUMENTS, PARAMS, TEXT, counts, put_pair, with_cpu
from programs import Bridge, Holder

LEGACY, MODERN = "2025-11-25", "2026-07-28"
META = ('"_meta":{"io.modelcontextprotocol/protocolVersion":"%s",'
        '"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},'
        '"io.modelcontextprotocol/clientCapabilities":{}}' % MODERN)
BOTH = "Accept: application/json, text/event-stream"
EVENTS = "Accept: text/event-stream"


def message(method, params):
    return '{"jsonrpc":"2.0","id":{n},"method":"%s","params":%s}' % (method, params)


def rest(_):
    return {"path": "/session/r{lane}/tools/echo", "body": ARGUMENTS}


def rest_shared(_):
    return {"path": "/tools/echo", "body": ARGUMENTS}


def legacy(sessions, accept=BOTH):
    return {"path": "/mcp", "body": message("tools/call", PARAMS), "value": sessions,
            "header": [accept, "Mcp-Session-Id: {value}", f"MCP-Protocol-Version: {LEGACY}"]}


def legacy_events(sessions):
    return legacy(sessions, EVENTS)


def modern_request(method, params, *headers):
    params = params[:-1] + "," + META + "}"
    return {"path": "/mcp", "body": message(method, params),
            "header": [BOTH, f"MCP-Protocol-Version: {MODERN}", f"Mcp-Method: {method}", *headers]}


def modern(_):
    return modern_request("tools/call", PARAMS, "Mcp-Name: echo")


WAYS = {"rest": rest, "legacy": legacy, "events": legacy_events, "rest_shared": rest_shared,
        "modern": modern}


def new_sessions(bridge, count):
    return [new_session(bridge) for _ in range(count)]


def new_session(bridge):
    """A legacy session's id, after the whole handshake."""
    fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=60)

    def post(**body):
        connection.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", **body}), fields)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 202):
            raise SystemExit(f"no session: the bridge answered {answer.status}")
        return answer
    answer = post(id=1, method="initialize", params={
        "protocolVersion": LEGACY, "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"}})
    fields["Mcp-Session-Id"] = answer.headers["Mcp-Session-Id"]
    post(method="notifications/initialized")
    connection.close()
    return fields["Mcp-Session-Id"]


def gateway(programs, plan):
    """One tool call each way, all against the same raw pipe. What needs no session shares one
    child, as the raw pipe of all clients would."""
    clients_of = plan.clients[:2]
    with Bridge(programs, reuse=True) as bridge:
        bridge.start_sessions("r", max(clients_of))
        sessions = new_sessions(bridge, max(clients_of))
        for _ in range(plan.rounds):
            out = {}
            for clients in clients_of:
                raw = programs.run_load("pipe", method="tools/call", body=PARAMS, expect=TEXT,
                                        **counts(plan, clients))
                for way, request in WAYS.items():
                    name = f"gateway.{way}.{clients}"
                    run = with_cpu(bridge, out, name, lambda: bridge.load(
                        expect=TEXT, **request(sessions), **counts(plan, clients)))
                    put_pair(out, name, raw, run)
            yield out


def subscriptions(programs, plan):
    """Idle `subscriptions/listen` streams, and what a call costs next to them."""
    listen = modern_request("subscriptions/listen", '{"notifications":{"toolsListChanged":true}}')
    for _ in range(min(plan.rounds, 3)):
        out = {}
        with Bridge(programs, reuse=True) as bridge:
            session = new_sessions(bridge, 1)
            listen.update(port=bridge.port, expect="text/event-stream")
            with Holder(programs, lanes=10, **listen):
                time.sleep(0.3)
            time.sleep(0.5)
            beside(plan, bridge, session, out, "subscriptions.call_alone")
            before = bridge.rss_kb()
            with Holder(programs, lanes=plan.streams, **listen):
                time.sleep(1)
                out["subscriptions.per_stream_kb"] = (bridge.rss_kb() - before) / plan.streams
                beside(plan, bridge, session, out, "subscriptions.call_beside")
            time.sleep(1)
            out["subscriptions.after_close_kb"] = bridge.rss_kb() - before
        out["subscriptions.streams"] = plan.streams
        yield out


def beside(plan, bridge, session, out, name):
    """One client's calls in a legacy session."""
    run = with_cpu(bridge, out, name, lambda: bridge.load(expect=TEXT, **legacy(session),
                                                          **counts(plan, 1)))
    for key in ("p50_us", "p99_us", "calls_per_second"):
        out[f"{name}.{key}"] = run[key]


SECTIONS = {section.__name__: section for section in (gateway, subscriptions)}
