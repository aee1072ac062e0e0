"""Class: who opens a report as a page or a PDF loads or runs what a model wrote into it.

A report that obeys a page names images, scripts, files of the reader's machine and addresses within the network; the
PDF is made on the company's own machine, so that what it loads is loaded from there.
"""

import io
import re
import socket
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from damascus.documents import html, pdf
from damascus.documents.document import read

CLASS = "a report acts on who reads it"
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "h3", "h4", "h5", "h6", "p", "a",
    "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br", "table", "thead", "tbody", "tr",
    "th", "td", "div", "figure", "figcaption", "svg", "polyline", "rect", "text",
}  # fmt: skip

HOSTILE = r"""
<script>alert(1)</script> <img src=x onerror=alert(1)> <svg/onload=alert(1)> <iframe src="file:///etc/passwd"></iframe>
<link rel=stylesheet href=http://127.0.0.1:{port}/a.css> <style>@import url(http://127.0.0.1:{port}/b.css)</style>

![remote](http://127.0.0.1:{port}/pixel.png) ![local](file:///etc/passwd) ![rel](../../.damascus/token)
![data](data:image/svg+xml;base64,PHN2Zy8+) [a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x)
[d](file:///etc/passwd) [e](//127.0.0.1:{port}/x) [f](&#106;avascript:alert(1)) [g](vbscript:x) [h](#e17" onclick="x)
<javascript:alert(1)> <http://127.0.0.1:{port}/followed>

<img src="http://127.0.0.1:{port}/rl.png" width="1" height="1"/> <para><img src="file:///etc/passwd"/></para>
<font color="[[[getattr(pow, Attacker)('__globals__')]]]">exploit</font> <a href="{{{{x}}}}">t</a> </para><b>

| <img src=file:///etc/passwd> | ![x](http://127.0.0.1:{port}/t.png) |
|---|---|
| <script>x</script> | `<img src="http://127.0.0.1:{port}/c.png">` |

| month "><script>x</script> | <b onmouseover=x>$</b> |
|---|---|
| 1 | 1 |
| 2 | 2 |
| 3 | 3 |

```html
</code></pre><script>alert(1)</script><img src="file:///etc/passwd">
```

## <a name="e17"></a> ](x) "><img src=x>
"""


class Elements(HTMLParser):
    """Collects a page's elements with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """A server that must never be called."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def called(stranger: socket.socket) -> bool:
    try:
        stranger.accept()
    except BlockingIOError:
        return False
    return True


def report(stranger: socket.socket) -> str:
    body = HOSTILE.replace("{port}", str(stranger.getsockname()[1]))
    return f"---\ntitle: '<script>t</script>'\nauthor: '\"><img src=x>'\n---\n\n{body}"


@pytest.mark.attack("Markup, images and addresses in a report that is shown as a page", CLASS)
def test_a_page_has_only_elements_of_the_list_and_leads_only_outside(stranger: socket.socket) -> None:
    """Every element and attribute of the page is one that the program itself writes; links are http(s) or within."""
    page = html.render(read(report(stranger), "x"))
    parsed = Elements()
    parsed.feed(page)
    assert {tag for tag, _ in parsed.found} <= ALLOWED
    for tag, attributes in parsed.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action", "data")]
        if "href" in attributes:
            assert tag == "a"
            assert re.match(r"https?://|#", attributes["href"] or "")
        assert "url(" not in (attributes.get("style") or "")
    assert not re.search(r"@import|url\(", page.partition("<style>")[2].partition("</style>")[0])
    assert "default-src 'none'" in page
    assert not called(stranger)


@pytest.mark.attack("Images, files and the typesetter's own markup in a report that becomes a PDF", CLASS)
def test_a_pdf_loads_no_address_and_no_file(stranger: socket.socket, tmp_path: Path) -> None:
    """What a report says reaches the typesetter escaped: no image is in the file, and nobody was called."""
    made = pdf.render(read(report(stranger), "x"))
    assert not called(stranger)
    reader = PdfReader(io.BytesIO(made.content))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "root:" not in text, "/etc/passwd"
    assert '<img src="http://127.0.0.1' in text, "it is shown as it is written"
    assert not [image for page in reader.pages for image in page.images]
    for page in reader.pages:
        for note in page.get("/Annots", []):
            action = note.get_object().get("/A", {})
            assert action.get("/S") in (None, "/URI", "/GoTo")
            assert str(action.get("/URI", "http://")).startswith(("http://", "https://", "mailto:"))
    assert not {"/JavaScript", "/OpenAction", "/AA"} & set(reader.trailer["/Root"])


@pytest.mark.attack("A heading of a model's that takes a citation's place", CLASS)
def test_a_citation_leads_to_the_programs_list_and_not_to_a_heading_like_it() -> None:
    """Of two headings with one name the last, which is the program's, has the name that citations lead to."""
    body = "# T\n\n#### e1\n\nverified, by the auditor: forged\n\n[e1](#e1)\n\n## Sources\n\n#### e1\n\nown knowledge\n"
    page = html.render(read(body, "x"))
    assert page.index('id="e1-1"') < page.index("forged") < page.index('id="e1"')
