# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the numbers into tables for people."""

# (what, name of the number, factor to its unit, unit, target, higher is better)
TARGETS = (
    ("CPU per call in a session, bridge + child, 1 client", "stateful.1.cpu_us", 1, "µs", 60, False),
    ("CPU per call in a session, bridge + child, 16 clients", "stateful.16.cpu_us", 1, "µs", 60,
     False),
    ("added at p50, call in a session, 1 client", "stateful.1.added.p50_us", 1, "µs", 100, False),
    ("calls a second in sessions, 16 clients", "stateful.16.bridge.calls_per_second", 1, "/s",
     10_000, True),
    ("added at p50, stateless, pool holds, 1 client", "pooled.1.added.p50_us", 1e-3, "ms", 1, False),
    ("session start on top of child start, p50", "start.added.p50_us", 1e-3, "ms", 5, False),
    ("idle bridge, resident", "memory.idle_rss_kb", 1 / 1024, "MB", 25, False),
    ("idle session, bridge only", "memory.per_session_kb", 1, "KB", 64, False),
    ("idle SSE stream", "streams.per_stream_kb", 1, "KB", 20, False),
    ("verified token seen before, added to no token, p50", "tokens.cached.more_p50_us", 1, "µs", 15,
     False),
    ("first check of an RS256 token, p50", "tokens.RS256.p50_us", 1, "µs", 150, False),
    ("call of a verified caller, added to an anonymous one, p50", "identity.more_p50_us", 1, "µs",
     15, False),
)

HEALTH = ("clients", "p50", "p99", "calls/s", "CPU")
CALLS = ("clients", "raw p50", "bridge p50", "added p50", "raw p99", "bridge p99", "added p99",
         "raw calls/s", "bridge calls/s", "ratio")
CPU = ("clients", "bridge", "children", "together")
GATEWAY = ("the way of the call", "clients", "p50", "added p50", "p99", "added p99", "calls/s",
           "CPU bridge", "CPU children")
WAYS = (("REST, in a session", "rest"), ("MCP, in a legacy session, JSON", "legacy"),
        ("MCP, in a legacy session, event stream", "events"),
        ("REST, no session, shared process", "rest_shared"),
        ("MCP, modern and stateless, shared process", "modern"))


