# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the audit log of `self.bridge`, which writes it to audit.jsonl."""
import json

from bridge import wait_for


class AuditLines:
    def lines(self, event=None, **fields):
        with open(self.bridge.path("audit.jsonl")) as file:
            found = [json.loads(line) for line in file if line.endswith("\n")]
        return [line for line in found if (event is None or line["event"] == event)
                and all(line.get(key) == value for key, value in fields.items())]

    def line(self, event, **fields):
        wait_for(lambda: self.lines(event, **fields), what=f"{event} {fields}")
        return self.lines(event, **fields)[-1]

    def line_of(self, answer, event, **fields):
        """The one that tells of the request which was given `answer`."""
        line = self.line(event, request_id=answer.headers["X-Request-Id"], **fields)
        self.assertEqual(line["address"], "127.0.0.1", line)
        return line
