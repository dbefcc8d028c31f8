"""The README's examples, run as they stand."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.slow
def test_the_examples_print_what_the_readme_says():
    blocks = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
    places = [i for i, (language, _) in enumerate(blocks) if language == "python"]
    names = {"__name__": "readme"}
    for place in places:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(blocks[place][1], "README.md", "exec"), names)
        assert printed.getvalue() == blocks[place + 1][1]
    assert len(places) == 3


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (Path(__file__).parents[1] / "Makefile").read_text().splitlines()
    for target in ("demo", "test"):
        assert f"make {target} " in README
        assert any(line.startswith(f"{target}:") for line in makefile)
