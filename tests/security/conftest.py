"""What every attack has: a name and the class that it belongs to, for the table of `make security`; and a company."""

from pathlib import Path

import pytest

from tests.fixtures.company import company, shared_company

__all__ = ["company", "shared_company"]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            mark = item.get_closest_marker("attack")
            if mark is None or len(mark.args) != 2:
                raise pytest.UsageError(f"{item.nodeid} has no @pytest.mark.attack(NAME, CLASS)")
            item.user_properties += [("attack", str(mark.args[0])), ("class", str(mark.args[1]))]
