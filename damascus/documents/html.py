"""A report as one HTML page that loads nothing: its style is within, its charts are drawn in it."""

from html import escape
from importlib.resources import files
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from damascus.documents.chart import HEIGHT, INK, WIDTH, Chart, DrawnBox, DrawnLine, Shape, draw
from damascus.documents.document import CHART, Document, is_source, parser

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
CAPTION = "Drawn by the program from the table above."
_FONT_SIZE = 12


class _Renderer(RendererHTML):
    """Markdown's own renderer; tables scroll where they are too wide, sources stand as a list."""

    def table_open(self, *_: Any) -> str:
        return '<div class="table"><table>\n'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"

    def heading_open(self, tokens: list[Token], at: int, options: Any, _: Any) -> str:
        if is_source(tokens[at]):
            tokens[at].attrJoin("class", "source")
        return self.renderToken(tokens, at, options, {})

    def chart(self, tokens: list[Token], at: int, *_: Any) -> str:
        chart: Chart = tokens[at].meta[CHART]
        return f"<figure>\n{svg(chart)}\n<figcaption>{escape(chart.title)}. {CAPTION}</figcaption>\n</figure>\n"


def render(document: Document) -> str:
    """Return the whole page."""
    style = files("damascus.documents").joinpath("style.css").read_text(encoding="utf-8")
    markdown = parser(_Renderer)
    body = markdown.renderer.render(document.tokens, markdown.options, {})
    title, about = escape(document.title), escape(document.about)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header>
<h1>{title}</h1>
<p class="about">{about}</p>
</header>
{body}</main>
</body>
</html>
"""


def svg(chart: Chart) -> str:
    """Return a chart as an element of a page."""
    shapes = "\n".join(_shape(shape) for shape in draw(chart))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(chart.title)}" font-size="{_FONT_SIZE}">\n{shapes}\n</svg>'
    )


def _shape(shape: Shape) -> str:
    if isinstance(shape, DrawnLine):
        points = " ".join(f"{x:g},{y:g}" for x, y in shape.points)
        return (
            f'<polyline points="{points}" fill="none" stroke="{shape.colour}" stroke-width="{shape.width:g}" '
            'stroke-linejoin="round"/>'
        )
    if isinstance(shape, DrawnBox):
        return (
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" '
            f'fill="{shape.colour}"/>'
        )
    return (
        f'<text x="{shape.x:g}" y="{shape.y:g}" text-anchor="{shape.anchor}" fill="{INK}">{escape(shape.text)}</text>'
    )
