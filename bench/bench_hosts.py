# SPDX-License-Identifier: BSD-2-Clause
"""The clients of bench_hosts.sh, and its rows.

A round measures each way once, in an order that turns from round to round, so that what
else the machine does falls on all alike.  `us` are microseconds an event, the median and
the extremes of all rounds; `added_us` is the median of the rounds' own differences to
`nothing`; `own_to_weir` is what the host's own limiter adds divided by what weir adds.

exim RCPT      Wall time of RCPT commands that are all accepted, in one authenticated
               session of one message, 200 in flight; the session's greeting, AUTH, MAIL
               and first RCPT are not in it.  ratelimit: one line of an ACL, per_rcpt /
               strict by $authenticated_id, its database in the spool on the file system
               named.  weir: the line that takes its place, keyed alike.  weir ACL: the
               whole of examples/exim/weir-acl.conf, which also counts messages and asks
               for the address.  Bar: the least of the ratelimits, over weir's line.
exim first RCPT   The first RCPT of a session, waited for alone: loading the module and
               opening the table are in it, as are opening Exim's database and its lock.
postfix DATA   From DATA to its reply, in one session, one transaction after another.
               Each way refuses DATA by `reject` as its last restriction, so nothing is
               queued.  weir: examples/postfix-policy is asked before that.
postfix MAIL   From MAIL to its reply, in the same transactions.  anvil: Postfix's own
               smtpd_client_message_rate_limit, which is asked there and not at DATA.
nginx request  Processor time of the one worker, from /proc, for requests of one empty
               image in one connection, 100 in flight.  limit_req: one zone, `nodelay`,
               keyed alike by an argument of the request.
"""
import os
import socket
import statistics
import sys
import time

ROUNDS = 9
COLUMNS = ("host", "event", "with", "rounds", "events", "us_min", "us_median", "us_max",
           "added_us", "own_to_weir")


def row(*values):
    print("\t".join(str(v) for v in values), flush=True)


def rounds_of(ways, measure, rounds=ROUNDS):
    """{way: [µs of round 0, …]}; round -1 warms up and is not kept."""
    found = {way: [] for way in ways}
    for number in range(-1, rounds):
        turn = number % len(ways)
        for way in ways[turn:] + ways[:turn]:
            us = measure(way)
            if number >= 0:
                found[way].append(us)
    return found


def report(host, event, events, found, own):
    """Rows of all ways.  Returns {way of own: its ratio to weir}."""
    added = {way: statistics.median(u - n for u, n in zip(us, found["nothing"]))
             for way, us in found.items()}
    ratios = {}
    for way, us in found.items():
        if way in own and "weir" in added:
            # A difference below 0.1 us is noise on any machine; it is no divisor.
            ratios[way] = added[way] / max(added["weir"], 0.1)
        row(host, event, way, len(us), events[way] if isinstance(events, dict) else events,
            f"{min(us):.2f}", f"{statistics.median(us):.2f}",
            f"{max(us):.2f}", "-" if way == "nothing" else f"{added[way]:.2f}",
            f"{ratios[way]:.1f}" if way in ratios else "-")
    return ratios


class Smtp:
    def __init__(self, port):
        self.link = socket.create_connection(("127.0.0.1", port), 30)
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.link.makefile("rb")
        self.reply()

    def reply(self):
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError("the server has closed")
            if line[3:4] != b"-":
                return line

    def ask(self, command, expected):
        self.link.sendall(command + b"\r\n")
        line = self.reply()
        assert line.startswith(expected), (command, line)

    def timed(self, command, expected):
        start = time.perf_counter_ns()
        self.ask(command, expected)
        return (time.perf_counter_ns() - start) / 1000

    def close(self):
        self.ask(b"QUIT", b"221")
        self.link.close()


# ---------------------------------------------------------------------- Exim
RCPTS, OWN_RCPTS, IN_FLIGHT, SESSIONS = 2000, 600, 200, 3


def exim_session(port):
    """A session before its first RCPT."""
    smtp = Smtp(port)
    smtp.ask(b"EHLO client.test", b"250")
    smtp.ask(b"AUTH PLAIN AGFsaWNlAHB3LWFsaWNl", b"235")  # alice, pw-alice
    smtp.ask(b"MAIL FROM:<a@example.test>", b"250")
    return smtp


