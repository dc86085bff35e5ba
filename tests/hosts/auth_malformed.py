# SPDX-License-Identifier: BSD-2-Clause
"""auth_malformed.py ADDRESS PROCESS IMPATIENT: clients of weir-auth-http that are no nginx, or
whose clients are hostile, beside one that is in order.  IMPATIENT is the address of one with -i 1.
`slow` has a hash that takes seconds.  The policy of sign-ins has 5 attempts per user.

Prints one line a check: NAME GOT EXPECTED."""
import os
import random
import socket
import subprocess
import sys

from auth_client import KEY, Client, ask, escape, request, told
from policy_client import rss_bytes

address, process, impatient = sys.argv[1], int(sys.argv[2]), sys.argv[3]
seed = int(os.environ.get("WEIR_SEED", random.randrange(2**32)))
rng = random.Random(seed)
good = request()


def fate(data, wait_s=10, end=False, where=address):
    """What becomes of a client that sends this."""
    with Client(where, wait_s) as client:
        try:
            client.send(data)
            if end:
                client.link.shutdown(socket.SHUT_WR)
            return told(client.answer())
        except TimeoutError:
            return "waits"
        except (BrokenPipeError, ConnectionResetError):
            return "closed"


def show(name, got, expected):
    print(name, str(got).replace(" ", "_"), expected.replace(" ", "_"))


def check(name, got, expected):
    show(name, got, expected)
    show(f"{name}_and_others_are_served", ask(address), "OK")


weirctl = [os.environ["WEIRCTL"], "-t", os.environ["WEIR_TABLE"]]
crowd_in = request(auth_user="crowd", auth_pass="pw-crowd")


def crowd(clients):
    """What each of so many at once is told."""
    links = [Client(address, 60) for _ in range(clients)]
    for link in links:
        link.send(crowd_in)
    answers = [told(link.answer()) for link in links]
    for link in links:
        link.close()
    return [answers.count("OK"), answers.count("454 4.7.0")]


show("400_at_once", crowd(400), "[400, 0]")
crowd(600)  # the most that it has to remember: what grows from here on is lost
before = rss_bytes(process)

# ----------------------------------------------------------------- no request
check("nul_byte", fate(good.replace(b"localhost", b"local\0host")), "400")
check("line_end_without_cr", fate(request(end="\n")), "400")
check("one_line_end_without_cr", fate(good.replace(b"localhost\r", b"localhost")), "400")
check("cr_within_a_line", fate(good.replace(b"localhost", b"local\rhost")), "400")
check("folded_line", fate(good.replace(b"Host:", b" Host:")), "400")
check("line_without_a_colon", fate(good.replace(b"Host: localhost", b"Host")), "400")
check("blank_before_the_colon", fate(good.replace(b"Host:", b"Host :")), "400")
check("name_missing", fate(good.replace(b"Host:", b":")), "400")
check("post", fate(request("POST /auth HTTP/1.0")), "400")
check("no_version", fate(request("GET /auth")), "400")
check("http_2", fate(request("GET /auth HTTP/2.0")), "400")
check("blank_in_the_path", fate(request("GET /a b HTTP/1.0")), "400")
check("no_path", fate(request("GET  HTTP/1.0")), "400")
check("a_body", fate(request(content_length="5") + b"hello"), "400")
check("a_chunked_body", fate(request(transfer_encoding="chunked")), "400")
check("empty_line_alone", fate(b"\r\n\r\n"), "400")
check("binary", fate(b"\x16\x03\x01\x02\x00" + rng.randbytes(300) + b"\n\n"), "400")
check("user_twice", fate(good.replace(b"Host: localhost", b"auth-user: storm")), "400")
check("longer_than_8_kib", fate(request(x_more="x" * 8192)), "400")
check("as_long_as_8_kib", fate(request(x_more="x" * (8192 - len(request(x_more=""))))), "OK")
check("header_of_1_mb", fate(request(x_more="x" * 1000000)) in ("400", "closed"), "True")
check("no_line_end", fate(b"x" * 100, 0.3), "waits")
check("ended_within_a_request", fate(good[:-2], end=True), "closed")
check("ended_behind_a_request", fate(good, end=True), "OK")
check("two_requests", fate(good + good), "OK")

# ----------------------------------------------------- fields that are wrong
check("no_method", fate(request(auth_method=None)), "400")
check("no_protocol", fate(request(auth_protocol=None)), "400")
check("another_protocol", fate(request(auth_protocol="nntp")), "400")
check("no_user", fate(request(auth_user=None)), "400")
check("no_password", fate(request(auth_pass=None)), "400")
for escaped in ("%", "a%", "a%4", "a%zz", "a%4z", "%%41"):
    check(f"escape_{escaped.replace('%', '_')}", fate(request(auth_user=escaped)), "400")
    check(f"escape_{escaped.replace('%', '_')}_in_the_password",
          fate(request(auth_pass=escaped)), "400")
