"""The experiments: each a function of a plan and a number of seeds."""

from noether_razor.learning_dynamics.experiments import (
    ablations,
    adaptivity,
    convolutional,
    equations,
    laws,
    motions,
    norms,
    sweeps,
)

EXPERIMENTS = {
    "E0": equations.lagrangian_to_equation,
    "E1": equations.modified_flow,
    "E2": laws.constraints,
    "E3": laws.translation,
    "E4": norms.without_momentum,
    "E5": norms.with_momentum,
    "E6": laws.rescaling,
    "E7": norms.fourth_power,
    "E8": norms.equilibrium,
    "E9": adaptivity.rmsprop,
    "E10": ablations.held_norms,
    "E11": ablations.larger_norms,
    "E12": motions.curved_metric,
    "E13": motions.rotation,
    "digits": sweeps.sweeps,
    "conv": convolutional.convolutional,
}
"""Every experiment by name; the values of each are in `configs/learning_dynamics/NAME.yaml`."""
