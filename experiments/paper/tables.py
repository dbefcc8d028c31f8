"""A table of the paper, read from records: text for papers and pages, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.paper.exhibits import Exhibit
from experiments.paper.record import NEAR, NEARLY, Records
from experiments.text import comma_separated, latex, markdown, mean_and_error
from noether_razor.base.files import write_atomically

ERRORS = ("test MSE", "moved MSE", "wider MSE")
SHOWN = ("train MSE", "NLL", "KL", "-ELBO", *ERRORS, "rollout", "energy", NEAR, "steps", "seconds")

NOTE = (
    "Mean and standard error over seeds. NLL, KL and bound in nats per training transition; errors "
    "are mean squared one-step errors of a coordinate. The test sets are noiseless: initial states "
    "q ~ N(0, 1), p ~ N(0, 0.2²) (test), q shifted by 1 (moved), q ~ N(0, 3²) (wider). Rollout and "
    "energy: root mean square error of rollouts ten times as long as the training trajectories, "
    "over all of their samples, in units of the data's spread; and change of the true energy along "
    "them, in standard deviations of the energy. Generators: of the first r singular vectors of "
    "the learned generators, where the system conserves r quadratics, how many have a parallelness "
    f"with the true span of {NEARLY:g} or more. Steps: of the "
    "optimiser, with those of the warm-up. Seconds: wall-clock of one run on one core. Lower is "
    "better in every column but generators."
)


def summary(records: Records, names: Sequence[str] = SHOWN) -> list[dict[str, str]]:
    """One row per label: mean and standard error of the columns."""
    return [
        {"model": label, "seeds": str(len(some))}
        | {name: _cell(name, [one.columns[name] for one in some]) for name in names}
        for label, some in records.items()
    ]


def _cell(name: str, values: Sequence[float]) -> str:
    return f"{values[0]:.0f}" if name == "steps" else mean_and_error(values)


def each_seed(records: Records, names: Sequence[str] = SHOWN) -> list[dict[str, object]]:
    """One row per run."""
    return [
        {"model": label, "seed": one.config["seed"], **{n: one.columns[n] for n in names}}
        for label, some in records.items()
        for one in some
    ]


def write(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write the table as Markdown, LaTeX, CSV (a row per run) and PNG; return the paths."""
    from experiments.paper import figures
    from noether_razor.describe.canvas import save

    rows = summary(records)
    picture = out / f"{exhibit.name}.png"
    save(figures.of_table(exhibit.title, records), picture)
    texts = {
        "md": f"## {exhibit.title}\n\n{markdown(rows)}\n\n{NOTE}\n",
        "tex": f"% {exhibit.title}\n{latex(rows)}\n",
        "csv": comma_separated(each_seed(records)),
    }
    return [*write_texts(out / exhibit.name, texts), picture]


def write_texts(stem: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write each text to the stem with its extension; return the paths."""
    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text.encode())
    return paths
