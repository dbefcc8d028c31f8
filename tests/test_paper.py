"""Exhibits of the paper: their runs, and numbers as they are written."""

import csv
import math

import pytest

from experiments.arguments import STUDIES
from experiments.evidence.known_systems import SYSTEMS
from experiments.evidence.systems import system
from experiments.paper import exhibits, plan
from experiments.text import comma_separated, latex, markdown, mean_and_error


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
    assert markdown([{"|x| < 1": "a|b"}]).splitlines()[::2] == [r"| \|x\| < 1 |", r"| a\|b |"]
    assert r"built\_in & $11.8 \pm 0.1$ & $(1.1 \pm 0.1) \times 10^{-5}$ \\" in latex(rows)
    (read,) = csv.DictReader(comma_separated(rows).splitlines())
    assert read == rows[0]


EXHIBITS = [
    *exhibits.TABLES.values(),
    *exhibits.FIGURES.values(),
    *exhibits.STUDIES.values(),
]


@pytest.mark.parametrize("number", exhibits.TABLES)
@pytest.mark.parametrize("quick", [False, True])
def test_rows_of_a_table_differ_in_nothing_but_the_model(number, quick, tmp_path):
    rows = plan.runs(exhibits.TABLES[number], 2, tmp_path, quick)
    assert list(rows) == ["plain", "learned", "built in", *(exhibits.RANDOM if number == 3 else ())]
    assert len({run.config.out for row in rows.values() for run in row}) == 2 * len(rows)
    plain, learned, built_in, *more = (row[1].config for row in rows.values())
    assert plain.seed == 1 and plain.data == learned.data == built_in.data
    assert plain.evaluation == learned.evaluation == built_in.evaluation
    assert set(plain.evaluation) == {"test", "moved", "wider", "long"}
    for other in (plain, built_in):
        changed = {k for k, v in vars(other.settings).items() if v != vars(learned.settings)[k]}
        assert changed == {"symmetry"}
    for other in more:
        assert (other.data, other.evaluation) == (plain.data, plain.evaluation)
        ours, theirs = vars(other.settings), vars(plain.settings)
        assert ours["warmup"] + ours["steps"] == theirs["warmup"] + theirs["steps"]
        changed = {name for name in theirs if theirs[name] != ours[name]}
        start = {"start", "candidates", "random_amplitude", "quantities_learning_rate"}
        assert "start" in changed
        assert changed <= {"symmetry", "warmup", "steps", "antithetic"} | start


@pytest.mark.parametrize("number", exhibits.TABLES)
def test_forecasts_are_ten_times_as_long_as_the_training_trajectories(number, tmp_path):
    for (run,) in plan.runs(exhibits.TABLES[number], 1, tmp_path).values():
        assert run.config.evaluation["long"].steps == 10 * run.config.data.steps


@pytest.mark.parametrize("quick", [False, True])
def test_one_record_belongs_to_one_run(quick, tmp_path):
    """Exhibits may share a run, but then its configuration is the same."""
    runs = {}
    for exhibit in EXHIBITS:
        for row in plan.runs(exhibit, 2, tmp_path, quick).values():
            for run in row:
                assert runs.setdefault(run.kept, run) == run
    assert len({str(run.config.out) for run in runs.values()}) == len(runs)


def test_data_study_trains_on_as_many_trajectories_as_it_says(tmp_path):
    for label, (run,) in plan.runs(exhibits.STUDIES["data"], 1, tmp_path).items():
        data = run.config.data
        held_out = round(data.held_out * data.trajectories)
        assert held_out == exhibits.HELD_OUT
        assert data.trajectories - held_out == int(label.split(" ")[0])


def test_noise_is_known_to_the_model(tmp_path):
    for label, (run,) in plan.runs(exhibits.STUDIES["noise"], 1, tmp_path).items():
        variance = float(label.split(" ")[0])
        assert run.config.data.target_noise_variance == variance
        assert run.config.settings.noise_variance == variance


def test_the_command_knows_every_study():
    assert tuple(exhibits.STUDIES) == STUDIES


def test_many_systems_are_known_and_some_conserve_nothing():
    assert len(SYSTEMS) >= 20
    assert sum(not system(name).conserved for name in SYSTEMS) >= 6
