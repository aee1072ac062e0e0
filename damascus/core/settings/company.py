"""`company`: what it is called and where its files are."""

from pathlib import Path

from pydantic import Field

from damascus.core.settings.section import Section


class CompanySettings(Section):
    """Name and folders; relative folders are under the company's own."""

    name: str = Field("Damascus Frontier", description="its name, as agents are told and `ceo status` shows it")
    home: Path = Field(Path(".damascus"), description="folder of the private state: ledger, token, process logs")
    shared: Path = Field(Path("shared"), description="folder of what people read: reports, code, Git repositories")
    logs: str = Field("", description="folder for a log of each role; empty: standard error only")
    faults: Path | None = Field(None, description="for tests only: the folder of core/failpoints.py")
