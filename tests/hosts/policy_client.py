# SPDX-License-Identifier: BSD-2-Clause
"""A client of Postfix's policy protocol, and a delegate to talk to.

Shared by tests/tool/postfix-policy.py and the scripts in this folder."""
import os
import resource
import signal
import socket
import subprocess
import time

WAIT_S = 10


def connect(address, wait_s=WAIT_S):
    """A socket to "unix:PATH" or "inet:HOST:PORT"."""
    kind, _, rest = address.partition(":")
    if kind == "unix":
        link, target = socket.socket(socket.AF_UNIX), rest
    else:
        host, _, port = rest.rpartition(":")
        link, target = socket.socket(socket.AF_INET), (host, int(port))
    link.settimeout(wait_s)
    link.connect(target)
    return link


def encode(attributes):
    """One request; values are text or bytes."""
    lines = [b"request=smtpd_access_policy"]
    for name, value in attributes.items():
        value = value if isinstance(value, bytes) else str(value).encode()
        lines.append(name.encode() + b"=" + value)
    return b"\n".join(lines) + b"\n\n"


class Client:
    def __init__(self, address, wait_s=WAIT_S):
        self.link = connect(address, wait_s)
        self.left = b""

    def send(self, data):
        self.link.sendall(data)

    def reply(self):
        """The next action, or None where the delegate has closed."""
        while b"\n\n" not in self.left:
            try:
                more = self.link.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.left += more
        line, _, self.left = self.left.partition(b"\n\n")
        assert line.startswith(b"action=") and b"\n" not in line, line
        return line[len(b"action="):].decode()

    def ask(self, stage="DATA", user="alice", **more):
        attributes = {"protocol_state": stage, "sasl_username": user,
                      "client_address": "192.0.2.1", "sender": "a@example.edu"}
        if stage != "RCPT":
            attributes["recipient_count"] = 1
        attributes.update(more)
        self.send(encode(attributes))
        return self.reply()

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Delegate:
    """The program under test, listening; its log is a file."""

    def __init__(self, program, address, log, *options, descriptors=None):
        self.address, self.log = address, log

        def limit():
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        with open(log, "ab") as err:
            self.process = subprocess.Popen([program, "-v", "-l", address, *options],
                                            stdin=subprocess.DEVNULL, stderr=err,
                                            preexec_fn=limit)
        self.wait_until_served()

    def wait_until_served(self):
        end = time.monotonic() + WAIT_S
        while True:
            try:
                connect(self.address).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the delegate did not start: " + self.lines()) from None
                time.sleep(0.005)

    def client(self, wait_s=WAIT_S):
        return Client(self.address, wait_s)

    def ask(self, *stage, **attributes):
        with self.client() as client:
            return client.ask(*stage, **attributes)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(WAIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def alive(self):
        return self.process.poll() is None

    def lines(self):
        with open(self.log, "rb") as log:
            return log.read().decode("latin-1")


def rss_bytes(pid):
    """Resident memory of its own: not the pages of the table that it has touched."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        resident, shared = (int(pages) for pages in statm.read().split()[1:3])
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
