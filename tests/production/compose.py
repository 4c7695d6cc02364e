"""Reads docker-compose.yml as compose does, so that what it says can be examined and run without containers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cimar.installation import CHECKOUT

FILE = CHECKOUT / "docker-compose.yml"
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<kind>:[-?])(?P<rest>[^}]*))?\})")


class Unset(Exception):
    """A variable that has to be in .env is not; the text is what compose would print."""


def interpolated(value: Any, env: Mapping[str, str]) -> Any:
    """With ${NAME}, ${NAME:-preset} and ${NAME:?sentence} filled in, and $$ turned into $."""
    if isinstance(value, dict):
        return {key: interpolated(one, env) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, env) for one in value]
    return VARIABLE.sub(lambda found: _filled(found, env), value) if isinstance(value, str) else value


def _filled(found: re.Match[str], env: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    value = env.get(found["name"], "")
    if not value and found["kind"] == ":?":
        raise Unset(found["rest"])
    return value or (found["rest"] or "" if found["kind"] == ":-" else "")


def written() -> dict[str, Any]:
    """The file as it stands, anchors resolved and variables not."""
    return yaml.safe_load(FILE.read_text())


@dataclass(frozen=True)
class Service:
    """One service: what runs, with which environment, on which folders."""

    name: str
    spec: dict[str, Any]

    @property
    def command(self) -> list[str]:
        return [*self.spec.get("entrypoint", []), *self.spec["command"]]

    @property
    def environment(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.spec.get("environment", {}).items()}

    @property
    def healthcheck(self) -> list[str]:
        how, *rest = self.spec["healthcheck"]["test"]
        return ["sh", "-c", *rest] if how == "CMD-SHELL" else rest

    @property
    def folders(self) -> dict[str, str]:
        """Where it may write: by path inside, the volume's name, or nothing for what is its own and forgotten."""
        volumes = [entry.split(":") for entry in self.spec.get("volumes", [])]
        named = {entry[1]: entry[0] for entry in volumes if not entry[0].startswith(".")}
        return dict.fromkeys((entry.partition(":")[0] for entry in self.spec.get("tmpfs", [])), "") | named

    @property
    def files(self) -> dict[str, str]:
        """What of the checkout it is shown: by path inside, the path here."""
        volumes = [entry.split(":") for entry in self.spec.get("volumes", [])]
        return {entry[1]: entry[0].removeprefix("./") for entry in volumes if entry[0].startswith(".")}

    @property
    def stop_signal(self) -> str:
        return str(self.spec.get("stop_signal", "SIGTERM"))


def services(env: Mapping[str, str]) -> dict[str, Service]:
    spec = interpolated(written(), env)
    return {name: Service(name, service) for name, service in spec["services"].items()}
