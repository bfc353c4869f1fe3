"""Which IP addresses may be asked, against a table of ranges written by another rule: first and last address."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkread.load.addresses import embedded, refusal

# First and last address of what IANA's registries call special, and of what carries an IPv4 address.
V4 = """
0.0.0.0 0.255.255.255           10.0.0.0 10.255.255.255         100.64.0.0 100.127.255.255
127.0.0.0 127.255.255.255       169.254.0.0 169.254.255.255     172.16.0.0 172.31.255.255
192.0.0.0 192.0.0.255           192.0.2.0 192.0.2.255           192.88.99.0 192.88.99.255
192.168.0.0 192.168.255.255     198.18.0.0 198.19.255.255       198.51.100.0 198.51.100.255
203.0.113.0 203.0.113.255       224.0.0.0 255.255.255.255       168.63.129.16 168.63.129.16
"""
V6 = """
:: 1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff
2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
2002:: 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff
3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
4000:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
"""


def ranges(text: str, family: int) -> list[tuple[int, int]]:
    numbers = [int.from_bytes(socket.inet_pton(family, word)) for word in text.split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


V4_RANGES = ranges(V4, socket.AF_INET)
V6_RANGES = ranges(V6, socket.AF_INET6)


def near(bounds: list[tuple[int, int]], bits: int) -> st.SearchStrategy[int]:
    """Any address, and those on both sides of each bound, which a random one never is."""
    edges = sorted({edge + step for pair in bounds for edge in pair for step in (-1, 0, 1)})
    anywhere = st.integers(0, 2**bits - 1)
    inside = st.sampled_from(bounds).flatmap(lambda pair: st.integers(*pair))
    return anywhere | inside | st.sampled_from([edge for edge in edges if 0 <= edge < 2**bits])


def is_special(number: int, bounds: list[tuple[int, int]]) -> bool:
    return any(first <= number <= last for first, last in bounds)


@given(near(V4_RANGES, 32))
def test_an_ipv4_address_is_public_or_refused_as_the_table_says(number: int) -> None:
    assert bool(refusal(IPv4Address(number))) == is_special(number, V4_RANGES)


@given(near(V6_RANGES, 128))
@example(int.from_bytes(socket.inet_pton(socket.AF_INET6, "2606:4700::5efe:808:808")))
@example(int.from_bytes(socket.inet_pton(socket.AF_INET6, "2606:4700::200:5efe:808:808")))
def test_an_ipv6_address_is_public_or_refused_as_the_table_says(number: int) -> None:
    is_isatap = (number >> 32) % 2**32 in (0x5EFE, 0x2005EFE)
    assert bool(refusal(IPv6Address(number))) == (is_special(number, V6_RANGES) or is_isatap)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450::1"]
)
def test_the_public_internet_may_be_asked(text: str) -> None:
    assert refusal(ip_address(text)) == ""


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.7.7", "100.64.0.1", "fd12::1"])
def test_an_intranet_may_be_asked_where_its_operator_says_so(text: str) -> None:
    assert refusal(ip_address(text))
    assert refusal(ip_address(text), is_intranet=True) == ""


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "192.0.0.192", "224.0.0.1",
        "255.255.255.255", "::", "fe80::1", "fec0::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::10.0.0.1",
    ],
)  # fmt: skip
def test_credentials_and_disguises_are_refused_even_in_an_intranet(text: str) -> None:
    assert refusal(ip_address(text), is_intranet=True)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::ffff:0:169.254.169.254", "169.254.169.254"),
        ("::10.0.0.1", "10.0.0.1"),
        ("64:ff9b::a9fe:a9fe", "169.254.169.254"),
        ("64:ff9b:1::7f00:1", "127.0.0.1"),
        ("2002:c0a8:102::", "192.168.1.2"),
        ("2001:0:abcd:ef12:3456:7890:5601:5601", "169.254.169.254"),
        ("2606:4700::5efe:10.0.0.1", "10.0.0.1"),
        ("2606:4700::200:5efe:10.0.0.1", "10.0.0.1"),
        ("::1", None),
        ("::", None),
        ("2606:4700::1", None),
        ("10.0.0.1", None),
    ],
)
def test_an_ipv4_address_inside_an_ipv6_one_is_found(text: str, inside: str | None) -> None:
    assert embedded(ip_address(text)) == (inside and IPv4Address(inside))


@given(st.integers(0, 2**32 - 1))
def test_no_form_of_an_ipv4_address_in_ipv6_is_public(number: int) -> None:
    for high, shift in ((0xFFFF << 32, 0), (0, 0), (0x64FF9B << 96, 0), (0x2002 << 112, 80), (0x20010000 << 96, 0)):
        assert refusal(IPv6Address(high | number << shift))
