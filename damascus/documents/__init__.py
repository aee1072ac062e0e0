"""Reports as documents to show to somebody: one HTML page, or a PDF; both drawn from the same Markdown, and inert."""
