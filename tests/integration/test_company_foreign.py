"""Programs that are not ours: they publish on a role's channel and listen to the status, by Redis alone."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from damascus.core.ids import new_id
from tests.fixtures.company import Company, wait_for

SECRET = "the desk's own word"


def directive(**other: Any) -> dict[str, Any]:
    """A message of the wire format, as docs describe it."""
    return {
        "id": new_id("msg"), "from": "n8n", "to": "vp", "type": "directive", "parent": None,
        "content": "[reference] Compare three note apps", "context": {}, "timestamp": "2026-01-31T12:00:00Z", **other,
    }  # fmt: skip


@contextmanager
def listening(client: "redis.Redis", channel: str) -> Iterator[list[str]]:
    """What is said on a channel while the block runs."""
    heard: list[str] = []
    listener = client.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(**{channel: lambda said: heard.append(said["data"])})
    wait_for(lambda: client.pubsub_numsub(channel)[0][1] > 0, f"the subscription to {channel}")
    thread = listener.run_in_thread(sleep_time=0.05, daemon=True)
    try:
        yield heard
    finally:
        thread.stop()
        thread.join(5)


def missions(company: Company) -> int:
    return len(company.get("/api/missions", limit=200)["items"])


def of_message(company: Company, id: str) -> list[Any]:
    query = "select m.* from missions m join messages g on json_extract(g.context, '$.directive_id') = m.directive_id"
    return company.rows(f"{query} where g.id = ?", id)


def test_a_message_published_on_the_ceos_channel_starts_a_mission_whose_progress_is_heard(company: Company) -> None:
    message = directive(context={"budget_microusd": 1_500_000, "playbook": "report"})
    with listening(company.redis(), "damascus:status") as heard:
        company.redis().publish("damascus:ceo", json.dumps(message))
        mission = wait_for(lambda: of_message(company, message["id"]), "the mission")[0]
        ended = company.ended(mission["id"])
        wait_for(lambda: any("succeeded" in line for line in heard), "the end on damascus:status")
    assert (ended["status"], ended["limit_microusd"], ended["playbook"]) == ("succeeded", 1_500_000, "report")
    told = [json.loads(line)["content"] for line in heard if json.loads(line)["type"] == "status"]
    assert [line.split(": ")[1] for line in told if line.startswith(ended["slug"])] == [
        "running", "synthesizing", "succeeded",
    ]  # fmt: skip


def test_the_report_to_the_ceo_is_heard_on_the_ceos_channel(company: Company) -> None:
    with listening(company.redis(), "damascus:ceo") as heard:
        mission = company.ended(company.give("[reference] Compare three note apps"))
        wait_for(lambda: any(json.loads(line)["type"] == "report" for line in heard), "the report")
    report = next(json.loads(line) for line in heard if json.loads(line)["type"] == "report")
    assert report["to"] == "ceo"
    assert report["context"]["mission_id"] == mission["id"]
    assert report["content"] == mission["summary"]


def test_the_same_message_published_many_times_at_once_starts_one_mission(company: Company) -> None:
    message = directive()
    before, text = missions(company), json.dumps(message)
    threads = [threading.Thread(target=company.redis().publish, args=("damascus:ceo", text)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = wait_for(lambda: of_message(company, message["id"]), "the mission")[0]
    company.redis().publish("damascus:vp", text)
    assert company.ended(first["id"])["status"] == "succeeded"
    company.redis().publish("damascus:ceo", text)
    other = directive()
    company.redis().publish("damascus:ceo", json.dumps(other))  # taken in after the copy, which is through then
    second = wait_for(lambda: of_message(company, other["id"]), "the other mission")[0]
    assert company.ended(second["id"])["status"] == "succeeded"
    assert missions(company) == before + 2


BAD = {
    "not JSON at all": "hello there",
    "an array": "[]",
    "a field too many": json.dumps({**directive(), "extra": 1}),
    "no content": json.dumps({key: value for key, value in directive().items() if key != "content"}),
    "a time without a zone": json.dumps({**directive(), "timestamp": "2026-01-31T12:00:00"}),
    "too large": json.dumps(directive(content="x" * 300_000)),
    "too long a text": json.dumps(directive(content="x" * 30_000)),
    "an empty text": json.dumps(directive(content="  ")),
    "not a directive": json.dumps(directive(type="assignment", context={"task_id": "task_x"})),
    "passed on too often": json.dumps(directive(context={"hops": 8})),
    "hops that are no number": json.dumps(directive(context={"hops": "many"})),
    "a budget in words": json.dumps(directive(context={"budget_microusd": "a lot"})),
    "a negative budget": json.dumps(directive(context={"budget_microusd": -5})),
    "a playbook that is a list": json.dumps(directive(context={"playbook": ["startup"]})),
    "an unknown playbook": json.dumps(directive(context={"playbook": "no-such-book"})),
    "a playbook that climbs": json.dumps(directive(context={"playbook": "../../etc/passwd"})),
    "a text with NUL": json.dumps(directive(content="a\x00b")),
    "half a character": json.dumps(directive(content="a\ud800b")),
    "bytes that are no text": b"\xff\xfe{",
    "deep nesting": "[" * 100_000,
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_message_is_refused_aloud_and_nothing_crashes(company: Company, what: str) -> None:
    before, pids = missions(company), {name: child["pid"] for name, child in company.children().items()}
    with listening(company.redis(), "damascus:system") as heard:
        company.redis().publish("damascus:ceo", BAD[what])
        wait_for(lambda: any("refused" in line for line in heard), "a word on damascus:system", 15)
    assert missions(company) == before
    assert {name: child["pid"] for name, child in company.children().items()} == pids
    good = directive()
    company.redis().publish("damascus:ceo", json.dumps(good))
    mission = wait_for(lambda: of_message(company, good["id"]), "the next good message", 15)[0]
    company.post(f"/api/missions/{mission['id']}/cancel")


def test_rubbish_in_an_agents_stream_is_dropped_and_the_agent_goes_on(company: Company) -> None:
    client = company.redis()
    for fields in ({"message": "no JSON"}, {"other": "x"}, {"message": json.dumps(directive(type="shutdown"))}):
        client.xadd("damascus:pm", fields)
    client.xadd("damascus:pm", {"message": json.dumps(directive(to="pm", type="assignment", context={"task_id": "t"}))})
    restarts = company.children()["pm-1"]["restarts"]
    assert company.ended(company.give("[reference] Compare three note apps"))["status"] == "succeeded"
    assert company.children()["pm-1"]["restarts"] == restarts
    wait_for(lambda: client.xpending("damascus:pm", "pm")["pending"] == 0, "everything acknowledged")


def test_who_says_to_be_the_ceo_must_carry_the_desks_secret_where_there_is_one(
    companies: Any, company: Company
) -> None:
    own = companies("desk", model=company.model, env={"DESK_SECRET": SECRET})
    with listening(own.redis(), "damascus:system") as heard:
        for context in ({}, {"desk_secret": "a guess"}, {"desk_secret": 7}):
            heard.clear()
            own.redis().publish("damascus:ceo", json.dumps(directive(**{"from": "ceo"}, context=context)))
            wait_for(lambda: any("DESK_SECRET" in line for line in heard), "a word on damascus:system")
    assert missions(own) == 0
    assert SECRET not in "".join(heard)
    true = directive(**{"from": "ceo"}, context={"desk_secret": SECRET})
    own.redis().publish("damascus:ceo", json.dumps(true))
    mission = wait_for(lambda: of_message(own, true["id"]), "the mission")[0]
    assert own.ended(mission["id"])["status"] == "succeeded"
    assert SECRET not in "".join(str(tuple(row)) for row in own.rows("select content, context from messages"))
