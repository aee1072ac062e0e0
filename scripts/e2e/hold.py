"""Run inside the rehearsal's container: `hold.py ROLE SECONDS TIMES` makes the next calls of a role last so long.

So a check that kills a worker in the middle of a task has the time to find it and to look again.
"""

import json
import sys
import urllib.request

role, seconds, times = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
whole = {"every": seconds, "bytes": 10**7}  # one drop, that late
step = {"match": {"role": role}, "fault": "drip", "options": whole, "times": times}
request = urllib.request.Request("http://127.0.0.1:8080/script", json.dumps([step]).encode())
urllib.request.urlopen(request, timeout=30).close()
