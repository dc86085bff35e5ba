# SPDX-License-Identifier: BSD-2-Clause
"""milter_malformed.py ADDRESS PROCESS: mail servers that break the milter protocol, beside one that
keeps it.  The users `many` and `bystander` have no limit.

Prints one line a check: NAME GOT EXPECTED."""
import os
import random
import struct
import sys

from milter_client import (ABORT, BODY, CONNECT, DATA, EOM, HELO, MACRO, MAIL, OPTNEG, QUIT, RCPT,
                           UNKNOWN, Client, connection, mail, options, packet, rcpt, words)
from policy_client import rss_bytes

address, process = sys.argv[1], int(sys.argv[2])
seed = int(os.environ.get("WEIR_SEED", random.randrange(2**32)))
rng = random.Random(seed)
bystander = Client(address)


def fate(data, greet=True, wait_s=10, end=True):
    """What becomes of a mail server that sends this, and then no more unless told so."""
    answers = []
    with Client(address, wait_s, greet) as client:
        try:
            client.send(data)
            if end:
                client.end()
            while answer := client.answer():
                answers.append(answer)
            answers.append("closed")
        except (BrokenPipeError, ConnectionResetError):
            answers.append("closed")
        except TimeoutError:
            answers.append("open")
    return ",".join(answers)


def served():
    return bystander.message("bystander") == ["continue"] * 3


def check(name, got, expected):
    print(name, str(got).replace(" ", "_"), expected)
    print(f"{name}_and_others_are_served", "yes" if served() else "no", "yes")


def header(length, command=MAIL):
    return struct.pack("!I", length) + command


before = rss_bytes(process)
message = mail("many") + rcpt() + packet(EOM)
passed = "continue,continue,continue"

# --------------------------------------------------------------- lengths, ends
check("a_good_message", fate(message), passed + ",closed")
check("garbage_of_1_mb", fate(rng.randbytes(1 << 20)), "closed")
check("letters_of_1_mb", fate(b"MAIL FROM:<a@b>\r\n" * 60000), "closed")
check("length_0", fate(header(0)), "closed")
check("length_of_4_gb", fate(header(2**32 - 1) + b"x" * 1000), "closed")
check("length_of_2_gb", fate(header(2**31) + b"x" * 1000), "closed")
check("length_above_64_kb", fate(header(65537 + 1) + b"x" * 65537), "closed")
check("length_longer_than_what_comes", fate(header(100) + b"<a@b>\0"), "closed")
check("length_longer_than_what_comes_yet", fate(header(100) + b"<a@b>\0", wait_s=0.3, end=False),
      "open")
check("length_shorter_than_what_comes", fate(header(4) + b"<a@b.test>\0" + message), "closed")
check("nothing", fate(b"", greet=False), "closed")
check("one_byte", fate(b"\0"), "closed")
check("end_after_the_recipient", fate(mail("many") + rcpt()), "continue,continue,closed")

# --------------------------------------------------------------- what it says
check("unknown_command", fate(packet(b"?", b"x")), "closed")
check("no_terminator", fate(packet(MAIL, b"<a@example.test>")), "closed")
check("no_address", fate(packet(MAIL)), "closed")
check("empty_address", fate(packet(MACRO, MAIL + words("{auth_authen}", "many")) +
                            packet(MAIL, b"\0") + packet(RCPT, b"\0") + packet(EOM)),
      passed + ",closed")
check("null_sender", fate(mail("many", "<>") + rcpt("<>") + packet(EOM)), passed + ",closed")
check("options_too_short", fate(packet(OPTNEG, b"\0\0\0\6"), greet=False), "closed")
check("version_1", fate(options(version=1), greet=False), "closed")
check("version_2_without_what_was_added_later",
      fate(options(2, 0x1F, 0x7F) + connection() + message, greet=False),
      "options,continue," + passed + ",closed")
check("no_options", fate(connection() + message, greet=False)[-6:], "closed")
check("message_before_its_connection", fate(options() + message, greet=False),
      "options," + passed + ",closed")
check("unknown_family", fate(options() + packet(CONNECT, b"h\0X\0\0x\0") + message, greet=False),
      "options,closed")
