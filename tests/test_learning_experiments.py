"""Experiments of the learning dynamics: data, plans, the command, what is written."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.arguments import TRAINING
from experiments.checks import check
from experiments.learning_dynamics import figures, razor, study
from experiments.learning_dynamics.data import digits, teacher, tiny_imagenet
from experiments.learning_dynamics.finding import Curve, Finding, Panel
from experiments.learning_dynamics.networks import make_network
from experiments.learning_dynamics.plan import Plan, training_plan
from experiments.learning_dynamics.training import Samples, accuracy_by_batches, draw
from noether_razor.base.errors import InputError
from noether_razor.cli import main as cli
from noether_razor.learning_dynamics.descent import Descent


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# Data


def test_digits_are_split_and_scaled():
    train, test = digits()
    assert train.x.shape == (1437, 8, 8, 1) and test.x.shape == (360, 8, 8, 1)
    assert float(train.x.min()) == -1 and float(train.x.max()) == 1
    for part in (train, test):
        assert set(np.asarray(part.y).tolist()) == set(range(10))


def test_a_batch_repeats_nothing_and_is_of_the_data():
    data = teacher(jax.random.key(0), 50, 3, 4)
    batch = draw(jax.random.key(1), data, 20)
    rows = {tuple(row) for row in np.asarray(batch.x).tolist()}
    assert len(rows) == 20 and rows <= {tuple(row) for row in np.asarray(data.x).tolist()}
    assert draw(jax.random.key(1), data, 50) is data


def test_accuracy_by_batches_is_that_of_their_mean():
    samples = Samples(jnp.arange(7.0), jnp.array([0, 1, 0, 1, 0, 1, 1]))
    apply = lambda _, x: jnp.stack([x % 2 == 0, x % 2 == 1], -1) * 1.0  # noqa: E731
    assert float(accuracy_by_batches(apply, None, samples, 3)) == 1.0  # the last is left out


def write_images(root, classes=("n01", "n02"), count=2):
    from PIL import Image

    generator = np.random.default_rng(0)

    def image(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, format="JPEG")

    for name in classes:
        for i in range(count):
            image(root / "train" / name / "images" / f"{name}_{i}.JPEG")
    for i in range(len(classes)):
        image(root / "val" / "images" / f"val_{i}.JPEG")
    lines = [f"val_{i}.JPEG\t{name}\t0\t0\t1\t1" for i, name in enumerate(reversed(classes))]
    (root / "val" / "val_annotations.txt").write_text("\n".join(lines))


def test_tiny_imagenet_is_read_as_it_is_distributed(tmp_path):
    write_images(tmp_path)
    train, test = tiny_imagenet(tmp_path)
    assert train.x.shape == (4, 64, 64, 3) and train.x.dtype == jnp.uint8
    assert train.y.tolist() == [0, 0, 1, 1] and test.y.tolist() == [1, 0]
    apply, parameters = make_network("vgg11", jax.random.key(0), 3, (2,) * 8, 200)
    assert jax.eval_shape(apply, parameters, train.x).shape == (4, 200)


def test_without_tiny_imagenet_one_line_says_where_it_is_looked_for(capsys):
    assert cli.main(["learning-dynamics", "tiny_imagenet", "data=nowhere", "--quick"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "nowhere" in error and "tiny-imagenet-200.zip" in error


# Plans and the command


def test_every_experiment_has_a_plan_and_the_command_knows_it():
    assert set(TRAINING) == set(study.EXPERIMENTS)
    for name in TRAINING:
        assert training_plan(name).descents()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["E99"], "expected one of E0"),
        (["E4", "steps=0"], "steps is 0, expected 1 or more"),
        (["E4", "momenta=[1.0]"], "momentum is 1.0, expected from 0 to below 1"),
        (["E4", "momenta=[]"], "momenta is empty"),
        (["E4", "network=deep"], "network is 'deep', expected one of normalised"),
        (["E4", "depth=3"], "depth"),
        (["E4", "--seeds", "0"], "--seeds is 0"),
    ],
)
def test_mistakes_are_told_in_one_line(capsys, arguments, message):
    assert cli.main(["learning-dynamics", *arguments, "--quick"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error, error


def test_the_command_runs_and_writes_figure_record_and_page(tmp_path, capsys):
    arguments = ["learning-dynamics", "E11", "--seeds", "2", "--out", "there", "steps=20"]
    assert cli.main(arguments) == 0
    assert "E11: Filters ten times as large" in capsys.readouterr().out
    kept = json.loads((tmp_path / "there/learning_dynamics/E11.json").read_text())
    assert kept["seeds"] == 2 and len(kept["checks"][1]["values"]) == 2
    assert max(kept["checks"][1]["values"]) < 1e-10
    assert (tmp_path / "there/learning_dynamics/E11.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "there/learning_dynamics.md").read_text()
    assert "20 steps" in page and "learning_dynamics/E11.png" in page and "miniature" not in page


def test_all_are_run_side_by_side_and_nothing_where_a_value_cannot_be(tmp_path, capfd):
    names = ["E11", "E13"]
    with pytest.raises(InputError, match="steps is 0"):
        study.run_all(names, 1, tmp_path, True, {"steps": 0})
    assert not any(tmp_path.iterdir())
    study.run_all(names, 1, tmp_path, True, {})
    assert {path.stem for path in (tmp_path / "learning_dynamics").glob("*.json")} == set(names)
    said = capfd.readouterr().out
    assert all(f"{name}: " in said for name in names)


# What is written


def finding(**changes):
    checks = [
        check("small", [1e-6, 2e-6], high=1e-5, expected=1e-6),
        check("large", [3.0], low=4.0, control=True),
        check("told", [1.0]),
    ]
    curve = Curve("a", np.arange(3), np.ones(3), np.zeros(3))
    return Finding("E4", "Title", "Setting.", checks, [Panel("p", "x", "y", [curve])], ["Told."])


def test_the_page_tells_what_failed_with_its_numbers():
    kept = json.loads(study.record(finding(), 2, 1.5, quick=True))
    page = study.page([kept])
    assert "| small | 1e-06 2e-06 | 1e-06 | at most 1e-05 | yes |" in page
    assert "| *control:* large | 3 |  | at least 4 | **no** |" in page
    assert "| told | 1 |  |  |  |" in page
    assert "| Title | 2 | 1 | large | 2 | 2 |" in page
    assert "A miniature" in page and "- Told." in page


def test_a_figure_draws_the_measured_in_colour_and_theory_dashed_in_black():
    (ax,) = figures.draw(finding().panels).axes
    measured, theory = ax.lines
    assert measured.get_linestyle() == "-" and measured.get_color() != "black"
    assert theory.get_linestyle() == "--" and theory.get_color() == "black"
    np.testing.assert_array_equal(theory.get_ydata(), 0)


def test_bounds_of_a_plan_are_checked():
    with pytest.raises(InputError, match="learning_rate is -1"):
        Plan(learning_rates=[-1.0])


# Discovery on paths of training


def test_paths_of_training_keep_the_charge_in_the_extended_form_only():
    with jax.enable_x64(True):
        descent = Descent(0.01, 0.99)
        paths = razor.train(jax.random.key(0), descent, 4)
    friction = descent.friction / descent.mass**0.5

    def drift(paths):
        q, p = (one[..., :4].reshape(4, -1, 2, 2) for one in (paths.q, paths.p))
        charge = np.sum(q[..., 0] * p[..., 1] - q[..., 1] * p[..., 0], axis=-1)
        return np.abs(charge / charge[:, :1] - 1).max()

    assert drift(razor.raw(paths, friction)) > 0.3
    extended = razor.extended(paths, friction)
    assert extended.degrees_of_freedom == 5 and drift(extended) < 0.02
    # The extended Hamiltonian is zero along the paths, and the clock moves at rate one.
    growth = np.exp(friction * extended.q[..., 4])
    kinetic = np.sum(extended.p[..., :4] ** 2, axis=-1) / (2 * growth)
    np.testing.assert_allclose(kinetic + growth * paths.loss + extended.p[..., 4], 0, atol=1e-9)
    np.testing.assert_allclose(np.diff(extended.q[..., 4]), extended.dt)
