"""`agent`: which agent a container is; `python -m agents.main --role --name` says it elsewhere."""

from pydantic import Field

from damascus.core.settings.section import Section


class AgentSettings(Section):
    """Only for containers, which all run the same command."""

    role: str = Field("", description="the role of the persona that it runs")
    name: str = Field("", description="the first part of its worker's name; the host's name is the second")
