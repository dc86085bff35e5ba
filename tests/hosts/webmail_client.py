# SPDX-License-Identifier: BSD-2-Clause
"""Somebody in front of the webmail, as a browser without a script.

webmail_client.py storm PORT NAME USER CLIENTS TIMES   so many signed in at once, each sending so
                                                       many messages: the statuses
webmail_client.py slow PORT NAME USER                  a form that comes in pieces
webmail_client.py cut PORT NAME USER                   … and one that ends in the middle
"""
import collections
import http.client
import re
import socket
import sys
import threading
import time
import urllib.parse

PATIENCE_S = 60
MAIL = {"to": "u@x.test", "subject": "s", "body": "b"}


class Client:
    def __init__(self, port, name, user):
        self.port, self.path, self.user = port, "/" + name, user
        self.cookie = self.token = ""

    def ask(self, method, below="", form=None):
        """Returns the status; the page and the header stay."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        fields = {"Cookie": self.cookie} if self.cookie else {}
        if form is not None:
            fields["Content-Type"] = "application/x-www-form-urlencoded"
            form = urllib.parse.urlencode(form)
        link.request(method, self.path + below, form, fields)
        answer = link.getresponse()
        self.header, self.page = answer.headers, answer.read().decode()
        link.close()
        if answer.getheader("Set-Cookie"):
            self.cookie = answer.getheader("Set-Cookie").split(";")[0]
        found = re.search(r'name="token" value="([0-9a-f]{32})"', self.page)
        self.token = found.group(1) if found else ""
        return answer.status

    def sign_in(self):
        """Whether it has worked."""
        self.ask("POST", "/sign-in", {"user": self.user, "password": "secret"})
        return self.ask("GET") == 200

    def send(self):
        return self.ask("POST", "", dict(MAIL, token=self.token))

    def begin_to_send(self):
        """The socket, and the rest of the form."""
        body = urllib.parse.urlencode(dict(MAIL, token=self.token)).encode()
        link = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        link.sendall((f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                      f"Cookie: {self.cookie}\r\nConnection: close\r\n"
                      "Content-Type: application/x-www-form-urlencoded\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n").encode() + body[:10])
        return link, body[10:]


def storm(port, name, user, clients, times):
    statuses, lock = collections.Counter(), threading.Lock()
    start = threading.Barrier(clients)

    def one(client):
        mine = collections.Counter()
        start.wait(PATIENCE_S)
        for _ in range(times):
            status = client.send()
            mine[status] += 1
            if status == 429 and not int(client.header.get("Retry-After", 0)) > 0:
                mine["no Retry-After"] += 1
        with lock:
            statuses.update(mine)

    # One after the other: attempts of one user that are under way together count together.
    signed_in = [Client(port, name, user) for _ in range(clients)]
    statuses["not signed in"] = sum(not client.sign_in() for client in signed_in)
    threads = [threading.Thread(target=one, args=(client,)) for client in signed_in]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(*(f"{status}:{statuses[status]}" for status in sorted(+statuses, key=str)))


def slow(port, name, user):
    client = Client(port, name, user)
    client.sign_in()
    link, rest = client.begin_to_send()
    with link:
        for byte in rest:
            link.sendall(bytes([byte]))
            time.sleep(0.01)
        print(link.makefile("rb").readline().split()[1].decode())


def cut(port, name, user):
    client = Client(port, name, user)
    client.sign_in()
    link, rest = client.begin_to_send()
    with link:
        link.sendall(rest[:5])
        link.shutdown(socket.SHUT_WR)
        answer = link.makefile("rb").readline()
    print(answer.split()[1].decode() if answer else "no answer")


if __name__ == "__main__":
    work, port, name, user, *numbers = sys.argv[1:]
    {"storm": storm, "slow": slow, "cut": cut}[work](int(port), name, user, *map(int, numbers))
