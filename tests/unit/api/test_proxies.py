"""Proxies from the environment, in the spellings that people use."""

import pytest

from dialflo_pipeline.api.proxies import proxy_for
from dialflo_pipeline.api.transport import HttpxTransport, open_transport
from dialflo_pipeline.core.errors import SettingsError

HOST = "http://api.corp.example"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("http://127.0.0.1:18912", "http://127.0.0.1:18912"),
        ("127.0.0.1:18912", "http://127.0.0.1:18912"),
        ("proxy.corp", "http://proxy.corp"),
        (" http://proxy.corp:8080/ ", "http://proxy.corp:8080/"),
        ("HTTP://proxy.corp:8080", "http://proxy.corp:8080"),
        ("https://proxy.corp:8443", "https://proxy.corp:8443"),
        ("http://[fd00::1]:8080", "http://[fd00::1]:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("http://user:p%40ss@proxy.corp:8080", "http://proxy.corp:8080"),
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("SOCKS5H://127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
        ("socks://127.0.0.1:1080/", "socks5h://127.0.0.1:1080/"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_every_spelling_of_a_proxy_is_understood(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, address: str
) -> None:
    monkeypatch.setenv(variable, value)
    found = proxy_for(HOST)
    assert found is not None
    assert (found.variable, str(found.proxy.url)) == (variable, address)
    assert isinstance(open_transport(HOST, 1), HttpxTransport)


@pytest.mark.parametrize(
    "value",
    [
        "socks4://127.0.0.1:1080",
        "ftp://proxy:21",
        "http://::1:8080",
        "http://proxy:80a",
        "http://proxy:99999",
        "http://",
        ":8080",
        "http://user:s3cret@",
    ],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_read_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=rf"^{variable} .*\.$") as caught:
        open_transport(HOST, 1)
    assert "s3cret" not in str(caught.value)


def test_the_scheme_of_the_address_chooses_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://secure")
    assert proxy_for(HOST) is None
    monkeypatch.setenv("ALL_PROXY", "socks5://other")
    kinds = [proxy_for(f"{scheme}://api.corp.example") for scheme in ("http", "https")]
    assert [found and found.variable for found in kinds] == ["ALL_PROXY", "HTTPS_PROXY"]


@pytest.mark.parametrize("host", ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "http://127.8.9.1"])
def test_this_machine_has_no_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy")
    assert proxy_for(host) is None


@pytest.mark.parametrize(
    ("no_proxy", "base_url", "is_exempt"),
    [
        ("localhost,fd00::/8", HOST, False),
        ("localhost,[::1]", HOST, False),
        ("localhost, api.corp.example", HOST, True),
        ("localhost api.corp.example", HOST, True),
        ("localhost;API.Corp.Example.", HOST, True),
        ("corp.example", HOST, True),
        (".corp.example", HOST, True),
        ("*.corp.example", HOST, True),
        ("orp.example", HOST, False),
        ("xapi.corp.example", HOST, False),
        ("*", HOST, True),
        (",,*,", HOST, True),
        ("api.*", HOST, True),
        ("api.corp.example:80", HOST, True),
        ("api.corp.example:8080", HOST, False),
        ("http://api.corp.example", HOST, True),
        ("https://api.corp.example/", HOST, False),
        ("<local>", HOST, False),
        ("<local>", "http://intranet", True),
        ("10.0.0.0/8", "http://10.1.2.3", True),
        ("10.0.0.0/255.0.0.0", "http://10.1.2.3", True),
        ("10.1.2.99/24", "http://10.1.2.3", True),
        ("10.0.0.0/8", "http://11.1.2.3", False),
        ("10.*", "http://10.1.2.3", True),
        ("10.1.2.3:8000", "http://10.1.2.3:8000", True),
        ("fd00::/8", "http://[fd00::5]", True),
        ("[fd00::]/8", "http://[fd00::5]", True),
        ("FD00:0::5", "http://[fd00::5]", True),
        ("[fd00::5]:8000", "http://[fd00::5]:8000", True),
        ("[fd00::5]:8001", "http://[fd00::5]:8000", False),
    ],
)
def test_no_proxy_is_read_in_every_usual_form(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, base_url: str, is_exempt: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:18912")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(base_url) is None) is is_exempt


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "[::1", "[zz]:80", "host:port", "a/b", "u:s3cret@host"])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_an_entry_of_no_proxy_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, entry: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:18912")
    monkeypatch.setenv(variable, f"api.corp.example,{entry}")
    with pytest.raises(SettingsError, match=f"^{variable} has an entry that is not a host") as caught:
        proxy_for(HOST)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:18912"])
def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv(variable, "/nonexistent.pem")
    with pytest.raises(SettingsError, match=rf"^{variable} is /nonexistent\.pem, which does not exist"):
        open_transport("https://api.corp.example", 1)
    open_transport(HOST, 1)


def test_a_file_without_certificates_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:18912")
    monkeypatch.setenv("SSL_CERT_FILE", __file__)
    with pytest.raises(SettingsError, match=r"^SSL_CERT_FILE has no certificates that can be read"):
        open_transport("https://api.corp.example", 1)
