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


@given(st.text(max_size=200), st.text(min_size=15, max_size=60), st.text(max_size=200))
def test_what_stands_in_a_text_is_found_there(before: str, passage: str, after: str) -> None:
    assert contains(f"{before}\n{passage}\n{after}", passage) == (len(normalised(passage)) >= 15)


@pytest.mark.parametrize(
    ("page", "passage"),
    [
        ("It is unprofitable for most bakeries.", "profitable for most bakeries"),
        ("It is profitable for most bakeries.", "It is profitable for most bake"),
        ("A rise of 19.5 percent in a year.", "5 percent in a year"),
        ("A rise of 19.5 percent in a year.", "9.5 percent in a year"),
        ("A rise of -5 percent in a year.", "5 percent in a year"),
        ("A rise of 2–15 percent a year.", "15 percent a year"),
        ("The price of a loaf is 3.80 euros.", "The price of a loaf is 3"),
        ("The price of it is 3,800 euros.", "The price of it is 3"),
        ("The shops that stay: 1'200 in all.", "The shops that stay: 1"),
        ("The year of change is 2025.", "The year of change is 202"),
        ("Their revenue is > 5 million.", "Their revenue is 5 million."),
        ("Each pays 5 * 30 euros a day.", "Each pays 5 30 euros a day."),
        ("Each pays 5*30 euros a day.", "Each pays 530 euros a day."),
        ("The name is a_long_name here.", "The name is alongname here."),
        ("Anything at all.", "* * * * * * * * * * *"),
        ("Anything at all.", "\u200b" * 20),
        ("", " " * 40),
    ],
)
def test_a_part_of_a_word_or_of_a_number_is_another_one(page: str, passage: str) -> None:
    assert not contains(page, passage)


@pytest.mark.parametrize(
    ("page", "passage"),
    [
        (
            "unlike those that order online, like those that order online",
            "like those that order online",
        ),  # at the second place
        ("パンの市場は昨年九パーセント成長したと統計局が発表した", "市場は昨年九パーセント成長したと統計局"),
        ("> **Note:** a _small_ rise\n> of COVID-19 in spring", "Note: a small rise of COVID-19 in spring"),
        ("The name is set\\_up here\\.", "The name is set_up here."),
        ("## Prices\n\n| loaf | 3.80 |\n| roll | 0.40 |", "loaf 3.80 roll 0.40"),
        ("He said “15 percent of us left”—7 years ago.", "15 percent of us left"),
        ("word—7 years of work ago.", "7 years of work ago"),
        ("COVID-19 has closed some.", "19 has closed some."),
        ("There were 12, 13 and 14 of them.", "13 and 14 of them"),
        ("There were 12 and 14, in all.", "There were 12 and 14"),
        ("they have 5*30 and a_name each", "5*30 and a_name each"),
    ],
)
def test_whole_words_and_numbers_are_found(page: str, passage: str) -> None:
    assert contains(page, passage)


@given(st.text(max_size=300))
def test_what_is_normalised_stays_as_it_is(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
