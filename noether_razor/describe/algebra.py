"""The Lie algebra that conserved quantities span under the Poisson bracket, and its name.

Everything follows from the structure constants f in {C_i, C_j} = sum_k f[i, j, k] C_k + c[i, j].
The c are numbers. If they cannot be removed by adding constants to the quantities, the functions of
phase space form a central extension of the algebra.

Source: Fulton, Harris, "Representation Theory", lecture 9 and appendix C (radical, Killing form,
Levi decomposition); Arnold, "Mathematical Methods of Classical Mechanics", appendix 5.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np

from noether_razor.base.types import State
from noether_razor.conserved import Quadratic
from noether_razor.describe._modules import null_space, row_space, submodules

TOLERANCE = 5e-3
"""Structure constants below this share of the largest count as zero."""

NONE = 0.02
"""The unit of brackets is the largest bracket, but at least this share of the size of the largest
generator: if all quantities commute, the largest bracket is only rounding."""

CLOSED = 0.1
"""A span counts as closed if no more than this share of the largest bracket lies outside it."""


class Algebra(NamedTuple):
    """A Lie algebra of dimension r, in a basis that is orthonormal in the data's spread.

    Attributes:
        structure: constants f, [r, r, r].
        generators: generators of the flows, acting on (x, 1), [r, 2n + 1, 2n + 1].
        residual: largest share of a bracket that lies outside the span; 0 if the span is closed.
        extended: whether the last element is the number 1, a central extension.
    """

    structure: np.ndarray
    generators: np.ndarray
    residual: float = 0.0
    extended: bool = False

    @property
    def dimension(self) -> int:
        return len(self.structure)

    def killing(self) -> np.ndarray:
        """K(x, y) = tr(ad x ad y), [r, r]."""
        return np.einsum("iab,jba->ij", self.structure, self.structure)

    def centre(self) -> np.ndarray:
        """What commutes with everything, as orthonormal rows [z, r]."""
        flat = self.structure.reshape(self.dimension, self.dimension**2)
        return null_space(flat.T, TOLERANCE, of=self._size() ** 0.5)

    def derived(self) -> np.ndarray:
        """The span of all brackets, as orthonormal rows [d, r]."""
        flat = self.structure.reshape(self.dimension**2, self.dimension)
        return row_space(flat, TOLERANCE, of=self._size() ** 0.5)

    def radical(self) -> np.ndarray:
        """The largest solvable ideal, as orthonormal rows: Killing-orthogonal to all brackets."""
        if not len(self.derived()):
            return np.eye(self.dimension)
        return null_space(self.derived() @ self.killing(), TOLERANCE, of=self._size())

    def signature(self) -> tuple[int, int]:
        """How many positive and negative directions the Killing form has."""
        values = np.linalg.eigvalsh(self.killing())
        least = TOLERANCE * self._size()
        return int(np.sum(values > least)), int(np.sum(values < -least))

    def _size(self) -> float:
        """Mean of |ad x|^2 over unit x: the size of a compact simple algebra's Killing form."""
        return float(np.sum(self.structure**2)) / max(self.dimension, 1)

    def within(self, rows: np.ndarray) -> Algebra:
        """The subalgebra that orthonormal rows [s, r] span."""
        f = np.einsum("ia,jb,abc,kc->ijk", rows, rows, self.structure, rows, optimize=True)
        return self._replace(structure=f, generators=np.tensordot(rows, self.generators, 1))

    def ideals(self) -> list[Algebra]:
        """The indecomposable ideals whose direct sum is the algebra.

        Each dimension of the centre that splits off is an ideal of dimension one.
        """
        derived, centre = self.derived(), self.centre()
        lines = row_space(centre - (centre @ derived.T) @ derived, TOLERANCE, of=1.0)
        rest = self.within(null_space(lines, TOLERANCE) if len(lines) else np.eye(self.dimension))
        parts = submodules(rest.structure.transpose(0, 2, 1))  # an ideal is a submodule of ad
        return [rest.within(rows) for rows in parts] + [self.within(row[None]) for row in lines]

    def name(self) -> str:
        """Its usual name: "u(3)", "se(2)", "(so(2) ⋉ (R^2 ⊕ R^2)) ⊕ R^2"; "0" if it is empty."""
        ideals = self.ideals()
        lines = [part for part in ideals if part.dimension == 1]
        names = sorted(_name(part) for part in ideals if part.dimension > 1)
        names.sort(key=lambda name: "⋉" in name)
        unitary = {f"su({n})": f"u({n})" for n in range(3, 40)} | {"so(3)": "u(2)"}
        if len(names) == 1 and lines and names[0] in unitary:
            names, lines = [unitary[names[0]]], lines[1:]
        names += _abelian(lines)
        if len(names) > 1:
            names = [f"({name})" if "⋉" in name else name for name in names]
        return " ⊕ ".join(names) or "0"


