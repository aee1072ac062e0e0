"""A report as a PDF. Its words reach the typesetter escaped: nothing in it is markup, or a file that is loaded.

The fonts have Latin, Greek, Cyrillic and many signs. What they do not have is shown as a box; `Pdf.missing` names it.
"""

import io
from dataclasses import dataclass, field

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from reportlab.graphics.shapes import Drawing, PolyLine, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    HRFlowable,
    Indenter,
    KeepTogether,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
    XPreformatted,
)

from damascus.documents.chart import HEIGHT, INK, WIDTH, Chart, DrawnBox, DrawnLine, Shape, draw
from damascus.documents.document import CHART, Document, is_source, plain_text
from damascus.documents.glyphs import MONO, SANS, Glyphs
from damascus.documents.html import CAPTION

MARGIN = 20 * mm
CONTENT_WIDTH = A4[0] - 2 * MARGIN
MIN_COLUMN_WIDTH = 34
MAX_WORD_CHARS, MAX_CELL_CHARS = 24, 60
CELL_PADDING = 9
FULL_PERCENT = 70  # of the width, from which on a table takes the whole
CHARS_PER_CODE_LINE = 94
INDENT = 14
MAX_INDENT = CONTENT_WIDTH / 2
LINK, MUTED, RULE, SHADE = "#0b5cad", "#63655f", "#cfcfc9", "#f4f4f1"
_BODY = ParagraphStyle("body", fontName=SANS, fontSize=10, leading=14.5, spaceAfter=7, alignment=TA_LEFT)
_STYLES = {
    "h1": ParagraphStyle("h1", _BODY, fontName=f"{SANS}-Bold", fontSize=20, leading=24, spaceAfter=5),
    "h2": ParagraphStyle("h2", _BODY, fontName=f"{SANS}-Bold", fontSize=14, leading=18, spaceBefore=13, spaceAfter=5,
                         keepWithNext=1),
    "h3": ParagraphStyle("h3", _BODY, fontName=f"{SANS}-Bold", fontSize=11.5, leading=15, spaceBefore=8, spaceAfter=3,
                         keepWithNext=1),
    "about": ParagraphStyle("about", _BODY, fontSize=9, leading=12, textColor=HexColor(MUTED), spaceAfter=8),
    "quote": ParagraphStyle("quote", _BODY, backColor=HexColor("#fdf8ea"), borderPadding=(4, 6, 4, 8), spaceBefore=5,
                            spaceAfter=11),
    "cell": ParagraphStyle("cell", _BODY, fontSize=8.8, leading=11.8, spaceAfter=0),
    "code": ParagraphStyle("code", _BODY, fontName=MONO, fontSize=8, leading=10.5, backColor=HexColor(SHADE),
                           borderPadding=6, spaceBefore=7, spaceAfter=13),
    "caption": ParagraphStyle("caption", _BODY, fontSize=8, leading=10, textColor=HexColor(MUTED)),
    "source": ParagraphStyle("source", _BODY, fontSize=8.8, leading=12, leftIndent=34, spaceAfter=4, bulletIndent=0,
                             bulletFontName=f"{SANS}-Bold", bulletFontSize=8.8),
}  # fmt: skip
_TABLE = [
    ("LINEBELOW", (0, 0), (-1, 0), 1.2, HexColor("#1c1d1f")),
    ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(RULE)),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 7),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
]


@dataclass(frozen=True, slots=True)
class Pdf:
    """The file's bytes, and the characters that its fonts lack."""

    content: bytes
    missing: str


def render(document: Document) -> Pdf:
    """Return the report as a PDF."""
    glyphs = Glyphs()
    story = _Story(glyphs)
    story.add(Paragraph(glyphs.markup(document.title), _STYLES["h1"]))
    story.add(Paragraph(glyphs.markup(document.about), _STYLES["about"]))
    story.add(HRFlowable(width="100%", thickness=1.4, color=HexColor("#1c1d1f"), spaceAfter=10))
    story.set_blocks(SyntaxTreeNode(document.tokens).children)
    output = io.BytesIO()
    pages = _Pages(
        output, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=glyphs.covered(document.title), author=document.author, invariant=1,
    )  # fmt: skip
    pages.build(story.flowables)
    return Pdf(output.getvalue(), glyphs.missing)


