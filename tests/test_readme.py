"""The README's example, run as it stands."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.slow
def test_the_example_prints_what_the_readme_says():
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "README.md", "exec"), {"__name__": "readme"})
    after = README.split(example)[1]
    expected = re.findall(r"```\n(.*?)```", after, re.DOTALL)[0]
    assert printed.getvalue().split("\n") == expected.split("\n")


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (Path(__file__).parents[1] / "Makefile").read_text().splitlines()
    for target in ("demo", "test"):
        assert f"make {target} " in README
        assert any(line.startswith(f"{target}:") for line in makefile)
