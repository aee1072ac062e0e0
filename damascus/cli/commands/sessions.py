"""`ceo open`, `ceo session ...`: logs browsers in, shows which are, logs them out."""

import html
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, print_table, stderr, stdout
from damascus.cli.login_links import NO_PAGE, address
from damascus.cli.name_lookup import resolve_session
from damascus.cli.options import Json, load_settings
from damascus.core.files import write_whole

FORWARD_FILE = "open.html"


def open(
    pair: Annotated[bool, typer.Option("--pair", help="Show a code of 8 characters for another device.")] = False,
    browser: Annotated[bool, typer.Option(help="Open the link in a browser here, if this is a terminal.")] = True,
    json: Json = False,
) -> None:
    """Log a browser in: by a link that works once, within 10 minutes, or by a code for another device."""
    settings = load_settings()
    office = find_office(settings)
    if not office.health().page:
        stderr.print(NO_PAGE)
    made = office.make_login_code("pairing" if pair else "link")
    link = address(settings, office, made)
    if json:
        print_json({**made.model_dump(mode="json"), "url": link})
        return
    until = f"{made.expires_at.astimezone():%H:%M}"
    if pair:
        code = f"{made.code[:4]} {made.code[4:]}"
        stdout.print(f"on the other device open {link} and type {code}; it works once, until {until}", markup=False)
        return
    stdout.print(f"{link}\nworks once, until {until}", markup=False)
    if browser and sys.stdout.isatty():
        _open(settings.home, link)


def _open(home: Path, link: str) -> None:
    """Have a browser open a link by way of a file: everybody on this machine can read a process's arguments."""
    page = home / FORWARD_FILE
    write_whole(page, f'<meta http-equiv="refresh" content="0; url={html.escape(link)}">', 0o600)
    webbrowser.open(page.absolute().as_uri())


def list_sessions(json: Json = False) -> None:
    """List the browsers that are logged in, newest first."""
    found = list(find_office(load_settings()).sessions())
    if json:
        print_json(found)
        return
    rows = [
        [one.id, f"{one.seen_at:%Y-%m-%d %H:%M}", one.login, escape_line(one.device, 80)] for one in found
    ]  # fmt: skip
    print_table(["id", "last used", "by", "browser"], rows, "no browser is logged in; `ceo open` logs one in")


def end(
    id: Annotated[str, typer.Argument(help="A session's id, or a part of it, as `ceo session list` shows it.")],
    json: Json = False,
) -> None:
    """Log a browser out."""
    office = find_office(load_settings())
    ended = office.end_session(resolve_session(office, id))
    if json:
        print_json(ended)
    else:
        stdout.print(f"logged out: {escape_line(ended.device, 80)}")


COMMANDS: dict[str, Callable[..., None]] = {"list": list_sessions, "end": end}
