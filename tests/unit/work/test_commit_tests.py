"""Counting tests from what a runner printed."""

import pytest

from damascus.work.receipts.commit_tests import count_tests


@pytest.mark.parametrize(
    ("output", "count"),
    [
        ("..\n------\nRan 2 tests in 0.001s\n\nOK\n", 2),
        (".\n------\nRan 1 test in 0.001s\n\nOK (skipped=1)\n", 0),
        ("Ran 3 tests in 0.001s\n\nOK (skipped=1, expected failures=1)", 2),
        ("Ran 0 tests in 0.000s\n\nOK\n", 0),
        ("Ran 0 tests in 0.000s\n\nNO TESTS RAN\n", 0),
        ("Ran 3 tests in 0.1s\n\nFAILED (failures=1)\n", 0),
        ("===== \x1b[32m3 passed\x1b[0m, 1 skipped in 0.05s =====", 3),
        ("...  [100%]\n3 passed in 0.01s\n", 3),
        ("no tests ran in 0.01s", 0),
        ("1 skipped in 0.01s", 0),
        ("# tests 4\n# suites 0\n# pass 4\n# fail 0\n", 4),
        ("ℹ tests 2\nℹ pass 2\nℹ fail 0\n", 2),
        ("# tests 0\n# pass 0\n", 0),
        ("  5 passing (12ms)\n", 5),
        ("Tests:       1 skipped, 4 passed, 5 total\n", 4),
        ("5 passed inspection", 0),
        ("", 0),
    ],
)
def test_the_usual_runners_are_understood(output: str, count: int) -> None:
    assert count_tests(output) == count


def test_a_long_hostile_output_is_read_in_no_time() -> None:
    for piece in ("1", "=", "1 passed ", "Ran 1 test in ", "\x1b[0", "Tests: "):
        assert count_tests(piece * 100_000) == 0
