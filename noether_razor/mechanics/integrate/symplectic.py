"""Steps that preserve the symplectic form, for a separable Hamiltonian."""

from __future__ import annotations

from typing import cast

import diffrax
import jax
import jax.numpy as jnp

from noether_razor.base.types import State, States, Times, VectorField


def symplectic_rollout(
    velocity: VectorField,
    force: VectorField,
    x: State,
    times: Times,
    steps_per_sample: int = 1,
) -> States:
    """States [T, 2n] of q' = velocity(p), p' = force(q) by the method of Stoermer and Verlet.

    The method is symplectic and of second order, for any separable Hamiltonian. It is conjugate to
    the symplectic Euler method, which diffrax has: q goes half a step back at the start, and half
    a step forward at the end.

    Args:
        velocity: p -> q', [n] -> [n].
        force: q -> p', [n] -> [n].
        x: state (q, p) [2n] at times[0].
        times: where to report, equally spaced, [T].
        steps_per_sample: number of equal steps from one time to the next.

    Source: Hairer, Lubich, Wanner, "Geometric Numerical Integration", sections I.1.4 and VI.3.
    """
    q, p = jnp.split(x, 2)
    count = (len(times) - 1) * steps_per_sample
    step = jnp.asarray(times[-1] - times[0], x.dtype) / count
    solution = diffrax.diffeqsolve(
        (
            diffrax.ODETerm(lambda _, p, __: velocity(p)),
            diffrax.ODETerm(lambda _, q, __: force(q)),
        ),
        diffrax.SemiImplicitEuler(),
        t0=0.0,
        t1=count * step,
        dt0=None,
        y0=(q - step / 2 * velocity(p), p),
        saveat=diffrax.SaveAt(t0=True, steps=steps_per_sample),
        stepsize_controller=diffrax.StepTo(ts=step * jnp.arange(count + 1)),
        max_steps=count,
    )
    q, p = cast(tuple[jax.Array, jax.Array], solution.ys)
    return jnp.concatenate([q + step / 2 * jax.vmap(velocity)(p), p], axis=-1)[: len(times)]
