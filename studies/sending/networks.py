"""Which machines may be called. A name is read and called in the same step, so that it cannot change between.

The public internet is called with encryption only. Whatever else there is (the site's own services, the machine itself,
link-local networks such as that of a cloud's metadata service) is called only where the operator named its network in
`CIMAR_DESTINATION_NETWORKS`.
"""

import socket
import ssl
import time
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

from studies.sending.reasons import CannotSend, TryAgain

CONNECTING = 10  # seconds
# IPv4 that is reached through a translator.
NAT64 = IPv6Network("64:ff9b::/96")

IPAddress = IPv4Address | IPv6Address


def may_be_called(ip: IPAddress, *, encrypted: bool) -> bool:
    ip = _meant(ip)
    networks = map(ip_network, settings.CIMAR_DESTINATION_NETWORKS)
    if any(ip in network for network in networks):
        return True
    return encrypted and is_public(ip)


def is_public(ip: IPAddress) -> bool:
    ip = _meant(ip)
    if isinstance(ip, IPv6Address) and ip.teredo is not None:
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_link_local)


def _meant(ip: IPAddress) -> IPAddress:
    """The IPv4 number that is packed into an IPv6 number, where it is."""
    if not isinstance(ip, IPv6Address):
        return ip
    packed = ip.ipv4_mapped or ip.sixtofour
    if packed is None and ip in NAT64:
        packed = IPv4Address(int(ip) & 0xFFFFFFFF)
    return packed or ip


def ips_of(host: str, port: int, *, encrypted: bool) -> list[tuple[int, str]]:
    """The family and number of each machine that the name leads to and that may be called; never empty."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TryAgain("unknown_host") from None
    ips = {(int(family), str(where[0])) for family, _type, _protocol, _name, where in answers}
    allowed = sorted(each for each in ips if may_be_called(ip_address(each[1]), encrypted=encrypted))
    if not allowed:
        public = any(is_public(ip_address(each)) for _family, each in ips)
        raise CannotSend("unencrypted" if public else "network")
    return allowed


def called(host: str, port: int, *, encrypted: bool) -> socket.socket:
    """A connection to the first of the host's machines that answers."""
    end = time.monotonic() + 2 * CONNECTING
    for family, ip in ips_of(host, port, encrypted=encrypted):
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(CONNECTING)
        try:
            connection.connect((ip, port))
        except OSError:
            connection.close()
        else:
            return connection
        if time.monotonic() > end:
            break
    raise TryAgain("unreachable")


def trusting() -> ssl.SSLContext:
    """The authorities of this machine; further authorities by SSL_CERT_FILE, as with every program."""
    return ssl.create_default_context()


def wrapped(connection: socket.socket, host: str) -> ssl.SSLSocket:
    """With TLS; the certificate has to be the host's."""
    try:
        return trusting().wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError:
        connection.close()
        raise CannotSend("certificate") from None
    except (OSError, ValueError):
        connection.close()
        raise TryAgain("unreachable") from None
