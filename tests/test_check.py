"""A user's own expressions, judged on systems whose answer is known."""

import json
from dataclasses import replace

import jax
import numpy as np
import pytest
from threadpoolctl import threadpool_info

import noether_razor as nr
from noether_razor.base.errors import InputError
from noether_razor.cli import main as cli
from noether_razor.conserved.expressions import Expressions
from noether_razor.data import save_trajectories
from noether_razor.discovery import check as check_module
from noether_razor.discovery.check_report import check_report
from noether_razor.evidence.judge_function import judge_function, typical_quadratic
from noether_razor.evidence.judge_tracks import judge_tracks
from noether_razor.evidence.recording import recording
from noether_razor.evidence.search import in_units, values_of
from tests.sample_cli import refused

L, ENERGY = "q1*p2 - q2*p1", "(p1**2 + p2**2)/2 + (q1**2 + q2**2)**2/4"
TEXTS = [L, ENERGY, "q1*p2", "3", "sin(300*q1)"]


def data(name, noise, trajectories=30, steps=15, **options):
    clean = nr.simulate(
        nr.make_system(name, **options), key=jax.random.key(0), trajectories=trajectories,
        steps=steps,
    )  # fmt: skip
    generator = np.random.default_rng(0)
    some = lambda x: x + noise * x.std((0, 1)) * generator.normal(size=x.shape)  # noqa: E731
    return replace(clean, q=some(clean.q), p=some(clean.p))


@pytest.fixture(scope="module")
def quartic():
    return data("central", 0.03)


@pytest.fixture(scope="module")
def found(quartic):
    return nr.check(quartic, TEXTS)


def test_true_invariants_are_conserved_and_a_false_one_changes(found):
    verdicts = [one.verdict for one in found.expressions]
    assert verdicts == ["conserved", "conserved", "changes", "undetermined", "undetermined"]
    first, _, third, one_value, bends = found.expressions
    assert first.probability > 0.99 and first.low <= first.size <= first.high < 0.05
    assert third.probability < 0.01 and 0.5 < third.size < 1
    assert np.isnan(one_value.probability) and "one value in all of the data" in one_value.reason
    assert "bends within the noise" in bends.reason
    assert not found.laws and not first.by  # the trajectories alone decide


def test_an_expression_is_judged_by_itself(quartic, found):
    """Other expressions in the same call do not matter, nor does a factor or a constant."""
    (alone,) = nr.check(quartic, L).expressions
    assert (alone.size, alone.probability) == (
        found.expressions[0].size, found.expressions[0].probability,
    )  # fmt: skip
    (other,) = nr.check(quartic, [f"-1e6*({L}) + 5"]).expressions
    assert np.isclose(other.probability, alone.probability, rtol=1e-6)
    assert np.isclose(other.size, alone.size, atol=1e-6)


class Enough(Exception):
    """Raised with the first table, which is all that a test needs."""


def test_it_agrees_with_the_search(quartic):
    tables = []

    def stop(table):
        tables.append(table)
        raise Enough

    with pytest.raises(Enough):
        nr.discover(quartic, first=stop)
    (quantity,) = tables[0].quantities
    (checked,) = nr.check(quartic, [quantity.expression]).expressions
    assert checked.verdict == "conserved" == tables[0].directions[0].verdict
    assert abs(checked.size - tables[0].directions[0].size) < 0.02


def blas_threads():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_linear_algebra_runs_in_one_thread_and_then_as_before(quartic):
    before, seen = blas_threads(), []

    def told(*_):
        seen.append(blas_threads())

    nr.check(quartic, [L], report=told)
    assert seen == [{1}] * len(seen) != []
    assert blas_threads() == before


def test_the_size_is_that_of_the_data():
    """Without noise the size is the root mean square about the mean, divided by the spread."""
    clean = data("oscillator", 0.0, frequencies="1,1.62")
    texts = ["p1**2 + 1.06*q1**2", "p1**2 + 1.5*q1**2", "q1*p2"]
    q1, q2, p1, p2 = np.moveaxis(clean.states, -1, 0)
    values = (p1**2 + 1.06 * q1**2, p1**2 + 1.5 * q1**2, q1 * p2)
    judged = nr.check(clean, texts).expressions
    for one, value in zip(judged, values, strict=True):
        assert np.isclose(one.size, np.sqrt(value.var(1).mean() / value.var()), rtol=0.02)
    assert [one.verdict for one in judged] == ["slow", "changes", "changes"]


