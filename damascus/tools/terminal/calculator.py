"""Works out an expression, or a table row by row, in exact decimals; run as a program of its own in the workshop.

It imports the standard library only. What it is told is a model's: only arithmetic on names that it knows is worked
out, by the syntax tree, and who calls it takes what it prints for a stranger's.
"""

import ast
import json
import sys
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException, setcontext
from typing import Any

MAX_EXPONENT = 1_000
MAX_DIGITS = 60
MAX_SIZE = 300  # no number has more digits before its point
SHOWN = Decimal("0.000001")
OPERATIONS: dict[type[Any], Any] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b, ast.Mod: lambda a, b: a % b,
}  # fmt: skip
COMPARISONS: dict[type[Any], Any] = {
    ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b,
}  # fmt: skip
HELP = "numbers, names of columns before it, n, prev.NAME, + - * / // % **, min, max, round, abs, and A if B < C else D"


class Wrong(Exception):
    """What is wrong with a formula, for who wrote it."""


class Formula:
    """One formula, and what its names stand for."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._body = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Wrong(f"{text!r} is not a formula; it is made of {HELP}") from None

    def value(self, names: dict[str, Decimal]) -> Decimal:
        try:
            return self._of(self._body, names)
        except (DecimalException, RecursionError) as error:
            raise Wrong(f"{self.text!r} cannot be worked out: {type(error).__name__}") from None

    def _of(self, node: Any, names: dict[str, Decimal]) -> Decimal:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            # as it is written: a float is not exact any more
            return +Decimal((ast.get_source_segment(self.text.strip(), node) or "").replace("_", ""))
        if isinstance(node, ast.Name) and node.id in names:
            return names[node.id]
        if isinstance(node, ast.Attribute) and ast.unparse(node) in names:
            return names[ast.unparse(node)]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            inner = self._of(node.operand, names)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp):
            return self._operation(node, names)
        if isinstance(node, ast.IfExp) and isinstance(node.test, ast.Compare) and type(node.test.ops[0]) in COMPARISONS:
            left, right = self._of(node.test.left, names), self._of(node.test.comparators[0], names)
            return self._of(node.body if COMPARISONS[type(node.test.ops[0])](left, right) else node.orelse, names)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args and not node.keywords:
            return self._call(node.func.id, [self._of(argument, names) for argument in node.args])
        raise Wrong(f"{ast.unparse(node)!r} in {self.text!r} is not known here; a formula is made of {HELP}")

    def _operation(self, node: Any, names: dict[str, Decimal]) -> Decimal:
        left, right = self._of(node.left, names), self._of(node.right, names)
        if type(node.op) in OPERATIONS:
            return Decimal(OPERATIONS[type(node.op)](left, right))
        if isinstance(node.op, ast.Pow) and abs(right) <= MAX_EXPONENT:
            return left**right
        raise Wrong(f"{self.text!r} has an operation that is not known here, or an exponent above {MAX_EXPONENT}")

    def _call(self, name: str, values: list[Decimal]) -> Decimal:
        if name in ("min", "max"):
            return min(values) if name == "min" else max(values)
        if name == "abs" and len(values) == 1:
            return abs(values[0])
        places = values[1] if len(values) == 2 else Decimal(0)
        if name == "round" and len(values) <= 2 and abs(places) <= MAX_DIGITS:
            return values[0].quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)
        raise Wrong(f"{name} in {self.text!r} is not known here, or takes other arguments; there are {HELP}")


def shown(value: Decimal) -> str:
    """Return a number without an exponent, to six places if it has more."""
    if value != value.to_integral_value() and value.as_tuple().exponent < SHOWN.as_tuple().exponent:  # type: ignore[operator]
        value = value.quantize(SHOWN, ROUND_HALF_UP)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(rows: int, columns: list[dict[str, str]]) -> str:
    """Return the rows of a table, with the sum of each column below them."""
    formulas = [(column["name"], Formula(column["formula"]), column.get("first")) for column in columns]
    before: dict[str, Decimal] = {}
    sums = dict.fromkeys((name for name, _, _ in formulas), Decimal(0))
    lines = [" | ".join(["n", *sums])]
    for n in range(1, rows + 1):
        names = {"n": Decimal(n)} | {f"prev.{name}": value for name, value in before.items()}
        made: dict[str, Decimal] = {}
        for name, formula, first in formulas:
            made[name] = (Formula(first) if n == 1 and first else formula).value(names | made)
            sums[name] += made[name]
        lines.append(" | ".join([str(n), *map(shown, made.values())]))
        before = made
    return "\n".join([*lines, " | ".join(["sum", *map(shown, sums.values())])])


def main() -> int:
    setcontext(Context(prec=MAX_DIGITS, Emax=MAX_SIZE, Emin=-MAX_SIZE))
    told = json.loads(sys.argv[1])
    try:
        if told["columns"]:
            sys.stdout.write(table(told["rows"], told["columns"]))
        else:
            sys.stdout.write(f"{told['expression']} = {shown(Formula(told['expression']).value({}))}")
    except (Wrong, DecimalException) as error:
        sys.stdout.write(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
