"""docs/reference/command-line.md: what `ceo --help` says of each command, from the Typer app."""

from typing import Any, get_args

import typer

from damascus.cli.main import GROUPS, NOUNS, OLD_NAMES, build
from scripts.reference.markdown import sentence, table

TYPES = {bool: "", float: "NUMBER", int: "NUMBER", str: "TEXT"}


def commands() -> str:
    """Return a section for each group, and in it one for each command."""
    known = typer.main.get_command(build()).commands  # type: ignore[attr-defined]
    sections = []
    for group, functions in GROUPS.items():
        names = [n for n, command in known.items() if n not in NOUNS and command.callback and not command.hidden]
        mine = [name for name in names if known[name].rich_help_panel == group]
        assert len(mine) == len(functions), (group, mine)
        sections += [f"## {group}", *(_command(name, known[name]) for name in mine)]
        for noun in (noun for noun, (heading, _, _) in NOUNS.items() if heading == group):
            sections += [_command(f"{noun} {name}", command) for name, command in known[noun].commands.items()]
    old = ", ".join(f"`ceo {name}`" for name in OLD_NAMES)
    return "\n\n".join([*sections, f"Old names, kept for one release: {old}."] if old else sections)


def _command(name: str, command: Any) -> str:
    arguments = [p for p in command.params if not p.opts[0].startswith("-")]
    options = [p for p in command.params if p.opts[0].startswith("-")]
    usage = " ".join(["ceo", name, *map(_argument, arguments), *(["[OPTIONS]"] if options else [])])
    rows = [(f"`{_argument(p)}`", sentence(p.help)) for p in arguments if p.help]
    rows += [(f"`{_option(p)}`", sentence(p.help)) for p in options]
    parts = [f"### ceo {name}", f"```\n{usage}\n```", sentence(command.help)]
    return "\n\n".join([*parts, table(("argument or option", "meaning"), rows)] if rows else parts)


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    choices = [str(one) for one in get_args(annotation) if isinstance(one, str)]
    value = parameter.metavar or "|".join(choices or getattr(annotation, "__members__", ())).lower()
    value = value or TYPES.get(annotation, "")
    return " ".join(filter(None, [", ".join(parameter.opts), value]))
