#!/usr/bin/env python3
"""Opens a report in headless Chromium and uses it as a reader would.

    python3 tests/browser/check.py report.html [--screenshots FOLDER]

Needs Python and Chromium (Debian's package `chromium`; another one through CHROMIUM)
and nothing else: it speaks the DevTools protocol over a pipe. It fails, and says why,
when Chromium is missing, when the page's script throws, when a control does not
respond to real mouse and key events, when the page is wider than the screen, or when
it says nothing without script.
"""

import argparse
import base64
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time


class Browser:
    """Chromium with one page, driven over a pipe of JSON messages that end with a zero byte."""

    def __init__(self, profile):
        binary = os.environ.get("CHROMIUM") or shutil.which("chromium")
        if not binary:
            sys.exit("chromium is not installed: apt-get install chromium, or name it in CHROMIUM")
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        shell = f'exec 3<&{to_read} 4>&{from_write}; exec "$0" "$@"'
        flags = (
            "--headless --no-sandbox --disable-gpu --remote-debugging-pipe --hide-scrollbars "
            "--disable-background-networking --disable-component-update --disable-sync "
            "--no-first-run --disable-dev-shm-usage"
        ).split()
        self.process = subprocess.Popen(
            ["bash", "-c", shell, binary, *flags, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, from_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(from_write)
        self.ids = itertools.count(1)
        self.buffer = b""
        self.session = None
        self.errors = []
        page = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def read(self):
        while b"\0" not in self.buffer:
            chunk = os.read(self.from_read, 1 << 16)
            if not chunk:
                sys.exit("chromium ended before it answered")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            thrown = details.get("exception", {}).get("description", details["text"])
            self.errors.append(thrown)
        if message.get("method") == "Log.entryAdded":
            entry = message["params"]["entry"]
            if entry["level"] == "error":
                self.errors.append(entry["text"])
        return message

    def call(self, method, **params):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        try:
            os.write(self.to_write, json.dumps(message).encode() + b"\0")
        except BrokenPipeError:
            sys.exit("chromium could not be started, or ended before it was asked")
        while True:
            answer = self.read()
            if answer.get("id") == number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"{expression}: {result['exceptionDetails']['exception'].get('description')}")
        return result["result"].get("value")

    def open(self, address, width, height=900, dark=False, script=True):
        scheme = "dark" if dark else "light"
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Page.navigate", url=address)
        self.wait(lambda: self.evaluate("document.readyState") == "complete", "the page to load")
        if script:
            self.wait(lambda: self.evaluate("!!document.querySelector('#curves .live svg')"), "the curves to be drawn")

    def wait(self, done, what, seconds=90):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                sys.exit(f"waited {seconds} s for {what}; errors so far: {self.errors}")
            time.sleep(0.05)

    def centre(self, selector):
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            "const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        return box

    def point(self, selector):
        x, y = self.centre(selector)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, selector):
        x, y = self.centre(selector)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, code=None, **more):
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code or key, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code or key)

    def screenshot(self, path):
        height = self.evaluate("document.documentElement.scrollHeight")
        width = self.evaluate("document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 8000), "scale": 1}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self):
        self.call("Browser.close")
        self.process.wait(timeout=20)


class Checks:
    def __init__(self):
        self.failed = 0

    def that(self, what, holds, found=""):
        print(f"{'ok  ' if holds else 'FAIL'} {what}{f' ({found})' if not holds and found != '' else ''}")
        self.failed += not holds


def text(selector):
    return f"document.querySelector({json.dumps(selector)}).textContent"


def fits(browser, checks, what):
    over = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    checks.that(f"{what}: nothing is wider than the screen", over <= 0, f"{over} px over")
    cut = browser.evaluate(
        """[...document.querySelectorAll('svg text')].filter((t) => {
          const [a, b] = [t.getBoundingClientRect(), t.ownerSVGElement.getBoundingClientRect()];
          return b.width && (a.left < b.left - 1.5 || a.right > b.right + 1.5);
        }).map((t) => t.textContent)"""
    )
    checks.that(f"{what}: no words leave a chart", not cut, cut)
    covered = browser.evaluate(
        """[...document.querySelectorAll('svg')].flatMap((svg) => {
          const all = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([, b]) => b.width);
          const hit = [];
          all.forEach(([s, a], i) => all.slice(i + 1).forEach(([t, b]) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1.5 && down > 4.5) hit.push(`${s} / ${t}`);
          }));
          return hit;
        })"""
    )
    checks.that(f"{what}: no words cover others in a chart", not covered, covered)


def look(browser, checks, address, folder):
    for name, width, dark in [("light", 1000, False), ("dark", 1000, True), ("narrow", 360, False), ("narrow-dark", 360, True)]:
        browser.open(address, width, dark=dark)
        fits(browser, checks, name)
        ground = browser.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        bright = sum(map(int, ground.strip("rgb()").split(",")[:3])) > 384
        checks.that(f"{name}: the ground is {'dark' if dark else 'light'}", bright != dark, ground)
        if folder:
            browser.screenshot(folder / f"{name}.png")


def use(browser, checks, address, folder):
    browser.open(address, 1000)
    checks.that("the answer is a sentence", len(browser.evaluate(text("h1")) or "") > 10)

    chip = "#curves [data-chip]"
    arms = browser.evaluate(f"document.querySelectorAll('{chip}').length")
    lines = "document.querySelectorAll('#curves .live path').length"
    checks.that("every arm has a chip", arms == browser.evaluate("JSON.parse(document.getElementById('data').textContent).arms.length"))
    off = browser.evaluate(f"[...document.querySelectorAll('{chip}')].findIndex((b) => b.getAttribute('aria-pressed') === 'false')")
    if off >= 0:
        before = browser.evaluate(lines)
        selector = f"#curves [data-chip='{off}']"
        browser.click(selector)
        checks.that("a chip switches its arm on", browser.evaluate(lines) > before)
        pressed = f"document.querySelector(\"{selector}\").getAttribute('aria-pressed')"
        checks.that("a chip says that it is pressed", browser.evaluate(pressed) == "true")
        fits(browser, checks, "with one more arm")
        browser.evaluate(f"document.querySelector(\"{selector}\").focus()")
        browser.press(" ", code="Space", text=" ", windowsVirtualKeyCode=32)
        checks.that("the space bar switches it off again", browser.evaluate(pressed) == "false" and browser.evaluate(lines) == before)

    browser.point("#curves .live")
    checks.that("the pointer reads an epoch", "epoch" in browser.evaluate(text("#curves .readout")) and browser.evaluate("!!document.querySelector('#curves [data-cursor]')"))
    browser.evaluate("document.querySelector('#curves .live').focus()")
    head = "document.querySelector('#curves .readout th').textContent"
    browser.press("Home")
    checks.that("Home reads the first epoch", browser.evaluate(head) == "epoch 1", browser.evaluate(head))
    epochs = browser.evaluate("Math.max(...JSON.parse(document.getElementById('data').textContent).arms.flatMap((a) => a.curves.train_eval_loss.map((p) => p[0])))")
    browser.press("ArrowRight")
    checks.that("the right arrow reads the next", browser.evaluate(head) == f"epoch {min(2, epochs)}", browser.evaluate(head))

    row = "document.querySelector('#curves .readout tbody tr').cells[2].textContent"
    browser.click("#curves [data-training='train_loss']")
    browser.evaluate("document.querySelector('#curves .live').focus()")
    browser.press("Home")
    mean = "JSON.parse(document.getElementById('data').textContent).arms[0].curves.{}[0][1].toFixed(4)"
    checks.that("the training loss can be the one in training mode", browser.evaluate(row).startswith(browser.evaluate(mean.format("train_loss"))), browser.evaluate(row))
    browser.click("#curves [data-training='train_objective']")
    browser.evaluate("document.querySelector('#curves .live').focus()")
    browser.press("Home")
    checks.that("the penalty can be added to it", browser.evaluate(row).startswith(browser.evaluate(mean.format("train_objective"))), browser.evaluate(row))

    browser.point("#effects .wide [data-arm='1']")
    checks.that("the pointer reads an effect", browser.evaluate("JSON.parse(document.getElementById('data').textContent).arms[1].name") in browser.evaluate(text("#effects .readout")))

    if browser.evaluate("!!document.querySelector('#weights .live')"):
        browser.evaluate("document.querySelector('#weights .live').focus()")
        browser.press("ArrowRight")
        read = browser.evaluate(text("#weights .readout"))
        browser.press("ArrowRight")
        checks.that("arrow keys read the bins of a histogram", " to " in read and browser.evaluate(text("#weights .readout")) != read, read)
        drawn = browser.evaluate("document.querySelector('#weights .live svg').outerHTML.length")
        browser.click("#weights [data-chip='0']")
        checks.that("a chip changes the histograms", browser.evaluate("document.querySelector('#weights .live svg').outerHTML.length") != drawn)

    order = "[...document.querySelectorAll('#by-trial tbody tr')].map((r) => r.cells[5].dataset.key).filter((k) => k !== '').map(Number)"
    browser.click("#by-trial thead th:nth-child(6) button")
    keys = browser.evaluate(order)
    checks.that("a table sorts upwards", keys == sorted(keys))
    browser.click("#by-trial thead th:nth-child(6) button")
    keys = browser.evaluate(order)
    checks.that("and downwards", keys == sorted(keys, reverse=True))
    checks.that("and says so", browser.evaluate("document.querySelector('#by-trial thead th:nth-child(6)').getAttribute('aria-sort')") == "descending")

    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = browser.evaluate(ground)
    browser.click("#theme")
    checks.that("the button turns light into dark", browser.evaluate(ground) != light)
    if folder:
        browser.screenshot(folder / "used.png")


def without_script(browser, checks, address, folder):
    for name, width in [("without script", 1000), ("without script, narrow", 360)]:
        browser.open(address, width, script=False)
        # The protocol's own evaluation still works while the page's script does not.
        checks.that(f"{name}: no script ran", not browser.evaluate("!!document.querySelector('.live')"))
        checks.that(f"{name}: the answer is there", len(browser.evaluate("document.querySelector('h1').innerText")) > 10)
        seen = browser.evaluate("[...document.querySelectorAll('svg')].filter((s) => s.getBoundingClientRect().width > 200).length")
        checks.that(f"{name}: three pictures are seen", seen == 3, seen)
        fits(browser, checks, name)
        if folder:
            browser.screenshot(folder / f"{name.replace(' ', '-').replace(',', '')}.png")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("report", type=pathlib.Path)
    arguments.add_argument("--screenshots", type=pathlib.Path)
    given = arguments.parse_args()
    if given.screenshots:
        given.screenshots.mkdir(parents=True, exist_ok=True)
    address = given.report.resolve(strict=True).as_uri()
    checks = Checks()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            look(browser, checks, address, given.screenshots)
            use(browser, checks, address, given.screenshots)
            without_script(browser, checks, address, given.screenshots)
            checks.that("the script threw nothing", not browser.errors, browser.errors)
        finally:
            browser.close()
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
