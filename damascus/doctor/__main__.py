"""`python -m damascus.doctor`: one JSON line per part of the company, for `ceo doctor`."""

import asyncio
import json
import sys
from dataclasses import asdict

from damascus.core import settings
from damascus.core.errors import DamascusError
from damascus.doctor.checks import DoctorResult, examine


def main() -> int:
    """0 when every part is well, 1 when one is not, 2 for a wrong configuration."""
    try:
        config = settings.load()
    except DamascusError as error:
        print(json.dumps(asdict(DoctorResult("settings", False, str(error), "mend that key"))))  # noqa: T201
        return 2
    findings = asyncio.run(examine(config))
    for finding in findings:
        print(json.dumps(asdict(finding)))  # noqa: T201
    return 0 if all(finding.ok for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
