"""A stand-in for Gitea, for tests and for machines where its image cannot be downloaded.

It is not Gitea, and every page says so.

A real server: those REST calls that the company makes, with tokens and scopes, real git smart HTTP, pages to browse,
and faults on demand. What is not promised: anything else of Gitea, safety on an open network, or many users.
"""

NOTICE = "This is a stand-in, not Gitea."
