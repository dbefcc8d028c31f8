"""The README's example, run as it stands."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.slow
def test_the_example_prints_what_the_readme_says():
    blocks = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
    (place,) = (i for i, (language, _) in enumerate(blocks) if language == "python")
    example, expected = blocks[place][1], blocks[place + 1][1]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "README.md", "exec"), {"__name__": "readme"})
    assert printed.getvalue() == expected


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (Path(__file__).parents[1] / "Makefile").read_text().splitlines()
    for target in ("demo", "test"):
        assert f"make {target} " in README
        assert any(line.startswith(f"{target}:") for line in makefile)
