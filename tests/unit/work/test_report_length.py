"""How long a report is, as its author is told and as a limit counts."""

import pytest

from damascus.work.delivery.citations import linked, with_marks
from damascus.work.delivery.report_length import length_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one", 1),
        ("One two\nthree.  Four", 4),
        ("# A title of five words\n\nBody of four words", 4),
        ("## A heading counts", 3),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 4),
        ("- a list - of five words", 5),
        ("paid well [e17] by three [e17, e18]", 4),
        ("größer als 4 €", 3),
    ],
)
def test_words_are_what_holds_a_letter_or_a_digit(text: str, words: int) -> None:
    assert length_of(text).words == words


def test_the_marks_of_the_program_change_no_length() -> None:
    body = "# Title\n\nThey pay $9 [e17], as we think [e18]."
    marked = linked(with_marks(body, {"e17": "verified", "e18": "own knowledge"}))
    assert "[e17, verified](#e17)" in marked
    assert length_of(marked) == length_of(body)
    assert length_of(body).words == 6


def test_it_reads_as_a_person_would_say_it() -> None:
    assert str(length_of("word " * 1506)) == "1,506 words, 7,529 characters"
