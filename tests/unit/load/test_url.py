"""An address is taken apart in one way only, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.errors import AddressError
from inkread.load.url import is_url, parse, shown


@pytest.mark.parametrize(
    ("text", "host", "port", "target"),
    [
        ("http://example.org", "example.org", 80, "/"),
        ("https://example.org/a.png", "example.org", 443, "/a.png"),
        ("HTTPS://EXAMPLE.org./A%20b?x=1&y#top", "example.org", 443, "/A%20b?x=1&y"),
        ("http://example.org:8080?x", "example.org", 8080, "/?x"),
        ("http://example.org:/a", "example.org", 80, "/a"),
        ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
        ("http://8.8.8.8./", "8.8.8.8", 80, "/"),
        ("http://[2606:4700:0:0::1]:443/a b", "2606:4700::1", 443, "/a%20b"),
        ("https://bücher.example.org/ß?ü=€", "xn--bcher-kva.example.org", 443, "/%C3%9F?%C3%BC=%E2%82%AC"),
        ("http://host_1.example.org/a/../b;c=d,(e)*", "host_1.example.org", 80, "/a/../b;c=d,(e)*"),
    ],
)
def test_an_address_has_parts(text: str, host: str, port: int, target: str) -> None:
    url = parse(text)
    assert (url.host, url.port, url.target) == (host, port, target)
    assert parse(str(url)) == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ftp://example.org/", "only http and https"),
        ("http:/example.org", "write it as http://host/path"),
        ("http://", "names no host"),
        ("http://user:secret@example.org/", "user name or password"),
        ("http://example.org\\@10.0.0.1/", "user name or password"),
        ("http://example.org\\.org/", "names no host"),
        ("http://exa\nmple.org/", "control characters"),
        ("http://example.org/a\r\nHost: x", "control characters"),
        ("http://2130706433/", "four numbers"),
        ("http://1.2.3/", "four numbers"),
        ("http://faß.example.org/", "xn--"),
        ("http://[1::2::3]/", "no IPv6 address"),
        ("http://" + "a" * 300, "host name that cannot be"),
        ("http://" + "ü" * 300, "xn--"),
        ("http://example.org/" + "a" * 9000, "8,192"),
        ("http://example.org/\udc80", "write it in ASCII"),
    ],
)
def test_what_is_no_plain_address_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(AddressError, match=words) as caught:
        parse(text)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_secrets_are_not_shown() -> None:
    assert shown("https://user:pw@example.org/a.png?signature=x#y") == "https://example.org/a.png"
    assert shown("https://example.org/a@b.png") == "https://example.org/a@b.png"
    assert shown("http:user@host/x") == "http:host/x"
    assert shown("http:///user:pw@host") == "http:///host"


def test_a_path_is_no_address() -> None:
    assert not any(map(is_url, ["a.png", "/a/b.png", "C:\\a.png", "C:/a.png", "a:b.png", "x/http://a", ""]))
    assert all(map(is_url, ["http://a", "HTTPS://a", "http:a", "ftp://a", "file:///a"]))


@given(st.text())
def test_no_text_breaks_the_parts(text: str) -> None:
    for each in (text, f"http://{text}", f"https://example.org/{text}", f"http://[{text}]", f"http://a:{text}"):
        shown(each)
        try:
            url = parse(each)
        except AddressError:
            continue
        assert url.host
        assert url.host.isascii()
        assert str(url).isascii()
        assert str(url).isprintable()
        assert " " not in str(url)
