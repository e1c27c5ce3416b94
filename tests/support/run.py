#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.py FILE [words]: runs the tests of one file, one line each, those whose name holds all the
words. Exits with 1 on a failure, with 77 when every test was skipped, with 2 when there is none."""
import importlib.util
import os
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from bridge import Bridge  # noqa: E402  (needs the path above)


class Lines(unittest.TestResult):
    """Prints a line when a test ends; a failure is followed by the bridge's last log lines."""

    passed = 0

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def tell(self, word, test, more=""):
        name = test.id().split(".", 1)[-1]
        print(f"{word:4} {name} ({time.monotonic() - self.began:.2f} s){more}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self.tell("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.began = getattr(self, "began", time.monotonic())
        self.tell("skip", test, ": " + reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.explain("FAIL", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.explain("FAIL", test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.explain("FAIL", subtest, self._exc_info_to_string(err, test))

    def explain(self, word, test, text):
        self.began = getattr(self, "began", time.monotonic())
        self.tell(word, test)
        print("    " + text.rstrip().replace("\n", "\n    "))
        for bridge in Bridge.running:
            print("    the bridge said:\n" + bridge.log_tail(), flush=True)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main(path, words):
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(1, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    tests = [test for test in flatten(unittest.defaultTestLoader.loadTestsFromModule(module))
             if all(word.lower() in test.id().lower() for word in words)]
    result = Lines()
    unittest.TestSuite(tests).run(result)
    failed = len(result.failures) + len(result.errors)
    passed = result.passed  # a class that is skipped as a whole is not among those run
    print(f"{passed} passed, {failed} failed, {len(result.skipped)} skipped")
    if not tests:
        return 2
    if failed:
        return 1
    return 77 if passed <= 0 else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] == "--help":
        print(__doc__)
        sys.exit(0)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
