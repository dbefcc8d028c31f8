"""Phase space, Poisson brackets, Noether's theorem, and solvers of equations of motion."""
