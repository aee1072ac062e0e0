"""The message that every channel carries: the wire format, which a foreign program may write, too."""

import json
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from damascus.core.clock import SystemClock
from damascus.core.errors import Invalid
from damascus.core.ids import new_id
from damascus.core.validation import explain

MAX_MESSAGE_BYTES = 256 * 1024
MAX_HOPS = 8


class MessageType(StrEnum):
    """What a message is. An agent acts on assignments, and the planner on directives; the rest inform."""

    DIRECTIVE = "directive"
    ASSIGNMENT = "assignment"
    REPORT = "report"
    QUESTION = "question"
    CONVERSATION = "conversation"
    STATUS = "status"
    SYSTEM = "system"


# no control characters: a ledger rejects a NUL, and these names go into logs and onto terminals
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Message(BaseModel):
    """One message: `context` holds ids only, `timestamp` is UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: Name = Field(default_factory=lambda: new_id("msg"))
    sender: Name = Field(alias="from")
    to: Name
    type: MessageType
    parent: Name | None = None
    content: str
    context: dict[str, Any] = Field(default_factory=dict)
    timestamp: AwareDatetime = Field(default_factory=SystemClock().now)

    @field_validator("content")
    @classmethod
    def _whole_characters(cls, content: str) -> str:
        # a lone surrogate, which a model can write, cannot be sent as UTF-8
        return content.encode(errors="replace").decode()

    @field_validator("context")
    @classmethod
    def _is_json(cls, context: dict[str, Any]) -> dict[str, Any]:
        json.dumps(context, allow_nan=False)  # Python reads `Infinity`, which is not JSON: it would be sent as null
        return context

    @property
    def hops(self) -> int:
        """How many agents have passed this on; a receiver refuses it at MAX_HOPS."""
        hops = self.context.get("hops", 0)
        return hops if isinstance(hops, int) else MAX_HOPS

    def to_json(self) -> str:
        """Return the wire form, one line of JSON."""
        return self.model_dump_json(by_alias=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Message":
        """Read the wire form; raises Invalid if it is too large, not JSON, or not of the format."""
        size = len(text if isinstance(text, bytes) else text.encode())
        if size > MAX_MESSAGE_BYTES:
            raise Invalid(f"the message has {size} bytes; a message has at most {MAX_MESSAGE_BYTES}")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise Invalid(f"the message is not of the format: {explain(error)}") from error
