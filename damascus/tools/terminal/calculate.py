"""`calculate`: nobody sums 24 months in the head. Worked out in the workshop, and left on the trail to be cited."""

import json
import shlex
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damascus.core.errors import Invalid
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import event_log
from damascus.work.delivery import repositories
from damascus.work.tasks import tasks

MAX_ROWS = 240
MAX_COLUMNS = 20
MAX_CALCULATION_SECONDS = 20
PROGRAM = Path(__file__).with_name("calculator.py")


class TableColumn(BaseModel):
    """A column, worked out for each row in turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,29}$")
    formula: str = Field(
        min_length=1, max_length=300, description="of columns before it, n, prev.NAME of the row above"
    )
    first: str | None = Field(default=None, min_length=1, max_length=300, description="instead, in the first row")


class CalculateArguments(Arguments):
    expression: str = Field(default="", max_length=1000, description="such as 49*12*0.97**2")
    rows: int = Field(default=0, ge=0, le=MAX_ROWS, description="of the table")
    columns: list[TableColumn] = Field(default_factory=list, max_length=MAX_COLUMNS)

    @model_validator(mode="after")
    def _one_way(self) -> "CalculateArguments":
        if bool(self.expression) == bool(self.columns) or bool(self.columns) != bool(self.rows):
            raise ValueError("give an `expression`, or `rows` and `columns`")
        return self


class CalculateTool:
    """Works out an expression or a table, in exact decimals."""

    name = "calculate"
    description = "Work out an expression, or a table row by row with sums, in exact decimals; leaves an entry to cite."
    parameters = CalculateArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: CalculateArguments) -> ToolResult:
        task = context.task
        folder = repositories.scratch(self._services.workspaces, context.mission, task.role)
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
        folder.mkdir(parents=True, exist_ok=True)
        told = arguments.model_dump_json(exclude_none=True)
        command = f"python3 -I -c {shlex.quote(PROGRAM.read_text(encoding='utf-8'))} {shlex.quote(told)}"
        ended = await self._services.workshop.run(command, folder, seconds=MAX_CALCULATION_SECONDS)
        if ended.exit_code != 0:
            raise Invalid(ended.output.strip()[-600:] or f"it did not end within {MAX_CALCULATION_SECONDS} s")
        columns = [column.model_dump(exclude_none=True) for column in arguments.columns]
        asked = arguments.expression or f"{arguments.rows} rows of {json.dumps(columns)}"
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            number = await event_log.append_command(tx, task, f"calculate {asked}", ended.output)
        return ToolResult(f"{ended.output}\n[trail entry e{number}]")
