"""Policies: rules that the CEO may change while the company works."""

from typing import Any

from damascus.api.schemas.base import RequestBody

Policies = dict[str, Any]


class PolicyUpdate(RequestBody):
    """A policy's new value."""

    value: Any
