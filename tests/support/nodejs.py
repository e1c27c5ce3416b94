# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs scripts with the npm packages of tests/conformance/npm, which bring their own Node.js: the
conformance suite and the MCP Inspector need 22.19, more than the distributions have.

BRIDGE_CLIENTS_DIR names where npminstall.py put them."""
import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from bridge import ROOT, SLOW

PACKAGES = os.environ.get("BRIDGE_CLIENTS_DIR", os.path.join(ROOT, "build", "dev", "clients"))
MODULES = os.path.join(PACKAGES, "node_modules")
LOCK = os.path.join(ROOT, "tests", "conformance", "npm", "package.json")
LEAST = (22, 19)


def find_node():
    """The pinned Node.js, or the system's when there is none for this platform."""
    for path in glob.glob(os.path.join(MODULES, "node-*", "bin", "node")):
        if works(path):
            return path
    found = shutil.which("node")
    return found if found and works(found) else None


def works(path):
    try:
        said = subprocess.run([path, "--version"], capture_output=True, timeout=20 * SLOW)
    except OSError:
        return False
    version = said.stdout.decode().strip().lstrip("v").split(".")
    return len(version) == 3 and tuple(map(int, version[:2])) >= LEAST


NODE = find_node() if os.path.isdir(MODULES) else None
needs_clients = unittest.skipUnless(
    NODE, "the npm clients are not installed (is the registry out of reach?)")


def version_of(package):
    """As pinned in the tree, not as installed."""
    with open(LOCK) as file:
        return json.load(file)["dependencies"][package]


def module(*path):
    return os.path.join(MODULES, *path)


class Scripts:
    """Copies of the scripts in `folder` beside the packages they import; a context manager."""

    def __init__(self, folder):
        self.directory = tempfile.TemporaryDirectory(prefix="bridge-scripts-")
        for path in glob.glob(os.path.join(folder, "*.mjs")):
            shutil.copy(path, self.directory.name)
        os.symlink(MODULES, self.path("node_modules"))

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def command(self, name, *args):
        return [NODE, self.path(name), *map(str, args)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()


class Service:
    """A script that prints its address first and serves there until the end of the context."""

    def __init__(self, command):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log)
        self.url = self.process.stdout.readline().decode().strip()
        if not self.url.startswith("http"):
            self.stop()
            self.log.seek(0)
            raise AssertionError(f"{command} did not start:\n{self.log.read().decode()}")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


__all__ = ["NODE", "Scripts", "Service", "module", "needs_clients", "version_of"]
