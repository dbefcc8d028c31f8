"""The whole course of a fit: warm up the plain network, then fit everything together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
from numpyro.infer.svi import SVIState

from noether_razor.base.types import Key
from noether_razor.conserved import Quadratic
from noether_razor.data.trajectories import Transitions
from noether_razor.inference.fit import Progress, fit
from noether_razor.inference.fitted import Fitted
from noether_razor.inference.functions import with_functions
from noether_razor.inference.problem import Problem, pose
from noether_razor.inference.settings import Settings, Symmetry
from noether_razor.mechanics.phase_space import Scaling


@runtime_checkable
class Store(Protocol):
    """Where a fit keeps its state, so that it can be continued.

    Attributes:
        seconds_before: seconds that the fit had taken when it was last stopped.
    """

    seconds_before: float

    def load(self, phase: str, like: SVIState) -> tuple[int, SVIState] | None:
        """The steps done in this phase and the state after them; None if no state was kept."""
        ...

    def reached(self, phase: str) -> bool:
        """Whether the kept state belongs to this phase."""
        ...

    def save(self, phase: str, progress: Progress) -> None:
        """Keep the state after a chunk of this phase."""
        ...


class NoStore:
    """Keeps nothing."""

    seconds_before = 0.0

    def load(self, phase: str, like: SVIState) -> None:
        return None

    def reached(self, phase: str) -> bool:
        return False

    def save(self, phase: str, progress: Progress) -> None:
        pass


class Learned(NamedTuple):
    """A fitted model and the problem it solves."""

    problem: Problem
    fitted: Fitted


def learn(
    key: Key,
    train: Transitions,
    settings: Settings,
    candidates: Any = None,
    scaling: Scaling = Scaling(),  # noqa: B008, an immutable constant
    *,
    store: Store | None = None,
    on_chunk: Callable[[str, Progress], None] = lambda phase, progress: None,
) -> Learned:
    """Fit the model that the settings describe.

    With a warm-up, the plain network is fitted first, and the whole model goes on from its weights.

    Args:
        key: for everything random.
        train: transitions in the user's coordinates.
        settings: all settings of the fit.
        candidates: built-in quantities or proposals, in the user's coordinates: quadratics, or
            any family with `rescale` and `with_steps`; or None.
        scaling: the model's canonical units.
        store: where the state is kept, and where the fit continues from.
        on_chunk: called after each chunk with the phase and the progress.
    """
    store = store or NoStore()
    # The third key is not used any more; the others are those of the runs in results/.
    pose_key, warmup_key, _, fit_key = jax.random.split(key, 4)
    problem = _pose(pose_key, train, settings, candidates, scaling)

    def run(
        phase: str, key: Key, problem: Problem, settings: Settings, steps: int, initial: dict | None
    ) -> Fitted:
        def restore(state: SVIState) -> tuple[int, SVIState]:
            return store.load(phase, state) or (0, state)

        def report(progress: Progress) -> None:
            store.save(phase, progress)
            on_chunk(phase, progress)

        parameters = fit(
            key, problem.razor, problem.train, settings,
            steps=steps, initial=initial, restore=restore, on_chunk=report,
        )  # fmt: skip
        return Fitted(problem.razor, parameters)

    if settings.symmetry is Symmetry.plain:
        settings = replace(settings, warmup=0, steps=settings.steps + settings.warmup)
    initial = None
    if settings.warmup and not store.reached("fit"):
        # The same key: the warm-up starts from the weights that the problem is posed with.
        again = jax.random.clone(pose_key)
        plain = pose(again, train, replace(settings, symmetry=Symmetry.plain), None, scaling)
        warm = run("warm-up", warmup_key, plain, settings, settings.warmup, None)
        initial = warm.parameters
    if settings.warmup:
        rate = settings.continuation * settings.learning_rate
        settings = replace(settings, annealing=0, learning_rate=rate)
    return Learned(problem, run("fit", fit_key, problem, settings, settings.steps, initial))


def _pose(
    key: Key, train: Transitions, settings: Settings, candidates: Any, scaling: Scaling
) -> Problem:
    if candidates is None or isinstance(candidates, Quadratic):
        return pose(key, train, settings, candidates, scaling)
    plain = pose(key, train, replace(settings, symmetry=Symmetry.plain), None, scaling)
    start = plain.train.start
    units = scaling.units(start.shape[1] // 2).astype(start.dtype)
    return with_functions(plain, candidates.rescale(units), settings)
