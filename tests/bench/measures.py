# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured. A section yields one dictionary a round, from dotted names to numbers; the
raw pipe and the bridge take turns within a round, so that both see the same machine."""
import time

from programs import Bridge, Holder, memory_kb

TEXT = "The quick brown fox jumps over the lazy dog."
ARGUMENTS = '{"text":"%s"}' % TEXT
PARAMS = '{"name":"echo","arguments":%s}' % ARGUMENTS
TIMES = ("p50_us", "p99_us", "mean_us")


def put_pair(out, name, raw, bridge):
    """Both sides and what the bridge adds."""
    for key in TIMES:
        out[f"{name}.raw.{key}"] = raw[key]
        out[f"{name}.bridge.{key}"] = bridge[key]
        out[f"{name}.added.{key}"] = bridge[key] - raw[key]
    for side, run in (("raw", raw), ("bridge", bridge)):
        out[f"{name}.{side}.calls_per_second"] = run["calls_per_second"]
    out[f"{name}.ratio"] = raw["calls_per_second"] / bridge["calls_per_second"]


def with_cpu(bridge, out, name, load):
    """Runs a load and notes the processor time per call of the bridge and its children."""
    before = bridge.cpu_us()
    run = load()
    after = bridge.cpu_us()
    own, children = ((b - a) / run["requests"] for a, b in zip(before, after))
    out[f"{name}.cpu_bridge_us"] = own
    out[f"{name}.cpu_children_us"] = children
    out[f"{name}.cpu_us"] = own + children
    return run


def stateful(programs, plan):
    """Calls in sessions: each client with a session of its own, then all in one."""
    with Bridge(programs) as bridge:
        bridge.start_sessions("s", max(plan.clients))
        for _ in range(plan.rounds):
            out = {}
            for clients in plan.clients:
                own_sessions(programs, plan, bridge, clients, out)
            for clients in plan.clients[1:]:
                one_session(programs, plan, bridge, clients, out)
            for clients in plan.clients:
                name = f"health.{clients}"
                run = with_cpu(bridge, out, name,
                               lambda: bridge.load(path="/health", **counts(plan, clients)))
                for key in (*TIMES, "calls_per_second"):
                    out[f"{name}.bridge.{key}"] = run[key]
            yield out


def counts(plan, clients):
    return {"lanes": clients, "count": plan.one_client_calls if clients == 1 else plan.calls,
            "warmup": plan.warmup, "limit_s": plan.limit_s}


def own_sessions(programs, plan, bridge, clients, out):
    name = f"stateful.{clients}"
    raw = programs.run_load("pipe", method="tools/call", body=PARAMS, expect=TEXT,
                            **counts(plan, clients))
    run = with_cpu(bridge, out, name,
                   lambda: bridge.load(path="/session/s{lane}/tools/echo", body=ARGUMENTS,
                                       expect=TEXT, **counts(plan, clients)))
    put_pair(out, name, raw, run)


def one_session(programs, plan, bridge, clients, out):
    name = f"shared.{clients}"
    raw = programs.run_load("pipe", method="tools/call", body=PARAMS, expect=TEXT,
                            **counts(plan, clients) | {"lanes": 1, "depth": clients})
    run = with_cpu(bridge, out, name,
                   lambda: bridge.load(path="/session/s0/tools/echo", body=ARGUMENTS,
                                       expect=TEXT, **counts(plan, clients)))
    put_pair(out, name, raw, run)


def stateless(programs, plan):
    """Calls without a session: bursts the pool can serve against the raw pipe, and calls without
    a pause, which outrun any pool, against a raw child started for each call."""
    for _ in range(plan.rounds):
        out = {}
        for clients in plan.clients:
            with Bridge(programs, MCP_WARM_POOL_SIZE=max(2, clients)) as bridge:
                pooled(programs, plan, bridge, clients, out)
                drained(programs, plan, bridge, clients, out)
        yield out


def pooled(programs, plan, bridge, clients, out):
    pause_ms = 60 + 12 * clients  # long enough to refill; checked below
    bursts = plan.single_bursts if clients == 1 else plan.bursts
    options = {"lanes": clients, "count": bursts * clients, "warmup": clients, "pause_ms": pause_ms,
               "limit_s": plan.limit_s, "expect": TEXT}
    raw = programs.run_load("pipe", method="tools/call", body=PARAMS, **options)
    bridge.ask("GET", "/tools")  # a stateless call needs the catalogue
    time.sleep(2 * pause_ms / 1e3)
    run = bridge.load(path="/tools/echo", body=ARGUMENTS, **options)
    time.sleep(pause_ms / 1e3)
    put_pair(out, f"pooled.{clients}", raw, run)
    out[f"pooled.{clients}.refilled"] = bridge.warm() / max(2, clients)


def drained(programs, plan, bridge, clients, out):
    options = {"lanes": clients, "count": plan.drained_calls, "warmup": clients,
               "limit_s": plan.limit_s, "expect": TEXT}
    raw = programs.run_load("fresh", method="tools/call", body=PARAMS, **options)
    run = bridge.load(path="/tools/echo", body=ARGUMENTS, **options)
    put_pair(out, f"drained.{clients}", raw, run)


def start(programs, plan):
    """Starting a session against starting the child and shaking hands; one at a time, after a
    pause, so that nothing else is under way."""
    options = {"count": plan.starts, "warmup": 2, "pause_ms": 15, "limit_s": plan.limit_s}
    with Bridge(programs) as bridge:
        for _ in range(plan.rounds):
            out = {}
            raw = programs.run_load("fresh", **options)
            run = bridge.load(path="/session/start", body='{"session_id":"q{n}"}', **options)
            bridge.close_sessions("q", run["requests"])
            put_pair(out, "start", raw, run)
            yield out


def tools(programs, plan):
    """GET /tools when nothing is known yet, and again when it is."""
    for _ in range(plan.rounds):
        out = {}
        raw = programs.run_load("fresh", method="tools/list", count=plan.cold_starts, warmup=1)
        cold, ready = [], []
        for _ in range(plan.cold_starts):
            with Bridge(programs, MCP_WARM_POOL_SIZE=0) as bridge:
                cold.append(bridge.load(path="/tools", count=1)["p50_us"])
                ready.append(bridge.start_us)
        with Bridge(programs) as bridge:
            time.sleep(0.5)
            out["tools.pool.p50_us"] = bridge.load(path="/tools", count=1)["p50_us"]
            known = bridge.load(path="/tools", count=plan.one_client_calls, limit_s=plan.limit_s)
        out["tools.raw.p50_us"] = raw["p50_us"]
        out["tools.bridge.p50_us"] = sorted(cold)[len(cold) // 2]
        out["tools.added.p50_us"] = out["tools.bridge.p50_us"] - raw["p50_us"]
        out["tools.known.p50_us"] = known["p50_us"]
        out["tools.known.p99_us"] = known["p99_us"]
        out["tools.bridge_start_us"] = sorted(ready)[len(ready) // 2]
        yield out


def memory(programs, plan):
    """The bridge's own memory, idle and with idle sessions; its children are not counted."""
    for _ in range(min(plan.rounds, 3)):
        out = {}
        with Bridge(programs) as bridge:
            time.sleep(1)
            idle = memory_kb(bridge.process.pid)
            out["memory.idle_rss_kb"] = idle["Rss"]
            out["memory.idle_pss_kb"] = idle["Pss"]
            out["memory.idle_dirty_kb"] = idle["Private_Dirty"]
            use_sessions(bridge, "w", 5)  # what the first ones cost is not what one costs
            before = bridge.rss_kb()
            bridge.start_sessions("m", plan.sessions)
            time.sleep(0.5)
            out["memory.per_new_session_kb"] = (bridge.rss_kb() - before) / plan.sessions
            bridge.load(path="/session/m{n}/tools/echo", body=ARGUMENTS, count=plan.sessions)
            time.sleep(0.5)
            out["memory.per_session_kb"] = (bridge.rss_kb() - before) / plan.sessions
            bridge.close_sessions("m", plan.sessions)
            time.sleep(1)
            out["memory.after_close_kb"] = bridge.rss_kb() - before
        yield out


