"""`ceo inbox`, `approve`, `deny`, `answer`, `budget`, `policy`: what waits for the CEO, and the CEO's rules."""

import json as jsonlib
from typing import Annotated, Any
from urllib.parse import quote

import typer

from damascus.cli import words
from damascus.cli.context import Json, micro, near, newest_mission, pick, settings_of
from damascus.cli.office import Office, find_office
from damascus.core.errors import Invalid, NotFound

LIMITS = ("day", "company")


def inbox(json: Json = False) -> None:
    """What waits for you."""
    found = list(find_office(settings_of()).items("/api/inbox"))
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
    body = {} if budget is None else {"limit_microusd": micro(budget)}
    _say(office.post(f"/api/inbox/{_id(office, id)}/approve", body), json)


def deny(
    id: str,
    why: Annotated[str | None, typer.Option(help="The reason, for the agent to read.")] = None,
    json: Json = False,
) -> None:
    """Refuse what is asked."""
    office = find_office(settings_of())
    item = office.post(f"/api/inbox/{_id(office, id)}/deny", {"reason": why})
    _say(item, json)
    if item["kind"] == "budget" and not json:
        words.screen.print("what waits for that money stays where it is; `ceo budget MISSION USD` lets it go on later")


def budget(
    what: Annotated[str, typer.Argument(help="A mission; or `day` or `company`.", metavar="MISSION")],
    usd: Annotated[float, typer.Argument(help="The new limit in US dollars.")],
    json: Json = False,
) -> None:
    """Set a limit, asked or not; what waits for that money goes on where it was."""
    office, limit = find_office(settings_of()), {"limit_microusd": micro(usd, "USD")}
    if what in LIMITS:
        state = office.post(f"/api/money/{what}", limit)
    else:
        state = office.post(f"/api/missions/{newest_mission(office, what)}/budget", limit)
    name = state.get("slug", what)
    if json:
        words.as_json({"of": name, **{key: state[key] for key in ("limit_microusd", "spent_microusd")}})
    else:
        spent, most = words.dollars(state["spent_microusd"]), words.dollars(state["limit_microusd"])
        words.screen.print(f"{name} may spend {most}; {spent} is spent")


def answer(id: str, text: str, json: Json = False) -> None:
    """Answer a question; its task goes on."""
    office = find_office(settings_of())
    _say(office.post(f"/api/inbox/{_id(office, id)}/answer", {"text": text}), json)


def policy(
    key: Annotated[str | None, typer.Argument(help="Such as `autonomy`, or one of its keys: `autonomy.spend`.")] = None,
    value: Annotated[str | None, typer.Argument(help="JSON, or one word.")] = None,
    json: Json = False,
) -> None:
    """Show the rules, one rule, or set one."""
    office = find_office(settings_of())
    rules: dict[str, Any] = office.get("/api/policies")
    name, _, part = (key or "").partition(".")
    if key is not None:
        _check_known(rules, name, part)
    if key is not None and value is not None:
        parsed = _parse(value)
        rules = office.put(f"/api/policies/{name}", {"value": {**rules[name], part: parsed} if part else parsed})
    shown = rules if key is None else {name: {part: rules[name][part]} if part else rules[name]}
    if json:
        words.as_json(shown)
    else:
        for rule, setting in shown.items():
            words.screen.print(f"{rule}  {jsonlib.dumps(setting)}", markup=False)


def _check_known(rules: dict[str, Any], name: str, part: str) -> None:
    if name not in rules:
        raise NotFound(f"there is no policy {name!r}; known: {', '.join(rules)}")
    if part and part not in rules[name]:
        raise NotFound(f"the policy {name!r} has no {part!r}; known: {', '.join(rules[name])}")


def _parse(value: str) -> Any:
    """JSON; a bare word such as `allow` is that word."""
    if value.replace("_", "").isalpha() and value not in ("true", "false", "null"):
        return value
    try:
        return jsonlib.loads(value)
    except ValueError as error:
        raise Invalid(f"the value is not JSON: {error}") from None


def _id(office: Office, name: str) -> str:
    """What waits under this id; one that is no longer open is the office's to refuse."""
    found = near(office.items("/api/inbox"), name, ("id",))
    return quote(name, safe="") if not found else str(pick(found, name, ("id",), "request")["id"])


def _say(item: dict[str, Any], json: bool) -> None:
    if json:
        words.as_json(item)
    else:
        words.screen.print(f"{item['id']} is {item['status']}")
