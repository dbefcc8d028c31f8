"""`python -m noether_razor.cli` is the command `noether-razor`."""

import sys

from noether_razor.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