def exim_rcpt(port, count):
    smtp = exim_session(port)
    smtp.ask(b"RCPT TO:<first@x.test>", b"250")
    batch = b"".join(b"RCPT TO:<u%d@x.test>\r\n" % i for i in range(IN_FLIGHT))
    start = time.perf_counter_ns()
    for _ in range(count // IN_FLIGHT):
        smtp.link.sendall(batch)
        for _ in range(IN_FLIGHT):
            line = smtp.file.readline()
            assert line.startswith(b"250"), line
    us = (time.perf_counter_ns() - start) / 1000 / count
    smtp.close()
    return us


def exim_first(port):
    found = []
    for _ in range(SESSIONS):
        smtp = exim_session(port)
        found.append(smtp.timed(b"RCPT TO:<first@x.test>", b"250"))
        smtp.close()
    return statistics.median(found)


def exim(none, line, acl, *own):
    ports = {"nothing": int(none), "weir": int(line), "weir ACL": int(acl)}
    for place in own:
        port, _, file_system = place.partition(":")
        name = "ratelimit on " + file_system
        ports[name if name not in ports else name + " (2)"] = int(port)
    ways = list(ports)
    counts = {way: OWN_RCPTS if way in ways[3:] else RCPTS for way in ways}
    found = rounds_of(ways, lambda way: exim_rcpt(ports[way], counts[way]))
    ratios = report("exim", "RCPT", counts, found, ways[3:])
    report("exim", "first RCPT", SESSIONS, rounds_of(ways, lambda w: exim_first(ports[w])), ways[3:])
    row("bar", "exim_own_ratelimit_to_weir", f"{min(ratios.values()):.1f}", ">=20")


# ------------------------------------------------------------------- Postfix
TRANSACTIONS = 200


def postfix(none, weir, own):
    ports = {"nothing": int(none), "weir": int(weir), "anvil": int(own)}
    sessions = {}
    for way, port in ports.items():
        sessions[way] = Smtp(port)
        sessions[way].ask(b"EHLO client.test", b"250")
        sessions[way].ask(b"XCLIENT LOGIN=alice", b"220")
        sessions[way].ask(b"EHLO client.test", b"250")
    mail_us = {way: [] for way in ports}

    def measure(way):
        smtp, mails, datas = sessions[way], [], []
        for _ in range(TRANSACTIONS):
            mails.append(smtp.timed(b"MAIL FROM:<a@example.test>", b"250"))
            smtp.ask(b"RCPT TO:<u@x.test>", b"250")
            datas.append(smtp.timed(b"DATA", b"554"))
            smtp.ask(b"RSET", b"250")
        mail_us[way].append(statistics.median(mails))
        return statistics.median(datas)
    data_us = rounds_of(list(ports), measure)
    report("postfix", "DATA", TRANSACTIONS, data_us, [])
    report("postfix", "MAIL", TRANSACTIONS, {way: us[1:] for way, us in mail_us.items()}, [])


# --------------------------------------------------------------------- nginx
REQUESTS, PIPELINED = 20000, 100


def nginx_worker(master):
    with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as children:
        workers = children.read().split()
    assert len(workers) == 1, workers
    return workers[0]


def cpu_ns(process):
    with open(f"/proc/{process}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0])


def nginx(port, master):
    worker = nginx_worker(master)
    places = {"nothing": "none", "weir": "weir", "limit_req": "own"}
    links = {way: socket.create_connection(("127.0.0.1", int(port)), 30) for way in places}

    def measure(way):
        request = f"GET /{places[way]}/?user=alice HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        link = links[way]
        batch, size = request * PIPELINED, 0
        before = cpu_ns(worker)
        for _ in range(REQUESTS // PIPELINED):
            link.sendall(batch)
            answered = b""
            while answered.count(b"HTTP/1.1 ") < PIPELINED or (size and len(answered) < size):
                answered += link.recv(262144)
            size = size or len(answered)
            assert answered.count(b"HTTP/1.1 2") == PIPELINED, answered[:200]
        return (cpu_ns(worker) - before) / 1000 / REQUESTS
    report("nginx", "request", REQUESTS, rounds_of(list(places), measure), ["limit_req"])


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    if sys.argv[1] == "header":
        row(*COLUMNS)
    else:
        {"exim": exim, "postfix": postfix, "nginx": nginx}[sys.argv[1]](*sys.argv[2:])
