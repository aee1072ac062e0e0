"""Run inside the rehearsal's container: has the Product Manager of the next mission look up the stand-in's pages.

Argument: the address of those pages. It searches once, reads every page twice, and leaves a finding with a passage for
each fact, and one that the page does not say.
"""

import json
import sys
import urllib.request
from typing import Any

from damascus.doubles.search.pages import FACTS, HUGE, NOWHERE

base = sys.argv[1]
reads = [("fetch_page", {"url": f"{base}{path}"}) for path in (*FACTS, HUGE, NOWHERE)]
findings = [
    ("leave_trail", {"kind": "finding", "text": f"About {path}.", "source": f"{base}{path}", "passage": fact})
    for path, fact in {**FACTS, "/lies": "Bread costs a fortune in this town."}.items()
] + [("leave_trail", {"kind": "finding", "text": "As it says.", "source": f"{base}/lies", "passage": FACTS["/lies"]})]


def does(*calls: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    made = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return {"match": {"role": "pm", "kind": "work"}, "answer": {"tool_calls": made}}


steps = [does(("web_search", {"query": "bread market", "limit": 10}), *reads), does(*reads, *findings)]
request = urllib.request.Request("http://127.0.0.1:8080/script", json.dumps(steps).encode())
urllib.request.urlopen(request, timeout=30).close()
