"""`calculate`: exact decimals, a table over months, an entry that can be cited, and nothing but arithmetic."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from tests.fixtures.workbench import Workbench, open_workbench


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as found:
        found.needs_jail()
        yield found


@pytest.fixture
async def sales(workbench: Workbench) -> Task:
    return await workbench.task(role="sales")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", "0.3"), ("49*12*0.97**2", "553.2492"), ("1/3", "0.333333"), ("-7 // 2", "-3"), ("7 % 4", "3"),
        ("max(1, 2.5) + min(3, 4) - abs(-1)", "4.5"), ("round(2.5)", "3"), ("round(1.005, 2)", "1.01"),
        ("1 if 2 > 1 else 3", "1"), ("1_000 * 1e2", "100000"),
    ],
)  # fmt: skip
async def test_an_expression_is_exact_and_can_be_cited(
    workbench: Workbench, sales: Task, expression: str, value: str
) -> None:
    result = await workbench.call(sales, "calculate", expression=expression)
    assert result.text.startswith(f"{expression} = {value}\n[trail entry e")
    number = int(result.text.rpartition("trail entry e")[2].rstrip("]"))
    async with workbench.outbox.reading() as tx:
        entry = await tx.events.entry(workbench.mission.id, number)
    assert entry is not None
    assert f"{expression} = {value}" in str(entry.payload)


async def test_a_table_goes_on_from_the_row_above_and_is_summed(workbench: Workbench, sales: Task) -> None:
    columns = [
        {"name": "customers", "formula": "prev.customers * 0.9 + 5", "first": "10"},
        {"name": "revenue", "formula": "customers * 19 + 0 * n"},
    ]
    result = await workbench.call(sales, "calculate", rows=3, columns=columns)
    assert result.text.splitlines()[:5] == [
        "n | customers | revenue", "1 | 10 | 190", "2 | 14 | 266", "3 | 17.6 | 334.4", "sum | 41.6 | 790.4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').listdir('/')", "().__class__", "'a' * 9", "9**9**9", "x", "lambda: 1", "[1]", "1/0",
        "open('a')", "round(1, 1e9)", "1 +", "(" * 500 + ")" * 500, "sum([1])", "True", "1e999", "10**301",
    ],
)  # fmt: skip
async def test_anything_else_is_refused(workbench: Workbench, sales: Task, expression: str) -> None:
    result = await workbench.call(sales, "calculate", expression=expression)
    assert result.text.startswith("calculate: ")
    assert "trail entry" not in result.text
