"""`python ceo_cli.py`: the same as `ceo`, in the environment that `make setup` made if this Python is not of it."""

import os
import sys

OLDEST_PYTHON = (3, 11)
ENVIRONMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".venv")


def run_elsewhere(reason):  # type: (str) -> None
    """Run in the environment, or say in one line why not; an old Python must be able to read this, too."""
    python = os.path.join(ENVIRONMENT, "bin", "python")
    if os.path.exists(python) and os.path.realpath(sys.prefix) != os.path.realpath(ENVIRONMENT):
        os.execv(python, [python] + sys.argv)  # noqa: S606, RUF005
    sys.stderr.write("ceo: " + reason + "; `make setup` makes an environment that has all that is needed\n")
    sys.exit(2)


if sys.version_info < OLDEST_PYTHON:
    run_elsewhere("this is Python " + sys.version.split()[0] + ", which is too old")
try:
    from damascus.cli.main import main
except ImportError as error:
    run_elsewhere("this Python lacks what the company needs (" + str(error) + ")")

if __name__ == "__main__":
    sys.exit(main())
