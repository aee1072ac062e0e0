"""Every Redis key and channel is named here, each with its type, owner and expiry."""

from dataclasses import dataclass

from damascus.core.messages import Message, MessageType

EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class Keys:
    """Names under one prefix, so that several companies can share a Redis."""

    prefix: str = "damascus"

    # stream (group: the role) and channel; written by the process that commits a message to the role; trimmed by MAXLEN
    def channel(self, role: str) -> str:
        return f"{self.prefix}:{role}"

    # stream and channel; progress for everybody; trimmed by MAXLEN
    @property
    def status(self) -> str:
        return f"{self.prefix}:status"

    # stream and channel; start, stop, errors; trimmed by MAXLEN
    @property
    def system(self) -> str:
        return f"{self.prefix}:system"

    # channel only; {"seq": N} after commits that appended events
    @property
    def changes(self) -> str:
        return f"{self.prefix}:changes"

    # channel only; partial model output of one task, may be lost
    def live(self, task_id: str) -> str:
        return f"{self.prefix}:live:{task_id}"

    # stream and channel (group: the name); one entry, by which a process looks whether Redis takes what it sends
    def check(self, name: str) -> str:
        return f"{self.prefix}:check:{name}"

    def of(self, message: Message) -> str:
        """Return the name of the stream and channel that carry a message."""
        if message.to != EVERYBODY:
            return self.channel(message.to)
        return self.system if message.type is MessageType.SYSTEM else self.status
