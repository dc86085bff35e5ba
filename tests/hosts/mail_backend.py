# SPDX-License-Identifier: BSD-2-Clause
"""mail_backend.py SMTP IMAP POP3: three ports of servers that let everybody in who signs in as
nginx's mail proxy does; by AUTH PLAIN only those whose password is pw-NAME.

Prints each command of a client as it came, escaped, without its line end."""
import base64
import re
import socketserver
import sys
import threading


class Session(socketserver.StreamRequestHandler):
    greeting = b""

    def say(self, line):
        self.wfile.write(line + b"\r\n")

    def handle(self):
        try:
            self.say(self.greeting)
            for line in self.rfile:
                print(ascii(line.rstrip(b"\r\n"))[2:-1], flush=True)
                self.answer(line.rstrip(b"\r\n"))
        except OSError:
            pass  # the proxy has gone


class Smtp(Session):
    greeting = b"220 backend.example.test ESMTP"

    def answer(self, line):
        verb = line[:4].upper()
        if verb == b"EHLO":
            self.say(b"250-backend.example.test\r\n250-AUTH PLAIN\r\n250 XCLIENT NAME ADDR LOGIN")
        elif verb == b"XCLI":
            self.say(self.greeting)
        elif verb == b"AUTH":
            _, name, password = base64.b64decode(line.split()[2]).split(b"\0")
            self.say(b"235 2.7.0 ok" if password == b"pw-" + name else b"535 5.7.8 no")
        else:
            self.say(b"221 bye" if verb == b"QUIT" else b"250 ok")


class Imap(Session):
    greeting = b"* OK ready"

    def answer(self, line):
        """LOGIN with two literals, which come as lines of their own."""
        if re.match(rb"\S+ LOGIN \{\d+\}$", line):
            self.tag = line.split()[0]
            self.say(b"+ go on")
        elif re.search(rb" \{\d+\}$", line):
            self.say(b"+ go on")
        else:
            self.say(self.tag + b" OK signed in")


class Pop3(Session):
    greeting = b"+OK ready"

    def answer(self, line):
        self.say(b"+OK " + line[:4])


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 512


servers = [Server(("127.0.0.1", int(port)), kind)
           for port, kind in zip(sys.argv[1:], (Smtp, Imap, Pop3))]
threads = [threading.Thread(target=server.serve_forever) for server in servers]
for thread in threads:
    thread.start()
