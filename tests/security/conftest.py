"""What every attack has: a name and the class that it belongs to, for the table of `make security`; and a company."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.company import company, shared_company
from tests.fixtures.jailed import Jail
from tests.security.obedient_company import Stage, set_up

__all__ = ["company", "shared_company"]
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def obedient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A company whose model obeys every order that it reads, at work on all of them."""
    with set_up(tmp_path_factory.mktemp("obedient")) as stage:
        yield stage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            mark = item.get_closest_marker("attack")
            if mark is None or len(mark.args) != 2:
                raise pytest.UsageError(f"{item.nodeid} has no @pytest.mark.attack(NAME, CLASS)")
            item.user_properties += [("attack", str(mark.args[0])), ("class", str(mark.args[1]))]


@pytest.fixture(params=["namespaces", "container"])
def jail(request: pytest.FixtureRequest, tmp_path: Path) -> Jail:
    """Where commands run, on a kernel that grants PID namespaces if it does so here, and on one that grants none."""
    place, temporary = tmp_path / "code/task", tmp_path / "tmp"
    place.mkdir(parents=True)
    temporary.mkdir()
    return Jail(place, temporary, request.param == "namespaces")
