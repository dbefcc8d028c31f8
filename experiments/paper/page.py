"""`results/paper.md`: every table, figure and study on one page, from records; it never trains.

    python -m experiments.paper

`make paper` and `make studies` run what is missing first.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from experiments.checks import Checks, table
from experiments.intervals import paired
from experiments.paper import drawings, record, studies, tables
from experiments.paper.exhibits import FIGURES, STUDIES, TABLES, Exhibit
from experiments.paper.plan import Run, runs
from experiments.paper.record import NEAR, NEARLY, Record, Records
from experiments.paper.tables import ERRORS, summary
from experiments.text import markdown
from noether_razor.base.files import write_atomically
from noether_razor.cli.compose import compose_experiment

SEEDS, CORES = 5, 2
COLLAPSED = 0.1
"""KL divergence, in nats per transition, below which a posterior is no better than the prior."""
PAPER = (*TABLES.values(), *FIGURES.values())

INTRODUCTION = """# The paper's tables and figures, and studies beyond them

Written by `python -m experiments.paper` from the records in `results/runs/`, which
`noether-razor table`, `figure` and `study` keep of every finished run. The paper is van der
Ouderaa, van der Wilk and de Haan, *Noether's Razor: Learning Conserved Quantities*, NeurIPS 2024,
arXiv 2410.08087; it shows one seed a row and no error bars. Here every row has five seeds; data,
noise and networks of a seed are the same in every row of a table, and a row's numbers are means
with their standard errors."""

PAIRED = (
    "Differences between rows are means over seeds of the difference within a seed, each with "
    "Student's interval of 95 % (five seeds have four degrees of freedom): rows of a seed share "
    "data, noise and test sets."
)


def read(exhibit: Exhibit, results: Path) -> Records:
    """The existing records of an exhibit, by row."""
    return record.gather(runs(exhibit, SEEDS, results))


def checks(results: Path) -> list[dict[str, object]]:
    """What was wanted of the tables and figures, beside what was reached."""
    wanted = Checks()
    for number, exhibit in TABLES.items():
        _check_table(wanted, f"Table {number}", read(exhibit, results))
    for label, some in read(FIGURES[3], results).items():
        least = [min(one.truth.parallelness[: one.truth.rank]) for one in some]
        holds = min(least) >= 0.99
        wanted.add(f"Figure 3, {label}: least parallelness", "≥ 0.99", least, holds)
    for label, some in read(FIGURES[4], results).items():
        near = [np.sum(np.asarray(one.truth.parallelness[:7]) >= NEARLY) for one in some]
        enough, least = (3, "7 in 3 seeds") if label == "random start" else (SEEDS, "7 in each")
        name = f"Figure 4, {label}: of seven, parallel to {NEARLY:g}"
        wanted.add(name, least, near, near.count(7) >= enough)
    for name, study in (("More oscillators", "scaling"), ("More bodies", "bodies")):
        for label, some in read(STUDIES[study], results).items():
            _check_generators(wanted, f"{name}, {label}", some)
    seconds = [seconds for _, seconds in _clock(PAPER, results)]
    hours = sum(seconds) / CORES / 3600
    count = len(_wanted_runs(PAPER, results))
    what = f"Tables and figures, {len(seconds)} of {count} runs: hours on two cores"
    wanted.add(what, "< 3", [hours], hours < 3 and len(seconds) == count)
    return table(wanted)


def _check_generators(wanted: Checks, name: str, some: Sequence[Record]) -> None:
    """Whether the first learned generators, as many as the system conserves, are true ones."""
    true = some[0].truth.rank
    found = [one.columns[NEAR] for one in some]
    what = f"{name}: generators parallel to {NEARLY:g}"
    wanted.add(what, f"{true}", found, set(found) == {true})


def _check_table(wanted: Checks, name: str, records: Records) -> None:
    if not {"plain", "learned", "built in"} <= set(records):
        wanted.add(name, "all rows", [], False)
        return

    def gap(column: str, better: str, worse: str) -> tuple[float, float, float]:
        """How much lower the column is in one row: mean over seeds, and ends of its 95 % interval.

        Data, noise and test sets of a seed are the same in every row, so the rows are compared
        seed by seed.
        """
        one, other = (
            {run.config["seed"]: run.columns[column] for run in records[row]}
            for row in (better, worse)
        )
        return paired([other[seed] - one[seed] for seed in one.keys() & other.keys()])

    collapsed = [sum(one.columns["KL"] < COLLAPSED for one in some) for some in records.values()]
    what = f"{name}: seeds with a constant H, {', '.join(records)}"
    least = "0 in each, or the gaps below are those of failed fits"
    wanted.add(what, least, collapsed, not any(collapsed))
    for model in (label for label in records if label.startswith("learned")):
        for column in ("-ELBO", *ERRORS):
            found = gap(column, model, "plain")
            what = f"{name}, {column}: plain less {model}, mean and 95 % interval"
            wanted.add(what, "interval above 0", found, found[1] > 0)
        lost = gap("-ELBO", "built in", model)
        what = f"{name}, -ELBO: {model} less built in, mean and 95 % interval"
        wanted.add(what, "interval not above 0", lost, lost[1] <= 0)


def differences() -> list[dict[str, object]]:
    """Where the protocol differs from the paper's; our values are read from the configs."""
    settings = {n: compose_experiment([f"experiment=table{n}/learned"]).settings for n in TABLES}

    def ours(form: str) -> str:
        texts = {
            n: form.format(
                **vars(one),
                total=one.warmup + one.steps,
                evaluated=one.steps * one.batch * one.elements,
            )
            for n, one in settings.items()
        }
        if len(set(texts.values())) == 1:
            return texts[1]
        return "; ".join(f"Table {n}: {text}" for n, text in texts.items())

    return [
        {"": what, "paper": theirs, "here": here}
        for what, theirs, here in (
            ("a transition", "Euler steps", ours("one step of {solver}")),
            ("weight samples a gradient", "5", ours("{particles}")),
            ("transitions a gradient", "500", ours("{batch}, shared out among the samples")),
            ("group elements", "100 for all", ours("{elements} of {pool} for each transition")),
            ("gradients", "40,000", ours("{total}")),
            ("transitions times elements, whole fit", "1.0e+10", ours("{evaluated:.1e}")),
            ("warm-up", "three bodies: plain, on dt = 0.1", ours("{warmup} steps")),
            ("weight of the divergence", "1", ours("annealed over {annealing} steps")),
            ("hidden layers", "two, three for the bodies", ours("{depth} of width {width}")),
            ("optimiser", "Adam", ours("Adam, {learning_rate:g}, cosine decay")),
            ("measure", "uniform in the unit ball, flows times π", "uniform, of unit variance"),
            ("start of the learned model", "random", ours("{start.value}")),
            ("random candidates", "in the coordinates", "in units of the data's spread"),
            (
                "proposals",
                "-",
                "the quadratics that change least: directions stay, sizes are learned",
            ),
            ("predictions", "-", "posterior mean of H over weights and group"),
            ("seeds", "1", f"{SEEDS}, independent keys for data, split, noise, model, test sets"),
        )
    ]


