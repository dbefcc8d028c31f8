"""Draw the kept records and write `results/learning_dynamics.md` anew.

    python -m experiments.learning_dynamics

It runs nothing: `noether-razor learning-dynamics all` does.
"""

from pathlib import Path

from experiments.learning_dynamics.study import write_page

if __name__ == "__main__":
    print(write_page(Path("results")))
