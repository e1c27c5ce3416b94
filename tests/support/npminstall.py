#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""npminstall.py DIR [SOURCE]: installs what the lock in SOURCE lists into DIR, once per lock; the
real MCP servers of tests/support/npm without SOURCE. Exits with 77, ctest's "skipped", when npm is
missing or cannot install them."""
import hashlib
import os
import shutil
import subprocess
import sys

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "npm")
FILES = ("package.json", "package-lock.json", ".npmrc")


def main(target, source=SOURCE):
    os.makedirs(target, exist_ok=True)
    with open(os.path.join(source, "package-lock.json"), "rb") as file:
        mark = os.path.join(target, ".installed-" + hashlib.sha256(file.read()).hexdigest())
    if os.path.exists(mark):
        return 0
    npm = shutil.which("npm")
    if not npm:
        print("skipped: npm is not installed")
        return 77
    for name in FILES:
        shutil.copy(os.path.join(source, name), target)
    done = subprocess.run([npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-progress"],
                          cwd=target, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print("skipped: npm could not install the packages; is the registry out of reach?")
        print(done.stdout.decode(errors="replace"))
        return 77
    open(mark, "w").close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1] == "--help":
        print(__doc__)
        sys.exit(0)
    sys.exit(main(*sys.argv[1:]))
