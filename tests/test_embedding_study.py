"""The study: records, the page, the command, and a program behind every row."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.embedding import __main__ as page_again
from experiments.embedding import autoencoders, study
from experiments.embedding.outcome import Outcome
from experiments.embedding.peers import data_of
from experiments.embedding.razor import Rays
from noether_razor.cli import main as cli
from noether_razor.describe.canvas import new_figure
from noether_razor.systems import stack


@pytest.mark.parametrize("number", study.ROWS)
def test_every_row_has_settings_bounds_and_a_function(number):
    name, home = study.ROWS[number]
    assert name.startswith(f"{number:02d}_")
    claim, full, bounds = study.load(name, False)
    _, quick, same = study.load(name, True)
    assert claim and vars(bounds) == vars(same)
    assert vars(quick).keys() == vars(full).keys()
    assert callable(study.measure(home))


def made_up(settings, accept):
    outcome = Outcome(text="More about it.")
    outcome.checks.below("error", [settings.size], accept.error)
    outcome.checks.report("something else", 7.0)
    outcome.figure, _ = new_figure(2, 2)
    return outcome


@pytest.fixture
def one_row(tmp_path, monkeypatch):
    """A study of one row, whose settings miss the bound except in the miniature."""
    folder = tmp_path / "configs" / "embedding"
    folder.mkdir(parents=True)
    text = "claim: It is small\nsettings: {size: 2}\nquick: {size: 0}\naccept: {error: 1}\n"
    (folder / "01_it.yaml").write_text(text)
    monkeypatch.setattr(study, "config_directory", lambda: tmp_path / "configs")
    monkeypatch.setattr(study, "ROWS", {1: ("01_it", "made.up")})
    monkeypatch.setattr(study, "measure", lambda home: made_up)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_prints_keeps_and_fails_where_a_check_does_not_hold(one_row, capsys):
    assert cli.main(["embedding", "1"]) == 1
    printed, complaint = capsys.readouterr()
    assert "NO  error: 2, wanted < 1" in printed and "--  something else: 7" in printed
    assert complaint == "noether-razor: error: not as wanted: 1: error\n"
    record = json.loads((one_row / "results/embedding/01_it.json").read_text())
    assert record["checks"][0]["values"] == [2.0]
    assert (one_row / "results/embedding/01_it.png").stat().st_size > 0
    written = (one_row / "results/embedding.md").read_text()
    assert "| error | 2 | < 1 | **no** |" in written and "More about it." in written
    page_again.main()
    assert capsys.readouterr().out.endswith("not as wanted: 1: error\n")
    assert (one_row / "results/embedding.md").read_text() == written


def test_a_miniature_is_kept_apart_and_held_to_nothing(one_row, capsys):
    assert cli.main(["embedding", "all", "--quick"]) == 0
    assert "yes  error: 0" in capsys.readouterr().out
    assert "a miniature" in (one_row / "runs/quick/embedding.md").read_text()


def test_an_unknown_row_is_one_line(capsys):
    assert cli.main(["embedding", "14"]) == 2
    assert "invalid choice: '14'" in capsys.readouterr().err


def test_rays_in_a_ring_conserve_what_is_said_and_start_away_from_the_pole():
    with jax.enable_x64(True):
        states = jax.vmap(Rays().initial_state)(jax.random.split(jax.random.key(0), 200))
        field = jax.vmap(jax.grad(Rays().hamiltonian))(states)
        slopes = jax.vmap(stack(Rays().conserved).gradient)(states)[:, 0]
        rates = slopes[:, :2] * field[:, 2:] - slopes[:, 2:] * field[:, :2]
    np.testing.assert_allclose(jnp.sum(rates, axis=1), 0, atol=1e-10)
    assert jnp.min(jnp.linalg.norm(states[:, 2:], axis=1)) > 0.49
    assert Rays(1.5).conserved == ()


@pytest.mark.parametrize("name", ["sine", "S-curve", "digits"])
def test_data_are_split_without_overlap(name):
    train, test = data_of(name, 0, 90)
    assert (len(train), len(test)) == (60, 30)
    assert not {tuple(x) for x in train} & {tuple(x) for x in test}


@pytest.mark.parametrize("variational", [False, True])
def test_autoencoders_learn_a_line(variational):
    t = np.random.default_rng(0).normal(size=(64, 1))
    x = t @ np.array([[1.0, -0.5]])
    found = autoencoders.train(jax.random.key(0), x, 1, 6, 300, variational)
    error = np.mean((found.decode(found.encode(x)) - x) ** 2)
    assert error < 0.1 * np.mean(x**2)
    assert autoencoders.hidden_units(165, 2, 3) == 27
