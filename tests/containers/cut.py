"""A network of the rehearsal's own: no way out of the machine, and no trace in the machine's own network."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

from tests.containers.engine import Failed, run

NEW_NETWORK = 0x40000000  # CLONE_NEWNET


def off(kept: Path) -> None:
    """From here on this process and all that it starts; `kept` is how a later rehearsal finds the same network."""
    if kept.exists():
        with kept.open() as file:
            _call("setns", file.fileno(), NEW_NETWORK)
        return
    _call("unshare", NEW_NETWORK)
    run("ip", "link", "set", "lo", "up")
    kept.touch()
    run("mount", "--bind", f"/proc/{os.getpid()}/ns/net", kept)


def forget(kept: Path) -> None:
    """The network ends with its last process."""
    if kept.exists():
        with suppress(Failed):
            run("umount", kept)
        kept.unlink()


def ways_out() -> list[str]:
    """The routes to other machines: none in a network of one's own, where each interface is a bridge of the engine."""
    routes = run("ip", "-o", "route", "show", "default").splitlines()
    return [line for line in routes if line.strip()]


def _call(name: str, *arguments: int) -> None:
    """Python 3.11 has no os.unshare."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise Failed(f"{name} of a network: {os.strerror(number)}")
