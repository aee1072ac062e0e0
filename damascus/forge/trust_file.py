"""What git trusts of a server: a file, for as long as it runs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from damascus.core.network import Route


@contextmanager
def certificates_file(route: Route) -> Iterator[str]:
    """Yield the path of a file with what is trusted, for as long as git runs; an empty one for the system's store."""
    bundle = route.trust.bundle() if route.url.startswith("https:") else None
    if bundle is None:
        yield ""
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="damascus-", suffix=".pem") as file:
        file.write(bundle)
        file.flush()
        yield file.name
