# SPDX-License-Identifier: BSD-2-Clause
"""nginx_storm.py PORT PATH [PROCESS PASSES]: 5000 requests over 16 connections.

Prints the statuses with their numbers, and how many 429 lack Retry-After.  With PROCESS it is
killed by SIGKILL after so many passes; then prints whether at most LIMIT have passed, and no more
are missing than connections were broken."""
import collections
import http.client
import os
import signal
import sys
import threading

CONNECTIONS, REQUESTS, LIMIT = 16, 5000, 1000
port, path = int(sys.argv[1]), sys.argv[2]
process, passes = (int(word) for word in (sys.argv[3:] + ["0", "0"])[:2])
codes, lock = collections.Counter(), threading.Lock()


def note(status, answer):
    codes[status] += 1
    if status == 429 and not int(answer.getheader("Retry-After") or 0) > 0:
        codes["no Retry-After"] += 1
    if process and status == 200 and codes[200] == passes:
        os.kill(process, signal.SIGKILL)


def client(count):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(count):
        try:
            link.request("GET", path)
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


threads = [threading.Thread(target=client, args=(REQUESTS // CONNECTIONS + (i < REQUESTS % CONNECTIONS),))
           for i in range(CONNECTIONS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if process:
    broken = codes.pop("broken", 0)
    is_sound = LIMIT - broken <= codes[200] <= LIMIT and set(codes) == {200, 429}
    print("sound" if broken > 0 and is_sound else f"{broken} broken {dict(codes)}")
else:
    print(*(f"{code}:{codes[code]}" for code in sorted(codes, key=str)))
