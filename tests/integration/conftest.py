"""The whole company, for every story of this folder."""

from tests.fixtures.company import company, shared_company

__all__ = ["company", "shared_company"]
