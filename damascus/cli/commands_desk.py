"""`ceo inbox`, `approve`, `deny`, `answer`, `policy`: what waits for the CEO, and the CEO's rules."""

import json as jsonlib
from typing import Annotated, Any

import typer

from damascus.cli import words
from damascus.cli.context import Json, pick, settings_of
from damascus.cli.office import Office, find_office
from damascus.core.errors import Invalid, NotFound


def inbox(json: Json = False) -> None:
    """What waits for you."""
    found = find_office(settings_of()).items("/api/inbox")
    if json:
        words.as_json(found)
        return
    for item in found:
        words.screen.print(f"{item['kind']}  from {item['role']}: {words.waiting(item)}")
    if not found:
        words.screen.print("nothing waits for you")


def approve(
    id: str,
    budget: Annotated[float | None, typer.Option(help="For a budget: the new limit in US dollars.")] = None,
    json: Json = False,
) -> None:
    """Permit what is asked, or raise a budget."""
    office = find_office(settings_of())
    body = {} if budget is None else {"limit_microusd": round(budget * 1_000_000)}
    _say(office.post(f"/api/inbox/{_id(office, id)}/approve", body), json)


def deny(
    id: str,
    why: Annotated[str | None, typer.Option(help="The reason, for the agent to read.")] = None,
    json: Json = False,
) -> None:
    """Refuse what is asked."""
    office = find_office(settings_of())
    _say(office.post(f"/api/inbox/{_id(office, id)}/deny", {"reason": why}), json)


def answer(id: str, text: str, json: Json = False) -> None:
    """Answer a question; its task goes on."""
    office = find_office(settings_of())
    _say(office.post(f"/api/inbox/{_id(office, id)}/answer", {"text": text}), json)


def policy(
    key: Annotated[str | None, typer.Argument()] = None,
    value: Annotated[str | None, typer.Argument(help="JSON.")] = None,
    json: Json = False,
) -> None:
    """Show the rules, one rule, or set one."""
    office = find_office(settings_of())
    if key is not None and value is not None:
        try:
            parsed = jsonlib.loads(value)
        except ValueError as error:
            raise Invalid(f"the value is not JSON: {error}") from None
        rules = office.put(f"/api/policies/{key}", {"value": parsed})
    else:
        rules = office.get("/api/policies")
    if key is not None and key not in rules:
        raise NotFound(f"there is no policy {key!r}; known: {', '.join(rules)}")
    shown = rules if key is None else {key: rules[key]}
    if json:
        words.as_json(shown)
    else:
        for name, rule in shown.items():
            words.screen.print(f"{name}  {jsonlib.dumps(rule)}", markup=False)


def _id(office: Office, name: str) -> str:
    if name.startswith("apr_") and len(name) > 20:
        return name
    return str(pick(office.items("/api/inbox"), name, ("id",), "request")["id"])


def _say(item: dict[str, Any], json: bool) -> None:
    if json:
        words.as_json(item)
    else:
        words.screen.print(f"{item['id']} is {item['status']}")
