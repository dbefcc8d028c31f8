"""The page of the numbers of the verdict: from the code, and from the records of the study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.evidence.constants import Derived, Number, every
from experiments.evidence.constants_study import AS_IS, FACTORS, FORMS, VERDICT, Study, place
from experiments.evidence.kept import current
from experiments.evidence.pages import FALSE
from experiments.evidence.runs import STEPS
from experiments.evidence.sources import fingerprint, modules, of_functions, of_verdict
from noether_razor.base.files import write_atomically
from noether_razor.describe._words import count, listed, table

PAGE = Path(__file__).parents[2] / "docs" / "constants.md"
SETTINGS = ("judged.TOLERANCE",)
"""Constants that are only defaults of what the user sets."""
MOST = 6
"""The aim: at most this many constants change a verdict."""

METHOD = (
    "Every number that stands in the code of the default method of `noether-razor discover`. This "
    "page is written by `python -m experiments.evidence pages` from the syntax trees of "
    "`noether_razor/evidence/` and `noether_razor/discovery/`, and from "
    "`results/evidence/constants.jsonl`; a test compares it with the code. "
    "What a number means is the docstring below it.\n\n"
    "`python -m experiments.evidence constants` halves and doubles one number at a time where it "
    "stands in the source, each in a new process, and judges the same data again. Whole numbers "
    "stay whole. Of a probability the odds are halved or doubled. Numbers of one size and both "
    "signs in one expression are the ends of one range, and count as one. 0 is not listed, nor a "
    "1 that is added or taken off."
)
COUNTED = (
    "Lost, gained: true directions that are conserved no longer, or are so newly. False: more (+) "
    "directions are called conserved whose parallelness with the true span is below "
    f"{FALSE}. Slow, undetermined: more (+) or fewer (-) directions are called so. A dash: no "
    "verdict of any run changes."
)
FUNCTIONS = (
    "Only a search of functions needs these numbers. They decide how conserved functions are "
    "written, and which of them are independent. `python -m experiments.evidence forms` halves and "
    "doubles them. The runs are those of seed 0 at noise 0.03 in [functions]"
    "(measurements/by_evidence_functions.md), without bodies. Their directions are judged once. "
    "Lost, gained: functions that count no longer, or do so newly. False: more functions count "
    "than there are."
)


class Effect(NamedTuple):
    """What a change of a number does to the verdicts of all runs.

    Attributes:
        text: text for a cell.
        changes: whether any verdict changes; None if the change was not tried.
    """

    text: str
    changes: bool | None


def effect(base: dict, tried: dict | None) -> Effect:
    """Compare the verdicts of two records."""
    if tried is None:
        return Effect("not tried", None)
    if "error" in tried:
        return Effect(f"stops: `{_cell(tried['error'])}`", True)
    letters = ("c", "F", "s", "u")
    total = dict.fromkeys(("lost", "gained", "false", "slow", "undetermined"), 0)
    runs = 0
    for run, before in base["verdicts"].items():
        after = tried["verdicts"][run]
        found, false, slow, unknown = (after.count(x) - before.count(x) for x in letters)
        total["lost"] += max(-found, 0)
        total["gained"] += max(found, 0)
        total["false"] += false
        total["slow"] += slow
        total["undetermined"] += unknown
        runs += any((found, false, slow, unknown))
    if not runs:
        return Effect("-", False)
    parts = [f"{word} {number}" if word in ("lost", "gained") else f"{word} {number:+d}"
             for word, number in total.items() if number]  # fmt: skip
    return Effect(f"{', '.join(parts) or 'they cancel'} (in {runs} run{'s' * (runs > 1)})", True)


class Row(NamedTuple):
    """A number, and what happens when it is halved and doubled."""

    number: Number
    effects: tuple[Effect, ...]

    @property
    def changes(self) -> bool | None:
        """Whether a verdict changes; None if none was seen, but not everything was tried."""
        seen = [one.changes for one in self.effects]
        return True if True in seen else None if None in seen else False


def write(out: Path, path: Path = PAGE) -> Path:
    """Write the page."""
    write_atomically(path, page(out).encode())
    return path


def page(out: Path) -> str:
    """The text of the page, from the code and the records of the studies."""
    used, counting = of_verdict(), of_functions()
    named, derived, inside = every(used)
    rest = [module for module in modules() if module not in used]
    derived_after = every(rest)[1]
    after = every([module for module in rest if module not in counting])[0]
    kept = VERDICT.records(out)
    base, by_place = _base(kept)
    rows = [_row(number, base, by_place) for number in named]
    setting = [row for row in rows if _name(row.number) in SETTINGS]
    rows = [row for row in rows if row not in setting]
    changing, still, open_ = (
        [row for row in rows if row.changes is is_so] for is_so in (True, False, None)
    )
    tried_inside = [row for row in (_row(n, base, by_place) for n in inside) if _tried(row)]
    untried = [n for n in inside if n not in [row.number for row in tried_inside]]
    parts = [
        "# The constants of the verdict",
        METHOD,
        _answer(changing, still, open_),
        _state(base, kept),
        "## The runs",
        _runs(base),
        "## Constants that change a verdict",
        _table(changing),
        COUNTED,
        "## Constants that set cost or resolution only, as measured",
        _unreached(),
        _table(still),
        *(["## Constants that are not measured yet", _table(open_)] if open_ else []),
        "## What the user sets",
        "`tolerance` is a setting of `discover`, and part of the question. This is its default.",
        _table(setting),
        "## Constants that follow from others",
        _derived([*derived, *derived_after]),
        "## Functions that count",
        FUNCTIONS,
        *_of_forms(out),
        "## After the verdict",
        "These numbers round, word and draw what was found.",
        _short_table(after),
        "## Numbers that are hidden in functions",
        "Numbers inside functions, classes and default arguments of the modules that the verdict "
        "is computed by, but for 0, 1 and 2. Many are part of a formula. `python -m "
        "experiments.evidence hidden_numbers` halves and doubles them as well; "
        f"{len(tried_inside)} of {len(inside)} are tried so far.",
        *([_table(tried_inside)] if tried_inside else []),
        _short_table(untried),
    ]
    return "\n\n".join(parts) + "\n"


def _base(kept: Sequence[dict]) -> tuple[dict, dict[tuple[str, str], dict]]:
    """The record without a change, and all records by their places."""
    by_place = {(record["number"], record["change"]): record for record in kept}
    return by_place.get(place(None, AS_IS), {"verdicts": {}, "true": {}, "code": ""}), by_place


def _of_forms(out: Path) -> list[str]:
    """What the numbers of a search of functions do to its counts."""
    kept = FORMS.records(out)
    base, by_place = _base(kept)
    rows = [_row(number, base, by_place) for number in FORMS.numbers()]
    changing = list(dict.fromkeys(_name(row.number) for row in rows if row.changes))
    which = f"for {listed([f'`{name}`' for name in changing])}" if changing else "for none of them"
    return [
        f"**Halving or doubling a number changes a count {which}.** {_state(base, kept, FORMS)}",
        _table(rows),
    ]


def _row(number: Number, base: dict, kept: dict[tuple[str, str], dict]) -> Row:
    effects = []
    for change in FACTORS:
        record = kept.get(place(number, change))
        same = record is not None and record["code"] == base["code"]
        effects.append(effect(base, record if same else None))
    return Row(number, tuple(effects))


def _tried(row: Row) -> bool:
    return any(one.text != "not tried" for one in row.effects)


def _answer(changing: Sequence[Row], still: Sequence[Row], open_: Sequence[Row]) -> str:
    names = list(dict.fromkeys(_name(row.number) for row in changing))
    total = len(changing) + len(still) + len(open_)
    if len(changing) > MOST:
        judged = f"The aim was at most {count(MOST)}: it is not reached."
    elif open_:
        judged = f"The aim is at most {count(MOST)}; not all are measured."
    else:
        judged = f"The aim was at most {count(MOST)}: it is reached on these runs."
    measured = total - len(open_)
    which = f"for {listed([f'`{name}`' for name in names])}" if names else "for none of them"
    return (
        f"**The study has measured {measured} of {total} numbers. Halving or doubling a number "
        f"changes a verdict on these runs {which}.** {judged}"
    )


def _state(base: dict, kept: Sequence[dict], study: Study = VERDICT) -> str:
    if not kept:
        return "No run is made yet."
    code = fingerprint(study.entries)
    if base["code"] in current(code):
        return (
            "The runs were made with the code as it is, or code that gives the same (fingerprint "
            f"{base['code']})."
        )
    return (
        f"The runs were made with an earlier state of the code (fingerprint {base['code']}, now "
        f"{code}): the study has to be run again."
    )


def _runs(base: dict) -> str:
    rows = [
        (run, str(base["true"][run]), f"`{verdicts}`") for run, verdicts in base["verdicts"].items()
    ]
    return (
        "Seed 0 of every system of the grid with two degrees of freedom and without bodies, at "
        "noise 0.1 with 50 trajectories; and of every second one of these at noise 0.3 with 20 "
        "trajectories. The letters are the verdicts with all numbers as they are, the least "
        "changing direction first: c conserved, F conserved and false, s slow, u undetermined, x "
        "changes.\n\n" + table(("run", "true", "verdicts"), rows)
    )


def _unreached() -> str:
    return (
        "On these runs no verdict changes. A limit that only longer or more data meet is not "
        f"reached by them: they have {STEPS + 1} samples and 20 or 50 trajectories."
    )


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return "None."
    header = ("number", "value", "file", "meaning", *FACTORS)
    return table(
        header,
        [
            (*_place_cells(row.number), _meaning(row.number), *(one.text for one in row.effects))
            for row in rows
        ],
    )


def _short_table(numbers: Sequence[Number]) -> str:
    rows = [(*_place_cells(number), _meaning(number)) for number in numbers]
    return table(("number", "value", "file", "meaning"), rows)


def _derived(derived: Sequence[Derived]) -> str:
    rows = [(f"`{one.name}`", f"`{one.text}`", f"{one.module}.py", one.meaning) for one in derived]
    return table(("name", "from", "file", "meaning"), rows)


def _name(number: Number) -> str:
    return f"{number.module}.{number.name}"


def _place_cells(number: Number) -> tuple[str, str, str]:
    return f"`{number.name}`", f"`{number.value!r}`", f"{number.module}.py"


def _meaning(number: Number) -> str:
    inside = number.hidden or number.text.strip("-") != repr(number.value)
    where = f"in `{_cell(number.text)}`" if inside else ""
    said = _cell(number.meaning) or ("" if where else "(no docstring)")
    return ". ".join(part for part in (where, said) if part)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