check("attempt_in_words", fate(request(auth_login_attempt="one")), "400")
check("attempt_of_30_digits", fate(request(auth_login_attempt="1" * 30)), "400")
check("no_address", fate(request(client_ip="999.1.1.1")), "400")
check("address_of_100_bytes", fate(request(client_ip="1" * 100)), "400")
check("address_of_ipv6", fate(request(client_ip="2001:db8::1")), "OK")
check("address_of_a_unix_socket", fate(request(client_ip="unix:")), "OK")
check("names_in_another_case", fate(good.replace(b"Auth-", b"aUTH-")), "OK")
escaped = "".join(f"%{ord(c):02X}" for c in "bystander")
check("escapes_of_all_bytes", fate(request(auth_user=escaped)), "OK")
check("apop", fate(request(auth_method="apop", auth_salt="<1.2@x>")), "504 5.5.4")
check("cram_md5", fate(request(auth_method="cram-md5", auth_salt="<1.2@x>")), "504 5.5.4")
check("external", fate(request(auth_method="external", auth_pass=None)), "504 5.5.4")

# ------------------------------------------------------------------ the key
check("no_key", fate(request(x_auth_key=None)), "403")
check("empty_key", fate(request(x_auth_key="")), "403")
check("another_key", fate(request(x_auth_key=KEY[:-1] + "x")), "403")
check("half_the_key", fate(request(x_auth_key=KEY[:-1])), "403")
check("key_twice_over", fate(request(x_auth_key=KEY + KEY)), "403")

# ------------------------------------------------- what clients of nginx can send
inject = escape("bystander\r\nAuth-Status: OK\r\nAuth-Server: 192.0.2.9\r\n\r\n")
check("injected_field_in_the_user", fate(request(auth_user=inject)), "535 5.7.8")
check("injected_field_in_the_password", fate(request(auth_user="m1", auth_pass=inject)),
      "535 5.7.8")
check("nul_behind_the_right_password",
      fate(request(auth_user="fred", auth_pass="pw-fred%00")), "535 5.7.8")
check("nul_behind_the_right_user", fate(request(auth_user="fred%00", auth_pass="pw-fred")),
      "535 5.7.8")
check("blank_behind_the_right_user", fate(request(auth_user="fred%20", auth_pass="pw-fred")),
      "535 5.7.8")
check("empty_user", fate(request(auth_user="", auth_pass="")), "535 5.7.8")
check("long_user", fate(request(auth_user="u" * 256)), "535 5.7.8")
check("empty_password", fate(request(auth_user="m2", auth_pass="")), "535 5.7.8")
check("binary_user", fate(request(auth_user=escape(bytes(range(128, 256))))), "535 5.7.8")
check("long_password", fate(request(auth_user="m3", auth_pass="x" * 7000)), "535 5.7.8")
check("user_that_xclient_reads_as_another",
      fate(request(auth_user="al+69ce", auth_pass="pw-al+69ce")), "535 5.7.8")
check("locked_user", fate(request(auth_user="locked", auth_pass="!")), "535 5.7.8")
check("beginning_of_a_name", fate(request(auth_user="fre", auth_pass="pw-fred")), "535 5.7.8")
check("strangers_with_passwords_of_others",
      {ask(address, auth_user=f"stranger-{name}", auth_pass="pw-" + name)
       for name in os.environ["USERS"].split()}, "{'535 5.7.8'}")
check("hash_as_the_password",
      fate(request(auth_user="fred", auth_pass=escape(os.environ["HASH_OF_FRED"]))), "535 5.7.8")


def session(sender, recipient="RCPT TO:<u@x.test>"):
    return fate(request(auth_method="none", auth_user="", auth_pass="", auth_smtp_from=sender,
                        auth_smtp_to=recipient))


check("no_sender", session(None), "400")
check("no_recipient", session("MAIL FROM:<a@x>", None), "400")
check("session_of_imap", fate(request(auth_method="none", auth_protocol="imap")), "400")
check("sender_without_an_end", session("MAIL FROM:<a@x"), "501 5.1.7")
check("sender_without_brackets", session("MAIL FROM: a@x"), "501 5.1.7")
check("sender_empty", session(""), "501 5.1.7")
check("recipient_without_an_end", session("MAIL FROM:<a@x>", "RCPT TO:<"), "501 5.1.7")
check("null_sender", session("MAIL FROM:<>"), "OK")
several = ["MAIL FROM:<q@x.test>", "mail from: <q@X.TEST> SIZE=5", "MAIL FROM:<@a,@b:q@x.test>",
           "MAIL FROM:<q@x.test> BODY=8BITMIME <z@x>", "MAIL FROM:<q@x.test>"]
