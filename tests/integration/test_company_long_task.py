"""A task of three hundred turns on a model with a small context: summed up as it goes, never failed, never too long."""

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.books import check_books
from tests.fixtures.company import running
from tests.fixtures.model import one, plans, rehearsal, says

TURNS, CONTEXT = 300, 32_000
FOUND = {"kind": "log", "text": "step <n>: looked at <n> more shops. " + "Each sells bread. " * 25}
FINISH = {"summary": "Three hundred steps were made and each is on the trail, as was asked."}


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("words", "fault"), [("openai", ""), ("litellm", "kill 2")])
def test_a_mission_of_300_turns_on_a_context_of_32000_tokens_ends_well(tmp_path: Path, words: str, fault: str) -> None:
    """With `fault` the worker dies with its second compaction written but not committed."""
    work, faults = {"role": "pm", "kind": "work"}, tmp_path / "faults"
    faults.mkdir()
    if fault:
        (faults / "pm-1.before-compacted").write_text(fault)
    options = ("--context", str(CONTEXT), "--context-words", words)
    config = {"limits__turns_per_task": 320, "limits__lease": 5, "company__faults": str(faults)}
    with rehearsal(tmp_path, *options) as model, running(tmp_path / "root", model, **config) as company:
        model.play(
            plans(one("count", "pm", "note")), says("leave_trail", FOUND, times=TURNS - 1, **work),
            says("finish", FINISH, **work),
        )  # fmt: skip
        mission = company.give("Count the bakeries of Berlin", budget_microusd=20_000_000)
        ended = company.ended(mission, seconds=500)
        assert (ended["status"], ended["reason"]) == ("succeeded", None)
        task = next(task for task in ended["tasks"] if task["key"] == "count")
        turns = company.get(f"/api/tasks/{task['id']}/turns")["items"]
        assert sum(turn["speaker"] == "assistant" for turn in turns) == TURNS
        stats = model.stats()
        assert stats["tokens"]["largest_input"] < CONTEXT
        assert stats["by_fault"]["context"] == 1, "after the first refusal the context is known, to all processes"
        lost = len(list(faults.glob("*.played")))
        assert lost == bool(fault)
        _check_compactions(turns, stats, lost)
        paid = sum(turn["cost_microusd"] or 0 for turn in turns) + sum(
            turn["compaction"]["cost_microusd"] for turn in turns if turn["compaction"]
        )
        assert (task["spent_microusd"] > paid) is bool(lost)
        assert lost or task["spent_microusd"] == paid
        check_books(company, mission)


def _check_compactions(turns: list[dict[str, Any]], stats: dict[str, Any], lost: int) -> None:
    compacted = [turn for turn in turns if turn["compaction"]]
    assert len(compacted) == stats["by_role"]["summary"] - lost
    assert 2 <= len(compacted) < TURNS / 20, "a compaction is for many turns"
    for turn in compacted:
        assert "You used leave_trail" in turn["compaction"]["text"]
        assert turn["compaction"]["cost_microusd"] > 0
