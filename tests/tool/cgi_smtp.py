# SPDX-License-Identifier: BSD-2-Clause
"""The webmail's CGI program as a client of SMTP; see cgi_smtp.sh."""
import html
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.parse

PATIENCE_S = 20
folder = tempfile.mkdtemp(prefix="weir-smtp.")
table = os.path.join(folder, "table")
sums = {"passed": 0, "failed": 0}


def check(name, got, expected):
    good = got == expected
    sums["passed" if good else "failed"] += 1
    if not good:
        print(f'FAILED {name}: got "{got}", expected "{expected}"')


class Server:
    """Serves one connection.  replies: of a command's first word, or all of it; None ends the
    connection without a reply, "…" lets it wait for ever."""

    def __init__(self, address=None, **replies):
        self.replies = {"greeting": "220 mx", "EHLO": "250-mx\r\n250 XCLIENT NAME ADDR LOGIN",
                        "DATA": "354 go on", "end": "250 2.0.0 queued", "QUIT": "221 bye"}
        self.replies.update({name.replace("_", " "): value for name, value in replies.items()})
        self.commands, self.text, self.clients = [], b"", 0
        path = isinstance(address, str)
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.bind(address or ("127.0.0.1", 0))
        self.listener.listen(1)
        self.listener.settimeout(PATIENCE_S)
        self.place = address or "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def say(self, link, what):
        reply = self.replies.get(what, self.replies.get(what.split(" ")[0], "250 2.1.0 ok"))
        if reply == "…":
            link.recv(1)
            return False
        if reply is None:
            return False
        for part in reply if isinstance(reply, list) else [reply + "\r\n"]:
            link.sendall(part if isinstance(part, bytes) else part.encode())
        return True

    def serve(self):
        try:
            link, _ = self.listener.accept()
        except OSError:
            return
        self.clients += 1
        link.settimeout(PATIENCE_S)
        with link, link.makefile("rb") as lines:
            try:
                self.converse(link, lines)
            except OSError:
                pass

    def converse(self, link, lines):
        if not self.say(link, "greeting"):
            return
        for line in lines:
            command = line.decode().rstrip("\r\n")
            self.commands.append(command)
            if not self.say(link, command) or command == "QUIT":
                return
            if command == "DATA" and self.replies["DATA"].startswith("354"):
                for line in lines:
                    self.text += line
                    if line == b".\r\n":
                        break
                if not self.say(link, "end"):
                    return

    def end(self):
        """What it was told, once the client has gone."""
        self.thread.join()
        self.listener.close()
        return " ".join(command.split(" ")[0] for command in self.commands)


def send(place, user="alice", to="bob@example.org", **more):
    environment = {"REQUEST_METHOD": "POST", "REMOTE_USER": user, "REMOTE_ADDR": "192.0.2.7",
                   "CONTENT_TYPE": "application/x-www-form-urlencoded", "WEIR_TABLE": table,
                   "WEIR_SMTP": place, "WEIR_MAIL_DOMAIN": "example.edu", "WEIR_SMTP_PATIENCE": "5"}
    form = {"to": to, "subject": "Hello", "body": "Dear Bob,\r\n.\r\n..\r\nyours"}
    form.update({name: value for name, value in more.items() if name in form})
    environment.update({name: value for name, value in more.items() if name not in form})
    body = urllib.parse.urlencode(form).encode()
    done = subprocess.run([os.environ["CGI"]], input=body, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120,
                          env=dict(environment, CONTENT_LENGTH=str(len(body))))
    head, _, page = done.stdout.decode().partition("\r\n\r\n")
    send.log = done.stderr.decode()
    send.source, send.page = page, html.unescape(page)
    return (re.findall(r"^Status: (\d+)", head) or [head + send.log])[0]


def taken(user):
    """How many messages and recipients count, by asking how much more goes."""
    def most(unit, whole):
        low, high = 0, whole
        while low < high:
            middle = (low + high + 1) // 2
            words = [f"{name}={middle if name == unit else 0}"
                     for name in ("messages", "recipients")]
            code = subprocess.run([os.environ["WEIRCTL"], "-t", table, "peek", "submission",
                                   "user=" + user] + words, stdout=subprocess.DEVNULL,
                                  check=False).returncode
            low, high = (middle, high) if code == 0 else (low, middle - 1)
        return whole - low
    return most("messages", 50), most("recipients", 100)


def kept(text):
    return text in send.page


def once(name, expected, user, counts, told=None, to="bob@example.org", **replies):
    """A mail of a new user to a server that replies so: the status, and what stays charged."""
    server = Server(**replies)
    status = send(server.place, user, to)
    said = server.end()
    check(name + "_status", status, expected)
    check(name + "_charged", taken(user), counts)
    if told is not None:
        check(name + "_dialogue", said, told)
    if expected != "200":
        check(name + "_keeps_the_draft", kept("Dear Bob,") and kept('value="Hello"'), True)
    return server


