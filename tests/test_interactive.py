"""`report --interactive`: the figures in a real browser, offline, and what is said without data."""

import json
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from noether_razor.cli import main as cli
from noether_razor.data import load_trajectories, save_trajectories
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.check_result import Check, CheckedExpression
from noether_razor.discovery.result import Direction, LearnedFunction, Quantity
from noether_razor.evidence.recording import recording
from tests.browser import SECONDS, Browser
from tests.sample_cli import refused
from tests.sample_discovery import sample

HOSTILE = "<img src=x onerror=alert(1)> & $$q_1$$ </script>"
NAMES = ("q1", "q2", "p1", "p2")


class References(HTMLParser):
    """The addresses in the tags of a page; texts of scripts are not tags."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href", "srcset")]


def record(path):
    """A discovery of two quantities and a hostile direction in the data of a file."""
    data = recording(load_trajectories(path))
    A = np.eye(4)[::-1] * np.array([1.0, -1.0, -1.0, 1.0])
    numbers = {"size": 0.02, "low": 0.01, "high": 0.03, "probability": 0.999, "hopeful": 1.0}
    one = {"verdict": "conserved", **numbers}
    directions = [
        Direction(HOSTILE, A, np.zeros(4), varies=True, **one),
        Direction("q1", A, np.zeros(4), varies=True, **{**one, "verdict": "changes", "size": 0.5}),
    ]
    quantities = [
        Quantity("q1*p2 - q2*p1", A, np.zeros(4), "angular momentum", 0.0),
        Quantity("sin(q1)", None, None, "", 0.0),
    ]
    learned = LearnedFunction(beyond=1.0, counted=True, explained={"2": 0.5},
                              tracks=np.zeros((3, 7)), **one)  # fmt: skip
    kept = sample().data | {"names": list(NAMES), "spread": data.spread.tolist()}
    return sample(
        quantities=quantities, directions=directions, data=kept, learned=[learned], degree=3,
        origin=dict.fromkeys(NAMES, 0.0), noise=dict.fromkeys(NAMES, 0.0),
    )  # fmt: skip


def run_directory(here, found, name="discovery.json"):
    (here / "out").mkdir()
    (here / "out" / name).write_text(found.to_json())
    (here / "out" / "config.json").write_text(json.dumps({"files": ["a.npz"], "masses": None}))


@pytest.fixture
def data(here):
    q, p = np.random.default_rng(0).normal(size=(2, 8, 5, 2))
    save_trajectories("a.npz", Trajectories(q, p, 0.1))


@pytest.fixture
def found(here, data):
    found = record("a.npz")
    run_directory(here, found)
    return found


def interactive(here, capsys):
    assert cli.main(["report", "out", "--interactive"]) == 0
    assert capsys.readouterr().out.strip() == "out/report.md"
    return (here / "out" / "report.html").read_text()


# The page's own elements and those inside Bokeh's, which have documents of their own.
EVERY = """(() => { const all = root => Array.from(root.querySelectorAll('*')).flatMap(
  one => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]); return all(document) })()"""
# Where the first point of the first figure is, in the window.
PLACE = """(() => { const view = Bokeh.index.roots[0], box = view.el.getBoundingClientRect();
  const frame = view.frame, inner = frame.bbox;
  return [box.left + frame.x_scale.compute(0.02), box.top + frame.y_scale.compute(1)] })()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def becomes(browser, expression, wanted):
    """Wait until the value of a JavaScript expression is as wanted; return the last value."""
    end = time.monotonic() + SECONDS
    while not wanted(found := browser.value(expression)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("width", [1280, 400])
def test_the_figures_in_a_browser(here, capsys, browser, found, width):
    text = interactive(here, capsys)
    assert References(text).found == [] and "of quantities are left out" not in text
    page = here / "out" / "report.html"
    browser.open(page, width)
    drawn = f"{EVERY}.filter(one => one.tagName == 'CANVAS' && one.clientWidth > 200).length"
    # Changes, what was learned, and two quantities: along trajectories, and their level sets.
    assert becomes(browser, drawn, lambda count: count >= 6) >= 6
    assert browser.value("document.documentElement.scrollWidth - innerWidth") <= 0
    assert browser.value("document.querySelectorAll('figcaption .formula').length") == 4
    browser.value("document.querySelector('figure').scrollIntoView()")
    x, y = browser.value(PLACE)
    for step in (3, 0):
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x + step, y=y)
    tips = f"{EVERY}.filter(one => one.className == 'bk-tooltip-row-value')"
    told = becomes(browser, f"{tips}.map(one => one.innerText)", len)
    assert told == [HOSTILE, "conserved", "0.02", "0.01 to 0.03", "0.9990"]
    assert browser.value(f"{EVERY}.filter(one => one.tagName == 'IMG').length") == 0
    assert browser.complaints() == []
    asked = [url for url in browser.requests() if not url.startswith("data:image/")]
    assert asked == [page.as_uri()]


