"""Redis: whoever reaches it without the desk's secret gives no directive and no task, whatever they write there."""

import json
from typing import Any

import pytest

from tests.fixtures.company import DESK_SECRET, Company, wait_for
from tests.fixtures.foreign import directive, listening, missions, of_message

SECRET_FIRST = "who reaches Redis gives no order without the secret"
SENDERS = ("ceo", "n8n", "vp", "office", "damascus", "CEO", "ceo ", "\u0441eo")


@pytest.mark.attack("a directive under any name", SECRET_FIRST)
@pytest.mark.parametrize("channel", ["damascus:ceo", "damascus:vp"])
@pytest.mark.parametrize("secret", ["", "a guess", 0, None, True, DESK_SECRET.upper(), [DESK_SECRET], "\udcff"])
def test_a_directive_without_the_secret_is_refused_whoever_it_is_from(
    company: Company, channel: str, secret: Any
) -> None:
    """Class: who reaches Redis gives no order without the secret. Every name, every channel that is listened to."""
    before = missions(company)
    with listening(company.redis(), "damascus:system") as heard:
        for n, sender in enumerate(SENDERS, start=1):
            message = directive({"desk_secret": secret, "budget_microusd": 10**12}, **{"from": sender})
            company.redis().publish(channel, json.dumps(message))
            wait_for(lambda n=n: len(heard) >= n, "the refusal")
    assert all("refused" in line for line in heard)
    assert DESK_SECRET not in "".join(heard)
    assert missions(company) == before


@pytest.mark.attack("an order in an agent's stream", SECRET_FIRST)
@pytest.mark.parametrize("role", ["vp", "pm", "engineer"])
@pytest.mark.parametrize("type_", ["directive", "assignment", "conversation", "report"])
def test_an_entry_that_the_ledger_does_not_know_does_nothing(company: Company, role: str, type_: str) -> None:
    """Class: who reaches Redis gives no order without the secret. Also past the office, straight into an inbox."""
    before = (missions(company), company.rows("select count(*) as n from tasks")[0]["n"])
    task = company.rows("select id from tasks limit 1")
    context = {"task_id": task[0]["id"] if task else "task_x", "proposal_id": "prop_x", "directive_id": "dir_x"}
    for sender in ("ceo", "vp", "office"):
        entry = {"message": json.dumps(directive(context, to=role, type=type_, **{"from": sender}))}
        company.redis().xadd(f"damascus:{role}", entry)
    true = directive()  # handled after them
    company.redis().publish("damascus:ceo", json.dumps(true))
    mission = wait_for(lambda: of_message(company, true["id"]), "the true directive's mission")[0]
    company.post(f"/api/missions/{mission['id']}/cancel")
    assert missions(company) == before[0] + 1
    assert company.rows("select count(*) as n from messages where sender = 'ceo' and id like '%dir_x%'")[0]["n"] == 0


@pytest.mark.attack("the secret read where it is not kept", SECRET_FIRST)
def test_the_secret_of_an_accepted_directive_is_kept_nowhere(company: Company) -> None:
    """Class: who reaches Redis gives no order without the secret. Neither ledger, log nor stream teaches it."""
    true = directive()
    company.redis().publish("damascus:ceo", json.dumps(true))
    mission = wait_for(lambda: of_message(company, true["id"]), "the mission")[0]
    company.post(f"/api/missions/{mission['id']}/cancel")
    for table in ("messages", "directives", "events", "proposals"):
        assert DESK_SECRET not in "".join(str(tuple(row)) for row in company.rows(f"select * from {table}"))
    assert DESK_SECRET not in "".join(str(company.redis().xrange(key)) for key in company.redis().keys("damascus:*"))
    assert DESK_SECRET not in "".join(company.log(name) for name in ("office", "vp-1", "pm-1", "supervisor", "redis"))
