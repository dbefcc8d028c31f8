"""Array shapes, named once.

``n`` degrees of freedom, ``m = 2 n`` phase-space coordinates x = (q, p), ``K`` conserved
quantities, ``R`` trajectories, ``T`` samples in time, ``N`` transitions.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Array, Float, Int, Num, PRNGKeyArray
from jaxtyping import Key as KeyArray

Key = PRNGKeyArray
Keys = KeyArray[Array, " P"]
Scalar = Float[Array, ""]
Index = Int[Array, ""]
State = Float[Array, " m"]
States = Float[Array, "N m"]
Units = Float[Array | np.ndarray, " m"]
"""The unit of every coordinate."""
StateMatrix = Float[Array, "m m"]
Times = Num[Array | np.ndarray, " T"]
Paths = Float[Array, "R T m"]
Coefficients = Float[Array, " K"]
QuadraticForms = Float[Array, "K m m"]
LinearForms = Float[Array, "K m"]

Hamiltonian = Callable[[State], Scalar]
"""A scalar function of one unbatched state."""
VectorField = Callable[[State], State]
