"""The dialects in which models write their calls as text where their server does not translate them.

One small parser for each, in the table `DIALECTS`: what its calls begin with, and a function that reads one from there.
A text is read once from its beginning to its end, so that what is inside a call begins nothing. Nothing begins inside a
code fence, `code`, a quoted line or quotation marks: there a model speaks about calls.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from damascus.llm.json_calls import RawCall, calls_in_block
from damascus.llm.port import MAX_TOOL_CALLS

MAX_TRIED_OPENINGS = 200
Schemas = Mapping[str, Mapping[str, Any]]  # of the parameters of each offered tool
Read = tuple[list[RawCall], int] | None  # the calls, and where the text continues
Parser = Callable[[str, re.Match[str], Schemas, bool], Read]

_QUOTES = frozenset("\"'“‘«„")
_PROTECTED = re.compile(
    r"(?P<fence>`{3,}|~{3,}).*?(?P=fence)|`[^`\n]*`|^[ \t]*>(?!>>)[^\n]*|<(?P<tag>code|pre)>.*?</(?P=tag)>",
    re.DOTALL | re.MULTILINE,
)
_WRAPPERS = re.compile(
    r"<\|channel\|>analysis<\|message\|>(?:(?!<\|).)*|</?(?:\w+:)?(?:tool_calls?|function_calls?)>|<[|｜]/?(?:tool[\w▁]*|DSML[|｜]?function_calls|end▁of▁sentence)[|｜]>"
    r"|</?[|｜]DSML[|｜](?:function_calls|tool_calls)>|<\|(?:start|end|call|return|channel|message)\|>(?:assistant|final)?"
    r"|\[/?TOOL_CALLS\]",
    re.DOTALL,
)
_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder(strict=False)


def calls_in_dialects(text: str, offered: Schemas, cut: bool) -> tuple[list[RawCall], str]:
    """Return the calls that are written in one of DIALECTS, and what remains of the text."""
    whole = text.strip()
    if whole.startswith("```") and whole.find("```", 3) == len(whole) - 3:
        text = whole.partition("\n")[2].removesuffix("```")  # one fence around it all is not an example
    calls: list[RawCall] = []
    kept: list[str] = []
    at = done = tried = 0
    while (opening := _OPENING.search(text, at)) and tried < MAX_TRIED_OPENINGS and len(calls) < MAX_TOOL_CALLS:
        at = opening.end()
        kind = next((name for name in DIALECTS if opening[name] is not None), None)
        if kind is None or _is_quoted(text, done, opening.start()):
            continue
        tried += 1
        read = _PARSERS[kind](text, opening, offered, cut)
        if read is not None:
            calls += read[0]
            kept.append(text[done : opening.start()])
            at = done = read[1]
    rest = _WRAPPERS.sub("", "".join([*kept, text[done:]])).strip() if calls else text
    return calls, rest if any(character.isalnum() for character in rest) else ""


def _is_quoted(text: str, begin: int, at: int) -> bool:
    """Return True if quotation marks are open at a place of its paragraph, of which `begin` is the earliest part."""
    if text[max(at - 1, 0)] in _QUOTES:
        return True
    said = text[max(begin, text.rfind("\n\n", 0, at) + 1) : at]
    return said.count('"') % 2 == 1 or any(said.rfind(left) > said.rfind(right) for left, right in ("“”", "«»", "„“"))


def pythonic_calls(text: str, offered: Set[str]) -> list[RawCall]:
    """Return the calls of a text that is nothing but a list of Python's calls, as `[finish(summary="s")]`."""
    code = re.sub(r"<\|(?:python_\w+|tool_call_(?:start|end)|e\w{1,6}|im_end)\|>|<end_of_turn>|</?tool_call>", "", text)
    fenced = re.fullmatch(r"\s*```(tool_code|python)?\n(.*)\n```\s*", code, flags=re.DOTALL)
    code = (fenced[2] if fenced else code).strip()
    if (
        fenced and fenced[1] == "tool_code"
    ) or "<|python_tag|>" in text:  # where a call stands alone, and may be printed
        printed = re.fullmatch(r"print\((.*)\)", code, flags=re.DOTALL)
        code = code if code.startswith("[") else f"[{printed[1] if printed else code}]"
    if not (code.startswith("[") and code.endswith(")]")):
        return []
    try:
        body = ast.parse(code, mode="eval").body
        return [_python_call(one, offered) for one in body.elts] if isinstance(body, ast.List) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _python_call(node: ast.expr, offered: Set[str]) -> RawCall:
    """Return one call. Raises ValueError if it is none of an offered tool with named, literal arguments."""
    if not isinstance(node, ast.Call) or node.args:
        raise ValueError("not a call of a tool")
    words = ast.unparse(node.func).split(".")  # `finish`, `default_api.finish`, `finish.call`
    name = next((word for word in words if word in offered), None)
    if name is None:
        raise ValueError("not a call of a tool")
    arguments = {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
    return {"id": None, "name": name, "arguments": json.loads(json.dumps(arguments))}


def _xml_call(text: str, opening: re.Match[str], offered: Schemas, cut: bool) -> Read:
    """`<function=NAME>` or `<invoke name="NAME">`, then a tag for each parameter; or one JSON object."""
    name, tag = opening["xml_name"] or opening["invoke_name"], "function" if opening["xml_name"] else "invoke"
    if name not in offered:
        return None
    at = _after_space(text, opening.end())
    if text[at : at + 1] == "{":
        return _json_call(text, at, name, rf"</{tag}>")
    arguments: dict[str, Any] = {}
    while parameter := _PARAMETER.match(text, at):
        ends = _PARAMETER_END.finditer(text, parameter.end())
        end = next((one for one in ends if _may_follow(text, one.end())), None)
        if end is None:
            return None if cut else ([_problem(name)], len(text))
        key = parameter["key"] or parameter["attribute"]
        schema = offered[name].get("properties", {}).get(key, {})
        arguments[key] = _typed(_unframed(text[parameter.end() : end.start()]), schema)
        at = _after_space(text, end.end())
    closing = _XML_END.match(text, at)
    if closing is None and cut:
        return None
    return [{"id": None, "name": name, "arguments": arguments}], closing.end() if closing else at


def _arg_key_call(text: str, opening: re.Match[str], offered: Schemas, cut: bool) -> Read:
    """`<tool_call>NAME`, then pairs of `<arg_key>` and `<arg_value>`."""
    name = opening["keyed_name"]
    end = text.find("</tool_call>", opening.end())
    if name not in offered or (end < 0 and cut):
        return None
    end = len(text) if end < 0 else end
    arguments: dict[str, Any] = {}
    for part in text[opening.end() : end].split("<arg_key>")[1:]:
        key, _, value = part.partition("</arg_key>")
        value = value.partition("<arg_value>")[2].rpartition("</arg_value>")[0]
        arguments[key.strip()] = _typed(value, offered[name].get("properties", {}).get(key.strip(), {}))
    return [{"id": None, "name": name, "arguments": arguments}], end + len("</tool_call>")


def _tagged_json(text: str, opening: re.Match[str], offered: Schemas, cut: bool) -> Read:
    """`<tool_call>` with JSON in it."""
    closing = text.find(f"</{opening['json_tag']}>", opening.end())
    end = len(text) if closing < 0 else closing
    calls = calls_in_block(text[opening.end() : end], offered.keys(), cut)
    return (calls, end if closing < 0 else closing + len(opening["json_tag"]) + 3) if calls else None


def _token_call(text: str, opening: re.Match[str], offered: Schemas, cut: bool) -> Read:  # noqa: ARG001
    """Control tokens around a name and its JSON: DeepSeek's, Kimi's, Mistral's, and the headers of harmony."""
    names = [opening[group] for group in opening.re.groupindex if group.endswith("_name")]
    name = next(filter(None, names)).rpartition(".")[2]
    if name not in offered:
        return None
    return _json_call(text, _after_space(text, opening.end()), name, _END_OF_CALL)


def _json_call(text: str, at: int, name: str, end: str) -> Read:
    """Read the arguments at `at`, to where the JSON ends or, if it is broken, to what matches `end`."""
    closing = re.compile(rf"\s*(?:```)?\s*(?:{end})")
    try:
        _, after = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        broken = re.compile(end).search(text, at)
        after = broken.start() if broken else len(text)
    done = closing.match(text, after)
    return [{"id": None, "name": name, "arguments": text[at:after]}], done.end() if done else after


def _problem(name: str) -> RawCall:
    return {"id": None, "name": name, "arguments": "a parameter of it does not end"}


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    """Return text as the schema wants it: as it is for a string, else as the JSON that it may be."""
    if "string" in _types(schema):
        return value
    try:
        return json.loads(value, strict=False)
    except (ValueError, RecursionError):
        return value


def _types(schema: Mapping[str, Any]) -> Iterable[Any]:
    kinds = [schema.get("type", "string" if not schema.keys() & {"anyOf", "$ref", "enum"} else None)]
    kinds += [one.get("type") for one in schema.get("anyOf", ()) if isinstance(one, dict)]
    return [kind for one in kinds for kind in (one if isinstance(one, list) else [one])]


def _unframed(value: str) -> str:
    """Return a parameter without the line ends between it and its tags; a line end at one side only is its own."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == "\n" else value


def _may_follow(text: str, at: int) -> bool:
    at = _after_space(text, at)
    return at == len(text) or bool(_PARAMETER.match(text, at) or _XML_END.match(text, at))


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


_DSML = r"(?:[|｜]DSML[|｜]|\w+:)?"
_PARAMETER = re.compile(rf"<{_DSML}parameter(?:=(?P<key>[\w.-]+)|\s+name=[\"'](?P<attribute>[\w.-]+)[\"'][^>]*)>")
_PARAMETER_END = re.compile(rf"</{_DSML}parameter>")
_XML_END = re.compile(rf"</{_DSML}(?:function|invoke)>")
_END_OF_CALL = r"</tool_call>|<[|｜]tool[▁_]call[▁_]end[|｜]>|<\|call\|>|<\|end\|>|(?=\[TOOL_CALLS\])|\Z"
DIALECTS: dict[str, tuple[str, Parser]] = {
    "xml": (rf"<function=(?P<xml_name>[\w.-]+)>|<{_DSML}invoke\s+name=[\"'](?P<invoke_name>[\w.-]+)[\"']>", _xml_call),
    "keyed": (r"<tool_call>\s*(?P<keyed_name>[\w.-]+)\s*(?=<arg_key>|</tool_call>)", _arg_key_call),
    "tagged": (r"<(?P<json_tag>tool_calls?|function_call|TOOLCALL)>(?=\s*[\[{])", _tagged_json),
    "deepseek": (
        r"<[|｜]tool[▁_]call[▁_]begin[|｜]>(?:function<[|｜]tool[▁_]sep[|｜]>)?(?P<token_name>[\w.-]+)"
        r"(?:<[|｜]tool[▁_]sep[|｜]>)?\s*(?:```(?:json)?\s*)?(?=\{)",
        _token_call,
    ),
    "kimi": (
        r"<\|tool_call_begin\|>\s*(?P<kimi_name>[\w.-]+?)(?::\d+)?\s*<\|tool_call_argument_begin\|>\s*(?=\{)",
        _token_call,
    ),
    "mistral": (
        r"\[TOOL_CALLS\]\s{0,4}(?P<mistral_name>[\w.-]+)\s{0,4}(?:\[CALL_ID\][\w-]*)?\s{0,4}(?:\[ARGS\])?\s{0,4}(?=\{)",
        _token_call,
    ),
    "harmony": (
        r"(?:<\|start\|>assistant)?(?:<\|channel\|>\w+ +to=(?P<harmony_name>[\w.-]+)"
        r"|[ \n]to=(?P<to_name>[\w.-]+)\s*<\|channel\|>\w+)"
        r"[^<{\n]{0,40}(?:<\|constrain\|>)?[^<{\n]{0,40}<\|message\|>\s*(?=\{)",
        _token_call,
    ),
    "bare_harmony": (r"commentary to=(?P<bare_name>[\w.-]+)\s{0,4}(?:json|code)?\s{0,4}(?=\{)", _token_call),
    "react": (r"^Action:[ \t]*(?P<react_name>[\w.-]+)[ \t]*\n+Action Input:\s{0,4}(?=\{)", _token_call),
    "functionary": (r"^>>>(?P<functionary_name>[\w.-]+)\n(?=\{)", _token_call),
    "qwen_agent": (r"✿FUNCTION✿:\s{0,4}(?P<agent_name>[\w.-]+)\s{0,4}✿ARGS✿:\s{0,4}(?=\{)", _token_call),
    "hunyuan": (r"<tool_call>(?P<hunyuan_name>[\w.-]+)\s{0,4}```json\s{0,4}(?=\{)", _token_call),
    "headed": (r"\A\s{0,4}(?P<headed_name>[\w-]+)\n(?=\{)", _token_call),
}
_PARSERS = {name: parser for name, (_, parser) in DIALECTS.items()}
_OPENING = re.compile(
    "|".join([_PROTECTED.pattern, *(f"(?P<{name}>{opening})" for name, (opening, _) in DIALECTS.items())]),
    re.DOTALL | re.MULTILINE,
)
