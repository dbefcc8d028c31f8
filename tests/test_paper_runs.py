"""Exhibits of the paper as the command makes them: what is missing is run, then all is written."""

import csv
import json
from concurrent.futures import Future

import numpy as np
import pytest

from experiments import workers
from experiments.paper import exhibits, make, page, plan, record
from noether_razor.base.errors import InputError, RunError
from noether_razor.cli import main as cli
from tests.sample_record import write_run


class Inline:
    """A pool whose one worker is this very process."""

    def __init__(self, count, context, enter, told):
        workers._worker.update(place=0, messages=told[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, function, *arguments):
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, **_):
        pass


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Directories of the runs that were made; the pipeline itself is never called."""
    monkeypatch.chdir(tmp_path)
    made = []

    def run_experiment(config, *, progress, command):
        made.append(config.out)
        progress("fit", 1, 1, "bound 1.00")
        write_run(config)

    monkeypatch.setattr("noether_razor.variational.in_directory.run_experiment", run_experiment)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", Inline)
    return made


def paths(capsys, tmp_path):
    return [tmp_path / line for line in capsys.readouterr().out.split()]


def test_table_runs_what_is_missing_and_writes_four_files(made, tmp_path, capsys):
    assert cli.main(["table", "2", "--seeds", "2"]) == 0
    assert len(made) == 6
    written = paths(capsys, tmp_path)
    assert sorted(path.suffix for path in written) == [".csv", ".md", ".png", ".tex"]
    text = (tmp_path / "results" / "table2.md").read_text()
    assert "| built in | 2 |" in text and "(1.50 ± 0.50)e-5" in text
    rows = list(csv.DictReader((tmp_path / "results" / "table2.csv").read_text().splitlines()))
    assert [(row["model"], row["seed"]) for row in rows][:3] == [
        ("plain", "0"), ("plain", "1"), ("learned", "0"),
    ]  # fmt: skip
    assert float(rows[1]["moved MSE"]) == 2e-5
    assert float(rows[0]["rollout"]) == pytest.approx(np.sqrt(0.02))
    # Again: nothing is missing, and one more seed is three runs more.
    assert cli.main(["table", "2", "--seeds", "2"]) == 0 and len(made) == 6
    assert cli.main(["table", "2", "--seeds", "3"]) == 0 and len(made) == 9
    assert (tmp_path / "results" / "table2.png").stat().st_size > 10_000


def test_records_are_enough_where_the_run_directories_are_gone(made, tmp_path):
    assert cli.main(["table", "1", "--seeds", "1"]) == 0
    (tmp_path / "runs").rename(tmp_path / "elsewhere")
    assert cli.main(["figure", "2", "--seeds", "1"]) == 0
    assert len(made) == 3


def test_a_miniature_leaves_the_results_alone(made, tmp_path):
    assert cli.main(["table", "1", "--quick", "--seeds", "1"]) == 0
    assert all("quick" in out for out in made)
    assert not (tmp_path / "results").exists()
    assert (tmp_path / "runs" / "quick" / "table1.tex").exists()


def test_one_failure_does_not_stop_the_others(made, monkeypatch, capsys):
    def run_experiment(config, *, progress, command):
        if config.settings.symmetry.value == "plain":
            raise RunError("the loss stopped being finite at step 3")
        write_run(config)

    monkeypatch.setattr("noether_razor.variational.in_directory.run_experiment", run_experiment)
    assert cli.main(["table", "2", "--seeds", "1"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert "1 of 3 runs failed" in error and "at step 3" in error and "table2/plain" in error
    (run,) = plan.runs(exhibits.TABLES[2], 1, plan.Path("results"))["learned"]
    assert run.kept.exists()


def test_a_worker_that_dies_is_said_in_one_line(made, monkeypatch, capsys):
    class Dying(Inline):
        def submit(self, function, *arguments):
            future = Future()
            future.set_exception(make.BrokenProcessPool())
            return future

    monkeypatch.setattr(workers, "ProcessPoolExecutor", Dying)
    assert cli.main(["table", "1", "--seeds", "1"]) == 1
    assert "the same command goes on" in capsys.readouterr().err.splitlines()[-1]


def test_a_record_of_other_settings_is_not_taken_for_this_one(made, capsys):
    assert cli.main(["table", "1", "--seeds", "1"]) == 0
    (run,) = plan.runs(exhibits.TABLES[1], 1, plan.Path("results"))["plain"]
    found = json.loads(run.kept.read_text())
    found["config"]["settings"]["width"] = 7
    run.kept.write_text(json.dumps(found))
    capsys.readouterr()
    assert cli.main(["table", "1", "--seeds", "1"]) == 2
    assert "settings.width was 7 and is now 200" in capsys.readouterr().err
    run.kept.write_text("{}")
    with pytest.raises(InputError, match="remove it to make it again"):
        record.read(run.kept, run.config)


@pytest.mark.parametrize(
    "words",
    [
        ["table", "4"],
        ["table", "two"],
        ["table", "1", "--seeds", "0"],
        ["table", "1", "--workers", "-1"],
        ["table"],
        ["study", "none"],
    ],
)
def test_exhibits_refuse(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("noether-razor: error: ") and error.count("\n") == 1


def test_figures_of_generators_are_drawn_and_their_numbers_kept(made, tmp_path, capsys):
    assert cli.main(["figure", "3", "--seeds", "2"]) == 0
    assert len(made) == 10
    written = paths(capsys, tmp_path)
    assert [path.name for path in written] == ["figure3.png", "figure3.csv", "figure3.md"]
    rows = list(csv.DictReader(written[1].read_text().splitlines()))
    assert len(rows) == 5 * 2 * 4 and rows[3]["value"] == "0.01"
    assert "| n = 5 | 1 | 3 | 2 | 0.900 | 50 | " in written[2].read_text()
    assert cli.main(["figure", "4", "--seeds", "1"]) == 0
    assert (tmp_path / "results" / "figure4_random_start.png").exists()
    assert (tmp_path / "results" / "figure4_proposed_start.png").exists()


def test_figure_of_hamiltonians_compares_each_model_with_the_truth(made, tmp_path, capsys):
    assert cli.main(["figure", "2", "--seeds", "1"]) == 0
    written = paths(capsys, tmp_path)
    assert [path.name for path in written] == ["figure2.png", "figure2.csv", "figure2.md"]
    rows = list(csv.DictReader(written[1].read_text().splitlines()))
    assert [row["model"] for row in rows] == ["plain", "learned", "built in"]
    assert all(float(row["rms error, |x| < 1.5"]) < 1e-5 for row in rows)


@pytest.mark.parametrize("name", exhibits.STUDIES)
def test_studies_are_drawn_and_their_numbers_kept(name, made, tmp_path, capsys):
    assert cli.main(["study", name, "--seeds", "2"]) == 0
    written = {path.suffix: path for path in paths(capsys, tmp_path)}
    assert set(written) == {".png", ".csv", ".md"}
    assert written[".png"].stat().st_size > 10_000
    rows = list(csv.DictReader(written[".csv"].read_text().splitlines()))
    assert len(rows) >= 2 * len(exhibits.STUDIES[name].rows)


def test_bounds_are_drawn_against_the_true_rank(made, tmp_path, capsys):
    assert cli.main(["study", "bounds", "--seeds", "2"]) == 0
    text = (tmp_path / "results" / "bounds.md").read_text()
    assert text.count("| 3 | -1 | -25 | - |") == len(exhibits.STUDIES["bounds"].rows)


def test_records_of_before_are_read_without_what_is_not_kept_any_more(made, tmp_path, capsys):
    assert cli.main(["table", "1", "--seeds", "1"]) == 0
    (run,) = plan.runs(exhibits.TABLES[1], 1, plan.Path("results"))["learned"]
    kept = json.loads(run.kept.read_text())
    kept |= {"verdicts": {"conserved": 3}, "algebra": "u(3)"}
    kept["truth"]["kept"] = [1.0]
    kept["config"]["settings"]["kind"] = "quadratic"
    run.kept.write_text(json.dumps(kept))
    found = record.read(run.kept, run.config)
    assert found.columns["generators"] == 2 and not hasattr(found, "verdicts")


def test_the_page_says_what_was_reached_and_what_was_not(made, tmp_path):
    results = tmp_path / "results"
    assert cli.main(["table", "2", "--seeds", "5"]) == 0
    # Every row has the same numbers, so no model is better than another.
    rows = {row[""]: row for row in page.checks(results)}
    assert rows["Table 1"]["holds"] == rows["Table 3"]["holds"] == "**no**"
    assert (
        rows["Table 2, test MSE: plain less learned, mean and 95 % interval"]["holds"] == "**no**"
    )
    assert rows["Figure 3, n = 3: least parallelness"] == {
        "": "Figure 3, n = 3: least parallelness",
        "wanted": "≥ 0.99",
        "measured": " ".join(["0.9"] * 5),
        "holds": "**no**",
    }
    for run in plan.runs(exhibits.TABLES[2], 5, results)["learned"]:
        found = json.loads(run.kept.read_text())
        for column in ("-ELBO", "test MSE", "moved MSE", "wider MSE"):
            found["columns"][column] -= 1e-6 * (2 + 0.1 * run.config.seed)
        run.kept.write_text(json.dumps(found))
    rows = {row[""]: row for row in page.checks(results)}
    for column in ("test MSE", "moved MSE", "wider MSE"):
        what = f"Table 2, {column}: plain less learned, mean and 95 % interval"
        mean, low, high = map(float, rows[what]["measured"].split())
        # The differences are 2 to 2.4 millionths: 2.78 standard errors to either side of 2.2.
        reach = 2.776 * np.std([2.0, 2.1, 2.2, 2.3, 2.4], ddof=1) / 5**0.5
        assert rows[what]["holds"] == "yes"
        np.testing.assert_allclose(
            [mean, low, high], [2.2e-6, (2.2 - reach) * 1e-6, (2.2 + reach) * 1e-6], rtol=0.03
        )
    what = "Table 2, -ELBO: learned less built in, mean and 95 % interval"
    assert rows[what]["holds"] == "yes"
    text = page.document(results)
    assert "![Table 2: three equal oscillators](table2.png)" in text
    assert "| table2/plain | 123 123 123 123 123 |" in text
