"""The command line: exit codes, one line for every mistake, and nothing left behind."""

import errno
import os
import shlex
import subprocess
import sys
import types

import jax
import numpy as np
import pytest

from noether_razor import build, cli
from noether_razor.errors import RunError
from noether_razor.runs import RunDirectory
from noether_razor.trajectories import Trajectories, load_trajectories


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pipeline(monkeypatch):
    """In place of the pipeline, which other tests run: it records its calls in a run directory."""
    calls, commands = [], []

    def discover_in_directory(files, out, settings, *, seed, progress, masses, pieces, command):
        with RunDirectory(out) as run:
            run.claim({"seed": seed})
            progress("fit", 1, 1, "")
            calls.append((files, str(out), settings, seed))
            commands.append(command)

    def run_experiment(config, *, progress, command):
        experiment = build.build(config)
        with RunDirectory(config.out) as run:
            run.claim({"seed": config.seed})
            calls.append((config, experiment))
            commands.append(command)

    module = types.ModuleType("noether_razor.runner")
    module.discover_in_directory = discover_in_directory  # type: ignore[attr-defined]
    module.run_experiment = run_experiment  # type: ignore[attr-defined]
    module.calls = calls  # type: ignore[attr-defined]
    module.commands = commands  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "noether_razor.runner", module)
    return module


def write(path, **changes):
    q, p = np.random.default_rng(0).normal(size=(2, 3, 5, 2))
    arrays = {"q": q, "p": p, "dt": 0.1} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def made_up(system, *, key, trajectories=3, steps=4, dt=0.1, noise=0.0, initial_state=None):
    """In place of `simulate`, which has tests of its own and takes seconds to compile."""
    shape = (2, trajectories, steps + 1, system.degrees_of_freedom)
    return Trajectories(*np.asarray(jax.random.normal(key, shape)), dt or 0.1)


def refused(capsys, arguments, message, kept=()):
    """The command exits with 2, says so in one line, and leaves only the files of before."""
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("noether-razor: error: ") and err.count("\n") == 1, err
    assert message in err
    assert sorted(os.listdir()) == sorted(kept)


# The command itself


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND (see noether-razor --help)"),
        (["find"], "invalid choice: 'find'"),
        (["discover"], "required: FILE (see noether-razor discover --help)"),
        (["discover", "a.npz", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["discover", "a.npz", "b.npz"], "a.npz: there is no such file"),
        (["discover", "a.npz", "--bud", "quick"], "unrecognized arguments: --bud quick"),
        (["discover", "a.npz", "--budget", "huge"], "invalid choice: 'huge'"),
        (["discover", "a.npz", "--candidates", "many"], "invalid int value: 'many'"),
        (["simulate", "oscillator"], "required: --out"),
        (["systems", "all"], "unrecognized arguments: all"),
    ],
)
def test_a_wrong_command(here, capsys, arguments, message):
    refused(capsys, arguments, message)


@pytest.mark.parametrize("command", [[], ["simulate"], ["discover"], ["run"], ["systems"]])
def test_help_reads_well_and_needs_nothing_heavy(command):
    code = (
        "import sys; from noether_razor.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: assert end.code == 0\n"
    )
    if command:
        with pytest.raises(SystemExit) as end:
            cli.main([*command, "--help"])
        assert end.value.code == 0
        return
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True
    )
    assert "discover" in done.stdout and "Exit codes" in done.stdout and done.stderr == ""


def test_systems_are_listed_with_options_and_quantities(capsys):
    assert cli.main(["systems"]) == 0
    out = capsys.readouterr().out
    assert "n_body: H = " in out and "masses = None" in out
    assert "Px, Py" in out and "no quadratic quantity" in out


PRINT = "from noether_razor import cli; cli.HANDLERS[{name!r}] = lambda options: print('made')\n"
WORDS = {
    "simulate": ["oscillator", "--out", "data.npz"],
    "discover": ["data.npz"],
    "table": ["1"],
    "figure": ["2"],
    "study": ["noise"],
    "embedding": ["1"],
    "learning-dynamics": ["E4"],
}