def accepted():
    server = once("taken", "200", "ann", (1, 1), "EHLO MAIL RCPT DATA QUIT")
    check("sender", server.commands[1], "MAIL FROM:<ann@example.edu>")
    check("name_of_this_host", server.commands[0], "EHLO example.edu")
    check("lines_end_by_crlf", re.search(rb"[^\r]\n|\r[^\n]", server.text), None)
    check("no_line_is_over_78", max(map(len, server.text.split(b"\r\n"))) <= 78, True)
    check("one_end", server.text.count(b"\r\n.\r\n"), 1)
    path = os.path.join(folder, "socket")
    server = Server(path)
    check("by_a_path", send(path, "ann2"), "200")
    server.end()
    once("reply_in_parts", "200", "ben", (1, 1),
         RCPT=["2", "50", "-2.1", ".5 a\r\n250", " b\r", "\n"])
    once("reply_in_lines", "200", "ben2", (1, 1), end="250-one\r\n250-two\r\n250 three")
    once("bare_lf", "200", "ben3", (1, 1), MAIL=["250 ok\n"])
    once("code_alone", "200", "ben4", (1, 1), MAIL=["250\r\n"])


def refused():
    everybody = "bob@example.org, eve@example.org, may@example.org"
    once("some_refused", "200", "cat", (1, 2), "EHLO MAIL RCPT RCPT RCPT DATA QUIT", everybody,
         **{"RCPT TO:<eve@example.org>": "550 5.1.1 <eve@example.org>: no such <person>"})
    check("who_was_refused",
          kept("<b>eve@example.org</b>: <eve@example.org>: no such <person>"), True)
    check("who_was_refused_stays_in_the_form", kept('value="eve@example.org"'), True)
    check("who_was_refused_is_read_out", kept('role="alert"'), True)
    once("all_refused", "422", "dan", (0, 0), "EHLO MAIL RCPT RCPT RCPT QUIT", everybody,
         RCPT="550 5.1.1 nobody of that name")
    check("server_is_quoted", kept("It says: nobody of that name"), True)
    check("field_is_marked", kept('aria-invalid="true"'), True)
    once("all_put_off", "503", "dora", (0, 0), to=everybody, RCPT="450 4.2.0 busy")
    once("one_put_off", "503", "dave", (0, 0), to=everybody, RCPT="550 no",
         **{"RCPT TO:<eve@example.org>": "451 later"})
    once("sender_refused", "422", "eli", (0, 0), "EHLO MAIL QUIT", MAIL="550 5.7.1 not you")
    once("sender_put_off", "503", "eva", (0, 0), "EHLO MAIL QUIT", MAIL="450 4.7.1 not now")
    once("data_refused", "422", "fay", (0, 0), DATA="554 5.7.1 no")
    once("data_put_off", "503", "flo", (0, 0), DATA="450 4.7.1 year: try again in 4 minutes")
    check("relays_wait_is_told", kept("try again in 4 minutes"), True)
    once("text_refused", "422", "gil", (0, 0), end="554 5.6.0 spam")
    once("text_put_off", "503", "gus", (0, 0), end="452 4.3.1 full")
    once("turned_away", "503", "hal", (0, 0), greeting="554 go away")
    once("busy", "503", "hank", (0, 0), greeting="421 busy")
    once("no_ehlo", "503", "hedy", (0, 0), EHLO="502 what")
    check("log_has_a_line", len(send.log.splitlines()), 1)


def broken():
    for number, stage in enumerate(("greeting", "EHLO", "MAIL", "RCPT", "DATA")):
        once(f"ended_at_{stage}", "503", f"ida{number}", (0, 0), **{stage: None})
    once("no_answer_to_all_of_it", "503", "joe", (1, 1), end=None)
    check("it_may_have_been_sent", kept("It may have been sent"), True)
    for number, reply in enumerate(("25\r\n", "2500 ok\r\n", "abc ok\r\n", b"\xff\xfe\r\n",
                                    "250-ok\r\n" * 200, "250 " + "x" * 5000 + "\r\n", "\r\n")):
        once(f"no_reply_{number}", "503", f"kim{number}", (0, 0), MAIL=[reply])
    once("words_that_are_no_text", "422", "kit", (0, 0), MAIL=[b"550 \xff\x1b[31m\r\n"])
    check("no_escape_on_the_page", kept("\x1b"), False)
    once("markup_in_words", "422", "kate", (0, 0), MAIL="550 <script>x</script>")
    check("words_are_escaped", kept("<script>") and "<script>" not in send.source, True)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    check("nobody_listens", send("127.0.0.1:%d" % listener.getsockname()[1], "lea"), "503")
    check("nobody_listens_charged", taken("lea"), (0, 0))
    listener.close()
    for place in ("nonsense", ":25", "127.0.0.1:", "/nonesuch/socket", "/" + "x" * 200):
        check("no_place " + place[:20], send(place, "leo"), "503")
    check("no_place_charged", taken("leo"), (0, 0))


