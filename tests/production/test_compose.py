"""docker-compose.yml and the Dockerfile: valid, and as closed as docs/install.md says."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cimar.installation import CHECKOUT
from tests.production import compose
from tests.production.compose import Service, Unset, interpolated, services, written

ENV = {
    "CIMAR_BASE_URL": "https://studies.hospital.test",
    "CIMAR_MAIL_FROM": "CIMAR <studies@hospital.test>",
    "EMAIL_HOST": "mail.hospital.test",
}
SCHEMA = Path(__file__).parent / "compose-spec.json"
ALL = services(ENV)
ONE_SHOT = {"migrate", "backup"}
PUBLISHED = {"nginx", "receiver", "mail"}
SECRET = re.compile(r"PASSWORD|SECRET|_KEY|TOKEN")
VARIABLES = re.compile(r"\$\{(\w+)")

every_service = pytest.mark.parametrize("service", ALL.values(), ids=ALL)
every_lasting_service = pytest.mark.parametrize(
    "service",
    [service for name, service in ALL.items() if name not in ONE_SHOT],
    ids=[name for name in ALL if name not in ONE_SHOT],
)


def built(target: str) -> str:
    """The Dockerfile's lines for one target."""
    stages = re.split(r"^FROM ", (CHECKOUT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return next(stage for stage in stages if stage.partition("\n")[0].endswith(f" AS {target}"))


def test_the_file_is_valid_by_the_compose_specification() -> None:
    schema = json.loads(SCHEMA.read_text())

    errors = list(jsonschema.Draft7Validator(schema).iter_errors(interpolated(written(), ENV)))

    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_specification_would_find_a_mistake() -> None:
    spec = interpolated(written(), ENV)
    spec["services"]["web"]["restrat"] = "always"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(spec)


def test_the_dockerfile_is_clean() -> None:
    hadolint = Path(sys.prefix) / "bin" / "hadolint"
    if not hadolint.exists():
        pytest.skip("There is no hadolint for this platform.")

    done = subprocess.run([hadolint, CHECKOUT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


@every_service
def test_every_image_is_pinned(service: Service) -> None:
    name, _, tag = service.spec["image"].rpartition(":")

    assert name
    assert re.fullmatch(r"v?\d+(\.\d+)+(-\w+)?", tag)


def test_what_images_are_built_from_is_pinned() -> None:
    text = (CHECKOUT / "Dockerfile").read_text()
    named = re.findall(r"^FROM (\S+)", text, flags=re.MULTILINE)

    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, flags=re.MULTILINE))

    assert named
    assert [
        image
        for image in named
        if (image not in stages and not re.search(r":[\w.-]*\d", image)) or "latest" in image
    ] == []


@every_service
def test_nothing_runs_as_root_or_may_become_more_than_it_is(service: Service) -> None:
    spec = service.spec

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", spec["user"])
    assert spec["read_only"] is True
    assert spec["cap_drop"] == ["ALL"]
    assert spec["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in spec
    assert "cap_add" not in spec


OURS = {one.spec["image"]: one.spec["build"]["target"] for one in ALL.values() if "build" in one.spec}


@pytest.mark.parametrize(
    "service", [one for one in ALL.values() if one.spec["image"] in OURS], ids=lambda one: one.name
)
def test_our_images_run_as_the_user_that_compose_names(service: Service) -> None:
    assert f"USER {service.spec['user']}\n" in built(OURS[service.spec["image"]])


def test_each_of_our_images_is_built_once_and_pulled_from_nowhere() -> None:
    named = [one.spec["image"] for one in ALL.values() if "build" in one.spec]
    users = [one for one in ALL.values() if one.spec["image"] in OURS and "build" not in one.spec]

    assert len(named) == len(set(named)) == 5
    assert {one.name for one in users} == {"web", "worker", "beat", "receiver"}
    assert {one.spec["pull_policy"] for one in users} == {"never"}


@every_service
def test_nothing_takes_the_whole_machine_or_fills_its_disk(service: Service) -> None:
    limits = service.spec["deploy"]["resources"]["limits"]

    assert set(limits) == {"cpus", "memory", "pids"}
    assert set(service.spec["logging"]["options"]) == {"max-size", "max-file"}


@every_lasting_service
def test_no_engine_can_part_the_words_of_a_health_check(service: Service) -> None:
    how, *words = service.spec["healthcheck"]["test"]

    assert how in ("CMD", "CMD-SHELL")
    assert [word for word in words if how == "CMD" and " " in word] == []


@every_lasting_service
def test_what_dies_is_started_again_and_asked_how_it_is(service: Service) -> None:
    assert service.spec["restart"] == "unless-stopped"
    assert service.healthcheck
    assert {"interval", "timeout", "retries"} <= set(service.spec["healthcheck"])


def test_the_schema_is_brought_up_to_date_before_anybody_serves() -> None:
    assert ALL["migrate"].command == ["python", "manage.py", "prepare"]
    assert ALL["migrate"].spec["restart"].startswith("on-failure")
    for name in ("web", "worker", "receiver", "beat"):
        assert ALL[name].spec["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_backups_are_for_who_asks_and_go_past_the_pool() -> None:
    backup, migrate = ALL["backup"], ALL["migrate"]
    elsewhere = services({**ENV, "CIMAR_BACKUPS": "/mnt/backups"})["backup"]

    assert backup.spec["profiles"] == ["tools"]
    assert backup.spec["restart"] == "no"
    assert backup.environment == migrate.environment
    assert backup.spec["secrets"] == migrate.spec["secrets"]
    assert backup.folders["/backups"] == "backups"
    assert "backups" in written()["volumes"]
    assert elsewhere.folders["/backups"] == "/mnt/backups"


def test_pg_dump_is_of_the_servers_version_and_from_where_the_server_is() -> None:
    (version,) = re.findall(r"postgres:(\d+)\.", ALL["postgres"].spec["image"])

    assert built("postgres").startswith(f"{ALL['postgres'].spec['image']} AS postgres\n")
    assert f"postgresql-client-{version} " in built("backup")
    assert f"ENV CIMAR_POSTGRES=/usr/lib/postgresql/{version}/bin\n" in built("backup")


def test_there_is_one_beat_and_as_many_of_the_others_as_one_says() -> None:
    several = services({**ENV, "CIMAR_WEB_COPIES": "5", "CIMAR_WORKER_COPIES": "7"})

    copies = {name: str(several[name].spec["deploy"]["replicas"]) for name in ("web", "worker", "beat")}

    assert copies == {"web": "5", "worker": "7", "beat": "1"}


def test_the_image_holds_every_part_of_the_site_and_no_secret() -> None:
    parts = {file.parent.name for file in CHECKOUT.glob("*/__init__.py")} - {"tests", "bench"}
    copied = set(re.findall(r"^COPY (\w+) \1$", built("build"), flags=re.MULTILINE))
    ignored = (CHECKOUT / ".dockerignore").read_text().split("\n")
    sent = {line[1:] for line in ignored if line.startswith("!")}

    assert copied == parts | {"deploy", "static", "templates"}
    assert sent == copied | {"manage.py", "requirements.txt", "bin/backup", "bin/restore"}
    assert ignored.index("deploy/secrets") > ignored.index("!deploy")


# --- Who reaches whom ---------------------------------------------------------------------------------------


def together(one: str, other: str) -> bool:
    return bool(set(ALL[one].spec["networks"]) & set(ALL[other].spec["networks"]))


def test_only_the_proxy_and_the_receiver_have_a_port_on_the_host() -> None:
    assert {name for name, service in ALL.items() if "ports" in service.spec} == PUBLISHED
    # Machines push by DIMSE only where somebody asks for it.
    assert ALL["receiver"].spec["ports"] == ["11112:11112"]
    assert ALL["receiver"].spec["profiles"] == ["dimse"]
    # What shows mails is for who sits at the machine, and there in the profile `dev` alone.
    assert ALL["mail"].spec["ports"] == ["127.0.0.1:8025:8025"]
    assert ALL["mail"].spec["profiles"] == ["dev"]


@pytest.mark.parametrize(
    "behind", ["postgres", "pgbouncer", "valkey", "s3", "worker", "receiver", "beat", "migrate", "backup"]
)
def test_the_proxy_reaches_the_pages_alone(behind: str) -> None:
    assert not together("nginx", behind)
    assert together("nginx", "web")


def test_the_database_is_reached_by_its_pool_and_its_owner_alone() -> None:
    assert {name for name in ALL if name != "postgres" and together(name, "postgres")} == {
        "pgbouncer",
        "migrate",
        "backup",
    }


def test_there_is_no_way_out_from_where_the_data_lie() -> None:
    networks = written()["networks"]
    inside = {name for name, spec in networks.items() if spec and spec.get("internal")}

    assert inside == {"front", "back", "data"}
    for name in ("postgres", "pgbouncer", "valkey", "s3", "beat"):
        assert set(ALL[name].spec["networks"]) <= inside


# --- Secrets ------------------------------------------------------------------------------------------------


@every_service
def test_no_secret_stands_in_an_environment(service: Service) -> None:
    named = {name: value for name, value in service.environment.items() if SECRET.search(name)}

    for name, value in named.items():  # allowed: a service may need no secret
        assert name.endswith("_FILE")
        assert value.startswith("/run/secrets/")
        assert value.removeprefix("/run/secrets/") in service.spec["secrets"]
    assert not any(
        "@" in value and re.search(r"//[^@/]*:[^@]*@", value) for value in service.environment.values()
    )


def test_every_secret_is_a_file_that_make_secrets_makes(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    subprocess.run(
        [CHECKOUT / "deploy" / "make-secrets", "--folder", folder], check=True, capture_output=True
    )

    declared = {name: spec["file"] for name, spec in written()["secrets"].items()}

    assert declared == {file.name: f"./deploy/secrets/{file.name}" for file in folder.iterdir()}
    granted = {name for service in ALL.values() for name in service.spec.get("secrets", [])}
    assert granted == set(declared)


def test_only_the_one_shots_and_the_database_itself_know_the_owners_password() -> None:
    knowing = {
        name for name, service in ALL.items() if "database_owner_password" in service.spec.get("secrets", [])
    }

    assert knowing == {"migrate", "backup", "postgres"}


# --- What one has to say ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENV)
def test_what_has_to_be_said_is_asked_for_with_a_sentence(name: str) -> None:
    with pytest.raises(Unset, match=r"^Say in \.env"):
        services({key: value for key, value in ENV.items() if key != name})


def test_the_example_names_what_has_to_be_said_and_nothing_that_is_not_read() -> None:
    example = (CHECKOUT / "deploy" / "env.example").read_text()
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, flags=re.MULTILINE))
    read = set(VARIABLES.findall(compose.FILE.read_text()))

    assert set(ENV) <= named <= read
    assert not any(SECRET.search(name) for name in named)


def test_folders_that_are_written_to_are_mounted() -> None:
    """The root is read-only: what a service's environment calls a folder of its own has to be one."""
    own: dict[str, Any] = {
        name: {service.environment.get(key) for key in ("CIMAR_RUN", "CIMAR_DATA", "CIMAR_SCRATCH", "TMPDIR")}
        - {None}
        for name, service in ALL.items()
    }

    assert own["web"] == {"/run/cimar", "/var/lib/cimar/scratch"}
    assert {name: folders - set(ALL[name].folders) for name, folders in own.items()} == {
        name: set() for name in ALL
    }


KEYS = {"secret_key", "secret_key_fallbacks", "token_key", "token_key_fallbacks"}
STORE = {"s3_access_key", "s3_secret_key"}
NEEDED = {
    "nginx": {"tls_certificate", "tls_key"},
    "web": KEYS
    | STORE
    | {"metrics_token", "broker_password", "database_password", "oidc_client_secret", "oidc_client_secrets"},
    "worker": KEYS | STORE | {"metrics_token", "broker_password", "database_password", "email_password"},
    "receiver": KEYS
    | STORE
    | {"metrics_token", "broker_password", "database_password", "tls_certificate", "tls_key"},
    "beat": {"broker_password"},
    "migrate": STORE | {"database_password", "database_owner_password"},
    "backup": STORE | {"database_password", "database_owner_password"},
    "pgbouncer": {"database_password"},
    "postgres": {"database_superuser_password", "database_owner_password", "database_password"},
    "valkey": {"broker_password"},
    "s3": STORE,
    "mail": set(),
}


@every_service
def test_each_service_is_given_the_secrets_that_it_needs_and_no_other(service: Service) -> None:
    named = {
        Path(value).name
        for name, value in service.spec.get("environment", {}).items()
        if str(value).startswith("/run/secrets/")
    }

    assert set(service.spec.get("secrets", ())) == named == NEEDED[service.name]


def test_the_stores_key_is_good_for_the_bucket_alone(tmp_path: Path) -> None:
    written = _written_by_the_store(tmp_path, "cimar")

    [identity] = json.loads(written)["identities"]
    assert {action.partition(":")[2] for action in identity["actions"]} == {"cimar"}


@pytest.mark.parametrize("bucket", ["", "*", 'a"b', "cimar/*", "Cimar", "a b", "a\nb"])
def test_the_store_does_not_start_for_a_bucket_that_is_no_name(tmp_path: Path, bucket: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        _written_by_the_store(tmp_path, bucket)

    assert not (tmp_path / "s3.json").exists()


def _written_by_the_store(folder: Path, bucket: str) -> str:
    """What the store's start script writes; a program that does nothing stands for the store."""
    (folder / "key").write_text("a-key")
    weed = folder / "weed"
    weed.write_text("#!/bin/sh\n")
    weed.chmod(0o755)
    subprocess.run(
        [CHECKOUT / "deploy/s3/run"],
        check=True,
        capture_output=True,
        env={
            "PATH": f"{folder}:/usr/bin:/bin", "CIMAR_RUN": str(folder), "CIMAR_DATA": str(folder),
            "CIMAR_OWN_ADDRESS": "127.0.0.1", "CIMAR_LISTEN": "127.0.0.1", "CIMAR_S3_BUCKET": bucket,
            "CIMAR_S3_ACCESS_KEY_FILE": str(folder / "key"), "CIMAR_S3_SECRET_KEY_FILE": str(folder / "key"),
        },
    )  # fmt: skip
    return (folder / "s3.json").read_text()


def test_what_is_received_can_have_a_disk_of_its_own() -> None:
    """Apart from the database's: no service has two of them, and both folders follow a setting."""
    own = {"CIMAR_SCRATCH_FOLDER": "/mnt/uploads/scratch", "CIMAR_BUFFER_FOLDER": "/mnt/uploads/buffer"}
    mounted = {
        name: {str(volume).partition(":")[0] for volume in service.spec.get("volumes", [])}
        for name, service in services({**ENV, **own}).items()
    }

    assert "/mnt/uploads/buffer" in mounted["nginx"]
    for name in ("web", "worker"):
        assert "/mnt/uploads/scratch" in mounted[name]
    for volumes in mounted.values():
        assert not volumes & {"scratch", "buffer"}
    assert not mounted["postgres"] & set(own.values())
    assert "buffer" in {str(volume).partition(":")[0] for volume in ALL["nginx"].spec["volumes"]}


def test_every_folder_in_memory_has_a_largest_size() -> None:
    folders = [entry for service in ALL.values() for entry in service.spec.get("tmpfs", [])]

    assert len(folders) > 10
    assert [entry for entry in folders if not re.fullmatch(r"/[a-z/]+:size=\d+m", entry)] == []