def algebra(quantities: Quadratic, units: np.ndarray) -> Algebra:
    """The algebra of r linearly independent quadratics.

    Args:
        quantities: in canonical coordinates.
        units: typical size of each coordinate, [2n]; brackets are compared in these units.
    """
    r, m = np.shape(quantities.b)
    if not r:
        return Algebra(np.zeros((0, 0, 0)), np.zeros((0, m + 1, m + 1)))
    rows = _rows(quantities, units)
    mix = np.linalg.inv(np.linalg.cholesky(rows @ rows.T))  # to an orthonormal basis
    quantities = Quadratic(*(np.tensordot(mix, leaf, 1) for leaf in quantities))  # type: ignore
    rows = mix @ rows
    brackets, generators = (np.asarray(leaf, float) for leaf in _brackets(quantities, units))
    shifts = generators[:, :-1, -1]  # J b
    structure, numbers = brackets @ rows.T, (np.asarray(quantities.b) @ shifts.T).ravel()
    sides = np.append(units, 1.0)
    generators = generators * sides / sides[:, None]
    fastest = np.linalg.norm(generators, axis=(1, 2)).max()
    size = max(np.abs(brackets).max(), np.abs(numbers).max(), NONE * fastest)
    residual = float(np.linalg.norm(brackets - structure @ rows, axis=-1).max() / size)
    # A shift C_k + s_k subtracts s_k f[i, j, k] from the numbers.
    structure, numbers = structure / size, numbers / size
    numbers -= structure @ np.linalg.lstsq(structure, numbers, rcond=TOLERANCE)[0]
    structure = structure.reshape(r, r, r)
    if np.abs(structure).max() <= TOLERANCE:
        structure = np.zeros_like(structure)
    if np.abs(numbers).max() <= TOLERANCE:
        return Algebra(structure, generators, residual)
    extended = np.zeros((r + 1,) * 3)
    extended[:r, :r, :r], extended[:r, :r, r] = structure, numbers.reshape(r, r)
    return Algebra(extended, np.pad(generators, ((0, 1), (0, 0), (0, 0))), residual, True)


def algebra_name(quantities: Quadratic, units: np.ndarray) -> str:
    """Name of the algebra that r >= 1 quantities span; "" if their brackets leave the span."""
    found = algebra(quantities, units)
    return found.name() if found.residual <= CLOSED else ""


def _name(part: Algebra) -> str:
    """The name of an indecomposable algebra of more than one dimension."""
    radical = part.radical()
    if not len(radical):
        return _simple(part)
    levi = part.dimension - len(radical)
    derived, centre = part.derived(), part.centre()
    if not levi and len(derived) == 1 and np.allclose(np.abs(derived @ centre.T), 1, atol=0.1):
        return f"h({(part.dimension - 1) // 2})"
    moved = derived if not levi else radical
    acting = null_space(moved, TOLERANCE)
    if np.abs(part.within(moved).structure).max() > TOLERANCE:
        if not levi:
            return f"solvable, dimension {part.dimension}"
        return f"{part.within(acting).name()} ⋉ {part.within(radical).name()}"
    actors = [np.einsum("a,abc->cb", row, part.structure) for row in acting]
    action = np.stack([moved @ actor @ moved.T for actor in actors])
    sizes = sorted(len(rows) for rows in submodules(action))
    if levi:
        head = part.within(acting).name()
    elif len(acting) == 1:
        values = np.linalg.eigvals(action[0])
        head = "so(2)" if np.abs(values.real).max() < 0.05 * np.abs(values).max() else "R"
    else:
        head = _line(len(acting))
    spaces = [_line(size) for size in sizes]
    body = spaces[0] if len(spaces) == 1 else f"({' ⊕ '.join(spaces)})"
    euclidean = {"so(2) ⋉ R^2": "se(2)", "so(3) ⋉ R^3": "se(3)"}
    return euclidean.get(f"{head} ⋉ {body}", f"{head} ⋉ {body}")


def _simple(part: Algebra) -> str:
    """Name of a simple algebra, by dimension and signature of the Killing form.

    Some large algebras have the same dimension and signature.
    """
    r = part.dimension
    positive, negative = part.signature()
    n = round((r + 1) ** 0.5)
    if not positive and n * n - 1 == r:
        return "so(3)" if n == 2 else f"su({n})"
    for n in range(1, 20):
        if r == n * (2 * n + 1) and (positive, negative) == (n * (n + 1), n * n):
            return "sl(2,R)" if n == 1 else f"sp({2 * n},R)"
    for n in range(3, 40):
        if r == n * n - 1 and positive - negative == n - 1:
            return f"sl({n},R)"
        if r == n * (n - 1) // 2:
            if not positive:
                return f"so({n})"
            for p in range(n // 2, 0, -1):
                if positive == p * (n - p):
                    return f"so({n - p},{p})"
    return f"simple, dimension {r}"


def _abelian(lines: list[Algebra]) -> list[str]:
    """Name of commuting lines: a power of u(1) if all of their flows are bounded, else of R."""
    if lines and all(_turns(part.generators[0]) for part in lines):
        return ["u(1)" if len(lines) == 1 else f"u(1)^{len(lines)}"]
    return [_line(len(lines))] if lines else []


def _turns(generator: np.ndarray) -> bool:
    """Whether the flow of a generator G is bounded.

    It is bounded if the eigenvalues of G are imaginary, and G^2 has the same null space as G.
    """
    values, size = np.linalg.eigvals(generator), np.linalg.norm(generator, 2)
    if not size or np.abs(values.real).max() > TOLERANCE * size:
        return False
    once, twice = generator / size, generator @ generator / size**2
    return len(null_space(once, TOLERANCE, of=1.0)) == len(null_space(twice, TOLERANCE**2, of=1.0))


def _line(dimension: int) -> str:
    return "R" if dimension == 1 else f"R^{dimension}"


@jax.jit
def _brackets(quantities: Quadratic, units: State) -> tuple[jax.Array, jax.Array]:
    """Coefficients of the brackets of all pairs, [r^2, D] as in `_rows`, and generators."""
    r = len(quantities.b)
    i, j = np.indices((r, r)).reshape(2, -1)
    some, others = (Quadratic(quantities.A[k], quantities.b[k]) for k in (i, j))
    return _scaled(some.bracket(others), units), quantities.generators()


@jax.jit
def _scaled(quantities: Quadratic, units: State) -> jax.Array:
    return quantities.rescale(units).coefficients()


def _rows(quantities: Quadratic, units: np.ndarray) -> np.ndarray:
    """Coefficients in coordinates divided by their units, [K, D]."""
    return np.asarray(_scaled(quantities, units), float)
