"""Text of every layout gives the same trajectories, and says what is wrong in one line."""

import numpy as np
import pytest
from sample_loading import CSV, LINES, T, check, frame

from noether_razor.base.errors import InputError
from noether_razor.data import load_trajectories

GERMAN = frame().to_csv(index=False, sep=";", decimal=",")
TEXTS = {
    "commas": CSV,
    "semicolons and decimal commas": GERMAN,
    "tabs": frame().to_csv(index=False, sep="\t"),
    "bars": frame().to_csv(index=False, sep="|"),
    "blanks": frame().to_string(index=False),
    "comments": f"# logger 2\n# metres, seconds\n{CSV}",
    "a commented heading": f"# {CSV}",
    "comments of per cent": f"% made by a simulation\n{CSV}",
    "a row of units": "\n".join([LINES[0], ",s,m,m,kg m/s,kg m/s", *LINES[1:]]),
    "units in the heading": CSV.replace("q1", "q1 [m]", 1).replace("p1", "p1 (kg m/s)", 1),
    "a comma at the end of each row": "\n".join([LINES[0], *(f"{line}," for line in LINES[1:])]),
    "a comma at the end of each line": "\n".join(f"{line}," for line in LINES),
    "Windows": f"\ufeff{CSV}".replace("\n", "\r\n"),
    "quotes": frame().to_csv(index=False, quoting=1),
    "blanks after commas": CSV.replace(",", ", "),
    "blank lines": CSV.replace("\n", "\n\n"),
    "Fortran": CSV.replace(",0.25,", ",2.5D-01,"),
    "whole numbers of seconds": CSV,
}


@pytest.mark.parametrize("case", TEXTS)
def test_texts(tmp_path, case):
    path = tmp_path / "data.csv"
    path.write_text(TEXTS[case], newline="")
    check(load_trajectories(path))


@pytest.mark.parametrize("first", ["sep=;\n", "Run 3, of Monday\n", "\n\n"])
def test_lines_before_the_heading(tmp_path, first):
    text = frame().to_csv(index=False, sep=";" if "sep" in first else ",")
    (tmp_path / "data.csv").write_text(first + text)
    check(load_trajectories(tmp_path / "data.csv"))


def test_labels_that_look_like_missing_values(tmp_path):
    labels = np.repeat(["NA", "null", "None", "run 4"], T)
    frame().assign(trajectory=labels).to_csv(tmp_path / "data.csv", index=False)
    check(load_trajectories(tmp_path / "data.csv"))


BAD = {
    "repeated.csv": (CSV.replace("q2", "q1", 1), "column q1 is there 2 times"),
    "flag.csv": (
        "\n".join([LINES[0], *(f"{line},1" for line in LINES[1:])]),
        "rows have 7 fields and the heading names 6",
    ),
    "ragged.csv": (CSV.replace("\n1,0.0", "\n9,9,1,0.0", 1), "cannot be read as a table .*line 14"),
    "two.json": ("[1, 2]", "holds no records"),
    "cut.json": ('{"q": [', "cannot be read as json"),
    "blank.csv": ("\n\n", "is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_line_says_what_is_wrong(tmp_path, name):
    (tmp_path / name).write_text(BAD[name][0])
    with pytest.raises(InputError, match=BAD[name][1]) as error:
        load_trajectories(tmp_path / name)
    assert "\n" not in str(error.value) and name in str(error.value)
