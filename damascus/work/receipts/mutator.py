"""Makes small faults in the lines of programs that changed; run as a program of its own in the workshop, from its text.

It imports the standard library only, and reads files that a model wrote: so it runs in the jail, and who calls it takes
what it prints for a stranger's. Python is read by its syntax tree, JavaScript and TypeScript by a few patterns.
"""

import ast
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

Fault = tuple[int, int, str, int]

SWAPPED: dict[type[Any], type[Any]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}  # fmt: skip
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`|"
    r"(?<=[(,=:\[!&|?{};\n])[ \t]*/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*|"
    r"===|!==|=>|==|!=|<=|>=|<<|>>|&&|\|\||\+\+|--|\+=|-=|\*\*|[<>+*-]|\b(?:true|false|return|\d+)\b(?![.\w])",
    re.DOTALL,
)
SCRIPT = {
    "===": "!==", "!==": "===", "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||",
    "||": "&&", "+": "-", "-": "+", "*": "-", "+=": "-=", "-=": "+=", "true": "false", "false": "true",
    "return": "return void",
}  # fmt: skip
NOT_RUN = ("annotation", "returns", "decorator_list")
MAX_SHOWN_CHARS = 80
MAX_FILE_BYTES = 1_000_000


def mutants_of_python(text: str) -> Iterator[Fault]:
    """Yield (start, end, new, line) for each fault, in characters of `text`."""
    data = text.encode()
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    waiting: list[Any] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)) or is_guard(node):
            continue
        for new in faults(node):
            begin, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
            yield len(data[:begin].decode()), len(data[:end].decode()), new, node.lineno
        waiting += children(node)


def children(node: ast.AST) -> list[ast.AST]:
    parts = [value for name, value in ast.iter_fields(node) if name not in NOT_RUN]
    parts = [part for value in parts for part in (value if isinstance(value, list) else [value])]
    return [part for part in parts if isinstance(part, ast.AST)]


def is_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def faults(node: Any) -> Iterator[str]:
    """Yield what a node may become."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        ops = [SWAPPED[type(node.ops[0])](), *node.ops[1:]]
        yield f"({ast.unparse(ast.Compare(node.left, ops, node.comparators))})"
    elif isinstance(node, ast.BoolOp):
        yield f"({ast.unparse(ast.BoolOp(SWAPPED[type(node.op)](), node.values))})"
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED:
        yield f"({ast.unparse(ast.BinOp(node.left, SWAPPED[type(node.op)](), node.right))})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int):
        yield str(not node.value) if isinstance(node.value, bool) else str(node.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield "return None"
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "pass"


def mutants_of_script(text: str) -> Iterator[Fault]:
    """Yield (start, end, new, line) for each fault, in characters of `text`."""
    for token in TOKEN.finditer(text):
        found = token.group()
        new = str(int(found) + 1) if found.isdecimal() else SCRIPT.get(found)
        if new:
            yield token.start(), token.end(), new, text.count("\n", 0, token.start()) + 1


def mutants_of(path: str, lines: list[list[int]]) -> Iterator[dict[str, Any]]:
    try:
        if os.path.getsize(path) > MAX_FILE_BYTES:
            return
        with open(path, encoding="utf-8", newline="") as file:
            whole = file.read()
        text = whole.removeprefix("\ufeff")
        mark = len(whole) - len(text)
        made = list(mutants_of_python(text) if path.endswith(".py") else mutants_of_script(text))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return
    source = text.split("\n")
    for start, end, new, line in made:
        if any(first <= line < last for first, last in lines):
            shown = f"{' '.join(source[line - 1].split())[:MAX_SHOWN_CHARS]}"
            what = f"{' '.join(text[start:end].split())[:MAX_SHOWN_CHARS]} -> {new[:MAX_SHOWN_CHARS]}"
            yield {
                "path": path,
                "line": line,
                "start": start + mark,
                "end": end + mark,
                "new": new,
                "what": f"{what} in: {shown}",
            }


def main() -> None:
    told = json.loads(sys.argv[1])
    found = [mutant for path, lines in sorted(told["files"].items()) for mutant in mutants_of(path, lines)]
    found.sort(key=lambda mutant: (mutant["path"], mutant["line"], mutant["start"]))
    step = max(len(found) / told["limit"], 1)
    chosen = [found[int(n * step)] for n in range(min(told["limit"], len(found)))]
    sys.stdout.write(json.dumps(chosen))


if __name__ == "__main__":
    main()
