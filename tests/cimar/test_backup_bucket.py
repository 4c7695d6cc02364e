"""The same with images in a bucket: an S3 server of the test's own, one bucket backed up, another restored into."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection

from cimar.backup import make, postgres, restore
from cimar.embedded import processes
from cimar.installation import OWNER_ROLE
from studies import services
from studies.ingest import stored_files
from studies.models import Blob
from tests import seaweed
from tests.bad_files import Homes, homes, sound, source
from tests.cast import IMPORTER
from tests.mail_server import HOST
from tests.plumbing import PLACES, database

__all__ = ["homes"]
WEED = Path(sys.executable).parent / "weed"
pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not WEED.exists(), reason="There is no S3 server for this platform."),
]
KEYS = {"aws_access_key_id": "cimar", "aws_secret_access_key": "a key for this test alone"}
PLAIN = Config(
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@pytest.fixture
def bucket_server(tmp_path: Path) -> Iterator[str]:
    """The address of an S3 server on loopback."""
    credentials = [{"accessKey": KEYS["aws_access_key_id"], "secretKey": KEYS["aws_secret_access_key"]}]
    (tmp_path / "s3.json").write_text(
        json.dumps(
            {
                "identities": [
                    {"name": "t", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
                ]
            }
        )
    )
    data = tmp_path / "weed"
    data.mkdir()
    ports, inner = [seaweed.free_port() for _ in range(4)], seaweed.Ports()
    command = [
        WEED,
        "-logtostderr=true",
        "server",
        f"-dir={data}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-filer",
        "-s3",
    ]
    command += [f"-s3.config={tmp_path / 's3.json'}", "-master.volumeSizeLimitMB=64", "-volume.max=20"]
    command += [
        f"-{part}.port={port}" for part, port in zip(("master", "volume", "filer", "s3"), ports, strict=True)
    ]
    command += [
        f"-filer.localSocket={tmp_path / 'filer.sock'}",
        "-s3.iam=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        *inner.arguments(tmp_path),
    ]
    with (tmp_path / "weed.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, cwd=tmp_path)
    url = f"http://{HOST}:{ports[-1]}"
    try:
        assert processes.wait(lambda: _makes_buckets(url), 60), (tmp_path / "weed.log").read_text()[-2000:]
        yield url
    finally:
        # A gentle stop takes it half a minute.
        os.kill(server.pid, signal.SIGKILL)
        server.wait(10)
        inner.tidy()
        shutil.rmtree(data, ignore_errors=True)


def _client(address: str) -> Any:
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1", config=PLAIN, **KEYS)


def _makes_buckets(address: str) -> bool:
    try:
        _client(address).create_bucket(Bucket="ward")
    except (BotoCoreError, ClientError):
        return False
    return True


@pytest.fixture
def aim(bucket_server: str, monkeypatch: Any, settings: Any) -> Any:
    """Which database and which bucket this process works on, as the owner."""

    def at(name: str, bucket: str) -> None:
        found = {"host": str(PLACES.sockets), "user": OWNER_ROLE, "dbname": name}
        monkeypatch.setattr(postgres, "_parameters", lambda: found)
        monkeypatch.setattr(postgres, "database_name", lambda: name)
        options = {
            "bucket_name": bucket,
            "endpoint_url": bucket_server,
            "region_name": "us-east-1",
            "access_key": KEYS["aws_access_key_id"],
            "secret_key": KEYS["aws_secret_access_key"],
            "default_acl": None,
            "file_overwrite": True,
            "client_config": PLAIN,
        }
        backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "dicom": backend}

    return at


def test_a_bucket_is_backed_up_swept_and_restored_into_another(
    homes: Homes, aim: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    ours, name = connection.settings_dict["NAME"], f"{connection.settings_dict['NAME']}_restored"
    aim(ours, "ward")
    data = sound()
    result = services.take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])
    services.render_previews(blob_ids=result.blob_ids)
    stored = sorted(stored_files.walk())
    stray = Blob(sha256="ab" * 32)
    storages["dicom"].save(stray.key, _file(b"left by a crash"))

    status = make.backup(tmp_path / "backups")
    swept = services.sweep_leftovers(everywhere=True)
    call_command("check_bytes", "--hash")
    monkeypatch.setattr(restore, "_manage", lambda *command: 0)
    with database.owner() as owner:
        owner.execute(f'CREATE DATABASE "{name}"')
    try:
        aim(name, "elsewhere")  # a bucket that is not there yet
        restored = restore.restore(tmp_path / "backups")
    finally:
        database.drop(name)

    assert (status, restored) == (0, 0)
    assert swept.without_row == 1
    assert sorted(stored_files.walk()) == stored
    assert len(stored) == 3
    with storages["dicom"].open(Blob.objects.get().key) as file:
        assert file.read() == data


def _file(data: bytes) -> Any:
    from django.core.files.base import ContentFile

    return ContentFile(data)
