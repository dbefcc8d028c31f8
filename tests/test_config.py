"""Configuration: what composes, what it is checked for, and the line that says what is wrong."""

import dataclasses
import os

import pytest
import yaml

from noether_razor.base.errors import InputError
from noether_razor.cli import compose
from noether_razor.cli.compose import (
    budget_settings,
    combinations,
    compose_experiment,
    config_directory,
    default_out,
)
from noether_razor.inference.settings import Settings, Start, Symmetry
from noether_razor.systems import SYSTEMS, make_system
from noether_razor.variational.build import build_system
from noether_razor.variational.config import DataConfig, ExperimentConfig

FOLDER = config_directory() / "experiment"
EXPERIMENTS = sorted(
    path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.yaml")
)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes_and_describes_a_system(name):
    config = compose_experiment([f"experiment={name}"])
    assert build_system(config.data).degrees_of_freedom >= 1
    assert config.out == os.path.join("runs", name, "default")


def test_every_system_has_a_file_that_spells_out_its_defaults():
    files = {path.stem: path for path in (config_directory() / "system").glob("*.yaml")}
    assert set(files) == set(SYSTEMS)
    for name, path in files.items():
        values = yaml.safe_load(path.read_text())
        assert values["system"] == name
        assert set(values["options"]) == {field.name for field in dataclasses.fields(SYSTEMS[name])}
        assert make_system(name, **values["options"]) == make_system(name)


def test_no_file_names_code_to_call():
    for path in config_directory().rglob("*.yaml"):
        assert "_target_" not in path.read_text(), path


def test_overrides_reach_every_level():
    config = compose_experiment(
        [
            "experiment=oscillator3",
            "model=plain",
            "budget=quick",
            "seed=4",
            "settings.noise_variance=1e-2",
            "data.options.frequencies=[1,2]",
            "out=there",
        ]
    )
    assert config.settings.symmetry is Symmetry.plain
    assert config.settings.chunk == budget_settings("quick").chunk != Settings().chunk
    assert config.settings.noise_variance == 0.01
    assert config.settings.start is Start.random  # the experiment's own
    assert (config.seed, config.out) == (4, "there")
    assert build_system(config.data) == make_system("oscillator", frequencies=(1.0, 2.0))


WRONG = {
    "nothing": ([], "no experiment given, expected experiment=NAME, one of anharmonic"),
    "experiment": (["experiment=nowhere"], "no config experiment/nowhere, expected one of"),
    "unknown key": (["sed=1"], "unknown config key sed: did you mean seed"),
    "added key": (["+sed=1"], "unknown config key sed"),
    "nested key": (["settings.step=1"], "settings.step: did you mean settings.steps"),
    "option": (["data.options.mass=1"], "unknown config key data.options.mass"),
    "type": (["seed=x"], "seed: Value 'x' of type 'str' could not be converted to Integer"),
    "fraction": (["settings.steps=1.5"], "settings.steps: Value '1.5' of type 'float'"),
    "range": (["settings.steps=0"], "steps is 0, expected at least 1"),
    "data range": (["data.held_out=1"], "data.held_out is 1.0, expected between 0 and 1"),
    "data count": (["data.trajectories=1"], "data.trajectories is 1, expected 2 or more"),
    "infinite": (["data.noise=inf"], "data.noise is inf"),
    "nan": (["data.dt=nan"], "data.dt is nan"),
    "seed": (["seed=-1"], "seed is -1"),
    "choice": (["settings.start=best"], "settings.start: Invalid value 'best', expected one of"),
    "group": (["model=oracle"], "no config model/oracle, expected one of built_in, learned, plain"),
    "null": (["data.system=null"], "data.system"),
    "out": (["out=''"], "out is ''"),
    "no value": (["seed"], "'seed' cannot be read, expected key=value"),
    "grammar": (["seed={a:b"], "cannot be read"),
    "sweep": (["seed=1,2"], "add -m to run each of them"),
    "interpolation": (["seed=${nobody}"], "seed: Interpolation key 'nobody' not found"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_line(case):
    overrides, message = WRONG[case]
    if case not in ("nothing", "experiment"):
        overrides = ["experiment=three_body", *overrides]
    with pytest.raises(InputError) as error:
        compose_experiment(overrides)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_system_or_option_is_found_when_it_is_built():
    with pytest.raises(InputError, match="unknown system 'nowhere'"):
        build_system(DataConfig("nowhere"))
    config = compose_experiment(["experiment=three_body", "+data.options.colour=3"])
    with pytest.raises(InputError, match="unknown option 'colour'"):
        build_system(config.data)


def test_budgets_are_settings_and_can_be_changed():
    quick, standard, thorough = map(budget_settings, compose.BUDGETS)
    assert standard == Settings()
    assert quick.steps < standard.steps < thorough.steps
    changed = budget_settings("quick", candidates=3, start=Start.random)
    assert changed == dataclasses.replace(quick, candidates=3, start=Start.random)
    with pytest.raises(InputError, match="candidates is 0"):
        budget_settings("quick", candidates=0)
    with pytest.raises(InputError, match="budget is 'fast', expected one of quick"):
        budget_settings("fast")


def test_a_broken_user_file_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(compose, "config_directory", lambda: tmp_path)
    (tmp_path / "config.yaml").write_text("defaults: [schema, _self_]\nseed: [1\n")
    with pytest.raises(InputError) as error:
        compose_experiment([])
    assert "\n" not in str(error.value)
    (tmp_path / "config.yaml").write_text("defaults: [schema, _self_]\n")
    with pytest.raises(InputError, match="data"):
        compose_experiment([])


def test_a_sweep_is_every_combination():
    assert combinations(["experiment=a", "seed=range(0,2)", "model=plain,learned"]) == [
        ["experiment=a", "seed=0", "model=plain"],
        ["experiment=a", "seed=0", "model=learned"],
        ["experiment=a", "seed=1", "model=plain"],
        ["experiment=a", "seed=1", "model=learned"],
    ]


def test_directories_are_told_apart_by_overrides_and_by_nothing_else():
    assert default_out(["seed=1", "experiment=a"]) == default_out(["experiment=a", "seed=1"])
    launched = ["experiment=a", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "seed=1"]
    assert default_out(launched) == default_out(["experiment=a", "seed=1"])
    names = [[], ["seed=1"], ["seed=2"], ["seed=1", "model=plain"], ["d=[1/2]"], ["d=[1_2]"]]
    outs = [default_out(["experiment=a", *overrides]) for overrides in names]
    assert len(set(outs)) == len(outs)
    assert all(out.count(os.sep) == 2 for out in outs)
    assert len(os.path.basename(default_out(["experiment=a", "x=" + "y" * 500]))) < 200


def test_the_experiment_cannot_be_changed_once_it_is_checked():
    config = ExperimentConfig(DataConfig("oscillator"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 3  # type: ignore[misc]
