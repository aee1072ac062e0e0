"""What the workshop's client and its server exchange: JSON over HTTP, behind a Unix socket.

`POST /runs` takes a RunRequest and answers with a CommandResult's fields; closing the connection ends the command.
`GET /runs/{id}/output` answers with a RunOutput of a command in the background, once it runs, and with 404 before.
`DELETE /runs/{id}` ends it too, and answers when nothing of it is left; `GET /health` says whether commands can be
jailed, `GET /facts` answers with WorkshopFacts' fields. A refusal is a RunError with 422 for Invalid, 503 for
WorkshopRefused and 500 for a command that was ended, or failed, on the way.
"""

import secrets

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from damascus.workshop.port import CommandResult, WorkshopFacts

MAX_REQUEST_BYTES = 4 << 20  # a command that a shell can take is far shorter
STATUS_INVALID, STATUS_LOST, STATUS_REFUSED, STATUS_UNKNOWN = 422, 500, 503, 404
COMMAND_RESULT, WORKSHOP_FACTS = TypeAdapter(CommandResult), TypeAdapter(WorkshopFacts)


class RunRequest(BaseModel):
    """One command to run, for at most `seconds` if not in the background; `id` is the caller's, new for each."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: str = Field(default_factory=lambda: secrets.token_hex(16), pattern=r"^[0-9a-f]{32}$")
    command: str
    workspace: str
    seconds: float | None = None
    background: bool = False


class RunOutput(BaseModel):
    """What a command has printed so far."""

    output: str


class RunError(BaseModel):
    """Why there is no result."""

    error: str
