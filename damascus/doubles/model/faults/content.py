"""Faults in what the model says: each function turns a good answer into a bad one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall

_PROSE = "I would start by looking at the market. Then I would write a report. Let me know if I should continue."


def bare_json(answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """The tool calls stand as bare JSON in the content."""
    return _in_content(answer, "{}")


def fenced_json(answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """The tool calls stand in the content, in a fenced block of JSON."""
    return _in_content(answer, "Here is what I do next:\n\n```json\n{}\n```\n")


def malformed_arguments(answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """The arguments of each call lack their closing brace and have a comma too many."""
    return replace(answer, calls=tuple(ScriptedCall(call.name, call.json[:-1] + ",") for call in answer.calls))


def broken_arguments(answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """The arguments of each call are not JSON and cannot be repaired."""
    return replace(answer, calls=tuple(ScriptedCall(call.name, "arguments as discussed") for call in answer.calls))


def unknown_tool(answer: ScriptedAnswer, options: Mapping[str, Any]) -> ScriptedAnswer:
    """It calls a tool that nobody offered (option `name`, default `launch_rocket`)."""
    call = ScriptedCall(str(options.get("name", "launch_rocket")), {"destination": "the moon"})
    return replace(answer, calls=(call,), finish_reason="tool_calls")


def empty(_answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """It says nothing and calls nothing."""
    return ScriptedAnswer(finish_reason="stop")


def refusal(_answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """It refuses, in the field that OpenAI has for it."""
    return ScriptedAnswer(refusal="I'm sorry, but I can't help with that.", finish_reason="stop")


def truncated(answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """The answer stops in the middle: half of the text, half of the last call's arguments, finish_reason `length`."""
    calls = answer.calls
    if calls:
        cut = calls[-1].json
        calls = (*calls[:-1], ScriptedCall(calls[-1].name, cut[: len(cut) // 2]))
    return replace(answer, text=answer.text[: len(answer.text) // 2], calls=calls, finish_reason="length")


def loop(_answer: ScriptedAnswer, options: Mapping[str, Any]) -> ScriptedAnswer:
    """It makes the same call each time (options `name` and `arguments`; default: read_trail); play it with `times`."""
    return ScriptedAnswer(
        "Let me check the trail again.", (ScriptedCall(str(options.get("name", "read_trail")), _arguments(options)),)
    )


def wrong_usage(answer: ScriptedAnswer, options: Mapping[str, Any]) -> ScriptedAnswer:
    """The usage is absurdly high (option `tokens`, default 10 to the 12th; option `cost` in USD)."""
    return replace(answer, usage=_usage(int(options.get("tokens", 10**12)), options.get("cost", 0.001)))


def negative_usage(answer: ScriptedAnswer, options: Mapping[str, Any]) -> ScriptedAnswer:
    """The tokens and the cost are negative."""
    return replace(answer, usage=_usage(-int(options.get("tokens", 1000)), options.get("cost", -5)))


def no_usage(answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """Neither usage nor cost is reported."""
    return replace(answer, usage={})


def huge(answer: ScriptedAnswer, options: Mapping[str, Any]) -> ScriptedAnswer:
    """The text is very long (option `bytes`, default 10 MB)."""
    size = int(options.get("bytes", 10_000_000))
    line = "All work and no play makes for a long report. "
    return replace(answer, text=(line * (size // len(line) + 1))[:size])


def no_tools(_answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """A model that cannot call tools: it answers in prose."""
    return ScriptedAnswer(_PROSE, finish_reason="stop")


def reasoning(answer: ScriptedAnswer, _options: Mapping[str, Any]) -> ScriptedAnswer:
    """A reasoning model: `reasoning_content` comes before the answer."""
    return replace(answer, reasoning="The task asks for one step. I look at what is done, and choose the next.")


def decisions(answer: ScriptedAnswer, options: Mapping[str, Any]) -> ScriptedAnswer:
    """Its `finish` leaves something to the CEO to decide (option `questions`, a list)."""
    asked = {"decisions": list(options.get("questions", ["Which of these is built next?"]))}
    calls = [
        ScriptedCall(call.name, {**call.arguments, **asked})
        if call.name == "finish" and isinstance(call.arguments, dict)
        else call
        for call in answer.calls
    ]
    return replace(answer, calls=tuple(calls))


def _in_content(answer: ScriptedAnswer, frame: str) -> ScriptedAnswer:
    calls = [{"name": call.name, "arguments": call.arguments} for call in answer.calls]
    text = json.dumps(calls[0] if len(calls) == 1 else calls, ensure_ascii=False) if calls else answer.text
    return replace(answer, text=frame.replace("{}", text), calls=(), finish_reason="stop")


def _arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    arguments = options.get("arguments", {})
    return dict(arguments) if isinstance(arguments, Mapping) else {}


def _usage(count: int, cost: Any) -> dict[str, Any]:
    return {"prompt_tokens": count, "completion_tokens": count, "total_tokens": 2 * count, "cost": float(cost)}
