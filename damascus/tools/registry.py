"""The one door for effects: finds a tool, checks grant and arguments, and turns every failure into words.

A model reads what comes back, so an error says what to do next and never shows a stack trace.
"""

import difflib
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from damascus.core.errors import DamascusError, LeaseLost, OverBudget, Unavailable
from damascus.llm.port import ToolSpec
from damascus.tools.colleagues.ask import AskTool
from damascus.tools.colleagues.delegate import DelegateTool
from damascus.tools.colleagues.send_message import SendMessageTool
from damascus.tools.files.edit_file import EditFileTool
from damascus.tools.files.list_files import ListFilesTool
from damascus.tools.files.read_file import ReadFileTool
from damascus.tools.files.search_files import SearchFilesTool
from damascus.tools.files.write_file import WriteFileTool
from damascus.tools.forge.commit import CommitTool
from damascus.tools.forge.create_repository import CreateRepositoryTool
from damascus.tools.forge.push import PushTool
from damascus.tools.reports.list_reports import ListReportsTool
from damascus.tools.reports.read_report import ReadReportTool
from damascus.tools.reports.write_report import WriteReportTool
from damascus.tools.schema import schema_of
from damascus.tools.services import ToolServices
from damascus.tools.task.blocked import BlockedTool
from damascus.tools.task.finish import FinishTool
from damascus.tools.task.submit_plan import SubmitPlanTool
from damascus.tools.terminal.run_command import RunCommandTool
from damascus.tools.tool import AnyTool, ToolContext, ToolResult
from damascus.tools.trail.leave_trail import LeaveTrailTool
from damascus.tools.trail.read_trail import ReadTrailTool

__all__ = ["ToolRegistry", "ToolServices", "build_registry"]

log = logging.getLogger(__name__)

MAX_RESULT = 20_000
_TOOLS = (
    AskTool, BlockedTool, CommitTool, CreateRepositoryTool, DelegateTool, EditFileTool, FinishTool, LeaveTrailTool,
    ListFilesTool, ListReportsTool, PushTool, ReadFileTool, ReadReportTool, ReadTrailTool, RunCommandTool,
    SearchFilesTool, SendMessageTool, SubmitPlanTool, WriteFileTool, WriteReportTool,
)  # fmt: skip


def build_registry(services: ToolServices) -> "ToolRegistry":
    """Every tool of the company, ready to run."""
    return ToolRegistry([tool(services) for tool in _TOOLS])


class ToolRegistry:
    """Tools by name."""

    def __init__(self, tools: Iterable[AnyTool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._specs: dict[tuple[str, ...], tuple[ToolSpec, ...]] = {}

    def find(self, name: str) -> AnyTool | None:
        """The tool of this name, or None."""
        return self._tools.get(name)

    def get(self, name: str) -> AnyTool:
        """The tool of this name; raises DamascusError that lists the names there are."""
        if name not in self._tools:
            raise DamascusError(f"there is no tool {name!r}; known: {', '.join(_nearest(name, self._tools))}")
        return self._tools[name]

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        """The tools of these names as a model sees them; raises DamascusError for an unknown name."""
        key = tuple(names)
        if key not in self._specs:
            self._specs[key] = tuple(_spec(self.get(name)) for name in key)
        return self._specs[key]

    async def run(self, context: ToolContext, granted: Collection[str], name: str, arguments: Any) -> ToolResult:
        """Run a call and return what the model reads, at most MAX_RESULT characters.

        Raises LeaseLost and OverBudget, which end a run; every other failure is a text.
        """
        tool = self._tools.get(name)
        if tool is None or name not in granted:
            return ToolResult(f"There is no tool `{name}` for you. Yours: {', '.join(_nearest(name, granted))}.")
        fault = _unreadable(arguments)
        if fault:
            return ToolResult(f"{name}: {fault}")
        try:
            given = tool.parameters.model_validate(arguments)
            await context.lease.ensure()  # whoever stood still may find that another has made the call
            result = await tool.run(context, given)
        except ValidationError as error:
            return ToolResult(f"{name}: {_explain(error, tool.parameters)}")
        except (LeaseLost, OverBudget):
            raise
        except DamascusError as error:
            return ToolResult(_cut(f"{name}: {error}"), again=tool.idempotent and isinstance(error, Unavailable))
        except Exception:
            # a model that is told goes on by another way; a crash of the run would only repeat the call
            log.exception("%s of %s failed by an error of ours", name, context.task.id)
            return ToolResult(f"{name} failed by an error inside the company. Try another way, or call `blocked`.")
        return ToolResult(_cut(result.text), result.ending)


def _spec(tool: AnyTool) -> ToolSpec:
    return ToolSpec(tool.name, tool.description, schema_of(tool.parameters))


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    names = sorted(known)
    near = difflib.get_close_matches(name[:100], names, n=3, cutoff=0.5)
    return near + [other for other in names if other not in near]


def _unreadable(arguments: Any) -> str | None:
    """Why the arguments cannot be kept as text; the ledger and files take no NUL and no half characters."""
    waiting = [arguments]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and ("\0" in value or any("\ud800" <= c <= "\udfff" for c in value)):
            return "the arguments contain a NUL or a broken character; leave it out"
    return None


def _explain(error: ValidationError, parameters: type[BaseModel]) -> str:
    known = list(parameters.model_fields)
    faults = [_fault(fault["type"], ".".join(map(str, fault["loc"])), fault["msg"], known) for fault in error.errors()]
    shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
    return f"{shown}. Its fields: {', '.join(known) or 'none'}."


def _fault(kind: str, where: str, message: str, known: list[str]) -> str:
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(where[:100], known, n=1, cutoff=0.4)
        return f"there is no field `{where[:100]}`" + (f" (did you mean `{near[0]}`?)" if near else "")
    message = message.removeprefix("Value error, ")
    return f"`{where[:100]}`: {message}" if where else message


def _cut(text: str) -> str:
    if len(text) <= MAX_RESULT:
        return text
    half = MAX_RESULT // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"
