"""`ceo policy`: the CEO's rules."""

import json as jsonlib
from typing import Annotated, Any

import typer

from damascus.api.schemas import Policies
from damascus.cli.connection import find_office
from damascus.cli.formatting import print_json, stdout
from damascus.cli.options import Json, load_settings
from damascus.core.errors import Invalid, NotFound


def policy(
    key: Annotated[str | None, typer.Argument(help="Such as `autonomy`, or one of its keys: `autonomy.spend`.")] = None,
    value: Annotated[str | None, typer.Argument(help="JSON, or one word.")] = None,
    json: Json = False,
) -> None:
    """Show the policies or one of them, or set one."""
    office = find_office(load_settings())
    rules = office.policies()
    name, _, part = (key or "").partition(".")
    if key is not None:
        _check_known(rules, name, part)
    if key is not None and value is not None:
        parsed = _parse(value)
        rules = office.set_policy(name, {**rules[name], part: parsed} if part else parsed)
    shown = rules if key is None else {name: {part: rules[name][part]} if part else rules[name]}
    if json:
        print_json(shown)
    else:
        for rule, setting in shown.items():
            stdout.print(f"{rule}  {jsonlib.dumps(setting)}", markup=False)


def _check_known(rules: Policies, name: str, part: str) -> None:
    if name not in rules:
        raise NotFound(f"there is no policy {name!r}; known: {', '.join(rules)}")
    if part and part not in rules[name]:
        raise NotFound(f"the policy {name!r} has no {part!r}; known: {', '.join(rules[name])}")


def _parse(value: str) -> Any:
    """Return JSON as its value; a bare word such as `allow` is that word. Raises Invalid if it is neither."""
    if value.replace("_", "").isalpha() and value not in ("true", "false", "null"):
        return value
    try:
        return jsonlib.loads(value)
    except ValueError as error:
        raise Invalid(f"the value is not JSON: {error}") from None
