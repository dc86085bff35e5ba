# SPDX-License-Identifier: BSD-2-Clause
"""A client of SPOP 2.0, HAProxy's side: frames written out by hand from its SPOE.txt."""
import struct

from policy_client import connect

HELLO, BYE, NOTIFY, AGENT_HELLO, AGENT_BYE, ACK = 1, 2, 3, 101, 102, 103
FIN = 1


def varint(number):
    if number < 240:
        return bytes([number])
    out = [number & 255 | 240]
    number = (number - 240) >> 4
    while number >= 128:
        out.append(number & 127 | 128)
        number = (number - 128) >> 7
    return bytes(out + [number])


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return varint(len(value)) + value


def typed(value):
    """None, a truth value, a number (INT64), text or bytes (STRING)."""
    if value is None:
        return b"\0"
    if isinstance(value, bool):
        return bytes([0x11 if value else 0x01])
    if isinstance(value, int):
        return b"\4" + varint(value % 2**64)
    return b"\10" + text(value)


def frame(kind, payload, stream=0, number=0, flags=FIN):
    body = bytes([kind]) + struct.pack(">I", flags) + varint(stream) + varint(number) + payload
    return struct.pack(">I", len(body)) + body


def hello(size=16380, versions="2.0", capabilities="pipelining,async", **more):
    payload = b""
    if versions is not None:
        payload += text("supported-versions") + typed(versions)
    if size is not None:
        payload += text("max-frame-size") + b"\3" + varint(size)
    if capabilities is not None:
        payload += text("capabilities") + typed(capabilities)
    for name, value in more.items():
        payload += text(name) + typed(value)
    return frame(HELLO, payload)


def message(arguments, name="ask"):
    pairs = b"".join(text(key) + typed(value) for key, value in arguments.items())
    return text(name) + bytes([len(arguments)]) + pairs


def notify(stream=1, number=1, **arguments):
    return frame(NOTIFY, message(arguments), stream, number)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = self.data[self.at:self.at + count]
        assert len(part) == count, "an answer that ends too early"
        self.at += count
        return part

    def varint(self):
        number = self.take(1)[0]
        shift, more = 4, number >= 240
        while more:
            byte = self.take(1)[0]
            number += byte << shift
            shift, more = shift + 7, byte >= 128
        return number

    def typed(self):
        kind = self.take(1)[0]
        if kind in (3, 4):
            return self.varint()
        assert kind == 8, kind
        return self.take(self.varint()).decode()

    def rest(self):
        return self.at < len(self.data)


class Client:
    def __init__(self, address, wait_s=10, greet=True):
        self.link = connect(address, wait_s)
        self.left = b""
        if greet:
            self.send(hello())
            assert self.answer()[0] == AGENT_HELLO

    def send(self, data):
        self.link.sendall(data)

    def receive(self, count):
        while len(self.left) < count:
            try:
                more = self.link.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.left += more
        part, self.left = self.left[:count], self.left[count:]
        return part

    def answer(self):
        """(kind, stream, number, values), or None where the agent has closed."""
        head = self.receive(4)
        if head is None:
            return None
        reader = Reader(self.receive(struct.unpack(">I", head)[0]))
        kind, flags = struct.unpack(">BI", reader.take(5))
        assert flags == FIN
        stream, number, values = reader.varint(), reader.varint(), {}
        while reader.rest():
            if kind == ACK:
                assert reader.take(3) == b"\1\3\2"  # set-var, 3 arguments, txn
            name = reader.take(reader.varint()).decode()
            values[name] = reader.typed()
        return kind, stream, number, values

    def ask(self, **arguments):
        self.send(notify(**arguments))
        answer = self.answer()
        return answer and answer[3]

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
