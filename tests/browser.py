"""A headless browser that a test can ask about a page: Chromium, driven through a pipe.

Its DevTools protocol goes over two file descriptors, so that neither a driver, nor a package, nor a
port is needed.
"""

import contextlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import time

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NEEDED = "NEED_BROWSER"
"""Environment variable. If it is set, as by .ci/run, a missing browser is a failure."""

OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # without it, it does not start as root; all pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
SECONDS = 60
"""Seconds within which every answer has to arrive."""

# The browser reads descriptor 3 and writes 4; the descriptors given to it may have any number.
START = """
import fcntl, os, sys
given = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for number, descriptor in zip((3, 4), given):
    os.dup2(descriptor, number)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find():
    """The path of a browser; without one the test is skipped, or fails if one is needed."""
    for path in map(shutil.which, NAMES):
        if path:
            return path
    message = f"no browser found, expected one of {', '.join(NAMES)}: apt-get install chromium"
    if os.environ.get(NEEDED):
        pytest.fail(message)
    pytest.skip(message)


class Browser:
    """One browser with one page. `events` holds all its events since the page was opened."""

    def __init__(self, profile):
        path = find()
        read_end, self._commands = os.pipe()
        self._answers, write_end = os.pipe()
        ends = (read_end, write_end)
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, ends), path, *OPTIONS]
            + [f"--user-data-dir={profile}", "about:blank"],
            pass_fds=ends,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in ends:
            os.close(end)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._answers, selectors.EVENT_READ)
        self._number, self._text, self.session, self.events = 0, b"", None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def open(self, path, width):
        """Open a file in a window of this width in pixels; wait until its images are there."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not self.told("Page.loadEventFired"):
            self.events.append(self._next(time.monotonic() + SECONDS))

    def value(self, expression):
        """The value of a JavaScript expression."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def told(self, *methods):
        """The parameters of all events of these methods since the page was opened."""
        return [event["params"] for event in self.events if event["method"] in methods]

    def complaints(self):
        """Errors and warnings of the console, exceptions, and what the browser logged."""
        console = [
            one
            for one in self.told("Runtime.consoleAPICalled")
            if one["type"] in ("error", "warning", "assert")
        ]
        return console + self.told("Runtime.exceptionThrown", "Log.entryAdded")

    def requests(self):
        """Every address that was asked for."""
        return [one["request"]["url"] for one in self.told("Network.requestWillBeSent")]

    def call(self, method, **parameters):
        """Send a command and return its result; events that come before it are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while (answer := self._next(deadline)).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def close(self):
        with contextlib.suppress(Exception):
            self.session = None
            self.call("Browser.close")
        os.close(self._commands)
        os.close(self._answers)
        self._selector.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _next(self, deadline):
        while b"\0" not in self._text:
            if not self._selector.select(max(deadline - time.monotonic(), 0)):
                raise TimeoutError(f"the browser has not answered within {SECONDS} seconds")
            more = os.read(self._answers, 1 << 16)
            if not more:
                raise ConnectionError(f"the browser has ended, code {self._process.poll()}")
            self._text += more
        message, _, self._text = self._text.partition(b"\0")
        return json.loads(message)
