"""Measurement noise, told from motion: what a sample's neighbours cannot foresee.

A sample of a smooth trajectory is close to what its neighbours interpolate to; its noise is not,
if the noise of different samples is independent. So the product of a sample's deviation with its
distance from the interpolation has the noise's variance as its mean, whatever the noise of the
neighbours. Motion too fast for the sampling adds to that; what does not move at all adds exactly
nothing, however its sampling, and that is what makes it of use for conserved quantities.

Source: instrumental variables, the classical remedy for errors in variables (Fuller, Measurement
Error Models, Wiley 1987, section 1.4), with neighbouring samples as instruments.
"""

from __future__ import annotations

import numpy as np

INTERPOLATIONS = ((1 / 2,), (2 / 3, -1 / 6))
"""Weights of the neighbours at distance 1, 2, ... on either side: linear and cubic."""


def noise_products(samples: np.ndarray) -> list[np.ndarray]:
    """A sample's distance from its neighbours' interpolation, one array an interpolation.

    Args:
        samples: values along trajectories, [R, T, D].

    Returns:
        Arrays [R, T, D], of which the mean over T of the product with `samples`, or with samples
        less their mean over T, is the variance of the noise; zero where a neighbour is missing.
        Fewer where trajectories are short, none if T < 3.
    """
    length = samples.shape[1]
    products = []
    for weights in INTERPOLATIONS:
        edge = len(weights)
        if length < 2 * edge + 1:
            break
        inner = length - 2 * edge
        foreseen = np.zeros_like(samples[:, :inner])
        for distance, weight in enumerate(weights, 1):
            before, after = edge - distance, edge + distance
            foreseen += weight * (samples[:, before:][:, :inner] + samples[:, after:][:, :inner])
        product = np.zeros_like(samples)
        product[:, edge : edge + inner] = samples[:, edge : edge + inner] - foreseen
        products.append(product * (length / inner))
    return products
