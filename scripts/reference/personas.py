"""docs/reference/personas.md: the front matter of a persona, and the tools it may name."""

from damascus.staff.personas import RESERVED_ROLES, FrontMatter
from damascus.tools.registry import TOOLS
from scripts.reference.markdown import fields, sentence, table


def keys() -> str:
    """Return a table of the keys, and the roles that none may have."""
    reserved = ", ".join(f"`{role}`" for role in RESERVED_ROLES)
    return f"{fields(FrontMatter.model_json_schema())}\n\nReserved as roles: {reserved}."


def tools() -> str:
    """Return what each tool does, and what it may do at worst."""
    rows = [(f"`{tool.name}`", str(tool.danger), sentence(tool.description)) for tool in TOOLS]
    return table(("tool", "danger", "what the model is told"), sorted(rows))
