# SPDX-License-Identifier: BSD-2-Clause
"""http_storm.py PORT PATH USER REQUESTS [PROCESS PASSES FILE]: 16 connections of one user.

Prints the statuses with their numbers, and what a 429 lacks.  With PROCESS it is killed by
SIGKILL after so many passes, FILE is made at the first 503 behind that, and the storm goes
on until everybody was refused by 429: REQUESTS is then the most that are sent, and a connection
that breaks is counted."""
import collections
import http.client
import os
import signal
import sys
import threading
import time

CONNECTIONS = 16
port, path, user, requests = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
process, passes, file = (sys.argv[5:] + [None] * 3)[:3]
codes, lock = collections.Counter(), threading.Lock()


def note(status, answer):
    codes[status] += 1
    if status == 429 and not int(answer.getheader("Retry-After") or 0) > 0:
        codes["no Retry-After"] += 1
    if process and status == 200 and codes[200] == int(passes):
        os.kill(int(process), signal.SIGKILL)
    if process and status == 503 and codes[503] == 1:
        open(file, "w", encoding="ascii").close()


def client(count):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(count):
        try:
            link.request("GET", path, headers={"X-User": user})
            answer = link.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            if not process:
                raise
            link.close()
            with lock:
                codes["broken"] += 1
            continue
        with lock:
            note(answer.status, answer)
        if process and answer.status == 429:
            break
        if process and answer.status == 503:
            time.sleep(0.02)


shares = [requests // CONNECTIONS + (i < requests % CONNECTIONS) for i in range(CONNECTIONS)]
threads = [threading.Thread(target=client, args=(share,)) for share in shares]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*(f"{code}:{codes[code]}" for code in sorted(codes, key=str)))
