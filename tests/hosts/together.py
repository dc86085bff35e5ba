# SPDX-License-Identifier: BSD-2-Clause
"""One user who sends through three hosts at once: the webmail, submission at a Postfix, an nginx.

together.py count USER TIMES       how many of TIMES messages each host let pass, and all together
together.py block USER             sends until each host refuses the user, whom `weirctl block`
                                   blocks meanwhile; what passed of what began after its return
together.py session USER           what becomes of the session that sent last: "goes on", "is over"

The environment says where: WEBMAIL_PORT, SMTP_PORT, HTTP_PORT, WEIRCTL, WEIR_TABLE; COOKIE is a
file for the last session's.
"""
import collections
import http.client
import os
import smtplib
import subprocess
import sys
import threading
import time

from webmail_client import Client

PATIENCE_S = 30


class Webmail:
    """Signed in, in a session that weir is asked about at every request."""
    name = "webmail"

    def __init__(self, user):
        self.client = Client(int(os.environ["WEBMAIL_PORT"]), "mail", user)
        self.signed_in = self.client.sign_in()
        with open(os.environ["COOKIE"], "w", encoding="ascii") as file:
            file.write(self.client.cookie)

    def send(self):
        status = self.client.send()
        if status == 403 and "You have been signed out" in self.client.page:
            return "block"
        return {200: "allow", 429: "deny"}.get(status, f"{status}, signed in: {self.signed_in}")


class Submission:
    name = "postfix"

    def __init__(self, user):
        self.sender = user + "@example.test"
        self.link = smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"]), timeout=PATIENCE_S)
        self.link.ehlo("client.test")
        self.link.docmd("XCLIENT", "LOGIN=" + user)
        self.link.ehlo("client.test")

    def send(self):
        self.link.mail(self.sender)
        self.link.rcpt("u@x.test")
        code, words = self.link.docmd("DATA")
        if code == 354:
            self.link.send(b"Subject: s\r\n\r\nb\r\n.\r\n")
            code, words = self.link.getreply()
            return "allow" if code == 250 else f"{code} {words.decode()}"
        self.link.rset()
        return "block" if b"blocked" in words else "deny" if code == 450 else f"{code} {words.decode()}"


class Proxy:
    name = "nginx"

    def __init__(self, user):
        self.path = "/send/?user=" + user
        self.link = http.client.HTTPConnection("127.0.0.1", int(os.environ["HTTP_PORT"]),
                                               timeout=PATIENCE_S)

    def send(self):
        self.link.request("GET", self.path)
        answer = self.link.getresponse()
        answer.read()
        return {200: "allow", 429: "deny", 403: "block"}.get(answer.status, str(answer.status))


def each(user, work):
    """Runs work(host, answers) for the three at once; answers: (began, ended, answer)."""
    hosts = [kind(user) for kind in (Webmail, Submission, Proxy)]
    answers = {host.name: [] for host in hosts}

    def one(host):
        try:
            work(host, answers[host.name])
        except Exception as error:  # a thread's ends with it: the counts would be short
            answers[host.name].append((0, 0, repr(error)))

    threads = [threading.Thread(target=one, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    return threads, answers


def ask(host, answers):
    began = time.monotonic()
    answer = host.send()
    answers.append((began, time.monotonic(), answer))
    return answer


def count(user, times):
    threads, answers = each(user, lambda host, mine: [ask(host, mine) for _ in range(times)])
    for thread in threads:
        thread.join()
    total = collections.Counter()
    for name, mine in answers.items():
        codes = collections.Counter(answer for _, _, answer in mine)
        total.update(codes)
        print(f"# {name}: " + " ".join(f"{code}:{codes[code]}" for code in sorted(codes)))
    print(" ".join(f"{code}:{total[code]}" for code in sorted(total)))


def block(user):
    ending = time.monotonic() + PATIENCE_S

    def until_blocked(host, mine):
        while ask(host, mine) == "allow" and time.monotonic() < ending:
            pass

    threads, answers = each(user, until_blocked)
    while not all(answers.values()):
        time.sleep(0.01)
    time.sleep(0.3)
    called = time.monotonic()
    subprocess.run([os.environ["WEIRCTL"], "-t", os.environ["WEIR_TABLE"], "block", "user=" + user,
                    "--reason", "phished"], check=True, stdout=subprocess.DEVNULL)
    returned = time.monotonic()
    for thread in threads:
        thread.join()
    late = 0
    print(f"# block: {(returned - called) * 1e3:.1f} ms with its process")
    for name, mine in answers.items():
        passed = sum(answer == "allow" for _, _, answer in mine)
        late += sum(answer == "allow" and began > returned for began, _, answer in mine)
        print(f"# {name}: {passed} passed, refused {(mine[-1][1] - called) * 1e3:.1f} ms after the call")
    print("last answers " + " ".join(mine[-1][2] for mine in answers.values())
          + f", {late} passed that began after the block")
    print(*(sum(answer == "allow" for _, _, answer in answers[name])
            for name in ("postfix", "webmail")), file=sys.stderr)


def session(user):
    client = Client(int(os.environ["WEBMAIL_PORT"]), "mail", user)
    with open(os.environ["COOKIE"], encoding="ascii") as file:
        client.cookie = file.read()
    status = client.ask("GET")
    print("goes on" if status == 200 else "is over" if status == 303 else f"answers {status}")


if __name__ == "__main__":
    if sys.argv[1] == "count":
        count(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "block":
        block(sys.argv[2])
    else:
        session(sys.argv[2])
