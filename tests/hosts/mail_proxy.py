# SPDX-License-Identifier: BSD-2-Clause
"""Clients of nginx's mail proxy.

mail_proxy.py smtp|imap|pop3 PORT NAME PASSWORD [TIMES]   the different answers with their numbers
mail_proxy.py session PORT SENDER [TIMES]   … of RCPT, without a sign-in
mail_proxy.py again PORT NAME PASSWORD…     on one connection each password in turn
mail_proxy.py messages PORT NAME PASSWORD TIMES   signs in once and sends so many messages
mail_proxy.py crowd PORT NAME PASSWORD CLIENTS    so many connections at once, each signs in
mail_proxy.py storm PORT NAME PASSWORD TRIES [PROCESS PASSES FILE]
    16 clients who sign in on fresh connections.  With PROCESS it is killed by SIGKILL after so many
    535, FILE is made at the first 451 behind that, and each client goes on until a 454.
"""
import base64
import collections
import os
import signal
import socket
import sys
import threading
import time

WAIT_S = 60
CLIENTS = 16


class Link:
    def __init__(self, port):
        self.link = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self.link.settimeout(WAIT_S)
        self.lines = self.link.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.link.close()

    def line(self):
        try:
            return self.lines.readline().decode().rstrip("\r\n") or "closed"
        except ConnectionResetError:
            return "closed"

    def reply(self):
        """The last line of an SMTP reply."""
        while (line := self.line())[3:4] == "-":
            pass
        return line

    def ask(self, command):
        try:
            self.link.sendall(command + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return "closed"
        return self.reply()

    def sign_in(self, name, password):
        token = base64.b64encode(b"\0" + os.fsencode(name) + b"\0" + os.fsencode(password))
        return self.ask(b"AUTH PLAIN " + token)


def smtp(port):
    link = Link(port)
    link.reply()
    link.ask(b"EHLO client.test")
    return link


def by_smtp(port, name, password):
    with smtp(port) as link:
        return link.sign_in(name, password)


def by_imap(port, name, password):
    with Link(port) as link:
        link.line()
        link.link.sendall(f"a1 LOGIN {name} {password}\r\n".encode())
        return link.line()


def by_pop3(port, name, password):
    with Link(port) as link:
        link.line()
        link.ask(f"USER {name}".encode())
        return link.ask(f"PASS {password}".encode())


def session(port, sender):
    with smtp(port) as link:
        link.ask(f"MAIL FROM:{sender}".encode())
        return link.ask(b"RCPT TO:<u@x.test>")


def short(answer):
    """Codes; what IMAP and POP3 have in brackets."""
    words = answer.replace("a1 ", "").split()
    return " ".join(words[:2 if words[0][:1] in "45" or words[1:2] and words[1][:1] == "[" else 1])


def count(answers):
    runs = []
    for answer in map(short, answers):
        if runs and runs[-1][1] == answer:
            runs[-1][0] += 1
        else:
            runs.append([1, answer])
    print(",".join(f"{number} {answer}" for number, answer in runs))


def again(port, name, *passwords):
    with smtp(port) as link:
        count(link.sign_in(name, password) for password in passwords)


def messages(port, name, password, times):
    def send():
        link.ask(b"MAIL FROM:<a@example.test>")
        link.ask(b"RCPT TO:<u@x.test>")
        answer = link.ask(b"DATA")
        return link.ask(b"Subject: s\r\n\r\nb\r\n.") if answer.startswith("354") else answer

    with smtp(port) as link:
        answers = [link.sign_in(name, password)]
        for _ in range(int(times)):
            answers.append(send())
            link.ask(b"RSET")
        count(answers)


def all_at_once(work, number):
    threads = [threading.Thread(target=work, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def crowd(port, name, password, clients):
    codes, start = collections.Counter(), threading.Barrier(int(clients))

    def client(_):
        with smtp(port) as link:
            start.wait(WAIT_S)
            codes[short(link.sign_in(name, password))] += 1
            start.wait(WAIT_S)  # all stay until all have an answer

    all_at_once(client, int(clients))
    print(*(f"{codes[code]} {code}" for code in sorted(codes)), sep=",")


def storm(port, name, password, tries, process=None, passes=None, file=None):
    codes, lock = collections.Counter(), threading.Lock()

    def note(code):
        codes[code] += 1
        if process and code == "535" and codes[code] == int(passes):
            os.kill(int(process), signal.SIGKILL)
        if process and code == "451" and codes[code] == 1:
            open(file, "w", encoding="ascii").close()

    def client(i):
        for _ in range(int(tries) // CLIENTS + (i < int(tries) % CLIENTS)):
            code = by_smtp(port, name, password)[:3]
            with lock:
                note(code)
            if process and code == "454":
                break
            if process and code == "451":
                time.sleep(0.02)

    all_at_once(client, CLIENTS)
    print(*(f"{code}:{codes[code]}" for code in sorted(codes)))


def main(what, port, *rest):
    ways = {"smtp": by_smtp, "imap": by_imap, "pop3": by_pop3, "session": session}
    if what in ways:
        given = 1 if what == "session" else 2
        times = int(rest[given]) if len(rest) > given else 1
        count(ways[what](int(port), *rest[:given]) for _ in range(times))
    else:
        several = {"again": again, "messages": messages, "crowd": crowd, "storm": storm}
        several[what](int(port), *rest)


main(*sys.argv[1:])
