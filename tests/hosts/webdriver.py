# SPDX-License-Identifier: BSD-2-Clause
"""A browser, by the WebDriver protocol over HTTP; chromedriver's own commands for what the
protocol has none for."""
import base64
import json
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB = "\ue004"


class Browser:
    def __init__(self, port, profile):
        self.at = f"http://127.0.0.1:{port}"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                            "--force-device-scale-factor=1", "--user-data-dir=" + profile]}
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.at += "/session/" + made["sessionId"]
        # What a click leads to may not be there when the next command comes.
        self.call("POST", "/timeouts", {"implicit": 10000, "pageLoad": 30000})

    def call(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.at + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {json.load(error)['value']['message']}") from None

    def end(self):
        self.call("DELETE", "")

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def script(self, text, *arguments):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector):
        return self.call("GET", f"/element/{self.find(selector)}/text")

    def value(self, selector):
        return self.call("GET", f"/element/{self.find(selector)}/property/value")

    def type(self, selector, text):
        element = self.find(selector)
        self.call("POST", f"/element/{element}/clear")
        self.call("POST", f"/element/{element}/value", {"text": text})

    def press(self, selector):
        """A click that leads to another page, and the page there."""
        self.script("document.documentElement.dataset.left = 'behind'")
        self.call("POST", f"/element/{self.find(selector)}/click")
        for _ in range(200):
            if self.script("return document.readyState == 'complete' && "
                           "!document.documentElement.dataset.left"):
                return
            time.sleep(0.05)
        raise RuntimeError("no page came after " + selector)

    def key(self, key):
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def label(self, selector):
        return self.call("GET", f"/element/{self.find(selector)}/computedlabel")

    def look(self, width, height, scheme):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def complaints(self):
        return [line["message"] for line in self.call("POST", "/se/log", {"type": "browser"})]
