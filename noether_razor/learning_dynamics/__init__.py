"""Noether's learning dynamics: the charges of gradient descent, measured and predicted."""

from noether_razor.learning_dynamics.bregman import Balance as Balance
from noether_razor.learning_dynamics.bregman import Bregman as Bregman
from noether_razor.learning_dynamics.bregman import balance as balance
from noether_razor.learning_dynamics.bregman import heavy_ball as heavy_ball
from noether_razor.learning_dynamics.bregman import (
    kinetic_symmetry_breaking as kinetic_symmetry_breaking,
)
from noether_razor.learning_dynamics.bregman import nesterov as nesterov
from noether_razor.learning_dynamics.charges import ChargeLog as ChargeLog
from noether_razor.learning_dynamics.charges import with_charges as with_charges
from noether_razor.learning_dynamics.descent import Descent as Descent
from noether_razor.learning_dynamics.descent import fixed_norm as fixed_norm
from noether_razor.learning_dynamics.regimes import RegimeWarning as RegimeWarning
from noether_razor.learning_dynamics.symmetries import Symmetry as Symmetry
from noether_razor.learning_dynamics.symmetries import check_symmetry as check_symmetry
from noether_razor.learning_dynamics.symmetries import rescale as rescale
from noether_razor.learning_dynamics.symmetries import rotation as rotation
from noether_razor.learning_dynamics.symmetries import scale as scale
from noether_razor.learning_dynamics.symmetries import translation as translation
