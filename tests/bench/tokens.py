# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to know who is calling, without HTTP around it."""
import json
import subprocess


def tokens(programs, plan):
    """A caller without and with a token that was verified before, and first checks of tokens."""
    for _ in range(plan.rounds):
        done = subprocess.run([programs.auth, str(plan.calls)], stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=300, check=False)
        if done.returncode != 0:
            raise SystemExit("bench-auth failed: a token was not taken")
        out = {}
        for name, times in json.loads(done.stdout).items():
            if isinstance(times, dict):
                for key, value in times.items():
                    out[f"tokens.{name}.{key}"] = value
        out["tokens.cached.more_p50_us"] = (out["tokens.cached.p50_us"]
                                            - out["tokens.anonymous.p50_us"])
        yield out


def exchanges(programs, plan):
    """The credential an MCP server gets for a caller: remembered, and made for him."""
    for _ in range(plan.rounds):
        done = subprocess.run([programs.exchange, str(plan.calls)], stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=300, check=False)
        if done.returncode != 0:
            raise SystemExit("bench-exchange failed: a token was not exchanged")
        yield {f"exchanges.{name}.{key}": value
               for name, times in json.loads(done.stdout).items() for key, value in times.items()}


SECTIONS = {"tokens": tokens, "exchanges": exchanges}