class _Pages(BaseDocTemplate):  # type: ignore[misc]
    """Pages with the title and their number below, and the headings as the reader's outline."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        frame = Frame(MARGIN, MARGIN, CONTENT_WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._footer))

    def _footer(self, canvas: Canvas, _: object) -> None:
        canvas.setFont(SANS, 8)
        canvas.setFillColor(HexColor(MUTED))
        canvas.drawString(MARGIN, 11 * mm, str(self.title)[:100])
        canvas.drawRightString(A4[0] - MARGIN, 11 * mm, str(canvas.getPageNumber()))

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        place = getattr(flowable, "outline_place", None)
        if place is not None:
            key, words = place
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(words, key, level=0)


@dataclass(slots=True)
class _Story:
    """Collects what is set on the pages, block by block.

    `indent` is how far blocks stand in, `source` the entry of the list of sources that the next paragraph is of.
    """

    glyphs: Glyphs
    flowables: list[Flowable] = field(default_factory=list)
    indent: float = 0
    source: str = ""

    def add(self, flowable: Flowable) -> None:
        self.flowables.append(flowable)

    def set_blocks(self, nodes: list[SyntaxTreeNode]) -> None:
        """Set nodes, each by its kind; what has no kind of its own is set by its children."""
        for node in nodes:
            if node.type == "paragraph":
                self._paragraph(node)
            elif node.type == "heading":
                self._heading(node)
            elif node.type in ("fence", "code_block"):
                self._code(node.content)
            elif node.type == "hr":
                self.add(HRFlowable(width="100%", thickness=0.7, color=HexColor(RULE), spaceBefore=10, spaceAfter=8))
            elif node.type == "table":
                self._table(node)
            elif node.type == CHART:
                self._chart(node.meta[CHART])
            elif node.type in ("bullet_list", "ordered_list"):
                self._list(node)
            elif node.type == "blockquote":
                self._quote(node)
            else:
                self.set_blocks(node.children)

    def _paragraph(self, node: SyntaxTreeNode) -> None:
        if self.source:
            place = f'<a name="{self.glyphs.attribute(self.source)}"/>'
            self.add(Paragraph(place + self._words(node), _STYLES["source"], bulletText=self.source))
            self.source = ""
        else:
            self.add(Paragraph(self._words(node), _BODY))

    def _heading(self, node: SyntaxTreeNode) -> None:
        id = str(node.attrs.get("id"))
        if is_source(_opening(node)):
            self.source = id
            return
        style = _STYLES["h2"] if node.tag in ("h1", "h2") else _STYLES["h3"]
        heading = Paragraph(f'<a name="{self.glyphs.attribute(id)}"/>{self._words(node)}', style)
        if style is _STYLES["h2"]:
            words = self.glyphs.covered(plain_text(_line(node.children[0]))) or id
            heading.outline_place = (f"outline-{id}", words)
        self.add(heading)

    def _code(self, text: str) -> None:
        width = max(20, int(CHARS_PER_CODE_LINE * (1 - self.indent / CONTENT_WIDTH)))
        lines = [line[at : at + width] for line in text.expandtabs(4).rstrip("\n").split("\n")
                 for at in range(0, max(len(line), 1), width)]  # fmt: skip
        self.add(XPreformatted("\n".join(self.glyphs.markup(line, MONO) for line in lines), _STYLES["code"]))

    def _list(self, node: SyntaxTreeNode) -> None:
        number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        with_room = self._stand_in()
        for item in node.children:
            mark = f"{number}." if number is not None else "•"
            self._item(item, mark)
            number = number + 1 if number is not None else None
        self._stand_back(with_room)

    def _item(self, item: SyntaxTreeNode, mark: str) -> None:
        style = ParagraphStyle("item", _BODY, bulletIndent=-INDENT, bulletFontName=SANS, spaceAfter=3)
        rest = list(item.children)
        words = self._words(rest.pop(0)) if rest and rest[0].type == "paragraph" else ""
        self.add(Paragraph(words, style, bulletText=mark))
        self.set_blocks(rest)

    def _quote(self, node: SyntaxTreeNode) -> None:
        if all(child.type == "paragraph" for child in node.children):
            for child in node.children:
                self.add(Paragraph(self._words(child), _STYLES["quote"]))
            return
        with_room = self._stand_in()
        self.set_blocks(node.children)
        self._stand_back(with_room)

    def _stand_in(self) -> bool:
        """Indent what follows, unless too little of the line would be left. Returns whether it did."""
        if self.indent + INDENT > MAX_INDENT:
            return False
        self.indent += INDENT
        self.add(Indenter(left=INDENT))
        return True

    def _stand_back(self, did: bool) -> None:
        if did:
            self.indent -= INDENT
            self.add(Indenter(left=-INDENT))

    def _table(self, node: SyntaxTreeNode) -> None:
        rows = [row for part in node.children for row in part.children]
        columns = max(len(row.children) for row in rows)
        size = 8.8 if columns <= 6 else max(5.0, 8.8 * 6 / columns)
        cell = ParagraphStyle("cell", _STYLES["cell"], fontSize=size, leading=size * 1.34)
        set_rows = [[self._cell(one, cell) for one in row.children] for row in rows]
        texts = [[plain_text(_line(one.children[0])) if one.children else "" for one in row.children] for row in rows]
        table = LongTable(
            set_rows, colWidths=self._widths(texts, size), repeatRows=1, splitInRow=1,
            hAlign="LEFT", spaceAfter=10, spaceBefore=2,
        )  # fmt: skip
        table.setStyle(TableStyle(_TABLE))
        self.add(table)

    def _widths(self, rows: list[list[str]], size: float) -> list[float]:
        """Return the columns' widths: what their words ask for, within reason, together at most the whole width."""
        width, columns = CONTENT_WIDTH - self.indent, max(len(row) for row in rows)
        asked = []
        for column in range(columns):
            texts = [row[column] for row in rows if column < len(row)]
            word = max((word for text in texts for word in text.split()), key=len, default="")[:MAX_WORD_CHARS]
            longest = max(texts, key=len, default="")[:MAX_CELL_CHARS]
            asked.append(max(self.glyphs.width(word, size), self.glyphs.width(longest, size)) + CELL_PADDING)
        if sum(asked) <= width:
            return asked if sum(asked) * 100 < width * FULL_PERCENT else [one * width / sum(asked) for one in asked]
        least = min(MIN_COLUMN_WIDTH, width / columns)
        above = [max(one - least, 0) for one in asked]
        return [least + (width - least * columns) * one / (sum(above) or 1) for one in above]

    def _cell(self, node: SyntaxTreeNode, style: ParagraphStyle) -> Paragraph:
        words = self._words(node)
        right = "right" in str(node.attrs.get("style", ""))
        its = ParagraphStyle("right", style, alignment=TA_RIGHT) if right else style
        return Paragraph(f"<b>{words}</b>" if node.type == "th" else words, its)

    def _chart(self, chart: Chart) -> None:
        caption = Paragraph(self.glyphs.markup(f"{chart.title}. {CAPTION}"), _STYLES["caption"])
        self.add(KeepTogether([Spacer(1, 4), _drawing(chart, self.glyphs, CONTENT_WIDTH - self.indent), caption]))

    def _words(self, node: SyntaxTreeNode) -> str:
        """Return a line's words as the typesetter's markup, escaped."""
        return "".join(self._inline(child) for child in node.children)

    def _inline(self, node: SyntaxTreeNode) -> str:
        within = "".join(self._inline(child) for child in node.children)
        match node.type:
            case "text":
                return self.glyphs.markup(node.content)
            case "code_inline":
                return f'<font name="{MONO}" size="-1">{self.glyphs.markup(node.content, MONO)}</font>'
            case "softbreak":
                return " "
            case "hardbreak":
                return "<br/>"
            case "strong":
                return f"<b>{within}</b>"
            case "em":
                return f"<i>{within}</i>"
            case "s":
                return f"<strike>{within}</strike>"
            case "link":
                href = self.glyphs.attribute(str(node.attrs.get("href")))
                return f'<a href="{href}" color="{LINK}">{within}</a>'
            case _:
                return within or self.glyphs.markup(node.content)


