# SPDX-License-Identifier: BSD-2-Clause
"""storm.py ADDRESS PROCESS LIMIT: 500 connections at once, 100,000 requests of one user.

Prints one line a check: NAME GOT EXPECTED; on standard error what it took."""
import collections
import selectors
import sys
import time

from policy_client import connect, encode, rss_bytes

CONNECTIONS = 500
REQUESTS_EACH = 200

address, process, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
answers = collections.Counter()
request = encode({"protocol_state": "DATA", "sasl_username": "storm", "client_address": "192.0.2.1",
                  "sender": "a@example.edu", "recipient_count": 1, "ccert_subject": "",
                  "helo_name": "h" * 300})


def round_of(links, requests_each):
    """One request under way a connection, until each has had its number answered."""
    ready = selectors.DefaultSelector()
    for link in links:
        ready.register(link, selectors.EVENT_READ, [requests_each, b""])
        link.sendall(request)
    left = len(links)
    while left > 0:
        for key, _ in ready.select(10) or sys.exit("storm no_answer_in_10_s none"):
            state = key.data
            data = key.fileobj.recv(4096)
            state[1] += data
            if data and not state[1].endswith(b"\n\n"):
                continue
            answers[state[1][:16] if data else b"closed"] += 1
            state[0] -= 1
            state[1] = b""
            if data and state[0] > 0:
                key.fileobj.sendall(request)
            else:
                ready.unregister(key.fileobj)
                left -= 1
    ready.close()


began = time.monotonic()
links = [connect(address) for _ in range(CONNECTIONS)]
round_of(links, REQUESTS_EACH // 4)
before = rss_bytes(process)
round_of(links, REQUESTS_EACH - REQUESTS_EACH // 4)
after = rss_bytes(process)
for link in links:
    link.close()

print(f"# {CONNECTIONS} connections, {CONNECTIONS * REQUESTS_EACH} requests: "
      f"{time.monotonic() - began:.1f} s, {before >> 10} kB after a quarter, {after >> 10} kB then",
      file=sys.stderr)
print("storm_allows_are_the_limit", answers.pop(b"action=DUNNO\n\n", 0), limit)
print("storm_the_rest_is_refused", answers.pop(b"action=450 4.7.1", 0),
      CONNECTIONS * REQUESTS_EACH - limit)
print("storm_has_no_error", sum(answers.values()), 0)
print("storm_memory_is_steady", after - before if after - before > 65536 else "steady", "steady")
