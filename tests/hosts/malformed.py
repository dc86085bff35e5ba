# SPDX-License-Identifier: BSD-2-Clause
"""malformed.py ADDRESS PROCESS: clients that break the protocol, beside one that keeps it.

Prints one line a check: NAME GOT EXPECTED."""
import os
import random
import sys

from policy_client import Client, encode, rss_bytes

address, process = sys.argv[1], int(sys.argv[2])
seed = int(os.environ.get("WEIR_SEED", random.randrange(2**32)))
rng = random.Random(seed)
good = encode({"protocol_state": "EHLO"})


def fate(data, wait_s=5):
    """What becomes of a client that sends this."""
    with Client(address, wait_s) as client:
        try:
            client.send(data)
            return client.reply() or "closed"
        except (BrokenPipeError, ConnectionResetError):
            return "closed"
        except TimeoutError:
            return "waits"


bystander = Client(address)


def check(name, got, expected):
    print(name, str(got).replace(" ", "_"), expected)
    print(f"{name}_and_others_are_served", bystander.ask("EHLO"), "DUNNO")


before = rss_bytes(process)
check("attribute_of_1_mb", fate(encode({"sender": "x" * 1000000})), "closed")
check("no_terminator", fate(good[:-1] + b"x=y\n", 0.3), "waits")
check("no_newline", fate(b"x" * 1000000), "closed")
check("binary_bytes", fate(rng.randbytes(5000) + b"\0\n\n"), "closed")
check("bytes_after_a_good_request", fate(good + b"\0\xff\n\n"), "DUNNO")
inject = b"mallory\r\naction=OK\r\n\r\n".replace(b"\n", b"\x0b")
check("injected_header_in_the_user",
      fate(encode({"protocol_state": "DATA", "sasl_username": inject, "recipient_count": 1})),
      "DUNNO")
check("injected_line_in_the_sender",
      fate(encode({"protocol_state": "DATA", "sasl_username": "mallory",
                   "sender": b"a@b\nsasl_username=storm"})), "closed")

# A client that is slow, 200 that say nothing, and one that reads no reply.
slow = Client(address)
mute = [Client(address) for _ in range(200)]
deaf = Client(address, 0.3)
try:
    while True:
        deaf.send(good * 1000)
except OSError:
    pass
served = 0
for byte in good[:-1]:
    slow.send(bytes([byte]))
    served += bystander.ask("EHLO") == "DUNNO"
print("beside_slow_clients_all_are_served", served, len(good) - 1)
slow.send(good[-1:])
check("slow_client_is_answered_in_the_end", slow.reply(), "DUNNO")
for client in [slow, deaf, *mute]:
    client.close()

# Valid requests with random damage: any reply or a closed connection, never an end.
for _ in range(500):
    data = bytearray(encode({"protocol_state": "DATA", "sasl_username": "m", "recipient_count": 1,
                             "size": 5, "sender": "a@b", "instance": "i"}))
    for _ in range(rng.randrange(1, 6)):
        data[rng.randrange(len(data))] = rng.choice([0, 10, 10, 61, 255, rng.randrange(256)])
    with Client(address, 5) as client:
        client.send(bytes(data) + b"\n\n")
check(f"500_damaged_requests_seed_{seed}", os.path.exists(f"/proc/{process}/exe"), "True")
growth = rss_bytes(process) - before
print("memory_comes_back", growth if growth > 4 << 20 else "yes", "yes")
bystander.close()
