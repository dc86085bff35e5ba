# SPDX-License-Identifier: BSD-2-Clause
# weirctl top in a terminal: keys, sizes, signals, and the screen given back however it ends.
#   python3 tests/tool/top_terminal.py WEIRCTL TABLE PRINCIPALS
# TABLE names PRINCIPALS principals by cost.  The last line is "N passed, M failed"; nothing here
# waits for a time, but to give up.
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
KNOWN = re.compile(rb"\x1b\[(\?(1049|7|25)[hl]|[HKJ]|2J)|\r\n")
GIVE_UP_S = 30

passed = failed = 0


def check(name, holds, shown=b""):
    global passed, failed
    if holds:
        passed += 1
        return
    failed += 1
    print("FAILED: top in a terminal:", name)
    print("  ", shown[-400:])


class Terminal:
    def __init__(self, arguments, rows=24, term="xterm"):
        self.output = b""
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.environ["TERM"] = term
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 200, 0, 0))
            os.execv(arguments[0], arguments)
        self.status = None
        self.sized = 0  # output since the size was set

    def read(self):
        """Some more output; False where there is no more."""
        ready, _, _ = select.select([self.master], [], [], GIVE_UP_S)
        if not ready:
            os.kill(self.child, signal.SIGKILL)
            return False
        try:
            more = os.read(self.master, 65536)
        except OSError:
            return False
        self.output += more
        return bool(more)

    def wait_for(self, text, since=0):
        while text not in self.output[since:]:
            if not self.read():
                check("waits for %r" % text, False, self.output)
                return False
        return True

    def wait_for_rows(self, count):
        """A whole page with so many principals."""
        while not any(page.count(b"user=") == count for page in self.pages()):
            if not self.read():
                check("waits for %d rows" % count, False, self.output)
                return
        check("%d rows" % count, True)

    def pages(self):
        return [page for page in self.output[self.sized:].split(b"\x1b[H")[1:] if b"\x1b[J" in page]

    def press(self, key):
        at = len(self.output)
        os.write(self.master, key)
        return at

    def resize(self, rows):
        self.sized = len(self.output)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 200, 0, 0))

    def modes(self):
        return termios.tcgetattr(self.master)[3] & (termios.ICANON | termios.ECHO)

    def end(self):
        while self.read():
            pass
        _, self.status = os.waitpid(self.child, 0)
        os.close(self.master)


def is_given_back(terminal):
    return terminal.output.count(ENTER) == terminal.output.count(LEAVE) > 0 and \
        terminal.output.rfind(LEAVE) > terminal.output.rfind(b"\x1b[H")


def ends(name, arguments, how, is_status):
    terminal = Terminal(arguments)
    if terminal.wait_for(b"\x1b[J"):
        check(name + ": keys come one by one", terminal.modes() == 0)
        how(terminal)
    terminal.end()
    check(name + ": exit status %d" % terminal.status, is_status(terminal.status), terminal.output)
    check(name + ": the screen is given back", is_given_back(terminal), terminal.output)
    ours = terminal.output[:terminal.output.rfind(LEAVE)]  # a sanitizer's report has colours
    rest = KNOWN.sub(b"", ours).replace(b"\r", b"").replace(b"\n", b"")
    harmless = all(ord(c) >= 32 and not 127 <= ord(c) < 160
                   for c in rest.decode("utf-8", "surrogateescape").replace("^C", ""))
    check(name + ": control characters", harmless, rest)
    return terminal


def exits(status):
    return lambda got: os.WIFEXITED(got) and os.WEXITSTATUS(got) == status


def dies(by):
    return lambda got: os.WIFSIGNALED(got) and os.WTERMSIG(got) == by


def browse(terminal):
    at = terminal.press(b"c")
    terminal.wait_for(b"by cost", at)
    at = terminal.press(b"d")
    terminal.wait_for(b"by denied", at)
    terminal.press(b"q")


def stop_and_go_on(terminal):
    before = terminal.output.count(LEAVE)
    terminal.press(b"\x1a")
    _, status = os.waitpid(terminal.child, os.WUNTRACED)
    check("Ctrl-Z stops it", os.WIFSTOPPED(status))
    terminal.wait_for(LEAVE)
    check("Ctrl-Z gives the screen back", terminal.output.count(LEAVE) == before + 1)
    check("Ctrl-Z gives the modes back", terminal.modes() != 0)
    at = len(terminal.output)
    os.kill(terminal.child, signal.SIGCONT)
    terminal.wait_for(ENTER, at)
    terminal.wait_for(b"\x1b[J", at)
    terminal.press(b"q")


def main():
    ctl, table, principals = sys.argv[1], sys.argv[2], int(sys.argv[3])
    top = [ctl, "-t", table, "top"]
    cost = top + ["--by", "cost"]
    try:
        os.close(os.openpty()[0])
    except OSError as error:
        print("left out: top in a terminal:", error)
        print("0 passed, 0 failed")
        return

    ends("q", top, browse, exits(0))
    ends("Ctrl-C", top, lambda t: t.press(b"\x03"), exits(0))
    ends("SIGTERM", cost, lambda t: os.kill(t.child, signal.SIGTERM), dies(signal.SIGTERM))
    ends("SIGHUP", cost, lambda t: os.kill(t.child, signal.SIGHUP), dies(signal.SIGHUP))
    ends("SIGSEGV", cost, lambda t: os.kill(t.child, signal.SIGSEGV), lambda status: status != 0)
    ends("Ctrl-Z", top, stop_and_go_on, exits(0))

    # As many rows as fit, whatever the size becomes.
    terminal = Terminal(cost, rows=4 + principals + 4)
    terminal.wait_for_rows(principals)
    terminal.resize(4 + 2)
    terminal.wait_for_rows(1)
    terminal.resize(4 + principals + 1)
    terminal.wait_for_rows(principals)
    terminal.press(b"q")
    terminal.end()
    terminal = Terminal(cost + ["-n", "2"])
    terminal.wait_for_rows(2)
    terminal.press(b"q")
    terminal.end()

    # Whoever may write the table may shorten it.
    shutil.copy(table, table + ".short")
    os.chmod(table + ".short", 0o660)

    def shorten(terminal):
        os.truncate(table + ".short", 0)
        terminal.press(b" ")

    terminal = ends("a table that is shortened", [ctl, "-t", table + ".short", "top"], shorten,
                    exits(69))
    check("a table that is shortened is told", b"shortened" in terminal.output, terminal.output)

    # A terminal that can do nothing, and one that JSON is asked for in.
    for name, arguments, term in (("dumb", cost, "dumb"), ("JSON", cost + ["--json"], "xterm")):
        terminal = Terminal(arguments, term=term)
        terminal.end()
        check(name + ": prints once", exits(0)(terminal.status) and b"user=" in terminal.output and
              b"\x1b" not in terminal.output, terminal.output)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed != 0)


main()
