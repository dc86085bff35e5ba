# SPDX-License-Identifier: BSD-2-Clause
"""smtp_dialogue.py [--sessions N] [--while FILE] PORT LOGIN WORD…: SMTP as LOGIN (by XCLIENT;
nobody where it is empty), one word after the other, in N sessions at once.

  mail[=ADDRESS]  rcpt[=COUNT|=ADDRESS]  data  part  hurry  rset  quit  drop    the command; `part`
                  begins a message's text and does not end it, `hurry` ends it and hears no answer,
                  `drop` ends the connection without a word
  message[=COUNT] mail, COUNT recipients, and data where one of them passed, else rset
  run=COMMAND     a shell's, in the middle; at most one session

With --while each session says its words over and over while FILE exists, and connects again
after whatever goes wrong.  Prints the codes of each command with their numbers, as
"mail 250*1 rcpt 250*10 450*5 data 250*1"; the last reply to anything but quit is in
$REPLY_FILE, where that is set."""
import collections
import os
import socket
import subprocess
import sys
import threading

WAIT_S = 30


class Session:
    def __init__(self, port, login, counts):
        self.counts, self.passed, self.last = counts, 0, ""
        self.link = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self.lines = self.link.makefile("rb")
        self.reply()
        self.command("EHLO client.test")
        if login:
            self.command("XCLIENT LOGIN=" + login)
            self.command("EHLO client.test")

    def reply(self):
        while True:
            line = self.lines.readline().decode("latin-1")
            if not line:
                raise ConnectionError("closed by the server")
            if line[3:4] != "-":
                self.last = line.strip()
                return self.last[:3]

    def command(self, line):
        self.link.sendall(line.encode("latin-1") + b"\r\n")
        return self.reply()

    def count(self, name, code):
        self.counts[name][code] += 1
        return code

    def mail(self, address="a@example.test"):
        self.passed = 0
        return self.count("mail", self.command(f"MAIL FROM:<{address}>"))

    def rcpt(self, what="1"):
        for i in range(int(what) if what.isdigit() else 1):
            address = f"u{i + 1}@x.test" if what.isdigit() else what
            code = self.count("rcpt", self.command(f"RCPT TO:<{address}>"))
            self.passed += code == "250"

    def data(self):
        code = self.command("DATA")
        if code == "354":
            code = self.command("Subject: test\r\n\r\ntest\r\n.")
        return self.count("data", code)

    def part(self):
        self.count("part", self.command("DATA"))
        self.link.sendall(b"Subject: test\r\n\r\n" + b"test\r\n" * 10000)

    def hurry(self):
        self.count("hurry", self.command("DATA"))
        self.link.sendall(b"Subject: test\r\n\r\ntest\r\n.\r\n")

    def rset(self):
        return self.count("rset", self.command("RSET"))

    def message(self, recipients="1"):
        if self.mail() == "250":
            self.rcpt(recipients)
            if self.passed == 0:
                self.rset()
            elif self.data() == "250":
                self.counts["sent"]["recipients"] += self.passed

    def run(self, command):
        subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)

    def quit(self):
        self.command("QUIT")

    def drop(self):
        self.lines.close()
        self.link.close()

    def say(self, words):
        for word in words:
            name, _, argument = word.partition("=")
            getattr(self, name)(*([argument] if argument else []))


def once(port, login, words, counts):
    session = Session(port, login, counts)
    session.say(words)
    if "REPLY_FILE" in os.environ:
        with open(os.environ["REPLY_FILE"], "w", encoding="latin-1") as file:
            file.write(session.last + "\n")
    session.drop()


def over_and_over(port, login, words, counts, file):
    session = None
    while os.path.exists(file):
        try:
            session = session or Session(port, login, counts)
            session.say(words)
        except OSError:
            session = None
    if session:
        session.drop()


def main(arguments):
    sessions, file = 1, None
    while arguments[0].startswith("--"):
        option, value = arguments[0], arguments[1]
        sessions, file = (int(value), file) if option == "--sessions" else (sessions, value)
        arguments = arguments[2:]
    port, login, words = int(arguments[0]), arguments[1], arguments[2:]
    all_counts = [collections.defaultdict(collections.Counter) for _ in range(sessions)]
    threads = [threading.Thread(target=over_and_over if file else once,
                                args=(port, login, words, counts) + ((file,) if file else ()))
               for counts in all_counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sums = collections.defaultdict(collections.Counter)
    for counts in all_counts:
        for name, codes in counts.items():
            sums[name].update(codes)
    print(*(" ".join([name] + [f"{code}*{times}" for code, times in sorted(codes.items())])
            for name, codes in sums.items()))


main(sys.argv[1:])
