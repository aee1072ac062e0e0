"""The whole company, for every story of this folder."""

from tests.fixtures.company import companies, company, shared_company

__all__ = ["companies", "company", "shared_company"]
