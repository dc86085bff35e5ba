# SPDX-License-Identifier: BSD-2-Clause
"""spop_malformed.py ADDRESS PROCESS IMPATIENT: clients that break SPOP, beside one that keeps
it.  IMPATIENT is the address of an agent with -i 1.  The policy is 5 messages per user.

Prints one line a check: NAME GOT EXPECTED."""
import os
import random
import struct
import sys

from policy_client import rss_bytes
from spop_client import (ACK, AGENT_BYE, AGENT_HELLO, BYE, NOTIFY, Client, frame, hello,
                         message, notify, text, typed, varint)

address, process, impatient = sys.argv[1], int(sys.argv[2]), sys.argv[3]
seed = int(os.environ.get("WEIR_SEED", 1))
rng = random.Random(seed)
bystander = Client(address)


def fate(data, greet=True, wait_s=5, end=False):
    """What becomes of a client that sends this: the statuses that it is told."""
    told = []
    with Client(address, wait_s, greet) as client:
        try:
            client.send(data)
            if end:
                client.link.shutdown(1)
            while answer := client.answer():
                told.append(str(answer[3].get("status-code", answer[3].get("verdict", answer[0]))))
            told.append("closed")
        except TimeoutError:
            told.append("open")
        except (BrokenPipeError, ConnectionResetError):
            told.append("closed")
    return ",".join(told)


def check(name, got, expected):
    print(name, str(got).replace(" ", "_"), expected)
    answer = bystander.ask(user="bystander", cost=0)
    print(f"{name}_and_others_are_served", answer and answer["verdict"], "allow")


before = rss_bytes(process)
good = notify(user="m", cost=0)

# ------------------------------------------------------------------ the HELLO
check("healthcheck", fate(hello(healthcheck=True), False), "101,closed")
check("no_version", fate(hello(versions=None), False), "5,closed")
check("no_frame_size", fate(hello(size=None), False), "6,closed")
check("no_capabilities", fate(hello(capabilities=None), False), "7,closed")
check("version_1", fate(hello(versions="1.0, 1.5"), False), "8,closed")
check("versions_with_2", fate(hello(versions="3.1 , 2.0") + good, False, 0.3), "101,allow,open")
check("frame_size_255", fate(hello(size=255), False), "9,closed")
check("notify_before_hello", fate(good, False), "4,closed")
check("second_hello", fate(hello()), "4,closed")
check("agreed_frame_size_is_kept", fate(hello(size=256) + notify(user="x" * 300), False),
      "101,3,closed")
with Client(address, greet=False) as client:
    client.send(hello(size=100000, capabilities="async"))
    kind, _, _, values = client.answer()
    check("answer_to_hello", (kind, values["version"], values["max-frame-size"],
                              values["capabilities"]), "(101,_'2.0',_16384,_'')")

# ---------------------------------------------------------------------- frames
check("length_oversized", fate(struct.pack(">I", 2**32 - 1) + b"x"), "3,closed")
check("length_16385", fate(struct.pack(">I", 16385)), "3,closed")
check("length_0", fate(struct.pack(">I", 0)), "4,closed")
check("truncated_head", fate(b"\0\0", end=True), "closed")
check("truncated_frame", fate(good[:-1], end=True), "closed")
check("no_fin", fate(frame(NOTIFY, message({"user": "m"}), 1, 1, flags=0)), "10,closed")
check("unset_frame", fate(frame(0, b"", 1, 1)), "10,closed")
check("unknown_type", fate(frame(77, b"")), "4,closed")
check("own_type", fate(frame(ACK, b"", 1, 1)), "4,closed")
check("varint_overflow_in_the_head", fate(struct.pack(">IBI", 25, NOTIFY, 1) + b"\xff" * 20),
      "4,closed")
check("varint_overflow_in_a_name", fate(frame(NOTIFY, b"\xff" * 9 + b"\x7f", 1, 1)), "4,closed")
check("string_longer_than_the_frame", fate(frame(NOTIFY, text("ask") + b"\1" + varint(2**40), 1, 1)),
      "4,closed")
check("fewer_arguments_than_said", fate(frame(NOTIFY, text("ask") + b"\2" + text("user") +
                                              typed("m"), 1, 1)), "4,closed")
check("unknown_value_type", fate(frame(NOTIFY, text("ask") + b"\1" + text("user") + b"\x0f", 1, 1)),
      "4,closed")
check("short_address", fate(frame(NOTIFY, text("ask") + b"\1" + text("ip") + b"\7abc", 1, 1)),
      "4,closed")
