"""The command `discover`: one line for every mistake, and nothing left behind."""

import os
import shlex

import numpy as np
import pytest

from noether_razor.base.errors import RunError
from noether_razor.base.runs import RunDirectory
from noether_razor.cli import main as cli
from tests.sample_cli import refused, write

BAD_FILES = {
    "nan": ({"q": np.full((3, 5, 2), np.nan)}, "q1 is nan in trajectory 0"),
    "missing array": ({"p": None}, "holds positions alone and 5 samples"),
    "odd shape": ({"p": np.zeros((3, 5))}, "p has shape (3, 5), expected [trajectory, time, n]"),
    "one sample": ({"q": np.ones((3, 1, 2)), "p": np.ones((3, 1, 2))}, "single time step"),
    "bad time": ({"dt": None, "t": np.array([0, 1, 2, 4, 5.0])}, "expected equal steps"),
    "backwards": ({"dt": -0.1}, "dt is -0.1"),
    "pickled": ({"q": np.array([[1], [1, 2]], object)}, "pickled Python objects"),
    "constant": ({"q": np.ones((3, 5, 2))}, "q1, q2 never changes"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_discover_refuses_a_bad_file(here, capsys, pipeline, case):
    changes, message = BAD_FILES[case]
    write("data.npz", **changes)
    refused(capsys, ["discover", "data.npz"], message, kept=["data.npz"])
    assert pipeline.calls == []


def test_discover_refuses_what_is_no_file_of_trajectories(here, capsys, pipeline):
    refused(capsys, ["discover", "data.npz"], "data.npz: there is no such file")
    with open("data.npz", "w") as file:
        file.write("q,p")
    refused(capsys, ["discover", "data.npz"], "is not an npz archive", kept=["data.npz"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--candidates", "0"], "candidates is 0, expected at least 1"),
        (["--seed", "-1"], "seed is -1"),
    ],
)
def test_discover_refuses_a_number_out_of_range(here, capsys, pipeline, words, message):
    write("data.npz")
    words = ["discover", "data.npz", "--method", "variational", *words]
    refused(capsys, words, message, kept=["data.npz"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tolerance", "2"], "tolerance is 2.0, expected a share between 0 and 1"),
        (["--noise", "q=-1"], "noise of q is -1.0, expected a standard deviation, 0 or more"),
        (["--noise", "z=1"], "noise names 'z', expected one of q1, q2, p1, p2, or q or p"),
        (["--noise", "q"], "expected names and numbers, as q=0.01,p=0.003"),
        (["--budget", "quick"], "--budget belongs to --method variational"),
        (["--seed", "1"], "--seed belongs to --networks or --method variational"),
        (["--networks", "--degree", "3"], "networks are learned beside all quadratics"),
        (["--method", "variational", "--degree", "3"], "--degree belongs to --method evidence"),
    ],
)
def test_discover_by_evidence_refuses_in_one_line(here, capsys, words, message):
    write("data.npz")
    refused(capsys, ["discover", "data.npz", *words], message, kept=["data.npz"])


def test_discover_passes_its_options_on(here, capsys, pipeline):
    write("data.npz")
    words = ["--candidates", "5", "--seed", "3", "--budget", "quick", "--start", "random"]
    assert cli.main(["discover", "data.npz", "--method", "variational", *words]) == 0
    ((files, out, settings, seed),) = pipeline.calls
    assert (files, out, seed) == (["data.npz"], "data-discovery", 3)
    assert (settings.candidates, settings.start.value) == (5, "random")
    report = os.path.join("data-discovery", "report.md")
    assert capsys.readouterr().out.splitlines() == ["what is conserved", report]


def test_discover_takes_several_files_wherever_they_stand(here, capsys, pipeline):
    write("a.npz")
    write("b.npz")
    words = ["discover", "a.npz", "--method", "variational", "--seed", "3", "b.npz"]
    assert cli.main(words) == 0
    ((files, out, _, seed),) = pipeline.calls
    assert (files, out, seed) == (["a.npz", "b.npz"], "a-discovery", 3)
    assert shlex.split(pipeline.commands[0]) == ["noether-razor", *words]
    capsys.readouterr()
    write("b.npz", dt=0.2)
    kept = ["a-discovery", "a.npz", "b.npz"]
    refused(capsys, words, "b.npz: has dt = 0.2, expected 0.1 as a.npz has", kept)


def test_a_directory_in_use_or_of_another_run(here, capsys, pipeline):
    write("data.npz")
    with RunDirectory("out"):
        arguments = ["discover", "data.npz", "--method", "variational", "--out", "out"]
        refused(capsys, arguments, "out: in use by another run", kept=["data.npz", "out"])
    assert cli.main(arguments) == 0
    capsys.readouterr()
    refused(
        capsys,
        [*arguments, "--seed", "1"],
        "holds a run with other settings (seed was 0 and is now 1)",
        kept=["data.npz", "out"],
    )


def failing(pipeline, error):
    def fail(*arguments, **options):
        raise error

    pipeline.discover_by_fit_in_directory = fail


def test_a_run_that_fails_exits_with_one(here, capsys, pipeline):
    write("data.npz")
    failing(pipeline, RunError("the loss stopped being finite\nat step 7"))
    assert cli.main(["discover", "data.npz", "--method", "variational"]) == 1
    expected = "noether-razor: error: the loss stopped being finite at step 7\n"
    assert capsys.readouterr().err == expected


def test_an_interrupted_run_says_how_to_go_on(here, capsys, pipeline):
    write("data.npz")
    failing(pipeline, KeyboardInterrupt())
    assert cli.main(["discover", "data.npz", "--method", "variational"]) == 130
    assert "the same command resumes" in capsys.readouterr().err


def test_a_bug_is_not_dressed_up_as_a_mistake_of_the_user(here, pipeline):
    write("data.npz")
    failing(pipeline, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main(["discover", "data.npz", "--method", "variational"])
