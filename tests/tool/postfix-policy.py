# SPDX-License-Identifier: BSD-2-Clause
"""examples/postfix-policy by its protocol alone, no Postfix needed.

DELEGATE and WEIRCTL name the two programs.  Ends with "N passed, M failed"."""
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hosts"))
from policy_client import Client, Delegate, encode  # noqa: E402

DELEGATE = os.environ["DELEGATE"]
WEIRCTL = os.environ["WEIRCTL"]
FOLDER = tempfile.mkdtemp(prefix="weir-pp.")
TABLE = os.path.join(FOLDER, "table")
SOCKET = os.path.join(FOLDER, "s")
ADDRESS = "unix:" + SOCKET
LOG = os.path.join(FOLDER, "log")
WAIT = re.compile(r"^450 4\.7\.1 ([\w.-]+): rate limit exceeded, try again in "
                  r"(?:(\d+) days?)?(?: ?(\d+) hours?)?(?: ?(\d+) minutes?)?$")

# No limit refills by one within an hour: the counts below are exact.
POLICY = """
policy submission
  limit user-day   10 recipients / 365d per user
  limit user-count  5 messages / 365d   per user
  limit volume   4000 bytes / 365d      per user
policy inbound
  limit address  3 messages / 365d per ip
  limit by-user  1 messages / 365d per user optional
policy senders
  limit domain   2 messages / 365d per domain
policy strict
  limit person   2 messages / 365d per user
"""

counts = {True: 0, False: 0}


def check(name, got, expected):
    counts[got == expected] += 1
    if got != expected:
        print(f"FAILED {name}: got {got!r}, expected {expected!r}")


def weirctl(*arguments, text=None):
    return subprocess.run([WEIRCTL, "-t", TABLE, *arguments], input=text, text=True,
                          stdout=subprocess.PIPE, check=False)


def create_table():
    path = os.path.join(FOLDER, "policy")
    with open(path, "w", encoding="ascii") as policy:
        policy.write(POLICY)
    if weirctl("create", "--keys", "1000", "--policy", path).returncode != 0:
        sys.exit("weirctl create failed")


def limit_of(action):
    """The limit that refused, and whether its wait is a year's part; else the action."""
    match = WAIT.match(action or "")
    if not match:
        return action
    days, hours, minutes = (int(part or 0) for part in match.groups()[1:])
    return match.group(1) if 0 < days * 1440 + hours * 60 + minutes <= 366 * 1440 else action


def costs(delegate):
    with delegate.client() as c:
        check("data_five_messages_pass", [c.ask(user="u1") for _ in range(5)], ["DUNNO"] * 5)
        check("data_sixth_is_refused", limit_of(c.ask(user="u1")), "user-count")
        check("other_user_passes", c.ask(user="u2"), "DUNNO")
        check("data_costs_its_recipients",
              [limit_of(c.ask(user="u3", recipient_count=n)) for n in (6, 5, 4, 1)],
              ["DUNNO", "user-day", "DUNNO", "user-day"])
        check("end_of_message_costs_its_recipients",
              [limit_of(c.ask("END-OF-MESSAGE", user="u4", recipient_count=n)) for n in (7, 4)],
              ["DUNNO", "user-day"])
        check("both_stages_of_an_instance_cost_once",
              [limit_of(c.ask(stage, user="u5", instance=i, recipient_count=5))
               for i in ("i1", "i2", "i3") for stage in ("DATA", "END-OF-MESSAGE")],
              ["DUNNO"] * 4 + ["user-day"] * 2)
        check("rcpt_costs_one_and_the_message_once",
              [limit_of(c.ask("RCPT", user="u6", instance="j")) for _ in range(11)],
              ["DUNNO"] * 10 + ["user-day"])
        check("data_after_rcpt_costs_no_more",
              c.ask(user="u6", instance="j", recipient_count=10), "DUNNO")
        check("refused_at_data_gives_back_what_rcpt_paid",
              [limit_of(c.ask("RCPT", user="u7", instance="k")),
               c.ask(user="u7", instance="k", recipient_count=11)[:9],
               limit_of(c.ask(user="u7", recipient_count=10))],
              ["DUNNO", "450 4.7.1", "DUNNO"])
        check("bytes_count_at_the_end_alone",
              [limit_of(c.ask(stage, user="u8", instance=i, size=2500))
               for i in ("l1", "l2") for stage in ("DATA", "END-OF-MESSAGE")],
              ["DUNNO"] * 3 + ["volume"])
        check("refused_at_the_end_gives_back_what_data_paid",
              [limit_of(c.ask(user="u8")) for _ in range(5)], ["DUNNO"] * 4 + ["user-count"])
        check("more_than_the_burst_is_452",
              c.ask(user="u9", recipient_count=11),
              "452 4.5.3 user-day: more than the limit of 10 recipients at once, "
              "send to fewer at a time")
        check("more_bytes_than_the_burst_is_no_452",
              c.ask("END-OF-MESSAGE", user="u9", size=4001),
              "450 4.7.1 volume: more than the limit of 4000 at once, send it in smaller parts")
        check("other_stages_cost_nothing",
              [c.ask(s, user="u10") for s in ("CONNECT", "EHLO", "MAIL", "VRFY", "") * 3],
              ["DUNNO"] * 15)
        check("without_user_no_decision", [c.ask(user="") for _ in range(20)], ["DUNNO"] * 20)


