"""Tables of the paper: which runs they need, and what is written of finished ones."""

import csv
import json
import math

import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor import cli
from noether_razor.build import build
from noether_razor.compose import compose_experiment
from noether_razor.conserved import Quadratic
from noether_razor.paper import plan, tables
from noether_razor.paper.spectra import Spectrum
from noether_razor.paper.text import comma_separated, latex, markdown, mean_and_error
from noether_razor.phase_space import Scaling
from tests.sample_discovery import sample
from tests.sample_model import knowing


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([11.80, 11.90, 11.85], "11.850 ± 0.029"),
        ([1.0e-5, 1.2e-5], "(1.10 ± 0.10)e-5"),
        ([150.0, 170.0], "160 ± 10"),
        ([-23.0, -24.0], "-23.50 ± 0.50"),
        ([3.2e-6], "3.2e-06"),
        ([9, 9, 9], "9"),
        ([0.0, 0.0], "0"),
        ([math.nan, math.nan], "-"),
    ],
)
def test_mean_and_error_to_the_errors_second_digit(values, text):
    assert mean_and_error(values) == text


def test_the_same_rows_in_three_forms():
    rows = [{"model": "built_in", "ELBO": "11.8 ± 0.1", "MSE": "(1.1 ± 0.1)e-5"}]
    assert markdown(rows).splitlines()[2] == "| built_in | 11.8 ± 0.1 | (1.1 ± 0.1)e-5 |"
    assert r"built\_in & $11.8 \pm 0.1$ & $(1.1 \pm 0.1) \times 10^{-5}$ \\" in latex(rows)
    (read,) = csv.DictReader(comma_separated(rows).splitlines())
    assert read == rows[0]


@pytest.mark.parametrize("number", plan.TABLES)
@pytest.mark.parametrize("quick", [False, True])
def test_rows_of_a_table_differ_in_nothing_but_the_model(number, quick):
    runs = plan.runs(plan.TABLES[number], 2, quick)
    assert [name.rsplit("/")[-1] for name in runs] == list(plan.MODELS)
    assert len({config.out for row in runs.values() for config in row}) == 6
    plain, learned, built_in = (row[1] for row in runs.values())
    assert plain.seed == 1 and plain.data == learned.data == built_in.data
    assert plain.evaluation == learned.evaluation == built_in.evaluation
    assert set(plain.evaluation) == {"test", "moved", "wider", "long"}
    for other in (plain, built_in):
        changed = {k for k, v in vars(other.settings).items() if v != vars(learned.settings)[k]}
        assert changed == {"symmetry"}


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """Runs of Table 2 that the pipeline never saw, with numbers that can be told apart."""
    monkeypatch.chdir(tmp_path)
    made = []

    def run_experiment(config, *, progress, command):
        made.append(config.out)
        progress("fit", 1, 1, "")
        directory = tmp_path / config.out
        directory.mkdir(parents=True)
        forecast = {"mse": 1e-5 * (1 + config.seed), "rollout": [0, 0.2], "energy": [0, 0.1]}
        sets = dict.fromkeys(("test", "moved", "wider", "long"), forecast)
        (directory / "evaluation.json").write_text(json.dumps(sets))
        (directory / "discovery.json").write_text(sample(seed=config.seed).to_json())

    monkeypatch.setattr("noether_razor.runner.run_experiment", run_experiment)
    return made


def test_table_runs_what_is_missing_and_writes_four_files(finished, tmp_path, capsys):
    assert cli.main(["table", "2", "--seeds", "2"]) == 0
    assert len(finished) == 6
    written = [tmp_path / line for line in capsys.readouterr().out.split()]
    assert [path.suffix for path in written] == [".md", ".tex", ".csv", ".png"]
    text = written[0].read_text()
    assert "| built in | 2 |" in text and "(1.50 ± 0.50)e-5" in text
    rows = list(csv.DictReader(written[2].read_text().splitlines()))
    assert [(row["model"], row["seed"]) for row in rows][:3] == [
        ("plain", "0"), ("plain", "1"), ("learned", "0"),
    ]  # fmt: skip
    assert float(rows[1]["moved MSE"]) == 2e-5
    assert float(rows[0]["rollout"]) == pytest.approx(np.sqrt(0.02))
    # Again: nothing is missing, and one more seed is three runs more.
    assert cli.main(["table", "2", "--seeds", "2"]) == 0 and len(finished) == 6
    assert cli.main(["table", "2", "--seeds", "3", "--out", "there"]) == 0 and len(finished) == 9
    assert (tmp_path / "there" / "table2.png").stat().st_size > 10_000


def test_a_miniature_leaves_the_results_alone(finished, tmp_path):
    assert cli.main(["table", "1", "--quick", "--seeds", "1"]) == 0
    assert all("quick" in out for out in finished)
    assert not (tmp_path / "results").exists()
    assert (tmp_path / "runs" / "quick" / "table1.tex").exists()


def test_only_finished_runs_are_in_a_table(finished):
    runs = plan.runs(plan.TABLES[2], 1)
    assert tables.collect(runs) == {}


@pytest.mark.parametrize("words", [["4"], ["two"], ["1", "--seeds", "0"], []])
def test_table_refuses(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["table", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("noether-razor: error: ") and error.count("\n") == 1


def fake_spectrum(config):
    values, true = np.array([2.0, 1.0, 0.5, 0.01]), np.array([1.0, 0.99, 0.9, 0.1])
    directions = Quadratic(np.stack([np.eye(2)] * 4), np.zeros((4, 2)))
    return Spectrum(config.seed, values, true, directions, ("q", "p"), 3)


def test_figures_of_generators_are_drawn_and_their_numbers_kept(
    finished, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("noether_razor.paper.drawings.spectrum", fake_spectrum)
    assert cli.main(["figure", "3", "--seeds", "2"]) == 0
    assert len(finished) == 10
    written = [tmp_path / line for line in capsys.readouterr().out.split()]
    assert [path.name for path in written] == ["figure3.png", "figure3.csv", "figure3.md"]
    rows = list(csv.DictReader(written[1].read_text().splitlines()))
    assert len(rows) == 5 * 2 * 4 and rows[3]["value"] == "0.01"
    assert "| n5 | 1 | 3 | 2 | 0.900 | 50 |" in written[2].read_text()
    assert cli.main(["figure", "4", "--seeds", "1"]) == 0
    assert (tmp_path / "results" / "figure4_generators.png").exists()


def test_figure_of_hamiltonians_compares_each_model_with_the_truth(
    finished, tmp_path, capsys, monkeypatch
):
    made = build(compose_experiment(["experiment=oscillator1"]))
    learned = knowing(lambda x: 3 + jnp.sum(x**2) / 2, made.train_trajectories, Scaling())
    monkeypatch.setattr("noether_razor.paper.drawings.restore", lambda config: (made, learned))
    assert cli.main(["figure", "2", "--seeds", "1"]) == 0
    written = [tmp_path / line for line in capsys.readouterr().out.split()]
    assert [path.name for path in written] == ["figure2.png", "figure2.csv", "figure2.md"]
    rows = list(csv.DictReader(written[1].read_text().splitlines()))
    assert [row["model"] for row in rows] == ["plain", "learned", "built in"]
    assert all(float(row["rms error, |x| < 1.5"]) < 1e-5 for row in rows)
