"""Every entry that a text cites is found, however it is written; its mark stands beside it."""

import pytest

from damascus.work.delivery.citations import cited_refs, flagged, linked, uncited, with_marks

MARKS = {"e1": "verified", "e2": "own knowledge", "e3": "cited, not verified", "e4": ""}


@pytest.mark.parametrize(
    ("text", "refs", "shown"),
    [
        ("It grew [e1].", ["e1"], "It grew [e1, verified]."),
        ("It grew [e1][e2].", ["e1", "e2"], "It grew [e1, verified][e2, own knowledge]."),
        ("[e1, e2; e3]", ["e1", "e2", "e3"], "[e1, verified] [e2, own knowledge] [e3, cited, not verified]"),
        ("[e3, cited, not verified; e1, verified]", ["e3", "e1"], "[e3, cited, not verified] [e1, verified]"),
        ("[e1, own knowledge]", ["e1"], "[e1, verified]"),
        ("[E1] and [ e2 ]", ["e1", "e2"], "[e1, verified] and [e2, own knowledge]"),
        ("[e1: the guild]", ["e1"], "[e1, verified: the guild]"),
        ("[e1, verified: the guild]", ["e1"], "[e1, verified: the guild]"),
        ("[source e1, p. 4]", ["e1"], "[source e1, verified, p. 4]"),
        ("[^e1] 【e2】", ["e1", "e2"], "[^e1, verified] [e2, own knowledge]"),
        ("[e1](https://example.org)", ["e1"], "[e1](https://example.org)"),
        ("[e4] [e99] [e007]", ["e4", "e99", "e7"], "[e4] [e99] [e7]"),
        ("a[e1] [e2e] [e2.5] [v1.e2] [the e-mail] [e] [e1x] (e1) e1 [x/e1]", [], None),
        ("[e1\ne2]", [], None),
    ],
)
def test_citations_are_found_and_marked(text: str, refs: list[str], shown: str | None) -> None:
    assert cited_refs(text) == refs
    assert with_marks(text, MARKS) == (shown if shown is not None else text)
    assert with_marks(with_marks(text, MARKS), MARKS) == with_marks(text, MARKS)


def test_an_entry_is_found_once_and_marked_everywhere() -> None:
    assert cited_refs("[e2] [e1] [e2]") == ["e2", "e1"]
    assert with_marks("[e1] and [e1]", MARKS) == "[e1, verified] and [e1, verified]"


def test_what_the_program_quotes_cites_nothing() -> None:
    said = "holds: “it grew [e3, own knowledge](#e3) [e99] 【e1】” `a[e1]` [1] [prd.md](prd.md)"
    assert uncited(said) == "holds: “it grew (e3, own knowledge) (e99) (e1)” `a[e1]` [1] [prd.md](prd.md)"
    assert cited_refs(uncited(said)) == []


def test_what_is_corrected_is_flagged_once_and_all_else_stays() -> None:
    text = "[e1] [e2, own knowledge] [e1, verified: the guild] (e1) a[e1]"
    shown = "[e1, corrected by e7] [e2, own knowledge] [e1, corrected by e7: the guild] (e1) a[e1]"
    assert flagged(text, {"e1": "e7"}) == shown
    assert flagged(shown, {"e1": "e7"}) == shown
    assert flagged(text, {}) == text


def test_a_citation_leads_to_the_list_and_a_link_stays() -> None:
    text = "[e1, verified] [e007] [e2](https://example.org) [e3]: x [not one] [1]"
    assert linked(text) == "[e1, verified](#e1) [e007](#e7) [e2](https://example.org) [e3]: x [not one] [1]"
    assert linked(linked(text)) == linked(text)
