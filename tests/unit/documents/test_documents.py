"""A report as a page and as a PDF: all that it says is there, its citations lead to its sources, nothing else does."""

import io
import re
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from damascus.documents import html, pdf
from damascus.documents.document import read

REPORT = """---
title: 'Twelve months'
mission: gym
author: Marcus Rivera, Sales
created_at: '2026-11-29T18:06:22+00:00'
sources: [e4, e17]
---

# Twelve months: Γειά, Привет

> A quotation of **two** lines
> in one.

We break even [e17, verified](#e17), see [the guild](https://example.org/?a=1&b="2") & [ideas](ideas.md).

| Month | Revenue | Note |
|---|---:|---|
| 1 | $100 | `begins` |
| 2 | $250 | *grows* |
| 3 | $400 | pays |

1. First
   - within
2. Second

```python
print("<b>")
```

## Sources

*Listed by the program, from the mission's trail.*

#### e4

own knowledge, by pm, 2026-11-29 18:06 UTC: People pay.

#### e17

verified, by sales, 2026-11-29 18:06 UTC: The guild says so.
"""


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_a_page_is_whole_says_who_and_when_and_links_citations_to_sources() -> None:
    page = html.render(read(REPORT, "README"))
    assert "<h1>Twelve months: Γειά, Привет</h1>" in page
    assert page.count("Twelve months") == 2, "as its title and as its headline"
    assert "Marcus Rivera, Sales · 29 November 2026, 18:06 UTC · mission gym" in page
    assert '<a href="#e17" class="cite">e17, verified</a>' in page
    assert '<h4 id="e17" class="source">e17</h4>' in page
    assert 'rel="noopener noreferrer"' in page
    assert "ideas.md" not in page, "a file of the company's is not there where the page is shown"
    assert "&lt;b&gt;" in page
    assert "Revenue ($) by month. Drawn by the program from the table above." in page
    (svg,) = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    drawn = ElementTree.fromstring(svg)
    assert len([one for one in drawn if one.tag.endswith("rect")]) == 4, "three bars and the legend"


def test_a_pdf_has_the_same_words_its_links_and_an_outline() -> None:
    made = pdf.render(read(REPORT, "README"))
    reader = PdfReader(io.BytesIO(made.content))
    text = text_of(made.content)
    for words in (
        "Γειά, Привет",
        "A quotation of two lines in one.",
        "$250",
        "begins",
        "within",
        'print("<b>")',
        "The guild says so.",
    ):
        assert words in text
    assert made.missing == ""
    assert reader.metadata is not None
    assert reader.metadata.title == "Twelve months: Γειά, Привет"
    assert [entry["/Title"] for entry in reader.outline] == ["Sources"]
    links = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    assert [link["/A"]["/URI"] for link in links if "/A" in link] == ["https://example.org/?a=1&b=%222%22"]
    assert len([link for link in links if "/Dest" in link or "/D" in link.get("/A", {})]) == 1


def test_a_pdf_is_the_same_whenever_it_is_made() -> None:
    assert pdf.render(read(REPORT, "x")).content == pdf.render(read(REPORT, "x")).content


def test_what_the_fonts_lack_is_named_and_does_no_harm() -> None:
    made = pdf.render(
        read("# Signs ✓ → ≥ 😀\n\n中文 👩‍👩‍👧 \u202egnp.exe e\u0301 \U0001f9ff and `中` code\n\n```\n表\n```\n", "x")
    )
    assert set(made.missing) >= {"中", "文", "表"}
    assert "😀" not in made.missing
    assert "✓" in text_of(made.content)


@pytest.mark.parametrize(
    "body",
    [
        "| a | b |\n|---|---|\n" + f"| {'long words ' * 3000} | x |\n",
        "| a | b |\n|---|---|\n" + "| one | two |\n" * 3000,
        "|" + "h|" * 60 + "\n|" + "---|" * 60 + "\n|" + "word and word|" * 60,
        "x" * 50_000,
        "```\n" + "y" * 3000 + "\n" + "line\n" * 2000 + "```",
        "> " * 30 + "deep",
        "".join("  " * n + "- item\n" for n in range(40)),
        "- ```\n  code\n  ```\n- | a | b |\n  |---|---|\n  | 1 | 2 |\n",
        "1. \n2.\n\n- \n",
        "# \n\n## \n\n####### seven\n",
        "[a][b]\n\n[b]: #nowhere\n",
        "***\n___\n",
        "&#0; &#xD800; \\u0000",
        "[" * 5000 + "](" * 5000,
        "**" * 3000 + "x",
        "| a |\n|---|\n",
        "",
    ],
    ids=["cell over pages", "long table", "wide table", "one word", "code", "quotes", "lists", "blocks in lists",
         "empty items", "empty headings", "link to nowhere", "rules", "characters", "brackets", "stars", "no rows",
         "empty"],
)  # fmt: skip
def test_strange_reports_become_documents_as_well(body: str) -> None:
    found = read(f"# T\n\n{body}", "x")
    assert html.render(found).endswith("</html>\n")
    assert pdf.render(found).content.startswith(b"%PDF")


def test_a_report_without_front_matter_or_with_a_broken_one_is_shown() -> None:
    assert read("just words", "ideas").title == "ideas"
    broken = read("---\na: [\n---\n\n# Head\n\nwords\n", "ideas")
    assert (broken.title, broken.about) == ("Head", "")
    assert "words" in html.render(broken)
