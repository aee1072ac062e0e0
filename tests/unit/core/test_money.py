"""Micro-USD and US dollars: one rounding rule, one way to write an amount."""

import pytest

from damascus.core.money import format_usd, to_microusd, to_usd


@pytest.mark.parametrize(
    ("usd", "microusd"), [(2.0, 2_000_000), (1.25, 1_250_000), (0.0000014, 1), (1e-9, 1), (0, 0), (-0.5, -500_000)]
)
def test_dollars_become_whole_micro_usd_and_a_positive_amount_is_never_nothing(usd: float, microusd: int) -> None:
    assert to_microusd(usd) == microusd


@pytest.mark.parametrize(
    ("microusd", "text"),
    [(0, "$0.00"), (2_000_000, "$2.00"), (1_234_500, "$1.2345"), (10_000, "$0.01"), (9_999, "$0.0100"), (1, "$0.0000")],
)
def test_an_amount_is_written_in_cents_or_finer_where_it_has_fractions_of_them(microusd: int, text: str) -> None:
    assert format_usd(microusd) == text


def test_micro_usd_are_dollars_again() -> None:
    assert to_usd(to_microusd(1.2345)) == 1.2345
