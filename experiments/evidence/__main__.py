"""`python -m experiments.evidence make grid`: run what is missing of a study; it resumes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m experiments.evidence", description=__doc__)
    parser.add_argument("study", choices=("grid", "zoo", "new", "not_hamiltonian", "pages"))
    parser.add_argument("--out", default="results/evidence", metavar="DIR")
    parser.add_argument("--part", default="0/1", metavar="I/N", help="every N-th system from I on")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="default: 5")
    options = parser.parse_args()
    # One core a process: several processes share the systems.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    out = Path(options.out)
    if options.study == "pages":
        from experiments.evidence import not_hamiltonian
        from experiments.evidence.pages import write, write_calibration

        studies = [study for study in ("grid", "zoo", "new") if (out / study).exists()]
        for path in (*(write(study, out) for study in studies), write_calibration(studies, out)):
            print(path)
        if (out / "not_hamiltonian.jsonl").exists():
            print(not_hamiltonian.write(out))
        return
    if options.study == "not_hamiltonian":
        from experiments.evidence import not_hamiltonian

        not_hamiltonian.make(out, options.seeds)
        return
    from experiments.evidence.runs import make

    part, parts = map(int, options.part.split("/"))
    make(options.study, out, part, parts, options.seeds)


if __name__ == "__main__":
    main()
