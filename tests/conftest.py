"""Fixtures that more than one folder of tests uses; each file says what it starts."""

import os
import signal

import pytest

pytest_plugins = [
    "tests.fixtures.redis",
    "tests.fixtures.postgres",
    "tests.fixtures.ledger",
    "tests.fixtures.outbox",
    "tests.fixtures.fuzz",
    "tests.fixtures.gitea",
    "tests.fixtures.firm_at_gitea",
    "tests.fixtures.forges",
    "tests.fixtures.images",
    "tests.fixtures.pages",
    "tests.fixtures.site",
    "tests.fixtures.search",
    "tests.fixtures.dns",
    "tests.fixtures.certificates",
    "tests.fixtures.proxies",
]


def pytest_configure() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a script's background; so would all that a test starts
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)  # the image of the company has pytest, and no pytest-xdist
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are processors: many a test waits for a disk, a process or another company."""
    return (os.cpu_count() or 1) * 3 // 2