check("one_sender_in_five_ways_has_four", [session(s) for s in several].count("OK"), "4")
check("quoted_bracket_is_no_end", session('MAIL FROM:<"a> b"@x.test>'), "OK")

# ------------------------------------------------------------- slow, deaf, mute
slow, mute = Client(address), [Client(address) for _ in range(300)]
served = 0
for byte in good[:-1]:
    slow.send(bytes([byte]))
    served += ask(address) == "OK"
show("beside_slow_clients_all_are_served", served, str(len(good) - 1))
slow.send(good[-1:])
check("slow_client_is_answered_in_the_end", told(slow.answer()), "OK")
for client in [slow, *mute]:
    client.close()
mute = [Client(impatient) for _ in range(100)]
half = Client(impatient)
half.send(good[:-1])
show("impatient_one_drops_100_that_say_nothing", sum(c.answer() == "" for c in mute), "100")
show("impatient_one_drops_half_a_request", half.answer() == "", "True")


# ---------------------------------------------------- beside a hash of seconds
def has_answer(client):
    client.link.setblocking(False)
    try:
        return bool(client.link.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        client.link.settimeout(60)


slow_sign_in = request(auth_user="slow", auth_pass="pw-slow")
with Client(address, 60) as client:
    client.send(slow_sign_in)
    served = 0
    while served < 20 and not has_answer(client):
        served += ask(address) == "OK" and not has_answer(client)
    show("others_are_served_while_a_hash_takes_seconds", served > 0, "True")
    show("and_it_is_answered", told(client.answer()), "OK")
with Client(address, 60) as client:
    client.send(slow_sign_in)
    show("its_sign_in_is_counted", ask(address), "OK")
    subprocess.run([*weirctl, "block", "user=slow"], check=True, stdout=subprocess.DEVNULL)
    show("block_while_it_is_checked_ends_it", told(client.answer()), "535 5.7.1")
    subprocess.run([*weirctl, "unblock", "user=slow"], check=True, stdout=subprocess.DEVNULL)
busy = [Client(address, 60) for _ in range(2)]  # as many as threads
for client in busy:
    client.send(slow_sign_in)
show("512_wait_and_others_come_later", crowd(530), "[510, 20]")
for client in busy:
    client.close()
left = subprocess.run([*weirctl, "peek", "signin", "user=crowd", "attempts=0"],
                      check=True, stdout=subprocess.PIPE).stdout.split()[:3]
show("and_nothing_stays_charged", b" ".join(left).decode(), "allow guesses 1000000")
for _ in range(8):
    with Client(address) as client:
        client.send(request(auth_user="gone", auth_pass="wrong"))
        client.link.shutdown(socket.SHUT_WR)
show("clients_that_leave_have_tried_all_the_same",
     ask(address, auth_user="gone", auth_pass="pw-gone"), "454 4.7.0")

# Valid requests with random damage: an answer in order or a closed connection, never an end.
known = ("400", "403", "closed", "535 5.7.8", "504 5.5.4", "501 5.1.7", "454 4.7.0", "OK")
strange = []
for i in range(1500):
    data = bytearray(request(auth_user=f"d{i}", auth_pass="x%20y", auth_smtp_from="MAIL FROM:<a@b>",
                             auth_smtp_to="RCPT TO:<c@d>"))
    for _ in range(rng.randrange(1, 6)):
        place, how = rng.randrange(len(data)), rng.randrange(4)
        if how < 2:
            data[place] = rng.choice([0, 10, 13, 32, 37, 58, 255, rng.randrange(256)])
        elif how == 2:
            del data[place:place + rng.randrange(1, 9)]
        else:
            data[place:place] = rng.randbytes(rng.randrange(1, 9))
    got = fate(bytes(data), end=True)
    if got not in known:
        strange.append(got)
check(f"1500_damaged_requests_seed_{seed}", strange, "[]")
show("it_has_not_ended", os.path.exists(f"/proc/{process}/exe"), "True")
growth = rss_bytes(process) - before
limit = int(os.environ.get("WEIR_GROWTH_MAX", 4 << 20))
show("memory_comes_back", growth if growth > limit else "yes", "yes")
