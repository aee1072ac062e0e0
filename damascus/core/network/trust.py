"""Whose signature counts: what this machine trusts, and the certificates that a setting names beside it.

What this machine trusts is the system's store, and what SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE or
CURL_CA_BUNDLE name; where none of these does, the `certifi` package helps a system without a store.
"""

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import certifi

from damascus.core.errors import Misconfigured

FILE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
FOLDER_VARIABLE = "SSL_CERT_DIR"
MAX_CERTIFICATE_FILE_BYTES = 16 * 1024 * 1024
DER = b"\x30\x82"  # how a certificate begins that is not written as text
_PEM = re.compile(r"-----BEGIN (TRUSTED )?CERTIFICATE-----.+?-----END (TRUSTED )?CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificates at `path` (a file or a folder; empty: none), which `setting` names, and the machine's own."""

    path: str
    setting: str
    environment: Mapping[str, str]
    verify: bool = True

    def context(self) -> ssl.SSLContext | bool:
        """Return what a client checks certificates with. Raises Misconfigured if a file is named that has none."""
        if not self.verify:
            return False
        context = ssl.create_default_context()
        for path, variable in self._machines_own():
            _load(context, path, variable)
        if not self._machines_own():
            context.load_verify_locations(certifi.where())
        if self.path:
            context.load_verify_locations(cadata=read_certificates(self.path, self.setting))
            # made by hand, mostly: not every field is there that Python wants from 3.13 on
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def bundle(self) -> str | None:
        """Return the certificates as text for a program that takes one file; None if the system's store is all."""
        files = [path for path, variable in self._machines_own() if variable != FOLDER_VARIABLE]
        if not self.path and not files:
            return None
        own = [read_certificates(self.path, self.setting)] if self.path else []
        try:
            others = [Path(path).read_text("utf-8", "replace") for path in files or [certifi.where()]]
        except OSError as error:
            raise Misconfigured(f"{error.filename} cannot be read: {error.strerror}") from None
        return "\n".join([*own, *others])

    def _machines_own(self) -> list[tuple[str, str]]:
        """Return each file or folder that a variable names, once, with that variable."""
        named = [(self.environment.get(variable, ""), variable) for variable in FILE_VARIABLES]
        folders = self.environment.get(FOLDER_VARIABLE, "").split(":")
        named += [(folder, FOLDER_VARIABLE) for folder in folders if Path(folder).is_dir()]
        return list({path: (path, variable) for path, variable in reversed(named) if path}.values())


def _load(context: ssl.SSLContext, path: str, variable: str) -> None:
    try:
        if Path(path).is_dir():
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except ssl.SSLError:  # which is an OSError, too
        raise Misconfigured(f"{variable} is {path[:200]!r}, which holds no certificate") from None
    except OSError as error:
        raise Misconfigured(f"{variable} is {path[:200]!r}, which cannot be read: {error.strerror}") from None


def check_certificates(path: str, setting: str) -> None:
    """Raise Misconfigured, in one line, unless there are certificates at `path`, or it is empty."""
    if path:
        read_certificates(path, setting)


def read_certificates(path: str, setting: str) -> str:
    """Return the certificates of a file, or of all files of a folder, as text.

    Raises Misconfigured, naming the setting, if the path leads nowhere or to no certificate.
    """
    place = Path(path).expanduser()
    try:
        files = sorted(file for file in place.iterdir() if file.is_file()) if place.is_dir() else [place]
        found = [certificate for file in files for certificate in _certificates(file)]
    except OSError as error:
        raise Misconfigured(f"{setting} is {path[:200]!r}, which cannot be read: {error.strerror}") from None
    if not found:
        kind = "a folder without certificates" if place.is_dir() else "which holds no certificate"
        raise Misconfigured(f"{setting} is {path[:200]!r}, {kind} (expected PEM or DER)")
    return "\n".join(dict.fromkeys(found)) + "\n"


def _certificates(file: Path) -> Iterator[str]:
    with file.open("rb") as opened:
        data = opened.read(MAX_CERTIFICATE_FILE_BYTES)
    texts = [ssl.DER_cert_to_PEM_cert(data)] if data.startswith(DER) else list(_in_text(data))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata="\n".join(texts))
    except (ssl.SSLError, ValueError):  # damaged, or something else of the same form
        return
    yield from texts


def _in_text(data: bytes) -> Iterator[str]:
    for found in _PEM.finditer(data.decode("ascii", "replace")):
        yield found[0].replace("TRUSTED ", "").strip()
