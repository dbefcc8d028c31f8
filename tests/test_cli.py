"""The command line: exit codes, one line for every mistake, and its end at a closed pipe."""

import os
import subprocess
import sys

import pytest

from noether_razor.cli import main as cli
from noether_razor.cli.arguments import STUDIES
from noether_razor.cli.commands import studies
from tests.sample_cli import refused


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


@pytest.mark.parametrize(
    "command", [[], ["simulate"], ["discover"], ["check"], ["run"], ["systems"]]
)
def test_help_reads_well_and_needs_nothing_heavy(command):
    code = (
        "import sys; from noether_razor.cli.main import main\n"
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


def test_studies_are_listed_as_what_a_checkout_has(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert said.count(" *\n") == len(STUDIES) and "* in a checkout" in said
    for name in STUDIES:
        with pytest.raises(SystemExit) as end:
            cli.main([name, "--help"])
        assert end.value.code == 0 and f"noether-razor {name} [-h]" in capsys.readouterr().out


@pytest.mark.parametrize("name", STUDIES)
def test_an_installation_says_where_the_studies_are(name, here, monkeypatch, capsys):
    monkeypatch.setattr(studies, "ROOT", here)
    refused(capsys, [name, *WORDS.get(name, [])], f"{name} belongs to a checkout of the repository")


def test_systems_are_listed_with_options_and_quantities(capsys):
    assert cli.main(["systems"]) == 0
    out = capsys.readouterr().out
    assert "n_body: H = " in out and "masses = None" in out
    assert "Px, Py" in out and "no quadratic quantity" in out


PRINT = (
    "from noether_razor.cli import main\nmain.HANDLERS[{name!r}] = lambda options: print('made')\n"
)
WORDS = {
    "simulate": ["oscillator", "--out", "data.npz"],
    "discover": ["data.npz"],
    "look": ["data.npz"],
    "report": ["data-discovery"],
    "check": ["data.npz", "q1"],
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
    end = "import sys; from noether_razor.cli import main as cli; sys.exit(cli.main(sys.argv[1:]))"
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
        "import sys; import noether_razor; from noether_razor.cli.arguments import parse; "
        "print([name for name in {heavy} if name in sys.modules])"
    ).format(heavy=("jax", "matplotlib", "hydra", "rich", "pandas", "numpyro", "sympy", "sklearn"))
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
