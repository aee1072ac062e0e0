"""Of a check that was made several times the last one counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from damascus.core.records.receipts import Receipt, ReceiptDetail, ReceiptKind, standing

FIRST = Receipt(
    "r1", "mis_1", "task_1", ReceiptKind.TESTS, False, "they fail", ReceiptDetail(), datetime(2026, 1, 1, tzinfo=UTC)
)


LATER = FIRST.created_at + timedelta(minutes=1)


def test_what_failed_and_holds_now_does_not_count_as_failed() -> None:
    again = replace(FIRST, id="r2", ok=True, created_at=LATER)
    assert standing([FIRST, again]) == [again]
    assert standing([again, FIRST]) == [FIRST], "what failed last fails"


def test_another_task_and_another_kind_are_other_checks() -> None:
    later = replace(FIRST, created_at=LATER)
    others = [FIRST, replace(later, id="r2", task_id="task_2"), replace(later, id="r3", kind=ReceiptKind.COMMIT)]
    assert standing(others) == others


def test_a_check_that_names_its_repository_says_nothing_of_another_one() -> None:
    here = replace(FIRST, detail=ReceiptDetail(repository="a"))
    there = replace(FIRST, id="r2", ok=True, detail=ReceiptDetail(repository="b"), created_at=LATER)
    assert standing([here, there]) == [here, there]
    assert standing([FIRST, there]) == [there], "nothing was there to be named, and now there is"


def test_of_two_lines_and_of_two_things_that_were_checked_at_once_each_counts() -> None:
    first = replace(FIRST, kind=ReceiptKind.ACCEPTANCE, detail=ReceiptDetail(line=1))
    words, columns = first, replace(first, id="r2", ok=True)
    other = replace(first, id="r3", ok=True, detail=ReceiptDetail(line=2), created_at=LATER)
    assert standing([words, columns, other]) == [words, columns, other]
    again = [replace(words, id="r4", ok=True, created_at=LATER), replace(columns, id="r5", created_at=LATER)]
    assert standing([words, columns, *again]) == again
