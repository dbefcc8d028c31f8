"""Row 13: rays of the embedding are trajectories, so what they conserve can be discovered."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from experiments.embedding.outcome import Options, Outcome
from experiments.text import markdown
from noether_razor.base.types import Key, Scalar, State
from noether_razor.conserved import Quadratic
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.canvas import BLUE, PAGE, new_figure
from noether_razor.describe.directions import parallelness
from noether_razor.discovery.result import Discovery
from noether_razor.embedding.densities import Ring, stretched
from noether_razor.embedding.rays import ray_hamiltonian
from noether_razor.inference.settings import Settings
from noether_razor.mechanics.phase_space import apply_symplectic_form
from noether_razor.systems import System
from noether_razor.systems._system import KnownQuantity, angular_momentum, coordinate_forms, stack
from noether_razor.variational.discover import discover_by_fit


@dataclass(frozen=True)
class Rays(System):
    """H = log |pi| - log p(phi), p a ring of unit radius, stretched along the first axis.

    Rays start between radii 0.8 and 1.4, in directions within 0.8 radians of the tangent. Rays that
    go around stay where r p(r) is large. Their pi stays away from zero, where H has its pole.

    Attributes:
        stretch: factor of the first axis, 1 for a ring; in an ellipse only H is conserved.
        width: width of the ring.
    """

    stretch: float = 1.0
    width: float = 0.4
    name = "rays"
    dt = 0.1

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    def hamiltonian(self, x: State) -> Scalar:
        factors = jnp.stack([jnp.asarray(self.stretch, x.dtype), jnp.ones((), x.dtype)])
        return ray_hamiltonian(stretched(Ring(1.0, self.width), factors))(x)

    def initial_state(self, key: Key) -> State:
        """A place in the annulus, a direction near the tangent either way, |pi| in 0.5 to 1.5."""
        u = jax.random.uniform(key, (5,))
        angle, radius = 2 * jnp.pi * u[0], 0.8 + 0.6 * u[1]
        heading = angle + jnp.pi * (0.5 + jnp.round(u[4])) + 1.6 * (u[2] - 0.5)
        unit = lambda a: jnp.stack([jnp.cos(a), jnp.sin(a)])  # noqa: E731
        return jnp.concatenate([radius * unit(angle), (0.5 + u[3]) * unit(heading)])

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        if self.stretch != 1:
            return ()
        q, p = coordinate_forms(2)
        return (angular_momentum("q1 p2 - q2 p1", q[None], p[None], (0, 1)),)


def look(seed: int, stretch: float, settings: Options) -> tuple[Discovery, Trajectories]:
    """Simulate rays, and discover what they conserve."""
    data_key, key = jax.random.split(jax.random.key(seed))
    data = simulate(
        Rays(stretch), key=data_key, trajectories=settings.trajectories, steps=settings.steps
    )
    how = Settings(**settings.razor)
    with jax.enable_x64(how.precision == "float64"):
        return discover_by_fit(data, key=key, settings=how), data


def truth_of(found: Discovery, data: Trajectories) -> tuple[float, float]:
    """Compare what was found in a ring with the true angular momentum and the true H.

    Returns:
        The least parallelness of the found quantities with so(2), in units of the data's spread.
        The largest bracket of a found quantity with the true H, relative to their gradients.
    """
    if not found.quantities:
        return 0.0, 1.0
    spread = jnp.asarray(found.data["spread"], jnp.float32)
    stacked = (np.stack([getattr(q, name) for q in found.quantities]) for name in "Ab")
    span = Quadratic(*(jnp.asarray(part, jnp.float32) for part in stacked))
    rows, true = (
        np.asarray(forms.rescale(spread).coefficients(), float)
        for forms in (span, stack(Rays().conserved))
    )
    states = jnp.asarray(data.states[:, 0], jnp.float32)
    slopes = jax.vmap(jax.grad(Rays().hamiltonian))(states)
    gradients = jax.vmap(span.gradient)(states)  # [N, K, 4]
    brackets = jnp.einsum("nki,ni->nk", gradients, jax.vmap(apply_symplectic_form)(slopes))
    most = jnp.linalg.norm(gradients, axis=-1) * jnp.linalg.norm(slopes, axis=-1)[:, None]
    shares = jnp.sqrt((brackets**2).mean(0) / (most**2).mean(0))
    return float(np.min(parallelness(rows, true))), float(np.max(shares))


def meets_embedding(settings: Options, accept: Options) -> Outcome:
    """Row 13: so(2) is found for rays in a ring, and nothing for rays in an ellipse."""
    outcome = Outcome()
    checks = outcome.checks
    ring, ellipse = (
        [look(seed, stretch, settings) for seed in range(settings.seeds)]
        for stretch in (1.0, settings.stretch)
    )
    found = [one for one, _ in ring]
    true, brackets = zip(*(truth_of(one, data) for one, data in ring), strict=True)
    checks.equal("ring: quantities found", [one.rank for one in found], 1)
    checks.above("ring: parallelness with so(2)", true, accept.parallelness)
    checks.below("ring: bracket with the true H, over their gradients", brackets, accept.bracket)
    sizes = [[d.size for d in one.directions if d.verdict == "conserved"] for one in found]
    changes = [max(some, default=1.0) for some in sizes]
    checks.below("ring: change of what was found, in spreads", changes, accept.change)
    checks.equal("ellipse: quantities found", [one.rank for one, _ in ellipse], 0)
    rows = [
        {
            "rays in": name,
            "seed": str(seed),
            "found": "; ".join(f"`{q.expression}`" for q in one.quantities) or "nothing",
            "changing": str(one.count("changes")),
            "undetermined": str(one.count("undetermined")),
            "seconds": f"{one.seconds:.0f}",
        }
        for name, some in (("a ring", ring), ("an ellipse", ellipse))
        for seed, (one, _) in enumerate(some)
    ]
    outcome.text = markdown(rows)
    outcome.figure, axes = new_figure(PAGE, 3.2, 1, 2)
    for ax, (first, data), shape in zip(
        axes, (ring[0], ellipse[0]), ("a ring", "an ellipse"), strict=True
    ):
        for path in data.q[:25]:
            ax.plot(path[:, 0], path[:, 1], color=BLUE, alpha=0.4)
        found = ", ".join(q.expression for q in first.quantities) or "nothing"
        ax.set(aspect="equal", title=f"rays in {shape}; found: {found}")
    return outcome
