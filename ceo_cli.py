"""`python ceo_cli.py`: the same as `ceo`."""

import sys

from damascus.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