def silent():
    """Two at once: each takes as long as the patience."""
    def late(name, stage, counts):
        server = Server(**{stage: "…"})
        body = b"to=b%40x.org&subject=Hello&body=kept"
        done = subprocess.run([os.environ["CGI"]], input=body, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=120, env={
                                  "REQUEST_METHOD": "POST", "REMOTE_USER": name,
                                  "REMOTE_ADDR": "192.0.2.7", "WEIR_TABLE": table,
                                  "CONTENT_TYPE": "application/x-www-form-urlencoded",
                                  "CONTENT_LENGTH": str(len(body)), "WEIR_SMTP": server.place,
                                  "WEIR_SMTP_PATIENCE": "1"}).stdout.decode()
        server.end()
        check(f"silent_at_{stage}", done.split("\r\n")[0], "Status: 503 Service Unavailable")
        check(f"silent_at_{stage}_charged", taken(name), counts)
    threads = [threading.Thread(target=late, args=("mia" + stage, stage, counts))
               for stage, counts in (("greeting", (0, 0)), ("RCPT", (0, 0)), ("end", (1, 1)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def told_who():
    server = Server(XCLIENT="220 mx")
    check("xclient", send(server.place, "nora+x", WEIR_SMTP_XCLIENT="1"), "200")
    check("xclient_dialogue", server.end(), "EHLO XCLIENT EHLO MAIL RCPT DATA QUIT")
    check("xclient_says_who", server.commands[1], "XCLIENT LOGIN=nora+2Bx ADDR=192.0.2.7")
    server = Server(XCLIENT="220 mx")
    check("xclient_ipv6", send(server.place, "nora", WEIR_SMTP_XCLIENT="1",
                               REMOTE_ADDR="2001:db8:0:1:2::3"), "200")
    server.end()
    check("xclient_says_ipv6", server.commands[1], "XCLIENT LOGIN=nora ADDR=IPV6:2001:db8:0:1::")
    server = Server(EHLO="250 mx")
    check("xclient_not_offered", send(server.place, "otto", WEIR_SMTP_XCLIENT="1"), "503")
    check("xclient_not_offered_charged", taken("otto"), (0, 0))
    server.end()
    server = Server(XCLIENT="550 no")
    check("xclient_refused", send(server.place, "otto", WEIR_SMTP_XCLIENT="1"), "503")
    server.end()
    server = Server()
    check("xclient_is_off", send(server.place, "otto"), "200")
    check("xclient_is_off_dialogue", server.end(), "EHLO MAIL RCPT DATA QUIT")


def charged_apart():
    """A blocked user's mail to whom she still reaches, refused: nothing else comes back."""
    def used():
        why = subprocess.run([os.environ["WEIRCTL"], "-t", table, "why", "user=rosa"],
                             stdout=subprocess.PIPE, check=True).stdout.decode()
        return re.findall(r"submission +(year|people) +user +(\d+)", why)
    check("sent_before_the_block", send(Server().place, "rosa", "a@x.org, b@x.org"), "200")
    subprocess.run([os.environ["WEIRCTL"], "-t", table, "block", "user=rosa"], check=True,
                   stdout=subprocess.DEVNULL)
    server = Server(RCPT="550 no such user")
    check("reachable_refused", send(server.place, "rosa", "help@example.edu"), "422")
    check("reachable_was_tried", server.end(), "EHLO MAIL RCPT QUIT")
    check("reachable_gives_back_nothing_else", used(), [("year", "1"), ("people", "2")])


def nothing_typed_is_a_command():
    server = Server()
    text = "\r\n.\r\nMAIL FROM:<x@x>\r\n.\r\nQUIT\r\n"
    check("body_with_commands",
          send(server.place, "pam", body=text * 50, subject="é" * 300), "200")
    check("body_is_no_command", server.end(), "EHLO MAIL RCPT DATA QUIT")
    check("body_arrives_whole", server.text.count(b"\r\n.\r\n"), 1)
    for number, to in enumerate(("a@x.org>\r\nDATA", "a@x.org\nRCPT TO:<b@x.org>", "a@x.org>,<b",
                                 "a@x.org\u0085DATA", "a@x.org\u2028b", "<a@x.org> SIZE=1",
                                 "a b@x.org")):
        check(f"to_is_no_command_{number}", send("127.0.0.1:9", "pia", to), "400")
    check("what_was_not_asked_is_not_charged", taken("pia"), (0, 0))
    check("domain_is_no_command", send(Server().place, "quin", WEIR_MAIL_DOMAIN="x\r\nQUIT"), "503")
    check("user_is_no_command", send("127.0.0.1:9", "q\r\nQUIT"), "403")


def main():
    with open(os.path.join(folder, "policy"), "w", encoding="ascii") as policy:
        policy.write("policy submission\n  limit year 50 messages / 365d per user\n"
                     "  limit people 100 recipients / 365d per user\n"
                     "  reachable recipient=help@example.edu 10 messages / 1d per user\n")
    subprocess.run([os.environ["WEIRCTL"], "-t", table, "create", "--keys", "1000", "--policy",
                    policy.name], check=True, stdout=subprocess.DEVNULL)
    for part in (accepted, refused, broken, silent, told_who, charged_apart,
                 nothing_typed_is_a_command):
        part()
    print(f"{sums['passed']} passed, {sums['failed']} failed")
    return sums["failed"] != 0


try:
    sys.exit(main())
finally:
    shutil.rmtree(folder)
