"""Sends what a crash left in the outbox, and again what nobody handled for `limits.resend_after`."""

from datetime import timedelta

from damascus.office.jobs.job import Tick


async def resend_messages(tick: Tick) -> int:
    company = tick.company
    return await company.outbox.sweep(timedelta(seconds=company.settings.limits.resend_after), tick.roles)
