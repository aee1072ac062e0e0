"""`python -m scripts.reference.openapi`: the OpenAPI document on standard output, for the types of the page."""

import json
import sys
from typing import cast

from damascus.composition.company import Company
from damascus.office.app import create_app


def main() -> None:
    # the routes are the same for every company, and none is asked
    json.dump(create_app(cast(Company, None), token="").openapi(), sys.stdout)


if __name__ == "__main__":
    main()
