"""A scikit-learn estimator, with the conventions of pysindy for trajectories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from noether_razor.base.errors import InputError
from noether_razor.discovery.discover import discover
from noether_razor.discovery.estimator._data import (
    is_many,
    names_of,
    parts_of,
    states_of,
    trajectories_of,
)
from noether_razor.discovery.estimator._values import values_along
from noether_razor.evidence.judged import CONSERVED


class ConservedQuantities(TransformerMixin, BaseEstimator):
    """Find what is conserved in trajectories, and give its values along data.

    The columns of X are the coordinates of a state. **The first half are the positions and the
    second half their momenta**, in the same order: q1, q2, p1, p2. Two or more trajectories are
    needed: on a single trajectory a conserved quantity has one value, so there is no spread to
    compare its change with. All trajectories must have the same number of samples. See
    `noether_razor.discover` for the rule of the verdict.

    Args:
        tolerance: change along a trajectory, as a share of the spread, up to which a quantity
            counts as conserved, in (0, 1).
        degree: highest degree of the polynomials that are searched, 1 or more.
        functions: functions that are searched beside the polynomials, as texts in the names of the
            columns.
        noise: standard deviation of the measurement noise in the units of X: one for all columns,
            or one by name; None: the noise is estimated.

    Attributes:
        quantities_: list of K `Quantity`, a basis of what is conserved, simplest first.
        probability_: [K], probability that the change of each conserved direction is within the
            tolerance, the least changing direction first. The quantities are combinations of these
            directions.
        spread_: [K], standard deviation of each quantity over the data of `fit`.
        discovery_: the `Discovery` with everything that was found.
        n_features_in_: m, the number of columns.
        feature_names_in_: names of the columns, [m]; it exists only if X or `feature_names` gave
            them.

    >>> model = ConservedQuantities().fit([x1, x2, x3], t=0.1)
    >>> model.print()
    """

    def __init__(
        self,
        tolerance: float = 0.05,
        degree: int = 2,
        functions: Sequence[str] = (),
        noise: Mapping[str, float] | float | None = None,
    ) -> None:
        self.tolerance = tolerance
        self.degree = degree
        self.functions = functions
        self.noise = noise

    def fit(
        self, X: Any, y: None = None, *, t: Any = 1.0, feature_names: Sequence[str] | None = None
    ) -> ConservedQuantities:
        """Find what is conserved.

        Args:
            X: trajectories: a list of arrays [T, m] or of data frames, or an array [R, T, m]. Or
                one array [N, m] or data frame that holds the rows of all trajectories, one
                trajectory after the other; `t` must then hold the times of the rows.
            y: not used; it must be None.
            t: time between two samples; or the times [T] that all trajectories share; or a list
                with the times of each trajectory. If X holds the rows of all trajectories, the
                times [N] of the rows: a new trajectory begins where time goes back.
            feature_names: names of the columns; by default those of a data frame, or
                q1 .. qn, p1 .. pn.

        Raises:
            InputError: if the data, the times or an option cannot be used; see
                `noether_razor.discover`.
        """
        _refuse(y)
        names = names_of(X)
        if feature_names is not None:
            if names is not None and names != tuple(feature_names):
                raise InputError(
                    f"feature_names are {', '.join(feature_names)} and the columns of X "
                    f"{', '.join(names)}, expected one of the two, or the same"
                )
            names = tuple(feature_names)
        trajectories = trajectories_of(X, t, names)
        discovery = discover(
            trajectories,
            tolerance=self.tolerance,
            noise=self.noise,
            degree=self.degree,
            functions=self.functions,
        )
        x = trajectories.states.reshape(-1, trajectories.states.shape[-1])
        self.discovery_ = discovery
        self.quantities_ = list(discovery.quantities)
        self.probability_ = np.array(
            [one.probability for one in discovery.directions if one.verdict == CONSERVED]
        )
        self.spread_ = values_along(discovery, x).std(0)
        self.n_features_in_ = x.shape[1]
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def transform(self, X: Any) -> Any:
        """Values of the conserved quantities along data.

        Args:
            X: states [N, m]; or several trajectories as for `fit`, of any lengths.

        Returns:
            The values [N, K], or a list of such arrays; data frames after `set_output`.

        Raises:
            InputError: if the columns have another number or other names than in `fit`.
        """
        return values_along(self.discovery_, self._states(X))

    def score(self, X: Any, y: None = None, *, t: Any = None) -> float:
        """Minus the mean size of the change of the quantities along trajectories; 0 is the best.

        The size of a change is the root mean square of a quantity about its mean on each
        trajectory, in units of `spread_`. It includes the measurement noise. Where nothing is
        conserved the score is -1: the score of a quantity whose change is as large as its spread.

        Args:
            X: see `transform`.
            y: not used; it must be None.
            t: times [N], if X is one array with the rows of all trajectories; see `fit`. Without
                times such an array is one trajectory.
        """
        check_is_fitted(self)
        _refuse(y)
        if not self.quantities_:
            return -1.0
        names_of(X)
        parts = [self._states(one) for one in X] if is_many(X) else parts_of(self._states(X), t)[0]
        values = [values_along(self.discovery_, x) for x in parts]
        moved = np.concatenate([one - one.mean(0) for one in values]) / self.spread_
        return -float(np.sqrt((moved**2).mean(0)).mean())

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The quantities as text, [K]: names of the columns that `transform` gives."""
        check_is_fitted(self)
        return np.array([one.expression for one in self.quantities_], dtype=object)

    def print(self) -> None:
        """Print the quantities, a line each, with what physics calls them."""
        check_is_fitted(self)
        for one in self.quantities_:
            print(f"{one.expression} = const{f'  ({one.kind})' if one.kind else ''}")
        if not self.quantities_:
            print("nothing is found to be conserved")

    def _states(self, X: Any) -> np.ndarray:
        """States [N, m] with the columns of `fit`."""
        x, names = states_of(X, self.n_features_in_), names_of(X)
        known = tuple(getattr(self, "feature_names_in_", names or ()))
        if names is not None and names != known:
            raise InputError(
                f"X has the columns {', '.join(names)}, expected {', '.join(known)} as in fit"
            )
        return x


def _of_each(transform: Callable) -> Callable:
    """Extend a method that takes one array, so that it also takes several trajectories."""

    @wraps(transform)
    def of_each(self: ConservedQuantities, X: Any) -> Any:
        check_is_fitted(self)
        names_of(X)
        return [transform(self, one) for one in X] if is_many(X) else transform(self, X)

    return of_each


# Outside of the class, so that scikit-learn's `set_output` makes a data frame of each trajectory.
ConservedQuantities.transform = _of_each(ConservedQuantities.transform)


def _refuse(y: Any) -> None:
    if y is not None:
        raise InputError("y is given, expected none: the times are t, by name, as fit(X, t=0.1)")
