"""Fixtures that more than one folder of tests uses; each file says what it starts."""

pytest_plugins = [
    "tests.fixtures.redis",
    "tests.fixtures.postgres",
    "tests.fixtures.ledger",
    "tests.fixtures.outbox",
    "tests.fixtures.fuzz",
    "tests.fixtures.gitea",
    "tests.fixtures.images",
]
