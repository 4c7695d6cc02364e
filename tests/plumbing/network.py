"""Tests reach this machine and nothing else."""

import ipaddress
import socket
from typing import Any

import pytest


class Blocked(Exception):
    """A test tried to leave the machine."""


def _local(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _check(sock: socket.socket, address: Any) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not _local(address[0]):
        raise Blocked(
            f"Tests may not reach {address[0]}: only this machine's own addresses are open to them."
        )


_patch = pytest.MonkeyPatch()


def pytest_configure(config: pytest.Config) -> None:
    """From the beginning, so that no module of tests reaches further while it is read, either."""
    for name in ("connect", "connect_ex"):
        _patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _local(host):
            raise Blocked(
                f"Tests may not look up {host!r}: only this machine's own addresses are open to them."
            )
        return look_up(host, *args, **kwargs)

    _patch.setattr(socket, "getaddrinfo", guarded_look_up)


def pytest_unconfigure(config: pytest.Config) -> None:
    _patch.undo()


def _guarded(method: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        _check(self, address)
        return method(self, address)

    return guarded
