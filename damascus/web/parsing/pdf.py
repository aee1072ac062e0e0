"""The text of a PDF, page by page."""

import io
import logging

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from damascus.web.parsing.protocol import ParsedPage, ParseFailure

MAX_PAGES = 300


def parse_pdf(body: bytes) -> ParsedPage | ParseFailure:
    """Return the text of its first MAX_PAGES pages, each under a line that says its number."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            return ParseFailure(kind="paywall", message="the PDF is locked by a password; use another source")
        count = len(reader.pages)
        texts = [page.extract_text().strip() for page in reader.pages[:MAX_PAGES]]
        about = reader.metadata
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError) as error:
        why = type(error).__name__  # what a broken file makes of the library is not foreseen
        return ParseFailure(kind="no_text", message=f"the PDF cannot be read ({why}); look for it elsewhere")
    if not any(texts):
        return ParseFailure(kind="no_text", message="the PDF holds pictures of text only; look for it as text")
    body_text = "\n\n".join(f"## Page {number}\n\n{text}" for number, text in enumerate(texts, 1) if text)
    if count > MAX_PAGES:
        body_text += f"\n\n(The PDF has {count} pages; the first {MAX_PAGES} were read.)"
    created = about.creation_date if about else None
    return ParsedPage(
        text=body_text, title=(about.title or "").strip()[:500] if about else "",
        author=(about.author or "").strip()[:500] if about else "", date=created.date().isoformat() if created else "",
    )  # fmt: skip
