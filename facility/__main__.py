"""`python -m facility`."""

import sys

from facility.cli import main

if __name__ == "__main__":
    sys.exit(main())