@pytest.mark.slow
def test_laws_are_fitted_once_for_all_that_is_undetermined(monkeypatch):
    """The law decides what trajectories alone leave undecided; a stub leaves it undecided here."""
    calls, laws, tracks = [], check_module.laws_of_motion, check_module.judge_function

    def counted(*arguments):
        calls.append(arguments)
        return laws(*arguments)

    def unsure(recording, tolerance, typical, function):
        half = np.array([0.5])
        judged = tracks(recording, tolerance, typical, function)
        return judged._replace(cautious=half, hopeful=half) if judged.size < 0.05 else judged

    monkeypatch.setattr(check_module, "laws_of_motion", counted)
    monkeypatch.setattr(check_module, "judge_function", unsure)
    told = []
    noisy, energy = data("oscillator", 0.03, trajectories=20, steps=9), "p1**2 + q1**2"
    texts = [energy, f"2*({energy})", "q1*p1"]
    found = nr.check(noisy, texts, report=lambda *words: told.append(words[0]))
    first, second, third = found.expressions
    assert len(calls) == 1 and found.laws and "laws of motion" in told
    assert first.verdict == second.verdict == "conserved" and first.by == second.by != ""
    assert third.verdict == "changes" and third.by == ""
    assert first.by in check_report(found)


def test_what_has_one_value_up_to_rounding_or_drift_is_undetermined():
    """In pieces of one orbit the angular momentum differs only by the integrator's error."""
    whole = nr.simulate(
        nr.make_system("central"), key=jax.random.key(1), trajectories=1, steps=479
    )  # fmt: skip
    cut = lambda x: x.reshape(30, 16, 2)  # noqa: E731
    pieces = nr.Trajectories(cut(whole.q), cut(whole.p), whole.dt)
    found = nr.check(pieces, [L, "q1"])
    assert [one.verdict for one in found.expressions] == ["undetermined", "changes"]
    assert not found.expressions[0].varies and not found.laws
    assert found.expressions[0].reason.startswith("It has one value")


@pytest.mark.slow
def test_noise_is_not_called_a_change():
    """In these three of forty recordings, a conserved expression was once said to change.

    It was judged by its own spectrum, which follows the noise.
    """
    clean = nr.simulate(
        nr.make_system("central"), key=jax.random.key(1), trajectories=800, steps=19
    )  # fmt: skip
    for seed in (1, 5, 38):
        x = clean.states[20 * seed : 20 * (seed + 1)]
        x = x + 0.1 * x.std((0, 1)) * np.random.default_rng(seed).normal(size=x.shape)
        noisy = nr.Trajectories(*np.split(x, 2, axis=-1), clean.dt)
        with jax.enable_x64(True):
            made = recording(noisy)
            own = Expressions((L,), noisy.names)
            function = in_units(own, made, values_of(own, made).std((0, 1)))
            by_itself = judge_tracks(made, 0.05, function, np.zeros((0, 1)))
            judged = judge_function(made, 0.05, typical_quadratic(made), function)
        assert by_itself.verdicts() == ["changes"] and judged.verdicts() == ["undetermined"]


def test_json_and_text_give_everything_back(found):
    text = found.to_json()
    assert "NaN" not in text and json.loads(text)["version"] == "noether_razor.check/1"
    back = nr.Check.from_json(text)
    assert back.to_json() == text and str(back) == str(found)
    assert np.isnan(back.expressions[3].size)
    for one in found.expressions:
        assert one.expression in str(found) and one.verdict in str(found)
    assert all(len(line) < 250 for line in str(found).splitlines())
    with pytest.raises(InputError, match="check.json is of version 'x', expected"):
        nr.Check.from_json(text.replace("noether_razor.check/1", "x"))
    with pytest.raises(InputError, match="check.json cannot be read"):
        nr.Check.from_json(text[:50])


