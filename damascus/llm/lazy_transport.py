"""Loads the vendor's library when it is first needed: it takes twice as long as all else here, and an idle worker
can do without it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from damascus.llm.transport import Transport


def load_transport() -> "type[Transport]":
    from damascus.llm.transport import Transport  # noqa: PLC0415

    return Transport
