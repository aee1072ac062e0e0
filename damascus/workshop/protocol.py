"""What the workshop's client and its server say to each other: JSON over HTTP, behind a Unix socket.

`POST /runs` runs an order and answers with a CommandResult's fields; closing the connection ends the command.
`DELETE /runs/{id}` ends it too, and answers when nothing of it is left; `GET /health` says whether commands can be
jailed. A refusal is `{"error": "..."}` with 422 for Invalid, 503 for WorkshopRefused and
500 for a command that was ended, or failed, on the way.
"""

import secrets

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from damascus.workshop.port import CommandResult

LONGEST_ORDER = 4 << 20  # bytes; a command that a shell can take is far shorter
INVALID, LOST, REFUSED = 422, 500, 503
RESULT = TypeAdapter(CommandResult)


class RunRequest(BaseModel):
    """One command; `id` is the caller's, new for each."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: str = Field(default_factory=lambda: secrets.token_hex(16), pattern=r"^[0-9a-f]{32}$")
    command: str
    workspace: str
    seconds: float | None = None


class RunError(BaseModel):
    """Why there is no result."""

    error: str