def framing(delegate):
    request = encode({"protocol_state": "DATA", "sasl_username": "f1", "recipient_count": "1"})
    with delegate.client() as c:
        for byte in request:
            c.send(bytes([byte]))
        check("byte_by_byte_is_answered", c.reply(), "DUNNO")
        c.send(request * 5)
        check("pipelined_requests_are_answered_in_order",
              [limit_of(c.reply()) for _ in range(5)], ["DUNNO"] * 4 + ["user-count"])
        c.send(request[:40])
        time.sleep(0.02)
        c.send(request[40:] + request[:10])
        check("cut_in_two_is_answered", limit_of(c.reply()), "user-count")
        c.send(request[10:])
        check("what_followed_it_is_answered", limit_of(c.reply()), "user-count")
        c.send(encode({"x": "v" * 3000})[:2000])
        time.sleep(0.02)
        c.send(encode({"x": "v" * 3000})[2000:] + request)
        check("short_after_long_is_answered", [limit_of(c.reply()) for _ in range(2)],
              ["DUNNO", "user-count"])
    with delegate.client() as c:
        c.send(request * 3)
        c.link.shutdown(socket.SHUT_WR)
        check("half_closed_is_answered_to_the_end",
              [limit_of(c.reply()) for _ in range(4)], ["user-count"] * 3 + [None])
    plain = encode({"x": ""})
    for size, expected in ((65536, "DUNNO"), (65537, None)):
        with delegate.client() as c:
            c.send(encode({"x": "v" * (size - len(plain))}))
            check(f"request_of_{size}_bytes", c.reply(), expected)


def hostile(delegate):
    good = encode({"protocol_state": "EHLO"})
    bad = {
        "line_without_equals": b"request=smtpd_access_policy\nnonsense\n\n",
        "nul_in_a_value": b"request=smtpd_access_policy\nsender=a\0b\n\n",
        "no_request_line": b"protocol_state=DATA\n\n",
        "other_protocol": b"request=junk\n\n",
        "empty_request": b"\n",
        "crlf_lines": good.replace(b"\n", b"\r\n") + b"\n\n",
        "attribute_twice": encode({"sasl_username": "a"})[:-1] + b"sasl_username=b\n\n",
        "count_negative": encode({"recipient_count": "-1"}),
        "count_not_a_number": encode({"recipient_count": "1x"}),
        "count_of_2_to_64": encode({"size": "18446744073709551616"}),
        "count_far_too_large": encode({"size": "99999999999999999999"}),
        "binary": bytes(range(256)) * 16 + b"\n\n",
        "no_newline_at_all": b"x" * 70000,
    }
    with delegate.client() as bystander:
        for name, data in bad.items():
            with delegate.client() as c:
                try:
                    c.send(data)
                    got = c.reply()
                except (BrokenPipeError, ConnectionResetError):
                    got = None
                check(f"{name}_is_dropped", got, None)
            check(f"after_{name}_others_are_served", bystander.ask("EHLO"), "DUNNO")
    with delegate.client() as c:
        forged = b"x\r\x1b[2J action=OK\xff\"\\"
        check("control_bytes_are_only_bytes",
              [limit_of(c.ask(user=forged, sender=forged)) for _ in range(6)],
              ["DUNNO"] * 5 + ["user-count"])
        check("lone_newline_value_does_not_answer_twice",
              c.ask(user="h2", sender=b"a@b\nfoo=action=OK"), "DUNNO")
    log = delegate.lines()
    check("log_has_no_control_bytes", re.findall(r"[^\n -~]", log), [])
    check("log_escapes_the_user", r"user=x\x0d\x1b[2J\x20action=OK\xff\x22\x5c ip=" in log, True)


