"""``python -m mcastlab``: the command line, which ./scripts/lab prepares and runs."""

import sys

from mcastlab.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
