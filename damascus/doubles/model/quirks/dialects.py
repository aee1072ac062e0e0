"""Calls as models write them into their text, each dialect as its own chat template has it."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from damascus.doubles.model.scripted_answer import ScriptedCall


def _arguments(call: ScriptedCall) -> dict[str, Any]:
    return call.arguments if isinstance(call.arguments, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _qwen(calls: Sequence[ScriptedCall]) -> str:
    blocks = []
    for call in calls:
        words = "".join(f"<parameter={k}>\n{_text(v)}\n</parameter>\n" for k, v in _arguments(call).items())
        blocks.append(f"<tool_call>\n<function={call.name}>\n{words}</function>\n</tool_call>")
    return "\n".join(blocks)


def _invoke(calls: Sequence[ScriptedCall]) -> str:
    blocks = []
    for call in calls:
        words = "".join(f'<parameter name="{k}">{_text(v)}</parameter>\n' for k, v in _arguments(call).items())
        blocks.append(f'<invoke name="{call.name}">\n{words}</invoke>')
    return "<function_calls>\n" + "\n".join(blocks) + "\n</function_calls>"


def _deepseek(calls: Sequence[ScriptedCall]) -> str:
    blocks = [f"<｜tool▁call▁begin｜>{call.name}<｜tool▁sep｜>{call.json}<｜tool▁call▁end｜>" for call in calls]
    return f"<｜tool▁calls▁begin｜>{''.join(blocks)}<｜tool▁calls▁end｜>"


def _mistral(calls: Sequence[ScriptedCall]) -> str:
    return "".join(f"[TOOL_CALLS]{call.name}[ARGS]{call.json}" for call in calls)


def _pythonic(calls: Sequence[ScriptedCall]) -> str:
    made = [f"{call.name}({', '.join(f'{k}={v!r}' for k, v in _arguments(call).items())})" for call in calls]
    return f"[{', '.join(made)}]"


DIALECTS: dict[str, Callable[[Sequence[ScriptedCall]], str]] = {
    "deepseek": _deepseek,
    "invoke": _invoke,
    "mistral": _mistral,
    "pythonic": _pythonic,
    "qwen": _qwen,
}