def _wanted_runs(exhibits: tuple[Exhibit, ...], results: Path) -> dict[Path, Run]:
    """Every run of the exhibits once, by the path of its record."""
    return {
        run.kept: run for e in exhibits for row in runs(e, SEEDS, results).values() for run in row
    }


def _clock(exhibits: tuple[Exhibit, ...], results: Path) -> Iterator[tuple[str, float]]:
    """Every run that has a record, once: its name without the seed, and its wall-clock seconds."""
    for path, run in _wanted_runs(exhibits, results).items():
        if one := record.read(path, run.config):
            name = str(path.relative_to(results / "runs").with_suffix(""))
            yield re.sub(r"[,/]seed=\d+$", "", name), one.columns["seconds"]


def clock(results: Path) -> list[dict[str, object]]:
    """Seconds of each run, one row per experiment."""
    times: dict[str, list[float]] = {}
    for name, seconds in _clock((*PAPER, *STUDIES.values()), results):
        times.setdefault(name, []).append(seconds)
    return [
        {"experiment": name, "seconds of each run": " ".join(f"{s:.0f}" for s in some)}
        for name, some in times.items()
    ]


def document(results: Path) -> str:
    """The page."""
    parts = [INTRODUCTION, "## What was wanted", PAIRED, markdown(checks(results))]
    parts += ["## Where the protocol differs from the paper's", markdown(differences())]
    machines = set()
    for exhibit in (*PAPER, *STUDIES.values()):
        records = read(exhibit, results)
        machines |= {one.made_with["machine"] for some in records.values() for one in some}
        text = results / f"{exhibit.name}.md"
        if text.exists():
            pictures = sorted(results.glob(f"{exhibit.name}*.png"))
            parts += [
                text.read_text().strip(),
                *(f"![{exhibit.title}]({p.name})" for p in pictures),
            ]
    parts += [
        "## Wall-clock",
        "Of each run, on one core, compilation included.",
        markdown(clock(results)),
    ]
    if (measured := results / "seeds.json").exists():
        parts += [
            "Seeds run side by side, one a core, each in a process of its own. That, and the "
            "alternatives, measured by `python -m benchmarks.seeds`:",
            markdown(json.loads(measured.read_text())),
        ]
    parts.append(f"Machines: {'; '.join(sorted(machines))}.")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page, and every exhibit, from records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    options = parser.parse_args()
    rewrite(options.results)
    path = options.results / "paper.md"
    write_atomically(path, document(options.results).encode())
    into_readme(options.readme, numbers(options.results))
    print(path)


def rewrite(results: Path) -> None:
    """Write anew every table, figure and study that has records."""
    for write, exhibits in (
        (tables.write, TABLES), (drawings.write, FIGURES), (studies.write, STUDIES)
    ):  # fmt: skip
        for exhibit in exhibits.values():
            if records := read(exhibit, results):
                write(exhibit, records, results)


def numbers(results: Path) -> str:
    """The README's table: a row for each model of each table of the paper."""
    rows = [
        {"": f"Table {number}", **row}
        for number, exhibit in TABLES.items()
        for row in summary(read(exhibit, results), ("-ELBO", *ERRORS, NEAR, "steps", "seconds"))
    ]
    return markdown(rows) if rows else "(no runs yet)"


def into_readme(readme: Path, text: str) -> None:
    """Put a text between the README's two marks."""
    before, _, rest = readme.read_text().partition("<!-- numbers -->")
    after = rest.partition("<!-- /numbers -->")[2]
    filled = f"{before}<!-- numbers -->\n{text}\n<!-- /numbers -->{after}"
    write_atomically(readme, filled.encode())
