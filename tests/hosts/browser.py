# SPDX-License-Identifier: BSD-2-Clause
"""Somebody in front of the webmail in a real browser, from signing in to the day on which the
account is blocked; see browser.sh.

browser.py DRIVER-PORT URL SCREENSHOTS     Prints "NAME|GOT|EXPECTED", a line a check.
WEIRCTL and WEIR_TABLE name the command and the table.
"""
import os
import subprocess
import sys

from webdriver import Browser, TAB

LOOKS = [("desktop-light", 1100, 800, "light"), ("desktop-dark", 1100, 800, "dark"),
         ("phone-light", 360, 740, "light"), ("phone-dark", 360, 740, "dark")]

# The least contrast of text with what is behind it (WCAG 2.2, 1.4.3), and where.
CONTRAST = """
const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
const parts = color => color.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = e => { for (; e; e = e.parentElement) {
  const c = parts(getComputedStyle(e).backgroundColor);
  if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
let least = [99, ''];
for (const e of document.body.querySelectorAll('*')) {
  const own = [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim());
  if (!own && !e.value) continue;
  const a = light(parts(getComputedStyle(e).color)), b = light(ground(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < least[0]) least = [ratio, e.outerHTML.slice(0, 80)];
}
return least;"""

# The least contrast of a field's border with what is around it (1.4.11).
BORDER = CONTRAST
for there, here in (("body.querySelectorAll('*')", "querySelectorAll('input, textarea')"),
                    ("!own && !e.value", "e.type == 'hidden'"),
                    ("getComputedStyle(e).color", "getComputedStyle(e).borderTopColor"),
                    ("ground(e)", "ground(e.parentElement)")):
    assert there in BORDER
    BORDER = BORDER.replace(there, here)

# What is cut off or makes the page wider than the window; the skip link waits outside.
WIDER = """
return [...document.body.querySelectorAll('*')].filter(e => !e.matches('.skip, .unseen') &&
  e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 60)).concat(
  document.documentElement.scrollWidth > innerWidth ? ['the page'] : []).join(' ')"""

# Small things to hit, but for links within text (2.5.8).
SMALL = """
return [...document.querySelectorAll('a:not(.skip), button, input:not([type=hidden]), textarea')]
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.width < 24 || r.height < 24)
  .map(([e]) => e.outerHTML.slice(0, 60)).join(' ')"""


def check(name, got, expected):
    print(f"{name}|{got}|{expected}".replace("\n", "/"), flush=True)


class Visit:
    def __init__(self, browser, url, folder):
        self.browser, self.url, self.folder, self.number = browser, url, folder, 0

    def show(self, name):
        """What every page is held to, however it is looked at; and a picture of each."""
        self.number += 1
        browser = self.browser
        for look, width, height, scheme in LOOKS:
            browser.look(width, height, scheme)
            browser.screenshot(os.path.join(self.folder, f"{self.number}-{name}-{look}.png"))
            if "desktop" in look:
                least, where = browser.script(CONTRAST)
                check(f"contrast_{name}_{scheme}", least >= 4.5 or f"{least} {where}", True)
                least, where = browser.script(BORDER)
                check(f"border_{name}_{scheme}", least >= 3 or f"{least} {where}", True)
        browser.look(320, 600, "light")
        check(f"fits_into_320_{name}", browser.script(WIDER), "")
        check(f"can_be_hit_{name}", browser.script(SMALL), "")
        browser.script("document.documentElement.style.fontSize = '200%'")
        browser.look(640, 400, "light")
        check(f"text_of_twice_the_size_{name}", browser.script(WIDER), "")
        browser.script("document.documentElement.style.fontSize = ''")
        browser.look(*LOOKS[0][1:])

    def sign_in(self, password):
        self.browser.go(self.url)
        self.browser.type("#user", "alice")
        self.browser.type("#password", password)
        self.browser.press("[type=submit]")

    def send(self, to, subject, body):
        self.browser.type("#to", to)
        self.browser.type("#subject", subject)
        self.browser.type("#body", body)
        self.browser.press("[type=submit]")

    def notice(self):
        return self.browser.text(".notice h2")


def focus_order(browser):
    browser.script("document.activeElement.blur()")
    order = []
    for _ in range(8):
        browser.key(TAB)
        order.append(browser.script(
            "const e = document.activeElement; return e.id || e.textContent.trim()"))
    return " > ".join(order)


