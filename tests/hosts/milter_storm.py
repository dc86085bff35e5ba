# SPDX-License-Identifier: BSD-2-Clause
"""milter_storm.py ADDRESS PROCESS USER LIMIT: 500 connections at once, 10,000 messages to one
recipient each.  Every other message is given up, and sent anew.  The limit is of recipients.

Prints one line a check: NAME GOT EXPECTED."""
import collections
import selectors
import sys

from milter_client import ABORT, EOM, Client, mail, packet, rcpt
from policy_client import rss_bytes

CONNECTIONS = 500
MESSAGES_EACH = 20

address, process, user, limit = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
answers = collections.Counter()


def conversation(messages):
    """What one connection sends, each time it has got an answer to what it sent before."""
    for i in range(messages):
        if (yield mail(user)) != "continue":
            sys.exit("storm mail_is_refused continue")
        if i % 2 == 0:
            yield rcpt()
            answer = yield packet(ABORT) + mail(user)
            assert answer == "continue", answer
        answer = yield rcpt()
        answers[answer] += 1
        if answer == "continue":
            answers["end " + (yield packet(EOM))] += 1
        else:
            # An abort has no answer: the next message is sent behind it.
            ended = yield packet(ABORT) + packet(b"U", b"NOOP\0")
            assert ended == "continue", ended


def round_of(clients, messages):
    ready = selectors.DefaultSelector()
    for client in clients:
        talk = conversation(messages)
        client.send(next(talk))
        ready.register(client, selectors.EVENT_READ, talk)
    left = len(clients)
    while left > 0:
        for key, _ in ready.select(30) or sys.exit("storm no_answer_in_30_s none"):
            try:
                key.fileobj.send(key.data.send(key.fileobj.answer()))
            except StopIteration:
                ready.unregister(key.fileobj)
                left -= 1
    ready.close()


clients = [Client(address, 30) for _ in range(CONNECTIONS)]
round_of(clients, MESSAGES_EACH // 4)
before = rss_bytes(process)
round_of(clients, MESSAGES_EACH - MESSAGES_EACH // 4)
growth = rss_bytes(process) - before
for client in clients:
    client.close()

print("storm_accepted_are_the_limit", answers.pop("end continue", 0), limit)
print("storm_passed_at_rcpt_are_the_limit", answers.pop("continue", 0), limit)
print("storm_the_rest_is_refused", answers.pop("450 4.7.1", 0),
      CONNECTIONS * MESSAGES_EACH - limit)
print("storm_has_no_other_answer", sum(answers.values()), 0)
# libmilter has more or fewer threads; what a message leaves behind would be 17 KB, 7,500 times.
print("storm_memory_is_steady", growth if growth > 32 << 20 else "steady", "steady")
