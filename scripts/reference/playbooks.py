"""docs/reference/playbooks.md: the keys of a playbook, and the plan that it makes."""

from damascus.core.records.plan import RUNNERS, Plan
from damascus.staff.playbooks import Playbook
from scripts.reference.markdown import objects


def keys() -> str:
    """Return a section for each part of the file; the name is the file's own."""
    schema = Playbook.model_json_schema()
    del schema["properties"]["name"]
    return objects(schema)


def plan() -> str:
    """Return a section for each part of a plan."""
    runners = ", ".join(f"`{runner}`" for runner in RUNNERS)
    return f"{objects(Plan.model_json_schema())}\n\n`test_command` begins with one of: {runners}."
