"""A passage is found if the page says it word for word, however it was copied; and not if it says something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.knowledge.sources.passages import contains, nearest, normalised

PAGE = (
    "# Bread in figures\n\nThe market grew by **nine percent** in 2025, says the office's “yearly report”.\n"
    "Small baker-\nies lost a tenth of their customers — most to supermarkets.\n\n"
    "Prices: 3.80 EUR a loaf; a cafe\u0301 pays ﬁfty cents less.\n"
)


@pytest.mark.parametrize(
    "passage",
    [
        "grew by **nine percent** in 2025", "The market grew by nine percent in 2025", 'the office\'s "yearly report"',
        "the office’s «yearly report»", "Small bakeries lost a tenth of their customers",
        "customers - most to supermarkets", "customers – most  to\nsupermarkets", "a café pays fifty cents less",
        "mar\u00adket grew by nine", "Prices: 3.80 EUR a loaf",
    ],
)  # fmt: skip
def test_what_copying_changes_does_not_matter(passage: str) -> None:
    assert contains(PAGE, passage)


@pytest.mark.parametrize(
    "passage",
    [
        "grew by ninety percent in 2025", "grew by nine percent in 2026", "the market grew by nine percent in 2025",
        "Small bakeries lost a tenth of customers", "market grew nine percent", "Prices: 380 EUR a loaf",
        "percent nine by grew market The", "Prices: 3,80 EUR a loaf", "did not lose a tenth of their customers",
    ],
)  # fmt: skip
def test_another_word_number_or_order_does(passage: str) -> None:
    assert not contains(PAGE, passage)


def test_the_nearest_sentence_is_offered() -> None:
    assert "nine" in nearest(PAGE, "The market grew by ninety percent in 2025")
    assert "supermarkets" in nearest(PAGE, "bakeries lost a third of their customers to supermarkets")
    assert nearest(PAGE, "zzz qqq") == ""
    assert nearest("", "anything at all") == ""
    assert len(nearest("word " * 10_000, "word")) == 300


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=200))
def test_what_stands_in_a_text_is_found_there(before: str, passage: str, after: str) -> None:
    assert contains(before + passage + after, passage)


@given(st.text(max_size=300))
def test_what_is_normalised_stays_as_it_is(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
