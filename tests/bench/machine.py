# SPDX-License-Identifier: GPL-3.0-or-later
"""What else the machine does while we measure; from /proc/stat."""
import os
import platform
import resource
import time


def describe():
    with open("/proc/cpuinfo") as file:
        model = next((line.partition(":")[2].strip() for line in file
                      if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}"


def busy_and_all():
    """Seconds of all processors since boot: working, and in sum."""
    with open("/proc/stat") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]
    hertz = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - idle) / hertz, sum(ticks) / hertz


def own_seconds():
    """Processor time of this process and of everything it started that has ended."""
    return sum(usage.ru_utime + usage.ru_stime for usage in
               (resource.getrusage(who) for who in (resource.RUSAGE_SELF,
                                                    resource.RUSAGE_CHILDREN)))


def wait_until_idle(seconds):
    """Until the machine did next to nothing for a second; at most `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        busy, total = busy_and_all()
        time.sleep(1)
        busy_now, total_now = busy_and_all()
        if busy_now - busy < 0.1 * (total_now - total):
            return


class Others:
    """The share of the processors that somebody else used; exact once our programs have ended."""

    def __init__(self):
        self.busy, self.total = busy_and_all()
        self.own = own_seconds()

    def share(self):
        busy, total = busy_and_all()
        others = (busy - self.busy) - (own_seconds() - self.own)
        return max(0.0, others / max(total - self.total, 1e-9))
