"""Faults in what the model says: each function turns a good answer into a bad one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from damascus.llm.rehearsal.answers import Answer, Call

_PROSE = "I would start by looking at the market. Then I would write a report. Let me know if I should go on."


def bare_json(answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """The tool calls stand as bare JSON in the content."""
    return _in_content(answer, "{}")


def fenced_json(answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """The tool calls stand in the content, in a fenced block of JSON."""
    return _in_content(answer, "Here is what I do next:\n\n```json\n{}\n```\n")


def malformed_arguments(answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """The arguments of each call lack their closing brace and have a comma too many."""
    return replace(answer, calls=tuple(Call(call.name, call.json[:-1] + ",") for call in answer.calls))


def broken_arguments(answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """The arguments of each call are no JSON at all and cannot be repaired."""
    return replace(answer, calls=tuple(Call(call.name, "arguments as discussed") for call in answer.calls))


def unknown_tool(answer: Answer, options: Mapping[str, Any]) -> Answer:
    """It calls a tool that nobody offered (option `name`, default `launch_rocket`)."""
    call = Call(str(options.get("name", "launch_rocket")), {"destination": "the moon"})
    return replace(answer, calls=(call,), finish_reason="tool_calls")


def empty(_answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """It says nothing and calls nothing."""
    return Answer(finish_reason="stop")


def refusal(_answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """It refuses, in the field that OpenAI has for it."""
    return Answer(refusal="I'm sorry, but I can't help with that.", finish_reason="stop")


def truncated(answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """The answer stops in the middle: half of the text, half of the last call's arguments, finish_reason `length`."""
    calls = answer.calls
    if calls:
        cut = calls[-1].json
        calls = (*calls[:-1], Call(calls[-1].name, cut[: len(cut) // 2]))
    return replace(answer, text=answer.text[: len(answer.text) // 2], calls=calls, finish_reason="length")


def loop(_answer: Answer, options: Mapping[str, Any]) -> Answer:
    """It makes the same call each time (options `name` and `arguments`; default: read_trail); play it with `times`."""
    return Answer("Let me check the trail again.", (Call(str(options.get("name", "read_trail")), _arguments(options)),))


def wrong_usage(answer: Answer, options: Mapping[str, Any]) -> Answer:
    """The usage is absurdly high (option `tokens`, default 10 to the 12th; option `cost` in USD)."""
    return replace(answer, usage=_usage(int(options.get("tokens", 10**12)), options.get("cost", 0.001)))


def negative_usage(answer: Answer, options: Mapping[str, Any]) -> Answer:
    """The tokens and the cost are negative."""
    return replace(answer, usage=_usage(-int(options.get("tokens", 1000)), options.get("cost", -5)))


def no_usage(answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """Neither usage nor cost is told."""
    return replace(answer, usage={})


def huge(answer: Answer, options: Mapping[str, Any]) -> Answer:
    """The text is very long (option `bytes`, default 10 MB)."""
    size = int(options.get("bytes", 10_000_000))
    line = "All work and no play makes for a long report. "
    return replace(answer, text=(line * (size // len(line) + 1))[:size])


def no_tools(_answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """A model that cannot call tools: it answers in prose."""
    return Answer(_PROSE, finish_reason="stop")


def reasoning(answer: Answer, _options: Mapping[str, Any]) -> Answer:
    """A reasoning model: `reasoning_content` comes before the answer."""
    return replace(answer, reasoning="The task asks for one step. I look at what is done, and choose the next.")


def _in_content(answer: Answer, frame: str) -> Answer:
    spoken = [{"name": call.name, "arguments": call.arguments} for call in answer.calls]
    text = json.dumps(spoken[0] if len(spoken) == 1 else spoken, ensure_ascii=False) if spoken else answer.text
    return replace(answer, text=frame.replace("{}", text), calls=(), finish_reason="stop")


def _arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    arguments = options.get("arguments", {})
    return dict(arguments) if isinstance(arguments, Mapping) else {}


def _usage(count: int, cost: Any) -> dict[str, Any]:
    return {"prompt_tokens": count, "completion_tokens": count, "total_tokens": 2 * count, "cost": float(cost)}
