"""The staff as data: personas/*.md, each a front matter and a system prompt.

Reading them says nothing about whether a tool of that name exists; the tools' registry does.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import frontmatter
from frontmatter.default_handlers import YAMLHandler
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from damascus.core.errors import Misconfigured
from damascus.core.records.authors import Author
from damascus.core.settings import YAML_FAULTS
from damascus.core.text import one_line
from damascus.core.validation import explain, read_text
from damascus.staff.playbooks import Loader

# Names of channels (`damascus:<role>`) that are not one agent's inbox.
RESERVED_ROLES = ("all", "ceo", "changes", "default", "founder", "live", "office", "status", "system")

# they go into commits and onto terminals
_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_CONTROLS)]
ToolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class FrontMatter(BaseModel):
    """The keys above a persona's prompt; unknown keys are refused, and so is `"5"` where a number is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Line
    title: Line
    role: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="its inbox is the channel of this name")
    tier: Literal["strong", "standard", "cheap"]
    temperature: float = Field(ge=0, le=2)
    max_tokens: int = Field(
        gt=0, le=10_000_000, description="of one answer; after one that was cut off up to four times that"
    )
    tools: list[ToolName] = Field(min_length=1, description="what it may do")
    voice: Line
    planner: bool = Field(False, description="whether it also turns directives into missions, and sums them up")

    @field_validator("role")
    @classmethod
    def _own_inbox(cls, role: str) -> str:
        if role in RESERVED_ROLES:
            raise ValueError(
                f"{role!r} is a channel of the company's own; choose another role than {', '.join(RESERVED_ROLES)}"
            )
        return role

    @field_validator("tools")
    @classmethod
    def _once(cls, tools: list[str]) -> list[str]:
        twice = sorted({tool for tool in tools if tools.count(tool) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return tools


class Persona(FrontMatter):
    """One member of the staff; `prompt` is the Markdown under the front matter."""

    prompt: str

    def author(self) -> Author:
        """Return how reports and commits name it; the address receives no mail."""
        return Author.named(self.name, self.title)


def load_personas(folder: Path) -> dict[str, Persona]:
    """Load every `*.md` of `folder`; return the personas by role, in order of file name.

    Raises Misconfigured, in one line that names the file and the key, if there are no personas, a file cannot be read,
    a key is missing, unknown or wrong, there is no prompt, or two files claim one role.
    """
    paths = sorted(folder.glob("*.md"))
    if not paths:
        raise Misconfigured(f"{folder}: no personas there; each is a file such as engineer.md")
    personas: dict[str, Persona] = {}
    origin: dict[str, Path] = {}
    for path in paths:
        persona = _load(path)
        if persona.role in personas:
            raise Misconfigured(f"{path}: role: {persona.role!r} is taken by {origin[persona.role].name}")
        personas[persona.role], origin[persona.role] = persona, path
    return personas


def _load(path: Path) -> Persona:
    text = read_text(path)
    try:
        keys, prompt = frontmatter.parse(text, handler=_Handler())
    except YAML_FAULTS as error:
        raise Misconfigured(f"{path}: front matter: not valid YAML: {one_line(str(error))}") from None
    if not keys:
        raise Misconfigured(f"{path}: no front matter; begin with `key: value` lines between two lines of `---`")
    try:
        known = FrontMatter.model_validate(keys)
    except ValidationError as error:
        raise Misconfigured(f"{path}: {explain(error, FrontMatter)}") from None
    if not prompt.strip():
        raise Misconfigured(f"{path}: no system prompt under the front matter")
    return Persona(**known.model_dump(), prompt=prompt.strip())


class _Handler(YAMLHandler):
    """Reads front matter with the same loader as playbooks."""

    def load(self, fm: str, **_: Any) -> Any:
        return super().load(fm, Loader=Loader)
