"""The registry: grants, arguments, and errors as words."""

import asyncio
import logging
from typing import Any

import pytest
from pydantic import BaseModel, create_model

from damascus.core.errors import Conflict, DamascusError, LeaseLost, OverBudget
from damascus.tools.registry import MAX_RESULT_CHARS, ToolRegistry
from damascus.tools.tool import Arguments, Danger, ToolResult
from tests.fixtures.workbench import ALL, Workbench


class Echo:
    """Does what the test says."""

    name = "echo"
    description = "Says it again."
    danger = Danger.READ
    idempotent = True

    class parameters(Arguments):  # noqa: N801
        text: str = ""

    def __init__(self, error: BaseException | None = None) -> None:
        self._error = error

    async def run(self, context: object, arguments: BaseModel) -> ToolResult:
        if self._error:
            raise self._error
        return ToolResult(arguments.text)  # type: ignore[attr-defined]


async def test_an_unknown_or_ungranted_tool_is_answered_with_those_granted_the_nearest_first(
    workbench: Workbench,
) -> None:
    context = await workbench.context(await workbench.task())
    unknown = await workbench.registry.run(context, {"write_file", "finish", "read_file"}, "writefile", {})
    ungranted = await workbench.registry.run(context, {"finish"}, "push", {})
    assert unknown.text.endswith("Yours: write_file, read_file, finish.")
    assert ungranted.text == "There is no tool `push` for you. Yours: finish."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"path": "a"}, "`content`: Field required"),
        ({"path": "a", "contents": "x"}, "there is no field `contents` (did you mean `content`?)"),
        ({"path": ["a"], "content": "x"}, "`path`: Input should be a valid string"),
        ([], "Input should be a valid dictionary"),
        ({"path": "\ud800", "content": "x"}, "broken character"),
    ],
)
async def test_wrong_arguments_are_answered_with_the_field_and_what_is_expected(
    workbench: Workbench, arguments: object, said: str
) -> None:
    result = await workbench.registry.run(await workbench.context(await workbench.task()), ALL, "write_file", arguments)
    assert said in result.text


async def test_a_long_result_keeps_its_head_and_tail(workbench: Workbench) -> None:
    context = await workbench.context(await workbench.task())
    result = await ToolRegistry([Echo()]).run(context, {"echo"}, "echo", {"text": "a" * 30_000 + "z" * 30_000})
    assert result.text.startswith("aaa")
    assert result.text.endswith("zzz")
    assert "[40000 characters left out]" in result.text
    assert len(result.text) < MAX_RESULT_CHARS + 100


async def test_an_error_of_ours_is_logged_whole_and_told_in_short(
    workbench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    context = await workbench.context(await workbench.task())
    with caplog.at_level(logging.ERROR):
        result = await ToolRegistry([Echo(KeyError("s3cret"))]).run(context, {"echo"}, "echo", {})
    assert "s3cret" not in result.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("error", [LeaseLost(), OverBudget(), asyncio.CancelledError()])
async def test_what_ends_a_run_passes_through(workbench: Workbench, error: BaseException) -> None:
    context = await workbench.context(await workbench.task())
    with pytest.raises(type(error)):
        await ToolRegistry([Echo(error)]).run(context, {"echo"}, "echo", {})


async def test_a_known_error_is_told_in_its_own_words(workbench: Workbench) -> None:
    context = await workbench.context(await workbench.task())
    result = await ToolRegistry([Echo(DamascusError("no such thing"))]).run(context, {"echo"}, "echo", {})
    assert result.text == "echo: no such thing"


def test_what_a_model_sees_is_short_flat_and_without_noise(workbench: Workbench) -> None:
    specs = {spec.name: spec for spec in workbench.registry.specs(sorted(ALL))}
    text = str([spec.parameters for spec in specs.values()])
    assert set(specs) == ALL
    assert "$ref" not in text
    assert "anyOf" not in text
    assert specs["write_report"].parameters["properties"]["title"]["type"] == "string"
    assert specs["write_report"].parameters["required"] == ["name"]
    deliverable = specs["submit_plan"].parameters["properties"]["tasks"]["items"]["properties"]["deliverable"]
    assert deliverable["properties"]["kind"]["enum"] == ["report", "code", "note"]
    assert workbench.registry.specs(sorted(ALL)) is workbench.registry.specs(sorted(ALL))
    with pytest.raises(DamascusError, match="write_file"):
        workbench.registry.specs(["wite_file"])


async def test_a_tool_that_is_known_only_at_run_time_is_shown_checked_and_run_like_any_other(
    workbench: Workbench,
) -> None:
    registry, context = ToolRegistry([Echo()]), await workbench.context(await workbench.task())
    with pytest.raises(DamascusError, match="echo"):
        registry.specs(["weather"])
    weather: Any = Echo()
    weather.name, weather.parameters = "weather", create_model("Weather", __base__=Arguments, text=(str, ...))
    registry.register(weather)
    assert [spec.parameters["required"] for spec in registry.specs(["weather"])] == [["text"]]
    assert (await registry.run(context, {"weather"}, "weather", {"text": "rain"})).text == "rain"
    assert "`text`: Field required" in (await registry.run(context, {"weather"}, "weather", {})).text
    assert "no tool `weather`" in (await registry.run(context, {"echo"}, "weather", {"text": "rain"})).text


def test_no_tool_takes_the_name_of_another(workbench: Workbench) -> None:
    with pytest.raises(Conflict, match="already a tool 'echo'"):
        ToolRegistry([Echo(), Echo()])
    with pytest.raises(Conflict, match="already a tool 'finish'"):
        workbench.registry.register(workbench.registry.get("finish"))


def test_the_danger_of_each_tool_is_the_worst_it_does(workbench: Workbench) -> None:
    by_danger: dict[str, set[str]] = {}
    for name in ALL:
        by_danger.setdefault(workbench.registry.get(name).danger, set()).add(name)
    reads = {"list_files", "list_reports", "read_file", "read_report", "read_trail", "search_files", "web_search"}
    assert by_danger["execute"] == {"background_command", "run_command", "screenshot"}
    assert by_danger["publish"] == {"push"}
    assert by_danger["read"] == reads | {"diff", "fetch_page", "history", "recall"}
    assert {name for name in ALL if not workbench.registry.get(name).idempotent} == {
        "run_command",
        "edit_file",
        "screenshot",
    }