check("disconnect_is_answered", fate(frame(BYE, text("status-code") + b"\3\2" + text("message") +
                                           typed("\r\nforged: line"))), "0,closed")
check("random_bytes", fate(rng.randbytes(5000)).endswith("closed"), "True")

# --------------------------------------------- frames in order that cannot be asked
check("binary_name", fate(notify(**{"us\0\n\xff": "m"}), wait_s=0.3), "error,open")
check("name_missing", fate(notify(**{"": "m"}), wait_s=0.3), "error,open")
check("name_of_64_bytes", fate(notify(**{"n" * 64: "m"}), wait_s=0.3), "error,open")
check("argument_twice", fate(frame(NOTIFY, text("ask") + b"\2" + (text("user") + typed("m")) * 2,
                                   1, 1), wait_s=0.3), "error,open")
check("arguments_33", fate(notify(**{f"a{i}": "x" for i in range(33)}), wait_s=0.3), "error,open")
check("cost_below_0", fate(notify(user="m", cost=-1), wait_s=0.3), "error,open")
check("cost_in_words", fate(notify(user="m", cost="many"), wait_s=0.3), "error,open")
check("cost_and_messages", fate(notify(user="m", cost=1, messages=1), wait_s=0.3), "error,open")
check("two_messages", fate(frame(NOTIFY, message({"user": "m"}) * 2, 1, 1), wait_s=0.3),
      "error,open")
check("no_message", fate(frame(NOTIFY, b"", 1, 1), wait_s=0.3), "error,open")
check("no_user", fate(notify(user=None), wait_s=0.3), "error,open")
check("binary_value_is_a_user", fate(notify(user=b"\0\xff\r\n"), wait_s=0.3), "allow,open")

# ------------------------------------------------------------------- pipelining
with Client(address) as client:
    client.send(b"".join(notify(2**40 + i, i, user="pipe") for i in range(500)))
    answers = [client.answer() for _ in range(500)]
check("pipelined_500_in_order", [a[1:3] for a in answers] ==
      [(2**40 + i, i) for i in range(500)], "True")
check("pipelined_are_counted", sum(a[3]["verdict"] == "allow" for a in answers), 5)

# A client that is slow, 100 that say nothing, and one that reads no answer.
slow = Client(address)
mute = [Client(address, greet=False) for _ in range(100)]
deaf = Client(address, 0.3)
try:
    while True:
        deaf.send(good * 1000)
except OSError:
    pass
served = 0
for byte in good[:-1]:
    slow.send(bytes([byte]))
    served += bystander.ask(user="bystander", cost=0)["verdict"] == "allow"
print("beside_slow_clients_all_are_served", served, len(good) - 1)
slow.send(good[-1:])
check("slow_client_is_answered_in_the_end", slow.answer()[3]["verdict"], "allow")
for client in [slow, deaf, *mute]:
    client.close()
mute = [Client(impatient, greet=False) for _ in range(100)]
half = Client(impatient)
half.send(good[:-1])
print("impatient_agent_drops_100_that_say_nothing", sum(c.answer() is None for c in mute), 100)
print("impatient_agent_drops_half_a_frame", half.answer(), None)

# Valid exchanges with random damage: any answer or a closed connection, never an end.
whole = hello() + notify(7, 9, user="m", ip=b"\1\2\3\4", cost=0, bytes=2**33, none=None, yes=True)
known = {ACK, AGENT_BYE, AGENT_HELLO}
strange = 0
for _ in range(1500):
    data = bytearray(whole)
    for _ in range(rng.randrange(1, 6)):
        place = rng.randrange(len(data))
        how = rng.randrange(4)
        if how < 2:
            data[place] = rng.choice([0, 1, 4, 127, 128, 239, 240, 255, rng.randrange(256)])
        elif how == 2:
            del data[place:place + rng.randrange(1, 9)]
        else:
            data[place:place] = rng.randbytes(rng.randrange(1, 9))
    with Client(address, 5, greet=False) as client:
        try:
            client.send(bytes(data))
            client.link.shutdown(1)
            while answer := client.answer():
                strange += answer[0] not in known
        except (BrokenPipeError, ConnectionResetError):
            pass
check(f"1500_damaged_exchanges_seed_{seed}", strange, 0)
print("the_agent_has_not_ended", os.path.exists(f"/proc/{process}/exe"), True)
growth = rss_bytes(process) - before
limit = int(os.environ.get("WEIR_GROWTH_MAX", 4 << 20))
print("memory_comes_back", growth if growth > limit else "yes", "yes")
bystander.close()