def crowd(delegate, slow):
    """Clients that do not read, or do not write, and what befalls them."""
    for _ in range(20):
        with delegate.client() as hasty:
            hasty.send(encode({"protocol_state": "EHLO"}) * 3)
    check("clients_that_leave_unanswered_end_nothing", delegate.ask("EHLO"), "DUNNO")
    deaf = delegate.client()
    deaf.link.setblocking(False)
    request = encode({"protocol_state": "EHLO"})
    sent = 0
    quiet = 0
    while quiet < 5:
        try:
            sent += deaf.link.send((request * 100)[sent % len(request):])
            quiet = 0
        except BlockingIOError:
            quiet += 1
            time.sleep(0.01)
    check("client_that_reads_nothing_holds_up_nobody", delegate.ask("EHLO"), "DUNNO")
    deaf.link.settimeout(5)
    got = [deaf.reply() for _ in range(sent // len(request))]
    check("when_it_reads_at_last_all_is_there", set(got), {"DUNNO"})
    deaf.close()
    check("slow_client_is_dropped", slow.reply(), None)


def table_comes_and_goes(closed, opened):
    fault = "451 4.3.5 sending limits cannot be checked, try again later"
    with closed.client() as c, opened.client() as o:
        check("before_removal_both_count", [c.ask(user="t1"), o.ask(user="t1")], ["DUNNO"] * 2)
        os.unlink(TABLE)
        check("table_removed_fails_closed", [c.ask(user="t1") for _ in range(3)], [fault] * 3)
        check("table_removed_fails_open", [o.ask(user="t1") for _ in range(9)], ["DUNNO"] * 9)
        create_table()
        end = time.monotonic() + 3
        while (c.ask(user="t2") == fault or "table " + TABLE + ": in use" not in
               opened.lines().split("removed or replaced")[-1]) and time.monotonic() < end:
            o.ask("DATA", user="t3")
            time.sleep(0.1)
        check("table_made_again_is_used", c.ask(user="t4"), "DUNNO")
        check("table_made_again_is_one_for_both",
              [limit_of(o.ask(user="t4")) for _ in range(5)], ["DUNNO"] * 4 + ["user-count"])
    with open(opened.log, encoding="latin-1") as log:
        check("fail_open_is_logged", "cannot decide by policy submission of table " + TABLE
              in log.read(), True)


def other_policies():
    with Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE, "-p", "inbound", "-a") as d:
        with d.client() as c:
            check("all_clients_are_asked_with_a",
                  [limit_of(c.ask(user="")) for _ in range(4)], ["DUNNO"] * 3 + ["address"])
            check("optional_limit_counts_where_there_is_a_user",
                  [limit_of(c.ask(user="o1", client_address=f"2001:db8::{i}")) for i in (1, 2)],
                  ["DUNNO", "by-user"])
    with Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE, "-p", "strict", "-a") as d:
        check("limit_without_its_attribute_is_an_error", d.ask(user="")[:9], "451 4.3.5")
    with Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE, "-p", "senders") as d:
        with d.client() as c:
            check("domain_is_compared_without_case",
                  [limit_of(c.ask(sender=s)) for s in ("a@X.Example", "B@x.eXAMPLE", "c@x.example")],
                  ["DUNNO", "DUNNO", "domain"])
            check("null_sender_is_one_of_its_own",
                  [limit_of(c.ask(sender="")) for _ in range(3)], ["DUNNO", "DUNNO", "domain"])
    with Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE, "-p", "absent") as d:
        check("policy_that_is_not_there_fails_closed", d.ask()[:9], "451 4.3.5")
    port = socket.create_server(("127.0.0.1", 0))
    address = "inet:127.0.0.1:%d" % port.getsockname()[1]
    port.close()
    with Delegate(DELEGATE, address, LOG, "-t", TABLE, descriptors=24) as d:
        held = [d.client(0.3) for _ in range(8)]
        check("inet_is_served", [h.ask("EHLO") for h in held], ["DUNNO"] * 8)
        with d.client(0.3) as late:
            late.send(encode({"protocol_state": "EHLO"}))
            try:
                got = late.reply()
            except TimeoutError:
                got = "waits"
            check("one_too_many_waits", got, "waits")
            check("those_before_are_served", [h.ask("EHLO") for h in held], ["DUNNO"] * 8)
            held.pop().close()
            check("when_one_leaves_it_is_served", late.reply(), "DUNNO")
        for h in held:
            h.close()