def to_a_closed_pipe(code, arguments, unbuffered=False):
    """Run the command with an output that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    buffering = {"PYTHONUNBUFFERED": "1" if unbuffered else ""}
    end = "import sys; from noether_razor import cli; sys.exit(cli.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code + end, *arguments],
        stdout=writer, stderr=subprocess.PIPE, text=True, check=False, env=os.environ | buffering,
    )  # fmt: skip
    os.close(writer)
    return done.returncode, done.stderr


@pytest.mark.parametrize(("word", "unbuffered"), [("systems", 0), ("systems", 1), ("--help", 0)])
def test_it_ends_quietly_when_the_reader_of_its_output_goes_away(word, unbuffered):
    assert to_a_closed_pipe("", [word], bool(unbuffered)) == (141, "")


@pytest.mark.parametrize("name", cli.HANDLERS)
def test_so_does_every_command(name):
    code = PRINT.format(name=name)
    assert to_a_closed_pipe(code, [name, *WORDS.get(name, [])]) == (141, "")


# simulate


def test_simulate_writes_what_it_was_asked_for(here, capsys):
    arguments = ["simulate", "oscillator", "trajectories=3", "--out", "new/data.npz", "steps=4"]
    assert cli.main([*arguments, "frequencies=1,2.5", "noise=1e-3", "seed=5"]) == 0
    loaded = load_trajectories("new/data.npz")
    assert loaded.q.shape == (3, 5, 2)
    assert "3 trajectories of oscillator, 5 samples each" in capsys.readouterr().out
    assert os.listdir("new") == ["data.npz"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "unknown system 'nowhere'"),
        (["n_body", "mass=1,2,3"], "unknown key 'mass', expected one of trajectories"),
        (["n_body", "masses=heavy"], "masses is 'heavy'"),
        (["n_body", "masses=1,2"], "2 masses for 3 bodies"),
        (["n_body", "bodies=0"], "bodies is 0"),
        (["oscillator", "trajectories=1.5"], "trajectories is 1.5, expected a whole number"),
        (["oscillator", "steps=x"], "steps is 'x'"),
        (["oscillator", "dt=-1"], "dt is -1.0"),
        (["oscillator", "noise=nan"], "noise is nan"),
        (["oscillator", "seed=-1"], "seed is -1"),
        (["oscillator", "seed=4294967296"], "seed is 4294967296"),
        (["oscillator", "many"], "'many' cannot be read, expected key=value"),
        (["oscillator", "seed=1", "seed=2"], "seed is given twice"),
    ],
)
def test_simulate_refuses(here, capsys, words, message):
    refused(capsys, ["simulate", *words, "--out", "data.npz"], message)


def test_simulate_refuses_an_unknown_file_type_before_it_works(here, capsys):
    refused(capsys, ["simulate", "oscillator", "--out", "data.mat"], "unknown file type .mat")


def test_simulate_on_a_full_disk(here, capsys, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("noether_razor.trajectories.simulate", made_up)
    monkeypatch.setattr(os, "fsync", full)
    arguments = ["simulate", "oscillator", "--out", "data.npz"]
    refused(capsys, arguments, "data.npz: no space left on the disk")


# discover

BAD_FILES = {
    "nan": ({"q": np.full((3, 5, 2), np.nan)}, "q1 is nan in trajectory 0"),
    "missing array": ({"p": None}, "missing p"),
    "odd shape": ({"p": np.zeros((3, 5))}, "p has shape (3, 5)"),
    "one sample": ({"q": np.ones((3, 1, 2)), "p": np.ones((3, 1, 2))}, "single time step"),
    "bad time": ({"dt": None, "t": np.array([0, 1, 2, 4, 5.0])}, "uniform step"),
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
        (["--method", "evidence", "--family", "neural"], "--family neural belongs to --method"),
        (["--method", "variational", "--tolerance", "0.1"], "--tolerance belongs to --method"),
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
    assert capsys.readouterr().out.strip() == os.path.join("data-discovery", "report.md")


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

    pipeline.discover_in_directory = fail


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


# run

SMALL = ["experiment=anharmonic", "data.trajectories=3", "data.steps=2"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no experiment given"),
        (["experiment=nowhere"], "no config experiment/nowhere"),
        ([*SMALL, "sed=1"], "unknown config key sed"),
        ([*SMALL, "settings.steps=many"], "settings.steps: Value 'many'"),
        ([*SMALL, "settings.steps=-1"], "steps is -1"),
        ([*SMALL, "data.system=nowhere"], "unknown system 'nowhere'"),
        ([*SMALL, "-m", "seed=1,x"], "seed: Value 'x'"),
        ([*SMALL, "-m", "seed=1,2", "data.held_out=0.5,3"], "data.held_out is 3"),
        (["-m", *SMALL, "sed=1,2"], "unknown config key sed"),
        ([*SMALL, "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_run_refuses(here, capsys, pipeline, words, message):
    refused(capsys, ["run", *words], message)
    assert pipeline.calls == []


def test_run_builds_the_experiment(here, capsys, pipeline, monkeypatch):
    monkeypatch.setattr("noether_razor.build.simulate", made_up)
    assert cli.main(["run", *SMALL, "seed=3", "data.target_noise_variance=0"]) == 0
    ((config, experiment),) = pipeline.calls
    assert config.seed == 3 and os.path.isdir(config.out)
    assert experiment.train.start.shape == (2 * 2, 4)
    assert len(experiment.test_trajectories) == 1
    ends = experiment.train_trajectories.states[:, 1:].reshape(-1, 4)
    np.testing.assert_allclose(experiment.train.end, ends, rtol=1e-6, atol=1e-6)


def test_a_sweep_runs_every_combination_in_directories_of_their_own(
    here, capsys, pipeline, monkeypatch
):
    monkeypatch.setattr("noether_razor.build.build", lambda config: None)
    argv = list(sys.argv)
    assert cli.main(["run", *SMALL, "-m", "seed=0,1", "model=plain,learned"]) == 0
    assert sys.argv == argv and "HYDRA_FULL_ERROR" not in os.environ
    runs = [config for config, _ in pipeline.calls]
    assert [(c.seed, c.settings.symmetry.value) for c in runs] == [
        (0, "plain"),
        (0, "learned"),
        (1, "plain"),
        (1, "learned"),
    ]
    assert len({config.out for config in runs}) == 4
    # The same command on its own finds the directory of the sweep's job.
    assert cli.main(["run", "seed=1", "model=plain", *SMALL]) == 0
    assert pipeline.calls[-1][0] == runs[2]
    # And every report names the command that writes it again.
    again = [shlex.split(command) for command in pipeline.commands]
    assert again[-1] == ["noether-razor", "run", "seed=1", "model=plain", *SMALL]
    assert sorted(again[2]) == sorted(again[-1])


def test_the_installed_command_exits_with_the_code_it_should(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "noether_razor.cli", "discover", str(tmp_path / "no.npz")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("noether-razor: error: ") and done.stderr.count("\n") == 1


def test_importing_the_library_or_asking_for_help_loads_nothing_heavy():
    check = (
        "import sys; import noether_razor; from noether_razor.cli import parse; "
        "print([name for name in {heavy} if name in sys.modules])"
    ).format(heavy=("jax", "matplotlib", "hydra", "rich", "pandas", "numpyro", "sympy"))
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
