"""Policies, rules that the CEO may change while the company works, and playbooks."""

from datetime import datetime
from typing import Any

from damascus.api.schemas.base import RequestBody, Schema

Policies = dict[str, Any]


class PolicyUpdate(RequestBody):
    """A policy's new value."""

    value: Any


class PolicyChange(Schema):
    """A change of a policy: the event `seq` that says so, and what it was before and is since."""

    seq: int
    at: datetime
    before: dict[str, Any]
    after: dict[str, Any]


class PolicyDetail(Schema):
    """A policy: its value now, what it is if nobody sets it, and what it may be (`form`, a JSON Schema).

    `about` says what it is for, `history` which of the newest changes of policies were its own, newest first.
    """

    key: str
    value: dict[str, Any]
    default: dict[str, Any]
    about: str
    form: dict[str, Any]
    history: list[PolicyChange]


class PlaybookPast(Schema):
    """How many missions succeeded by a playbook, and what they cost and took on average; rehearsals do not count."""

    n: int
    cost_microusd: int
    seconds: int


class Playbook(Schema):
    """A playbook: `suits` says for which directives it is; `past` is null if no mission has succeeded by it."""

    name: str
    suits: str
    past: PlaybookPast | None
