"""Which machines may be called: the public internet with encryption, and what the operator named; nothing else."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.sending import networks
from studies.sending.reasons import CannotSend, TryAgain

NEVER = [
    "127.0.0.1", "::1", "0.0.0.0", "::", "169.254.169.254", "fe80::1", "fd00:ec2::254", "10.0.0.1", "172.17.0.1",
    "192.168.1.1", "100.64.0.1", "100.100.100.200", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",
    "::ffff:169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "2002:a9fe:a9fe::1",
    "2002:7f00:1::", "2001:0:7f00:1::", "192.0.2.1", "198.18.0.1",
]  # fmt: skip


@pytest.mark.parametrize("ip", NEVER)
def test_what_is_not_public_is_not_called(settings: Any, ip: str) -> None:
    settings.CIMAR_DESTINATION_NETWORKS = []

    assert not networks.may_be_called(ip_address(ip), encrypted=True)


@pytest.mark.parametrize("ip", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_the_public_internet_is_called_with_encryption_alone(settings: Any, ip: str) -> None:
    settings.CIMAR_DESTINATION_NETWORKS = []

    assert networks.may_be_called(ip_address(ip), encrypted=True)
    assert not networks.may_be_called(ip_address(ip), encrypted=False)


def test_a_named_network_is_called_either_way(settings: Any) -> None:
    settings.CIMAR_DESTINATION_NETWORKS = ["10.20.0.0/16"]

    for encrypted in (True, False):
        assert networks.may_be_called(ip_address("10.20.3.4"), encrypted=encrypted)
        assert not networks.may_be_called(ip_address("10.21.3.4"), encrypted=encrypted)


def packed(ip: IPv4Address) -> list[IPv6Address]:
    return [
        IPv6Address(f"::ffff:{ip}"),
        IPv6Address(int(IPv6Address("64:ff9b::")) + int(ip)),
        IPv6Address((0x2002 << 112) | (int(ip) << 80) | 1),
    ]


@given(st.ip_addresses(v=4), st.booleans())
def test_an_ipv4_in_an_ipv6_is_judged_as_itself(ip: IPv4Address, encrypted: bool) -> None:
    expected = networks.may_be_called(ip, encrypted=encrypted)

    assert {networks.may_be_called(each, encrypted=encrypted) for each in packed(ip)} == {expected}


@given(
    st.sampled_from(["169.254.0.0/16", "127.0.0.0/8", "10.0.0.0/8", "224.0.0.0/4", "fe80::/10", "fc00::/7"]),
    st.data(),
)
def test_no_machine_of_these_networks_is_public(network: str, data: Any) -> None:
    ip = data.draw(st.ip_addresses(network=network))

    assert ip in ip_network(network) and not networks.is_public(ip)


def answers(monkeypatch: Any, *ips: str) -> None:
    def asked(host: str, port: int, **more: Any) -> Any:
        return [
            (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
            for ip in ips
        ]

    monkeypatch.setattr(socket, "getaddrinfo", asked)


def test_a_name_that_leads_inside_is_refused_and_the_public_rest_kept(
    settings: Any, monkeypatch: Any
) -> None:
    settings.CIMAR_DESTINATION_NETWORKS = []
    answers(monkeypatch, "169.254.169.254", "10.0.0.1")
    with pytest.raises(CannotSend, match="network"):
        networks.ips_of("pacs.example", 443, encrypted=True)
    answers(monkeypatch, "169.254.169.254", "1.1.1.1")
    assert networks.ips_of("pacs.example", 443, encrypted=True) == [(int(socket.AF_INET), "1.1.1.1")]
    with pytest.raises(CannotSend, match="unencrypted"):
        networks.ips_of("pacs.example", 80, encrypted=False)


@pytest.mark.parametrize("error", [socket.gaierror(), UnicodeError(), OSError()])
def test_a_name_that_leads_nowhere_is_asked_again_later(monkeypatch: Any, error: Exception) -> None:
    def fails(*_asked: Any, **_more: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(TryAgain, match="unknown_host"):
        networks.ips_of("pacs.example", 443, encrypted=True)
