"""Money over time and call by call: sums that agree with the calls, days of the company's zone, lost calls named."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.ids import new_id
from damascus.core.records.missions import Mission
from damascus.core.records.usage import Usage
from damascus.core.settings import BudgetSettings
from damascus.office.app import create_app
from damascus.work import desk
from damascus.work.budget.limits import LimitReached, mission_scope
from damascus.work.delivery.summary_footer import summary_footer
from tests.fixtures.story import claim, planned, running_mission, task_of

TOKEN = "a-token"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
Get = Callable[..., Any]


@pytest.fixture
async def mission(office: Company) -> Mission:
    return await running_mission(office.outbox, planned("a"))


async def call(office: Company, mission: Mission, at: datetime, **changes: Any) -> str:
    task = await task_of(office.outbox, mission, "a")
    row = Usage(new_id("use"), mission.id, task.id, "pm", "m1", 10, 2, 100, True, True, at, None, at)
    async with office.outbox.transaction() as tx:
        await tx.usage.add(replace(row, **changes))
    return row.id


async def series(http: httpx.AsyncClient, **query: Any) -> list[tuple[str, str, int, int]]:
    answer = await http.get("/api/money/series", params=query)
    assert answer.status_code == 200, answer.text
    return [(item["at"], item["of"], item["cost_microusd"], item["calls"]) for item in answer.json()["items"]]


async def test_hours_add_up_what_was_asked_in_them(office: Company, http: httpx.AsyncClient, mission: Mission) -> None:
    for minutes, changes in (
        (0, {}), (1, {"role": "vp", "cost": 7}), (59.99, {"cost": 1}), (60, {"model": "m2"}), (-0.01, {"cost": 9}),
    ):  # fmt: skip
        await call(office, mission, NOON + timedelta(minutes=minutes), **changes)
    span = {"from": "2026-03-10T12:00:00Z", "to": "2026-03-10T13:00:00Z"}
    noon, one = "2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z"
    assert await series(http, **span) == [(noon, "pm", 101, 2), (noon, "vp", 7, 1)]
    longer = span | {"to": "2026-03-10T15:00:00+01:00"}
    assert await series(http, **longer, of="model") == [(noon, "m1", 108, 3), (one, "m2", 100, 1)]
    found = (await http.get("/api/money/series", params=longer | {"of": "mission"})).json()
    assert [(item["of"], item["name"]) for item in found["items"]] == [(mission.id, mission.slug)] * 2
    assert (found["by"], found["of"], found["begin"], found["end"]) == ("hour", "mission", noon, "2026-03-10T14:00:00Z")


async def test_a_days_calls_are_those_since_midnight_in_the_companys_zone(office: Company, mission: Mission) -> None:
    zone = BudgetSettings(time_zone="Asia/Kolkata")  # half an hour beside the others
    there = replace(office, settings=office.settings.model_copy(update={"budget": zone}))
    for hour, minute in ((18, 29), (18, 30), (23, 59)):
        await call(office, mission, datetime(2026, 3, 10, hour, minute, tzinfo=UTC))
    async for http in client(there):
        days = await series(http, by="day", **{"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"})
    assert days == [
        ("2026-03-10T00:00:00+05:30", "pm", 100, 1), ("2026-03-11T00:00:00+05:30", "pm", 200, 2),
    ]  # fmt: skip


async def client(office: Company) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(office, TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
        yield http


async def test_without_a_span_it_is_the_last_day_up_to_this_moment(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    now = office.clock.now()
    for age in (timedelta(), timedelta(hours=23), timedelta(hours=25)):
        await call(office, mission, now - age)
    assert sum(calls for *_, calls in await series(http)) == 2
    assert sum(calls for *_, calls in await series(http, by="day")) == 3


@pytest.mark.parametrize(
    "span",
    [
        {"from": "2026-03-10T12:00:00Z", "to": "2026-03-10T12:00:00Z"},
        {"from": "2026-03-10T12:00:00Z", "to": "2026-03-09T12:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-03-09T12:00:00Z"},
        {"from": "2026-01-01T00:00:00"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"to": "9999-12-31T23:59:59-14:00"},
        {"by": "minute"},
        {"of": "task"},
    ],
)
async def test_a_span_that_makes_no_sense_or_too_much_of_it_is_refused(
    http: httpx.AsyncClient, span: dict[str, str]
) -> None:
    answer = await http.get("/api/money/series", params=span)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_calls_say_which_were_lost_guessed_or_rehearsed(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    await call(office, mission, NOON)
    await call(office, mission, NOON, answered=False, price_known=False, asked_at=None)
    await call(office, mission, NOON, disbelieved=10**12)
    items = (await http.get("/api/money/calls")).json()["items"]
    assert [(one["lost"], one["price_known"], one["disbelieved_microusd"]) for one in items] == [
        (False, True, 10**12), (True, False, None), (False, True, None),
    ]  # fmt: skip
    assert [one["asked_at"] for one in items][1:] == [None, "2026-03-10T12:00:00Z"]
    assert {(one["mission_slug"], one["task_title"], one["rehearsal"]) for one in items} == {
        (mission.slug, "Do a", office.settings.model.rehearsal if mission.rehearsal is None else mission.rehearsal)
    }
    lost = (await series(http, of="model", **{"from": "2026-03-10T00:00:00Z", "to": "2026-03-11T00:00:00Z"}))[0]
    assert lost[2:] == (300, 3)


async def test_calls_are_found_by_mission_and_task_in_pages(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    other = await running_mission(office.outbox, planned("a"))
    made = [await call(office, mission, NOON) for _ in range(3)]
    await call(office, other, NOON)
    first = (await http.get("/api/money/calls", params={"mission": mission.slug, "limit": 2})).json()
    rest = (
        await http.get("/api/money/calls", params={"mission": mission.slug, "limit": 2, "after": first["next"]})
    ).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    task = await task_of(office.outbox, other, "a")
    assert len((await http.get("/api/money/calls", params={"task": task.id})).json()["items"]) == 1
    assert (await http.get("/api/money/calls", params={"task": "nobody"})).json()["items"] == []
    assert (await http.get("/api/money/calls", params={"mission": "nobody"})).status_code == 404


async def test_a_mission_says_how_much_of_its_input_the_provider_had_cached(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    assert (await cache(http, mission)) == (0, 0)
    for read, cached in ((1_000, 0), (2_000, 1_800), (500, 400)):
        await call(office, mission, NOON, input_tokens=read, cached_tokens=cached)
    assert (await cache(http, mission)) == (3_500, 2_200)
    span = {"from": "2026-03-10T12:00:00Z", "to": "2026-03-10T13:00:00Z"}
    assert (await http.get("/api/money/series", params=span)).json()["items"][0]["cached_tokens"] == 2_200
    calls = (await http.get("/api/money/calls")).json()["items"]
    assert sorted(found["cached_tokens"] for found in calls) == [0, 400, 1_800]
    async with office.outbox.reading() as tx:
        readme = await summary_footer(tx, mission, office.settings.shared)
    assert "| role | calls | tokens in | cached | tokens out | USD |" in readme
    assert "| pm | 3 | 3500 | 63% | 6 | 0.0003 |" in readme
    assert "| **total** | 3 | 3500 | 63% | 6 | 0.0003 |" in readme


async def cache(http: httpx.AsyncClient, mission: Mission) -> tuple[int, int]:
    found = (await http.get(f"/api/missions/{mission.slug}")).json()
    listed = (await http.get("/api/missions")).json()
    listed = listed["items"] if isinstance(listed, dict) else listed
    assert [found[name] for name in ("input_tokens", "cached_tokens")] == [
        listed[0][name] for name in ("input_tokens", "cached_tokens")
    ]
    return found["input_tokens"], found["cached_tokens"]


async def test_a_request_for_budget_says_what_was_spent_what_the_limit_is_and_what_the_next_call_may_need(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    scope, task = mission_scope(mission.id), await claim(office.outbox, await task_of(office.outbox, mission, "a"))
    async with office.outbox.transaction() as tx:
        before = await tx.budgets.get(scope)
        await tx.budgets.settle([scope], 0, before.limit - 100)
        await desk.request_budget(tx, task, LimitReached(await tx.budgets.get(scope), 700))
    (shown,) = (await http.get("/api/desk")).json()["items"]
    assert (shown["scope"], shown["needed"], shown["danger"]) == (scope, 700, None)
    assert (shown["spent"], shown["limit"]) == (before.limit - 100, before.limit)
    (logged,) = (await http.get("/api/log", params={"kind": "desk"})).json()["items"]
    assert (logged["payload"]["kind"], logged["payload"]["amount"]) == ("budget", shown["amount_microusd"])
    await http.post(f"/api/desk/{shown['id']}/approve", json={"limit_microusd": 2 * before.limit})
    assert (await http.get(f"/api/desk/{shown['id']}")).json()["limit"] == 2 * before.limit  # as of now
