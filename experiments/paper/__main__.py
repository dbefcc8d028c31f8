"""Write `results/paper.md`; see `page`."""

from experiments.paper.page import main

if __name__ == "__main__":
    main()
