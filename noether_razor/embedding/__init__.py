"""Variational manifold embedding: curved principal components from one Lagrangian density."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noether_razor.base.late import late
from noether_razor.embedding.densities import Box as Box
from noether_razor.embedding.densities import Gaussian as Gaussian
from noether_razor.embedding.densities import Mixture as Mixture
from noether_razor.embedding.densities import Ring as Ring
from noether_razor.embedding.densities import Tube as Tube
from noether_razor.embedding.fit import UnboundedObjective as UnboundedObjective
from noether_razor.embedding.fit import fit as fit
from noether_razor.embedding.functional import Problem as Problem
from noether_razor.embedding.functional import bending as bending
from noether_razor.embedding.functional import energy as energy
from noether_razor.embedding.functional import lagrangian as lagrangian
from noether_razor.embedding.functional import objective as objective
from noether_razor.embedding.functional import residual as residual
from noether_razor.embedding.functional import stein as stein
from noether_razor.embedding.functional import value as value
from noether_razor.embedding.kernel_density import kernel_density as kernel_density
from noether_razor.embedding.maps import Affine as Affine
from noether_razor.embedding.maps import Network as Network
from noether_razor.embedding.maps import Series as Series
from noether_razor.embedding.maps import network as network
from noether_razor.embedding.maps import series as series
from noether_razor.embedding.priors import Normal as Normal
from noether_razor.embedding.priors import Periodic as Periodic
from noether_razor.embedding.priors import Uniform as Uniform
from noether_razor.embedding.priors import quadrature as quadrature
from noether_razor.embedding.rays import ray as ray
from noether_razor.embedding.rays import ray_hamiltonian as ray_hamiltonian
from noether_razor.embedding.rays import symplectic_ray as symplectic_ray

if TYPE_CHECKING:
    from noether_razor.embedding.estimator import (
        VariationalManifoldEmbedding as VariationalManifoldEmbedding,
    )

# The estimator alone needs scikit-learn.
__getattr__, _ = late(__name__, {"estimator": ("VariationalManifoldEmbedding",)})