def use_sessions(bridge, name, count):
    bridge.start_sessions(name, count)
    bridge.load(path="/session/%s{n}/tools/echo" % name, body=ARGUMENTS, count=count)
    bridge.close_sessions(name, count)
    time.sleep(0.3)


def streams(programs, plan):
    """Idle SSE streams, all of them calls that never answer, in one session."""
    for _ in range(min(plan.rounds, 3)):
        out = {}
        with Bridge(programs) as bridge:
            bridge.ask("POST", "/session/start", {"session_id": "held"})
            wait = {"port": bridge.port, "path": "/session/held/tools/wait/stream", "body": "{}"}
            with Holder(programs, lanes=10, **wait):
                time.sleep(0.3)
            time.sleep(0.5)
            before = bridge.rss_kb()
            beside(plan, bridge, out, "streams.call_alone")
            with Holder(programs, lanes=plan.streams, **wait):
                time.sleep(1)
                out["streams.per_stream_kb"] = (bridge.rss_kb() - before) / plan.streams
                beside(plan, bridge, out, "streams.call_beside")
            time.sleep(1)
            out["streams.after_close_kb"] = bridge.rss_kb() - before
        with Bridge(programs) as bridge:
            before = bridge.rss_kb()
            with Holder(programs, lanes=plan.streams, port=bridge.port, path="/health"):
                time.sleep(0.5)
                out["streams.per_connection_kb"] = (bridge.rss_kb() - before) / plan.streams
        yield out


def beside(plan, bridge, out, name):
    """One client's calls, with or without idle streams next to it."""
    run = with_cpu(bridge, out, name,
                   lambda: bridge.load(path="/session/held/tools/echo", body=ARGUMENTS, expect=TEXT,
                                       **counts(plan, 1)))
    out[f"{name}.p50_us"] = run["p50_us"]


SECTIONS = {section.__name__: section
            for section in (stateful, stateless, start, tools, memory, streams)}
