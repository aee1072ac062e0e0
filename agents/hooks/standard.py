"""The list of hooks that surrounds every agent's runs; a new hook is a file beside this one and a line here."""

from agents.hooks.bounds import Bounds
from agents.hooks.broken_responses import BrokenResponses
from agents.hooks.filtered_requests import FilteredRequests
from agents.hooks.hook import Hook
from agents.hooks.interrupted_calls import InterruptedCalls
from agents.hooks.isolation import Isolation
from agents.hooks.lease import KeepLease
from agents.hooks.news import News
from agents.hooks.policy import PolicyHook
from agents.hooks.stuck_detector import StuckDetector
from agents.hooks.wait_for_model import WaitForModel
from agents.hooks.wait_for_services import WaitForServices
from damascus.core.clock import Clock
from damascus.core.settings import Settings
from damascus.work.budget.pace import Paces
from damascus.work.outbox import Outbox


def standard_hooks(settings: Settings, clock: Clock, outbox: Outbox, isolation: Isolation) -> list[Hook]:
    """Return the hooks in the order in which they are asked.

    What was already decided comes before what costs a question: time is up, the call is unreadable, the tool was taken
    away, the call may have been made; only then is the policy asked.
    """
    limits = settings.limits
    return [
        KeepLease(limits.lease),
        isolation,
        WaitForServices(clock, limits.service_wait),
        FilteredRequests(),
        Bounds(limits, clock),
        BrokenResponses(),
        StuckDetector(limits.repeated_calls),
        InterruptedCalls(),
        PolicyHook(outbox),
        News(),
        WaitForModel(outbox, Paces(settings.models)),
    ]