def sign_in(visit):
    browser = visit.browser
    browser.go(visit.url)
    check("stranger_is_asked_to_sign_in", browser.text("h1"), "Sign in")
    visit.show("sign-in")
    visit.sign_in("wrong")
    check("wrong_password", visit.notice(), "Not signed in")
    check("wrong_password_is_read_out", browser.script(
        "return document.querySelector('.notice').getAttribute('role')"), "alert")
    check("user_is_still_typed", browser.value("#user"), "alice")
    visit.show("wrong-password")
    visit.sign_in("secret")
    check("signed_in", browser.text("h1"), "Write a message")
    check("quota", browser.text("#quota"), "You can send 3 more messages in this hour.")
    check("focus_order", focus_order(browser),
          "Skip to the content > Write > Preferences > Sign out > to > subject > body > Send")
    check("fields_have_labels", " ".join(browser.label("#" + field) for field in
                                         ("to", "subject", "body")), "To Subject Message")
    visit.show("write")


def send_until_refused(visit):
    browser = visit.browser
    visit.send("nobody", "Hello", "a letter to be mended")
    check("mistake_is_marked", browser.script(
        "const e = document.querySelector('[aria-invalid=true]'); return e.id + ' ' + "
        "e.getAttribute('aria-describedby') + ' ' + (document.activeElement == e)"),
        "to to-wrong to-help true")
    visit.show("mistake")
    for number in range(3):
        visit.send("bob@example.org", f"Hello {number}", "a letter")
        check(f"sent_{number}", visit.notice(), "Your message was sent")
        if number == 0:
            visit.show("sent")
    visit.send("bob@example.org", "The <b>fourth</b>", "a letter that\nis kept")
    check("fourth_is_refused", visit.notice(), "Please wait a moment")
    wait = browser.text(".notice p")
    check("wait_is_told", "You can send it in 20 minutes." in wait
          or "You can send it in 19 minutes." in wait or wait, True)
    check("draft_is_kept", browser.value("#to") + "; " + browser.value("#subject") + "; "
          + browser.value("#body"), "bob@example.org; The <b>fourth</b>; a letter that\nis kept")
    visit.show("refused")


def change_signature(visit):
    browser = visit.browser
    browser.press("a[href$='/preferences']")
    browser.type("#name", "Alice Liddell")
    browser.type("#signature", "Alice Liddell\nInstitute of Looking Glasses")
    browser.press("[type=submit]")
    check("preferences_are_saved", visit.notice(), "Saved")
    visit.show("preferences")
    browser.press("nav a")
    check("signature_is_shown", browser.text("pre"), "Alice Liddell\nInstitute of Looking Glasses")
    check("name_is_shown", "Alice Liddell <alice@" in browser.text(".from"), True)
    visit.show("signature")


def be_blocked(visit):
    browser = visit.browser
    browser.type("#to", "bob@example.org")
    browser.type("#subject", "Half a letter")
    browser.type("#body", "Dear Bob,\nthis was not done when")
    subprocess.run([os.environ["WEIRCTL"], "block", "user=alice", "--reason", "phished"],
                   check=True, stdout=subprocess.DEVNULL)
    browser.press(".actions [type=submit]")
    check("session_has_ended", visit.notice(), "You have been signed out")
    check("draft_is_kept_by_a_block", browser.value("#subject") + "/" + browser.value("#body"),
          "Half a letter/Dear Bob,\nthis was not done when")
    visit.show("blocked")
    browser.type("#user", "alice")
    browser.type("#password", "secret")
    browser.press("[type=submit]")
    check("cannot_sign_in", visit.notice(), "Sign-in is stopped")
    check("draft_is_still_kept", browser.value("#subject"), "Half a letter")
    visit.show("sign-in-stopped")
    subprocess.run([os.environ["WEIRCTL"], "unblock", "user=alice"], check=True,
                   stdout=subprocess.DEVNULL)
    browser.type("#user", "alice")
    browser.type("#password", "secret")
    browser.press("[type=submit]")
    check("signed_in_after_the_lift", visit.notice(), "You are signed in")
    check("draft_comes_along", browser.value("#subject"), "Half a letter")
    browser.press(".actions [type=submit]")
    check("draft_is_sent", visit.notice(), "Your message was sent")
    browser.press(".quiet")
    check("signed_out", browser.text("h1"), "Sign in")
    browser.go(visit.url)
    check("stays_signed_out", browser.text("h1"), "Sign in")


def main():
    port, url, folder = sys.argv[1:]
    browser = Browser(port, os.path.join(os.environ["PROFILE"], "profile"))
    try:
        visit = Visit(browser, url, folder)
        browser.look(*LOOKS[0][1:])
        for part in (sign_in, send_until_refused, change_signature, be_blocked):
            part(visit)
        # That a page was answered by 403 or 429 is no complaint of ours.
        check("browser_has_nothing_to_complain_of", [line for line in browser.complaints()
              if "the server responded with a status of" not in line and "favicon" not in line], [])
    finally:
        browser.end()


main()