def table(title, heads, rows):
    rows = [[str(cell) for cell in row] for row in rows]
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [title]
    for row in [heads, *rows]:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def number(value):
    """Three figures are as many as a measurement like this is good for."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def call_rows(numbers, name, clients):
    for count in clients:
        def get(key):
            return numbers.get(f"{name}.{count}.{key}")
        if get("ratio") is None:
            continue
        yield [count, *(number(get(f"{side}.{key}")) for key in ("p50_us", "p99_us")
                        for side in ("raw", "bridge", "added")),
               *(number(get(f"{side}.calls_per_second")) for side in ("raw", "bridge")),
               number(get("ratio"))]


def cpu_rows(numbers, name, clients):
    for count in clients:
        keys = [f"{name}.{count}.{key}" for key in ("cpu_bridge_us", "cpu_children_us", "cpu_us")]
        if keys[0] in numbers:
            yield [count, *(number(numbers[key]) for key in keys)]


def health_rows(numbers, clients):
    for count in clients:
        name = f"health.{count}"
        if name + ".cpu_us" in numbers:
            yield [count, *(number(numbers[f"{name}.{key}"]) for key in (
                "bridge.p50_us", "bridge.p99_us", "bridge.calls_per_second", "cpu_us"))]


def gateway_rows(numbers, clients):
    for count in clients:
        for title, way in WAYS:
            name = f"gateway.{way}.{count}"
            if name + ".cpu_us" in numbers:
                yield [title, count, *(number(numbers[f"{name}.{key}"]) for key in (
                    "bridge.p50_us", "added.p50_us", "bridge.p99_us", "added.p99_us",
                    "bridge.calls_per_second", "cpu_bridge_us", "cpu_children_us"))]


def single_rows(numbers):
    names = (
        ("child start + handshake, raw, p50", "start.raw.p50_us", 1e-3, "ms"),
        ("POST /session/start, p50", "start.bridge.p50_us", 1e-3, "ms"),
        ("POST /session/start, p99", "start.bridge.p99_us", 1e-3, "ms"),
        ("child start + tools/list, raw", "tools.raw.p50_us", 1e-3, "ms"),
        ("GET /tools, cold, no warm pool", "tools.bridge.p50_us", 1e-3, "ms"),
        ("GET /tools, first one, warm pool filled", "tools.pool.p50_us", 1e-3, "ms"),
        ("GET /tools, known, p50", "tools.known.p50_us", 1, "µs"),
        ("bridge, from exec to the first answer", "tools.bridge_start_us", 1e-3, "ms"),
        ("idle bridge: resident", "memory.idle_rss_kb", 1 / 1024, "MB"),
        ("idle bridge: proportional share (Pss)", "memory.idle_pss_kb", 1 / 1024, "MB"),
        ("idle bridge: private and dirty", "memory.idle_dirty_kb", 1 / 1024, "MB"),
        ("a session that was only started", "memory.per_new_session_kb", 1, "KB"),
        ("a session that was used", "memory.per_session_kb", 1, "KB"),
        ("left over after all sessions were closed", "memory.after_close_kb", 1, "KB"),
        ("idle SSE stream", "streams.per_stream_kb", 1, "KB"),
        ("left over after all streams were closed", "streams.after_close_kb", 1, "KB"),
        ("idle keep-alive connection", "streams.per_connection_kb", 1, "KB"),
        ("CPU per call, 1 client, no streams", "streams.call_alone.cpu_us", 1, "µs"),
        ("CPU per call, 1 client, beside the idle streams", "streams.call_beside.cpu_us", 1, "µs"),
        ("idle subscriptions", "subscriptions.streams", 1, ""),
        ("idle subscription", "subscriptions.per_stream_kb", 1, "KB"),
        ("left over after all subscriptions were closed", "subscriptions.after_close_kb", 1, "KB"),
        ("/mcp call, 1 client, no subscriptions, p50", "subscriptions.call_alone.p50_us", 1, "µs"),
        ("/mcp call, 1 client, beside them, p50", "subscriptions.call_beside.p50_us", 1, "µs"),
        ("CPU per /mcp call, no subscriptions", "subscriptions.call_alone.cpu_us", 1, "µs"),
        ("CPU per /mcp call, beside them", "subscriptions.call_beside.cpu_us", 1, "µs"),
        ("call in a session without a token, p50", "identity.anonymous.p50_us", 1, "µs"),
        ("call in a session with a verified token, p50", "identity.verified.p50_us", 1, "µs"),
        ("caller without a token, p50", "tokens.anonymous.p50_us", 1, "µs"),
        ("caller with a token seen before, p50", "tokens.cached.p50_us", 1, "µs"),
        ("first check of a token: RS256, p50", "tokens.RS256.p50_us", 1, "µs"),
        ("first check of a token: ES256, p50", "tokens.ES256.p50_us", 1, "µs"),
        ("first check of a token: EdDSA, p50", "tokens.EdDSA.p50_us", 1, "µs"),
        ("exchanged credential, cached, p50", "exchanges.cached.p50_us", 1, "µs"),
        ("exchanged credential, cold, p50", "exchanges.cold.p50_us", 1, "µs"),
        ("pool full again before each burst of 64", "pooled.64.refilled", 100, "%"),
    )
    for title, name, factor, unit in names:
        if name in numbers:
            yield [title, number(numbers[name] * factor), unit]


def target_rows(numbers, bests):
    for title, name, factor, unit, target, higher in TARGETS:
        if name not in numbers:
            continue
        value = numbers[name] * factor
        met = value >= target if higher else value <= target
        sign = "≥" if higher else "≤"
        best = number(bests[name] * factor) if name in bests else "–"
        yield [title, f"{number(value)} {unit}", best, f"{sign} {number(target)} {unit}",
               "met" if met else "MISSED"]


def text(numbers, bests, clients):
    """The whole report; `bests` are the quietest rounds, the rest are medians."""
    parts = [
        table("Calls in sessions, one session for each client; µs", CALLS,
              call_rows(numbers, "stateful", clients)),
        table("Calls in one session shared by all clients; µs", CALLS,
              call_rows(numbers, "shared", clients)),
        table("Processor time of a call in a session, own sessions; µs", CPU,
              cpu_rows(numbers, "stateful", clients)),
        table("Processor time of a call in a session, shared session; µs", CPU,
              cpu_rows(numbers, "shared", clients)),
        table("GET /health, no child involved; µs", HEALTH, health_rows(numbers, clients)),
        table("Stateless calls in bursts the warm pool can serve; µs (calls/s include the pauses)",
              CALLS, call_rows(numbers, "pooled", clients)),
        table("Stateless calls without a pause against a raw child for each call; µs", CALLS,
              call_rows(numbers, "drained", clients)),
        table("The same call over REST and MCP; µs, added to the raw pipe", GATEWAY,
              gateway_rows(numbers, clients)),
        table("Starting, listing, memory", ("what", "value", "unit"), single_rows(numbers)),
        table("Targets (design, speed budget)", 
              ("what", "median", "quietest round", "target", "verdict by median"),
              target_rows(numbers, bests)),
    ]
    return "\n".join(part for part in parts if part)
