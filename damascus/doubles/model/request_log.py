"""What was asked and answered since the start, so that a test or a benchmark can compare it with the ledger."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.openai_format import FormattedAnswer
from damascus.doubles.model.orders import opening_lines


@dataclass
class LoggedRequest:
    """One request: `step` counts the answers of this task that it already carries, so the same task never asks for
    the same step again once an answer to it is written down. `orders` are the lines of its opening that hold one,
    `pictures` the SHA-256 of those that arrived."""

    task: str
    step: int
    answered: bool = False
    orders: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


@dataclass
class RequestLog:
    """`answered` counts only what reached its last byte with the client still there; `distinct` the different
    requests among those. When the two are equal, no answered call was asked for twice."""

    calls: int = 0
    answered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    largest: int = 0  # tokens of the largest request that was answered
    cost_usd: float = 0.0
    by_model: Counter[str] = field(default_factory=Counter)
    by_role: Counter[str] = field(default_factory=Counter)
    by_kind: Counter[str] = field(default_factory=Counter)
    by_task: Counter[str] = field(default_factory=Counter)
    by_fault: Counter[str] = field(default_factory=Counter)
    digests: set[str] = field(default_factory=set)
    requests: list[LoggedRequest] = field(default_factory=list)

    def record_request(self, request: ChatRequest) -> LoggedRequest:
        """Count a request. Returns its entry in the log."""
        self.calls += 1
        self.by_model[request.model] += 1
        self.by_role[request.role or "unknown"] += 1
        self.by_kind[request.task.kind or "unknown"] += 1
        if request.task_id:
            self.by_task[request.task_id] += 1
        step = sum(message.get("role") == "assistant" for message in request.messages)
        pictures = [picture.digest for picture in request.pictures]
        self.requests.append(LoggedRequest(request.task_id, step, False, opening_lines(request.messages), pictures))
        return self.requests[-1]

    def record_answer(self, logged: LoggedRequest, answer: FormattedAnswer) -> None:
        """Count an answer that reached its last byte."""
        self.answered += 1
        logged.answered = True
        self.digests.add(answer.digest)
        self.input_tokens += answer.prompt_tokens
        self.output_tokens += answer.completion_tokens
        self.largest = max(self.largest, answer.prompt_tokens)
        self.cost_usd += answer.cost_usd

    def as_json(self) -> dict[str, Any]:
        """Return the figures, for `GET /stats`."""
        tallies = {
            "by_model": dict(self.by_model),
            "by_role": dict(self.by_role),
            "by_kind": dict(self.by_kind),
            "by_task": dict(self.by_task),
            "by_fault": dict(self.by_fault),
        }
        return {
            "calls": self.calls,
            "answered": self.answered,
            "distinct": len(self.digests),
            "tokens": {"input": self.input_tokens, "output": self.output_tokens, "largest_input": self.largest},
            "cost_usd": round(self.cost_usd, 9),
            **tallies,
        }
