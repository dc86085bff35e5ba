# SPDX-License-Identifier: BSD-2-Clause
"""A client of weir-auth-http, as nginx is one: one request a connection."""
import urllib.parse

from policy_client import connect

KEY = "a-key-that-both-of-them-know"


def escape(text):
    return urllib.parse.quote_from_bytes(text if isinstance(text, bytes) else text.encode())


def request(first="GET /auth HTTP/1.0", end="\r\n", **fields):
    """A sign-in that is in order but for the fields given: auth_user="x"; None leaves one out."""
    lines = {"Host": "localhost", "Auth-Method": "plain", "Auth-User": "bystander",
             "Auth-Pass": "pw-bystander", "Auth-Protocol": "smtp", "Auth-Login-Attempt": "1",
             "Client-IP": "192.0.2.1", "X-Auth-Key": KEY}
    known = {name.lower(): name for name in lines}
    for name, value in fields.items():
        name = name.replace("_", "-")
        lines[known.get(name, name)] = value
    text = end.join([first] + [f"{n}: {v}" for n, v in lines.items() if v is not None])
    return (text + end + end).encode("latin-1")


class Client:
    def __init__(self, address, wait_s=10):
        self.link = connect(address, wait_s)

    def send(self, data):
        self.link.sendall(data)

    def answer(self):
        """Everything until the daemon closes, as text."""
        data = b""
        while more := self.link.recv(65536):
            data += more
        return data.decode("latin-1")

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def told(answer):
    """What nginx tells an SMTP client; where it is no answer for nginx, the status of HTTP."""
    if not answer:
        return "closed"
    head, _, rest = answer.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    if rest or len(fields) != len(lines):
        return f"strange: {answer!r}"
    if not status.endswith(" 200 OK"):
        return status.split()[1]
    return fields["Auth-Error-Code"] if "Auth-Error-Code" in fields else fields["Auth-Status"]


def ask(address, wait_s=10, **fields):
    with Client(address, wait_s) as client:
        client.send(request(**fields))
        return told(client.answer())
