"""The stage for the misbehaviours that were asked for, and the table of what became of them."""

from collections.abc import Iterator

import pytest

from tests.hostile.hostile_company import NAMES, Row, Stage, set_up

ROWS = pytest.StashKey[Stage]()


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One company for all; a run of some tests plays only what these ask for."""
    asked = {item.callspec.params["name"] for item in request.session.items if _is_row(item)}
    with set_up(tmp_path_factory.mktemp("hostile"), [name for name in NAMES if name in asked]) as stage:
        request.config.stash[ROWS] = stage
        yield stage


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table, for whoever asks for more than dots (`make hostile`)."""
    stage = config.stash.get(ROWS, None)
    if stage is None or config.get_verbosity() < 0:
        return
    terminalreporter.write_line(
        f"\n{'misbehaviour':<30} {'outcome':<10} {'turns':>5} {'USD':>8} {'s':>6}  what it does"
    )
    for row in stage.rows.values():
        terminalreporter.write_line(_line(row))
        if row.reason:
            terminalreporter.write_line(f"{'':<30} {row.reason[:200]}")
    ends = [row.outcome for row in stage.rows.values()]
    told = ", ".join(f"{ends.count(end)} {end}" for end in sorted(set(ends)))
    terminalreporter.write_line(f"{len(ends)} misbehaviours: {told}")


def _line(row: Row) -> str:
    cost, seconds = row.mission["spent_microusd"] / 1e6, row.mission["seconds"]
    return f"{row.name:<30} {row.outcome:<10} {sum(row.turns):>5} {cost:>8.4f} {seconds:>6.1f}  {row.sentence}"


def _is_row(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and hasattr(item, "callspec") and "stage" in item.fixturenames
