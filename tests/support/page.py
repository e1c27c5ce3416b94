# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of resources/docs that tests generate. BRIDGE_UPDATE_PAGES=1 writes them anew."""
import os

from bridge import ROOT


def check_page(case, name, text):
    """Fails `case` when the committed page says something else."""
    path = os.path.join(ROOT, "resources", "docs", name)
    if os.environ.get("BRIDGE_UPDATE_PAGES") == "1":
        with open(path, "w") as file:
            file.write(text)
        return
    committed = ""
    if os.path.exists(path):
        with open(path) as file:
            committed = file.read()
    case.maxDiff = None
    case.assertEqual(committed, text, f"resources/docs/{name} is out of date: run this test with "
                                      "BRIDGE_UPDATE_PAGES=1 and commit the page")
