"""The list of hooks that surrounds every agent's runs; a new hook is a file beside this one and a line here."""

from agents.hooks.background_commands import EndBackgroundCommands
from agents.hooks.bounds import Bounds
from agents.hooks.broken_responses import BrokenResponses
from agents.hooks.ceos_word import CeosWord
from agents.hooks.failed_edits import FailedEdits
from agents.hooks.filtered_requests import FilteredRequests
from agents.hooks.hook import Hook
from agents.hooks.interrupted_calls import InterruptedCalls
from agents.hooks.isolation import Isolation
from agents.hooks.lease import KeepLease
from agents.hooks.news import News
from agents.hooks.policy import PolicyHook
from agents.hooks.recall import Recall
from agents.hooks.reviewing import Reviewing
from agents.hooks.signed_quote import SignedQuote
from agents.hooks.stuck_detector import StuckDetector
from agents.hooks.task_tools import TaskTools
from agents.hooks.unseen_results import UnseenResults
from agents.hooks.wait_for_model import WaitForModel
from agents.hooks.wait_for_services import WaitForServices
from damascus.composition.agents import AgentServices
from damascus.work.budget.pace import Paces


def standard_hooks(services: AgentServices, isolation: Isolation) -> list[Hook]:
    """Return the hooks in the order in which they are asked.

    What was already decided comes before what costs a question: time is up, the call is unreadable, the tool was taken
    away, the call may have been made; only then is the policy asked.
    """
    settings, clock, outbox = services.settings, services.clock, services.outbox
    limits = settings.limits
    return [
        TaskTools(),
        KeepLease(limits.lease),
        isolation,
        EndBackgroundCommands(services.background),
        Reviewing(),
        Recall(outbox, services.memory, services.embedder_for),
        WaitForServices(clock, limits.service_wait),
        FilteredRequests(),
        Bounds(limits, clock),
        SignedQuote(outbox),
        BrokenResponses(),
        StuckDetector(limits.repeated_calls),
        InterruptedCalls(),
        FailedEdits(),
        UnseenResults(),
        PolicyHook(outbox),
        News(),
        CeosWord(outbox),
        WaitForModel(outbox, Paces(settings.models)),
    ]
