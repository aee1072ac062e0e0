"""What a model wrote, so that a forge does nothing about it: every text that leaves passes here.

A forge obeys words: `Closes owner/other#1` in a commit message closes an issue of another repository, `@name` calls a
person, `[skip ci]` switches checks off, an image tells its server who reads. Which words close is a setting of the
forge, so it is the reference after them that is taken apart, by a space: `# 1`.

Not promised: anything of the files of a repository, which are the work itself.
"""

import re

from damascus.core.text import one_line, visible

_KEYWORD = r"(?:clos|fix|resolv|implement|reopen)\w*"
_RULES = (
    # issues, pull requests, merge requests, smart commits; after an owner and a name, too; and images
    (re.compile(r"([#!])(?=[\w\[])"), r"\1 "),
    # mentions, the time of work, commits of another repository, the addresses of who signs and co-authors
    (re.compile(r"@(?=[-\w])"), "@ "),
    (
        re.compile(r"(/(?:issues?|pulls?|pull-requests|merge_requests|work_items|commits?)/)(?=\w)", re.IGNORECASE),
        r"\1 ",
    ),
    # the keys of other trackers
    (re.compile(rf"\b({_KEYWORD}:?\s+[A-Z][A-Z0-9_]*-)(?=\d)", re.IGNORECASE), r"\1 "),
    # checks switched off
    (re.compile(r"\[([^\[\]\n]*\b(?:skip|no)\b[^\[\]\n]*)\]", re.IGNORECASE), r"(\1)"),
    (re.compile(r"\*{3}(?=\w)|(?<=\w)\*{3}"), "* * *"),
    # trailers, which forges and the company's own lines take for facts
    (re.compile(r"^[ \t]*(?=(?:mission|task|skip-checks|[\w-]+-by)[ \t]*:)", re.IGNORECASE | re.MULTILINE), "- "),
)
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>()#+\-.!|~&=:$^@]")


def harmless(text: str) -> str:
    """Return `text` with no reference, mention, trailer or order in it, and with what is invisible by its code."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    shown = visible(lines)
    for pattern, instead in _RULES:
        shown = pattern.sub(instead, shown)
    return shown


def plain(text: str, max_chars: int = 300) -> str:
    """Return Markdown that shows `text` as it is, on one line."""
    return _MARKDOWN.sub(_escaped, one_line(harmless(text), max_chars))


def quoted(text: str) -> str:
    """Return Markdown that shows `text` as it is, as a quotation that wraps, with no image, link or element in it."""
    lines = harmless(text).strip("\n").split("\n")
    return "\n".join(f"> {_MARKDOWN.sub(_escaped, line.strip())}  ".rstrip(" ") + "  " for line in lines)


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
