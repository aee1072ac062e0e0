"""The one way to an effect: finds a tool, checks grant and arguments, and turns every failure into a text.

A model reads what comes back, so an error says what to do next and never shows a stack trace.
"""

import difflib
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from damascus.core.errors import Conflict, DamascusError, LeaseLost, OverBudget, Unavailable
from damascus.llm.port import ToolSpec
from damascus.tools import draft
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
from damascus.tools.forge.diff import DiffTool
from damascus.tools.forge.history import HistoryTool
from damascus.tools.forge.push import PushTool
from damascus.tools.forge.restore import RestoreTool
from damascus.tools.memory.recall import RecallTool
from damascus.tools.memory.remember import RememberTool
from damascus.tools.reports.list_reports import ListReportsTool
from damascus.tools.reports.read_report import ReadReportTool
from damascus.tools.reports.write_report import WriteReportTool
from damascus.tools.schema import schema_of
from damascus.tools.services import ToolServices
from damascus.tools.task.ask_direction import AskDirectionTool
from damascus.tools.task.blocked import BlockedTool
from damascus.tools.task.finish import FinishTool
from damascus.tools.task.read_playbook import ReadPlaybookTool
from damascus.tools.task.refer_gate import ReferGateTool
from damascus.tools.task.submit_plan import SubmitPlanTool
from damascus.tools.task.submit_review import SubmitReviewTool
from damascus.tools.terminal.background_command import BackgroundCommandTool
from damascus.tools.terminal.calculate import CalculateTool
from damascus.tools.terminal.run_command import RunCommandTool
from damascus.tools.terminal.screenshot import ScreenshotTool
from damascus.tools.tool import AnyTool, ToolContext, ToolResult
from damascus.tools.trail.leave_trail import LeaveTrailTool
from damascus.tools.trail.read_trail import ReadTrailTool
from damascus.tools.web.fetch_page import FetchPageTool
from damascus.tools.web.web_search import WebSearchTool

__all__ = ["ToolRegistry", "ToolServices", "build_registry"]

log = logging.getLogger(__name__)

MAX_RESULT_CHARS = 20_000
MAX_FAULTS = 5
MAX_NAME_CHARS = 100
TOOLS = (
    AskDirectionTool, AskTool, BackgroundCommandTool, BlockedTool, CalculateTool, CommitTool, CreateRepositoryTool,
    DelegateTool, DiffTool, EditFileTool, FetchPageTool, FinishTool, HistoryTool, LeaveTrailTool, ListFilesTool,
    ListReportsTool, PushTool, ReadFileTool, ReadPlaybookTool, ReadReportTool, ReadTrailTool, RecallTool, ReferGateTool,
    RememberTool, RestoreTool, RunCommandTool, ScreenshotTool, SearchFilesTool, SendMessageTool,
    SubmitPlanTool, SubmitReviewTool, WebSearchTool, WriteFileTool, WriteReportTool,
)  # fmt: skip


def build_registry(services: ToolServices) -> "ToolRegistry":
    """Return the registry of every tool that the company brings, ready to run."""
    return ToolRegistry([tool(services) for tool in TOOLS])


class ToolRegistry:
    """Tools by name: the company's own, and those that are known only at run time (`register`)."""

    def __init__(self, tools: Iterable[AnyTool]) -> None:
        self._tools: dict[str, AnyTool] = {}
        self._specs: dict[tuple[str, ...], tuple[ToolSpec, ...]] = {}
        for tool in tools:
            self.register(tool)

    def register(self, tool: AnyTool) -> None:
        """Add a tool; agents that are granted its name can use it from their next call on.

        Raises Conflict if another tool has the name.
        """
        if tool.name in self._tools:
            raise Conflict(f"there is already a tool {tool.name!r}; give the new one another name")
        self._tools[tool.name] = tool

    def find(self, name: str) -> AnyTool | None:
        """Return the tool of this name, None if there is none."""
        return self._tools.get(name)

    def get(self, name: str) -> AnyTool:
        """Return the tool of this name. Raises DamascusError, which lists the names there are, if there is none."""
        if name not in self._tools:
            raise DamascusError(f"there is no tool {name!r}; available: {', '.join(_nearest(name, self._tools))}")
        return self._tools[name]

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        """Return the tools of these names as a model sees them. Raises DamascusError if a name is unknown."""
        key = tuple(names)
        if key not in self._specs:
            self._specs[key] = tuple(_spec(self.get(name)) for name in key)
        return self._specs[key]

    async def run(self, context: ToolContext, granted: Collection[str], name: str, arguments: Any) -> ToolResult:
        """Run a call and return what the model reads, at most MAX_RESULT_CHARS characters.

        A failure is a text, too, but for what ends a run.
        Raises:
            LeaseLost: if another worker has the task.
            OverBudget: if the call's money is spent.
        """
        tool = self._tools.get(name)
        if tool is None or name not in granted:
            return ToolResult(f"There is no tool `{name}` for you. Yours: {', '.join(_nearest(name, granted))}.")
        fault = _unreadable(arguments)
        if fault:
            return ToolResult(f"{name}: {fault}")
        try:
            given = tool.parameters.model_validate(arguments)
            await context.lease.ensure()  # after a suspension another worker may already have made the call
            result = await tool.run(context, given)
        except ValidationError as error:
            return ToolResult(draft.kept_note(name, f"{name}: {_explain(error, tool.parameters)}"))
        except (LeaseLost, OverBudget):
            raise
        except DamascusError as error:
            return ToolResult(
                _cut(draft.kept_note(name, f"{name}: {error}")),
                retryable=tool.idempotent and isinstance(error, Unavailable),
            )
        except Exception:
            # a model that is told takes another way; a crash of the run would only repeat the call
            log.exception("task %s: the tool %s failed with an internal error", context.task.id, name)
            return ToolResult(f"{name} failed because of an internal error. Try another way, or call `blocked`.")
        return replace(result, text=_cut(result.text))


def _spec(tool: AnyTool) -> ToolSpec:
    return ToolSpec(tool.name, tool.description, schema_of(tool.parameters))


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    names = sorted(known)
    near = difflib.get_close_matches(name[:MAX_NAME_CHARS], names, n=3, cutoff=0.5)
    return near + [other for other in names if other not in near]


def _unreadable(arguments: Any) -> str | None:
    """Return why the arguments cannot be stored, None if they can: the ledger takes no NUL and no half characters."""
    left = [arguments]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str) and ("\0" in value or any("\ud800" <= c <= "\udfff" for c in value)):
            return "the arguments contain a NUL or a broken character; leave it out"
    return None


def _explain(error: ValidationError, parameters: type[BaseModel]) -> str:
    known = list(parameters.model_fields)
    faults = [_fault(fault["type"], ".".join(map(str, fault["loc"])), fault["msg"], known) for fault in error.errors()]
    more = len(faults) - MAX_FAULTS
    shown = "; ".join(faults[:MAX_FAULTS]) + (f"; and {more} more" if more > 0 else "")
    return f"{shown}. Its fields: {', '.join(known) or 'none'}."


def _fault(kind: str, where: str, message: str, known: list[str]) -> str:
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(where[:MAX_NAME_CHARS], known, n=1, cutoff=0.4)
        return f"there is no field `{where[:MAX_NAME_CHARS]}`" + (f" (did you mean `{near[0]}`?)" if near else "")
    message = message.removeprefix("Value error, ")
    return f"`{where[:MAX_NAME_CHARS]}`: {message}" if where else message


def _cut(text: str) -> str:
    if len(text) <= MAX_RESULT_CHARS:
        return text
    half = MAX_RESULT_CHARS // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"
