"""All experiments of Noether's learning dynamics; writes `results/learning_dynamics.md`.

    python -m experiments.learning_dynamics            # five seeds; minutes on two cores
    python -m experiments.learning_dynamics --quick    # a miniature, into runs/quick

One of them alone: `noether-razor learning-dynamics E4`.
"""

import sys

from noether_razor.cli import main

if __name__ == "__main__":
    sys.exit(main(["learning-dynamics", "all", *sys.argv[1:]]))
