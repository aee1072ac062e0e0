"""Which proxy a request goes through: the variables as curl reads them, and what goes through none."""

import pytest

from damascus.core.errors import Misconfigured
from damascus.core.network import find_proxy
from damascus.core.redaction import redact

FAR = "https://api.example.com/v1"


def way(url: str, **environment: str) -> str | None:
    found = find_proxy(url, environment)
    return found and found.url


def test_each_scheme_has_its_variable_and_all_proxy_stands_in_for_both() -> None:
    both = {"HTTP_PROXY": "http://one:1", "HTTPS_PROXY": "http://two:2"}
    assert way("http://a.example", **both) == "http://one:1"
    assert way("https://a.example", **both) == "http://two:2"
    assert way("https://a.example", HTTP_PROXY="http://one:1") is None
    assert way("https://a.example", HTTP_PROXY="http://one:1", ALL_PROXY="socks5://three:3") == "socks5://three:3"
    assert way("http://a.example", HTTP_PROXY="http://one:1", ALL_PROXY="socks5://three:3") == "http://one:1"
    assert way("https://a.example") is None


def test_lower_case_goes_before_upper_case_also_where_it_is_empty() -> None:
    assert way(FAR, HTTPS_PROXY="http://upper:1", https_proxy="http://lower:1") == "http://lower:1"
    assert way(FAR, HTTPS_PROXY="http://upper:1", https_proxy="") is None
    assert way(FAR, https_proxy="http://p:1", NO_PROXY="*", no_proxy="") == "http://p:1"
    assert way(FAR, HTTPS_PROXY="", ALL_PROXY="http://all:1") == "http://all:1"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("proxy:3128", "http://proxy:3128"), (" http://proxy:3128/ ", "http://proxy:3128"),
        ("socks5h://proxy", "socks5h://proxy"), ("https://u:p@proxy:8443", "https://u:p@proxy:8443"),
        ("[fd00::1]:3128", "http://[fd00::1]:3128"), ("10.0.0.1:8080", "http://10.0.0.1:8080"),
    ],
)  # fmt: skip
def test_a_proxy_may_be_named_in_short(value: str, url: str) -> None:
    assert way(FAR, HTTPS_PROXY=value) == url


@pytest.mark.parametrize("value", ["socks4://p:1", "ftp://p", "http://", "http://p:port", "http://[", "p:0", "p:99999"])
def test_a_proxy_that_cannot_be_used_is_one_line_with_its_variable_and_without_its_password(value: str) -> None:
    for given in (value, value.replace("://", "://me:secret-word@")):
        with pytest.raises(Misconfigured, match=r"^all_proxy names no proxy .*socks5h://") as error:
            find_proxy(FAR, {"all_proxy": given})
        assert "secret" not in str(error.value)
    assert way("http://127.0.0.1", all_proxy=value) is None, "nothing goes through it"


def test_a_proxys_password_is_kept_out_of_what_is_said_of_it() -> None:
    found = find_proxy(FAR, {"HTTPS_PROXY": "http://me:pass-of-the-proxy@proxy:3128"})
    assert str(found) == "http://proxy:3128"
    assert "pass-of-the-proxy" not in redact("it has pass-of-the-proxy in it")


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "192.168.0.9",
        "172.17.0.1", "169.254.1.1", "[fe80::1]", "[fd12::1]", "litellm", "gitea", "ollama.local", "nas.lan",
        "host.docker.internal", "box.home.arpa", "LOCALHOST", "gitea.",
    ],
)  # fmt: skip
def test_what_is_near_is_never_asked_for_at_a_proxy(host: str) -> None:
    assert way(f"http://{host}:4000/v1", ALL_PROXY="http://proxy:1", NO_PROXY="") is None


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "[2606:4700::1]", "local.example.com", "mylocal.com"])
def test_what_is_far_is(host: str) -> None:
    assert way(f"http://{host}/", ALL_PROXY="http://proxy:1") == "http://proxy:1"


@pytest.mark.parametrize(
    ("exceptions", "host", "direct"),
    [
        ("*", "api.example.com", True),
        ("example.com", "example.com", True), ("example.com", "api.example.com", True),
        (".example.com", "api.example.com", True), (".example.com", "example.com", True),
        ("*.example.com", "api.example.com", True), ("*example.com", "api.example.com", True),
        ("ample.com", "example.com", False), ("example.com.", "api.example.com", True),
        ("EXAMPLE.com", "Api.Example.COM", True), ("example.com", "api.example.com.", True),
        ("a.org, example.com", "example.com", True), ("a.org example.com", "example.com", True),
        ("example.com:443", "example.com", True), ("example.com:8443", "example.com", False),
        ("example.com:8443", "example.com:8443", True), ("*:8443", "example.com:8443", True),
        ("8.8.0.0/16", "8.8.8.8", True), ("8.8.0.0/16", "8.9.8.8", False), ("8.8.8.8", "8.8.8.8", True),
        ("8.8.8.8/24", "8.8.8.9", True), ("8.8.8.8", "8.8.8.80", False), ("8.8.8.8:443", "8.8.8.8", True),
        ("2606:4700::/32", "[2606:4700::1]", True), ("[2606:4700::1]", "[2606:4700::1]", True),
        ("[2606:4700::1]:443", "[2606:4700::1]", True), ("[2606:4700::1]:1", "[2606:4700::1]", False),
        ("2606:4700::2", "[2606:4700::1]", False), ("8.8.0.0/99", "8.8.8.8", False), (".", "example.com", False),
        ("com", "example.com", True), (",,", "example.com", False), ("", "example.com", False),
    ],
)  # fmt: skip
def test_no_proxy_is_read_in_every_form_that_people_write(exceptions: str, host: str, direct: bool) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        found = way(f"https://{host}/v1", HTTPS_PROXY="http://proxy:1", **{name: exceptions})
        assert (found is None) is direct
