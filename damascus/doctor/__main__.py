"""`python -m damascus.doctor`: one JSON line {name, ok, detail, fix} per part of the company, for `ceo doctor`.

It is a process of its own, so that a part that hangs or crashes takes nothing with it.
"""

import asyncio
import json
import sys
from dataclasses import asdict

from damascus.core import settings
from damascus.core.errors import DamascusError
from damascus.doctor.examine import examine
from damascus.doctor.result import DoctorResult


def main() -> int:
    """Return 0 if every part is healthy, 1 if one is not, 2 for a wrong configuration."""
    try:
        config = settings.load()
    except DamascusError as error:
        _print(DoctorResult("settings", False, str(error), "correct that key"))
        return 2
    results = asyncio.run(examine(config))
    for result in results:
        _print(result)
    return 0 if all(result.ok for result in results) else 1


def _print(result: DoctorResult) -> None:
    print(json.dumps(asdict(result)))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
