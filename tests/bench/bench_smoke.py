# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves that the bench works: runs it with tiny counts and reads what it says. No number is
judged, for a test on a busy machine must not depend on time."""
import json
import math
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import report  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "numbers.json")
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "bench.py"), "--smoke",
                               "--bin", sys.argv[1], "--json", path],
                              stdout=subprocess.PIPE, timeout=280, check=False)
        text = done.stdout.decode()
        print(text)
        if done.returncode != 0:
            raise SystemExit(f"bench.py ended with status {done.returncode}")
        with open(path) as file:
            numbers = json.load(file)["numbers"]
    for title, name, *_ in report.TARGETS:
        if title not in text or not math.isfinite(numbers[name]):
            raise SystemExit(f"no number for: {title}")
    for title in (*(title for title, _ in report.WAYS), "idle subscription"):
        if title not in text:
            raise SystemExit(f"no line for: {title}")
    for name, value in numbers.items():
        is_time = name.endswith("_us") and ".added." not in name and ".more_" not in name \
            and "child" not in name
        if not math.isfinite(value) or (is_time and value <= 0):
            raise SystemExit(f"{name} is {value}")


if __name__ == "__main__":
    main()
