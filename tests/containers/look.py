"""What is true of the running containers, asked of the kernel and of the engine rather than of the compose file."""

import re
from pathlib import Path
from typing import Any

import yaml

from tests.containers.engine import Failed
from tests.containers.health import processes
from tests.containers.installation import Installation

NO_CAPABILITY = "0000000000000000"
SMALL = 65_536  # bytes
# The mails of the profile dev are shown on this machine alone; the receiver is there in the profile dimse.
OPEN = {"nginx": {"8080/tcp", "8443/tcp"}, "mail": {"8025/tcp"}, "receiver": {"11112/tcp"}}


def containers_are_closed(installation: Installation) -> None:
    """Each process an ordinary user without a capability, on a read-only root; no secret to be seen, no port open."""
    wrong = [line for shown in _running(installation) for line in _wrong(installation, shown)]
    wrong += _secrets_in_images(installation)
    if wrong:
        raise Failed("\n".join(wrong))


def _running(installation: Installation) -> list[dict[str, Any]]:
    names = [name for name, one in installation.containers().items() if one["status"] == "running"]
    if not names:
        raise Failed("no container runs")
    return list(yaml.safe_load(installation.engine.podman("inspect", *names)))


def _wrong(installation: Installation, shown: dict[str, Any]) -> list[str]:
    name, service = shown["Name"], shown["Config"]["Labels"]["com.docker.compose.service"]
    found = [line for pid in processes(shown["State"]["Pid"]) for line in _wrong_process(pid)]
    if not _root_is_read_only(shown["State"]["Pid"]):
        found.append("its root can be written")
    environment = "\n".join(shown["Config"]["Env"])
    found += [
        f"{file} stands in its environment" for file, value in secrets(installation) if value in environment
    ]
    bound = {
        port: {(one["HostIp"], one["HostPort"]) for one in on or ()}
        for port, on in (shown["NetworkSettings"]["Ports"] or {}).items()
        if on
    }
    found += [f"the port {port} is open" for port in bound.keys() - OPEN.get(service, set())]
    found += [f"the port {port} is open to other machines" for port, on in bound.items() if not _local(on)]
    return [f"{name}: {line}" for line in sorted(set(found))]


def _local(bound: set[tuple[str, str]]) -> bool:
    """The rehearsal asks for no other address than this machine's own, nor does the profile dev."""
    return {ip for ip, _ in bound} == {"127.0.0.1"}


def _wrong_process(pid: int) -> list[str]:
    try:
        status = dict(re.findall(r"^(\w+):\s*(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))
    except OSError:
        return []
    wrong = ["a process of it is root"] if "0" in status["Uid"].split() + status["Gid"].split() else []
    wrong += [
        f"a process of it ({status['Name']}) has capabilities ({which} {status[which]})"
        for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        if status[which] != NO_CAPABILITY
    ]
    return wrong + (["a process of it may gain privileges"] if status["NoNewPrivs"] != "1" else [])


def _root_is_read_only(pid: int) -> bool:
    mounts = (line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines())
    (options,) = (fields[5] for fields in mounts if fields[4] == "/")
    return "ro" in options.split(",")


def secrets(installation: Installation) -> list[tuple[str, str]]:
    """Each that was made or given, and is more than a line of a certificate that everybody may see."""
    folder = installation.folder / "deploy" / "secrets"
    values = ((file.name, file.read_text().strip()) for file in sorted(folder.iterdir()) if file.is_file())
    return [(name, value) for name, value in values if value and name != "tls_certificate"]


def _secrets_in_images(installation: Installation) -> list[str]:
    """In no layer, also where a later layer hides the file, and not in how the image was made."""
    engine, wrong = installation.engine, []
    services = yaml.safe_load(installation.compose("--profile tools config"))["services"].values()
    layers: set[str] = set()
    for image in sorted({service["image"] for service in services if "build" in service}):
        (shown,) = yaml.safe_load(engine.podman("image", "inspect", image))
        made = yaml.safe_dump([shown["Config"], shown["History"]])
        wrong += [
            f"{image}: {name} stands in how it was made"
            for name, value in secrets(installation)
            if value in made
        ]
        data = shown["GraphDriver"]["Data"]
        layers |= {data["UpperDir"], *filter(None, data.get("LowerDir", "").split(":"))}
    values = [value.encode() for _, value in secrets(installation)]
    for layer in sorted(layers):
        for file in Path(layer).rglob("*"):
            # The secrets are short, and are written as they are: no program, picture or wheel holds one.
            if file.is_symlink() or not file.is_file() or file.stat().st_size > SMALL:
                continue
            data = file.read_bytes()
            wrong += [f"{file} of an image holds a secret" for value in values if value in data]
    return wrong