def _opening(node: SyntaxTreeNode) -> Token:
    assert node.nester_tokens is not None
    return node.nester_tokens.opening


def _line(node: SyntaxTreeNode) -> Token:
    assert node.token is not None
    return node.token


def _drawing(chart: Chart, glyphs: Glyphs, width: float) -> Drawing:
    scale = width / WIDTH
    drawing = Drawing(width, HEIGHT * scale)
    for shape in draw(chart):
        drawing.add(_drawn(shape, scale, glyphs))
    return drawing


def _drawn(shape: Shape, scale: float, glyphs: Glyphs) -> PolyLine | Rect | String:
    if isinstance(shape, DrawnLine):
        points = [value for x, y in shape.points for value in (x * scale, (HEIGHT - y) * scale)]
        return PolyLine(points, strokeColor=HexColor(shape.colour), strokeWidth=shape.width * scale)
    if isinstance(shape, DrawnBox):
        bottom = (HEIGHT - shape.y - shape.height) * scale
        return Rect(shape.x * scale, bottom, shape.width * scale, shape.height * scale,
                    fillColor=HexColor(shape.colour), strokeColor=None)  # fmt: skip
    return String(shape.x * scale, (HEIGHT - shape.y) * scale, glyphs.covered(shape.text), textAnchor=shape.anchor,
                  fontName=SANS, fontSize=8.2, fillColor=HexColor(INK))  # fmt: skip
