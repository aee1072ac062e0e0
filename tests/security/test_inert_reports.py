"""A report loads and runs nothing in whatever renders it, and a commit's message does nothing at the forge.

Class: a trusted program acts on a text that a model wrote. Siblings: the title of a report, what the program itself
quotes below the VP's summary, the titles of issues. Rendered here by CommonMark's own rules, with all raw HTML let
through.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.bus.streams import Bus
from damascus.forge.harmless import harmless
from damascus.ledger.engine import Ledger
from damascus.work.delivery.inert_markdown import inert_markdown
from tests.fixtures.rendered import what_it_loads
from tests.fixtures.workbench import BODY, Workbench, open_workbench

CLASS = "a reader's program acts on a model's text"
FETCHES = [
    "![a](http://x/?d)", "![a][r]\n\n[r]: http://x/?d", "![r]\n\n[r]: http://x/?d", "[![a](http://x/?d)](http://x)",
    "\\![a](http://x/?d)", "\\\\![a](http://x/?d)", "!![a](http://x/?d)", "!\\![a](http://x/?d)",
    "<img src=http://x/?d>", "<div>\n<IMG/src=http://x/?d>\n</div>", "<img\nsrc='http://x/?d'>", "<svg onload=fetch()>",
    "<div>\n<https://x/style='background:url(//x)'>\n</div>", "<div>\n<a<b style='background:url(//x)'>\n</div>",
    "<script>fetch('http://x')</script>", "<STYLE>@import 'http://x';</STYLE>", "<!--\n<img src=x>\n-->",
    "<!DOCTYPE html SYSTEM 'http://x'>", "<?xml-stylesheet href='http://x'?>", "a <table background=http://x><td>b",
    "<" + "a" * 300 + " style='background:url(//x)'>", "<iframe srcdoc='<img src=x>'></iframe>",
]  # fmt: skip
PIECES = st.sampled_from(
    [
        "!",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "img",
        "script",
        "a",
        " ",
        "\n",
        "/",
        "\\",
        "`",
        "=",
        "'",
        '"',
        "src=x",
        "div",
        "http://x",
        "?",
        "-",
    ]
)
SAME = [
    "a < b, and b > a",
    "`List<String>`",
    "#include <stdio.h>",
    "see <https://example.org/page>",
    "wow! [a](b)",
    "<br>",
    "2! = 2",
]


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        yield workbench


@pytest.mark.attack("an image or a tag in a report that calls home", CLASS)
@pytest.mark.parametrize("text", FETCHES)
def test_what_a_renderer_would_fetch_is_text(text: str) -> None:
    assert what_it_loads(text) or text.startswith(("<div>\n<a<b", "\\!", "!\\")), "not an attack"
    assert what_it_loads(inert_markdown(text)) == []
    assert inert_markdown(inert_markdown(text)) == inert_markdown(text)


@pytest.mark.attack("an image or a tag in pieces", CLASS)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_spelling_gets_through(text: str) -> None:
    assert what_it_loads(inert_markdown(text)) == []


@pytest.mark.attack("a report that is spoiled by its own protection", CLASS)
@pytest.mark.parametrize("text", SAME)
def test_what_loads_nothing_stays_as_it_is(text: str) -> None:
    assert inert_markdown(text) == text


@pytest.mark.attack("a report's title and sources that call home", CLASS)
async def test_the_file_of_a_report_is_inert_as_a_whole(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable={"kind": "report", "name": "prd"})
    ref = await workbench.cite(task, "<img src=http://x/?source>")
    title = "![t](http://x/?title) <img src=x>"
    await workbench.call(task, "write_report", name="prd", title=title, body=f"{BODY} {FETCHES[0]}", sources=[ref])
    assert what_it_loads(workbench.report("prd").read_text().partition("\n---\n")[2]) == []
    assert [receipt.ok for receipt in await workbench.check(task)] == [True, True]


@pytest.mark.attack("a message that closes another task's issue, or calls somebody", CLASS)
@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Closes #7", "Closes # 7"),
        ("fixes acme/shop#7, resolves !8", "fixes acme/shop# 7, resolves ! 8"),
        ("closes https://git.example.org/acme/shop/issues/7", "closes https://git.example.org/acme/shop/issues/ 7"),
        ("thanks @founder", "thanks @ founder"),
        ("C# and 3 @ 5: done! # fine", "C# and 3 @ 5: done! # fine"),
    ],
)
def test_a_text_for_the_forge_refers_to_nothing(said: str, left: str) -> None:
    assert harmless(said) == left
