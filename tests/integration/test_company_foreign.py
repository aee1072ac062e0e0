"""Programs that are not ours: they publish on a role's channel and listen to the status, by Redis alone."""

import json
import threading

import pytest

from tests.fixtures.company import Company, wait_for
from tests.fixtures.foreign import directive, listening, missions, of_message


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
        said = wait_for(lambda: [line for line in heard if mission["id"] in line and '"report"' in line], "the report")
    report = json.loads(said[0])
    assert report["to"] == "ceo"
    assert report["type"] == "report"
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