def test_the_text_stays_and_the_page_can_be_static_again(here, capsys, found):
    assert cli.main(["report", "out"]) == 0
    before = [(here / "out" / name).read_bytes() for name in ("report.md", "report.html")]
    capsys.readouterr()
    text = interactive(here, capsys)
    assert "Bokeh" in text and "Bokeh" not in before[1].decode()
    assert (here / "out" / "report.md").read_bytes() == before[0]
    assert cli.main(["report", "out"]) == 0
    assert (here / "out" / "report.html").read_bytes() == before[1]


def test_images_that_have_no_figure_stay(here, capsys, found):
    for name in ("changes.png", "curve.png"):
        (here / "out" / name).write_bytes(b"image")
    text = interactive(here, capsys)
    assert text.count('src="data:image') == 1 and 'alt="curve"' in text


def test_without_the_data_the_page_says_so(here, capsys, found):
    save_trajectories("a.npz", Trajectories(*np.random.default_rng(1).normal(size=(2, 8, 5, 2)), 1))
    assert "left out: a.npz: holds other data than" in interactive(here, capsys)
    (here / "a.npz").unlink()
    text = interactive(here, capsys)
    assert "left out: a.npz: there is no such file" in text
    (here / "out" / "config.json").write_text('{"files": 3}')
    assert "left out: out/config.json does not tell how" in interactive(here, capsys)
    (here / "out" / "config.json").unlink()
    text = interactive(here, capsys)
    assert "left out: out/config.json names no files of data" in text and "docs_json" in text


def test_a_quantity_that_cannot_be_read_is_left_out(here, capsys, found):
    quantities = [*found.quantities, Quantity("q1 + ... (15 terms)", None, None, "", 0.0)]
    (here / "out" / "discovery.json").write_text(replace(found, quantities=quantities).to_json())
    text = interactive(here, capsys)
    assert text.count("<figcaption>") == 5 and "Some figures of quantities are left out" in text


def test_a_check_has_its_expressions_along_trajectories(here, capsys, data):
    base = record("a.npz")
    known = CheckedExpression("q1*p2", "changes", 0.5, 0.4, 0.6, 0.0, 0.0, True)
    unknown = CheckedExpression("3", "undetermined", *[np.nan] * 5, False, reason="one value")
    run_directory(
        here,
        Check([known, unknown], 0.05, 1.0, {}, base.noise, [], 1.0, {}, base.data),
        "check.json",
    )
    (here / "out" / "expressions.png").write_bytes(b"image")
    text = interactive(here, capsys)
    assert text.count("<figcaption>") == 3 and 'src="data:image' not in text
    assert "level sets in the plane of q1 and p2; the other coordinates have" in text
    (here / "a.npz").unlink()
    text = interactive(here, capsys)
    assert 'src="data:image' in text and "left out: a.npz" in text


def test_without_the_package_nothing_is_written(here, capsys, monkeypatch, found):
    monkeypatch.setitem(sys.modules, "bokeh", None)
    kept = [path.name for path in here.iterdir()]
    refused(capsys, ["report", "out", "--interactive"], "noether-razor[interactive]", kept)
    assert not (here / "out" / "report.md").exists() and not list((here / "out").glob("*.html"))
