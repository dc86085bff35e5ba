# SPDX-License-Identifier: BSD-2-Clause
"""One user who sends through three hosts at once: the webmail's CGI program, submission at a
Postfix, an nginx.

together.py count USER TIMES       how many of TIMES messages each host let pass, and all together
together.py block USER             sends until each host refuses the user, whom `weirctl block`
                                   blocks meanwhile; what passed of what began after its return

The environment says where: COMPOSE, SMTP_PORT, HTTP_PORT, WEIRCTL, WEIR_TABLE, WEIR_SPOOL.
"""
import collections
import http.client
import os
import smtplib
import subprocess
import sys
import threading
import time

PATIENCE_S = 30


class Webmail:
    """A fresh process a message, as a server starts them."""
    name = "webmail"

    def __init__(self, user):
        self.environment = dict(os.environ, GATEWAY_INTERFACE="CGI/1.1", REQUEST_METHOD="POST",
                                SCRIPT_NAME="/compose", REMOTE_USER=user, REMOTE_ADDR="127.0.0.1",
                                SERVER_PROTOCOL="HTTP/1.1",
                                CONTENT_TYPE="application/x-www-form-urlencoded")

    def send(self):
        body = b"to=u%40x.test&subject=s&body=b&signature="
        answer = subprocess.run([os.environ["COMPOSE"]], input=body, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, check=True,
                                env=dict(self.environment, CONTENT_LENGTH=str(len(body)))).stdout
        head = answer.split(b"\r\n\r\n")[0].decode()
        status = [line for line in head.split("\r\n") if line.startswith("Status: ")]
        return {"200": "allow", "429": "deny", "403": "block"}.get(
            status[0].split()[1] if status else "200", head)


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
    print(sum(answer == "allow" for _, _, answer in answers["postfix"]), file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1] == "count":
        count(sys.argv[2], int(sys.argv[3]))
    else:
        block(sys.argv[2])
