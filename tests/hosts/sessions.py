# SPDX-License-Identifier: BSD-2-Clause
"""sessions.py PORT LOGIN SESSIONS MESSAGES: so many SMTP sessions at once, each sending
so many messages.  Prints "N accepted, M refused"."""
import collections
import smtplib
import sys
import threading

port, login, sessions, messages = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
answers = collections.Counter()
lock = threading.Lock()
start = threading.Barrier(sessions)


def session():
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=30) as smtp:
        smtp.ehlo()
        smtp.docmd("XCLIENT", "LOGIN=" + login)
        smtp.ehlo()
        start.wait(30)
        for _ in range(messages):
            smtp.mail("a@example.test")
            smtp.rcpt("u@x.test")
            code, _ = smtp.docmd("DATA")
            if code == 354:
                smtp.send("Subject: test\r\n\r\ntest\r\n.\r\n")
                code, _ = smtp.getreply()
            with lock:
                answers[code] += 1
            smtp.rset()  # after a refused DATA the transaction is still open


threads = [threading.Thread(target=session) for _ in range(sessions)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{answers.pop(250, 0)} accepted, {answers.pop(450, 0)} refused", *sorted(answers.items()))
