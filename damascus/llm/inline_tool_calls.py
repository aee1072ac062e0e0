"""Tool calls that a model wrote into its text, because it (or its server) does not know the field for them.

Known forms: the dialects of call_dialects.py, fenced blocks of JSON, JSON at the beginning of a line, and a text that
is nothing but a list of Python's calls. Only the names of offered tools count, so that what is written about calls, and
JSON in prose, stays prose.
"""

import re
from collections.abc import Set

from damascus.llm.call_dialects import Schemas, calls_in_dialects, pythonic_calls
from damascus.llm.json_calls import RawCall, calls_in_block, repaired_calls, sequence_of_calls
from damascus.llm.port import MAX_TOOL_CALLS

MAX_TEXT_CHARS = 256 * 1024
MAX_TRIED_LINES = 200
_MARKERS = re.compile(
    r"\[TOOL_CALLS\]|<\|python_tag\|>|<\|/?tool_calls?(?:_begin|_end)?\|>|<\|(?:START|END)_ACTION\|>"
    r"|<\|action_(?:start|end)\|>|<\|plugin\|>|<\|(?:eo[mt](?:_id)?|im_end)\|>|</s>|\bfunctools(?=\[)"
)
_RESULTS = re.compile(
    r"<(tool_responses?|tool_results?|tool_outputs?|function_(?:results?|response))>.*?(?:</\1>|\Z)"
    r"|\[TOOL_RESULTS\].*?(?:\[/TOOL_RESULTS\]|\Z)|<[|｜]tool[▁_]output[▁_]begin[|｜]>.*?(?:<[|｜]tool[▁_]output[▁_]end[|｜]>|\Z)"
    r"|^Observation:.*?(?=^(?:Thought|Action):|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FENCED = re.compile(r"```[ \t]*([a-z_]*)[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_LINE = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)


def find_calls(text: str, offered: Schemas, *, cut: bool = False) -> tuple[list[RawCall], str]:
    """Return the calls written into `text`, each {"id", "name", "arguments"}, and what remains of the text.

    `offered`: the schema of each tool's parameters. `cut`: the response ended at its token limit, so an incomplete call
    at its end is not completed.
    """
    if not offered or len(text) > MAX_TEXT_CHARS or not any(name in text for name in offered):
        return [], text
    said = _RESULTS.sub("", text)
    calls, rest = calls_in_dialects(said, offered, cut)
    if not calls:
        calls, rest = _calls_as_json(_MARKERS.sub("", said), offered.keys(), cut)
    if not calls and (calls := pythonic_calls(said, offered.keys())):
        rest = ""
    return (calls[:MAX_TOOL_CALLS], rest) if calls else ([], text)


def _calls_as_json(text: str, offered: Set[str], cut: bool) -> tuple[list[RawCall], str]:
    calls, rest = _calls_in_fences(text, offered, cut)
    if not calls:
        calls, rest = _calls_in_lines(text, offered)
    if not calls and text.lstrip()[:1] in ("{", "["):
        calls, rest = repaired_calls(text, offered, cut), ""
    return calls, rest


def _calls_in_fences(text: str, offered: Set[str], cut: bool) -> tuple[list[RawCall], str]:
    calls: list[RawCall] = []
    kept: list[str] = []
    at = 0
    for block in _FENCED.finditer(text):
        found = calls_in_block(block.group(2), offered, cut)
        if found:
            calls += found
            kept.append(text[at : block.start()])
            at = block.end()
        if len(calls) >= MAX_TOOL_CALLS:
            break
    return calls, _prose(kept, text[at:])


def _calls_in_lines(text: str, offered: Set[str]) -> tuple[list[RawCall], str]:
    calls: list[RawCall] = []
    kept: list[str] = []
    at = 0
    for attempts, line in enumerate(_LINE.finditer(text)):
        if attempts >= MAX_TRIED_LINES or len(calls) >= MAX_TOOL_CALLS:
            break
        if line.end() < at:
            continue
        found, end = sequence_of_calls(text, line.end(), offered)
        if found:
            calls += found
            kept.append(text[at : line.start()])
            at = end
    return calls, _prose(kept, text[at:])


def _prose(kept: list[str], end: str) -> str:
    """Return what is left around the calls, or '' if it is only the remains of their brackets and fences."""
    rest = ("".join(kept) + end).strip()
    return rest if any(character.isalnum() for character in rest.replace("```json", "")) else ""
