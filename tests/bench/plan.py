# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is measured. Everything is bounded: by counts, and each load by seconds as well."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    rounds: int = 5
    clients: tuple = (1, 16, 64)
    calls: int = 20_000       # in each round, to a session
    one_client_calls: int = 8_000
    warmup: int = 1_000
    bursts: int = 12          # of stateless calls while the pool holds
    single_bursts: int = 60   # the same with one client
    drained_calls: int = 300  # stateless calls without a pause
    starts: int = 60
    cold_starts: int = 5
    sessions: int = 200
    streams: int = 1_000
    limit_s: int = 30         # one load stops asking after that


FULL = Plan()
QUICK = Plan(rounds=3, calls=8_000, one_client_calls=3_000, warmup=500, bursts=6, single_bursts=20,
             drained_calls=100, starts=25, cold_starts=3)
SMOKE = Plan(rounds=1, calls=200, one_client_calls=50, warmup=10, bursts=1, single_bursts=3,
             drained_calls=20, starts=4, cold_starts=1, sessions=12, streams=20)