check("address_that_is_none", fate(options() + connection("300.1.2.3") + message, greet=False),
      "options,closed")
check("family_without_an_address",
      fate(options() + packet(CONNECT, b"h\0U") + message, greet=False),
      "options,continue," + passed + ",closed")
check("ipv6", fate(options() + packet(CONNECT, b"h\0" + b"6\0\1::1\0") + message, greet=False),
      "options,continue," + passed + ",closed")

# --------------------------------------------------------------- order
check("recipient_first", fate(rcpt() + message), passed + ",closed")
check("recipient_behind_another_command", fate(packet(UNKNOWN, b"x\0") + rcpt() + message),
      "continue,continue," + passed + ",closed")
check("end_of_message_first", fate(packet(EOM) + message), passed + ",closed")
check("abort_first", fate(packet(ABORT) * 3 + message), passed + ",closed")
check("mail_twice", fate(mail("many") + rcpt() + message),
      "continue,continue," + passed + ",closed")
check("text_that_was_not_wanted", fate(mail("many") + rcpt() + packet(DATA) +
                                       packet(BODY, b"x" * 65000) + packet(EOM)),
      "continue," * 5 + "closed")
check("greeting_again", fate(packet(HELO, words("h")) + connection() + message),
      "continue," + passed + ",closed")
check("quit_in_the_middle", fate(mail("many") + rcpt() + packet(QUIT) + message),
      "continue,continue,closed")

# --------------------------------------------------------------- bytes, sizes
for name, value in (("every_byte", bytes(range(1, 256))),
                    ("lines", b"x\r\nweir-milter: forged\r\n"), ("percent", b"%s%n%n%s"), ("60_kb", b"x" * 60000)):
    check(f"{name}_in_the_user", fate(mail(value) + rcpt() + packet(EOM)), passed + ",closed")
    check(f"{name}_in_the_addresses",
          fate(mail("many", b"<" + value + b">") + rcpt(value) + packet(EOM)), passed + ",closed")
    check(f"{name}_in_what_is_refused", fate(mail(value, value) + rcpt(value) * 11),
          "continue," * 10 + "450_4.7.1,450_4.7.1,closed")  # one passed above
answers = fate(mail("many") + b"".join(rcpt(f"<u{i}@x.test>") for i in range(1100)) +
               packet(EOM)).split(",")
check("1100_recipients", "{}_continue,{}_refused".format(
    answers.count("continue"), answers.count("452 4.5.3")), "1026_continue,76_refused")
check("recipients_of_60_kb", fate(mail("many") + rcpt(b"x" * 60000) * 18).count("452"), 1)

# A mail server that is slow, 200 that say nothing, and one that reads no answer.
slow = Client(address)
mute = [Client(address) for _ in range(200)]
deaf = Client(address, 0.3)
try:
    while True:
        deaf.send(message * 1000)
except OSError:
    pass
count = 0
for byte in message[:-1]:
    slow.send(bytes([byte]))
    count += served()
print("beside_slow_clients_all_are_served", count, len(message) - 1)
slow.send(message[-1:])
check("slow_client_is_answered_in_the_end", ",".join(slow.answer() for _ in range(3)), passed)
for client in [slow, deaf, *mute]:
    client.close()

# Good conversations with random damage: any answer or a closed connection, never an end.  Macros
# are left whole: libmilter reads past a list of an odd number of them.
for _ in range(300):
    pieces = [options(), connection(), mail("", "<m@example.test>"), rcpt(), packet(EOM)]
    for _ in range(rng.randrange(1, 6)):
        which = rng.randrange(len(pieces))
        damaged = bytearray(pieces[which])
        damaged[rng.randrange(len(damaged))] = rng.choice([0, 0, 1, 255, rng.randrange(256)])
        pieces[which] = bytes(damaged)
    rng.choice([rng.shuffle, lambda _: None])(pieces)
    fate(b"".join(pieces), greet=False)
check(f"300_damaged_conversations_seed_{seed}", os.path.exists(f"/proc/{process}/exe"), "True")
growth = rss_bytes(process) - before
print("memory_comes_back", growth if growth > 32 << 20 else "yes", "yes")
bystander.close()
