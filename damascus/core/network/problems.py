"""What went wrong on the way to a server, in words: its certificate, or the proxy before it.

No vendor's type here: the libraries differ in their errors, but all keep the one of Python's `ssl` as its cause.
"""

import re
import ssl
from collections.abc import Iterator

from damascus.core.text import one_line

NOT_YET_VALID, EXPIRED = 9, 10
SELF_SIGNED = 18
UNKNOWN_SIGNERS = (2, 19, 20, 21)
WRONG_NAMES = (62, 64)
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
MAX_REASON_CHARS = 200
# what libcurl says, built with OpenSSL or GnuTLS, and OpenSSL's code for it; the first that fits is right
_SAID = (
    (r"certificate has expired|certificate has been expired|expired certificate", EXPIRED),
    (r"not yet valid|not yet activated", NOT_YET_VALID),
    (r"self[- ]signed certificate in certificate chain", UNKNOWN_SIGNERS[1]),
    (r"self[- ]signed certificate", SELF_SIGNED),
    (r"subject name|does not match target host", WRONG_NAMES[0]),
    (r"local issuer certificate|certificate verif\w+ failed|signer not found|issuer certificate", UNKNOWN_SIGNERS[2]),
)
_PROXY_SAID = re.compile(
    r"(?:from proxy|tunnel failed|proxy connect|resolve proxy|proxy handshake|socks|returned error: 407)", re.IGNORECASE
)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what is behind it."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def tls_problem(error: BaseException, host: str, url_setting: str, ca_setting: str) -> str | None:
    """Return what is wrong with the encryption of a connection to `host`, and what to do; None if nothing is."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return certificate_problem(cause.verify_code, cause.verify_message, host, url_setting, ca_setting)
        if any(word in str(cause).upper() for word in _PLAIN):
            return f"{host} does not speak TLS; set {url_setting} to the address that begins with http://"
        if isinstance(cause, ssl.SSLError):
            return f"no encrypted connection to {host} ({one_line(str(cause), MAX_REASON_CHARS)})"
    return None


def certificate_problem(code: int, words: str, host: str, url_setting: str, ca_setting: str) -> str:
    """Return what is wrong with a certificate, by OpenSSL's code for it, and what to do."""
    match code:
        case _ if code == EXPIRED:
            return f"the certificate of {host} has expired; renew it there, or set this machine's clock right"
        case _ if code == NOT_YET_VALID:
            return f"the certificate of {host} is not valid yet; set this machine's clock right, or that one's"
        case _ if code == SELF_SIGNED:
            return f"the certificate of {host} is not trusted: it is self-signed; name it in {ca_setting}"
        case _ if code in UNKNOWN_SIGNERS:
            return (
                f"the certificate of {host} is not trusted: this machine does not know who signed it; name the "
                f"signer's certificate in {ca_setting}"
            )
        case _ if code in WRONG_NAMES:
            return f"the certificate of {host} is for another name; use that one in {url_setting}"
    return f"the certificate of {host} is not accepted ({one_line(words, MAX_REASON_CHARS)})"


def is_proxys_error(error: BaseException) -> bool:
    """Return True for the error by which the libraries say that a proxy refused."""
    return any(kind.__name__ == "ProxyError" for cause in causes(error) for kind in type(cause).__mro__)


def is_of_the_connection(error: BaseException) -> bool:
    """Return True for a connection that was not made: to a proxy, where there is one."""
    names = {"ConnectError", "ConnectTimeout"}
    return any(kind.__name__ in names for cause in causes(error) for kind in type(cause).__mro__)


def certificate_code_in(said: str) -> int | None:
    """Return OpenSSL's code for what is wrong with a certificate, from the words of a program that uses libcurl."""
    return next((code for pattern, code in _SAID if re.search(pattern, said, re.IGNORECASE)), None)


def names_the_proxy(said: str) -> bool:
    """Return True for words of a program that uses libcurl which are about its proxy."""
    return _PROXY_SAID.search(said) is not None