def life():
    d = Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE, "-m", "0600")
    check("mode_is_set", stat.S_IMODE(os.stat(SOCKET).st_mode), 0o600)
    d.ask(user="life", recipient_count=9)
    other = subprocess.run([DELEGATE, "-v", "-l", ADDRESS], stderr=subprocess.DEVNULL, check=False)
    check("socket_in_use_is_not_taken", (other.returncode, d.ask("EHLO")), (71, "DUNNO"))
    check("sigkill_ends_it", d.stop(9), -9)
    check("sigkill_leaves_the_socket", os.path.exists(SOCKET), True)
    d = Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE)
    check("started_again_it_remembers", limit_of(d.ask(user="life", recipient_count=2)), "user-day")
    with d.client() as c:
        c.ask("EHLO")
        check("sigterm_ends_it_well", d.stop(), 0)
        check("sigterm_closes_clients", c.reply(), None)
    check("sigterm_removes_the_socket", os.path.exists(SOCKET), False)
    with open(SOCKET, "w", encoding="ascii") as file:
        file.write("not a socket")
    other = subprocess.run([DELEGATE, "-v", "-l", ADDRESS], stderr=subprocess.DEVNULL, check=False)
    check("another_file_is_not_replaced", (other.returncode, os.path.getsize(SOCKET)), (71, 12))
    os.unlink(SOCKET)
    if os.getuid() == 0:
        os.chmod(FOLDER, 0o755)
        d = Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE, "-u", "nobody")
        d.ask("EHLO")  # who is answered is so after the change of user
        with open(f"/proc/{d.process.pid}/status", encoding="ascii") as status:
            ids = set(re.findall(r"^[UG]id:\t(.*)$", status.read(), re.M))
        check("user_is_dropped_to", "0" in " ".join(ids).replace("\t", " ").split(), False)
        check("socket_belongs_to_the_user", os.stat(SOCKET).st_uid == 0, False)
        check("no_right_to_the_table_fails_closed", d.ask()[:9], "451 4.3.5")
        d.stop()
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)


def spawned():
    request = encode({"protocol_state": "DATA", "sasl_username": "sp", "recipient_count": "1"})
    done = subprocess.run([DELEGATE, "-t", TABLE], input=request * 6, stdout=subprocess.PIPE,
                          check=False)
    check("standard_input_is_served", (done.returncode, done.stdout.count(b"action=DUNNO\n\n"),
                                       done.stdout.count(b"action=450 4.7.1")), (0, 5, 1))
    ours, theirs = socket.socketpair()
    with subprocess.Popen([DELEGATE, "-v", "-t", TABLE], stdin=theirs, stdout=theirs,
                          stderr=theirs) as process:
        theirs.close()
        client = Client.__new__(Client)
        client.link, client.left = ours, b""
        ours.settimeout(5)
        check("spawned_log_does_not_reach_the_client",
              [limit_of(client.ask(user="sp")), client.ask("EHLO")], ["user-count", "DUNNO"])
        ours.close()
        check("spawned_ends_with_its_client", process.wait(5), 0)
    for arguments, expected in ((["--help"], 0), (["-x"], 64), (["extra"], 64), (["-m", "9"], 64),
                                (["-f", "ajar"], 64), (["-i", "0"], 64), (["-u", "no such"], 64),
                                (["-l", "tcp:1"], 71), (["-l", "inet:127.0.0.1"], 71)):
        done = subprocess.run([DELEGATE, "-v", *arguments], stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        check("options " + " ".join(arguments), done.returncode, expected)


def main():
    create_table()
    quick = Delegate(DELEGATE, "unix:" + FOLDER + "/q", LOG + ".q", "-t", TABLE, "-i", "1")
    slow = quick.client()
    slow.send(b"request=smtpd_access_policy\n")
    idle = subprocess.Popen([DELEGATE, "-t", TABLE, "-i", "1"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
    idle.stdin.write(encode({"protocol_state": "EHLO"}))
    idle.stdin.flush()
    closed = Delegate(DELEGATE, ADDRESS, LOG, "-t", TABLE)
    opened = Delegate(DELEGATE, "unix:" + FOLDER + "/o", LOG + ".o", "-t", TABLE, "-f", "open")
    with quick, closed, opened:
        costs(closed)
        framing(closed)
        hostile(closed)
        table_comes_and_goes(closed, opened)
        crowd(quick, slow)
        check("spawned_and_silent_it_ends", (idle.wait(5), idle.communicate()[0]),
              (0, b"action=DUNNO\n\n"))
        check("all_are_alive", [d.alive() for d in (quick, closed, opened)], [True] * 3)
    other_policies()
    life()
    spawned()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
try:
    main()
finally:
    shutil.rmtree(FOLDER)
print(f"{counts[True]} passed, {counts[False]} failed")
sys.exit(counts[False] > 0)
