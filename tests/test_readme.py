"""The examples of the README and of a page of the documentation, run as they stand."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("page", "count"), [("README.md", 4), ("docs/check.md", 2)])
def test_the_examples_print_what_the_page_says(page, count):
    blocks = re.findall(r"```(\w*)\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    places = [i for i, (language, _) in enumerate(blocks) if language == "python"]
    names = {"__name__": "readme"}
    for place in places:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(blocks[place][1], page, "exec"), names)
        assert printed.getvalue() == blocks[place + 1][1]
    assert len(places) == count


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text().splitlines()
    for target in ("demo", "test"):
        assert f"make {target} " in README
        assert any(line.startswith(f"{target}:") for line in makefile)