def test_the_table_for_notebooks_is_escaped(found):
    evil = replace(found.expressions[0], expression="<script>alert(1)</script>")
    html = replace(found, expressions=[evil])._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "<table" in found._repr_html_() and "one value in all of the data" in found._repr_html_()


@pytest.mark.parametrize(
    ("expressions", "message"),
    [
        ([], "there are no expressions"),
        (["q1", "p9"], "no coordinate is called 'p9', expected q1, q2, p1, p2"),
        (["log(q1)"], "is not finite on"),
        (["__import__('os')"], "no function is called '__import__'"),
        (["1e200*q1"], "its values reach"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(quartic, expressions, message):
    with pytest.raises(InputError, match="function|expressions") as refusal:
        nr.check(quartic, expressions)
    assert message in str(refusal.value) and "\n" not in str(refusal.value)
    with pytest.raises(InputError, match="tolerance is 2"):
        nr.check(quartic, ["q1"], tolerance=2)


def test_the_command_prints_a_table_and_writes_nothing(here, capsys, quartic):
    save_trajectories("a.npz", quartic)
    assert cli.main(["check", "a.npz", L, "q1*p2", "--noise", "q=0.02,p=0.03"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert (
        out[0].startswith("a.npz: 30 trajectories of 16 samples") and "  positions: q1, q2" in out
    )
    rows = out[-2:]
    assert [row.split()[0] for row in rows] == ["conserved", "changes"]
    assert rows[0].endswith(L) and [path.name for path in here.iterdir()] == ["a.npz"]


def test_the_command_writes_a_report_and_a_picture(here, capsys, quartic):
    save_trajectories("a.npz", quartic)
    words = ["check", "a.npz", "--out", "out", L, "3", "--tolerance", "0.04"]
    assert cli.main(words) == 0
    names = {path.name for path in (here / "out").iterdir()}
    assert {"check.json", "report.md", "report.html", "expressions.png", "config.json"} <= names
    kept = nr.Check.from_json((here / "out" / "check.json").read_text())
    assert kept.tolerance == 0.04 and kept.expressions[0].verdict == "conserved"
    text = (here / "out" / "report.md").read_text()
    assert f"| `{L}` | **conserved** |" in text and "noether-razor check a.npz" in text
    assert "data:image/png;base64" in (here / "out" / "report.html").read_text()
    (here / "out" / "report.md").unlink()
    capsys.readouterr()
    assert cli.main(["report", "out"]) == 0
    assert capsys.readouterr().out.strip() == "out/report.md"
    assert f"| `{L}` | **conserved** |" in (here / "out" / "report.md").read_text()
    assert cli.main([*words[:-2], "--tolerance", "0.1"]) == 2
    assert "tolerance was 0.04 and is now 0.1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["b.npz", "q1"], "b.npz: there is no such file"),
        (["q1*p2", "a.npz"], "q1*p2: there is no such file, expected a file of trajectories first"),
        (["a.npz"], "a.npz: there is no expression, expected one or more after the file"),
        (["a.npz", "q7", "--out", "out"], "no coordinate is called 'q7'"),
        (["a.npz", "q1", "--tolerance", "0"], "tolerance is 0.0, expected a share"),
        (["a.npz", "q1", "--noise", "z=1"], "noise names 'z'"),
        (["a.npz", "q1", "--degree", "3"], "unrecognized arguments: --degree"),
        ([], "required: FILE.. EXPRESSION"),
    ],
)
def test_the_command_refuses_in_one_line(here, capsys, quartic, words, message):
    save_trajectories("a.npz", quartic)
    refused(capsys, ["check", *words], message, kept=["a.npz"])


def test_the_report_of_a_directory_without_a_record_is_refused(here, capsys):
    (here / "empty").mkdir()
    refused(capsys, ["report", "empty"], "holds neither discovery.json nor check.json", ["empty"])
    (here / "empty" / "discovery.json").write_text("[]")
    refused(capsys, ["report", "empty"], "discovery", ["empty"])
