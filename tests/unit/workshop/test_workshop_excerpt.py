"""Of a long output the head and the tail are kept."""

from hypothesis import given
from hypothesis import strategies as st

from damascus.workshop.output import Excerpt


def test_a_short_output_is_kept_whole() -> None:
    excerpt = Excerpt(10)
    for part in (b"abc", b"defg", b"hij"):
        excerpt.add(part)

    assert excerpt.text() == "abcdefghij"


def test_a_long_output_says_how_many_bytes_are_left_out() -> None:
    excerpt = Excerpt(6)
    excerpt.add(b"headmiddletail")

    assert excerpt.text() == "hea\n[8 of 14 bytes left out]\nail"


def test_bytes_that_are_no_text_do_not_break_it() -> None:
    excerpt = Excerpt(100)
    excerpt.add(b"\xff\xfe ok \x00")

    assert excerpt.text() == "�� ok \x00"


@given(st.lists(st.binary(max_size=50)), st.integers(1, 60))
def test_however_it_arrives_the_excerpt_is_the_same(parts: list[bytes], limit: int) -> None:
    whole, pieces = Excerpt(limit), Excerpt(limit)
    whole.add(b"".join(parts))
    for part in parts:
        pieces.add(part)

    assert whole.text() == pieces.text()
