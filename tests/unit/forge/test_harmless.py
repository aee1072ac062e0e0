"""Words of a model that leave for the forge: it finds nothing in them to obey, whatever they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.forge.harmless import harmless, quoted

# as Gitea looks for them (modules/references), and wider: whatever stands around
REFERENCES = (
    re.compile(r"[#!][0-9]+"),
    re.compile(r"[\w.-]+/[\w.-]+[#!@][0-9a-f]+"),
    re.compile(r"@[-\w]"),
    re.compile(r"/(?:issues|pulls?|merge_requests|commit)/\w", re.IGNORECASE),
    re.compile(r"(?:clos|fix|resolv|reopen)\w*:?\s+[A-Z][A-Z0-9]*-[0-9]", re.IGNORECASE),
    re.compile(r"\[(?:skip|no) (?:ci|actions)\]|\[(?:ci|actions) skip\]|\*\*\*NO_CI\*\*\*", re.IGNORECASE),
    re.compile(r"^\s*(?:co-authored-by|signed-off-by|skip-checks|mission|task):", re.IGNORECASE | re.MULTILINE),
    re.compile(r"!\["),
)
PIECES = (
    "closes", "Fixes:", "RESOLVES", "owner/other", "#1", "!22", "#", "!", "@", "@founder", "@org/team", "1", "1h",
    "http://gitea/owner/other/issues/", "/pulls/", "PROJ-", "-7", "[skip ci]", "[ci", "skip]", "***NO_CI***",
    "![x](http://evil/x.png)", "<img src=x>", "[", "]", "(", ")", "\n", "\r", "\u200b", "\u202e", "\u2060", "\x00",
    "Co-authored-by: A <a@b.c>", "Task: task_1", "skip-checks: true", "`", "```", "~~~", "> ", "    ", "\t",
    "&#35;", "\\", "---", "===", "1. ", "- ", "|", "$$", "<!--", "-->", " ", "a", "\ud800", "０", "١",
)  # fmt: skip
WORDS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join)


@given(WORDS)
def test_no_text_has_a_reference_a_mention_or_an_order(text: str) -> None:
    shown = harmless(text)
    found = [pattern.pattern for pattern in REFERENCES if pattern.search(shown)]
    assert found == [], shown
    assert all(c == "\n" or c.isprintable() for c in shown)
    assert harmless(shown) == shown


@given(WORDS)
def test_quoted_text_is_a_quotation_only_and_escapes_every_mark(text: str) -> None:
    for line in quoted(text).split("\n"):
        assert line.startswith("> ")
        unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", line[2:])
        assert not re.search(r"[\\`*_\[\]<>#!|~&$]", unescaped), line
        assert not line.startswith(">     ")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Closes owner/other#1", "Closes owner/other# 1"),
        ("fixes #12, resolves !3", "fixes # 12, resolves ! 3"),
        ("Closes http://gitea:3000/owner/other/issues/1", "Closes http://gitea:3000/owner/other/issues/ 1"),
        ("thanks @founder", "thanks @ founder"),
        ("Add invoices [skip ci]", "Add invoices (skip ci)"),
        ("Say hello!\n\n- one\n- two", "Say hello!\n\n- one\n- two"),
        ("see https://docs.python.org/3/library/re.html", "see https://docs.python.org/3/library/re.html"),
        ("a\u200bb", "a<U+200B>b"),
    ],
)
def test_what_is_harmless_is_left_as_it_is(given: str, shown: str) -> None:
    assert harmless(given) == shown


def test_what_is_quoted_wraps_and_shows_as_it_was_written() -> None:
    assert quoted("Build *it*.\nThen <b>stop</b>") == "> Build \\*it\\*\\.  \n> Then \\<b\\>stop\\</b\\>  "
