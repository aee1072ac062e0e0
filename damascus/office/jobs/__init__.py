"""The daemon's periodic jobs: a file each, and a line in JOBS, in the order in which they are done."""

from damascus.office.jobs.charge_lost_calls import charge_lost_calls
from damascus.office.jobs.index_for_search import index_for_search
from damascus.office.jobs.job import PeriodicJob, Tick
from damascus.office.jobs.note_workers import note_workers
from damascus.office.jobs.recover_tasks import recover_tasks
from damascus.office.jobs.resend_messages import resend_messages
from damascus.office.jobs.retry_syncs import retry_syncs
from damascus.office.jobs.wake_for_models import wake_for_models
from damascus.office.jobs.wake_for_new_day import wake_for_new_day
from damascus.office.jobs.write_kept_answers import write_kept_answers

JOBS = (
    PeriodicJob("answers written", in_transaction=write_kept_answers),
    PeriodicJob("workers that came or left", in_transaction=note_workers),
    PeriodicJob("tasks recovered", in_transaction=recover_tasks),
    PeriodicJob("lost calls charged", in_transaction=charge_lost_calls),
    PeriodicJob("tasks woken for a new day", in_transaction=wake_for_new_day),
    PeriodicJob("tasks woken for their model", in_transaction=wake_for_models),
    PeriodicJob("syncs tried again", in_transaction=retry_syncs),
    PeriodicJob("things indexed", after_commit=index_for_search),
    PeriodicJob("messages resent", after_commit=resend_messages),
)

__all__ = ["JOBS", "PeriodicJob", "Tick"]
