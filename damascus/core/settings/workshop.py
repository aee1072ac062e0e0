"""`workshop`: what one command of an agent may use, and where commands run."""

from pydantic import Field

from damascus.core.settings.section import ABSOLUTE_PATH, Count, Seconds, Section


class WorkshopSettings(Section):
    """Limits of one command, and of its workspace; a command that passes one is ended, or its write fails."""

    seconds: Seconds = Field(120, description="seconds of wall time")
    cpu_seconds: Count = Field(60, description="seconds of processor time")
    memory_mb: Count = Field(1024, description="MB of memory")
    background_seconds: Seconds = Field(1800, description="seconds of wall time of a command in the background")
    background_commands: Count = Field(2, description="commands in the background that a workspace may have at once")
    processes: Count = Field(128, description="processes and threads at once")
    file_mb: Count = Field(64, description="MB that one file may grow to")

    workspace_mb: Count = Field(
        1024, description="MB that all files of a workspace may take, over its life; a command is ended shortly before"
    )
    workspace_files: Count = Field(100_000, description="files and folders that a workspace may hold, over its life")
    output_kb: Count = Field(64, description="kB of output that are kept")
    socket: str = Field(
        "", pattern=ABSOLUTE_PATH, description="Unix socket of a workshop elsewhere; empty: commands run here"
    )
    workspaces: str = Field(
        "", pattern=ABSOLUTE_PATH,
        description="folder of workspaces and checks, at the same path for that workshop; empty: home",
    )  # fmt: skip
