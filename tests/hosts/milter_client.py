# SPDX-License-Identifier: BSD-2-Clause
"""The mail server's side of the milter protocol, version 6, in front of a filter.

milter_client.py ADDRESS USER RECIPIENT… [abort]: one message, a number stands for so many
recipients; given up at its end with `abort`.  Prints the answers to its stages:
"2 continue,1 450 4.7.1,1 continue"."""
import itertools
import socket
import struct
import sys

from policy_client import WAIT_S, connect

CONNECT, HELO, MACRO, MAIL, RCPT, DATA, BODY, EOM, ABORT, OPTNEG, QUIT, UNKNOWN, QUIT_NC = (
    bytes([letter]) for letter in b"CHDMRTBEAOQUK")
ACTIONS, STEPS = 0x1FF, 0x1FFFFF  # what Postfix offers
ANSWERS = {"c": "continue", "a": "accept", "t": "tempfail", "r": "reject", "O": "options"}


def packet(command, data=b""):
    return struct.pack("!I", len(data) + 1) + command + data


def words(*texts):
    """Each ended by a NUL."""
    return b"".join((text if isinstance(text, bytes) else text.encode()) + b"\0" for text in texts)


def options(version=6, actions=ACTIONS, steps=STEPS):
    return packet(OPTNEG, struct.pack("!III", version, actions, steps))


def connection(address="192.0.2.1"):
    return packet(CONNECT, words("client.test") + b"4" + struct.pack("!H", 25) + words(address))


def mail(user="", sender="<a@example.test>"):
    macros = packet(MACRO, MAIL + words("{auth_authen}", user)) if user else b""
    return macros + packet(MAIL, words(sender))


def rcpt(recipient="<u@x.test>"):
    return packet(RCPT, words(recipient))


class Client:
    """Has greeted, unless told not to."""

    def __init__(self, address, wait_s=WAIT_S, greet=True):
        self.link = connect(address, wait_s)
        self.left = b""
        if greet:
            self.send(options() + connection())
            self.answer(), self.answer()

    def send(self, data):
        self.link.sendall(data)

    def fileno(self):
        return self.link.fileno()

    def parsed(self):
        """An answer that has come as a whole, or None: "continue", "450 4.7.1"."""
        if len(self.left) < 4 or len(self.left) < 4 + struct.unpack("!I", self.left[:4])[0]:
            return None
        length = struct.unpack("!I", self.left[:4])[0]
        body, self.left = self.left[4:4 + length].decode("latin-1"), self.left[4 + length:]
        if body[0] == "y":  # a reply code
            self.text = body[1:].rstrip("\0")
            return " ".join(self.text.split(" ")[:2])
        return ANSWERS.get(body[0], body[0])

    def answer(self):
        """The next, or None where the filter has closed."""
        while (answer := self.parsed()) is None:
            try:
                more = self.link.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.left += more
        return answer

    def ask(self, data):
        self.send(data)
        return self.answer()

    def message(self, user, recipients=("<u@x.test>",), aborts=False):
        """The answers to a message's stages, in a row."""
        answers = [self.ask(mail(user))]
        if answers[0] == "continue":
            answers += [self.ask(rcpt(recipient)) for recipient in recipients]
        if aborts:  # which has no answer: behind the next one's it is done
            return answers + [self.ask(packet(ABORT) + packet(UNKNOWN, b"NOOP\0"))]
        return answers + ([self.ask(packet(EOM))] if "continue" in answers[1:] else [])

    def end(self):
        """No more is sent; what comes is still read."""
        self.link.shutdown(socket.SHUT_WR)

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main(address, user, *words_given):
    recipients = []
    for word in words_given:
        recipients += ([f"<u{i + 1}@x.test>" for i in range(int(word))] if word.isdigit() else
                       [f"<{word}>"] if word != "abort" else [])
    with Client(address) as client:
        answers = client.message(user, recipients, "abort" in words_given)
    print(",".join(f"{len(list(group))} {answer}" for answer, group in itertools.groupby(answers)))


if __name__ == "__main__":
    main(*sys.argv[1:])
