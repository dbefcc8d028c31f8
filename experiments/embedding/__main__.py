"""Write `results/embedding.md` anew from the kept records, and say what is not as wanted.

    python -m experiments.embedding

It runs nothing: `noether-razor embedding all` does.
"""

from __future__ import annotations

from pathlib import Path

from experiments.embedding import study
from noether_razor.base.files import write_atomically


def main(results: Path = Path("results")) -> None:
    """Write the page."""
    kept = results / "embedding"
    write_atomically(results / "embedding.md", study.page(kept).encode())
    done = [n for n, (name, _) in study.ROWS.items() if (kept / f"{name}.json").exists()]
    print(f"{results / 'embedding.md'}: rows {', '.join(map(str, done))}")
    for line in study.not_as_wanted(kept, done):
        print(f"not as wanted: {line}")


if __name__ == "__main__":
    main()
