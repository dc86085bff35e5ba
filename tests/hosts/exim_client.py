# SPDX-License-Identifier: BSD-2-Clause
"""A client of Exim that authenticates, and pipelines recipients.

exim_client.py PORT USER CLIENTS RECIPIENTS: so many clients at once, one message each.
Prints "N accepted, M deferred", then other codes, and the last refusal on line 2."""
import base64
import collections
import socket
import sys
import threading

CHUNK = 50  # commands in flight; what is sent and answered then fits into the sockets


class Session:
    def __init__(self, port, user):
        self.link = socket.create_connection(("127.0.0.1", port), 60)
        self.file = self.link.makefile("rb")
        self.reply()
        self.ask("EHLO client.test")
        plain = base64.b64encode(f"\0{user}\0pw-{user}".encode()).decode()
        assert self.ask("AUTH PLAIN " + plain).startswith(b"235")

    def reply(self):
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError
            if line[3:4] != b"-":
                return line

    def ask(self, command):
        self.link.sendall(command.encode() + b"\r\n")
        return self.reply()

    def recipients(self, count):
        """The replies to so many RCPT commands, CHUNK in flight."""
        for first in range(0, count, CHUNK):
            more = min(CHUNK, count - first)
            self.link.sendall(b"".join(b"RCPT TO:<u%d@x.test>\r\n" % (first + i)
                                       for i in range(more)))
            for _ in range(more):
                yield self.file.readline()

    def message(self, recipients=1, header="Subject: test"):
        """The first reply that refuses, or the one at the end of the message."""
        self.ask("MAIL FROM:<a@example.test>")
        list(self.recipients(recipients))
        reply = self.ask("DATA")
        if reply.startswith(b"354"):
            return self.ask(header + "\r\n\r\ntest\r\n.")
        self.ask("RSET")
        return reply

    def close(self):
        self.ask("QUIT")
        self.link.close()


def main(port, user, clients, count):
    codes, texts, lock = collections.Counter(), [""], threading.Lock()
    start = threading.Barrier(clients)

    def client():
        session = Session(port, user)
        session.ask("MAIL FROM:<a@example.test>")
        start.wait(30)
        for line in session.recipients(count):
            with lock:
                codes[line[:3].decode()] += 1
                if line[:1] != b"2":
                    texts[0] = line.decode().strip()
        session.close()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{codes.pop('250', 0)} accepted, {codes.pop('450', 0)} deferred", *sorted(codes.items()))
    print(texts[0])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
