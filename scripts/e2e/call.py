"""Run inside the rehearsal's container: `call.py ROLE TOOL ARGUMENTS` has a role's next work begin with this call."""

import json
import sys
import urllib.request

role, tool, arguments = sys.argv[1:]
call = {"name": tool, "arguments": json.loads(arguments)}
step = {"match": {"role": role, "kind": "work"}, "answer": {"tool_calls": [call]}}
request = urllib.request.Request("http://127.0.0.1:8080/script", json.dumps([step]).encode())
urllib.request.urlopen(request, timeout=30).close()
