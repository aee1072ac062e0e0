"""`limits`: how far an agent may go before the program steps in, and how long it waits."""

from pydantic import AliasChoices, Field

from damascus.core.settings.section import MAX_SETTING_COUNT, MAX_SETTING_SECONDS, Count, Seconds, Section

OLD_SERVICE_WAIT = "model_patience"  # accepted until the next release


class LimitsSettings(Section):
    """Counts and seconds."""

    turns_per_task: Count = Field(40, description="model calls of one task; it fails after them")
    turns_per_review: Count = Field(12, description="model calls of one review; after them its lines are unchecked")
    seconds_per_task: Seconds = Field(
        3600, description="seconds that a task may run, waits for its model not counted; it fails after them"
    )
    repeated_calls: int = Field(
        4,
        gt=1,
        le=MAX_SETTING_COUNT,
        description="the same tool call, or cycle of calls, in a row; then its tools are removed",
    )
    messages_per_minute: Count = Field(10, description="from one role to another within a mission")
    tasks_per_worker: Count = Field(24, description="tasks that one worker process runs at once")
    lease: Seconds = Field(30, description="seconds after which a worker without a heartbeat loses its task")
    plan_attempts: Count = Field(3, description="plans asked for before the playbook's own plan is used")
    service_wait: float = Field(
        60, ge=0, le=MAX_SETTING_SECONDS, validation_alias=AliasChoices("service_wait", OLD_SERVICE_WAIT),
        description="seconds that a task waits for a service that does not respond: ledger, disk or model",
    )  # fmt: skip
    mutants_caught: int = Field(
        60, ge=0, le=100,
        description="of 100 faults made on purpose in what a push changes, those that its tests must notice; 0: none",
    )  # fmt: skip
    mutants_seconds: Seconds = Field(60, description="seconds for which such faults are tried")
    keep_workspaces: int = Field(
        20, ge=0, le=MAX_SETTING_COUNT,
        description="ended missions, the last ones, whose workspaces are kept; commits never pushed go with the others",
    )  # fmt: skip
    resend_after: Seconds = Field(20, description="seconds after which an unhandled message is sent again")
