"""Tools on the company's reports."""
