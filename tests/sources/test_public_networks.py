"""The table of what is not the public Internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.sources.http.public_networks import is_admitted

if TYPE_CHECKING:
    import ipaddress

REFUSED = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::1", "3fff::1", "3fff:fff::1", "5f00::1",
    "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
    "", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1",
]  # fmt: skip
ADMITTED = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "198.17.0.1",
    "223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
    "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_admitted(address)


@pytest.mark.parametrize("address", ADMITTED)
def test_what_is_public_is_admitted(address: str) -> None:
    assert is_admitted(address)


@pytest.mark.parametrize("address", ["192.168.1.7", "::ffff:192.168.1.7", "64:ff9b::c0a8:107"])
def test_an_allowed_network_is_admitted_in_every_form(address: str) -> None:
    assert is_admitted(address, ("192.168.1.0/24",))


def test_an_allowed_network_opens_no_other() -> None:
    assert not is_admitted("127.0.0.2", ("127.0.0.1/32",))
    assert not is_admitted("::1", ("127.0.0.0/8",))


@given(st.ip_addresses())
def test_we_are_never_laxer_than_the_standard_library(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_admitted(str(address)) and address.version == 4:
        assert address.is_global
    if (
        is_admitted(str(address))
        and address.version == 6
        and not str(address).startswith(("64:ff9b::", "2002:", "::ffff:"))
    ):
        assert address.is_global
