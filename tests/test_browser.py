"""The report as a reader sees it: opened in a real browser."""

import re

import numpy as np
import pytest

from noether_razor.describe import canvas
from noether_razor.describe.page import write_page
from noether_razor.discovery import plots as of_evidence
from noether_razor.discovery.report import report, verdict
from noether_razor.variational import plots
from tests.browser import Browser
from tests.sample_discovery import sample

BROKEN = """<!DOCTYPE html><title>Broken</title>
<img src="http://127.0.0.1:9/lost.png"><div style="width: 5000px">wide</div>
<script>console.error("told")</script><script>nowhere()</script>
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A discovery and its page, with a path and a command that are longer than a narrow window."""
    directory = tmp_path_factory.mktemp("run")
    source = "/data/" + "a_long_name_without_a_break" * 8 + ".npz"
    found = sample(undetermined=2, data=sample().data | {"source": source})
    figures = {
        "changes.png": of_evidence.changes(found),
        "energy.png": plots.energy_drift(np.linspace(0, 3, 7), np.zeros((3, 7))),
    }
    for name, figure in figures.items():
        canvas.save(figure, directory / name)
    text = report(found, list(figures), f"noether-razor discover {source}")
    write_page(text, directory)
    return found, directory / "report.html"


def wider(browser):
    """How many pixels the page is wider than the window."""
    return browser.value(
        "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
        " - document.documentElement.clientWidth"
    )


def widths_of_images(browser):
    return browser.value("Array.from(document.images, image => image.naturalWidth)")


@pytest.mark.parametrize("width", [1280, 400])
def test_the_report_in_a_browser(browser, written, width):
    found, page = written
    browser.open(page, width)
    assert browser.value("innerWidth") == width
    assert browser.complaints() == []
    document, *others = browser.requests()
    assert document == page.as_uri()
    assert [url for url in others if not url.startswith("data:image/png;")] == []
    assert browser.value("document.title") == "What is conserved"
    assert browser.value("document.querySelector('h1 + p').innerText") == verdict(found)
    sizes = widths_of_images(browser)
    assert len(sizes) == 2 and min(sizes) > 0
    assert wider(browser) <= 0
    hidden = browser.value(
        "Array.from(document.querySelectorAll('table'), one => one.scrollWidth - one.clientWidth)"
    )
    assert width < 1280 or hidden[:2] == [0, 0]  # what is found is seen without scrolling
    block = browser.value("document.querySelector('code.language-latex').innerText")
    assert re.fullmatch(r"\\begin{align\*}\n(C_{\d} &= .*\n){7}\\end{align\*}\n?", block)


def test_what_is_wrong_with_a_page_is_seen(browser, tmp_path):
    page = tmp_path / "broken.html"
    page.write_text(BROKEN)
    browser.open(page, 400)
    complaints = str(browser.complaints())
    assert "told" in complaints and "nowhere is not defined" in complaints
    assert "http://127.0.0.1:9/lost.png" in browser.requests()
    assert widths_of_images(browser) == [0]
    assert wider(browser) > 4000
