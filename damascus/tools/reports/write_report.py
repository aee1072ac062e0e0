"""`write_report`."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from damascus.core.records.turns import Turn
from damascus.tools import draft
from damascus.tools.parts import with_part
from damascus.tools.publishing import WholeReport, as_list, check_owner, compose, publish
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work.delivery import stated_numbers
from damascus.work.delivery.citations import with_marks
from damascus.work.delivery.contradictions import Contradiction
from damascus.work.delivery.report_length import length_of

MAX_DIFFERING = 8


class WriteReportArguments(Arguments):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$", description="without .md")
    title: str | None = None
    body: str | None = Field(default=None, description="Markdown; the first time with `title`")
    sources: Annotated[list[str], BeforeValidator(as_list)] = Field(
        default_factory=list, max_length=100, description="the trail entries it rests on, such as e17"
    )
    edits: list[dict[str, Any]] = Field(
        default_factory=list, description="instead of `body`: passages to replace, each `old`, `new`"
    )
    part: int | None = Field(default=None, ge=1, description="1, 2, ... of a long body")


class WriteReportTool:
    """Writes a report of the mission with its sources; a task may rewrite its own."""

    name = "write_report"
    description = "Write a report, or rewrite your own."
    parameters = WriteReportArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, given: WriteReportArguments) -> ToolResult:
        async with self._services.outbox.reading() as tx:
            turns = _of_this_report(await tx.turns.of_task(context.task.id), context.turn, given.name)
        whole = draft.merged(turns, context.turn, self.name, given, _merge)
        arguments = WholeReport.model_validate(
            {name: whole[name] for name in whole if name in WholeReport.model_fields}
        )
        async with self._services.outbox.reading() as tx:
            await check_owner(tx, context.task, arguments.name)
            report = await compose(self._services, tx, context, arguments)
        path = await publish(self._services, context, arguments.name, report)
        async with self._services.outbox.reading() as tx:
            differing = await stated_numbers.in_report(
                tx, context.mission, arguments.name, arguments.body, self._services.shared
            )
        return ToolResult(f"wrote {path}: {length_of(arguments.body)}{_to_look_at(differing)}")


def _to_look_at(differing: Sequence[Contradiction]) -> str:
    """Return what is said of numbers that what they cite states otherwise; nothing if there are none."""
    lines = [f"\n- {each}" for each in differing[:MAX_DIFFERING]]
    return ". Not what it cites says; correct the number or say why it differs:" + "".join(lines) if lines else ""


def _of_this_report(turns: list[Turn], call: Turn, name: str) -> list[Turn]:
    """Return the calls that wrote a report of this name; all if none did: its name may have been what was refused."""
    own = [t for t in turns if t.n < call.n and isinstance(t.arguments, dict) and t.arguments.get("name") == name]
    return own or turns


def _merge(before: draft.Draft, given: draft.Draft) -> draft.Draft:
    fields = {name: value for name, value in given.items() if name not in ("edits", "part") and value is not None}
    if "body" in fields:
        parts = with_part(before.get("parts") or (), _number(given.get("part")), str(fields["body"]))
        if len(parts) > 1:
            sources = [*_listed(before.get("sources")), *_listed(fields.get("sources"))]
            return {**before, **fields, "sources": sources, "body": "".join(parts), "parts": parts}
        return {"title": before.get("title"), **fields, "parts": parts}
    body = draft.edited(with_marks(str(before.get("body") or ""), {}), given.get("edits") or ())
    return {**before, **fields, "body": body, "parts": [body]}


def _number(given: Any) -> int | None:
    """Return the number of a part, as a call of any form gave it."""
    return int(given) if isinstance(given, int | str) and str(given).isdecimal() else None


def _listed(given: Any) -> list[Any]:
    listed = as_list(given)
    return listed if isinstance(listed, list) else []
